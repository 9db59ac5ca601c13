"""Which method speaks for which series, and how several speak together. Pure.

Classes by Syntetos, Boylan and Croston (2005), Journal of the Operational Research Society 56, 495-503: days between demands
(ADI, cut at 1.32) and squared coefficient of variation of their sizes (CV2, cut at 0.49). That the plain average of a few
sound methods is hard to beat: Clemen (1989), International Journal of Forecasting 5, 559-583; Petropoulos and Svetunkov
(2020), ibid. 36, 110-115.

Every method sees open days only, without the factors of weekdays and known causes, bulk orders cut at the 95th percentile of
the series' own demands: they come again, but not next week.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum

import numpy as np

from . import intermittent, seasonal, smoothing, theta
from .panels import Floats, Mask

ADI_CUT, CV2_CUT = 1.32, 0.49


class DemandClass(StrEnum):
    SMOOTH = "smooth"  # sells on most days, in like amounts
    ERRATIC = "erratic"  # sells on most days, in very different amounts
    INTERMITTENT = "intermittent"  # sells now and then, in like amounts
    LUMPY = "lumpy"  # sells now and then, in very different amounts
    NEW = "new"  # too short for sale to tell
    SILENT = "silent"  # has never sold


class Method(StrEnum):
    AVERAGE = "average"  # the average of several methods
    SIBLINGS = "siblings"  # what SKUs of the same kind sell
    MEAN = "mean"  # the mean of all days
    FADING_MEAN = "fading_mean"  # the mean of all days, older ones counting less
    SEASONAL_NAIVE = "seasonal_naive"  # the same as a season ago
    DRIFTING_NAIVE = "drifting_naive"  # the same as a season ago, at today's level
    SES = "ses"  # simple exponential smoothing
    HOLT_WINTERS = "holt_winters"  # exponential smoothing with trend and season
    CROSTON = "croston"  # sizes of demands and days between them
    SBA = "sba"  # Croston's method without its bias
    TSB = "tsb"  # sizes of demands and the chance of one
    ADIDA = "adida"  # smoothing sums of several days
    THETA = "theta"  # smoothing with a moving line
    BOOSTED = "boosted"  # one model of boosted trees for all SKUs
    NOTHING = "nothing"  # no demand is expected


Run = Callable[[Floats, Mask, int], Floats]

RUNS: Mapping[Method, Run] = {
    Method.MEAN: smoothing.mean,
    Method.FADING_MEAN: smoothing.fading_mean,
    Method.SEASONAL_NAIVE: seasonal.seasonal_naive,
    Method.DRIFTING_NAIVE: seasonal.drifting_naive,
    Method.SES: smoothing.ses_optimised,
    Method.HOLT_WINTERS: smoothing.holt_winters,
    Method.CROSTON: intermittent.croston,
    Method.SBA: lambda units, told, horizon: intermittent.sba(units, told, horizon, alpha=0.05),
    Method.TSB: lambda units, told, horizon: intermittent.tsb(units, told, horizon, alpha=0.05, beta=0.05),
    Method.ADIDA: intermittent.adida,
    Method.THETA: theta.dynamic_theta,
}
AVERAGED = (Method.FADING_MEAN, Method.THETA, Method.TSB, Method.SBA)
# What a class is forecast by until a backtest has said otherwise.
USUAL: Mapping[DemandClass, Method] = {
    DemandClass.SMOOTH: Method.AVERAGE,
    DemandClass.ERRATIC: Method.AVERAGE,
    DemandClass.INTERMITTENT: Method.AVERAGE,
    DemandClass.LUMPY: Method.AVERAGE,
    DemandClass.NEW: Method.SIBLINGS,
    DemandClass.SILENT: Method.SIBLINGS,
}


def classes(units: Floats, told: Mask, *, fewest_days: int) -> list[DemandClass]:
    """The demand class of each series. `fewest_days` told days are needed to be other than new."""
    sells = told & (units > 0)
    days, demands = told.sum(axis=1), sells.sum(axis=1)
    total = np.where(sells, units, 0.0).sum(axis=1)
    size = np.divide(total, demands, out=np.zeros(len(units)), where=demands > 0)
    squares = np.where(sells, (units - size[:, None]) ** 2, 0.0).sum(axis=1)
    cv2 = np.divide(squares, demands * size * size, out=np.zeros(len(units)), where=demands > 0)
    often = days < ADI_CUT * demands
    alike = cv2 < CV2_CUT
    found = []
    for place in range(len(units)):
        if demands[place] == 0:
            found.append(DemandClass.SILENT)
        elif days[place] < fewest_days:
            found.append(DemandClass.NEW)
        elif often[place]:
            found.append(DemandClass.SMOOTH if alike[place] else DemandClass.ERRATIC)
        else:
            found.append(DemandClass.INTERMITTENT if alike[place] else DemandClass.LUMPY)
    return found


def run(method: Method, units: Floats, told: Mask, horizon: int, boosted: Floats | None = None) -> Floats:
    """One method, or the average of several, the boosted model among them where it is given (n x horizon)."""
    if method is Method.NOTHING:
        return np.zeros((len(units), horizon))
    if method is Method.BOOSTED and boosted is not None:
        return boosted
    if method in RUNS:
        return RUNS[method](units, told, horizon)
    each = [RUNS[one](units, told, horizon) for one in AVERAGED]
    return np.asarray(np.mean([*each, *([] if boosted is None else [boosted])], axis=0))
