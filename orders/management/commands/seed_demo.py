"""Opens the demo shop: a believable year, ending now."""

from datetime import datetime
from typing import Any

from django.core.management.base import CommandError, CommandParser

from config.kernel import clock, shop
from config.kernel.management.refusing import OperationCommand
from orders.operations import seeding
from orders.operations.seeding import SCALES, Scale


class Command(OperationCommand):
    help = "Fills an empty shop with a year of orders, stock, purchases and promotions. A shop that has it is left as it is."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--scale", choices=SCALES, default="medium", help="How much (default: %(default)s).")
        parser.add_argument("--days", type=int, help="Days of the story, instead of the scale's.")
        parser.add_argument("--orders", type=int, help="About so many orders, instead of the scale's.")
        parser.add_argument("--customers", type=int, help="So many customers, instead of the scale's.")
        parser.add_argument("--seed", type=int, default=1, help="Another number, another year (default: %(default)s).")
        parser.add_argument("--until", help="The last moment, such as 2026-11-21T19:00 in the shop's time zone (default: now).")

    def handle(self, *args: Any, scale: str, seed: int, until: str | None, **options: Any) -> None:
        if seeding.stands():
            self.stdout.write("The demo shop stands already; nothing was changed.")
            return
        chosen = SCALES[scale]
        wanted = Scale(*(options[name] or getattr(chosen, name) for name in ("days", "orders", "customers")))
        if wanted.days < 30 or wanted.orders < wanted.days or wanted.customers < 20:
            raise CommandError("A story needs at least 30 days, an order a day and 20 customers.")
        now = clock.now()
        seeded = seeding.seed(scale=wanted, seed=seed, until=_moment(until) or now, at=now, say=self.stdout.write)
        self.stdout.write(
            f"The demo shop is open: {seeded.orders} orders with {seeded.lines} lines, {seeded.movements} other entries of the "
            f"ledger, {seeded.proposals} purchases proposed."
        )


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"--until {text}: write it as 2026-11-21T19:00.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=shop.zone())
