"""How long it takes until something happens, where for many it has not happened yet. Pure.

Durations are kept as steps: minutes up to two hours, ten minutes up to a day, hours up to two weeks, days beyond. The estimate
is that of Kaplan and Meier (1958, Journal of the American Statistical Association 53, 457-481): whoever is still without it
counts as long as they were watched, and then no longer. All that is told is exact to the step.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

MINUTE, HOUR, DAY = 60, 3_600, 86_400
# From which second on a step is how long, and the number of the first such step.
SCALE = ((0, MINUTE, 0), (2 * HOUR, 10 * MINUTE, 120), (DAY, HOUR, 252), (14 * DAY, DAY, 564))
# Classes of days since something: each holds what is at least as much, up to the next.
DAYS_SINCE = (1, 2, 3, 4, 8, 15, 31, 61)
HALF, NINE_TENTHS = Decimal("0.5"), Decimal("0.9")
# Shares are products of rounded quotients: what is as near as this is equal, or exactly half of them would not be half.
_ROUNDED = Decimal("1e-18")


def step(seconds: float) -> int:
    """The step in which so many seconds lie."""
    begins, length, number = next(one for one in reversed(SCALE) if one[0] <= max(seconds, 0))
    return number + int(max(seconds, 0) - begins) // length


def begins(number: int) -> int:
    """The first second of a step."""
    starts, length, first = next(one for one in reversed(SCALE) if one[2] <= number)
    return starts + (number - first) * length


def ends(number: int) -> int:
    """The first second after a step: what happened in it took less."""
    return begins(number + 1)


@dataclass(frozen=True)
class Counts:
    """How many it happened to, and how many were watched without it, by step."""

    happened: Mapping[int, int]
    watched: Mapping[int, int]

    @property
    def number(self) -> int:
        return sum(self.happened.values()) + sum(self.watched.values())

    @property
    def censored(self) -> int:
        return sum(self.watched.values())


@dataclass(frozen=True)
class Point:
    """`remaining` is the estimated share to whom it has not happened by the end of the step."""

    step: int
    at_risk: int
    happened: int
    remaining: Decimal


def merged(parts: Iterable[Counts]) -> Counts:
    happened: Counter[int] = Counter()
    watched: Counter[int] = Counter()
    for one in parts:
        happened.update(one.happened)
        watched.update(one.watched)
    return Counts(happened, watched)


def curve(counts: Counts) -> list[Point]:
    """A point for each step in which it happened to somebody. Who was watched into a step counts through all of it."""
    at_risk, remaining, points = counts.number, Decimal(1), []
    for one in sorted({*counts.happened, *counts.watched}):
        happened = counts.happened.get(one, 0)
        if happened:
            remaining *= Decimal(at_risk - happened) / at_risk
            points.append(Point(one, at_risk, happened, remaining))
        at_risk -= happened + counts.watched.get(one, 0)
    return points


def quantile(points: Sequence[Point], share: Decimal) -> int | None:
    """Seconds within which it has happened to this share of all; none where nobody was watched for that long."""
    return next((ends(one.step) for one in points if 1 - one.remaining >= share - _ROUNDED), None)


def quantile_of_those(points: Sequence[Point], share: Decimal) -> int | None:
    """Seconds within which it has happened to this share of those to whom it happens at all while somebody is watched.

    Most visitors never buy, so half of all of them is never reached. Who was watched briefly still counts by the estimate.
    """
    return quantile(points, share * (1 - points[-1].remaining)) if points else None


def by(counts: Counts, seconds: int) -> Decimal | None:
    """The share to whom it has happened within so many seconds, which begin a step; none where nobody was watched so long."""
    last = step(seconds) - 1
    everybody = {**counts.happened, **counts.watched}
    if not everybody:
        return None
    points = curve(counts)
    done = [one for one in points if one.step <= last]
    if max(everybody) < last and not (points and points[-1].remaining == 0):
        return None
    return 1 - done[-1].remaining if done else Decimal(0)


def plain_quantile(happened: Mapping[int, int], share: Decimal) -> int | None:
    """The same of those alone to whom it happened, such as the time between cart and order of orders."""
    return quantile(curve(Counts(happened, {})), share)
