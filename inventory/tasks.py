"""Inventory's background work: reservations that expire, the nightly recount, and what to buy."""

from dataclasses import asdict
from datetime import date, datetime

from django.utils.translation import gettext_lazy as _

from config.kernel.jobs import Done, job
from inventory.operations import counting, replenishment, reservations, stock

# Orders expire in their own app, together with their coupons.
EXPIRING_ELSEWHERE = ("ORDER",)


class BalancesDiffer(Exception):
    """The recount found levels that are not what the ledger and the reservations add up to; the first are named."""


class ReservationsStuck(Exception):
    """Reservations whose time is over could not be released; the first documents are named."""


@job(name="inventory.expire_reservations", title=_("Release expired reservations"), seconds=60)
def expire_reservations(*, at: datetime) -> Done:
    done = reservations.expire_due(at=at, but_not=EXPIRING_ELSEWHERE)
    if done.stuck:
        raise ReservationsStuck(f"{done.expired} expired, {len(done.stuck)} could not: {', '.join(done.stuck[:20])}")
    return Done(rows=done.expired, summary={"left": done.left} if done.left else {})


@job(name="inventory.audit_stock", title=_("Recount the stock levels"), seconds=900, queue="slow")
def audit_stock(*, at: datetime) -> Done:
    found = stock.audit(at=at).differences
    if found:
        raise BalancesDiffer(
            "; ".join(
                f"{one}: on hand {one.on_hand} for {one.moved}, reserved {one.reserved} for {one.held}" for one in found[:20]
            )
        )
    return Done(summary={"differences": 0})


@job(name="inventory.propose_replenishment", title=_("Propose purchases"), seconds=600, queue="slow")
def propose_replenishment(*, at: datetime, as_of: str = "") -> Done:
    """`as_of` is a day such as 2026-11-20; without it, the day of the run."""
    done = replenishment.propose(at=at, as_of=date.fromisoformat(as_of) if as_of else None)
    return Done(rows=done.changed, summary={name: value for name, value in asdict(done).items() if value})


@job(name="inventory.propose_counts", title=_("List what is due for counting"), seconds=300, queue="slow")
def propose_counts(*, at: datetime) -> Done:
    return Done(rows=counting.propose_due(at=at))
