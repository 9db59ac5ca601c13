"""Rules that books give, as referees: what a shop would use that knows no better. None of them drives a proposal."""

from dataclasses import dataclass
from math import ceil, floor, sqrt

from inventory.stocking.distributions import safety_factor
from inventory.stocking.values import Levels


@dataclass(frozen=True, slots=True)
class Moments:
    """Demand a period, as counted: mean and standard deviation, and the periods until a purchase is there."""

    mean: float
    deviation: float
    lead: float


@dataclass(frozen=True, slots=True)
class Costs:
    """Of one order, of a unit kept for a period, of a unit short."""

    fixed: float
    holding: float
    shortage: float


def economic_quantity(rate: float, fixed: float, holding: float) -> float:
    """F. W. Harris (1913): sqrt(2 K d / h)."""
    return sqrt(2 * rate * fixed / holding) if holding > 0 else rate


def newsvendor_normal(moments: Moments, costs: Costs) -> Levels:
    """The reorder point of the newsvendor with normal demand over lead time and review, and the economic quantity above it."""
    days = moments.lead + 1
    factor = safety_factor(costs.shortage / (costs.shortage + costs.holding))
    reorder = round(moments.mean * days + factor * moments.deviation * sqrt(days))
    return _above(reorder, economic_quantity(moments.mean, costs.fixed, costs.holding))


def power_approximation(moments: Moments, costs: Costs) -> Levels:
    """R. Ehrhardt, C. Mosier, A Revision of the Power Approximation for Computing (s, S) Policies, Management Science 30 (1984)
    618-622: regressions over optimal policies."""
    mean, variance, lead = moments.mean, moments.deviation**2, moments.lead
    if mean <= 0:
        return Levels(0, 0)
    over, spread = (lead + 1) * mean, sqrt((lead + 1) * variance)
    quantity = 1.30 * mean**0.494 * (costs.fixed / costs.holding) ** 0.506 * (1 + spread**2 / mean**2) ** 0.116
    risk = sqrt(quantity * costs.holding / (spread * costs.shortage)) if spread > 0 else 1.0
    low = 0.973 * over + spread * (0.183 / risk + 1.063 - 2.192 * risk)
    if quantity > 1.5 * mean:
        return _above(round(low), quantity)
    factor = safety_factor(costs.shortage / (costs.shortage + costs.holding))
    most = over + factor * spread
    return _rounded(min(low, most), min(low + quantity, most))


def normal_lots(moments: Moments, costs: Costs, lot_holding: float) -> Levels:
    """(R, Q) with normal demand over the lead time; the chance of no stock-out is the newsvendor's, p / (p + h L).

    The economic quantity counts capital at `lot_holding` a unit and day: shops that know no cost price take the selling price.
    """
    days = max(moments.lead, 1.0)
    factor = safety_factor(costs.shortage / (costs.shortage + costs.holding * days))
    reorder = floor(moments.mean * days + factor * moments.deviation * sqrt(days))
    return Levels(reorder, reorder + max(ceil(economic_quantity(moments.mean, costs.fixed, lot_holding)), 1))


def fixed_point(moments: Moments, costs: Costs) -> Levels:
    """1.65 deviations above the demand of lead time and review: "95 % service", set once."""
    days = moments.lead + 1
    reorder = floor(moments.mean * days + 1.65 * moments.deviation * sqrt(days))
    return Levels(reorder, reorder + max(ceil(economic_quantity(moments.mean, costs.fixed, costs.holding)), 1))


def days_of_cover(moments: Moments, days: float) -> Levels:
    """So many days of demand on hand or coming, and one for the review; bought for as many again."""
    return Levels(floor(moments.mean * (days + 1)), ceil(moments.mean * (2 * days + 1)))


def _above(reorder: int, quantity: float) -> Levels:
    return Levels(reorder, reorder + max(round(quantity), 1))


def _rounded(low: float, high: float) -> Levels:
    return Levels(round(low), max(round(high), round(low) + 1))
