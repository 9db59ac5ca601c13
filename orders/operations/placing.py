"""Placing an order: one transaction that prices, counts coupons, records, and holds the stock; all of it or nothing.

Stock is held last, so that a popular SKU is locked for as short as possible (docs/algorithms/reservations.md).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from campaigns.operations import coupons, customers
from campaigns.pricing.values import Quote
from config.kernel import outbox
from config.kernel.errors import Conflict
from config.kernel.models import User
from config.kernel.money import Money
from inventory.costing import TAX_RATES
from inventory.operations import reservations
from orders.events import OrderPaid, OrderPlaced
from orders.models import Order, OrderEvent
from orders.operations import recording, writing
from orders.operations.writing import NewDiscount, NewLine
from orders.queries import quoting
from orders.queries.quoting import Priced, Shopper


class PriceChanged(Conflict):
    """The caller saw another total; `details.quote` is what the basket costs now."""

    code = "price_changed"


class CodeRefused(Conflict):
    """A coupon code gives nothing; `details.codes` says why. It is never dropped silently."""

    code = "code_refused"


class AlreadyPlaced(Conflict):
    """The channel's number is known; `details.number` is the order it became."""

    code = "already_placed"


@dataclass(frozen=True)
class Buyer:
    """Who orders, by the storefront's own key. What is given besides is what the shop knows of them from now on."""

    external_id: str
    name: str = ""
    phone: str = ""
    email: str = ""


def place_order(
    *,
    channel: str,
    lines: Sequence[tuple[str, int]],
    codes: Iterable[str] = (),
    customer: Buyer | None = None,
    ship_to: Mapping[str, Any],
    expected_total: Decimal,
    external_number: str | None = None,
    note: str = "",
    ends_with_refusal: bool = False,
    actor: User | None,
    at: datetime,
) -> Order:
    """Sells the lines (SKU and quantity) at today's price, if that is what the caller expects.

    Raises `LinesRefused`, `CodeRefused`, `PriceChanged`, `InsufficientStock`, `CouponRefused` (the last use went a moment
    ago) and `AlreadyPlaced`. An order that costs nothing is paid at once.

    `ends_with_refusal` promises that a refusal also ends the transaction this is called in, as that of an idempotency key
    does; then no savepoint is needed to take back what was written before it, which is two statements less.
    """
    external_number = external_number or None
    with transaction.atomic(savepoint=not ends_with_refusal):
        _refuse_known(channel, external_number)
        shopper = _shopper(customer, at)
        priced = quoting.priced(lines=lines, codes=codes, shopper=shopper, at=at)
        _check(priced.quote, expected_total)
        order = _order(
            priced.quote,
            at,
            channel=channel,
            external_number=external_number,
            customer_id=shopper.customer_id,
            ship_to=dict(ship_to),
            note=note,
        )
        _record(order, priced, actor)
        coupons.redeem(
            discounts=priced.quote.discounts,
            customer_id=shopper.customer_id,
            document_kind=recording.document(order).kind,
            document_number=order.number,
            ends_with_refusal=True,
            at=at,
        )
        demand = {one.variant_id: line.quantity for one, line in zip(priced.listed, priced.quote.lines, strict=True)}
        # No expiry of its own: `payment_due_at` is the only clock of an order.
        reservations.reserve(document=recording.document(order), demand=demand, at=at)
        return order


def _refuse_known(channel: str, external_number: str | None) -> None:
    if external_number is None:
        return
    number = Order.objects.filter(channel=channel, external_number=external_number).values_list("number", flat=True).first()
    if number is not None:
        raise AlreadyPlaced(
            _("Order %(external)s of this channel was placed before, as %(number)s.")
            % {"external": external_number, "number": number},
            details={"channel": channel, "external_number": external_number, "number": number},
        )


def _shopper(buyer: Buyer | None, at: datetime) -> Shopper:
    """The buyer as pricing sees them; written down only where they are new or tell something new."""
    if buyer is None:
        return Shopper()
    shopper = quoting.shopper(buyer.external_id)
    kept = customers.as_kept(name=buyer.name, phone=buyer.phone, email=buyer.email)
    told = {name: value for name, value in kept.items() if value}
    if shopper.customer_id is None or any(getattr(shopper, name) != value for name, value in told.items()):
        customer = customers.upsert(external_id=buyer.external_id, at=at, **told)
        shopper = replace(shopper, customer_id=customer.pk, is_new=False)
    return shopper


def _check(quote: Quote, expected_total: Decimal) -> None:
    if quote.refusals:
        told = quoting.told(quote)
        raise CodeRefused(
            _("A coupon code cannot be used for this order."), details={"codes": told["refused_codes"], "quote": told}
        )
    if quote.total != expected_total:
        raise PriceChanged(
            _("The price has changed."),
            details={"expected_total": Money(expected_total, quote.currency).as_text(), "quote": quoting.told(quote)},
        )


def _order(quote: Quote, at: datetime, **values: Any) -> Order:
    order = Order(
        currency=quote.currency,
        lines_total=quote.total - quote.shipping_fee + quote.shipping_discount,
        shipping_fee=quote.shipping_fee,
        shipping_discount=quote.shipping_discount,
        total=quote.total,
        tax=quote.tax,
        placed_at=at,
        **values,
    )
    if quote.total > 0:
        order.payment_due_at = at + timedelta(minutes=settings.PAYMENT_DUE_MINUTES)
    else:
        order.state = recording.state_after(order, "pay")
        order.paid_at = at
        order.ship_due_at = at + timedelta(hours=settings.SHIP_WITHIN_HOURS)
    return order


def _record(order: Order, priced: Priced, actor: User | None) -> None:
    paid = order.state == Order.State.PAID
    kinds = [OrderEvent.Kind.PLACED, OrderEvent.Kind.PAID] if paid else [OrderEvent.Kind.PLACED]
    if not writing.write(order, _lines(priced), _discounts(priced.quote), kinds, actor=actor):
        # A twin was faster; it has committed, so it is found now.
        _refuse_known(order.channel, order.external_number)
    on = recording.day(order.placed_at)
    events: list[outbox.Event] = [OrderPlaced(number=order.number, on=on)]
    if paid:
        events.append(OrderPaid(number=order.number, on=on))
    outbox.record(*events, at=order.placed_at)


def _lines(priced: Priced) -> list[NewLine]:
    return [
        NewLine(
            position=position,
            variant_id=listed.variant_id,
            sku=line.sku,
            name=listed.name,
            quantity=line.quantity,
            list_price=line.list_price,
            gross=line.gross,
            discount=line.discount,
            total=line.total,
            tax_rate=TAX_RATES[listed.tax_class],
            tax=line.tax,
            unit_cost=listed.cost,
        )
        for position, (line, listed) in enumerate(zip(priced.quote.lines, priced.listed, strict=True), 1)
    ]


def _discounts(quote: Quote) -> list[NewDiscount]:
    """One row for each share of each promotion."""
    return [
        NewDiscount(
            position=position,
            promotion_id=one.promotion_id,
            version=one.version,
            name=one.name,
            code=one.code,
            amount=amount,
        )
        for one in quote.discounts
        for position, amount in ([(None, one.amount)] if one.on_shipping else enumerate(one.shares, 1))
        if amount
    ]
