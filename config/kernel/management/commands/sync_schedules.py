"""Copies the schedule that code proposes into the database, where staff may change it."""

from typing import Any

from django.core.management.base import BaseCommand

from config.kernel import installing


class Command(BaseCommand):
    help = "Adds new entries of the schedule, drops those whose job is gone, and leaves what staff changed as it is."

    def handle(self, *args: Any, **options: Any) -> None:
        synced = installing.sync_schedules()
        self.stdout.write(f"Schedule: {synced.entries} entries, {synced.added} added, {synced.dropped} dropped.")
