"""What each reorder policy asks for today, and why a purchase order holds what it holds."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from inventory import replenishment
from inventory.models import PurchaseOrderLine, ReorderPolicy, ReplenishmentProposal, SupplierOffer
from inventory.queries import demand
from inventory.queries.demand import Recorded
from inventory.replenishment import LONG_WINDOW_DAYS, Plan, Terms, days_that_count

# Named in each explanation, so that an old one is read by the rule it was made with.
RULE = "R,s,S 1"


@dataclass(frozen=True, slots=True)
class Need:
    """One policy thought through: what its preferred supplier would be asked for, and every figure behind it."""

    policy: ReorderPolicy
    offer: SupplierOffer
    plan: Plan
    explanation: dict[str, Any]

    @property
    def place(self) -> tuple[int, int]:
        return self.policy.variant_id, self.policy.warehouse_id


@dataclass(frozen=True, slots=True)
class Needs:
    """All of them in a fixed order, and those that are not thought through.

    What is off sale is not bought, and without an active supplier that is preferred there is nobody to buy from.
    """

    needs: list[Need]
    off_sale: list[ReorderPolicy]
    unsupplied: list[ReorderPolicy]


def needs(*, as_of: date, policies: Collection[int] | None = None) -> Needs:
    """Each policy's plan from the demand of the days before `as_of` and the stock of this moment.

    Without `policies`, of all that are enabled. At most four queries, whatever their number.
    """
    last_on = as_of - timedelta(days=1)
    rows = ReorderPolicy.objects.select_related("variant__product").order_by("variant_id", "warehouse_id")
    rows = rows.filter(is_enabled=True) if policies is None else rows.filter(pk__in=policies)
    books = demand.recorded(last_on=last_on, policies=policies)
    empty = [pk for pk, book in books.items() if not days_that_count(book.demand)]
    if empty:
        books |= demand.recorded(last_on=last_on, policies=empty, days=LONG_WINDOW_DAYS)
    offers = {
        offer.variant_id: offer
        for offer in SupplierOffer.objects.filter(is_preferred=True, supplier__is_active=True).select_related("supplier")
    }
    known = [policy for policy in rows if policy.pk in books]
    on_sale = [one for one in known if one.variant.is_on_sale]
    return Needs(
        [_need(one, offers[one.variant_id], books[one.pk], last_on) for one in on_sale if one.variant_id in offers],
        [one for one in known if not one.variant.is_on_sale],
        [one for one in on_sale if one.variant_id not in offers],
    )


def _need(policy: ReorderPolicy, offer: SupplierOffer, book: Recorded, last_on: date) -> Need:
    terms = Terms(
        lead_time_days=offer.lead_time_days,
        cover_days=policy.review_days,
        service_level=float(policy.service_level),
        minimum_stock=policy.minimum_stock,
        maximum_stock=policy.maximum_stock,
        minimum_quantity=offer.minimum_quantity,
        order_multiple=offer.order_multiple,
    )
    plan = replenishment.plan(book.demand, terms, book.position)
    explanation = {
        "rule": RULE,
        "last_on": last_on.isoformat(),
        "shipped": list(book.demand.shipped),
        "sold_out": [int(one) for one in book.demand.sold_out],
        "unit_cost": str(offer.unit_cost),
        "stock": asdict(book.position),
        "terms": asdict(terms),
        "plan": asdict(plan),
    }
    return Need(policy, offer, plan, explanation)


@dataclass(frozen=True, slots=True)
class Why:
    """The proposal behind one line of a purchase order."""

    proposal: ReplenishmentProposal
    line: PurchaseOrderLine

    @property
    def plan(self) -> dict[str, Any]:
        plan: dict[str, Any] = self.proposal.explanation.get("plan", {})
        return plan


def why(*, purchase_order_id: int) -> dict[int, Why]:
    """By line id: the proposal that put the line into the purchase order. Lines that staff wrote have none. One query."""
    behind = (
        ReplenishmentProposal.objects.filter(
            line__purchase_order_id=purchase_order_id,
            state__in=[ReplenishmentProposal.State.OPEN, ReplenishmentProposal.State.ORDERED],
        )
        .select_related("line", "variant", "warehouse", "override_by")
        .order_by("id")
    )
    return {one.line.pk: Why(one, one.line) for one in behind if one.line is not None}
