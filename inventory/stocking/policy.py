"""The levels of one SKU in one warehouse from what is expected of it: when to buy, and how much, with every term on the way.

The reorder point s has to last until what is bought at the next look is there: lead time and one review. It is the quantile of
that demand, a negative binomial by mean and variance, at the level at which one more unit costs as much to keep as it saves in lost
sales. A purchase is the economic quantity of the cost of ordering *and* of the sales that are expected to be lost in each
cycle. When somebody looks, the position has fallen below s already, by the undershoot; what is bought starts from there, so S
lies the purchase less the undershoot above s. docs/algorithms/stocking.md tells it with numbers.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import ceil, sqrt

from inventory.stocking import breaks, distributions, lead_times
from inventory.stocking.values import Economics, LeadTime, Levels, Outlook

# The position is looked at each night.
REVIEW_DAYS = 1.0
# Quantity, service level and expected shortage are found in turn; they hardly move after so many turns.
TURNS = 3
# Levels that follow from costs stay between these: what is beyond them is what rounding makes of very cheap or very dear goods.
LEAST_LEVEL, MOST_LEVEL = 0.3, 0.9995
# The demand that a purchase is sized for is that of the days it lasts, within these.
LEAST_DAYS, MOST_DAYS = 7.0, 182.0


class Basis(StrEnum):
    """Where the service level comes from."""

    STATED = "STATED"  # staff say it
    ECONOMIC = "ECONOMIC"  # what a lost sale costs against what stock costs


@dataclass(frozen=True, slots=True)
class Decision:
    """Every term, in the order in which they follow from each other; `levels` is the result."""

    protected_days: float
    expected: float  # demand of these days
    by_chance: float  # variance of it
    by_doubt: float
    by_lead_time: float
    ratio: float  # variance over mean of it
    undershoot: float  # units that the position usually lies below the reorder point when an order is written
    rate: float  # demand a day while a purchase lasts
    holding: float  # a unit a day
    basis: Basis
    service_level: float
    safety_stock: float  # the reorder point above what is expected
    economic_quantity: float  # before minimum, packs and breaks
    quantity: int  # one purchase
    unit_cost: float  # at that quantity
    shortage: float  # units expected to be short in one cycle
    raised_to_minimum: bool
    cut_to_maximum: bool
    levels: Levels

    @property
    def fill_rate(self) -> float:
        """The share of units that is expected to be sold from the shelf."""
        sold = self.quantity + self.shortage
        return 1 - self.shortage / sold if sold > 0 else 1.0


def levels(outlook: Outlook, lead: LeadTime, economics: Economics, *, review_days: float = REVIEW_DAYS) -> Levels:
    """(s, S): at or below s, buy up to S. `review_days` are those until one may order again."""
    return decide(outlook, lead, economics, review_days=review_days).levels


def decide(outlook: Outlook, lead: LeadTime, economics: Economics, *, review_days: float = REVIEW_DAYS) -> Decision:
    """The same with every term; (R, Q) takes `levels.reorder_point` and `quantity` of it."""
    bridged = lead_times.demand_over(outlook, lead, review_days)
    a_period = lead_times.expected_over(outlook, review_days)
    # Figures are rounded where they are named, and counted with as rounded: whoever checks by hand comes to the same.
    expected, ratio = round(bridged.mean, 2), round(bridged.ratio, 2)
    undershoot = round(lead_times.undershoot(a_period, max(outlook.dispersion, 1.0)), 2)
    demand = distributions.demand(expected, ratio)
    stated = economics.service_level

    shortage, rate, level, reorder_point = 0.0, 0.0, stated or LEAST_LEVEL, 0
    lot = breaks.Lot(0, economics.unit_cost, 0.0)
    for _turn in range(TURNS):
        extra = economics.lost_margin * shortage if stated is None else 0.0
        rate = _rate(outlook, bridged.days, rate, economics, extra)
        if rate <= 0:
            break
        lot = breaks.best_lot(rate, economics, extra)
        level = _service_level(rate, lot.quantity, economics)
        reorder_point = demand.quantile(level)
        shortage = demand.shortage(reorder_point)

    lifted = max(reorder_point, economics.minimum_stock)
    uncut = lifted + _above(lot, undershoot, economics) if rate > 0 else lifted
    target = uncut if economics.maximum_stock is None else min(uncut, economics.maximum_stock)
    return Decision(
        protected_days=bridged.days,
        expected=expected,
        by_chance=round(bridged.by_chance, 2),
        by_doubt=round(bridged.by_doubt, 2),
        by_lead_time=round(bridged.by_lead_time, 2),
        ratio=ratio,
        undershoot=undershoot,
        rate=rate,
        holding=economics.holding,
        basis=Basis.ECONOMIC if stated is None else Basis.STATED,
        service_level=level,
        safety_stock=round(reorder_point - expected, 2),
        economic_quantity=round(sqrt(2 * rate * economics.order_cost / economics.holding), 2) if economics.holding else 0.0,
        quantity=lot.quantity if rate > 0 else 0,
        unit_cost=lot.unit_cost,
        shortage=round(shortage, 4),
        raised_to_minimum=lifted > reorder_point,
        cut_to_maximum=target < uncut,
        levels=Levels(lifted, target),
    )


def _above(lot: breaks.Lot, undershoot: float, economics: Economics) -> int:
    """How far the target lies above the reorder point: what is missing when an order is written is this and the undershoot.
    The quantity of a price break has to be reached whatever the undershoot."""
    least = max((tier.quantity for tier in economics.breaks if tier.quantity <= lot.quantity), default=1)
    return max(ceil(lot.quantity - undershoot), least, 1)


def _rate(outlook: Outlook, start: float, before: float, economics: Economics, extra: float) -> float:
    """Demand a day of the time that the next purchase lasts, which begins when it arrives."""
    if economics.cover_days is not None:
        days = max(economics.cover_days, 1.0)
    elif before > 0:
        days = min(max(breaks.best_lot(before, economics, extra).quantity / before, LEAST_DAYS), MOST_DAYS)
    else:
        days = 28.0
    return round(lead_times.expected_over(outlook, days, start) / days, 4)


def _service_level(rate: float, quantity: int, economics: Economics) -> float:
    """The chance of no stock-out in a cycle. Where nothing is stated: one more unit at the reorder point costs its holding for
    the cycle, rate and quantity say how long that is, and saves a lost sale with the chance of a stock-out
    (Hadley and Whitin, 1963, lost sales): 1 - hQ / (hQ + p d)."""
    if economics.service_level is not None:
        return economics.service_level
    holding = economics.holding * quantity
    lost = economics.lost_margin * rate
    level = lost / (lost + holding) if lost + holding > 0 else LEAST_LEVEL
    return round(min(max(level, LEAST_LEVEL), MOST_LEVEL), 4)


def packs_for(wanted: int, economics: Economics) -> int:
    """What is bought where so much is missing: nothing, or at least the minimum, in full packs."""
    return breaks.in_packs(ceil(wanted), economics) if wanted > 0 else 0
