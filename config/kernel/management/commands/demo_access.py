"""Staff logins (one for each role) and a storefront token for a demo; both are read from and answered as JSON."""

import json
import sys
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import translation

from config.kernel import tokens
from config.kernel.models import TokenScope, User
from config.kernel.roles import Role


class Command(BaseCommand):
    help = "Makes one staff login for each role. Reads {password, token} from standard input, prints {logins, token}."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        if settings.HTTPS:
            raise CommandError("These logins share one password: they are for a demo, never for a shop that serves HTTPS.")
        wanted = json.load(sys.stdin)
        translation.activate(settings.LANGUAGE_CODE)
        for role in Role:
            user, _made = User.objects.get_or_create(
                username=role.value,
                defaults={"is_staff": True, "is_superuser": role is Role.OWNER, "first_name": str(role.label)},
            )
            if not user.check_password(wanted["password"]):
                user.set_password(wanted["password"])
                user.save(update_fields=["password"])
            user.groups.set([Group.objects.get(name=role.value)])
        token = wanted.get("token", "")
        if not (token and tokens.is_valid(token)):
            token = tokens.issue(account="storefront", scopes=[TokenScope.Scope.STOREFRONT])
        self.stdout.write(json.dumps({"logins": [role.value for role in Role], "token": token}))
