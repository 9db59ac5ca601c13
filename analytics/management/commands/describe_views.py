"""Prints the document of the views for readers."""

from typing import Any

from django.core.management.base import BaseCommand

from analytics.queries import reading


class Command(BaseCommand):
    help = "Prints docs/sql-views.md from the comments in the database."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(reading.document(), ending="")
