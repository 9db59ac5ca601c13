"""`manage.py seed_kit_order`: an order of the demo's kit."""

from typing import Any

from config.kernel import clock
from config.kernel.management.refusing import OperationCommand
from orders.operations import seeding_kits


class Command(OperationCommand):
    help = "Orders the demo's kit twice. A shop in which a kit was ordered is left as it is."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(seeding_kits.order(at=clock.now()) or "Nothing was ordered.")
