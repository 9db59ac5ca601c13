"""The season of the year: how much more or less than usual each kind of goods is wanted in each week of a year. Pure.

A SKU alone is too small and too young to show it; its kind (a category) shows it together, and what a kind is too small to show
is taken from the shop. Only what came again is a season: with less than a year and some weeks nothing is told, and the fewer
years were seen, the less of it is believed.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import numpy as np

from analytics.expecting import WEEKS_OF_YEAR as WEEKS
from analytics.expecting import week_of_year

from .panels import Floats, Whole

# Weeks that must have been seen twice.
FEWEST_TWICE = 4
# Growth from one year to the next is believed by so many weeks seen twice against this number.
GROWTH_WEEKS = 8
# Feasts move, and a single week is noise: 1 2 1 over four.
NEARBY = np.array([1.0, 2.0, 1.0]) / 4
LEAST, MOST = 0.25, 4.0


def weeks_of(first: date, number: int) -> Whole:
    """The week of the year of each of so many days."""
    return np.array([week_of_year(first + timedelta(days=place)) for place in range(number)], dtype=np.int64)


def by_day(factors: Mapping[int, Sequence[float]], kinds: Sequence[int], first: date, number: int) -> Floats:
    """The factor of each of so many days for each series, which are of these kinds; 1 for a kind that is not known."""
    place, plain = weeks_of(first, number), np.ones(WEEKS)
    by_kind = {kind: np.asarray(factors.get(kind, plain), dtype=np.float64)[place] for kind in set(kinds)}
    return np.array([by_kind[one] for one in kinds])


def seasons(units: Mapping[int, Sequence[float]], place: Sequence[int]) -> dict[int, list[float]]:
    """By kind the factor of each week of the year, 1 being usual and their mean; nothing before enough weeks came again.

    `units` are sums of whole weeks, one behind the other, and `place` their weeks of the year.
    """
    weeks = np.asarray(place, dtype=np.int64)
    if not units or weeks.size < WEEKS + FEWEST_TWICE:
        return {}
    sold = np.array([list(one) for one in units.values()], dtype=np.float64)
    shop, *_rest = _indices(sold.sum(axis=0, keepdims=True), weeks)
    own, noise = _indices(sold, weeks)
    apart = own - shop
    # Between kinds there is what they differ by more than their noise would have them (Buehlmann and Straub).
    # A kind that sold nothing in these weeks tells nothing of how kinds differ.
    counted = np.isfinite(noise).all(axis=1) & (noise.mean(axis=1) > 0)
    differ = max(float((apart[counted] ** 2 - noise[counted]).mean()), 0.0) if counted.any() else 0.0
    believed = np.divide(differ, differ + noise, out=np.zeros_like(noise), where=differ + noise > 0)
    index = np.maximum(shop + believed * apart, 1e-6)
    years = weeks.size / WEEKS
    drawn = np.clip(index, LEAST, MOST) ** (years / (years + 1))
    drawn /= drawn.mean(axis=1, keepdims=True)
    return {kind: [round(float(one), 4) for one in row] for kind, row in zip(units, drawn, strict=True)}


def _indices(sold: Floats, weeks: Whole) -> tuple[Floats, Floats]:
    """Of each row the smoothed index of the year's weeks, and the variance by which chance moves it."""
    level = sold * np.exp(-_growth(sold.sum(axis=0)) * np.arange(weeks.size))
    seen = np.bincount(weeks, minlength=WEEKS).astype(np.float64)
    sums = np.array([np.bincount(weeks, weights=row, minlength=WEEKS) for row in level])
    means = sums / np.maximum(seen, 1.0)
    mean = means.mean(axis=1, keepdims=True)
    raw = np.divide(means, mean, out=np.ones_like(means), where=mean > 0)
    smooth = _around(raw)
    # What one week differs from those around it, beyond what the smoothing takes with it: chance, per unit of index.
    rough = ((raw - smooth) ** 2).mean(axis=1, keepdims=True) / (1 - 2 * NEARBY[len(NEARBY) // 2] + (NEARBY**2).sum())
    noise = np.repeat(rough * (NEARBY**2).sum(), WEEKS, axis=1)
    return smooth, np.where(mean > 0, noise, np.inf)


def _around(index: Floats) -> Floats:
    """Smoothed around the turn of the year."""
    reach = len(NEARBY) // 2
    wide = np.concatenate([index[:, -reach:], index, index[:, :reach]], axis=1)
    return np.array([np.convolve(row, NEARBY, mode="valid") for row in wide])


def _growth(whole: Floats) -> float:
    """By week, as a logarithm: weeks against the same weeks a year before, as far as there are enough of them."""
    twice = whole.size - WEEKS
    later, earlier = whole[WEEKS:].sum(), whole[:twice].sum()
    if twice <= 0 or later <= 0 or earlier <= 0:
        return 0.0
    return float(np.log(later / earlier) / WEEKS * twice / (twice + GROWTH_WEEKS))
