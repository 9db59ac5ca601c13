"""`manage.py seed_alerts`: rules and a report pack for a demo, once its figures are made."""

from typing import Any

from analytics.operations import alert_demo
from config.kernel import clock
from config.kernel.management.refusing import OperationCommand


class Command(OperationCommand):
    help = "Puts a few alert rules and a report pack into a shop without any."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{alert_demo.furnish(at=clock.now())} alert rules")
