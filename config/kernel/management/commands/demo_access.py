"""Staff logins (one for each role) and a storefront token for a demo; both are read from and answered as JSON."""

import json
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from config.kernel import clock, installing, tokens
from config.kernel.errors import DomainError
from config.kernel.models import TokenScope


class Command(BaseCommand):
    help = "Makes one staff login for each role. Reads {password, token} from standard input, prints {logins, token}."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.HTTPS:
            raise CommandError("These logins share one password: they are for a demo, never for a shop that serves HTTPS.")
        wanted = json.load(sys.stdin)
        translation.activate(settings.LANGUAGE_CODE)
        token = wanted.get("token", "")
        try:
            logins = installing.demo_staff(password=wanted["password"])
            if not (token and tokens.is_valid(token)):
                token = tokens.issue(account="storefront", scopes=[TokenScope.Scope.STOREFRONT], actor=None, at=clock.now())
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(json.dumps({"logins": logins, "token": token}))
