"""Recorded demand that policies are tried on, and what is laid over it: surges, goods without a past, other lots."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Marks = NDArray[np.bool_]

# ABC by the revenue of the warm-up: A makes the first 80 %, B the next 15 %.
A_SHARE, B_SHARE = 0.8, 0.95
# XYZ by the deviation over mean of a week's units in the warm-up.
X_UNTIL, Y_UNTIL = 0.75, 1.5


@dataclass(frozen=True, slots=True)
class Traces:
    """Units asked for, a row for each SKU and a column for each day, and prices. The first `warm_up` days are known history."""

    skus: tuple[str, ...]
    units: Numbers
    price: Numbers
    warm_up: int
    groups: tuple[str, ...] = ()  # the class of each SKU, where it is known from a larger assortment

    @classmethod
    def of(cls, units: Mapping[str, Sequence[int]], price: Mapping[str, float], *, warm_up: int) -> "Traces":
        """From plain sequences, days in order and without gaps."""
        skus = tuple(sorted(units))
        table = np.array([units[sku] for sku in skus], dtype=np.float64).reshape(len(skus), len(units[skus[0]]) if skus else 0)
        return cls(skus, table, np.array([price[sku] for sku in skus], dtype=np.float64), warm_up)

    @property
    def days(self) -> int:
        return int(self.units.shape[1])

    @property
    def met(self) -> Numbers:
        """The days that are simulated."""
        return self.units[:, self.warm_up :]

    def only(self, rows: Sequence[int]) -> "Traces":
        chosen = list(rows)
        groups = tuple(self.groups[row] for row in chosen) if self.groups else ()
        return Traces(tuple(self.skus[row] for row in chosen), self.units[chosen], self.price[chosen], self.warm_up, groups)


def classes(traces: Traces) -> NDArray[np.str_]:
    """ABC x XYZ of each SKU, from the warm-up alone: AX is much revenue that comes evenly."""
    if traces.groups:
        return np.array(traces.groups)
    known = traces.units[:, : traces.warm_up]
    revenue = known.sum(axis=1) * traces.price
    order = np.argsort(-revenue, kind="stable")
    before = np.empty(len(order))
    before[order] = np.cumsum(revenue[order]) - revenue[order]
    share = before / max(revenue.sum(), 1e-9)
    abc = np.where(share < A_SHARE, "A", np.where(share < B_SHARE, "B", "C"))

    weeks = known[:, known.shape[1] % 7 :].reshape(len(known), -1, 7).sum(axis=2)
    mean = weeks.mean(axis=1) if weeks.shape[1] else np.zeros(len(known))
    uneven = np.divide(weeks.std(axis=1), mean, out=np.full(len(known), np.inf), where=mean > 0)
    xyz = np.where(uneven < X_UNTIL, "X", np.where(uneven < Y_UNTIL, "Y", "Z"))
    return np.char.add(abc, xyz)


@dataclass(frozen=True, slots=True)
class Surges:
    """What was planted: which SKUs (rows) are asked for `factor` times as much, from which day on (of the whole trace)."""

    rows: tuple[int, ...]
    starts: tuple[int, ...]
    factors: tuple[float, ...]
    days: int


def with_surges(traces: Traces, *, share: float, days: int, seed: int) -> tuple[Traces, Surges]:
    """Some of the SKUs are wanted three to ten times as much for some days, at a time of their own after the warm-up."""
    chance = np.random.default_rng(seed)
    rows = np.flatnonzero(chance.random(len(traces.skus)) < share)
    starts = chance.integers(traces.warm_up, max(traces.days - days, traces.warm_up + 1), len(rows))
    factors = np.exp(chance.uniform(np.log(3), np.log(10), len(rows)))
    units = traces.units.copy()
    for row, start, factor in zip(rows, starts, factors, strict=True):
        units[row, start : start + days] = np.round(units[row, start : start + days] * factor)
    planted = Surges(tuple(map(int, rows)), tuple(map(int, starts)), tuple(map(float, factors)), days)
    return replace(traces, units=units), planted


def without_past(traces: Traces, *, share: float, known_days: int, seed: int) -> Traces:
    """Some of the SKUs are new: of their past only the last days are known."""
    chance = np.random.default_rng(seed)
    rows = np.flatnonzero(chance.random(len(traces.skus)) < share)
    units = traces.units.copy()
    units[rows, : max(traces.warm_up - known_days, 0)] = 0
    return replace(traces, units=units)


def stationary(*, means: Sequence[float], ratio: float, days: int, warm_up: int, price: float, seed: int) -> Traces:
    """Demand that never changes its kind: Poisson where variance is mean, else negative binomial."""
    chance = np.random.default_rng(seed)
    mean = np.array(means, dtype=np.float64)[:, None]
    shape = (len(means), days)
    if ratio <= 1:
        units = chance.poisson(np.broadcast_to(mean, shape))
    else:
        units = chance.poisson(chance.gamma(np.broadcast_to(mean / (ratio - 1), shape), ratio - 1))
    skus = tuple(f"S{number:04d}" for number in range(len(means)))
    return Traces(skus, units.astype(np.float64), np.full(len(means), price), warm_up)
