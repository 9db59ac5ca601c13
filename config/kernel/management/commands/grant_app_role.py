"""Gives the role that runs the shop its rights: every table to read and write, ledgers and audit to append only."""

from typing import Any

from django.core.management.base import CommandParser

from config.kernel import installing
from config.kernel.management.refusing import OperationCommand


class Command(OperationCommand):
    help = "Grants the rights of the role that runs the shop. Run as the owner of the schema, after each migration."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("role")

    def handle(self, *args: Any, role: str, **options: Any) -> None:
        append_only = installing.grant_app_role(role)
        self.stdout.write(f"{role}: granted; append-only: {', '.join(append_only)}.")
