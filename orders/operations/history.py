"""A shop's past orders, written in bulk: every row that placing, paying, shipping and taking back would have left.

The teller gives facts (orders/past.py); totals, units shipped and returned, reservations, entries of the stock ledger, uses
of promotions and the timeline are worked out here. One call is one transaction: large pasts are written in several, each of
them consistent.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from campaigns.operations import history as uses
from campaigns.operations.history import PastRedemption
from config.kernel import bulk, outbox
from config.kernel.business_time import business_day
from inventory.models import StockMovement
from inventory.operations import history as stock
from inventory.operations.history import ImpossibleHistory, PastMovement, PastReservation
from inventory.operations.ledger import Document
from orders.events import HistoryImported
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
from orders.past import PastLine, PastOrder, PastReturn

OVER = (Order.State.CANCELED.value, Order.State.EXPIRED.value)
ORDER, SHIPMENT, RETURN = "ORDER", "SHIPMENT", "RETURN"
ORDER_NUMBERS, DOCUMENT_NUMBERS = "orders_order_number", "orders_document_number"

# Tables in the order in which their keys allow them to be written.
COLUMNS: dict[type, tuple[str, ...]] = {
    Order: (
        "id", "number", "channel", "external_number", "customer_id", "state", "is_short", "refund_due", "currency",
        "lines_total", "shipping_fee", "shipping_discount", "total", "tax", "paid", "refunded", "ship_to", "note", "placed_at",
        "payment_due_at", "paid_at", "ship_due_at", "shipped_at", "closed_at",
    ),
    OrderLine: (
        "id", "order_id", "position", "variant_id", "sku", "name", "quantity", "list_price", "gross", "discount", "total",
        "tax_rate", "tax", "unit_cost", "shipped", "canceled", "short", "returned",
    ),
    OrderDiscount: ("order_id", "line_id", "promotion_id", "promotion_version", "name", "code", "amount"),
    Payment: ("order_id", "provider", "reference", "amount", "paid_at", "recorded_at"),
    Fulfillment: ("id", "order_id", "number", "warehouse_id", "carrier", "tracking_number", "actor_id", "shipped_at"),
    FulfillmentLine: ("fulfillment_id", "order_line_id", "quantity"),
    Return: (
        "id", "number", "order_id", "warehouse_id", "state", "reason", "refund", "actor_id", "accepted_at", "received_at",
    ),
    ReturnLine: ("parent_id", "order_line_id", "variant_id", "quantity", "restocked", "refund"),
    Refund: ("order_id", "reference", "amount", "reason", "actor_id", "refunded_at"),
    OrderEvent: ("order_id", "kind", "actor_id", "reason", "details", "occurred_at"),
}  # fmt: skip


@dataclass(frozen=True)
class Written:
    """`numbers` are the orders' numbers, in the order in which they were told; the days are business days."""

    numbers: tuple[str, ...]
    first_on: date | None
    last_on: date | None


@transaction.atomic
def write(
    *,
    orders: Sequence[PastOrder],
    movements: Sequence[PastMovement] = (),
    returns_without_sale: Sequence[PastReturn] = (),
    at: datetime,
) -> Written:
    """Writes the orders and all that hangs on them, and records `HistoryImported` for the days they touch.

    `movements` are entries of the ledger that no order causes (openings, receipts, counts); together with those of the
    orders they must never let a balance fall below zero. `at` is the moment of writing.
    """
    bulk.unhurried()
    book = _Book(_keys(orders, returns_without_sale), list(movements), ZoneInfo(settings.BUSINESS_TIME_ZONE))
    numbers = [book.enter(order) for order in orders]
    for one in returns_without_sale:
        book.enter_return(one)

    for model, columns in COLUMNS.items():
        bulk.copy(model, columns, book.rows[model])
    uses.write_redemptions(redemptions=book.redemptions)
    stock.write_stock(movements=book.movements, reservations=book.reservations)

    first, last = book.days()
    if first and last:
        outbox.record(HistoryImported(first_on=first.isoformat(), last_on=last.isoformat()), at=at)
    return Written(tuple(numbers), first, last)


def _keys(orders: Sequence[PastOrder], unsold: Sequence[PastReturn]) -> dict[type | str, Iterator[int]]:
    """Keys by table and numbers by sequence, taken in blocks."""
    parcels = sum(len(one.parcels) for one in orders)
    returns = sum(len(one.returns) for one in orders) + len(unsold)
    lines = sum(len(one.lines) for one in orders)
    return {
        Order: iter(bulk.take_ids(Order, len(orders))),
        OrderLine: iter(bulk.take_ids(OrderLine, lines)),
        Fulfillment: iter(bulk.take_ids(Fulfillment, parcels)),
        Return: iter(bulk.take_ids(Return, returns)),
        ORDER_NUMBERS: iter(bulk.take_numbers(ORDER_NUMBERS, sum(not one.number for one in orders))),
        DOCUMENT_NUMBERS: iter(bulk.take_numbers(DOCUMENT_NUMBERS, parcels + returns)),
    }


@dataclass
class _Book:
    """The rows of one call, table by table."""

    keys: dict[type | str, Iterator[int]]
    movements: list[PastMovement]
    zone: ZoneInfo
    rows: dict[type, list[tuple[Any, ...]]] = field(default_factory=lambda: {model: [] for model in COLUMNS})
    reservations: list[PastReservation] = field(default_factory=list)
    redemptions: list[PastRedemption] = field(default_factory=list)
    moments: list[datetime] = field(default_factory=list)

    def days(self) -> tuple[date | None, date | None]:
        if not self.moments:
            return None, None
        return business_day(min(self.moments), self.zone), business_day(max(self.moments), self.zone)

    def enter(self, order: PastOrder) -> str:
        number = order.number or f"{business_day(order.placed_at, self.zone):%y%m%d}-{next(self.keys[ORDER_NUMBERS]):06d}"
        order_id = next(self.keys[Order])
        line_ids = [next(self.keys[OrderLine]) for _line in order.lines]
        self.moments.append(order.placed_at)
        shipped = self._enter_parcels(order, order_id, line_ids)
        self._hold(order, number)
        lines_total = self._enter_lines(order, number, order_id, line_ids, shipped)
        self._enter_order(order, number, order_id, lines_total)
        self._enter_discounts(order, number, order_id, line_ids)
        for one in order.returns:
            self.enter_return(one, order, order_id, line_ids)
        self._enter_money(order, order_id)
        self._tell(order, order_id)
        return number

    def _enter_order(self, order: PastOrder, number: str, order_id: int, lines_total: Decimal) -> None:
        off_shipping = _total(one.amount for one in order.shipping_discounts)
        self.rows[Order].append(
            (
                order_id, number, order.channel, order.external_number, order.customer_id, order.state, order.is_short,
                order.refund_due, order.currency, lines_total, order.shipping_fee, off_shipping,
                lines_total + order.shipping_fee - off_shipping,
                _total(one.tax for one in order.lines) + order.shipping_tax,
                _total(one.amount for one in order.payments), _total(one.amount for one in order.refunds),
                _json(order.ship_to), order.note, order.placed_at, order.payment_due_at, order.paid_at, order.ship_due_at,
                order.shipped_at, order.closed_at,
            )
        )  # fmt: skip

    def _enter_lines(
        self, order: PastOrder, number: str, order_id: int, line_ids: Sequence[int], shipped: Mapping[int, int]
    ) -> Decimal:
        returned: defaultdict[int, int] = defaultdict(int)
        for back in order.returns:
            if back.received_at and not back.refused:
                for item in back.lines:
                    returned[item.position or 0] += item.quantity
        held: defaultdict[int, int] = defaultdict(int)
        for hold in order.holds:
            held[hold.position] += hold.quantity
        over = order.state in OVER
        lines_total = Decimal(0)
        for position, (line_id, line) in enumerate(zip(line_ids, order.lines, strict=True), 1):
            sent = shipped.get(position, 0)
            canceled = line.quantity - sent - line.short if over else line.canceled
            kept = 0 if over else held[position]
            if line.quantity != sent + canceled + line.short + kept or returned[position] > sent:
                raise _impossible(number, line, sent=sent, canceled=canceled, held=kept, returned=returned[position])
            gross = line.list_price * line.quantity if line.gross is None else line.gross
            discount = _total(one.amount for one in line.discounts)
            lines_total += gross - discount
            self.rows[OrderLine].append(
                (
                    line_id, order_id, position, line.variant_id, line.sku, line.name, line.quantity, line.list_price, gross,
                    discount, gross - discount, line.tax_rate, line.tax, line.unit_cost, sent, canceled, line.short,
                    returned[position],
                )
            )  # fmt: skip
        return lines_total

    def _enter_parcels(self, order: PastOrder, order_id: int, line_ids: Sequence[int]) -> Mapping[int, int]:
        """The rows and ledger entries of what left; units shipped by position."""
        shipped: defaultdict[int, int] = defaultdict(int)
        for parcel in order.parcels:
            pk = next(self.keys[Fulfillment])
            number = parcel.number or self._document_number("SH", parcel.shipped_at)
            self.rows[Fulfillment].append(
                (
                    pk, order_id, number, parcel.warehouse_id, parcel.carrier, parcel.tracking_number, parcel.actor_id,
                    parcel.shipped_at,
                )
            )  # fmt: skip
            document = Document(SHIPMENT, number)
            left: defaultdict[int, int] = defaultdict(int)
            for position, quantity in parcel.items.items():
                shipped[position] += quantity
                left[order.lines[position - 1].variant_id] += quantity
                self.rows[FulfillmentLine].append((pk, line_ids[position - 1], quantity))
            for variant_id, quantity in left.items():
                self._move(StockMovement.Kind.SHIPMENT, variant_id, parcel.warehouse_id, -quantity, document, parcel)
        return shipped

    def _move(
        self, kind: StockMovement.Kind, variant_id: int, warehouse_id: int, quantity: int, document: Document, cause: Any
    ) -> None:
        occurred_at = cause.received_at if kind == StockMovement.Kind.RETURN else cause.shipped_at
        self.moments.append(occurred_at)
        self.movements.append(
            PastMovement(
                variant_id, warehouse_id, kind.value, quantity, document, occurred_at=occurred_at, actor_id=cause.actor_id
            )
        )

    def _hold(self, order: PastOrder, number: str) -> None:
        """What was reserved when the order was placed, and what became of it."""
        document = Document(ORDER, number)
        over = order.state in OVER
        consumed: defaultdict[tuple[int, int], int] = defaultdict(int)
        held: defaultdict[tuple[int, int], int] = defaultdict(int)
        for parcel in order.parcels:
            for position, quantity in parcel.items.items():
                consumed[order.lines[position - 1].variant_id, parcel.warehouse_id] += quantity
        for hold in order.holds:
            held[order.lines[hold.position - 1].variant_id, hold.warehouse_id] += hold.quantity
        for place in consumed.keys() | held.keys() if held else consumed:
            self.reservations.append(
                PastReservation(
                    document, *place,
                    quantity=consumed[place] + held[place],
                    reserved_at=order.placed_at,
                    consumed=consumed[place],
                    released=held[place] if over else 0,
                    # The clock runs out only for what nobody has paid.
                    expires_at=None if order.paid_at else order.payment_due_at,
                    expired=order.state == Order.State.EXPIRED.value,
                )
            )  # fmt: skip

    def _enter_discounts(self, order: PastOrder, number: str, order_id: int, line_ids: Sequence[int]) -> None:
        """One row for each share, one use for each promotion."""
        shares = [(pk, one) for pk, line in zip(line_ids, order.lines, strict=True) for one in line.discounts]
        amounts: defaultdict[tuple[int, int | None], Decimal] = defaultdict(Decimal)
        for line_id, one in [*shares, *((None, one) for one in order.shipping_discounts)]:
            amounts[one.promotion_id, one.coupon_id] += one.amount
            self.rows[OrderDiscount].append(
                (order_id, line_id, one.promotion_id, one.promotion_version, one.name, one.code, one.amount)
            )
        for (promotion_id, coupon_id), amount in amounts.items():
            self.redemptions.append(
                PastRedemption(
                    promotion_id, ORDER, number, amount,
                    redeemed_at=order.placed_at,
                    coupon_id=coupon_id,
                    customer_id=order.customer_id,
                    released=order.state in OVER,
                )
            )  # fmt: skip

    def enter_return(
        self, one: PastReturn, order: PastOrder | None = None, order_id: int | None = None, line_ids: Sequence[int] = ()
    ) -> None:
        number = one.number or self._document_number("RT", one.accepted_at)
        pk = next(self.keys[Return])
        state = Return.State.REFUSED if one.refused else Return.State.RECEIVED if one.received_at else Return.State.ACCEPTED
        self.rows[Return].append(
            (
                pk, number, order_id, one.warehouse_id, state.value, one.reason, _total(line.refund for line in one.lines),
                one.actor_id, one.accepted_at, one.received_at,
            )
        )  # fmt: skip
        back: defaultdict[int, int] = defaultdict(int)
        for line in one.lines:
            variant_id = order.lines[line.position - 1].variant_id if order and line.position else line.variant_id
            line_id = line_ids[line.position - 1] if line.position else None
            self.rows[ReturnLine].append((pk, line_id, variant_id, line.quantity, line.restocked, line.refund))
            if variant_id and line.restocked:
                back[variant_id] += line.restocked
        if state == Return.State.RECEIVED:
            document = Document(RETURN, number)
            for variant_id, quantity in back.items():
                self._move(StockMovement.Kind.RETURN, variant_id, one.warehouse_id, quantity, document, one)

    def _enter_money(self, order: PastOrder, order_id: int) -> None:
        for one in order.payments:
            self.rows[Payment].append((order_id, one.provider, one.reference, one.amount, one.paid_at, one.paid_at))
        for back in order.refunds:
            self.rows[Refund].append((order_id, back.reference, back.amount, back.reason, back.actor_id, back.refunded_at))

    def _tell(self, order: PastOrder, order_id: int) -> None:
        """The timeline, in order of time."""
        kinds = OrderEvent.Kind
        told: list[tuple[datetime, str, int | None, str, Mapping[str, Any]]] = [
            (order.placed_at, kinds.PLACED.value, None, "", {})
        ]
        for payment in order.payments:
            late = order.closed_at is not None and payment.paid_at > order.closed_at
            kind = kinds.PAID_LATE if late else kinds.PAID
            told.append((payment.paid_at, kind.value, None, "", {"amount": payment.amount, "reference": payment.reference}))
        for parcel in order.parcels:
            told.append((parcel.shipped_at, kinds.SHIPPED.value, parcel.actor_id, "", {"tracking": parcel.tracking_number}))
        for back in order.returns:
            if back.received_at and not back.refused:
                told.append((back.received_at, kinds.RETURNED.value, back.actor_id, back.reason, {}))
        for refund in order.refunds:
            told.append((refund.refunded_at, kinds.REFUNDED.value, refund.actor_id, refund.reason, {"amount": refund.amount}))
        if order.closed_at is not None and order.state in OVER:
            told.append((order.closed_at, order.state, order.closed_by_id, order.reason, {}))
        told += [(one.occurred_at, one.kind, one.actor_id, one.reason, one.details) for one in order.events]
        told.sort(key=lambda one: one[0])
        self.rows[OrderEvent] += [
            (order_id, kind, actor_id, reason, _json(details), moment) for moment, kind, actor_id, reason, details in told
        ]

    def _document_number(self, prefix: str, moment: datetime) -> str:
        return f"{prefix}-{business_day(moment, self.zone):%y%m%d}-{next(self.keys[DOCUMENT_NUMBERS]):06d}"


def _total(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, cls=DjangoJSONEncoder) if value else "{}"


def _impossible(number: str, line: PastLine, **figures: int) -> ImpossibleHistory:
    return ImpossibleHistory(
        _("Order %(number)s, %(sku)s: what was shipped, canceled, held and returned does not add up to what was ordered.")
        % {"number": number, "sku": line.sku},
        details={"number": number, "sku": line.sku, "quantity": line.quantity, "short": line.short, **figures},
    )
