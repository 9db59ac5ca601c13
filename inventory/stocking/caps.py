"""A budget and a volume shared over many proposals: what saves the most lost margin for what is scarce comes first.

Each wish is taken whole, or cut to the full packs that still fit. Scarcity of a wish is its part of the budget plus its part of
the volume. Wishes are granted by margin saved per scarcity (G. B. Dantzig, 1957), or from the single most valuable one on where
that saves more. With one cap this saves at least half of what any choice of whole wishes could. `bound` is an upper
bound on the best choice, the fractional one, so `saved / bound` is a guarantee for the very case.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wish:
    """A quantity that the levels ask for, and the margin that is lost without it (`policy.saved`)."""

    key: Hashable
    quantity: int
    unit_cost: float
    saved: float
    volume: float = 0.0  # a unit
    minimum_quantity: int = 1
    order_multiple: int = 1


@dataclass(frozen=True, slots=True)
class Shared:
    granted: dict[Hashable, int]  # units; zero where nothing fits
    cost: float
    volume: float
    saved: float  # of what is granted, in proportion where it was cut
    bound: float  # no choice saves more


def share(wishes: Sequence[Wish], *, budget: float | None = None, volume: float | None = None) -> Shared:
    """No cap is passed; without caps every wish is granted."""
    caps = [cap for cap in (budget, volume) if cap is not None]
    ordered = sorted(wishes, key=lambda wish: (-_worth(wish, budget, volume), str(wish.key)))
    greedy = _granted(ordered, budget, volume)
    best = max(wishes, key=lambda wish: wish.saved, default=None)
    if best is not None and best.saved > _saved(wishes, greedy):
        alone = _granted([best, *(wish for wish in ordered if wish is not best)], budget, volume)
        greedy = max(greedy, alone, key=lambda one: _saved(wishes, one))
    return Shared(
        granted=greedy,
        cost=sum(greedy[wish.key] * wish.unit_cost for wish in wishes),
        volume=sum(greedy[wish.key] * wish.volume for wish in wishes),
        saved=_saved(wishes, greedy),
        bound=_bound(ordered, float(len(caps)), budget, volume),
    )


def _scarcity(wish: Wish, budget: float | None, volume: float | None) -> float:
    scarce = 0.0
    for part, cap in ((wish.quantity * wish.unit_cost, budget), (wish.quantity * wish.volume, volume)):
        if cap is not None:
            scarce += part / cap if cap > 0 else (float("inf") if part > 0 else 0.0)
    return scarce


def _worth(wish: Wish, budget: float | None, volume: float | None) -> float:
    scarce = _scarcity(wish, budget, volume)
    return wish.saved / scarce if scarce > 0 else float("inf")


def _granted(ordered: Sequence[Wish], budget: float | None, volume: float | None) -> dict[Hashable, int]:
    money = float("inf") if budget is None else budget
    room = float("inf") if volume is None else volume
    granted: dict[Hashable, int] = {}
    for wish in ordered:
        fitting = float(wish.quantity)
        if wish.unit_cost > 0:
            fitting = min(fitting, (money + 1e-9) // wish.unit_cost)
        if wish.volume > 0:
            fitting = min(fitting, (room + 1e-9) // wish.volume)
        units = int(fitting)
        if units < wish.quantity:
            units = units // wish.order_multiple * wish.order_multiple
        if units < min(wish.minimum_quantity, wish.quantity):
            units = 0
        granted[wish.key] = units
        money -= units * wish.unit_cost
        room -= units * wish.volume
    return granted


def _saved(wishes: Sequence[Wish], granted: dict[Hashable, int]) -> float:
    return sum(wish.saved * granted[wish.key] / wish.quantity for wish in wishes if wish.quantity)


def _bound(ordered: Sequence[Wish], capacity: float, budget: float | None, volume: float | None) -> float:
    """Wishes in order until the scarcities add up to one for each cap, the last one in part."""
    left, saved = capacity, 0.0
    for wish in ordered:
        scarce = _scarcity(wish, budget, volume)
        if scarce <= left:
            left, saved = left - scarce, saved + wish.saved
        elif scarce < float("inf"):
            return saved + wish.saved * left / scarce
    return saved
