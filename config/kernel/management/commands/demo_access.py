"""Staff logins (one for each role) and a storefront token for a demo; both are read from and answered as JSON."""

import json
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.utils import translation

from config.kernel import clock, installing, tokens
from config.kernel.management.refusing import OperationCommand
from config.kernel.models import TokenScope


class Command(OperationCommand):
    help = "Makes one staff login for each role. Reads {password, token} from standard input, prints {logins, token}."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.HTTPS:
            raise CommandError("These logins share one password: they are for a demo, never for a shop that serves HTTPS.")
        wanted = json.load(sys.stdin)
        translation.activate(settings.LANGUAGE_CODE)
        token = wanted.get("token", "")
        logins = installing.demo_staff(password=wanted["password"])
        if not (token and tokens.is_valid(token)):
            token = tokens.issue(account="storefront", scopes=[TokenScope.Scope.STOREFRONT], actor=None, at=clock.now())
        self.stdout.write(json.dumps({"logins": logins, "token": token}))
