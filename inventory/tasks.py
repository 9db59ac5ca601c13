"""Inventory's background work: reservations that expire, and the nightly recount."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from config.kernel.jobs import Done, job
from inventory.operations import reservations, stock

# Orders expire in their own app, together with their coupons.
EXPIRING_ELSEWHERE = ("ORDER",)


class BalancesDiffer(Exception):
    """The recount found levels that are not what the ledger and the reservations add up to; the first are named."""


@job(name="inventory.expire_reservations", title=_("Release expired reservations"), seconds=60)
def expire_reservations(*, at: datetime) -> Done:
    return Done(rows=reservations.expire_due(at=at, but_not=EXPIRING_ELSEWHERE))


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
