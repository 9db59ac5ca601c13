"""One customer's history over everything the shop keeps: visits, orders, returns, refunds, promotions used, consents.

Each source is asked once for its next rows, by its own index, and the answers are merged: a page costs as many statements
however long the history is.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from heapq import merge
from itertools import islice
from typing import Any

from django.db.models import Q, QuerySet

from analytics.models import Visit
from campaigns.models import Consent, Redemption
from orders.models import Order, Refund, Return

PAGE = 50
_LARGEST = 2**63


class Kind(Enum):
    """What an entry tells of. The number breaks ties of entries of one moment."""

    VISIT = 1
    CONSENT = 2
    REDEMPTION = 3
    ORDER = 4
    RETURN = 5
    REFUND = 6


@dataclass(frozen=True, order=True)
class Place:
    """Where an entry stands: its moment, its kind, and its number among those."""

    at: datetime
    kind: int
    number: int

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.kind}~{self.number}"


@dataclass(frozen=True)
class Entry:
    place: Place
    kind: Kind
    row: Any


@dataclass(frozen=True)
class Page:
    """`further` is where the next page begins; none where there is nothing more."""

    entries: list[Entry]
    further: Place | None


@dataclass(frozen=True)
class _Source:
    rows: Callable[[int], QuerySet[Any]]
    moment: str
    number: str = "id"


# A visit is made anew, with another id, as long as something is told about its day; its visitor stays.
_SOURCES = {
    Kind.VISIT: _Source(
        lambda customer: Visit.objects.filter(customer_id=customer).select_related("source"), "started_at", "visitor"
    ),
    Kind.CONSENT: _Source(lambda customer: Consent.objects.filter(customer_id=customer), "stated_at"),
    Kind.REDEMPTION: _Source(
        lambda customer: Redemption.objects.filter(customer_id=customer).select_related("promotion", "coupon"), "redeemed_at"
    ),
    Kind.ORDER: _Source(lambda customer: Order.objects.filter(customer_id=customer), "placed_at"),
    Kind.RETURN: _Source(
        lambda customer: Return.objects.filter(order__customer_id=customer).select_related("order"), "accepted_at"
    ),
    Kind.REFUND: _Source(
        lambda customer: Refund.objects.filter(order__customer_id=customer).select_related("order"), "refunded_at"
    ),
}


def page(*, customer_id: int, kinds: Collection[Kind], before: Place | None = None, most: int = PAGE) -> Page:
    """The latest entries of these kinds, or those that follow the place `before`, newest first."""
    found = [_entries(kind, customer_id, before, most + 1) for kind in Kind if kind in kinds]
    merged = list(islice(merge(*found, key=lambda entry: entry.place, reverse=True), most + 1))
    return Page(merged[:most], merged[most - 1].place if len(merged) > most else None)


def place(text: str) -> Place | None:
    """What `str(place)` wrote; none where it is something else."""
    try:
        moment, kind, number = text.split("~")
        found = Place(datetime.fromisoformat(moment), int(kind), int(number))
    except ValueError:
        return None
    return found if found.at.tzinfo is not None and -_LARGEST <= found.number < _LARGEST else None


def _entries(kind: Kind, customer_id: int, before: Place | None, most: int) -> list[Entry]:
    source = _SOURCES[kind]
    rows = source.rows(customer_id)
    if before is not None:
        rows = rows.filter(_after(source, kind, before))
    rows = rows.order_by(f"-{source.moment}", f"-{source.number}")[:most]
    return [Entry(Place(getattr(row, source.moment), kind.value, getattr(row, source.number)), kind, row) for row in rows]


def _after(source: _Source, kind: Kind, before: Place) -> Q:
    """What follows a place in a list whose latest entries come first."""
    earlier = Q(**{f"{source.moment}__lt": before.at})
    if kind.value > before.kind:
        return earlier
    # Said twice, so that the index is entered at the moment.
    until = Q(**{f"{source.moment}__lte": before.at})
    return until if kind.value < before.kind else until & (earlier | Q(**{f"{source.number}__lt": before.number}))
