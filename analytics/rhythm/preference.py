"""When somebody likes to come: a histogram of the hours of the week, smoothed, and drawn towards the shop's own.

The shop's histogram counts as much as `PRIOR` moments of the customer's. Who has been seen seldom therefore has the shop's
hour, and it is said so; who has been seen often has their own.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

# A purchase says more about the right moment than a visit that ended without one.
OF_A_PURCHASE, OF_A_VISIT = 1.0, 0.25
# So many moments of the customer's own weigh as much as the whole shop's.
PRIOR = 5.0
# From so much weight on, hour and weekday are called the customer's own.
OWN_FROM = 3.0
# An hour takes part in its neighbors: who came at 20:05 might have come at 19:55.
SMOOTH = (0.25, 0.5, 0.25)

HOURS, WEEKDAYS = 24, 7


@dataclass(frozen=True)
class Usual:
    """How the shop's purchases spread over hours and over weekdays (Monday first); each adds up to 1."""

    hours: tuple[float, ...]
    weekdays: tuple[float, ...]


@dataclass(frozen=True)
class Preference:
    """`weight` is how much the customer's own moments weigh; `*_share` how much of the spread lies there."""

    hour: int
    hour_share: float
    weekday: int
    weekday_share: float
    weight: float

    @property
    def is_own(self) -> bool:
        return self.weight >= OWN_FROM


def usual(by_hour: Mapping[int, float], by_weekday: Mapping[int, float]) -> Usual:
    """Of counts; even where nothing was counted. One more of each, so that no hour is impossible."""
    hours = smoothed([by_hour.get(hour, 0.0) + 1 for hour in range(HOURS)])
    weekdays = [by_weekday.get(day, 0.0) + 1 for day in range(WEEKDAYS)]
    return Usual(shares(hours), shares(weekdays))


def preference(bought: Iterable[datetime], came: Iterable[datetime], shop: Usual) -> Preference:
    """Moments stand in the shop's own time. `came` are visits in which nothing was ordered."""
    hours, weekdays, weight = [0.0] * HOURS, [0.0] * WEEKDAYS, 0.0
    for moments, counts in ((bought, OF_A_PURCHASE), (came, OF_A_VISIT)):
        for at in moments:
            hours[at.hour] += counts
            weekdays[at.weekday()] += counts
            weight += counts
    hour, hour_share = _strongest(_drawn(smoothed(hours), shop.hours, weight))
    weekday, weekday_share = _strongest(_drawn(weekdays, shop.weekdays, weight))
    return Preference(hour, hour_share, weekday, weekday_share, weight)


def smoothed(hours: Sequence[float]) -> list[float]:
    """Around the clock: 23 h and 0 h are neighbors."""
    before, own, after = SMOOTH
    return [before * hours[hour - 1] + own * hours[hour] + after * hours[(hour + 1) % len(hours)] for hour in range(len(hours))]


def shares(counts: Sequence[float]) -> tuple[float, ...]:
    whole = sum(counts)
    return tuple(one / whole for one in counts)


def _drawn(own: Sequence[float], shop: Sequence[float], weight: float) -> list[float]:
    return [(one + PRIOR * prior) / (weight + PRIOR) for one, prior in zip(own, shop, strict=True)]


def _strongest(spread: Sequence[float]) -> tuple[int, float]:
    best = max(range(len(spread)), key=lambda place: spread[place])
    return best, spread[best]
