"""Writes the roles and their permissions down as groups. Running it again changes nothing."""

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from config.kernel.roles import Role, granted


class Command(BaseCommand):
    help = "Makes a group for each role with exactly the permissions that the apps grant it."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        known = {
            f"{one.content_type.app_label}.{one.codename}": one for one in Permission.objects.select_related("content_type")
        }
        for role in Role:
            wanted = set(known) if role is Role.OWNER else granted(role)
            unknown = sorted(wanted - set(known))
            if unknown:
                raise CommandError(f"Role {role.value} is granted permissions that do not exist: {', '.join(unknown)}.")
            group, _made = Group.objects.get_or_create(name=role.value)
            group.permissions.set([known[name] for name in wanted])
            self.stdout.write(f"{role.value}: {len(wanted)} permissions.")
