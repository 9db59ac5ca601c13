"""Shares something scarce, a budget or the room of a delivery, over many purchases: the most lost margin avoided first.

Of each purchase the first part lifts the stock out of danger, the rest lasts for later. All first parts come before all rests;
within both, what avoids the most lost margin for each unit of the scarce thing comes first, or the single most valuable one
that fits where that avoids more. That is the greedy rule for the knapsack (G. B. Dantzig, 1957): the first parts avoid at least
half of the loss that any choice of whole ones could, and near all of it where each is small beside what there is.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from math import floor, inf


@dataclass(frozen=True, slots=True)
class Bid:
    """What one purchase asks for: `urgent` of its `units` first. Each unit uses so much of the scarce thing.

    `worth` is the lost margin that the urgent part avoids. What the supplier sells: at least `least`, in full packs.
    """

    key: Hashable
    units: int
    urgent: int
    use: float
    worth: float
    least: int = 1
    multiple: int = 1


def shared(bids: Sequence[Bid], room: float) -> Mapping[Hashable, int]:
    """Units of each bid. Whoever uses nothing gets everything; equal bids are served in their order."""
    ranked = sorted(bids, key=lambda bid: -_density(bid))
    granted = _granted(ranked, room)
    best = max((bid for bid in bids if _first(bid) * bid.use <= room), key=lambda bid: bid.worth, default=None)
    if best is not None and best.worth > avoided(bids, granted):
        alone = _granted([best, *(bid for bid in ranked if bid is not best)], room)
        granted = max(granted, alone, key=lambda one: avoided(bids, one))
    return granted


def avoided(bids: Sequence[Bid], granted: Mapping[Hashable, int]) -> float:
    """The lost margin that this much of the first parts avoids: in proportion where one was cut."""
    return sum(bid.worth * min(granted[bid.key] / _first(bid), 1.0) for bid in bids if _first(bid))


def _granted(ranked: Sequence[Bid], room: float) -> dict[Hashable, int]:
    granted: dict[Hashable, int] = dict.fromkeys((bid.key for bid in ranked), 0)
    for is_rest in (False, True):
        for bid in ranked:
            units = bid.units if is_rest else _first(bid)
            before = granted[bid.key]
            if units <= before or (is_rest and not before and bid.urgent > 0 and bid.use > 0):
                continue
            fitting = units if bid.use <= 0 else min(units, _full(before + floor(room / bid.use + 1e-9), bid))
            if fitting < max(bid.least, 1) or fitting <= before:
                continue
            granted[bid.key] = fitting
            room -= (fitting - before) * bid.use
    return granted


def _density(bid: Bid) -> float:
    uses = max(_first(bid), 1) * bid.use
    return bid.worth / uses if uses > 0 else inf


def _first(bid: Bid) -> int:
    """The urgent units as the supplier sells them."""
    units = min(bid.urgent, bid.units)
    return min(-(-max(units, bid.least) // bid.multiple) * bid.multiple, bid.units) if units > 0 else 0


def _full(units: int, bid: Bid) -> int:
    """The full packs among so many units."""
    return units // bid.multiple * bid.multiple
