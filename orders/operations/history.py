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
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from campaigns.operations import history as uses
from campaigns.operations.history import PastRedemption
from config.kernel import bulk, outbox, shop
from config.kernel.business_time import business_day
from config.kernel.money import Money
from inventory.locking import Place
from inventory.models import StockMovement
from inventory.operations import history as stock
from inventory.operations.history import ImpossibleHistory, PastMovement, PastReservation
from inventory.operations.ledger import Document
from orders import lifecycle, numbering
from orders.events import HistoryImported
from orders.models import (
    Fulfillment,
    FulfillmentLine,
    Order,
    OrderDiscount,
    OrderEvent,
    OrderLine,
    Payment,
    ProviderReference,
    Refund,
    Return,
    ReturnLine,
)
from orders.operations import references
from orders.past import PastLine, PastOrder, PastReturn, PastReturnLine

ORDER, SHIPMENT, RETURN = "ORDER", "SHIPMENT", "RETURN"
ORDER_NUMBERS, DOCUMENT_NUMBERS = "orders_order_number", "orders_document_number"

LIFE = tuple(OrderEvent.Kind)
# Tables in the order in which their keys allow them to be written.
COLUMNS: dict[type, tuple[str, ...]] = {
    Order: (
        "id", "number", "channel", "external_number", "customer_id", "state", "is_short", "refund_due", "has_unmatched",
        "currency", "lines_total", "shipping_fee", "shipping_discount", "total", "tax", "paid", "refund_owed", "refunded",
        "ship_to", "note", "placed_at", "payment_due_at", "paid_at", "ship_due_at", "shipped_at", "closed_at",
    ),
    OrderLine: (
        "id", "order_id", "position", "variant_id", "sku", "name", "quantity", "list_price", "gross", "discount", "total",
        "tax_rate", "tax", "unit_cost", "shipped", "canceled", "short", "returned",
    ),
    OrderDiscount: ("order_id", "line_id", "promotion_id", "promotion_version", "name", "code", "amount"),
    ProviderReference: ("direction", "provider", "reference"),
    Payment: ("order_id", "provider", "reference", "amount", "paid_at", "recorded_at"),
    Fulfillment: ("id", "order_id", "number", "warehouse_id", "carrier", "tracking_number", "actor_id", "shipped_at"),
    FulfillmentLine: ("fulfillment_id", "order_line_id", "quantity"),
    Return: (
        "id", "number", "order_id", "warehouse_id", "state", "reason", "refund", "actor_id", "accepted_at", "received_at",
    ),
    ReturnLine: ("parent_id", "order_line_id", "variant_id", "quantity", "restocked", "refund"),
    Refund: ("order_id", "provider", "reference", "amount", "reason", "actor_id", "refunded_at"),
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
    announced: bool = True,
    with_spent_reservations: bool = True,
    at: datetime,
) -> Written:
    """Writes the orders and all that hangs on them, and records `HistoryImported` for the days all this touches.

    Who writes a past in several calls within one transaction says `announced=False`, and calls `announce` at the end.

    `movements` are entries of the ledger that no order causes (openings, receipts, counts); together with those of the
    orders they must never let a balance fall below zero. `at` is the moment of writing. Without spent reservations only
    what is still held is written: a past from elsewhere never reserved anything here.
    """
    bulk.unhurried()
    book = _Book(_keys(orders, returns_without_sale), list(movements), shop.zone(), with_spent_reservations)
    numbers = [book.enter(order) for order in orders]
    for one in returns_without_sale:
        book.enter_return(one)

    for model, columns in COLUMNS.items():
        bulk.copy(model, columns, book.rows[model])
    uses.write_redemptions(redemptions=book.redemptions)
    stock.write_stock(movements=book.movements, reservations=book.reservations)

    first, last = book.days()
    if first and last and announced:
        announce(first_on=first, last_on=last, at=at)
    return Written(tuple(numbers), first, last)


def announce(*, first_on: date, last_on: date, at: datetime) -> None:
    """Tells that the past of these business days was written, in the transaction that wrote it."""
    outbox.record(HistoryImported(first_on=first_on.isoformat(), last_on=last_on.isoformat()), at=at)


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
    with_spent_reservations: bool
    rows: dict[type, list[tuple[Any, ...]]] = field(default_factory=lambda: {model: [] for model in COLUMNS})
    reservations: list[PastReservation] = field(default_factory=list)
    redemptions: list[PastRedemption] = field(default_factory=list)
    moments: list[datetime] = field(default_factory=list)

    def days(self) -> tuple[date | None, date | None]:
        """First and last day of sales, returns and entries of the ledger, those that no order causes included."""
        moments = [*self.moments, *(one.occurred_at for one in self.movements)]
        if not moments:
            return None, None
        return business_day(min(moments), self.zone), business_day(max(moments), self.zone)

    def enter(self, order: PastOrder) -> str:
        number = order.number or numbering.order_number(at=order.placed_at, running=next(self.keys[ORDER_NUMBERS]))
        order_id = next(self.keys[Order])
        line_ids = [next(self.keys[OrderLine]) for _line in order.lines]
        self.moments.append(order.placed_at)
        told = [_Told(order.placed_at, OrderEvent.Kind.PLACED)]
        shipped = self._enter_parcels(order, order_id, line_ids, told)
        returned, worth = self._enter_returns(order, order_id, line_ids, told)
        lines_total = self._enter_lines(order, number, order_id, line_ids, shipped, returned)
        self._hold(order, number)
        self._enter_discounts(order, number, order_id, line_ids)
        self._enter_money(order, order_id, told)
        self._enter_order(order, number, order_id, lines_total, worth)
        self._tell(order, order_id, told)
        return number

    def _enter_order(self, order: PastOrder, number: str, order_id: int, lines_total: Decimal, returned: Decimal) -> None:
        off_shipping = _total(one.amount for one in order.shipping_discounts)
        paid = _total(one.amount for one in order.payments)
        refunded = _total(one.amount for one in order.refunds)
        owed = order.refund_owed
        if owed is None:
            owed = paid if order.state in lifecycle.OVER else min(paid, returned + _canceled(order))
        self.rows[Order].append(
            (
                order_id, number, order.channel, order.external_number, order.customer_id, order.state,
                any(line.short for line in order.lines), owed > refunded, False, order.currency, lines_total,
                order.shipping_fee, off_shipping, lines_total + order.shipping_fee - off_shipping,
                _total(one.tax for one in order.lines) + order.shipping_tax, paid, owed, refunded,
                _json(order.ship_to), order.note, order.placed_at, order.payment_due_at, order.paid_at, order.ship_due_at,
                order.shipped_at, order.closed_at,
            )
        )  # fmt: skip

    def _enter_lines(
        self, order: PastOrder, number: str, order_id: int, line_ids: Sequence[int], shipped: Mapping[int, int],
        returned: Mapping[int, int],
    ) -> Decimal:  # fmt: skip
        held: defaultdict[int, int] = defaultdict(int)
        for hold in order.holds:
            held[hold.position] += hold.quantity
        over = order.state in lifecycle.OVER
        lines_total = Decimal(0)
        for position, (line_id, line) in enumerate(zip(line_ids, order.lines, strict=True), 1):
            sent, back = shipped.get(position, 0), returned.get(position, 0)
            canceled = line.quantity - sent if over else line.canceled
            kept = 0 if over else held[position]
            if line.quantity != sent + canceled + line.short + kept or back > sent:
                raise _impossible(number, line, sent=sent, canceled=canceled, held=kept, returned=back)
            gross, discount = _gross(line), _discount(line)
            lines_total += gross - discount
            self.rows[OrderLine].append(
                (
                    line_id, order_id, position, line.variant_id, line.sku, line.name, line.quantity, line.list_price, gross,
                    discount, gross - discount, line.tax_rate, line.tax, line.unit_cost, sent, canceled, line.short, back,
                )
            )  # fmt: skip
        return lines_total

    def _enter_parcels(
        self, order: PastOrder, order_id: int, line_ids: Sequence[int], told: "list[_Told]"
    ) -> Mapping[int, int]:
        """The rows and ledger entries of what left; units shipped by position."""
        shipped: defaultdict[int, int] = defaultdict(int)
        for parcel in order.parcels:
            pk = next(self.keys[Fulfillment])
            at = parcel.shipped_at
            number = parcel.number or numbering.fulfillment_number(at=at, running=next(self.keys[DOCUMENT_NUMBERS]))
            self.rows[Fulfillment].append(
                (pk, order_id, number, parcel.warehouse_id, parcel.carrier, parcel.tracking_number, parcel.actor_id, at)
            )
            left: defaultdict[int, int] = defaultdict(int)
            contents = []
            for position, quantity in sorted(parcel.items.items()):
                line = order.lines[position - 1]
                shipped[position] += quantity
                left[line.variant_id] += quantity
                contents.append({"sku": line.sku, "quantity": quantity})
                self.rows[FulfillmentLine].append((pk, line_ids[position - 1], quantity))
            document = Document(SHIPMENT, number)
            for variant_id, quantity in left.items():
                place = (variant_id, parcel.warehouse_id)
                self._move(StockMovement.Kind.SHIPMENT, place, -quantity, document, at, parcel.actor_id)
            details = {
                "fulfillment": number, "carrier": parcel.carrier, "tracking_number": parcel.tracking_number, "lines": contents,
                "is_part": parcel is not order.parcels[-1] or order.state == Order.State.PARTLY_SHIPPED,
            }  # fmt: skip
            told.append(_Told(at, OrderEvent.Kind.SHIPPED, details, actor_id=parcel.actor_id))
        return shipped

    def _move(
        self, kind: StockMovement.Kind, place: Place, quantity: int, document: Document, at: datetime, actor_id: int | None
    ) -> None:
        self.movements.append(PastMovement(*place, kind.value, quantity, document, occurred_at=at, actor_id=actor_id))

    def _hold(self, order: PastOrder, number: str) -> None:
        """What was reserved when the order was placed, and what became of it."""
        document = Document(ORDER, number)
        over = order.state in lifecycle.OVER
        consumed: defaultdict[tuple[int, int], int] = defaultdict(int)
        held: defaultdict[tuple[int, int], int] = defaultdict(int)
        for parcel in order.parcels:
            for position, quantity in parcel.items.items():
                consumed[order.lines[position - 1].variant_id, parcel.warehouse_id] += quantity
        for hold in order.holds:
            held[order.lines[hold.position - 1].variant_id, hold.warehouse_id] += hold.quantity
        reserved = consumed.keys() | held.keys() if held else consumed.keys()
        for place in reserved if self.with_spent_reservations else held:
            self.reservations.append(
                PastReservation(
                    document, *place,
                    quantity=consumed[place] + held[place],
                    reserved_at=order.placed_at,
                    consumed=consumed[place],
                    released=held[place] if over else 0,
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
                    released=order.state in lifecycle.OVER,
                )
            )  # fmt: skip

    def _enter_returns(
        self, order: PastOrder, order_id: int, line_ids: Sequence[int], told: "list[_Told]"
    ) -> tuple[Mapping[int, int], Decimal]:
        """Units that came back by position, and what they were worth together."""
        returned: defaultdict[int, int] = defaultdict(int)
        worth = Decimal(0)
        for one in order.returns:
            refunds = {}
            if one.received_at:
                for line in one.lines:
                    refunds[line.position or 0] = _worth(order, line, returned)
                    returned[line.position or 0] += line.quantity
                worth += _total(refunds.values())
            number = self.enter_return(one, order, order_id, line_ids, refunds)
            sent = [
                {"sku": order.lines[line.position - 1].sku, "quantity": line.quantity} for line in one.lines if line.position
            ]
            details = {"number": number, "lines": sent}
            told.append(_Told(one.accepted_at, OrderEvent.Kind.RETURN_ACCEPTED, details, one.reason, one.actor_id))
            if one.received_at:
                units = [{**known, "restocked": line.restocked} for known, line in zip(sent, one.lines, strict=True)]
                refund = Money(_total(refunds.values()), order.currency).as_text()
                details = {"number": number, "lines": units, "refund": refund}
                told.append(_Told(one.received_at, OrderEvent.Kind.RETURNED, details, actor_id=one.actor_id))
            elif one.refused_at:
                told.append(
                    _Told(one.refused_at, OrderEvent.Kind.RETURN_REFUSED, {"number": number}, one.refusal, one.actor_id)
                )
        return returned, worth

    def enter_return(
        self, one: PastReturn, order: PastOrder | None = None, order_id: int | None = None, line_ids: Sequence[int] = (),
        refunds: Mapping[int, Decimal] | None = None,
    ) -> str:  # fmt: skip
        """The rows and ledger entries of one return; `refunds` is what its lines are worth by position."""
        number = one.number or numbering.return_number(at=one.accepted_at, running=next(self.keys[DOCUMENT_NUMBERS]))
        pk = next(self.keys[Return])
        states = Return.State
        state = states.RECEIVED if one.received_at else states.REFUSED if one.refused_at else states.ACCEPTED
        back: defaultdict[int, int] = defaultdict(int)
        total = Decimal(0)
        for line in one.lines:
            variant_id = order.lines[line.position - 1].variant_id if order and line.position else line.variant_id or 0
            line_id = line_ids[line.position - 1] if line.position else None
            restocked, refund = 0, Decimal(0)
            if one.received_at:
                restocked = line.restocked
                refund = (refunds or {}).get(line.position or 0, line.refund or Decimal(0))
                back[variant_id] += restocked
            total += refund
            self.rows[ReturnLine].append((pk, line_id, variant_id, line.quantity, restocked, refund))
        self.rows[Return].append(
            (
                pk, number, order_id, one.warehouse_id, state.value, one.reason, total, one.actor_id, one.accepted_at,
                one.received_at,
            )
        )  # fmt: skip
        if one.received_at:
            self.moments.append(one.received_at)
            for variant_id, quantity in back.items():
                if quantity:
                    place = (variant_id, one.warehouse_id)
                    self._move(
                        StockMovement.Kind.RETURN, place, quantity, Document(RETURN, number), one.received_at, one.actor_id
                    )
        return number

    def _enter_money(self, order: PastOrder, order_id: int, told: "list[_Told]") -> None:
        for one in order.payments:
            name = self._claim(references.CAME, one.provider, one.reference)
            self.rows[Payment].append((order_id, *name, one.amount, one.paid_at, one.paid_at))
            late = order.closed_at is not None and one.paid_at > order.closed_at
            details = {**name._asdict(), "amount": Money(one.amount, order.currency).as_text()}
            told.append(_Told(one.paid_at, OrderEvent.Kind.PAID_LATE if late else OrderEvent.Kind.PAID, details))
        for back in order.refunds:
            provider = back.provider or (order.payments[-1].provider if order.payments else "")
            name = self._claim(references.WENT, provider, back.reference)
            self.rows[Refund].append((order_id, *name, back.amount, back.reason, back.actor_id, back.refunded_at))
            details = {**name._asdict(), "amount": Money(back.amount, order.currency).as_text()}
            told.append(_Told(back.refunded_at, OrderEvent.Kind.REFUNDED, details, back.reason, back.actor_id))

    def _claim(self, direction: ProviderReference.Direction, provider: str, reference: str) -> references.Name:
        name = references.name(provider, reference)
        self.rows[ProviderReference].append((direction.value, *name))
        return name

    def _tell(self, order: PastOrder, order_id: int, told: "list[_Told]") -> None:
        """The timeline, in order of time. What happened at one moment follows as in an order's life: paid, then shipped."""
        if order.closed_at is not None and order.state in lifecycle.OVER:
            kind = OrderEvent.Kind(order.state)
            told.append(_Told(order.closed_at, kind, reason=order.reason, actor_id=order.closed_by_id))
        if not order.payments and order.paid_at and order.paid_at == order.placed_at:
            # What costs nothing is paid at once.
            told.append(_Told(order.paid_at, OrderEvent.Kind.PAID))
        told += [
            _Told(one.occurred_at, OrderEvent.Kind(one.kind), one.details, one.reason, one.actor_id) for one in order.events
        ]
        told.sort(key=lambda one: (one.at, LIFE.index(one.kind)))
        self.rows[OrderEvent] += [
            (order_id, one.kind.value, one.actor_id, one.reason, _json(one.details), one.at) for one in told
        ]


class _Told(NamedTuple):
    """One entry of a timeline."""

    at: datetime
    kind: OrderEvent.Kind
    details: Mapping[str, Any] = {}
    reason: str = ""
    actor_id: int | None = None


def _gross(line: PastLine) -> Decimal:
    return line.list_price * line.quantity if line.gross is None else line.gross


def _discount(line: PastLine) -> Decimal:
    return _total(one.amount for one in line.discounts)


def _worth(order: PastOrder, back: PastReturnLine, returned: Mapping[int, int]) -> Decimal:
    """What units that came back are worth: as told, or their share of what the line cost."""
    if back.refund is not None or not back.position:
        return back.refund or Decimal(0)
    line = order.lines[back.position - 1]
    before = line.canceled + returned.get(back.position, 0)
    total = _gross(line) - _discount(line)
    return lifecycle.share(
        total=total, quantity=line.quantity, before=before, units=back.quantity, currency=order.currency
    )  # fmt: skip


def _canceled(order: PastOrder) -> Decimal:
    """What the canceled units of an order that went on were worth."""
    return _total(
        lifecycle.share(
            total=_gross(line) - _discount(line), quantity=line.quantity, before=0, units=line.canceled, currency=order.currency
        )
        for line in order.lines
        if line.canceled
    )


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
