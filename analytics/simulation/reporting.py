"""What runs of the simulated shop are summed up to: figures of a policy, of its parts, and of one policy against another."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.simulation.traces import Numbers, Traces
from analytics.simulation.world import Outcome

# Resamples of SKUs behind an interval.
RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Figures:
    """Of a policy over some SKUs. Money is of the whole time that was simulated."""

    skus: int
    holding: float
    ordering: float
    lost_margin: float
    total: float
    stock_value: float  # mean, at cost
    unit_fill: float
    value_fill: float  # of the margin
    cycle_service: float  # cycles in which nothing was short
    empty_share: float  # of SKU-days that ended with an empty shelf
    cover_days: float  # mean stock over mean demand, by value
    orders: float  # a SKU
    order_variance: float  # of a week's ordered units over that of its demand


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with the bounds between which 95 % of resampled assortments lie."""

    figure: float
    low: float
    high: float


def figures(outcome: Outcome, traces: Traces, *, cost_share: float, rows: NDArray[np.intp] | None = None) -> Figures:
    chosen = np.arange(len(traces.skus)) if rows is None else rows
    days = traces.met.shape[1]

    def whole(values: Numbers) -> float:
        return float(values[chosen].sum())

    price = traces.price
    asked, asked_value = whole(outcome.asked), whole(outcome.asked * price)
    stock = whole(outcome.stock * price)
    return Figures(
        skus=len(chosen),
        holding=whole(outcome.holding),
        ordering=whole(outcome.ordering),
        lost_margin=whole(outcome.lost_margin),
        total=whole(outcome.total),
        stock_value=stock * cost_share,
        unit_fill=1 - whole(outcome.short) / asked if asked else 1.0,
        value_fill=1 - whole(outcome.short * price) / asked_value if asked_value else 1.0,
        cycle_service=1 - whole(outcome.short_cycles) / max(whole(outcome.cycles), 1.0),
        empty_share=whole(outcome.empty_days) / max(len(chosen) * days, 1),
        cover_days=stock * days / asked_value if asked_value else 0.0,
        orders=whole(outcome.orders) / max(len(chosen), 1),
        order_variance=_variance_ratio(outcome.ordered[chosen], traces.met[chosen]),
    )


def ratio(one: Numbers, other: Numbers, *, seed: int = 0) -> Interval:
    """The total of one policy over that of another, resampled by SKU: both pay for the same ones (paired bootstrap)."""
    weights = _resampled(len(one), seed)
    drawn = (weights @ one) / np.maximum(weights @ other, 1e-9)
    return _interval(float(one.sum() / max(other.sum(), 1e-9)), drawn)


def captured(own: Numbers, referee: Numbers, clairvoyant: Numbers, *, seed: int = 0) -> Interval:
    """How much of what perfect foresight would save against the referee the policy saves."""
    weights = _resampled(len(own), seed)
    gained, possible = weights @ (referee - own), weights @ (referee - clairvoyant)
    whole = float((referee - own).sum() / max((referee - clairvoyant).sum(), 1e-9))
    return _interval(whole, gained / np.maximum(possible, 1e-9))


def at_stock(points: Sequence[tuple[float, float]], stock: float) -> float | None:
    """The fill rate of a curve of (stock value, fill rate) at some stock, along straight lines; None beyond its ends."""
    ordered = sorted(points)
    if not ordered or not ordered[0][0] <= stock <= ordered[-1][0]:
        return None
    return float(np.interp(stock, [one for one, _ in ordered], [fill for _, fill in ordered]))


def _resampled(count: int, seed: int) -> Numbers:
    chance = np.random.default_rng(seed)
    return chance.multinomial(count, np.full(count, 1 / count), size=RESAMPLES).astype(np.float64)


def _interval(figure: float, drawn: Numbers) -> Interval:
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Interval(figure, float(low), float(high))


def _variance_ratio(ordered: Numbers, asked: Numbers) -> float:
    weeks = ordered.shape[1] // 7
    if weeks < 2:
        return 0.0

    def weekly(values: Numbers) -> float:
        return float(values[:, : weeks * 7].reshape(len(values), weeks, 7).sum(axis=2).var(axis=1).sum())

    return weekly(ordered) / max(weekly(asked), 1e-9)
