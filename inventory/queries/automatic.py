"""Which drafts of the replenishment may be ordered without a person, and what keeps the others."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.db import connection
from django.db.models import Min

from config.kernel import shop
from inventory.models import ApprovalLimit, Mode, PurchaseOrder, PurchaseOrderLine, ReplenishmentProposal, SupplierOffer
from inventory.order_days import order_days
from inventory.queries import terms
from inventory.replenishment import orderable

# So many purchases of a SKU say what is usual.
USUAL_OF = 5


class Hindrance(StrEnum):
    """Why a draft waits for a person."""

    BY_STAFF = "BY_STAFF"  # a line is staff's own, or staff changed its quantity
    MODE = "MODE"  # a line's policy or class asks for approval
    NOT_TODAY = "NOT_TODAY"  # the supplier takes no orders today
    BELOW_MINIMUM = "BELOW_MINIMUM"  # together less than the supplier's minimum order value
    NOT_BOUGHT = "NOT_BOUGHT"  # nothing is bought from the supplier at present
    TERMS = "TERMS"  # a line below the supplier's MOQ or beside its packs
    LIMIT = "LIMIT"  # dearer than the lowest limit that is set for approving
    AMOUNT = "AMOUNT"  # dearer than the shop lets pass without a person
    UNUSUAL = "UNUSUAL"  # a line far above what is usually bought, or never bought before


@dataclass
class Judged:
    """One draft: what it comes to, when it may be sent, and what keeps it from being ordered by itself."""

    order: PurchaseOrder
    lines: int = 0
    amount: Decimal = Decimal(0)
    next_on: Any = None
    missing: Decimal = Decimal(0)  # up to the minimum order value
    hindrances: dict[Hindrance, list[str]] = field(default_factory=dict)

    @property
    def is_free(self) -> bool:
        return bool(self.lines) and not self.hindrances

    def hinder(self, why: Hindrance, sku: str = "") -> None:
        self.hindrances.setdefault(why, []).append(sku)


# The mean of the last purchases that were agreed to, by SKU and warehouse.
_USUAL = """
    SELECT variant_id, warehouse_id, AVG(quantity)::float FROM (
        SELECT line.variant_id, purchase.warehouse_id, line.quantity,
               row_number() OVER (
                   PARTITION BY line.variant_id, purchase.warehouse_id ORDER BY purchase.approved_at DESC, line.id DESC
               ) AS latest
        FROM inventory_purchaseorderline AS line
        JOIN inventory_purchaseorder AS purchase ON purchase.id = line.purchase_order_id
        WHERE line.variant_id = ANY(%(variants)s) AND purchase.approved_at IS NOT NULL AND purchase.state <> 'CANCELED'
    ) AS bought
    WHERE latest <= %(most)s
    GROUP BY 1, 2
"""


def judged(*, at: datetime) -> list[Judged]:
    """Every draft of the replenishment, in key order. A fixed number of queries."""
    drafts = PurchaseOrder.objects.filter(state=PurchaseOrder.State.DRAFT, is_proposed=True)
    orders = {one.pk: one for one in drafts.select_related("supplier", "warehouse").order_by("pk")}
    lines: defaultdict[int, list[PurchaseOrderLine]] = defaultdict(list)
    for line in PurchaseOrderLine.objects.filter(purchase_order__in=orders).select_related("variant").order_by("pk"):
        lines[line.purchase_order_id].append(line)
    found = ReplenishmentProposal.objects.filter(line__purchase_order__in=orders, state=ReplenishmentProposal.State.OPEN)
    behind = {
        line: (override, quantity, mode)
        for line, override, quantity, mode in found.values_list("line", "override", "quantity", "explanation__service__mode")
    }
    by_itself = [line for some in lines.values() for line in some if behind.get(line.pk, (None, 0, ""))[2] == Mode.AUTOMATIC]
    usual = _usual([line.variant_id for line in by_itself]) if by_itself else {}
    rules, local = terms.rules(), at.astimezone(shop.zone())
    answer = []
    for order in orders.values():
        one = Judged(order, len(lines[order.pk]), sum((line.quantity * line.unit_cost for line in lines[order.pk]), Decimal(0)))
        days = order_days(order.supplier.order_weekdays, order.supplier.order_cutoff, local)
        one.next_on, one.missing = days.next_on, max(order.supplier.minimum_order_value - one.amount, Decimal(0))
        for line in lines[order.pk]:
            override, quantity, mode = behind.get(line.pk, (None, None, ""))
            if quantity is None or override is not None or line.quantity != quantity:
                one.hinder(Hindrance.BY_STAFF, line.variant.sku)
            elif mode != Mode.AUTOMATIC:
                one.hinder(Hindrance.MODE, line.variant.sku)
            elif line.quantity > float(rules.automatic_factor) * usual.get((line.variant_id, order.warehouse_id), 0.0):
                one.hinder(Hindrance.UNUSUAL, line.variant.sku)
        if not days.is_today:
            one.hinder(Hindrance.NOT_TODAY)
        if one.missing:
            one.hinder(Hindrance.BELOW_MINIMUM)
        if rules.automatic_amount is not None and one.amount > rules.automatic_amount:
            one.hinder(Hindrance.AMOUNT)
        if not order.supplier.is_active:
            one.hinder(Hindrance.NOT_BOUGHT)
        answer.append(one)
    _hinder_by_terms([one for one in answer if one.is_free], lines)
    _hinder_by_limits([one for one in answer if one.is_free])
    return answer


def _hinder_by_terms(free: list[Judged], lines: Mapping[int, list[PurchaseOrderLine]]) -> None:
    """The supplier may have changed its terms since the proposals were made."""
    if not free:
        return
    variants = [line.variant_id for one in free for line in lines[one.order.pk]]
    offers = SupplierOffer.objects.filter(supplier__in=[one.order.supplier_id for one in free], variant__in=variants)
    terms_of = {(offer.supplier_id, offer.variant_id): offer for offer in offers}
    for one in free:
        for line in lines[one.order.pk]:
            offer = terms_of.get((one.order.supplier_id, line.variant_id))
            if offer and orderable(line.quantity, offer.minimum_quantity, offer.order_multiple) != line.quantity:
                one.hinder(Hindrance.TERMS, line.variant.sku)


def _hinder_by_limits(free: list[Judged]) -> None:
    """Whoever may set a policy to order by itself shall not pass the limit of his own approvals by it: the lowest one holds."""
    lowest = ApprovalLimit.objects.aggregate(amount=Min("amount"))["amount"] if free else None
    for one in free:
        if lowest is not None and one.amount > lowest:
            one.hinder(Hindrance.LIMIT)


def _usual(variants: list[int]) -> Mapping[tuple[int, int], float]:
    with connection.cursor() as cursor:
        cursor.execute(_USUAL, {"variants": variants, "most": USUAL_OF})
        return {(variant, warehouse): units for variant, warehouse, units in cursor.fetchall()}
