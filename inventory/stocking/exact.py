"""The cheapest (s, S) of stationary demand, exactly.

Y.-S. Zheng, A. Federgruen, Finding Optimal (s, S) Policies Is About as Simple as Evaluating a Single Policy, Operations
Research 39 (1991) 654-665.

Each period the position is looked at, raised to S where it is at or below s, and then demand comes; goods arrive `lead` periods
after they are ordered. With G(y) the expected cost of a period that starts with the position y, and m(j) the expected number of
visits at S - j (the renewal density of demand), a policy costs a period

    c(s, S) = (K + sum of m(j) G(S - j) for j < S - s) / (sum of m(j) for j < S - s).

What is unsold is waited for; `shortage` is charged for each unit and period, as in the paper, or once for each unit
(`Charge.ONCE`): then G holds the units that become short in the period, E(D - y)+ of lead + 1 periods less that of lead.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import ceil, inf, sqrt
from operator import mul

from inventory.stocking.distributions import Distribution, demand
from inventory.stocking.values import Levels

# A period's demand above this, or a purchase above that many units, is counted in lots of several.
MOST_A_PERIOD = 500
MOST_A_PURCHASE = 400


class Charge(StrEnum):
    """What a unit that is not there costs."""

    EACH_PERIOD = "EACH_PERIOD"  # for as long as it is waited for
    ONCE = "ONCE"  # the margin of a lost sale


class NothingPays(ValueError):
    """Losing every sale costs no more than the cheapest stock: there is no best level."""


@dataclass(frozen=True, slots=True)
class Case:
    """Stationary demand a period, by mean and variance over mean, and what things cost."""

    mean: float
    ratio: float
    lead: int
    fixed: float
    holding: float
    shortage: float
    charge: Charge = Charge.EACH_PERIOD


@dataclass(frozen=True, slots=True)
class Optimum:
    levels: Levels
    cost: float  # a period
    lot: int  # units that were counted as one


class _Counted:
    """A case in lots: chances of a period's demand, renewal density, and the cost of a period at each position."""

    def __init__(self, case: Case, lot: int) -> None:
        self.case, self.lot = case, lot
        self._bridged = demand(case.mean * (case.lead + 1), case.ratio)
        self._before = demand(case.mean * case.lead, case.ratio)
        self._chances = _in_lots(demand(case.mean, case.ratio), lot)
        still = 1 - self._chances[0]
        self._again = [one / still for one in self._chances[1:]]
        self._visits = [1 / still]
        self._costs: dict[int, float] = {}

    def cost_at(self, position: int) -> float:
        found = self._costs.get(position)
        if found is None:
            case, units = self.case, position * self.lot
            short = self._bridged.shortage(units)
            kept = units - self._bridged.mean + short
            charged = short - self._before.shortage(units) if case.charge is Charge.ONCE else short
            found = self._costs[position] = case.holding * kept + case.shortage * charged
        return found

    def visits(self, steps: int) -> list[float]:
        """m(0) to m(steps - 1)."""
        known, again = self._visits, self._again
        while len(known) < steps:
            # m(j) = (p(1) m(j-1) + p(2) m(j-2) + ...) / (1 - p(0))
            known.append(sum(map(mul, again, reversed(known))))
        return known

    def cost(self, reorder: int, target: int) -> float:
        steps = target - reorder
        visits = self.visits(steps)[:steps]
        at = self.cost_at
        paid = sum(visit * at(target - step) for step, visit in enumerate(visits))
        return (self.case.fixed + paid) / sum(visits)


def optimum(case: Case) -> Optimum:
    """The cheapest levels; counted in lots where demand or purchases are large. `NothingPays` where a lost unit costs too
    little."""
    purchase = sqrt(2 * case.mean * case.fixed / case.holding)
    lot = max(1, ceil(case.mean / MOST_A_PERIOD), ceil(purchase / MOST_A_PURCHASE))
    counted = _Counted(case, lot)
    best = round(counted.case.mean * (case.lead + 1) / lot)
    # G falls, then rises: walk to its bottom.
    while counted.cost_at(best + 1) < counted.cost_at(best):
        best += 1
    # Charged once, a shortage costs as much below zero as at it: who gets there without an end finds none.
    lowest = -1 if case.charge is Charge.ONCE else -inf
    while counted.cost_at(best - 1) <= counted.cost_at(best):
        best -= 1
        _require_gain(best, lowest)

    target, reorder = best, best - 1
    while counted.cost(reorder, target) > counted.cost_at(reorder):
        reorder -= 1
        _require_gain(reorder, lowest)
    cost = counted.cost(reorder, target)
    tried = target + 1
    while counted.cost_at(tried) <= cost:
        cheaper = counted.cost(reorder, tried)
        if cheaper < cost:
            target, cost = tried, cheaper
            while counted.cost(reorder, target) <= counted.cost_at(reorder + 1):
                reorder += 1
            cost = counted.cost(reorder, target)
        tried += 1
    return Optimum(Levels(reorder * lot, target * lot), cost, lot)


def _require_gain(position: int, lowest: float) -> None:
    if position < lowest:
        raise NothingPays("Losing every sale costs less than any stock.")


def cost_of(levels: Levels, case: Case) -> float:
    """What any levels cost a period in the long run: exact, in single units."""
    return _Counted(case, 1).cost(levels.reorder_point, max(levels.target, levels.reorder_point + 1))


def _in_lots(period: Distribution, lot: int) -> list[float]:
    """The chance of 0, 1, 2 ... lots; demand counts for the nearest whole lot."""
    found: list[float] = []
    below, lots = 0.0, 0
    while True:
        until = period.chance(lots * lot + (lot - 1) // 2)
        found.append(until - below)
        below, lots = until, lots + 1
        if (until > 1 - 1e-9 and lots * lot > period.mean) or lots > 20_000:
            return found
