"""Shows where stock levels differ from the ledger and the reservations, and puts them right when asked."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from config.kernel import clock
from config.kernel.management.refusing import OperationCommand
from config.kernel.models import User
from inventory.operations import stock
from inventory.queries.drift import Difference


class Command(OperationCommand):
    help = (
        "Recounts every stock level from the ledger and the reservations and names each difference. With --apply the levels "
        "are moved to what was recounted; the ledger is never changed. Each repair is kept, with the name of whoever asked."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--apply", action="store_true", help="Put the levels right; without it they are only shown.")
        parser.add_argument(
            "--by",
            metavar="NAME",
            help="The login name of the staff member who asks, who may correct stock; needed with --apply.",
        )

    def handle(self, *args: Any, apply: bool, by: str | None, **options: Any) -> None:
        actor = User.objects.filter(username=by, is_staff=True, is_active=True).first() if by else None
        if by and actor is None:
            raise CommandError(f"There is no active staff member {by}.")
        if actor is not None and not actor.has_perm("inventory.correct_stock"):
            raise CommandError(f"{by} may not correct stock.")
        if apply and actor is None:
            raise CommandError("--apply needs --by: a repair is kept with the name of whoever asked for it.")
        done = stock.audit(at=clock.now(), repair=apply, actor=actor)
        for one in done.differences:
            self.stdout.write(f"{told(one)}{': put right' if one in done.repaired else ''}")
        if not done.differences:
            self.stdout.write("Every level is what the ledger and the reservations add up to.")
        elif not apply:
            self.stdout.write("Nothing was changed. --apply --by NAME puts the levels right.")
        elif left := len(done.differences) - len(done.repaired):
            raise CommandError(f"{left} could not be put right: they moved meanwhile, or the ledger itself is below zero.")


def told(one: Difference) -> str:
    return f"{one}: on hand {one.on_hand} for {one.moved}, reserved {one.reserved} for {one.held}"
