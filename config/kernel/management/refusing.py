"""What every command that calls an operation does with a refusal."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.kernel.errors import DomainError


class OperationCommand(BaseCommand):
    """A refusal of the operation becomes the command's own error: one sentence and exit code 1, no traceback."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
