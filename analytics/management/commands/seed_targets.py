"""`manage.py seed_targets`: sales targets of this month and the next for a demo, once its figures are made."""

from typing import Any

from analytics.operations import target_demo
from config.kernel import clock
from config.kernel.management.refusing import OperationCommand


class Command(OperationCommand):
    help = "Sets sales targets by what was sold lately, in a shop without any."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{target_demo.furnish(at=clock.now())} sales targets")
