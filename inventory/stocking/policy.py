"""The levels of one SKU in one warehouse from what is expected of it: when to buy, and how much, with every term on the way."""

from dataclasses import dataclass
from enum import StrEnum
from math import ceil, sqrt

from inventory.stocking import breaks, distributions, lead_times
from inventory.stocking.values import Economics, LeadTime, Levels, Outlook

# The position is looked at each night.
REVIEW_DAYS = 1.0
# The rate of demand that a purchase is sized for is that of the days the purchase lasts, found in so many turns.
TURNS = 3
# Chances beyond these are nobody's wish; they are what rounding makes of very cheap or very dear goods.
LEAST_LEVEL, MOST_LEVEL = 0.5, 0.9995


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
    expected, ratio = round(bridged.mean, 2), round(bridged.ratio, 2)
    demand = distributions.demand(expected, ratio)
    holding = economics.holding

    shortage, rate, lot = 0.0, 0.0, breaks.Lot(0, economics.unit_cost, 0.0)
    level, reorder_point = economics.service_level or LEAST_LEVEL, 0
    for _turn in range(TURNS):
        extra = economics.lost_margin * shortage if economics.service_level is None else 0.0
        rate = _rate(outlook, bridged.days, rate, economics, extra)
        lot = breaks.best_lot(rate, economics, extra)
        level = _service_level(rate, lot.quantity, economics)
        reorder_point = demand.quantile(level) if expected > 0 else 0
        shortage = demand.shortage(reorder_point)

    needed = reorder_point
    reorder_point = max(needed, economics.minimum_stock)
    quantity = lot.quantity if rate > 0 else 0
    uncut = reorder_point + quantity
    target = uncut if economics.maximum_stock is None else min(uncut, economics.maximum_stock)
    return Decision(
        protected_days=bridged.days,
        expected=expected,
        by_chance=round(bridged.by_chance, 2),
        by_doubt=round(bridged.by_doubt, 2),
        by_lead_time=round(bridged.by_lead_time, 2),
        ratio=ratio,
        rate=rate,
        holding=holding,
        basis=Basis.ECONOMIC if economics.service_level is None else Basis.STATED,
        service_level=level,
        safety_stock=round(needed - expected, 2),
        economic_quantity=round(sqrt(2 * rate * economics.order_cost / holding), 2) if holding > 0 else 0.0,
        quantity=quantity,
        unit_cost=lot.unit_cost,
        shortage=shortage,
        raised_to_minimum=reorder_point > needed,
        cut_to_maximum=target < uncut,
        levels=Levels(reorder_point, target),
    )


def _rate(outlook: Outlook, start: float, before: float, economics: Economics, extra: float) -> float:
    """Demand a day of the time that the next purchase lasts, which begins when it arrives."""
    if economics.cover_days is not None:
        days = max(economics.cover_days, 1.0)
    elif before > 0:
        days = min(max(breaks.best_lot(before, economics, extra).quantity / before, 7.0), 182.0)
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
