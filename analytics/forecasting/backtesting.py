"""How good forecasts are, and were at earlier origins. Pure.

Measures of the M5 competition (Makridakis et al. 2022, International Journal of Forecasting 38, 1346-1364 and 1365-1385):
RMSSE (Hyndman and Koehler 2006, ibid. 22, 679-688) is the root of the mean squared error over that of repeating the day
before within the history, from the first sale on; WRMSSE weighs it by what the last days were worth. WSPL is the pinball loss
over nine levels, scaled by the mean absolute change from day to day. Beside them WAPE (all errors over all units), bias (what
was forecast too much, over all units) and coverage (the share of days on which the 97.5 % quantile sufficed).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .combining import DemandClass, Method
from .panels import Floats, Mask, Panel, Whole, first_sales
from .quantiles import LEVELS

# Origins that a choice has to rest on, and how many tests a worse method may win by chance.
FEWEST_ORIGINS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Errors of one forecast, by series, so that they can be put together by class and drawn again."""

    rmsse: Floats
    absolute: Floats
    over: Floats
    units: Floats
    weights: Floats

    @property
    def wrmsse(self) -> float:
        return _over(self.rmsse * self.weights, self.weights)

    @property
    def wape(self) -> float:
        return _over(self.absolute, self.units)

    @property
    def bias(self) -> float:
        return _over(self.over, self.units)

    def part(self, which: Mask | Whole) -> "Scored":
        return Scored(self.rmsse[which], self.absolute[which], self.over[which], self.units[which], self.weights[which])


def _over(top: Floats, base: Floats) -> float:
    whole = float(base.sum())
    return float(top.sum()) / whole if whole > 0 else 0.0


def squared_scale(history: Floats, since: Whole | None = None) -> Floats:
    """The mean squared change from day to day since the first sale, or since it was for sale; 0 where there is none."""
    return _changes(history, since, np.square)


def absolute_scale(history: Floats, since: Whole | None = None) -> Floats:
    return _changes(history, since, np.abs)


def _changes(history: Floats, since: Whole | None, of: Callable[[Floats], Floats]) -> Floats:
    since = first_sales(history) if since is None else since
    counted = np.arange(1, history.shape[1]) > since[:, None]
    count = counted.sum(axis=1)
    total = np.where(counted, of(np.diff(history, axis=1)), 0.0).sum(axis=1)
    return np.asarray(np.divide(total, count, out=np.zeros(len(history)), where=count > 0))


def score(past: Panel, happened: Floats, mean: Floats) -> Scored:
    """Errors of a forecast (n x horizon). Series that never changed before count nothing in RMSSE."""
    scale = squared_scale(past.units, past.since)
    error = mean - happened
    tells = scale > 0
    ratio = np.divide((error * error).mean(axis=1), scale, out=np.zeros(past.size), where=tells)
    return Scored(
        rmsse=np.sqrt(ratio),
        absolute=np.abs(error).sum(axis=1),
        over=error.sum(axis=1),
        units=happened.sum(axis=1),
        weights=np.where(tells, past.weights, 0.0),
    )


def pinball(past: Panel, happened: Floats, found: Floats, levels: Sequence[float] = LEVELS) -> Floats:
    """Scaled pinball loss of each series over quantiles (n x horizon x levels)."""
    level = np.asarray(levels)
    error = happened[:, :, None] - found
    loss = np.where(error >= 0, level * error, (level - 1) * error).mean(axis=(1, 2))
    scale = absolute_scale(past.units, past.since)
    return np.asarray(np.divide(loss, scale, out=np.zeros(past.size), where=scale > 0))


def coverage(happened: Floats, enough: Floats, open_days: Mask) -> float:
    """The share of open days on which a quantile (n x horizon) sufficed."""
    return float((happened <= enough)[:, open_days].mean()) if open_days.any() and len(happened) else 0.0


@dataclass(frozen=True, slots=True)
class Interval:
    low: float
    middle: float
    high: float


def paired(ours: Scored, theirs: Scored, *, draws: int = 2_000, seed: int = 1) -> Interval:
    """By how much our WRMSSE is lower, with 95 % of what drawing the series again would show (Efron 1979)."""
    chance = np.random.default_rng(seed)
    size = len(ours.rmsse)
    gain = (theirs.rmsse - ours.rmsse) * ours.weights
    found = np.empty(draws)
    for number in range(draws):
        drawn = chance.integers(0, size, size)
        found[number] = _over(gain[drawn], ours.weights[drawn])
    low, high = np.quantile(found, (0.025, 0.975))
    return Interval(float(low), theirs.wrmsse - ours.wrmsse, float(high))


Forecaster = Callable[[Panel, int, Method], tuple[Floats, Sequence[DemandClass]]]


def choose(
    panel: Panel, horizon: int, methods: Sequence[Method], origins: Sequence[int], forecast: Forecaster, *, least: float = 0.01
) -> dict[DemandClass, Method]:
    """The method of each class with the lowest WRMSSE over the origins; the first of `methods` unless one is better by `least`.

    Each origin sees nothing of what came after it; sold-out days are not judged. Fewer than four origins do not decide: the
    first method stays.
    """
    if len(origins) < FEWEST_ORIGINS:
        return {}
    sums: dict[DemandClass, dict[Method, list[float]]] = {}
    for origin in origins:
        past = panel.until(origin)
        happened = panel.units[:, origin : origin + horizon]
        hidden = panel.censored[:, origin : origin + horizon]
        for method in methods:
            mean, classes = forecast(past, horizon, method)
            mean = mean[:, : happened.shape[1]]
            scored = score(past, np.where(hidden, mean, happened), mean)
            for one in set(classes):
                which = np.array([each is one for each in classes])
                errors, weight = sums.setdefault(one, {}).setdefault(method, [0.0, 0.0]), scored.part(which)
                errors[0] += float((weight.rmsse * weight.weights).sum())
                errors[1] += float(weight.weights.sum())
    return {one: _best(each, methods[0], least) for one, each in sums.items() if each[methods[0]][1] > 0}


def _best(errors: Mapping[Method, Sequence[float]], first: Method, least: float) -> Method:
    means = {method: total / weight for method, (total, weight) in errors.items() if weight > 0}
    best = min(means, key=lambda one: (means[one], one is not first))
    return best if means[best] < means[first] * (1 - least) else first


def origins(days: int, horizon: int, number: int = FEWEST_ORIGINS) -> list[int]:
    """The last origins whose horizon has passed, earliest first, one horizon apart."""
    found = [days - horizon * back for back in range(number, 0, -1)]
    return [one for one in found if one > 2 * horizon]
