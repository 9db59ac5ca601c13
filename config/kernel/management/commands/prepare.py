"""Brings a database to what this release needs. Run as the owner of the schema, before the new release serves."""

from typing import Any

from django.apps import apps
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection


class Command(BaseCommand):
    help = "Migrates, grants the app role its rights, and brings roles, schedule and translations up to date. Safe to repeat."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--app-role", default="shop_app", help="The role that runs the shop (default: %(default)s).")

    def handle(self, *args: Any, app_role: str, **options: Any) -> None:
        call_command("compile_translations", stdout=self.stdout)
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
            cursor.execute("SELECT current_user")
            owner = cursor.fetchone()[0]
        call_command("migrate", interactive=False, verbosity=options["verbosity"], stdout=self.stdout)
        if owner != app_role:
            call_command("grant_app_role", app_role, stdout=self.stdout)
        if apps.is_installed("analytics"):
            # Its views for readers name columns of all apps, so they follow every migration.
            call_command("sync_views", app_role=app_role, stdout=self.stdout)
        call_command("sync_roles", stdout=self.stdout)
        call_command("sync_schedules", stdout=self.stdout)
