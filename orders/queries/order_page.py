"""Everything about one order that its page shows, in a fixed number of statements."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from django.db.models import F, Prefetch, Sum

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
    UnmatchedPayment,
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
    coming_back: int

    @property
    def waiting(self) -> int:
        """Units that can still be shipped."""
        return self.row.quantity - self.row.shipped - self.row.canceled - self.row.short

    @property
    def returnable(self) -> int:
        """Units the customer has and has not announced to send back."""
        return self.row.shipped - self.row.returned - self.coming_back


@dataclass(frozen=True)
class Page:
    order: Order
    lines: list[Line]
    shipping_discounts: list[OrderDiscount]
    fulfillments: list[Fulfillment]
    payments: list[Payment]
    refunds: list[Refund]
    unmatched: list[UnmatchedPayment]
    returns: list[Return]
    timeline: list[OrderEvent]
    siblings: list[Order]

    @property
    def goods(self) -> Decimal:
        return sum((line.row.gross for line in self.lines), Decimal(0))

    @property
    def discount(self) -> Decimal:
        return sum((line.row.discount for line in self.lines), Decimal(0))


def lines(*, order: Order) -> list[Line]:
    """The lines with their discounts, with where their units wait and how many of them are on their way back."""
    rows = list(order.lines.select_related("kit").order_by("position").prefetch_related("discounts"))
    held = _held(order.number)
    coming = dict(
        ReturnLine.objects.filter(parent__order=order, parent__state=Return.State.ACCEPTED)
        .values("order_line_id")
        .annotate(units=Sum("quantity"))
        .values_list("order_line_id", "units")
    )
    return [Line(row, list(row.discounts.all()), _of(row, held), coming.get(row.pk, 0)) for row in rows]


def _of(row: OrderLine, held: defaultdict[int, list[Held]]) -> list[Held]:
    """What is held of a SKU serves the lines in their order: one may stand in an order by itself and in a kit."""
    left, found = row.quantity - row.shipped - row.canceled - row.short, []
    for place, one in enumerate(held[row.variant_id]):
        units = min(left, one.units)
        if units:
            found.append(replace(one, units=units))
            held[row.variant_id][place] = replace(one, units=one.units - units)
            left -= units
    return found


def return_lines(*, parcel: Return) -> list[tuple[int, ReturnLine]]:
    """The lines of a return of an order, by the position of the order line."""
    rows = parcel.lines.select_related("order_line", "variant__product").order_by("order_line__position", "id")
    return [(row.order_line.position, row) for row in rows if row.order_line is not None]


def refund_to_come(*, parcel: Return) -> Decimal:
    """What the customer will be owed when the goods of an accepted return arrive as they were announced."""
    assert parcel.order is not None  # noqa: S101
    currency = parcel.order.currency
    return sum(
        (row.order_line.worth(row.quantity, currency) for _position, row in return_lines(parcel=parcel) if row.order_line),
        Decimal(0),
    )


def shipped_from(*, order: Order) -> int | None:
    """The warehouse from which most units left: where the customer most likely sends them back to."""
    place: int | None = (
        order.fulfillments.values("warehouse_id")
        .annotate(units=Sum("lines__quantity"))
        .order_by("-units", "warehouse_id")
        .values_list("warehouse_id", flat=True)
        .first()
    )
    return place


def latest_carrier() -> str:
    """Who carried the last parcel, for most likely the next goes the same way."""
    latest = Fulfillment.objects.order_by("-shipped_at", "-id").values_list("carrier", flat=True).first()
    return latest or ""


def latest_provider(*, order: Order) -> str:
    """Who took the order's last payment, for money goes back the way it came. Empty for an order nobody paid."""
    return order.payments.order_by("-id").values_list("provider", flat=True).first() or ""


def latest_providers(*, orders: Iterable[int]) -> dict[int, str]:
    """The same for many orders, by their keys; an order nobody paid is left out."""
    paid = Payment.objects.filter(order__in=list(orders)).order_by("id").values_list("order_id", "provider")
    return dict(paid)


def payments(*, order: Order) -> tuple[list[Payment], list[UnmatchedPayment]]:
    """What came and the order owed, and what came beside it and nobody has settled yet; newest first."""
    unmatched = order.unmatched_payments.filter(settlement=None).order_by("-id") if order.has_unmatched else ()
    return list(order.payments.order_by("-id")), list(unmatched)


def page(*, order: Order) -> Page:
    """What happened is told newest first."""
    parcels = Prefetch("lines", FulfillmentLine.objects.select_related("order_line").order_by("order_line__position"))
    sent_back = Prefetch("lines", ReturnLine.objects.select_related("order_line", "variant").order_by("id"))
    siblings = (
        Order.objects.filter(customer=order.customer_id).exclude(pk=order.pk) if order.customer_id else Order.objects.none()
    )
    paid, unmatched = payments(order=order)
    return Page(
        order=order,
        lines=lines(order=order),
        shipping_discounts=list(order.discounts.filter(line=None).order_by("id")),
        fulfillments=list(order.fulfillments.select_related("warehouse", "actor").prefetch_related(parcels).order_by("-id")),
        payments=paid,
        refunds=list(order.refunds.select_related("actor").order_by("-id")),
        # Only what waits; what was settled is in the timeline.
        unmatched=unmatched,
        returns=list(order.returns.select_related("warehouse", "actor").prefetch_related(sent_back).order_by("-id")),
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
        .values_list("variant_id", "warehouse_id", "warehouse__name", F("quantity") - F("consumed") - F("released"))
    )
    held: defaultdict[int, list[Held]] = defaultdict(list)
    for variant_id, warehouse_id, name, units in rows:
        held[variant_id].append(Held(warehouse_id, name, units))
    return held
