"""Makes the figures anew from the source: all of them, or those of some days."""

from datetime import date, datetime
from typing import Any

from django.core.management.base import CommandError, CommandParser

from analytics import closing
from analytics.operations import (
    attribution,
    decisive_slots,
    demand,
    event_days,
    event_figures,
    purchases,
    rhythm,
    rollups,
    visits,
)
from config.kernel import clock, shop
from config.kernel.management.refusing import OperationCommand


def a_day(text: str) -> date:
    return date.fromisoformat(text)


class Command(OperationCommand):
    help = "Makes the figures of closed business days anew; without bounds all of them, from nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", dest="first", type=a_day, metavar="YYYY-MM-DD", help="The first day to make.")
        parser.add_argument("--to", dest="last", type=a_day, metavar="YYYY-MM-DD", help="The last day (default: yesterday).")
        parser.add_argument("--events", action="store_true", help="Counts shoppers' events anew instead, hour by hour.")
        parser.add_argument("--visits", action="store_true", help="Makes shoppers' visits anew instead, day by day.")
        parser.add_argument("--purchases", action="store_true", help="Makes purchases and cohorts anew instead, day by day.")
        parser.add_argument("--demand", action="store_true", help="Makes the demand of each SKU anew instead, day by day.")
        parser.add_argument("--rhythm", action="store_true", help="Reads the rhythm of every customer anew instead.")
        parser.add_argument("--attribution", action="store_true", help="Finds anew which visits led to orders, day by day.")
        parser.add_argument("--as-of", type=a_day, metavar="YYYY-MM-DD", help="The day taken for today (default: today).")

    def handle(
        self,
        *args: Any,
        first: date | None,
        last: date | None,
        as_of: date | None,
        **options: Any,
    ) -> None:
        at, zone = clock.now(), shop.zone()
        if as_of is not None:
            at = min(at, closing.morning(as_of, zone))
        if last is not None and first is None:
            raise CommandError("--to needs --from.")
        if first is not None and last is not None and first > last:
            raise CommandError("--from lies after --to.")
        if sum(options[one] for one in ("events", "visits", "purchases", "demand", "rhythm", "attribution")) > 1:
            raise CommandError("Choose one of --events, --visits, --purchases, --demand, --rhythm and --attribution.")
        if options["rhythm"] and first is not None:
            raise CommandError("--rhythm reads customers whole: it takes no days.")
        if options["events"]:
            counted = event_figures.recount_days(first=first, last=last, at=at)
            event_days.sum_up(at=at, anew=True)
            self.stdout.write(f"{counted.hours} hours from {counted.events} events.")
            return
        if options["visits"]:
            found = visits.rebuild_days(first=first, last=last, at=at)
            self.stdout.write(f"{found.visits} visits on {found.days} days from {found.source_rows} events.")
            return
        if options["purchases"]:
            self._purchases(first, last, at)
            return
        if options["demand"]:
            self._demand(first, last, at)
            return
        if options["rhythm"]:
            read = rhythm.rebuild(at=at)
            slots = decisive_slots.find(at=at)
            self.stdout.write(f"{read.customers} customers; slots of the week from {slots.visits} visits.")
            return
        if options["attribution"]:
            owed = attribution.rebuild_days(first=first, last=last, at=at)
            self.stdout.write(f"{owed.orders} orders on {owed.days} days from {owed.source_rows} source rows.")
            return
        if first is None:
            made = rollups.rebuild_everything(actor=None, at=at)
        else:
            made = rollups.rebuild(first=first, last=last or closing.last_closed(at, zone), actor=None, at=at)
        self.stdout.write(f"{made.days} days from {made.source_rows} source rows in {made.seconds:.2f} s.")
        if first is None:
            self._purchases(None, None, at)
            self._demand(None, None, at)

    def _demand(self, first: date | None, last: date | None, at: datetime) -> None:
        wanted = demand.rebuild_days(first=first, last=last, at=at)
        self.stdout.write(f"Demand of {wanted.days} days in {wanted.rows} rows in {wanted.seconds:.2f} s.")

    def _purchases(self, first: date | None, last: date | None, at: datetime) -> None:
        done = purchases.rebuild_days(first=first, last=last, at=at)
        self.stdout.write(
            f"{done.purchases} purchases on {done.days} days, {done.cohorts} days of newcomers in {done.seconds:.2f} s."
        )
