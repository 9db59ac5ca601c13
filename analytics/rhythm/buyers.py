"""The three types of buyers, by what led to their purchases. Thresholds stand here and nowhere else.

Each purchase is looked at by itself first: quick, deliberate, or neither. The type is what most of the latest are, as far as so
many cases let one be sure; else it is not known, which is an answer. Who buys by the calendar is of the repeating type, however
each purchase came about: the date is what to act on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum

from analytics.rhythm.chances import majority
from analytics.rhythm.cycles import Cycle

# What led to a purchase lies at most so far back, and after the purchase before it.
LOOKED_BACK = timedelta(days=14)
# Quick: all of these.
QUICK_GAP = timedelta(hours=24)
QUICK_VISITS = 2
QUICK_PRODUCTS = 5
# Deliberate: at least two of these three.
DELIBERATE_GAP = timedelta(hours=48)
DELIBERATE_VISITS = 3
DELIBERATE_PRODUCTS = 6
# So many of the latest purchases are looked at; older ones tell of another time.
MOST_PURCHASES = 10
# Repeating: so many gaps at least, of which so many lie near the usual one.
REPEATING_GAPS = 4
REPEATING_SHARE = 0.75
# A type is given from this confidence on. One that stands is replaced by another one that is this sure, or that has been
# found for so many days; and it is dropped when less than this speaks for it.
GIVEN_FROM = 0.8
REPLACED_FROM = 0.9
REPLACED_AFTER = timedelta(days=14)
DROPPED_BELOW = 0.6


class BuyerType(Enum):
    IMMEDIATE = "IMMEDIATE"  # sees it and buys it
    DELIBERATE = "DELIBERATE"  # comes back, compares and reads before buying
    REPEATING = "REPEATING"  # buys by the calendar
    UNKNOWN = "UNKNOWN"  # not enough is known


class Manner(Enum):
    """How one purchase came about."""

    QUICK = "quick"
    DELIBERATE = "deliberate"
    BETWEEN = "between"


@dataclass(frozen=True)
class Looked:
    """A visit: when it began, when it first saw a product, and how many products it saw."""

    started_at: datetime
    viewed_at: datetime | None
    products: int


@dataclass(frozen=True)
class Purchase:
    """What led to one purchase."""

    at: datetime
    gap: timedelta
    visits: int
    products: int

    @property
    def manner(self) -> Manner:
        if self.gap <= QUICK_GAP and self.visits <= QUICK_VISITS and self.products <= QUICK_PRODUCTS:
            return Manner.QUICK
        slow = (
            self.gap >= DELIBERATE_GAP,
            self.visits >= DELIBERATE_VISITS,
            self.products >= DELIBERATE_PRODUCTS,
        )
        return Manner.DELIBERATE if sum(slow) >= 2 else Manner.BETWEEN


@dataclass(frozen=True)
class Verdict:
    """What the rules say today. `supports` is how sure one may be of each type, whichever was chosen."""

    type: BuyerType
    confidence: float
    supports: dict[BuyerType, float]
    known: int
    quick: int
    deliberate: int


@dataclass(frozen=True)
class Standing:
    """The type somebody is held to be, since when; and another one that was found since a day without replacing it yet."""

    type: BuyerType = BuyerType.UNKNOWN
    since: date | None = None
    candidate: BuyerType | None = None
    candidate_since: date | None = None


def purchases(bought: Sequence[datetime], visits: Sequence[Looked]) -> list[Purchase]:
    """What led to each purchase, the latest ones, in order. A purchase before which no product was seen is left out: it was
    made by telephone, or by somebody who did not agree to be known again. Moments within an hour are one purchase.
    """
    found: list[Purchase] = []
    seen = sorted((one for one in visits if one.viewed_at is not None), key=lambda one: one.started_at)
    before: datetime | None = None
    place = 0
    for at in sorted(bought):
        if before is not None and at - before < timedelta(hours=1):
            continue
        since = at - LOOKED_BACK if before is None else max(before, at - LOOKED_BACK)
        while place < len(seen) and seen[place].started_at <= since:
            place += 1
        led = []
        while place < len(seen) and seen[place].started_at <= at:
            led.append(seen[place])
            place += 1
        before = at
        if led:
            first = min(one.viewed_at for one in led if one.viewed_at is not None)
            found.append(Purchase(at, max(at - first, timedelta(0)), len(led), sum(one.products for one in led)))
    return found[-MOST_PURCHASES:]


def verdict(made: Sequence[Purchase], cycle: Cycle | None) -> Verdict:
    """Which type the latest purchases and the gaps between all of them speak for."""
    quick = sum(one.manner is Manner.QUICK for one in made)
    deliberate = sum(one.manner is Manner.DELIBERATE for one in made)
    # A purchase that is neither says nothing; but where most say nothing, the rest do not speak for them.
    speaks = bool(made) and 2 * (quick + deliberate) >= len(made)
    supports = {
        BuyerType.REPEATING: majority(cycle.fitting, cycle.gaps) if cycle and cycle.gaps >= REPEATING_GAPS else 0.0,
        BuyerType.IMMEDIATE: majority(quick, quick + deliberate) if speaks else 0.0,
        BuyerType.DELIBERATE: majority(deliberate, quick + deliberate) if speaks else 0.0,
    }
    if cycle and cycle.regularity >= REPEATING_SHARE and supports[BuyerType.REPEATING] >= GIVEN_FROM:
        best = BuyerType.REPEATING
    else:
        best = max((BuyerType.IMMEDIATE, BuyerType.DELIBERATE), key=lambda one: supports[one])
    sure = supports[best]
    if sure < GIVEN_FROM:
        return Verdict(BuyerType.UNKNOWN, sure, supports, len(made), quick, deliberate)
    return Verdict(best, sure, supports, len(made), quick, deliberate)


def settle(standing: Standing, found: Verdict, on: date) -> Standing:
    """The type after what was found on a day: it does not flip with each purchase."""
    if found.type is standing.type:
        return Standing(standing.type, standing.since or on)
    if standing.type is BuyerType.UNKNOWN:
        return Standing(found.type, on)
    if found.type is BuyerType.UNKNOWN:
        if found.supports[standing.type] < DROPPED_BELOW:
            return Standing(BuyerType.UNKNOWN, on)
        return Standing(standing.type, standing.since)
    waited = standing.candidate is found.type and standing.candidate_since is not None
    since = standing.candidate_since if waited else on
    assert since is not None  # noqa: S101  one of the two
    if found.confidence >= REPLACED_FROM or on - since >= REPLACED_AFTER:
        return Standing(found.type, on)
    return Standing(standing.type, standing.since, found.type, since)
