"""An order in words: what to do next, where it goes, and what has happened to it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from config.kernel.admin import wording
from orders.admin import known, labels
from orders.models import Order, OrderEvent, Payment, Refund, Settlement, UnmatchedPayment
from orders.queries.order_page import Page


@dataclass(frozen=True)
class Step:
    text: str
    is_urgent: bool = False


def next_steps(page: Page, at: datetime) -> list[Step]:
    """What somebody should do about the order now; trouble first."""
    order = page.order
    return [*_troubles(page), *_course(page, order, at)]


def _troubles(page: Page) -> Iterator[Step]:
    order = page.order
    if order.is_short:
        missing = sum(line.row.short for line in page.lines)
        yield Step(
            ngettext(
                "%(count)s unit is missing: find stock again or give it up.",
                "%(count)s units are missing: find stock again or give them up.",
                missing,
            )
            % {"count": missing},
            is_urgent=True,
        )
    if order.refund_due:
        due = wording.amount(order.refund_owed - order.refunded, order.currency)
        yield Step(_("%(amount)s must go back to the customer.") % {"amount": due}, is_urgent=True)
    for unmatched in page.unmatched:
        came = {"amount": wording.amount(unmatched.amount, order.currency)}
        yield Step(_("%(amount)s came that the order does not owe: pay it back or explain it.") % came, is_urgent=True)
    arriving = [one.number for one in page.returns if one.state == "ACCEPTED"]
    if arriving:
        yield Step(_("Goods are on their way back: %(numbers)s.") % {"numbers": ", ".join(arriving)})


def _course(page: Page, order: Order, at: datetime) -> Iterator[Step]:
    """The one sentence that belongs to the order's state."""
    moment = wording.plain_moment
    late = order.ship_due_at is not None and order.ship_due_at < at
    by = moment(order.ship_due_at) if order.ship_due_at else "-"
    match order.state:
        case Order.State.PLACED if order.payment_due_at:
            yield Step(_("Waits for the payment until %(time)s, then it expires.") % {"time": moment(order.payment_due_at)})
        case Order.State.PAID:
            yield Step(_("Pick the goods; to be shipped by %(time)s.") % {"time": by}, is_urgent=late)
        case Order.State.PICKED:
            yield Step(_("Pack and ship; due by %(time)s.") % {"time": by}, is_urgent=late)
        case Order.State.PARTLY_SHIPPED:
            waiting = sum(line.waiting for line in page.lines)
            if waiting:
                told = ngettext("%(count)s unit is still to be shipped.", "%(count)s units are still to be shipped.", waiting)
                yield Step(told % {"count": waiting}, is_urgent=late)
        case Order.State.SHIPPED if order.shipped_at:
            yield Step(_("Everything was shipped on %(time)s.") % {"time": moment(order.shipped_at)})
        case Order.State.CANCELED if order.closed_at:
            yield Step(_("Canceled on %(time)s.") % {"time": moment(order.closed_at)})
        case Order.State.EXPIRED if order.closed_at:
            yield Step(_("Expired unpaid on %(time)s.") % {"time": moment(order.closed_at)})


@dataclass(frozen=True)
class Address:
    """Where an order goes, as far as the channel told. Not in full, it is left to tell two parcels apart."""

    name: str
    phone: str
    email: str
    lines: list[str]
    notes: list[str]


def address(order: Order, *, in_full: bool) -> Address:
    told: Mapping[str, Any] = order.ship_to
    name, phone, email, postal = (str(told.get(one) or "") for one in ("name", "phone", "email", "postal_code"))
    if not in_full:
        lines = [f"({postal}) ****"] if postal else ["****"]
        return Address(wording.masked(name), wording.masked(phone, kept=3), wording.masked(email), lines, [])
    street = f"({postal}) {told.get('address') or ''}" if postal else str(told.get("address") or "")
    lines = [street.strip(), str(told.get("detail") or "")]
    notes = [str(told.get("message") or ""), order.note]
    return Address(name, phone, email, [one for one in lines if one], [one for one in notes if one])


@dataclass(frozen=True)
class Person:
    """The customer behind an order."""

    external_id: str
    name: str
    phone: str
    email: str


def customer(order: Order, *, in_full: bool) -> Person | None:
    if order.customer is None:
        return None
    known = order.customer
    if in_full:
        return Person(known.external_id, known.name, known.phone, known.email)
    return Person(
        known.external_id, wording.masked(known.name), wording.masked(known.phone, kept=3), wording.masked(known.email)
    )


@dataclass(frozen=True)
class Transfer:
    """Money that came or went back."""

    what: str
    how: str
    at: datetime
    amount: str
    note: str = ""
    url: str = ""


def money(page: Page) -> list[Transfer]:
    """Payments, what came and the order does not owe, and refunds: newest first."""

    def how(row: Payment | Refund | UnmatchedPayment) -> str:
        return f"{known.provider(row.provider)} · {row.reference}"

    def amount(value: Decimal) -> str:
        return wording.amount(value, page.order.currency)

    came = [Transfer(_("payment"), how(one), one.paid_at, amount(one.amount)) for one in page.payments]
    unmatched = [
        Transfer(
            _("unmatched payment"), how(one), one.paid_at, amount(one.amount), one.get_why_display(),
            reverse("admin:orders_unmatchedpayment_change", args=[one.pk]),
        )
        for one in page.unmatched
    ]  # fmt: skip
    back = [Transfer(_("refund"), how(one), one.refunded_at, amount(-one.amount), one.reason) for one in page.refunds]
    return sorted([*back, *unmatched, *came], key=lambda one: one.at, reverse=True)


@dataclass(frozen=True)
class Entry:
    """One line of the timeline."""

    what: str
    who: str
    when: datetime
    why: str
    facts: list[str]
    color: str


def what(event: OrderEvent) -> str:
    """What happened; a parcel that was not the last one is told as such."""
    if event.kind == OrderEvent.Kind.SHIPPED and event.details.get("is_part"):
        return str(Order.State.PARTLY_SHIPPED.label)
    return event.get_kind_display()


def entry(event: OrderEvent, order: Order) -> Entry:
    facts = [told for name, tell in _FACTS.items() if event.details.get(name) and (told := tell(event.details[name], order))]
    return Entry(
        what=what(event),
        who=wording.actor(event),
        when=event.occurred_at,
        why=event.reason,
        facts=facts,
        color=labels.EVENTS.get(OrderEvent.Kind(event.kind), ""),
    )


def _amount(value: Any, order: Order) -> str:
    try:
        return wording.amount(Decimal(str(value)), order.currency)
    except InvalidOperation:
        return str(value)


def _lines(value: Any, order: Order) -> str:
    return ", ".join(f"{one['sku']} × {one['quantity']}" for one in value)


def _plain(value: Any, order: Order) -> str:
    return str(value)


# What the operations write beside an event, in the order in which the page tells it.
_FACTS: dict[str, Callable[[Any, Order], str]] = {
    "number": _plain,
    "fulfillment": _plain,
    "carrier": _plain,
    "tracking_number": _plain,
    "provider": lambda value, order: known.provider(str(value)),
    "reference": _plain,
    "amount": _amount,
    "outcome": lambda value, order: str(Settlement.Outcome(value).label),
    "refund": lambda value, order: pgettext("due to go back", "refund %(amount)s") % {"amount": _amount(value, order)},
    "lines": _lines,
}
