"""How far demand strays from its mean. Pure.

A day's demand is taken as negative binomial: mean m, variance d m (d = `dispersion`, at least 1; 1 is Poisson's). A sum of
days that do not depend on each other and have one dispersion is negative binomial with the same dispersion, so demand over a
lead time needs nothing but the sum of its means. The dispersion of one SKU is guessed from few sales and therefore drawn
towards what SKUs of its size have: ln d = a + b ln m over all of them.

Sources: Syntetos, Babai, Lengu and Altay (2011), *Distributional assumptions for parametric forecasting of intermittent
demand*; Makridakis et al. (2022), International Journal of Forecasting 38, 1365-1385 (the nine levels of the M5 uncertainty
competition).
"""

import numpy as np

from .panels import Floats, Mask, Whole

LEVELS = (0.005, 0.025, 0.165, 0.25, 0.5, 0.75, 0.835, 0.975, 0.995)
# How much of a SKU's dispersion is that of SKUs of its size.
DRAWN = 0.3
# Of a SKU's demands on one day the share that counts as they are; what is above, a bulk order, counts as much as this one.
USUAL = 0.98
# What is beyond Poisson's spread, raised for the bulk orders that were cut.
RETURNING = 1.2
FEWEST_DAYS = 14


def quantile(mean: Floats, dispersion: Floats, level: float) -> Floats:
    """The least number of units that suffices with this probability; both arrays of one shape."""
    from scipy.stats import nbinom  # type: ignore[import-untyped, unused-ignore]

    safe = np.maximum(mean, 1e-9)
    spread = np.maximum(dispersion, 1.0001)
    found = nbinom.ppf(level, safe / (spread - 1), 1 / spread)
    return np.asarray(np.where(mean > 0, found, 0.0), dtype=np.float64)


def quantiles(mean: Floats, dispersion: Floats, levels: tuple[float, ...] = LEVELS) -> Floats:
    """Quantiles of each day (n x days x levels). Days of equal mean are counted once.

    Large orders come on busy days: what is beyond Poisson's spread goes with the root of a day's mean over that of open days.
    """
    trades = mean > 0
    open_days = trades.sum(axis=1)
    usual = np.divide(mean.sum(axis=1), open_days, out=np.ones(len(mean)), where=open_days > 0)
    spread = 1 + (dispersion[:, None] - 1) * np.sqrt(mean / usual[:, None])
    kinds, back = np.unique(np.stack([mean.ravel(), spread.ravel()]), axis=1, return_inverse=True)
    found = np.stack([quantile(kinds[0], kinds[1], level) for level in levels], axis=-1)
    return np.asarray(found[back.ravel()].reshape(*mean.shape, len(levels)))


def over_lead_time(daily: Floats, dispersion: Floats, days: Whole, level: float) -> Floats:
    """The quantile of demand over the first `days` days; beyond the horizon the last week goes on."""
    sums = np.cumsum(daily, axis=1)
    week = daily[:, -7:].mean(axis=1)
    within = np.minimum(days, daily.shape[1])
    total = np.where(within > 0, np.take_along_axis(sums, np.maximum(within - 1, 0)[:, None], axis=1)[:, 0], 0.0)
    return quantile(total + (days - within) * week, dispersion, level)


def own_dispersion(units: Floats, told: Mask) -> tuple[Floats, Floats]:
    """Variance over mean of each series, bulk orders cut, and the mean; 0 where there is too little to tell."""
    kept = cut(units, told, USUAL)
    count = told.sum(axis=1)
    total = np.where(told, kept, 0.0).sum(axis=1)
    mean = np.divide(total, count, out=np.zeros(len(units)), where=count > 0)
    squares = np.where(told, (kept - mean[:, None]) ** 2, 0.0).sum(axis=1)
    enough = (count >= FEWEST_DAYS) & (mean > 0)
    return np.divide(squares, (count - 1) * mean, out=np.zeros(len(units)), where=enough), mean


def pooled_line(units: Floats, told: Mask) -> tuple[float, float]:
    """a and b of ln d = a + b ln m by least squares; (0, 0), Poisson's, where fewer than 10 series tell."""
    spread, mean = own_dispersion(units, told)
    tells = spread > 0
    if tells.sum() < 10:
        return 0.0, 0.0
    sides = np.column_stack([np.ones(tells.sum()), np.log(mean[tells])])
    a, b = np.linalg.lstsq(sides, np.log(np.maximum(spread[tells], 1.01)), rcond=None)[0]
    return float(a), float(b)


def dispersion(units: Floats, told: Mask, line: tuple[float, float], level: Floats) -> Floats:
    """The dispersion of each series; where it tells nothing itself, that of SKUs of its level. At least 1."""
    spread, mean = own_dispersion(units, told)
    usual = line[0] + line[1] * np.log(np.maximum(np.where(mean > 0, mean, level), 1e-6))
    own = np.log(np.maximum(spread, 1.01))
    drawn = np.exp(np.where(spread > 0, (1 - DRAWN) * own + DRAWN * usual, usual))
    return np.maximum(1 + (drawn - 1) * RETURNING, 1.0)


def cut(units: Floats, told: Mask, share: float) -> Floats:
    """Units with each demand cut at this quantile of the series' own demands, from three demands on."""
    sells = told & (units > 0)
    count = sells.sum(axis=1)
    ordered = np.sort(np.where(sells, units, np.inf), axis=1)
    place = share * np.maximum(count - 1, 0)
    below = np.floor(place).astype(np.int64)
    above = np.minimum(below + 1, np.maximum(count - 1, 0))
    low, high = (np.take_along_axis(ordered, one[:, None], axis=1)[:, 0] for one in (below, above))
    rest = place - below
    tells = count >= 3
    low, high = (np.where(tells, one, 0.0) for one in (low, high))
    limit = np.where(tells, low * (1 - rest) + high * rest, np.inf)
    return np.asarray(np.minimum(units, limit[:, None]))
