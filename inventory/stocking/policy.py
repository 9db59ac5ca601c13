"""The levels of one SKU in one warehouse from what is expected of it: when to buy, and how much, with every term on the way.

The reorder point s has to last until what is bought at the next look is there: lead time and one review. It is the quantile of
that demand, a negative binomial by mean and variance, at the level at which one more unit costs as much to keep as it saves in
lost sales. A purchase is the economic quantity of the cost of ordering *and* of that part of the sales lost in each cycle which
larger purchases avoid. When somebody looks, the position has fallen below s already, by the undershoot; what is bought starts
from there, so S lies the purchase less the undershoot above s. docs/algorithms/stocking.md tells it with numbers.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import ceil, sqrt

from inventory.stocking import breaks, distributions, exact, lead_times
from inventory.stocking.values import Economics, LeadTime, Levels, Outlook

# The position is looked at each night.
REVIEW_DAYS = 1.0
# Quantity, service level and expected shortage are found in turn; they hardly move after so many turns.
TURNS = 3
# Levels that follow from costs stay between these: what is beyond them is what rounding makes of very cheap or very dear goods.
LEAST_LEVEL, MOST_LEVEL = 0.3, 0.9995
# The demand that a purchase is sized for is that of the days it lasts, within these.
LEAST_DAYS, MOST_DAYS = 7.0, 182.0
# The textbook's level falls as a purchase lasts longer, since it knows one danger in each cycle: its end. Orders of many units
# are a danger on every day of it. So the level is that of a cycle half way, in proportion, between the own and a usual one.
USUAL_CYCLE = 60.0
# And of the sales lost in a cycle only so much is avoided by having fewer cycles; else lots grow that fill less than the same
# stock kept as safety.
AVOIDED = 0.25


class Basis(StrEnum):
    """Where the service level comes from."""

    STATED = "STATED"  # staff say it
    ECONOMIC = "ECONOMIC"  # what a lost sale costs against what stock costs


class Method(StrEnum):
    """How the levels were found."""

    QUANTILE = "QUANTILE"  # the quantile of the demand to bridge, and an economic quantity
    EXACT = "EXACT"  # the cheapest of all, for demand that stays as it is


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
    method: Method
    levels: Levels

    @property
    def fill_rate(self) -> float:
        """The share of units that is expected to be sold from the shelf."""
        sold = self.quantity + self.shortage
        return 1 - self.shortage / sold if sold > 0 else 1.0


def levels(outlook: Outlook, lead: LeadTime, economics: Economics, *, review_days: float = REVIEW_DAYS) -> Levels:
    """(s, S): at or below s, buy up to S. `review_days` are those until one may order again."""
    return decide(outlook, lead, economics, review_days=review_days).levels


def decide(
    outlook: Outlook, lead: LeadTime, economics: Economics, *, review_days: float = REVIEW_DAYS, exactly: bool = False
) -> Decision:
    """The same with every term; (R, Q) takes `levels.reorder_point` and `quantity` of it.

    `exactly` asks for the cheapest levels of all where `is_stationary`; that takes some ten times as long.
    """
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
        extra = AVOIDED * economics.lost_margin * shortage if stated is None else 0.0
        rate = _rate(outlook, bridged.days, rate, economics, extra)
        if rate <= 0:
            break
        lot = breaks.best_lot(rate, economics, extra)
        level = _service_level(rate, lot.quantity, economics)
        reorder_point = demand.quantile(level)
        shortage = demand.shortage(reorder_point)

    method, above = Method.QUANTILE, _above(lot, undershoot, economics) if rate > 0 else 0
    best = _best(outlook, lead, economics) if exactly and is_stationary(outlook, lead, economics, review_days) else None
    if best is not None and rate > 0:
        method, reorder_point, above = Method.EXACT, best.reorder_point, best.target - best.reorder_point
        level, shortage = round(demand.chance(reorder_point), 4), demand.shortage(reorder_point)

    lifted = max(reorder_point, economics.minimum_stock)
    uncut = lifted + above
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
        method=method,
        levels=Levels(lifted, target),
    )


def is_stationary(outlook: Outlook, lead: LeadTime, economics: Economics, review_days: float = REVIEW_DAYS) -> bool:
    """Whether the exact optimum speaks of this: every day is like the others and well known, goods take the same whole number
    of days, costs alone decide, and neither minimum, packs nor breaks bind the quantity."""
    return (
        bool(outlook.daily)
        and max(outlook.daily) - min(outlook.daily) < 1e-9
        and outlook.doubt == 0
        and lead.deviation == 0
        and lead.mean == int(lead.mean)
        and review_days == 1
        and economics.service_level is None
        and economics.cover_days is None
        and economics.minimum_quantity <= 1
        and economics.order_multiple <= 1
        and not economics.breaks
        and min(economics.holding, economics.lost_margin, economics.order_cost) > 0
    )


def saved(outlook: Outlook, lead: LeadTime, economics: Economics, *, position: int, quantity: int) -> float:
    """The margin that is expected not to be lost because so much is bought now and not at the next look."""
    bridged = lead_times.demand_over(outlook, lead, REVIEW_DAYS)
    demand = distributions.demand(round(bridged.mean, 2), round(bridged.ratio, 2))
    return economics.lost_margin * max(demand.shortage(position) - demand.shortage(position + quantity), 0.0)


def _best(outlook: Outlook, lead: LeadTime, economics: Economics) -> Levels | None:
    try:
        return exact.optimum(_case(outlook, lead, economics)).levels
    except exact.NothingPays:
        return None


def _case(outlook: Outlook, lead: LeadTime, economics: Economics) -> exact.Case:
    return exact.Case(
        mean=outlook.daily[0],
        ratio=max(outlook.dispersion, 1.0),
        lead=int(lead.mean),
        fixed=economics.order_cost,
        holding=economics.holding,
        shortage=economics.lost_margin,
        charge=exact.Charge.ONCE,
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
    the cycle T and saves a lost sale with the chance of a stock-out (Hadley and Whitin, 1963, lost sales): p / (p + h T)."""
    if economics.service_level is not None:
        return economics.service_level
    holding = economics.holding * sqrt(USUAL_CYCLE * quantity / rate)
    lost = economics.lost_margin
    level = lost / (lost + holding) if lost + holding > 0 else LEAST_LEVEL
    return round(min(max(level, LEAST_LEVEL), MOST_LEVEL), 4)
