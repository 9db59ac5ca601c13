"""Gives the role that runs the shop its rights: every table to read and write, ledgers and audit to append only."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.kernel import installing
from config.kernel.errors import DomainError


class Command(BaseCommand):
    help = "Grants the rights of the role that runs the shop. Run as the owner of the schema, after each migration."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("role")

    def handle(self, *args: Any, role: str, **options: Any) -> None:
        try:
            append_only = installing.grant_app_role(role)
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{role}: granted; append-only: {', '.join(append_only)}.")
