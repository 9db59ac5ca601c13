"""Methods for demand with many days without any: Croston, SBA, TSB, ADIDA. Pure, all series at once; shapes as in `smoothing`.

- Croston (1972), Operational Research Quarterly 23, 289-303: sizes of demands and days between them, smoothed apart.
- SBA: Syntetos and Boylan (2005), International Journal of Forecasting 21, 303-314: Croston's mean is too high, by 1 / (1 -
  a/2).
- TSB: Teunter, Syntetos and Babai (2011), European Journal of Operational Research 214, 606-615: the chance of a demand is
  smoothed every day, so that what does not sell any more fades away.
- ADIDA: Nikolopoulos, Syntetos, Boylan, Petropoulos and Assimakopoulos (2011), Journal of the Operational Research Society 62,
  544-554: add up as many days as lie between two demands, smooth these sums, spread them again.
"""

import numpy as np

from .panels import Floats, Mask
from .smoothing import flat, ses_optimised

# Weights that are tried on sums of several days.
AGGREGATE_ALPHAS = (0.1, 0.12, 0.14, 0.16, 0.18, 0.2, 0.22, 0.24, 0.26, 0.28, 0.3)


def croston(units: Floats, told: Mask, horizon: int, *, alpha: float = 0.1) -> Floats:
    """Size of a demand over the days between two; both begin with the first demand."""
    return flat(_croston(units, told, alpha), horizon)


def sba(units: Floats, told: Mask, horizon: int, *, alpha: float = 0.1) -> Floats:
    """Croston's mean less its known bias."""
    return flat(_croston(units, told, alpha) * (1 - alpha / 2), horizon)


def tsb(units: Floats, told: Mask, horizon: int, *, alpha: float = 0.1, beta: float = 0.1) -> Floats:
    """Size of a demand (smoothed by `alpha` at each demand) times the chance of one (smoothed by `beta` every day)."""
    size, chance = np.zeros(len(units)), np.zeros(len(units))
    begun, sold_before = np.zeros(len(units), dtype=np.bool_), np.zeros(len(units), dtype=np.bool_)
    for day in range(units.shape[1]):
        here, now = told[:, day], units[:, day]
        sells = here & (now > 0)
        chance = np.where(here, np.where(begun, chance + beta * (sells - chance), sells), chance)
        size = np.where(sells, np.where(sold_before, size + alpha * (now - size), now), size)
        begun |= here
        sold_before |= sells
    return flat(size * chance, horizon)


def adida(units: Floats, told: Mask, horizon: int) -> Floats:
    """Sums of as many days as lie between two demands on average, smoothed by the best weight of 0.1 to 0.3."""
    count = told.sum(axis=1)
    sales = (told & (units > 0)).sum(axis=1)
    last = _last_demand(units, told)
    between = np.divide(last, sales, out=np.ones(len(units)), where=sales > 0)
    length = np.clip(np.rint(between), 1, np.maximum(count, 1)).astype(np.int64)
    found = np.zeros((len(units), horizon))
    packed = _packed(units, told)
    for one in np.unique(length):
        which = np.flatnonzero((length == one) & (sales > 0))
        if which.size == 0:
            continue
        buckets = packed.shape[1] // one
        sums = packed[which, packed.shape[1] - buckets * one :].reshape(which.size, buckets, one).sum(axis=2)
        whole = np.arange(buckets) >= buckets - (count[which] // one)[:, None]
        found[which] = ses_optimised(sums, whole, horizon, alphas=AGGREGATE_ALPHAS) / one
    return found


def _packed(units: Floats, told: Mask) -> Floats:
    """The days that tell, moved together to the right, in their order."""
    order = np.argsort(told, axis=1, kind="stable")
    return np.where(np.take_along_axis(told, order, axis=1), np.take_along_axis(units, order, axis=1), 0.0)


def _last_demand(units: Floats, told: Mask) -> Floats:
    """How many told days there are up to the last demand."""
    return np.asarray(np.where(told & (units > 0), told.cumsum(axis=1), 0).max(axis=1, initial=0), dtype=np.float64)


def _croston(units: Floats, told: Mask, alpha: float) -> Floats:
    size, gap, since = np.zeros(len(units)), np.zeros(len(units)), np.zeros(len(units))
    begun = np.zeros(len(units), dtype=np.bool_)
    for day in range(units.shape[1]):
        now = units[:, day]
        since = since + told[:, day]
        sells = told[:, day] & (now > 0)
        size = np.where(sells, np.where(begun, size + alpha * (now - size), now), size)
        gap = np.where(sells, np.where(begun, gap + alpha * (since - gap), since), gap)
        since = np.where(sells, 0.0, since)
        begun |= sells
    return np.divide(size, gap, out=np.zeros(len(units)), where=begun)
