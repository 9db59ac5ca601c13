"""Who may order in the simulated shop: the product's own rule, and the referees it is held against."""

from collections.abc import Callable, Sequence
from enum import StrEnum

import numpy as np

from analytics.simulation.learning import Habits, Learner
from analytics.simulation.traces import Numbers, Traces, classes
from analytics.simulation.world import Policy, Setting, View
from inventory.stocking import policy as stocking
from inventory.stocking import textbook
from inventory.stocking.textbook import Costs, Moments
from inventory.stocking.values import Economics, LeadTime, Levels, Outlook

# Days that books take the moments of.
MOMENT_DAYS = 91
COVER_DAYS = 21


class Name(StrEnum):
    """A policy, as the command calls it."""

    OWN = "own"  # the product's: inventory.stocking.policy, (s, S)
    OWN_RQ = "own-rq"  # the same as (R, Q)
    FIXED = "fixed"  # 1.65 deviations, set once
    COVER = "cover"  # three weeks
    TEXTBOOK = "textbook"  # normal (R, Q), learned each week
    POWER = "power"  # power approximation


def made(name: Name, traces: Traces, setting: Setting, habits: Habits | None = None) -> Policy:
    """A policy with an empty memory: each run needs one of its own."""
    if name in {Name.OWN, Name.OWN_RQ}:
        return Own(traces, setting, habits or Habits(), as_lots=name is Name.OWN_RQ)
    return Referee(name, traces, setting)


class Own:
    """The product's rule over what is learned from the records: the levels of `inventory.stocking.policy`, SKU by SKU."""

    def __init__(self, traces: Traces, setting: Setting, habits: Habits, *, as_lots: bool) -> None:
        self._setting, self._as_lots = setting, as_lots
        self._learner = Learner(habits)
        levels = dict(setting.class_levels)
        groups = classes(traces).tolist() if levels else [""] * len(traces.skus)
        self._economics = [
            Economics(
                unit_cost=setting.cost_share * price,
                lost_margin=margin,
                holding_rate=setting.holding_rate,
                order_cost=setting.fixed,
                service_level=levels.get(group, setting.service_level),
                minimum_quantity=setting.minimum_quantity,
                order_multiple=setting.order_multiple,
            )
            for price, margin, group in zip(traces.price.tolist(), setting.margin(traces.price).tolist(), groups, strict=True)
        ]
        self._lead = LeadTime(setting.lead_days, setting.lead_days * _spread(setting))
        self._reorder = self._target = self._quantity = np.zeros(len(traces.skus))
        self._next = 0

    def __call__(self, view: View) -> Numbers:
        self._learner.read(view)
        if view.day >= self._next:
            self._decide()
            self._next = view.day + self._setting.review_days
        wanted = self._quantity if self._as_lots else self._target - view.position
        return np.where(view.position <= self._reorder, np.maximum(wanted, 0), 0.0)

    def _decide(self) -> None:
        belief = self._learner.believe()
        decided = [
            stocking.decide(Outlook((mean,), ratio, doubt), self._lead, economics, review_days=self._setting.order_days)
            for mean, ratio, doubt, economics in zip(
                belief.mean.tolist(), belief.ratio.tolist(), belief.doubt.tolist(), self._economics, strict=True
            )
        ]
        self._reorder, self._target = _columns([one.levels for one in decided])
        self._quantity = np.array([one.quantity for one in decided], dtype=np.float64)


class Referee:
    """Rules of books over plain moments of the last 91 days, learned anew each week; the fixed ones once."""

    def __init__(self, name: Name, traces: Traces, setting: Setting) -> None:
        self._name, self._setting = name, setting
        holding, margin = setting.holding(traces.price).tolist(), setting.margin(traces.price).tolist()
        self._costs = [Costs(setting.fixed, kept, lost) for kept, lost in zip(holding, margin, strict=True)]
        self._reorder = self._target = np.zeros(len(traces.skus))
        self._next: float = 0

    def __call__(self, view: View) -> Numbers:
        if view.day >= self._next:
            self._decide(view)
            self._next = np.inf if self._name is Name.FIXED else view.day + self._setting.review_days
        # Books order their quantity, however far the position has fallen; a target is bought up to.
        lots = self._name in {Name.FIXED, Name.TEXTBOOK}
        wanted = self._target - self._reorder if lots else self._target - view.position
        return np.where(view.position <= self._reorder, np.maximum(wanted, 0), 0.0)

    def _decide(self, view: View) -> None:
        known = view.sold[:, -MOMENT_DAYS:]
        means, deviations = known.mean(axis=1).tolist(), known.std(axis=1).tolist()
        rule, lead = self._rule(), float(self._setting.lead_days)
        found = [
            rule(Moments(mean, deviation, lead), costs)
            for mean, deviation, costs in zip(means, deviations, self._costs, strict=True)
        ]
        self._reorder, self._target = _columns(found)

    def _rule(self) -> Callable[[Moments, Costs], Levels]:
        priced = self._setting.cost_share
        return {
            Name.FIXED: lambda moments, costs: textbook.fixed_point(moments, _as_of_price(costs, priced)),
            Name.COVER: lambda moments, _costs: textbook.days_of_cover(moments, COVER_DAYS),
            Name.TEXTBOOK: lambda moments, costs: textbook.normal_lots(moments, costs, costs.holding / priced),
            Name.POWER: textbook.power_approximation,
        }[self._name]


def _as_of_price(costs: Costs, share: float) -> Costs:
    return Costs(costs.fixed, costs.holding / share, costs.shortage)


def _spread(setting: Setting) -> float:
    """Deviation over mean of the lead times, as receipts would have taught it."""
    late = setting.late_share
    mean, square = 1 + late, (1 + setting.lead_spread**2) * (1 + 3 * late)
    return float(np.sqrt(max(square - mean**2, 0.0)))


def _columns(levels: Sequence[Levels]) -> tuple[Numbers, Numbers]:
    table = np.array([(one.reorder_point, one.target) for one in levels], dtype=np.float64).reshape(-1, 2)
    return table[:, 0], table[:, 1]
