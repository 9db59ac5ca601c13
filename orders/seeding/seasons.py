"""How much the demo shop sells when: growth, weekdays, paydays, holidays, and the hours of a day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from math import exp
from random import Random

import holidays

from config.kernel.business_time import day_period

# Monday first. Mondays are the strongest, Saturdays people are out.
WEEKDAYS = (1.14, 1.08, 1.03, 1.0, 0.92, 0.80, 1.0)
_HOURS = (
    3.0, 1.6, 0.9, 0.6, 0.5, 0.7, 1.3, 2.6, 4.0, 5.2, 5.8, 6.1,
    7.6, 6.4, 5.6, 5.3, 5.2, 5.0, 4.8, 5.4, 6.8, 8.3, 9.4, 6.6,
)  # fmt: skip
_WEEKEND_HOURS = (
    4.2, 2.4, 1.4, 0.8, 0.5, 0.5, 0.7, 1.4, 2.8, 4.4, 5.6, 6.0,
    6.2, 6.2, 6.4, 6.2, 5.8, 5.4, 5.0, 5.2, 6.4, 7.8, 8.6, 6.0,
)  # fmt: skip
PAYDAYS = (10, 25)
GROWTH_IN_A_YEAR = 0.35
# Days before the feast on which gifts are bought, counted back from it; the parcels must still arrive.
_SURGE = range(4, 21)
_FEAST = "설날", "추석"


@dataclass(frozen=True)
class Day:
    """One business day: `volume` is orders relative to a plain day, `gift` how far gifts are on people's minds (0 to 1)."""

    on: date
    volume: float
    gift: float
    is_closed: bool


def days(first: date, last: date) -> list[Day]:
    """Every day from first to last with its own demand. `is_closed` are the days on which no parcel leaves."""
    known = holidays.country_holidays("KR", years=range(first.year, last.year + 2), language="ko")
    feasts = [on for on, name in known.items() if name in _FEAST]
    made = []
    for offset in range((last - first).days + 1):
        on = first + timedelta(days=offset)
        volume = exp(offset / 365 * GROWTH_IN_A_YEAR) * WEEKDAYS[on.weekday()]
        gift = max((_surge((feast - on).days) for feast in feasts), default=0.0)
        volume *= 1 + 0.65 * gift
        if any(-2 <= (feast - on).days <= 2 for feast in feasts):
            volume *= 0.42
        elif on in known:
            volume *= 0.82
        if on.day in PAYDAYS:
            volume *= 1.15
        made.append(Day(on, volume, gift, on in known or on.weekday() == 6))
    return made


def _surge(left: int) -> float:
    """Rises over two weeks, peaks a week before the feast, and is over when parcels would come too late."""
    if left not in _SURGE:
        return 0.0
    return max(0.0, 1 - abs(left - 8) / 13)


def elapsed(on: date, until: datetime, zone: tzinfo) -> float:
    """The share of the day's orders that has come in by `until`."""
    local = until.astimezone(zone)
    if local.date() != on:
        return 1.0 if on < local.date() else 0.0
    hours = _of_day(on)
    return (sum(hours[: local.hour]) + hours[local.hour] * local.minute / 60) / sum(hours)


def moments(on: date, number: int, zone: tzinfo, draw: Random, until: datetime) -> list[datetime]:
    """So many moments of the day, in order, all of them before `until`."""
    starts_at = day_period(on, zone).starts_at
    open_for = min(int((until - starts_at).total_seconds()), 86_400)
    whole, rest = divmod(open_for, 3600)
    hours = list(_of_day(on)[: whole + (rest > 0)])
    if rest:
        hours[-1] *= rest / 3600
    seconds = [
        hour * 3600 + draw.randrange(rest if hour == whole else 3600)
        for hour in draw.choices(range(len(hours)), hours, k=number)
    ]
    return [starts_at + timedelta(seconds=one) for one in sorted(seconds)]


def _of_day(on: date) -> tuple[float, ...]:
    return _WEEKEND_HOURS if on.weekday() >= 5 else _HOURS


def shared_out(number: int, weights: Sequence[float], draw: Random) -> list[int]:
    """`number` orders over the days: by weight, with the noise of real days, and exactly `number` in all."""
    noisy = [weight * draw.gauss(1, 0.09) for weight in weights]
    total = sum(noisy)
    made, due, given = [], 0.0, 0
    for weight in noisy:
        due += number * weight / total
        made.append(round(due) - given)
        given = round(due)
    return made
