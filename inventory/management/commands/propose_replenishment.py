"""Drafts what should be bought now, as the nightly job does."""

from datetime import date
from typing import Any

from django.core.management.base import CommandError, CommandParser

from config.kernel import clock
from config.kernel.management.refusing import OperationCommand
from inventory.operations import replenishment


class Command(OperationCommand):
    help = "Compares every reorder policy with stock and demand, and drafts purchase orders. Running it again changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--as-of", metavar="DATE", help="Count demand up to the day before this one (default: today).")

    def handle(self, *args: Any, as_of: str | None, **options: Any) -> None:
        try:
            day = date.fromisoformat(as_of) if as_of else None
        except ValueError as error:
            raise CommandError(f"--as-of takes a day such as 2026-11-20, not {as_of}.") from error
        done = replenishment.propose(at=clock.now(), as_of=day)
        self.stdout.write(
            f"Proposals: {done.opened} new, {done.superseded} superseded, "
            f"{done.refreshed} with newer figures, {done.kept} kept. "
            f"Drafts: {done.drafts_opened} new, {done.drafts_canceled} canceled, {done.ordered} ordered by themselves."
        )
        for reason, policies in done.nothing.items():
            self.stdout.write(f"Nothing to buy, {reason}: {policies}.")
