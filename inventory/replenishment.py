"""How much to buy of one SKU for one warehouse, and why: reviewed each night, with a reorder point and a target, (R, s, S).

At each review the stock position is compared with the reorder point s; at or below it, as much is bought as lifts the position
to the target S, or in equal lots Q. What is bought at one review protects until the goods of the next one are here, so s has to
last for the lead time and until one may order again. Source: E. A. Silver, D. F. Pyke, D. J. Thomas, Inventory and Production
Management in Supply Chains, 4th edition (2017), on individual items with probabilistic demand: the (R, s, S) system, with the
safety factor of a given chance of no stock-out in a cycle, and on variable lead times. docs/algorithms/replenishment.md tells
it with numbers.

Two ways lead to s and S: from demand as it is expected (`advised`, by inventory/stocking), and without that from demand as it
was recorded (`plan`). Each figure is rounded where it is named, and the next one is counted from the rounded one: whoever
checks a plan by hand comes to the same numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil, sqrt
from statistics import NormalDist, pvariance, stdev
from typing import Any

from inventory.stocking import breaks, lead_times
from inventory.stocking.policy import decide
from inventory.stocking.values import Economics, LeadTime, Outlook, PriceBreak

# R where a supplier takes orders every day: the position is looked at each night.
REVIEW_DAYS = 1
# The window of demand: eight weeks hold each weekday eight times, and are short enough to follow a season.
WINDOW_DAYS = 56
# Where none of those days counts, as far back: else what was sold out for weeks would never be bought again.
LONG_WINDOW_DAYS = 364
# Fewer days than this are no rate: what was sold in them is spread over this many, and varies as chance alone would.
FEW_DAYS = 7
# A price break is never bought for more days of demand than this: what lies longer goes out of fashion, whatever it saved.
BREAK_DAYS = 90
# Days of cover are told at the demand of so many coming days.
NEAR_DAYS = 7


class Nothing(StrEnum):
    """Why nothing is bought."""

    ENOUGH = "ENOUGH"  # the position lies above the reorder point
    FULL = "FULL"  # the position is at the target already, or at the maximum
    NO_ROOM = "NO_ROOM"  # the least one may order would lift the stock above the maximum
    NO_DEMAND = "NO_DEMAND"  # nothing was sold, and no minimum is set
    NO_HISTORY = "NO_HISTORY"  # it never lay there to be sold, and no minimum is set
    BUDGET = "BUDGET"  # what is left of the month's budget went to more urgent needs
    DELIVERY = "DELIVERY"  # what fits into one delivery of the supplier went to more urgent needs


class Rounding(StrEnum):
    """What became of the units that the formula asks for."""

    NONE = "NONE"  # bought as they are
    MINIMUM = "MINIMUM"  # raised to the least one may order
    PACKS = "PACKS"  # raised to full packs
    BREAK = "BREAK"  # raised to a price break that pays for the longer time on the shelf
    MAXIMUM = "MAXIMUM"  # cut to the full packs that fit below the maximum


class Basis(StrEnum):
    """What the plan was made from."""

    ADVICE = "ADVICE"  # demand as it is expected
    RECORDED = "RECORDED"  # demand as it was shipped


@dataclass(frozen=True, slots=True)
class Demand:
    """Closed business days, oldest first: units shipped on each, and whether none lay there when it ended."""

    shipped: Sequence[int]
    sold_out: Sequence[bool]


@dataclass(frozen=True, slots=True)
class Terms:
    """What staff decided for the SKU in the warehouse, what its supplier asks for, and what stock costs the shop.

    `lead_time_days` is the mean one reckons with, `review_days` the days until the order day after the next. `cover_days`
    counts where `by_cost` is off or nothing is known but what was recorded. `lots`: always the same quantity, or several of it.
    """

    lead_time_days: float
    cover_days: int
    service_level: float
    minimum_stock: int = 0
    maximum_stock: int | None = None
    minimum_quantity: int = 1
    order_multiple: int = 1
    lead_time_deviation: float = 0.0
    review_days: int = REVIEW_DAYS
    lots: bool = False
    by_cost: bool = True
    unit_cost: float = 0.0
    margin: float = 0.0
    holding_rate: float = 0.25
    order_cost: float = 0.0
    breaks: Sequence[tuple[int, float]] = ()

    def economics(self) -> Economics:
        """For the rules of stocking. They are not told of the maximum stock: it is applied here, whatever the basis."""
        return Economics(
            unit_cost=self.unit_cost,
            lost_margin=self.margin,
            holding_rate=self.holding_rate,
            order_cost=self.order_cost,
            service_level=self.service_level,
            cover_days=None if self.by_cost else self.cover_days,
            minimum_quantity=self.minimum_quantity,
            order_multiple=self.order_multiple,
            breaks=[PriceBreak(quantity, cost) for quantity, cost in self.breaks],
            minimum_stock=self.minimum_stock,
        )


@dataclass(frozen=True, slots=True)
class Position:
    """`on_order` is on open purchase orders but the draft being thought over, `in_transit` between warehouses."""

    on_hand: int = 0
    reserved: int = 0
    on_order: int = 0
    in_transit: int = 0

    @property
    def units(self) -> int:
        return self.on_hand - self.reserved + self.on_order + self.in_transit


@dataclass(frozen=True, slots=True)
class Plan:
    """Every term of the formula, in the order in which they follow from each other. From recorded demand."""

    days_counted: int
    days_left_out: int
    units: int
    few_days: bool
    mean: float
    deviation: float
    protected_days: float
    expected_demand: float
    safety_factor: float
    safety_stock: float
    reorder_point: int
    raised_to_minimum: bool
    lot: int
    target: int
    cut_to_maximum: bool
    position: int
    days_of_cover: float | None
    wanted: int
    rounding: Rounding
    quantity: int
    nothing: Nothing | None


@dataclass(frozen=True, slots=True)
class Advised:
    """The same from expected demand. `mean` is that of the coming week, `rate` that of the time which the purchase lasts."""

    mean: float
    protected_days: float
    expected_demand: float
    by_chance: float
    by_doubt: float
    by_lead_time: float
    ratio: float
    safety_stock: float
    reorder_point: int
    raised_to_minimum: bool
    rate: float
    economic_quantity: float
    lot: int
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

    protected = round(terms.lead_time_days + terms.review_days, 1)
    expected = round(mean * protected, 2)
    factor = round(NormalDist().inv_cdf(terms.service_level), 4)
    late = mean * terms.lead_time_deviation
    safety = round(factor * sqrt(deviation * deviation * protected + late * late), 2)

    needed = ceil(round(expected + safety, 2))
    reorder_point = max(needed, terms.minimum_stock)
    lot = ceil(round(mean * terms.cover_days, 2))
    bought = _bought(reorder_point, lot, reorder_point + lot, terms, position, mean)
    available = position.on_hand - position.reserved
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
        lot=bought.lot,
        target=bought.target,
        cut_to_maximum=bought.target < bought.uncut,
        position=position.units,
        days_of_cover=round(available / mean, 1) if mean else None,
        wanted=bought.wanted,
        rounding=bought.rounding,
        quantity=bought.quantity,
        nothing=None if bought.quantity else _why_nothing(bought, reorder_point, position.units, bool(counted)),
    )


def advised(outlook: Outlook, terms: Terms, position: Position) -> Advised:
    """Levels by inventory/stocking/policy.py, which keeps its terms; what is bought follows as in `plan`."""
    lead = LeadTime(terms.lead_time_days, terms.lead_time_deviation)
    decision = decide(outlook, lead, terms.economics(), review_days=terms.review_days)
    near = round(lead_times.expected_over(outlook, NEAR_DAYS) / NEAR_DAYS, 4)
    reorder_point = decision.levels.reorder_point
    bought = _bought(reorder_point, decision.quantity, decision.levels.target, terms, position, decision.rate)
    available = position.on_hand - position.reserved
    return Advised(
        mean=near,
        protected_days=round(decision.protected_days, 1),
        expected_demand=decision.expected,
        by_chance=decision.by_chance,
        by_doubt=decision.by_doubt,
        by_lead_time=decision.by_lead_time,
        ratio=decision.ratio,
        safety_stock=decision.safety_stock,
        reorder_point=reorder_point,
        raised_to_minimum=decision.raised_to_minimum,
        rate=decision.rate,
        economic_quantity=decision.economic_quantity,
        lot=bought.lot,
        target=bought.target,
        cut_to_maximum=bought.target < bought.uncut,
        position=position.units,
        days_of_cover=round(available / near, 1) if near else None,
        wanted=bought.wanted,
        rounding=bought.rounding,
        quantity=bought.quantity,
        nothing=None if bought.quantity else _why_nothing(bought, reorder_point, position.units, known=True),
    )


@dataclass(frozen=True, slots=True)
class _Bought:
    lot: int
    uncut: int
    target: int
    wanted: int
    quantity: int
    rounding: Rounding


def _bought(reorder_point: int, lot: int, uncut: int, terms: Terms, position: Position, rate: float) -> _Bought:
    """`uncut` is the target before the maximum stock. Lots bring the position from the reorder point to their own target."""
    if terms.lots:
        # Lots are what the supplier sells, so that several of them are as well.
        lot = rounded(lot, terms.minimum_quantity, terms.order_multiple, None)[0]
        uncut = reorder_point + lot
    target = uncut if terms.maximum_stock is None else min(uncut, terms.maximum_stock)
    stock = position.units
    wanted = max(target - stock, 0) if stock <= reorder_point else 0
    if terms.lots and lot and wanted:
        # As many lots as lift the position above the reorder point; that many never pass the target.
        wanted = min(((reorder_point - stock) // lot + 1) * lot, wanted)
    room = None if terms.maximum_stock is None else terms.maximum_stock - stock
    quantity, rounding = rounded(wanted, terms.minimum_quantity, terms.order_multiple, room)
    dearer = raised_to_break(quantity, rate, terms, room)
    if dearer > quantity:
        quantity, rounding = dearer, Rounding.BREAK
    return _Bought(lot, uncut, target, wanted, quantity, rounding)


def raised_to_break(quantity: int, rate: float, terms: Terms, room: int | None) -> int:
    """The quantity of a price break beyond this one, where its price pays for the longer time on the shelf."""
    if not quantity or rate <= 0:
        return quantity
    economics = terms.economics()

    def daily_cost(units: int) -> float:
        cost = breaks.unit_cost_of(units, economics)
        return rate * cost + rate * terms.order_cost / units + terms.holding_rate * cost / 365 * units / 2

    beyond = (breaks.in_packs(first, economics) for first, _cost in terms.breaks if first > quantity)
    fitting = [units for units in beyond if units <= rate * BREAK_DAYS and (room is None or units <= room)]
    return min([quantity, *fitting], key=lambda units: (round(daily_cost(units), 6), units))


def most(explanation: dict[str, Any]) -> int:
    """What a plan may buy at most, recounted from its explanation: what is missing to the target, as the supplier sells it."""
    told, terms = explanation["plan"], _terms(explanation["terms"])
    missing = max(told["target"] - told["position"], 0)
    room = None if terms.maximum_stock is None else terms.maximum_stock - told["position"]
    units, _rounding = rounded(min(told["wanted"], missing), terms.minimum_quantity, terms.order_multiple, room)
    return raised_to_break(units, told.get("rate", told["mean"]), terms, room)


def _terms(told: dict[str, Any]) -> Terms:
    """As they were written down."""
    return Terms(**{**told, "breaks": [(quantity, cost) for quantity, cost in told.get("breaks", ())]})


def days_that_count(demand: Demand) -> list[int]:
    """Units of the days that tell about demand.

    A day that ended with nothing on hand hides what would have been sold. It is left out, unless more was sold on it than on an
    average day with stock: demand was at least that, and leaving it out would make a SKU that sells out look slow.
    """
    days = list(zip(demand.shipped, demand.sold_out, strict=True))
    with_stock = [units for units, sold_out in days if not sold_out]
    average = sum(with_stock) / len(with_stock) if with_stock else 0
    return [units for units, sold_out in days if not sold_out or units > average]


def outlook(demand: Demand) -> Outlook:
    """What was recorded goes on, as flat as it is known: the mean of the days that count, and how much they differ."""
    counted = days_that_count(demand)
    mean = round(sum(counted) / max(len(counted), FEW_DAYS), 4)
    scattered = pvariance(counted) / mean if mean and len(counted) >= FEW_DAYS else 1.0
    return Outlook((mean,), round(max(scattered, 1.0), 4))


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


def _why_nothing(bought: _Bought, reorder_point: int, stock: int, known: bool) -> Nothing:
    if bought.wanted:
        return Nothing.NO_ROOM
    if bought.uncut == 0 and stock == 0:
        return Nothing.NO_DEMAND if known else Nothing.NO_HISTORY
    return Nothing.ENOUGH if stock > reorder_point else Nothing.FULL
