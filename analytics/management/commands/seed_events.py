"""Gives the demo shop a month of visits."""

from typing import Any

from django.core.management.base import CommandParser

from analytics.operations import event_demo
from config.kernel import clock
from config.kernel.management.refusing import OperationCommand


class Command(OperationCommand):
    help = "Makes two event sources and a month of visits that agree with the shop's orders. Only for a shop without sources."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seed", type=int, default=1, help="Another number, other visits (default: %(default)s).")

    def handle(self, *args: Any, seed: int, **options: Any) -> None:
        if event_demo.stands():
            self.stdout.write("The demo shop tells events already; nothing was changed.")
            return
        written = event_demo.tell_demo(seed=seed, at=clock.now())
        self.stdout.write(f"{written.events} events in {written.batches} batches, {written.quarantined} that cannot be read.")
