"""Which method speaks for which series, and how several speak together. Pure.

Classes by Syntetos, Boylan and Croston (2005), Journal of the Operational Research Society 56, 495-503: days between demands
(ADI, cut at 1.32) and squared coefficient of variation of their sizes (CV2, cut at 0.49). That the plain average of a few
sound methods is hard to beat: Clemen (1989), International Journal of Forecasting 5, 559-583; Petropoulos and Svetunkov
(2020), ibid. 36, 110-115.

Every method sees open days only, without the factors of weekdays and known causes, bulk orders cut at the 95th percentile of
the series' own demands: they come again, but not next week.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from . import intermittent, seasonal, smoothing, theta
from .panels import Floats, Mask, Whole

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
    CREDIBLE_MEAN = "credible_mean"  # the same, as far as a SKU's sales tell it apart from others, and with the shop's trend
    SEASONAL_NAIVE = "seasonal_naive"  # the same as a season ago
    DRIFTING_NAIVE = "drifting_naive"  # the same as a season ago, at today's level
    SHARED_PROFILE = "shared_profile"  # the last seasons at today's level, as the whole kind had them
    SES = "ses"  # simple exponential smoothing
    HOLT_WINTERS = "holt_winters"  # exponential smoothing with trend and season
    CROSTON = "croston"  # sizes of demands and days between them
    SBA = "sba"  # Croston's method without its bias
    TSB = "tsb"  # sizes of demands and the chance of one
    ADIDA = "adida"  # smoothing sums of several days
    THETA = "theta"  # smoothing with a moving line
    BOOSTED = "boosted"  # one model of boosted trees for all SKUs
    NOTHING = "nothing"  # no demand is expected


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How fast the past fades in a panel of days, weeks or months, and what of the trend of the whole shop is believed."""

    fading: float
    recent: int  # days (weeks, months) that tell the trend
    believed: float  # as a power of it
    fewest: int  # told days below which siblings speak for a series
    learns: bool = False  # credibility and trend are learned from how the past turned out


RHYTHMS: Mapping[int, Rhythm] = {
    7: Rhythm(0.01, 24, 0.5, 28),
    52: Rhythm(0.05, 8, 0.5, 8),
    12: Rhythm(0.1, 6, 1.0, 6, learns=True),
}


@dataclass(frozen=True, slots=True, eq=False)
class Aside:
    """What methods know beside a series' own units: `season` counts open days; `prior` and `days` are of `credibility`."""

    kin: Whole
    season: int = 7
    rhythm: Rhythm = RHYTHMS[7]
    prior: float = 0.0
    days: float = 0.0
    drift: float = 1.0
    boosted: Floats | None = None

    def part(self, which: Whole) -> "Aside":
        return replace(self, kin=self.kin[which], boosted=None if self.boosted is None else self.boosted[which])


Run = Callable[[Floats, Mask, int, Aside], Floats]

RUNS: Mapping[Method, Run] = {
    Method.MEAN: lambda units, told, horizon, aside: smoothing.mean(units, told, horizon),
    Method.FADING_MEAN: lambda units, told, horizon, aside: smoothing.fading_mean(
        units, told, horizon, alpha=aside.rhythm.fading
    ),
    Method.CREDIBLE_MEAN: lambda units, told, horizon, aside: smoothing.credible_mean(
        units, told, horizon, alpha=aside.rhythm.fading, prior=aside.prior, days=aside.days, drift=aside.drift
    ),
    Method.SEASONAL_NAIVE: lambda units, told, horizon, aside: seasonal.seasonal_naive(
        units, told, horizon, season=aside.season
    ),
    Method.DRIFTING_NAIVE: lambda units, told, horizon, aside: seasonal.drifting_naive(
        units, told, horizon, season=aside.season
    ),
    Method.SHARED_PROFILE: lambda units, told, horizon, aside: seasonal.shared_profile(
        units, told, horizon, kin=aside.kin, season=aside.season
    ),
    Method.SES: lambda units, told, horizon, aside: smoothing.ses_optimised(units, told, horizon),
    Method.HOLT_WINTERS: lambda units, told, horizon, aside: smoothing.holt_winters(units, told, horizon, season=aside.season),
    Method.CROSTON: lambda units, told, horizon, aside: intermittent.croston(units, told, horizon),
    Method.SBA: lambda units, told, horizon, aside: intermittent.sba(units, told, horizon, alpha=0.05),
    Method.TSB: lambda units, told, horizon, aside: intermittent.tsb(units, told, horizon, alpha=0.05, beta=0.05),
    Method.ADIDA: lambda units, told, horizon, aside: intermittent.adida(units, told, horizon),
    Method.THETA: lambda units, told, horizon, aside: theta.dynamic_theta(units, told, horizon),
}
AVERAGED = (Method.CREDIBLE_MEAN, Method.THETA, Method.TSB, Method.SBA)
# Methods of the course of a season see bulk orders as they were.
UNCUT = frozenset({Method.SHARED_PROFILE, Method.SEASONAL_NAIVE, Method.DRIFTING_NAIVE, Method.HOLT_WINTERS})
KNOWN = (DemandClass.SMOOTH, DemandClass.ERRATIC, DemandClass.INTERMITTENT, DemandClass.LUMPY)


def usual(season: int) -> dict[DemandClass, Method]:
    """What a class is forecast by until a backtest has said otherwise, in days (season 7), weeks (52) or months (12)."""
    method = {52: Method.SHARED_PROFILE, 12: Method.CREDIBLE_MEAN}.get(season, Method.AVERAGE)
    return {**dict.fromkeys(KNOWN, method), DemandClass.NEW: Method.SIBLINGS, DemandClass.SILENT: Method.SIBLINGS}


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


def run(method: Method, units: Floats, told: Mask, horizon: int, aside: Aside) -> Floats:
    """One method, or the average of several, the boosted model among them where there is one (n x horizon)."""
    if method is Method.NOTHING:
        return np.zeros((len(units), horizon))
    if method is Method.BOOSTED and aside.boosted is not None:
        return aside.boosted
    if method in RUNS:
        return RUNS[method](units, told, horizon, aside)
    each = [RUNS[one](units, told, horizon, aside) for one in AVERAGED]
    return np.asarray(np.mean([*each, *([] if aside.boosted is None else [aside.boosted])], axis=0))
