"""The demand behind sold-out days. Pure.

On a sold-out day demand was at least what was sold: a right-censored observation. Leaving such days out takes the mean of the
days on which little was asked for; counting them as they are sold takes less still, and each order placed on that is smaller
than the one before. Here the likelihood of a negative binomial with known dispersion is climbed by expectation and
maximisation (Dempster, Laird and Rubin 1977, Journal of the Royal Statistical Society B 39, 1-38; for censored sales Conrad
1976, Operational Research Quarterly 27, 123-127): a sold-out day counts as E[D | D >= sold] under the present mean, the mean
is that of all days, and so on.
"""

import numpy as np

from .panels import Floats, Mask
from .smoothing import smoothed

ROUNDS = 12
# What is known of a SKU that was hardly ever in stock: its mean cannot be told from above, so that of sold-out days is bounded.
MOST = 5.0
# Weight of the newest day in the level around a sold-out day.
NEAR = 0.03


def at_least(mean: Floats, dispersion: Floats, sold: Floats) -> Floats:
    """E[D | D >= sold] of a negative binomial: m P(D* >= sold - 1) / P(D >= sold); D* waits for a failure more."""
    from scipy.special import betainc  # type: ignore[import-untyped, unused-ignore]

    m = np.maximum(mean, 1e-6)
    spread = np.maximum(dispersion, 1.0001)
    failures, chance = m / (spread - 1), 1 - 1 / spread
    whole = np.ceil(sold)
    tail = np.where(whole > 0, betainc(np.maximum(whole, 1), failures, chance), 1.0)
    heavier = np.where(whole > 1, betainc(np.maximum(whole - 1, 1), failures + 1, chance), 1.0)
    found = np.where(tail > 1e-12, m * heavier / np.maximum(tail, 1e-300), sold + spread)
    return np.maximum(found, sold)


def censored_mean(units: Floats, told: Mask, censored: Mask, dispersion: Floats) -> Floats:
    """The mean demand of each series with the greatest likelihood; `told` and `censored` are days of different kinds."""
    counted = told | censored
    count = counted.sum(axis=1)
    known = np.where(told, units, 0.0).sum(axis=1)
    in_stock = told.sum(axis=1)
    total = known + np.where(censored, units, 0.0).sum(axis=1)
    mean = np.divide(
        known, in_stock, out=np.divide(total, count, out=np.zeros(len(units)), where=count > 0), where=in_stock > 0
    )
    most = np.maximum(MOST * np.divide(total, count, out=np.zeros(len(units)), where=count > 0), 1e-9)
    spread = np.broadcast_to(dispersion[:, None], units.shape)
    for _ in range(ROUNDS):
        hidden = np.zeros(units.shape)
        hidden[censored] = at_least(np.broadcast_to(mean[:, None], units.shape)[censored], spread[censored], units[censored])
        again = (known + hidden.sum(axis=1)) / np.maximum(count, 1)
        mean = np.minimum(again, most)
    return np.asarray(mean)


def demand(units: Floats, told: Mask, censored: Mask, dispersion: Floats) -> Floats:
    """Units with each sold-out day replaced by the demand that is to be expected of it, given what was sold.

    The level of a day is the series' censored mean, moved with the level of the days in stock before it.
    """
    if not censored.any():
        return units
    touched = np.flatnonzero(censored.any(axis=1))
    part, seen, hidden = units[touched], told[touched], censored[touched]
    mean = censored_mean(part, seen, hidden, dispersion[touched])
    local = smoothed(part, seen, alpha=NEAR)
    average = np.divide(
        np.where(seen, part, 0.0).sum(axis=1), seen.sum(axis=1), out=np.zeros(len(part)), where=seen.any(axis=1)
    )
    moved = np.divide(local, average[:, None], out=np.ones(part.shape), where=(average[:, None] > 0) & (local > 0))
    level = mean[:, None] * np.clip(moved, 0.5, 2.0)
    spread = np.broadcast_to(dispersion[touched][:, None], part.shape)
    filled = part.copy()
    filled[hidden] = at_least(level[hidden], spread[hidden], part[hidden])
    found = units.copy()
    found[touched] = filled
    return found
