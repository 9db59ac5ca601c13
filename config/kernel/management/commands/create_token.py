"""Makes an API token for a service account and prints it, once: only its hash is kept."""

from datetime import timedelta
from typing import Any

from django.core.management.base import CommandError, CommandParser

from config.kernel import clock, tokens
from config.kernel.management.refusing import OperationCommand
from config.kernel.models import TokenScope


class Command(OperationCommand):
    help = "Makes an API token for a service account and prints it. It is not shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("account", help="Name of the service account; made when it does not exist.")
        parser.add_argument("--scope", action="append", required=True, choices=[scope.lower() for scope in TokenScope.Scope])
        parser.add_argument("--days", type=int, help="Days until it expires (default: never).")

    def handle(self, *args: Any, account: str, scope: list[str], days: int | None, **options: Any) -> None:
        if days is not None and days < 1:
            raise CommandError("--days must be 1 or more.")
        expires_in = timedelta(days=days) if days else None
        scopes = [TokenScope.Scope(name.upper()) for name in scope]
        token = tokens.issue(account=account, scopes=scopes, expires_in=expires_in, actor=None, at=clock.now())
        self.stdout.write(token)
