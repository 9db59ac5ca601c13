"""What a forecast is made of, so that it can be told: level, trend, factors of weekdays and known causes, peak weeks. Pure.

Factors are ratios to the mean of days on which the shop is open. A SKU alone sells too little to show its own week: its factors
are those of the whole shop, drawn towards its own as far as its sales are evidence.
"""

from dataclasses import dataclass

import numpy as np

from .panels import Floats, Mask, Panel, Whole
from .quantiles import cut

# How far back weekdays are looked at.
WEEKS = 26
# Of a SKU's demands on one day the share that counts as it is in factors and levels; bulk orders above count as much as
# this one.
USUAL = 0.95
# Days of the shop's own factor that a SKU's days are added to, for each unit of variance over mean.
EVIDENCE = 60.0
# A factor of a known cause is believed between these, and drawn towards 1 as if so many days without effect had been seen.
BOUNDS = (0.2, 10.0)
DOUBT = 20.0
# The same of a SKU's own factor, for each unit of variance over mean: units that its special days are added to.
CAUSE_EVIDENCE = 2.0
# From the middle of the four weeks to the middle of the eight before them.
WEEKS_APART = 6


def places(panel: Panel, first: int, number: int) -> Whole:
    """The place in the season (the weekday) of `number` days from `first` on."""
    return ((np.arange(first, first + number) + panel.phase) % panel.season).astype(np.int64)


def weekday_factors(units: Floats, told: Mask, place: Whole, season: int) -> Floats:
    """Ratio of each place of the season to the mean over all; 0 where nothing is ever told of it."""
    kept = np.where(told, cut(units, told, USUAL), 0.0)
    total = kept.sum(axis=0)
    seen = told.any(axis=0)
    mean = total[seen].mean() if seen.any() else 0.0
    found = np.ones(season)
    for one in range(season):
        here = seen & (place == one)
        found[one] = total[here].mean() / mean if here.sum() >= 3 and mean > 0 else float(here.any())
    return found


def own_factors(units: Floats, told: Mask, place: Whole, shop: Floats, dispersion: Floats) -> Floats:
    """Factors of each series (n x season): the shop's, and its own as far as its sales tell of them."""
    kept = np.where(told, cut(units, told, USUAL), 0.0)
    expected = np.where(told, shop[place], 0.0)
    level = np.divide(kept.sum(axis=1), expected.sum(axis=1), out=np.zeros(len(units)), where=expected.sum(axis=1) > 0)
    found = np.tile(shop, (len(units), 1))
    doubt = EVIDENCE * dispersion
    for one in range(len(shop)):
        here = place == one
        sold = kept[:, here].sum(axis=1)
        usual = level * expected[:, here].sum(axis=1)
        found[:, one] = shop[one] * (sold + doubt) / (usual + doubt)
    return found


def cause_factor(units: Floats, told: Mask, caused: Mask) -> float:
    """How many times as much is sold on days with a known cause as on other days of the same series; 1 where nothing tells."""
    plain, special = told & ~caused, told & caused
    if not special.any():
        return 1.0
    level = _level(units, plain)
    usual = (special * level[:, None]).sum()
    if usual <= 0:
        return 1.0
    doubt = DOUBT * float(level[level > 0].mean())
    ratio = (np.where(special, cut(units, special, USUAL), 0.0).sum() + doubt) / (usual + doubt)
    return float(np.clip(ratio, *BOUNDS))


def kin_factors(units: Floats, told: Mask, caused: Mask, kin: Whole, shop: float) -> dict[int, float]:
    """The same factor of each kind that has such days, drawn to that of the whole shop."""
    plain, special = told & ~caused, told & caused
    level = _level(units, plain)
    sold = np.where(special, cut(units, special, USUAL), 0.0).sum(axis=1)
    usual = special.sum(axis=1) * level
    found = {}
    for one in np.unique(kin[special.any(axis=1)]):
        which = kin == one
        doubt = DOUBT * float(level[which].mean())
        if usual[which].sum() > 0:
            ratio = (sold[which].sum() + shop * doubt) / (usual[which].sum() + doubt)
            found[int(one)] = float(np.clip(ratio, *BOUNDS))
    return found


def own_cause(units: Floats, told: Mask, caused: Mask, kins: Floats, dispersion: Floats) -> Floats:
    """The factor of each series: that of its kind, and its own as far as its sales on such days tell of it."""
    special = told & caused
    if not special.any():
        return kins
    sold = np.where(special, cut(units, special, USUAL), 0.0).sum(axis=1)
    usual = special.sum(axis=1) * _level(units, told & ~caused) * kins
    doubt = CAUSE_EVIDENCE * dispersion
    return np.asarray(np.clip(kins * (sold + doubt) / (usual + doubt), *BOUNDS))


def _level(units: Floats, told: Mask) -> Floats:
    count = told.sum(axis=1)
    total = np.where(told, cut(units, told, USUAL), 0.0).sum(axis=1)
    return np.asarray(np.divide(total, count, out=np.zeros(len(units)), where=count > 0))


@dataclass(frozen=True, slots=True)
class Story:
    """One SKU's forecast as a sentence needs it.

    `weekly_change` is the trend: the share by which the level of the last four weeks is above that of the eight before, per
    week. `best` and `weakest` are places of the season (weekdays, Monday 0) where open; `best_factor` how many times the mean
    is sold on the best. `next_four_weeks` are units.
    """

    level: float
    weekly_change: float
    best: int
    best_factor: float
    weakest: int
    weakest_factor: float
    next_four_weeks: float


def weekly_change(units: Floats, told: Mask, season: int = 7) -> Floats:
    """Change of the level per week, as a share: the last four weeks against the eight before, drawn to 0 by small numbers."""
    recent, before = slice(-4 * season, None), slice(-12 * season, -4 * season)
    sums = [np.where(told[:, one], units[:, one], 0.0).sum(axis=1) for one in (recent, before)]
    days = [told[:, one].sum(axis=1) for one in (recent, before)]
    enough = (days[0] >= season) & (days[1] >= season) & (sums[0] + sums[1] > 0)
    both = np.divide(sums[0] + sums[1], days[0] + days[1], out=np.ones(len(units)), where=enough)
    now, then = ((one + DOUBT) / (number + DOUBT / both) for one, number in zip(sums, days, strict=True))
    return np.where(enough, np.power(now / then, 1 / WEEKS_APART) - 1, 0.0)


def story(daily: Floats, level: float, change: float, factors: Floats) -> Story:
    open_places = np.flatnonzero(factors > 0)
    best = int(open_places[factors[open_places].argmax()]) if open_places.size else 0
    weakest = int(open_places[factors[open_places].argmin()]) if open_places.size else 0
    return Story(level, change, best, float(factors[best]), weakest, float(factors[weakest]), float(daily[:28].sum()))


def peak_weeks(daily: Floats, most: int = 3) -> list[tuple[int, float]]:
    """The weeks ahead in which the shop sells most: number of the week (0 is the coming one), and its ratio to the mean week.

    Only weeks above the mean by a tenth are peaks.
    """
    weeks = daily.sum(axis=0) if daily.ndim == 2 else daily
    whole = weeks[: weeks.size // 7 * 7].reshape(-1, 7).sum(axis=1)
    if whole.size == 0 or whole.mean() <= 0:
        return []
    ratio = whole / whole.mean()
    ranked = sorted(range(whole.size), key=lambda one: (-ratio[one], one))
    return [(one, float(ratio[one])) for one in ranked[:most] if ratio[one] >= 1.1]
