"""Demand expected, with what staff say put over it; and the bound that it is meant to stay below. Pure, and without arrays.

Chance is a negative binomial's around the mean, Poisson's where variance is not larger than the mean: as in the forecasts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil, erf, exp, log, sqrt

# From this mean on the normal distribution is as good.
LARGE = 400.0
WEEKS_OF_YEAR = 52


@dataclass(frozen=True, slots=True)
class Said:
    """What staff expect instead: so many units a day, or so many percent of the forecast, from one day to another."""

    first_on: date
    last_on: date
    units_a_day: float | None
    percent: int | None

    def of(self, expected: float) -> float:
        return self.units_a_day if self.units_a_day is not None else expected * (self.percent or 0) / 100


def effective(daily: Sequence[float], origin: date, said: Said | None) -> list[float]:
    """The expected demand of each day after the origin: what staff say wins on its days."""
    if said is None:
        return list(daily)
    days = (origin + timedelta(days=number) for number in range(1, len(daily) + 1))
    return [said.of(one) if said.first_on <= day <= said.last_on else one for day, one in zip(days, daily, strict=True)]


def week_of_year(day: date) -> int:
    """0 to 51: sevens from the first of January, the last one longer."""
    return min((day - date(day.year, 1, 1)).days // 7, WEEKS_OF_YEAR - 1)


def season_ahead(factors: Sequence[float], origin: date, days: int) -> float:
    """What the season of the year makes of the days after the origin, against as many up to it: 1.3 is three tenths more.

    `factors` are those of the 52 weeks of a year.
    """
    later, earlier = (
        sum(factors[week_of_year(origin + timedelta(days=number))] for number in span)
        for span in (range(1, days + 1), range(1 - days, 1))
    )
    return later / earlier if earlier else 1.0


def known_causes(daily: Sequence[float], level: float, weekdays: Sequence[float], origin: date) -> float | None:
    """How many times the usual is expected on the open days after the origin: what is more or less than level and weekday is
    known to move them. None where nothing is usual.
    """
    days = [(origin + timedelta(days=number), one) for number, one in enumerate(daily, 1)]
    usual = sum(level * weekdays[day.weekday()] for day, one in days if one > 0 and weekdays)
    return sum(daily) / usual if usual else None


def bound(mean: float, dispersion: float, share: float = 0.975) -> int:
    """The least number of units that demand stays at or below with this chance."""
    if mean <= 0:
        return 0
    if mean > LARGE:
        return ceil(mean + _normal(share) * sqrt(mean * max(dispersion, 1.0)))
    units, reached, log_chance = 0, 0.0, _log_none(mean, dispersion)
    while True:
        reached += exp(log_chance)
        if reached >= share or units > 100 * LARGE:
            return units
        log_chance += _log_step(units, mean, dispersion)
        units += 1


def _log_none(mean: float, dispersion: float) -> float:
    if dispersion <= 1 + 1e-9:
        return -mean
    return -mean / (dispersion - 1) * log(dispersion)


def _log_step(units: int, mean: float, dispersion: float) -> float:
    """The chance of one unit more over that of these."""
    if dispersion <= 1 + 1e-9:
        return log(mean / (units + 1))
    size = mean / (dispersion - 1)
    return log((units + size) / (units + 1) * (dispersion - 1) / dispersion)


def _normal(share: float) -> float:
    """The quantile of the normal distribution, by halving."""
    low, high = -10.0, 10.0
    for _ in range(60):
        middle = (low + high) / 2
        if (1 + erf(middle / sqrt(2))) / 2 < share:
            low = middle
        else:
            high = middle
    return low
