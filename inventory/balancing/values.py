"""What the rules of balancing exchange: goods in several warehouses, the ways between them, and the moves that follow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from inventory.stocking.values import Outlook


class Method(StrEnum):
    """How the moves were found; kept with each proposal."""

    PROGRAM = "PROGRAM"  # one linear or integer program, solved by HiGHS
    ROUNDED = "ROUNDED"  # the linear program, rounded to lots, limits and whole shipments
    GREEDY = "GREEDY"  # the best next lot, again and again: without scipy, or where it does better
    NOTHING = "NOTHING"  # no move is worth its cost


@dataclass(frozen=True, slots=True)
class Site:
    """One SKU in one warehouse: units that are free today, what is awaited on which day from now, and what is expected to sell.

    `keep` never leaves, `room` is how many more may come; None: as many as you like.
    """

    free: int
    outlook: Outlook
    arrivals: Sequence[tuple[int, int]] = ()
    keep: int = 0
    room: int | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """A lane as the rules see it. Units come in lots; `most` may travel in one shipment, of all goods together."""

    key: int
    source: int
    target: int
    days: int
    unit_cost: float
    shipment_cost: float = 0.0
    lot: int = 1
    most: int | None = None
    cover_days: int = 14


@dataclass(frozen=True, slots=True)
class Goods:
    """One SKU: what a lost unit costs, how far to look ahead, where it lies, and on which ways it must not go now."""

    key: int
    margin: float
    horizon: int
    sites: Mapping[int, Site]
    blocked: frozenset[int] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Move:
    """`saved` is margin that the receiver would else lose, `risked` what the sender may now lose, `cost` the units' freight."""

    goods: int
    way: int
    units: int
    saved: float
    risked: float
    cost: float

    @property
    def gain(self) -> float:
        return self.saved - self.risked - self.cost


@dataclass(frozen=True, slots=True)
class Balance:
    """The moves in a fixed order, and what they are worth together, the cost of the shipments taken off."""

    moves: tuple[Move, ...]
    gain: float
    method: Method
