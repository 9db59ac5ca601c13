"""Methods that repeat the season before. Pure, all series at once; shapes as in `smoothing`.

Repeating the same day of the season before is the plainest forecast of a seasonal series (Hyndman and Athanasopoulos,
*Forecasting: principles and practice*, 5.2). Sold times how much more is sold now than then, it follows a level that moves.
"""

import numpy as np

from .panels import Floats, Mask
from .smoothing import mean


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
