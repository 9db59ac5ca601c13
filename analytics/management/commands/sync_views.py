"""Makes the views by which programs of others read the shop."""

from typing import Any

from django.core.management.base import CommandParser

from analytics.operations import reading
from config.kernel.management.refusing import OperationCommand


class Command(OperationCommand):
    help = "Brings the views for readers up to date and grants them to the roles that exist. `prepare` does it too."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--app-role", default="shop_app", help="The role that runs the shop (default: %(default)s).")

    def handle(self, *args: Any, app_role: str, **options: Any) -> None:
        roles = reading.sync_views(app_role=app_role)
        self.stdout.write(f"Views are read by: {', '.join(roles) or 'their owner alone'}.")
