"""Shares something scarce, a budget or the room of a delivery, over many purchases: the most lost margin avoided first.

Of each purchase the first part lifts the stock out of danger, the rest lasts for later. All first parts come before all rests;
within both, what avoids the most lost margin for each unit of the scarce thing comes first. That is the greedy rule for the
knapsack (G. B. Dantzig, 1957): but for full packs and minimum quantities, its worth falls short of the best choice's by at most
the worth of the one purchase that first did not fit.
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
    granted: dict[Hashable, int] = dict.fromkeys((bid.key for bid in bids), 0)
    ranked = sorted(bids, key=lambda bid: -_density(bid))
    for is_rest in (False, True):
        for bid in ranked:
            asked = bid.units if is_rest else _in_packs(min(bid.urgent, bid.units), bid)
            units = min(asked, bid.units)
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
    uses = max(bid.urgent, 1) * bid.use
    return bid.worth / uses if uses > 0 else inf


def _in_packs(units: int, bid: Bid) -> int:
    return -(-max(units, bid.least) // bid.multiple) * bid.multiple if units > 0 else 0


def _full(units: int, bid: Bid) -> int:
    """The full packs among so many units."""
    return units // bid.multiple * bid.multiple
