"""What one more unit is worth to a warehouse, and what one less may cost it. Pure Python.

Demand over a stretch of days is negative binomial with the mean and the variance over mean of the outlook (Poisson where they
are equal). Both answers are bounds on the safe side, so a move that seems worth its cost is: what a receiver gains is never
overstated, what a sender risks is never understated. docs/algorithms/transfers.md derives them.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from math import ceil

from inventory.balancing.values import Site
from inventory.stocking.distributions import demand
from inventory.stocking.values import Outlook

_NEGLIGIBLE = 1e-9
# Goods are counted unit by unit up to so many, beyond that in as many bands of several units.
BANDS = 24
# Chances are looked up for each unit up to so many, beyond that for every second, third ... unit.
_LOOKS = 240


def _at_least(mean: float, outlook: Outlook) -> Callable[[int], float]:
    """The chance that at least so many units are asked for in a time of which this mean is expected."""
    found = demand(round(mean, 6), outlook.dispersion + outlook.doubt**2 * mean)
    return lambda units: 1.0 if units <= 0 else 1 - found.chance(units - 1)


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
        since, whole = expected(site.outlook, days, until), expected(site.outlook, 0, until)
        if since > 0:
            looks.append((_at_least(since, site.outlook), _at_least(whole, site.outlook), coming))
    found: list[float] = []
    step = -(-most // _LOOKS)
    for unit in range(step, most + step, step):
        unit = min(unit, most)
        chance = max((late(unit + coming) * whole(unit + coming + site.free) for late, whole, coming in looks), default=0.0)
        if chance <= _NEGLIGIBLE:
            break
        found += [chance] * (unit - len(found))
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
            looks.append((_at_least(mean, site.outlook), there))
    many = max(min(most, site.free - site.keep), 0)
    found: list[float] = []
    step = max(-(-many // _LOOKS), 1)
    for unit in range(step, many + step, step):
        unit = min(unit, many)
        chance = min(1.0, sum(at_least(there - unit + 1) for at_least, there in looks))
        found += [chance] * (unit - len(found))
    return found


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
