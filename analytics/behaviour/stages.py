"""How near a visit has come to buying: from exploring over comparing and deciding to having bought. The published rule.

The statement that fills the visits says the same in SQL (analytics/operations/visits.py); a test holds the two together on
visits drawn by lot. Thresholds stand here and nowhere else.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Protocol

from analytics.behaviour.kinds import numbers

# Whoever does nothing for so long has left; what comes then is another visit.
VISIT_ENDS_AFTER = timedelta(minutes=30)
# Somebody compares from so many different products on, of one category or of any.
COMPARED_OF_ONE_CATEGORY = 2
COMPARED_OF_ANY_CATEGORY = 3

# What happens in a mailbox: whoever opens a message has not come to the shop.
ELSEWHERE = numbers("message_opened")
VIEWED = numbers("product_viewed")
REVIEWED = numbers("reviews_viewed")
DECIDING = numbers("product_added", "product_wished", "cart_viewed", "checkout_started")
CHECKOUT = numbers("checkout_started")
ORDERED = numbers("order_completed")


class Stage(Enum):
    """In the order in which they end each other."""

    EXPLORE = "explore"  # looks around
    COMPARE = "compare"  # weighs several products, or reads what others say
    DECIDE = "decide"  # about to buy: has put something aside or looks at the cart
    BOUGHT = "bought"  # has ordered


@dataclass(frozen=True)
class Seen:
    """One event of a visit. `product` names what was viewed, if something was; `category` is none where nobody knows it."""

    at: datetime
    kind: int
    product: str | None = None
    category: int | None = None


@dataclass(frozen=True)
class Moments:
    """When a visit first did something; none where it never did."""

    viewed_at: datetime | None = None
    compared_at: datetime | None = None
    decided_at: datetime | None = None
    checkout_at: datetime | None = None
    ordered_at: datetime | None = None


class Staged(Protocol):
    """What intervals are derived from: a visit, stored or counted anew."""

    @property
    def started_at(self) -> datetime: ...
    @property
    def ended_at(self) -> datetime: ...
    @property
    def compared_at(self) -> datetime | None: ...
    @property
    def decided_at(self) -> datetime | None: ...
    @property
    def ordered_at(self) -> datetime | None: ...


@dataclass(frozen=True)
class Interval:
    """From the moment a stage began to the moment a later one did, or the visit ended."""

    stage: Stage
    starts_at: datetime
    ends_at: datetime

    @property
    def lasted(self) -> timedelta:
        return self.ends_at - self.starts_at


def moments(events: Sequence[Seen]) -> Moments:
    """The first moments of one visit, whose events come in the order of time."""
    return Moments(
        viewed_at=_first(events, VIEWED),
        compared_at=_earliest([_first(events, REVIEWED), _several_viewed(events)]),
        decided_at=_first(events, DECIDING),
        checkout_at=_first(events, CHECKOUT),
        ordered_at=_first(events, ORDERED),
    )


def intervals(visit: Staged) -> list[Interval]:
    """The stages of a visit in order. A later stage ends the earlier ones, so one that began after it has no interval.

    The last one is always there, even where the visit ended in the moment it began.
    """
    begun = [
        (stage, at)
        for stage, at in (
            (Stage.EXPLORE, visit.started_at),
            (Stage.COMPARE, visit.compared_at),
            (Stage.DECIDE, visit.decided_at),
            (Stage.BOUGHT, visit.ordered_at),
        )
        if at is not None
    ]
    found = []
    for place, (stage, starts_at) in enumerate(begun):
        later = [at for _stage, at in begun[place + 1 :]]
        if not later:
            found.append(Interval(stage, starts_at, visit.ended_at))
        elif starts_at < min(later):
            found.append(Interval(stage, starts_at, min(later)))
    return found


def _several_viewed(events: Iterable[Seen]) -> datetime | None:
    """When the second product of one category, or the third of any, came into view. Seeing one again counts as nothing."""
    known: set[str] = set()
    of_category: dict[int, int] = {}
    for event in events:
        if event.kind not in VIEWED or event.product is None or event.product in known:
            continue
        known.add(event.product)
        alike = 0
        if event.category is not None:
            alike = of_category[event.category] = of_category.get(event.category, 0) + 1
        if alike >= COMPARED_OF_ONE_CATEGORY or len(known) >= COMPARED_OF_ANY_CATEGORY:
            return event.at
    return None


def _first(events: Iterable[Seen], kinds: Sequence[int]) -> datetime | None:
    return next((event.at for event in events if event.kind in kinds), None)


def _earliest(found: Iterable[datetime | None]) -> datetime | None:
    return min((at for at in found if at is not None), default=None)
