"""Everything about one order that its page shows, in a fixed number of statements."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import F, Prefetch

from inventory.models import Reservation
from orders.models import (
    Fulfillment,
    FulfillmentLine,
    Order,
    OrderDiscount,
    OrderEvent,
    OrderLine,
    Payment,
    Refund,
    Return,
    ReturnLine,
)
from orders.queries.worklists import DOCUMENT

# Of a customer's other orders the page names the latest; the rest is one click away.
SIBLINGS = 5


@dataclass(frozen=True)
class Held:
    """Units of one SKU that wait in one warehouse for this order."""

    warehouse_id: int
    warehouse: str
    units: int


@dataclass(frozen=True)
class Line:
    row: OrderLine
    discounts: list[OrderDiscount]
    held: list[Held]

    @property
    def waiting(self) -> int:
        """Units that can still be shipped."""
        return self.row.quantity - self.row.shipped - self.row.canceled - self.row.short

    @property
    def returnable(self) -> int:
        return self.row.shipped - self.row.returned


@dataclass(frozen=True)
class Page:
    order: Order
    lines: list[Line]
    shipping_discounts: list[OrderDiscount]
    fulfillments: list[Fulfillment]
    payments: list[Payment]
    refunds: list[Refund]
    returns: list[Return]
    timeline: list[OrderEvent]
    siblings: list[Order]

    @property
    def goods(self) -> Decimal:
        return sum((line.row.gross for line in self.lines), Decimal(0))

    @property
    def discount(self) -> Decimal:
        return sum((line.row.discount for line in self.lines), Decimal(0))

    @property
    def lists_all_siblings(self) -> bool:
        return len(self.siblings) < SIBLINGS


def lines(*, order: Order) -> list[Line]:
    """The lines with their discounts and with where their units wait."""
    rows = list(order.lines.order_by("position").prefetch_related("discounts"))
    held = _held(order.number)
    return [Line(row, list(row.discounts.all()), held[row.variant_id]) for row in rows]


def page(*, order: Order) -> Page:
    parcels = Prefetch("lines", FulfillmentLine.objects.select_related("order_line").order_by("order_line__position"))
    sent_back = Prefetch("lines", ReturnLine.objects.select_related("order_line", "variant").order_by("id"))
    siblings = Order.objects.filter(customer=order.customer_id).exclude(pk=order.pk) if order.customer_id else Order.objects.none()
    return Page(
        order=order,
        lines=lines(order=order),
        shipping_discounts=list(order.discounts.filter(line=None).order_by("id")),
        fulfillments=list(order.fulfillments.select_related("warehouse", "actor").prefetch_related(parcels).order_by("id")),
        payments=list(order.payments.order_by("id")),
        refunds=list(order.refunds.select_related("actor").order_by("id")),
        returns=list(order.returns.select_related("warehouse", "actor").prefetch_related(sent_back).order_by("id")),
        timeline=list(order.timeline.select_related("actor").order_by("-id")),
        siblings=list(siblings.order_by("-placed_at", "-id")[:SIBLINGS]),
    )


def version(*, order: Order) -> str:
    """What changes with everything that happens to an order: the last entry of its timeline."""
    last = OrderEvent.objects.filter(order=order).order_by("-id").values_list("id", flat=True).first()
    return str(last or 0)


def _held(number: str) -> defaultdict[int, list[Held]]:
    rows = (
        Reservation.objects.filter(document_kind=DOCUMENT, document_number=number, state=Reservation.State.ACTIVE)
        .order_by("warehouse__priority", "warehouse_id")
        .values_list(
            "variant_id", "warehouse_id", "warehouse__name", F("quantity") - F("consumed") - F("released")
        )
    )
    held: defaultdict[int, list[Held]] = defaultdict(list)
    for variant_id, warehouse_id, name, units in rows:
        held[variant_id].append(Held(warehouse_id, name, units))
    return held
