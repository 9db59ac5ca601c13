"""The theta methods. Pure, all series at once; shapes as in `smoothing`.

- Assimakopoulos and Nikolopoulos (2000), International Journal of Forecasting 16, 521-530; that it is exponential smoothing
  with half of the slope as drift: Hyndman and Billah (2003), International Journal of Forecasting 19, 287-290.
- Dynamic optimised theta: Fiorucci, Pellegrini, Louzada, Petropoulos and Koehler (2016), International Journal of Forecasting
  32, 1151-1161: the line is fitted anew each day, and its weight is chosen together with that of the level.
"""

import numpy as np

from .panels import Floats, Mask

# (weight of the newest day, theta) that are tried.
TRIED = tuple((alpha, theta) for alpha in (0.01, 0.03, 0.06, 0.1, 0.2, 0.4) for theta in (1.0, 2.0, 4.0))


def dynamic_theta(units: Floats, told: Mask, horizon: int, *, tried: tuple[tuple[float, float], ...] = TRIED) -> Floats:
    """Of the given weights those that have erred least one day ahead, series by series. Never below 0."""
    size, days = units.shape
    alpha, theta = (np.array(tried)[:, place][:, None] for place in (0, 1))
    shape = (len(tried), size)
    level, intercept, slope, squares = (np.zeros(shape) for _ in range(4))
    average, count = np.zeros(size), np.zeros(size)
    for day in range(days):
        here, now = told[:, day], units[:, day]
        first = here & (count == 0)
        if first.any():
            level[:, first] = now[first] / 2
            intercept[:, first] = now[first]
        error = now - _one(level, intercept, slope, count, alpha, theta)
        squares += np.where(here & (count > 0), error * error, 0.0)
        level = np.where(here, alpha * now + (1 - alpha) * level, level)
        new = count + 1
        turned = ((count - 1) * slope[0] + 6 * (now - average) / new) / (new + 1)
        average = np.where(here, (count * average + now) / new, average)
        slope[:] = np.where(here & (count > 0), turned, slope[0])
        intercept[:] = np.where(here, average - (new + 1) / 2 * slope[0], intercept[0])
        count = np.where(here, new, count)
    best, which = squares.argmin(axis=0), np.arange(size)
    chosen = (level[best, which], alpha[best, 0], theta[best, 0])
    return np.maximum(_ahead(*chosen, intercept[0], slope[0], average, count, horizon), 0.0)


def _one(level: Floats, intercept: Floats, slope: Floats, count: Floats, alpha: Floats, theta: Floats) -> Floats:
    """The mean of the next day."""
    left = (1 - alpha) ** count
    return level + (1 - 1 / theta) * (left * intercept + (1 - left * (1 - alpha)) / alpha * slope)


def _ahead(
    level: Floats, alpha: Floats, theta: Floats, intercept: Floats, slope: Floats, average: Floats, count: Floats, horizon: int
) -> Floats:
    """Each coming day is taken to be as forecast, and the line goes on through it."""
    found = np.zeros((len(level), horizon))
    for day in range(horizon):
        now = _one(level, intercept, slope, count, alpha, theta)
        found[:, day] = now
        level = alpha * now + (1 - alpha) * level
        new = count + 1
        slope = np.where(count > 0, ((count - 1) * slope + 6 * (now - average) / new) / (new + 1), slope)
        average = (count * average + now) / new
        intercept = average - (new + 1) / 2 * slope
        count = new
    return found
