"""`manage.py seed_regions`: which regions the demo's southern warehouse serves, before the figures are made."""

from typing import Any

from analytics.operations import region_demo
from config.kernel.management.refusing import OperationCommand


class Command(OperationCommand):
    help = "Lets the demo's southern warehouse serve its provinces. A shop that has regions is left as it is."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{region_demo.furnish()} served regions")
