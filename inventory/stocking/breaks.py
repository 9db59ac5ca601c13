"""How much one purchase brings: the economic order quantity under a minimum, full packs and all-units price breaks."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, sqrt

from inventory.stocking.values import Economics, PriceBreak


@dataclass(frozen=True, slots=True)
class Lot:
    """One purchase: its units, what each costs, and what buying, ordering and holding cost a day with it."""

    quantity: int
    unit_cost: float
    daily_cost: float


def in_packs(units: float, economics: Economics) -> int:
    """The least the supplier sells that is not less than this."""
    multiple = max(economics.order_multiple, 1)
    least = max(units, economics.minimum_quantity, 1)
    return ceil(round(least / multiple, 6)) * multiple


def best_lot(rate: float, economics: Economics, extra_cost: float = 0.0) -> Lot:
    """The cheapest lot for a demand of `rate` units a day; `extra_cost` falls due with each order beside the line's.

    With one price the cost is convex in the quantity, so the best of a price tier is the tier's own economic quantity where it
    lies inside the tier, else the tier's first one; the best of all tiers is the best of these (G. Hadley, T. M. Whitin,
    Analysis of Inventory Systems, 1963, on all-units discounts). Days of cover that staff stated stand, unless a break
    beyond them is cheaper.
    """
    fixed = economics.order_cost + extra_cost
    lots = []
    for tier in _tiers(economics):
        holding = economics.holding_rate * tier.unit_cost / 365
        if economics.cover_days is not None:
            wanted = rate * economics.cover_days
        else:
            wanted = sqrt(2 * rate * fixed / holding) if holding > 0 else rate * 365
        quantity = in_packs(max(wanted, tier.quantity), economics)
        lots.append(Lot(quantity, tier.unit_cost, rate * tier.unit_cost + rate * fixed / quantity + holding * quantity / 2))
    # Of equally cheap ones the smallest.
    return min(lots, key=lambda lot: (lot.daily_cost, lot.quantity))


def unit_cost_of(quantity: int, economics: Economics) -> float:
    """What each unit costs in an order of this size."""
    return [tier.unit_cost for tier in _tiers(economics) if tier.quantity <= max(quantity, 1)][-1]


def _tiers(economics: Economics) -> Iterator[PriceBreak]:
    yield PriceBreak(1, economics.unit_cost)
    yield from sorted(economics.breaks, key=lambda one: one.quantity)
