"""Methods that repeat the season before. Pure, all series at once; shapes as in `smoothing`.

Repeating the same day of the season before is the plainest forecast of a seasonal series (Hyndman and Athanasopoulos,
*Forecasting: principles and practice*, 5.2). Sold times how much more is sold now than then, it follows a level that moves.
"""

import numpy as np

from .panels import Floats, Mask, Whole
from .smoothing import fading_mean, mean

# How much of a series' season is its own; the rest is the shapes that its kind has in common, so many of them.
OWN, SHAPES = 0.6, 4
# How much of a forecast is the level without a season, and how much of the rest is the season before the last one.
FLAT, EARLIER = 0.15, 0.35
LATEST, FADING = 16, 0.15
# Places of the season that have to be known twice before it is repeated.
LEAST = 8


def seasonal_naive(units: Floats, told: Mask, horizon: int, *, season: int = 7) -> Floats:
    """What was sold on the same day of the last season; where that day does not tell, of the season before it."""
    days = units.shape[1]
    found, missing = np.zeros((len(units), horizon)), np.ones((len(units), horizon), dtype=np.bool_)
    ahead = np.arange(horizon) % season
    for back in range(1, days // season + 1):
        place = days - back * season + ahead
        take = missing & told[:, place]
        found = np.where(take, units[:, place], found)
        missing &= ~take
        if not missing.any():
            break
    return found


def drifting_naive(units: Floats, told: Mask, horizon: int, *, season: int = 52, recent: int = 8) -> Floats:
    """The season before, times what the last `recent` days sold over what the same days sold a season ago (0.5 to 2)."""
    days = units.shape[1]
    if days < season + recent:
        return mean(units, told, horizon, days=recent)
    now, then = slice(days - recent, days), slice(days - recent - season, days - season)
    both = told[:, now] & told[:, then]
    top = np.where(both, units[:, now], 0.0).sum(axis=1)
    base = np.where(both, units[:, then], 0.0).sum(axis=1)
    drift = np.clip(np.divide(top, base, out=np.ones(len(units)), where=base > 0), 0.5, 2.0)
    return np.asarray(seasonal_naive(units, told, horizon, season=season) * drift[:, None])


def shared_profile(units: Floats, told: Mask, horizon: int, *, kin: Whole, season: int = 52) -> Floats:
    """Last season's course and that before it, at today's level. A course is drawn to the shapes common to its kind.

    The shapes are the first singular vectors of the kind's series, each over its mean of the last season (Eckart and Young
    1936, Psychometrika 1, 211-218): what sells alike in many shops is a season, what only one of them shows is mostly chance.
    """
    days = units.shape[1]
    if days < season + LEAST:
        return fading_mean(units, told, horizon, alpha=FADING)
    course = common_shapes(units, told, kin, season)
    found = _repeated(units, told, course, horizon, season)
    if days >= 2 * season + LEAST:
        found = (1 - EARLIER) * found + EARLIER * _repeated(units, told, course, horizon, 2 * season)
    return found


def common_shapes(units: Floats, told: Mask, kin: Whole, season: int) -> Floats:
    """Units with `1 - OWN` of each series replaced by what the first singular vectors of its kind say of it. At least 0."""
    base = mean(units, told, 1, days=season + LEAST)
    filled = np.where(told, units, base)
    found = filled.copy()
    for one in np.unique(kin):
        which = np.flatnonzero((kin == one) & (base[:, 0] > 0))
        if which.size <= SHAPES:
            continue
        left, sizes, right = np.linalg.svd(filled[which] / base[which], full_matrices=False)
        common = (left[:, :SHAPES] * sizes[:SHAPES]) @ right[:SHAPES] * base[which]
        found[which] = (1 - OWN) * common + OWN * filled[which]
    return np.asarray(np.maximum(found, 0.0))


def _repeated(units: Floats, told: Mask, course: Floats, horizon: int, back: int) -> Floats:
    days = units.shape[1]
    recent = min(LATEST, days - back)
    now, then = slice(days - recent, days), slice(days - back - recent, days - back)
    weight = np.where(told[:, now], (1 - FADING) ** np.arange(recent - 1, -1, -1), 0.0)
    top, base = (weight * units[:, now]).sum(axis=1), (weight * course[:, then]).sum(axis=1)
    ratio = np.clip(np.divide(top, base, out=np.ones(len(units)), where=base > 0), 0.5, 2.0)
    level = np.divide(top, weight.sum(axis=1), out=np.zeros(len(units)), where=weight.sum(axis=1) > 0)
    ahead = course[:, days - back + np.arange(horizon) % back]
    return np.asarray((1 - FLAT) * ahead * ratio[:, None] + FLAT * level[:, None])
