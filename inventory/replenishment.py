"""How much to buy of one SKU for one warehouse, and why: reviewed each night, with a reorder point and a target, (R, s, S).

At each review the stock position is compared with the reorder point s; at or below it, as much is bought as lifts the position
to the target S. What is bought at one review protects until the goods of the next one are here, so s has to last for the lead
time and one review interval. Source: E. A. Silver, D. F. Pyke, D. J. Thomas, Inventory and Production Management in Supply
Chains, 4th edition (2017), on individual items with probabilistic demand: the (R, s, S) system, with the safety factor of a
given chance of no stock-out in a cycle. docs/algorithms/replenishment.md tells it with numbers.

Each figure is rounded where it is named, and the next one is counted from the rounded one: whoever checks a plan by hand
comes to the same numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil, sqrt
from statistics import NormalDist, stdev

# R: the position is looked at each night.
REVIEW_DAYS = 1
# The window of demand: eight weeks hold each weekday eight times, and are short enough to follow a season.
WINDOW_DAYS = 56
# Where none of those days counts, as far back: else what was sold out for weeks would never be bought again.
LONG_WINDOW_DAYS = 364
# Fewer days than this are no rate: what was sold in them is spread over this many, and varies as chance alone would.
FEW_DAYS = 7


class Nothing(StrEnum):
    """Why nothing is bought."""

    ENOUGH = "ENOUGH"  # the position lies above the reorder point
    FULL = "FULL"  # the position is at the target already, or at the maximum
    NO_ROOM = "NO_ROOM"  # the least one may order would lift the stock above the maximum
    NO_DEMAND = "NO_DEMAND"  # nothing was sold, and no minimum is set
    NO_HISTORY = "NO_HISTORY"  # it never lay there to be sold, and no minimum is set


class Rounding(StrEnum):
    """What became of the units that the formula asks for."""

    NONE = "NONE"  # bought as they are
    MINIMUM = "MINIMUM"  # raised to the least one may order
    PACKS = "PACKS"  # raised to full packs
    MAXIMUM = "MAXIMUM"  # cut to the full packs that fit below the maximum


@dataclass(frozen=True, slots=True)
class Demand:
    """Closed business days, oldest first: units shipped on each, and whether none lay there when it ended."""

    shipped: Sequence[int]
    sold_out: Sequence[bool]


@dataclass(frozen=True, slots=True)
class Terms:
    """What staff decided for the SKU in the warehouse, and what its supplier asks for."""

    lead_time_days: int
    cover_days: int
    service_level: float
    minimum_stock: int = 0
    maximum_stock: int | None = None
    minimum_quantity: int = 1
    order_multiple: int = 1


@dataclass(frozen=True, slots=True)
class Position:
    on_hand: int = 0
    reserved: int = 0
    on_order: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """Every term of the formula, in the order in which they follow from each other."""

    days_counted: int
    days_left_out: int
    units: int
    few_days: bool
    mean: float
    deviation: float
    protected_days: int
    expected_demand: float
    safety_factor: float
    safety_stock: float
    reorder_point: int
    raised_to_minimum: bool
    target: int
    cut_to_maximum: bool
    position: int
    days_of_cover: float | None
    wanted: int
    rounding: Rounding
    quantity: int
    nothing: Nothing | None


def plan(demand: Demand, terms: Terms, position: Position) -> Plan:
    counted = days_that_count(demand)
    units, few = sum(counted), len(counted) < FEW_DAYS
    mean = round(units / max(len(counted), FEW_DAYS), 4)
    # By chance alone (Poisson) the variance of a day is its mean.
    deviation = round(sqrt(mean) if few else stdev(counted), 4)

    protected = terms.lead_time_days + REVIEW_DAYS
    expected = round(mean * protected, 2)
    factor = round(NormalDist().inv_cdf(terms.service_level), 4)
    safety = round(factor * deviation * sqrt(protected), 2)

    needed = ceil(round(expected + safety, 2))
    reorder_point = max(needed, terms.minimum_stock)
    uncut = reorder_point + ceil(round(mean * terms.cover_days, 2))
    target = uncut if terms.maximum_stock is None else min(uncut, terms.maximum_stock)

    stock = position.on_hand - position.reserved + position.on_order
    wanted = max(target - stock, 0) if stock <= reorder_point else 0
    room = None if terms.maximum_stock is None else terms.maximum_stock - stock
    quantity, rounding = rounded(wanted, terms.minimum_quantity, terms.order_multiple, room)
    return Plan(
        days_counted=len(counted),
        days_left_out=len(demand.shipped) - len(counted),
        units=units,
        few_days=few,
        mean=mean,
        deviation=deviation,
        protected_days=protected,
        expected_demand=expected,
        safety_factor=factor,
        safety_stock=safety,
        reorder_point=reorder_point,
        raised_to_minimum=reorder_point > needed,
        target=target,
        cut_to_maximum=target < uncut,
        position=stock,
        days_of_cover=round((position.on_hand - position.reserved) / mean, 1) if mean else None,
        wanted=wanted,
        rounding=rounding,
        quantity=quantity,
        nothing=None if quantity else _why_nothing(wanted, stock, reorder_point, uncut, len(counted)),
    )


def days_that_count(demand: Demand) -> list[int]:
    """Units of the days that tell about demand.

    A day that ended with nothing on hand hides what would have been sold. It is left out, unless more was sold on it than on an
    average day with stock: demand was at least that, and leaving it out would make a SKU that sells out look slow.
    """
    days = list(zip(demand.shipped, demand.sold_out, strict=True))
    with_stock = [units for units, sold_out in days if not sold_out]
    average = sum(with_stock) / len(with_stock) if with_stock else 0
    return [units for units, sold_out in days if not sold_out or units > average]


def rounded(wanted: int, minimum_quantity: int, order_multiple: int, room: int | None) -> tuple[int, Rounding]:
    """Units that the supplier will sell and the maximum leaves room for; zero where there are none."""
    if not wanted:
        return 0, Rounding.NONE
    least = _full_packs(minimum_quantity, order_multiple)
    quantity = max(least, _full_packs(wanted, order_multiple))
    if room is not None and quantity > room:
        fitting = room // order_multiple * order_multiple
        return (fitting if fitting >= least else 0), Rounding.MAXIMUM
    if quantity == wanted:
        return quantity, Rounding.NONE
    return quantity, Rounding.MINIMUM if wanted < minimum_quantity else Rounding.PACKS


def orderable(quantity: int, minimum_quantity: int, order_multiple: int) -> int:
    """The least the supplier sells that is not less than this: the quantity itself where it keeps the supplier's terms."""
    return rounded(quantity, minimum_quantity, order_multiple, None)[0]


def is_another_need(dismissed: int, quantity: int) -> bool:
    """Whether a need differs from one that staff said no to: a few more units are the same need, twice as many are not."""
    return quantity >= 2 * dismissed


def _full_packs(units: int, order_multiple: int) -> int:
    return -(-units // order_multiple) * order_multiple


def _why_nothing(wanted: int, stock: int, reorder_point: int, uncut: int, days_counted: int) -> Nothing:
    if wanted:
        return Nothing.NO_ROOM
    if uncut == 0 and stock == 0:
        return Nothing.NO_DEMAND if days_counted else Nothing.NO_HISTORY
    return Nothing.ENOUGH if stock > reorder_point else Nothing.FULL
