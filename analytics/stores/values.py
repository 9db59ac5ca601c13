"""What a store of events is asked, and what it answers. Pure.

The definitions, for every store: business days and hours are of the shop's time zone by `occurred_at`; traffic that is not
SHOPPER counts nowhere; a visitor is one number, and events without one count as events and as nobody.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

# Rows of one visitor that a page shows.
MOST_TOLD = 500


@dataclass(frozen=True)
class Slot:
    """One weekday and hour."""

    events: int
    visitors: int


@dataclass(frozen=True)
class FunnelDay:
    """Visitors of one day, and how many of them did each."""

    visitors: int
    viewed: int
    added: int
    checkout: int
    ordered: int


@dataclass(frozen=True)
class Turned:
    """How often visitors viewed one SKU on one day, and how many units they put into carts."""

    views: int
    added: int


@dataclass(frozen=True)
class Told:
    """One event as a page shows it."""

    occurred_at: datetime
    kind: int
    source_id: int
    variant_id: int | None
    properties: dict[str, Any] | None


@dataclass(frozen=True)
class Sum:
    """Of all events of one business day, whatever their traffic: how many, and the sum of their digests modulo 2**60. It says
    the same in whatever order they lie, and something else once one is lost, doubled or changed.
    """

    rows: int
    checksum: int


class CopyTorn(RuntimeError):
    """What lies in the second store is not what was sent there."""


class EventStore(Protocol):
    def hours(self, first: date, last: date) -> dict[tuple[int, int], Slot]:
        """By weekday (Monday is 0) and hour."""

    def funnel(self, first: date, last: date) -> dict[date, FunnelDay]: ...

    def turned_to(self, first: date, last: date) -> dict[tuple[date, int], Turned]:
        """By day and SKU (its key)."""

    def visitors(self, first: date, last: date) -> int:
        """How many different ones there were in all of these days."""

    def of_visitor(self, visitor: int, *, begins: datetime, ends: datetime) -> list[Told]:
        """What one visitor did between two moments, both included, in order; at most `MOST_TOLD`."""

    def sum_of(self, day: date) -> Sum: ...
