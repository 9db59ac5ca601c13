"""Writes the roles and their permissions down as groups. Running it again changes nothing."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.kernel import installing
from config.kernel.errors import DomainError


class Command(BaseCommand):
    help = "Makes a group for each role with exactly the permissions that the apps grant it."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            counts = installing.sync_roles()
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        for role, number in counts.items():
            self.stdout.write(f"{role.value}: {number} permissions.")
