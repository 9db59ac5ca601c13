"""Compiles the translations that changed."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from config.kernel.catalogs import compile_catalogs


class Command(BaseCommand):
    help = "Compiles each catalog under the locale folders that is newer than its compiled form."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        for language in compile_catalogs(settings.LOCALE_PATHS):
            self.stdout.write(f"Compiled {language}.")
