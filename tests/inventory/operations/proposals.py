"""SKUs that sell and what is proposed for them, shared by the tests of the replenishment."""

from datetime import datetime, timedelta
from typing import Any

from inventory.models import (
    PurchaseOrderLine,
    ReplenishmentProposal,
    Variant,
    Warehouse,
)
from tests.builders import a_policy, a_variant, an_offer, shipped, stocked

State = ReplenishmentProposal.State
DAYS = 28


def a_seller(store: Warehouse, at: datetime, each_day: int = 2, left: int = 5, **values: Any) -> Variant:
    """A SKU that sold this many on each of the last 28 days, with a policy and an offer."""
    variant = a_variant()
    terms = {
        name: values.pop(name)
        for name in ("supplier", "lead_time_days", "minimum_quantity", "order_multiple")
        if name in values
    }
    an_offer(variant, **terms)
    a_policy(variant, store, **values)
    stocked(variant, store, each_day * DAYS + left, at - timedelta(days=DAYS, hours=1))
    for day in range(1, DAYS + 1):
        shipped(variant, store, each_day, at - timedelta(days=day))
    return variant


def open_proposals() -> list[ReplenishmentProposal]:
    return list(ReplenishmentProposal.objects.filter(state=State.OPEN).select_related("line").order_by("id"))


def only(variant: Variant) -> ReplenishmentProposal:
    return ReplenishmentProposal.objects.select_related("line__purchase_order").get(variant=variant, state=State.OPEN)


def line_of(proposal: ReplenishmentProposal) -> PurchaseOrderLine:
    proposal.refresh_from_db()
    assert proposal.line is not None
    proposal.line.refresh_from_db()
    return proposal.line


def lines() -> dict[tuple[str, int], int]:
    """Units by (state of the purchase order, SKU)."""
    rows = PurchaseOrderLine.objects.values_list("purchase_order__state", "variant", "quantity")
    return {(state, variant): units for state, variant, units in rows}
