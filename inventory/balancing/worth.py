"""What one more unit is worth to a warehouse, and what one less may cost it. Pure Python.

Demand over a stretch of days is negative binomial with the mean and the variance over mean of the outlook (Poisson where they
are equal). Both answers are bounds on the safe side, so a move that seems worth its cost is: what a receiver gains is never
overstated, what a sender risks is never understated. docs/algorithms/transfers.md derives them.
"""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from math import ceil, erfc, exp, log, sqrt

from inventory.balancing.values import Site
from inventory.stocking.values import Outlook

# Beyond these the recursion from zero would underflow, and the normal curve is near enough.
_DEEPEST_LOG = -600.0
_NEGLIGIBLE = 1e-9
# Goods are counted unit by unit up to so many, beyond that in as many bands of several units.
BANDS = 24


class Chance:
    """The chance that at least so many units are asked for, of a demand with this mean and variance over mean."""

    __slots__ = ("_deviation", "_list", "_mean")

    def __init__(self, mean: float, dispersion: float) -> None:
        self._mean, spread = mean, max(dispersion, 1.0)
        self._deviation = sqrt(mean * spread)
        none = -mean if spread < 1.0001 else -mean / (spread - 1) * log(spread)
        self._list = _tail(mean, spread, exp(none)) if none > _DEEPEST_LOG else None

    def __call__(self, units: int) -> float:
        if units <= 0:
            return 1.0
        if self._list is not None:
            return self._list[units] if units < len(self._list) else 0.0
        return _normal_tail((units - 0.5 - self._mean) / self._deviation)


def _tail(mean: float, spread: float, none: float) -> list[float]:
    """P(D >= k) for k = 0, 1, ...: the chances by recursion (Panjer), summed up from the far end."""
    chances, chance, units = [none], none, 0
    most = ceil(mean + 12 * sqrt(mean * spread) + 12 * spread)
    shift = 0.0 if spread < 1.0001 else (spread - 1) / spread
    base = mean if spread < 1.0001 else mean / spread
    while units < most and (units <= mean or chance > _NEGLIGIBLE):
        units += 1
        chance *= (base + shift * (units - 1)) / units
        chances.append(chance)
    tail = list(accumulate(reversed(chances)))
    tail.reverse()
    tail[0] = 1.0
    return tail


def _normal_tail(score: float) -> float:
    return 0.5 * erfc(score / sqrt(2.0))


def expected(outlook: Outlook, after: int, until: int) -> float:
    """Demand expected on the days `after` + 1 to `until`. Beyond the last day told, the mean of the last week goes on."""
    daily = outlook.daily
    known = len(daily)
    if until <= after or not known:
        return 0.0
    told = sum(daily[after:until])
    beyond = until - max(after, known)
    if beyond <= 0:
        return float(told)
    week = daily[-7:]
    return float(told + beyond * sum(week) / len(week))


def wanted(site: Site, days: int, horizon: int, most: int) -> list[float]:
    """For the first, second, ... unit that arrives after `days`: the chance that it is sold within the horizon, at least.

    Stops where the chance is nothing. What is awaited counts from the morning of its day.
    """
    if horizon <= days or most <= 0:
        return []
    looks = []
    for until in sorted({horizon, *(day - 1 for day, _units in site.arrivals if days < day - 1 < horizon)}):
        coming = sum(units for day, units in site.arrivals if day <= until)
        spread = site.outlook.dispersion
        since, whole = expected(site.outlook, days, until), expected(site.outlook, 0, until)
        if since > 0:
            looks.append((Chance(since, spread), Chance(whole, spread), coming))
    found: list[float] = []
    for unit in range(1, most + 1):
        chance = max(
            (late(unit + coming) * whole(unit + coming + site.free) for late, whole, coming in looks), default=0.0
        )
        if chance <= _NEGLIGIBLE:
            break
        found.append(chance)
    return found


def missed(site: Site, horizon: int, most: int) -> list[float]:
    """For the first, second, ... unit that leaves today: the chance that it will be missed within the horizon, at most.

    What is awaited counts from the evening of its day.
    """
    looks = []
    for until in sorted({horizon, *(day for day, _units in site.arrivals if 0 < day < horizon)}):
        there = site.free + sum(units for day, units in site.arrivals if day < until)
        mean = expected(site.outlook, 0, until)
        if mean > 0:
            looks.append((Chance(mean, site.outlook.dispersion), there))
    return [
        min(1.0, sum(chance(there - unit + 1) for chance, there in looks))
        for unit in range(1, min(most, site.free - site.keep) + 1)
    ]


def giveable(site: Site, cover_days: int) -> int:
    """Units that may leave: what is free beyond the demand expected on the days of cover, and beyond what is kept anyway."""
    stays = max(site.keep, ceil(round(expected(site.outlook, 0, cover_days), 6)))
    return max(site.free - stays, 0)


def bands(worths: Sequence[float], *, falling: bool) -> list[tuple[int, float]]:
    """Widths and the worth of a unit in each band: that of its last unit, which is the least favourable one."""
    many = len(worths)
    width = max(1, -(-many // BANDS))
    found = []
    for start in range(0, many, width):
        part = worths[start : start + width]
        found.append((len(part), min(part) if falling else max(part)))
    return found


def useful(worths: Sequence[float], least: float) -> int:
    """How many units, from the first on, are worth more than `least`; worths fall."""
    return bisect_left([-one for one in worths], -least) if worths else 0
