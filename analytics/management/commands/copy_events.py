"""Copies days of shoppers' events into the second store, and compares both."""

from datetime import date
from typing import Any

from django.core.management.base import CommandError, CommandParser

from analytics import stores
from analytics.operations import event_copies
from config.kernel import clock
from config.kernel.management.refusing import OperationCommand


class Command(OperationCommand):
    help = "Copies the closed days of shoppers' events that are due into ClickHouse; with bounds those days, due or not."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", dest="first", type=date.fromisoformat, metavar="YYYY-MM-DD", help="The first day.")
        parser.add_argument("--to", dest="last", type=date.fromisoformat, metavar="YYYY-MM-DD", help="The last day.")
        parser.add_argument("--compare", action="store_true", help="Asks both the same about some copied days instead.")

    def handle(self, *args: Any, first: date | None, last: date | None, compare: bool, **options: Any) -> None:
        if not stores.is_second():
            raise CommandError("EVENTS_STORE is not clickhouse: there is no second store.")
        at = clock.now()
        if compare:
            try:
                days = event_copies.compare(days=event_copies.some(at=at), at=at)
            except event_copies.CopiesDiffer as found:
                raise CommandError(str(found)) from found
            self.stdout.write(f"{days} days are the same in both.")
            return
        if (first is None) != (last is None):
            raise CommandError("Name both --from and --to, or neither.")
        if first is not None and last is not None:
            done = event_copies.copy(first=first, last=last, at=at)
        else:
            done = event_copies.copy_due(at=at, seconds=float("inf"))
        self.stdout.write(f"{done.events} events of {done.days} days.")
