"""Prints docs/metrics.md from the registry; `make docs` writes it."""

from typing import Any

from django.core.management.base import BaseCommand

from analytics.queries import catalogue


class Command(BaseCommand):
    help = "Prints the catalogue of metrics, in Korean and English, as Markdown."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(catalogue.page(), ending="")
