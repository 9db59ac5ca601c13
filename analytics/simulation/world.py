"""One run of the simulated shop: goods arrive, demand is met, the day is recorded, stock is paid for, and a policy may order.

A policy sees the records up to that evening and nothing else. What is ordered in the evening arrives in the morning after the
lead time, and nobody may order what would arrive after the last day.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from analytics.simulation.traces import Marks, Numbers, Traces

# Days by which it is told how long a stock lasts.
RECENT_DAYS = 28


class Fed(StrEnum):
    """What the shop writes down of a day."""

    SALES = "sales"  # as in life: what was asked for and not there is never known
    DEMAND = "demand"  # an easier world


@dataclass(frozen=True, slots=True)
class Setting:
    """The world of all policies. `margin_factor` and `order_factor` multiply what a lost unit and an order line cost."""

    lead_days: int = 7
    lead_spread: float = 0.0  # deviation over mean; gamma where above zero
    lead_records: tuple[int, ...] = ()  # days that deliveries took, of which each order draws one in place of mean and spread
    late_share: float = 0.0  # of the orders, which take twice as long
    fed: Fed = Fed.SALES
    backorders: bool = False  # who finds nothing waits, and the margin is charged all the same
    order_cost: float = 4.0
    order_factor: float = 1.0
    holding_rate: float = 0.25
    cost_share: float = 0.6  # of the price
    margin_factor: float = 1.0
    minimum_quantity: int = 1
    order_multiple: int = 1
    order_days: int = 1  # a supplier takes orders every so many days
    budget: float | None = None  # all orders of one evening at cost: whoever has the least days of cover comes first
    review_days: int = 7  # policies learn from the records every so many days
    service_level: float | None = None  # stated in place of what costs ask for, by the product's policy alone
    # stated by class, such as ("AX", 0.98), in place of the one above; a class that is not named has the one above
    class_levels: tuple[tuple[str, float], ...] = ()
    seed: int = 0

    @property
    def fixed(self) -> float:
        return self.order_cost * self.order_factor

    def holding(self, price: Numbers) -> Numbers:
        """A unit a day."""
        return self.holding_rate * self.cost_share * price / 365

    def margin(self, price: Numbers) -> Numbers:
        return (1 - self.cost_share) * price * self.margin_factor


@dataclass(frozen=True, slots=True)
class View:
    """What is known in the evening: records of each day until today, whether it ended with an empty shelf, and the position."""

    day: int
    sold: Numbers
    empty: Marks
    position: Numbers


# Units to order of each SKU.
Policy = Callable[[View], Numbers]


@dataclass(frozen=True, slots=True)
class Outcome:
    """By SKU: costs, units, days and orders; `ordered` by SKU and day."""

    holding: Numbers
    ordering: Numbers
    lost_margin: Numbers
    asked: Numbers
    short: Numbers
    stock: Numbers  # mean units on the shelf in the evening
    empty_days: Numbers  # evenings with an empty shelf
    cycles: Numbers  # times that goods arrived
    short_cycles: Numbers  # times between two arrivals in which something was short
    orders: Numbers
    ordered: Numbers

    @property
    def total(self) -> Numbers:
        return self.holding + self.ordering + self.lost_margin


def first_stock(traces: Traces, setting: Setting) -> Numbers:
    """What lies there on the first morning: lead time and a fortnight of the mean day of the history."""
    history = traces.units[:, : traces.warm_up]
    return np.asarray(np.round((setting.lead_days + 14) * history.mean(axis=1)))


def play(traces: Traces, policy: Policy, setting: Setting) -> Outcome:
    count, start, end = len(traces.skus), traces.warm_up, traces.days
    holding, margin = setting.holding(traces.price), setting.margin(traces.price)
    on_hand, coming = first_stock(traces, setting), np.zeros(count)
    arrivals = np.zeros((count, end + 1))
    waiting = np.zeros(count)
    sold = traces.units.copy()
    sold[:, start:] = 0
    empty = np.zeros(traces.units.shape, dtype=np.bool_)
    paid, lost, stock, empty_days, cycles, short_cycles = (np.zeros(count) for _ in range(6))
    was_short = np.zeros(count, dtype=np.bool_)
    ordered = np.zeros((count, end - start))
    chance = np.random.default_rng(setting.seed)
    everyone = np.arange(count)

    for day in range(start, end):
        arrived = arrivals[:, day]
        on_hand, coming = on_hand + arrived, coming - arrived
        short_cycles += was_short & (arrived > 0)
        cycles += arrived > 0
        was_short &= arrived <= 0
        served = np.minimum(waiting, on_hand)
        on_hand, waiting = on_hand - served, waiting - served

        asked = traces.units[:, day]
        met = np.minimum(asked, on_hand)
        on_hand = on_hand - met
        missed = asked - met
        lost += missed
        was_short |= missed > 0
        if setting.backorders:
            waiting = waiting + missed
        sold[:, day] = asked if setting.fed is Fed.DEMAND or setting.backorders else met
        empty[:, day] = on_hand <= 0
        empty_days += on_hand <= 0
        paid += holding * on_hand
        stock += on_hand

        if (day - start) % setting.order_days or day + setting.lead_days + 1 >= end:
            continue
        view = View(day, sold[:, : day + 1], empty[:, : day + 1], on_hand + coming - waiting)
        bought = _affordable(_in_packs(policy(view), setting), view, traces, setting)
        due = np.minimum(day + 1 + _lead_times(count, setting, chance), end)
        arrivals[everyone, due] += bought
        coming += bought
        ordered[:, day - start] = bought

    orders = (ordered > 0).sum(axis=1).astype(np.float64)
    return Outcome(
        holding=paid,
        ordering=setting.fixed * orders,
        lost_margin=margin * lost,
        asked=traces.met.sum(axis=1),
        short=lost,
        stock=stock / (end - start),
        empty_days=empty_days,
        cycles=cycles + 1,
        short_cycles=short_cycles + was_short,
        orders=orders,
        ordered=ordered,
    )


def _in_packs(wanted: Numbers, setting: Setting) -> Numbers:
    least = np.maximum(np.ceil(wanted), setting.minimum_quantity)
    packs = np.ceil(least / setting.order_multiple) * setting.order_multiple
    return np.where(wanted > 0, packs, 0.0)


def _affordable(bought: Numbers, view: View, traces: Traces, setting: Setting) -> Numbers:
    """Whole orders, as long as money lasts; what does not fit is left and the next one tried."""
    if setting.budget is None:
        return bought
    cost = bought * traces.price * setting.cost_share
    pace = view.sold[:, -RECENT_DAYS:].mean(axis=1)
    cover = np.divide(view.position, pace, out=np.full(len(pace), np.inf), where=pace > 0)
    left, granted = setting.budget, np.zeros_like(bought)
    for one in np.argsort(cover, kind="stable"):
        if bought[one] and cost[one] <= left:
            granted[one], left = bought[one], left - cost[one]
    return granted


def _lead_times(count: int, setting: Setting, chance: np.random.Generator) -> NDArray[np.int64]:
    days = np.full(count, float(setting.lead_days))
    if setting.lead_records:
        days = chance.choice(np.array(setting.lead_records, dtype=np.float64), count)
    elif setting.lead_spread > 0:
        shape = setting.lead_spread**-2
        days = chance.gamma(shape, setting.lead_days / shape, count)
    if setting.late_share > 0:
        days = np.where(chance.random(count) < setting.late_share, 2 * days, days)
    return np.asarray(np.rint(days), dtype=np.int64)
