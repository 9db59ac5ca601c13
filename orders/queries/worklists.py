"""What there is to do: the worklists, how long each is, and how staff find one order among a million.

Every list is served by an index of its own, and nothing here counts or collects beyond a bound.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Prefetch, Q, QuerySet
from django.utils.translation import pgettext_lazy

from campaigns.models import Customer
from inventory.models import Reservation
from orders.models import Fulfillment, Order, OrderLine

# The kind under which inventory keeps what is held for orders.
DOCUMENT = "ORDER"
# Nobody works through more in a day, and counting further costs more than it tells.
COUNTED = 1000
# A search that finds more than this wants narrowing, not paging.
FOUND = 500

UNSHIPPED = (Order.State.PAID, Order.State.PICKED, Order.State.PARTLY_SHIPPED)


@dataclass(frozen=True)
class Tally:
    """One worklist and how many orders wait in it; `query` follows the address of the order list."""

    name: str
    title: Any
    number: int
    is_capped: bool

    @property
    def query(self) -> str:
        return f"?list={self.name}"

    @property
    def shown(self) -> str:
        return f"{self.number:,}+" if self.is_capped else f"{self.number:,}"


@dataclass(frozen=True)
class Counts:
    to_pay: Tally
    to_pick: Tally
    to_ship: Tally
    late: Tally
    short: Tally
    refund_due: Tally
    unmatched: Tally

    def __iter__(self) -> Iterator[Tally]:
        return iter((self.to_pay, self.to_pick, self.to_ship, self.late, self.short, self.refund_due, self.unmatched))


TITLES = {
    "to_pay": pgettext_lazy("worklist", "To pay"),
    "to_pick": pgettext_lazy("worklist", "To pick"),
    "to_ship": pgettext_lazy("worklist", "To ship"),
    "late": pgettext_lazy("worklist", "Late"),
    "short": pgettext_lazy("worklist", "Short of stock"),
    "refund_due": pgettext_lazy("worklist", "Refund due"),
    "unmatched": pgettext_lazy("worklist", "Unmatched payment"),
}
# Lists in which nothing should ever wait.
ALARMS = frozenset({"late", "short", "refund_due", "unmatched"})


def _conditions(at: datetime) -> dict[str, Q]:
    return {
        "to_pay": Q(state=Order.State.PLACED),
        "to_pick": Q(state=Order.State.PAID),
        "to_ship": Q(state__in=(Order.State.PICKED, Order.State.PARTLY_SHIPPED)),
        # The states are named although the due time implies them: only so does the partial index of due times serve.
        "late": Q(state__in=UNSHIPPED, ship_due_at__lt=at),
        "short": Q(is_short=True),
        "refund_due": Q(refund_due=True),
        "unmatched": Q(has_unmatched=True),
    }


def narrowed(orders: QuerySet[Order], *, name: str, at: datetime) -> QuerySet[Order]:
    """Only the orders of one worklist; an unknown name narrows nothing."""
    condition = _conditions(at).get(name)
    return orders if condition is None else orders.filter(condition)


def counts(*, at: datetime) -> Counts:
    """How many orders wait in each worklist, in one statement, each counted up to a thousand."""
    parts: list[str] = []
    parameters: list[Any] = []
    for condition in _conditions(at).values():
        first = Order.objects.filter(condition).order_by().values("pk")[: COUNTED + 1]
        statement, values = first.query.sql_with_params()
        parts.append(f"(SELECT count(*) FROM ({statement}) AS waiting)")  # noqa: S608  Django wrote it; values stay apart
        parameters += values
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", parameters)
        numbers = cursor.fetchone() or ()
    return Counts(
        **{
            name: Tally(name, title, min(number, COUNTED), is_capped=number > COUNTED)
            for (name, title), number in zip(TITLES.items(), numbers, strict=True)
        }
    )


def is_late(order: Order, *, at: datetime) -> bool:
    return order.state in UNSHIPPED and order.ship_due_at is not None and order.ship_due_at < at


def listed(orders: QuerySet[Order]) -> QuerySet[Order]:
    """With all that a row of the list shows: two statements, however many rows."""
    lines = OrderLine.objects.order_by("order_id", "position")
    return orders.select_related("customer").prefetch_related(Prefetch("lines", lines))


def held_in(orders: QuerySet[Order], *, warehouse: str) -> QuerySet[Order]:
    """Only orders for which units still lie reserved in the warehouse of this code."""
    held = Reservation.objects.filter(document_kind=DOCUMENT, warehouse__code=warehouse, state=Reservation.State.ACTIVE).values(
        "document_number"
    )
    return orders.filter(number__in=held)


# Jumps from one channel to the next along the index, where a DISTINCT would read a million rows.
_CHANNELS = """
    WITH RECURSIVE known AS (
        (SELECT channel FROM orders_order ORDER BY channel LIMIT 1)
        UNION ALL
        SELECT (SELECT channel FROM orders_order WHERE channel > known.channel ORDER BY channel LIMIT 1)
        FROM known WHERE known.channel IS NOT NULL
    )
    SELECT channel FROM known WHERE channel IS NOT NULL
"""


def channels() -> list[str]:
    """The channels that ever sold."""
    with connection.cursor() as cursor:
        cursor.execute(_CHANNELS)
        return [channel for (channel,) in cursor.fetchall()]


def found(orders: QuerySet[Order], *, term: str, also_personal: bool) -> QuerySet[Order]:
    """Orders by their number or the channel's, a tracking number, or the customer's id, phone or name: exact or how it begins.

    Without `also_personal` not by phone or name, or whoever guesses one would learn whose it is.
    Looked up first, each kind in its own index, because one condition over four tables would be served by none.
    """
    term = term.strip()
    if not term:
        return orders
    newest = Order.objects.order_by("-number").values("pk")
    kinds: list[QuerySet[Any, Any]] = [
        Order.objects.filter(external_number=term).order_by().values("pk")[:FOUND],
        Fulfillment.objects.filter(tracking_number=term).order_by().values("order_id")[:FOUND],
        Order.objects.filter(customer__in=_customers(term, also_personal=also_personal))
        .order_by("-placed_at", "-id")
        .values("pk")[:FOUND],
    ]
    if re.fullmatch(r"\d{2,6}|\d{6}-\d{0,6}", term):
        kinds.append(newest.filter(number__startswith=term)[:FOUND])
    keys = kinds[0].union(*kinds[1:], all=True)
    return orders.filter(pk__in={row["pk"] for row in keys})


def _customers(term: str, *, also_personal: bool) -> QuerySet[Customer, Any]:
    """At most some hundred customers, by id, phone (with or without its hyphens) or name."""
    if not also_personal:
        return Customer.objects.filter(external_id=term).order_by().values("pk")
    digits = re.sub(r"\D", "", term)
    alike = Q(external_id=term) | Q(phone=term)
    if re.fullmatch(r"01\d{8,9}", digits):
        alike |= Q(phone__in=(digits, f"{digits[:3]}-{digits[3:-4]}-{digits[-4:]}"))
    elif not digits and len(term) > 1:
        alike |= Q(name__startswith=term)
    return Customer.objects.filter(alike).order_by().values("pk")[:FOUND]
