"""How many units must have lain there before the history begins, so that no shipment ever took what was not there. Pure."""

from collections.abc import Iterable, Mapping
from typing import Generic, TypeVar

K = TypeVar("K")


class Openings(Generic[K]):
    """Follows each level through its history, entry by entry in the order of time."""

    def __init__(self) -> None:
        self._balance: dict[K, int] = {}
        self._lowest: dict[K, int] = {}

    def move(self, level: K, quantity: int) -> None:
        balance = self._balance.get(level, 0) + quantity
        self._balance[level] = balance
        if balance < self._lowest.get(level, 0):
            self._lowest[level] = balance

    def hold(self, level: K, quantity: int) -> None:
        """Units that end as reserved must lie there at the end, beside whatever moved."""
        self.move(level, -quantity)

    def needed(self) -> Mapping[K, int]:
        """The smallest opening stock of each level that needs one."""
        return {level: -lowest for level, lowest in self._lowest.items()}

    def moves(self, entries: Iterable[tuple[K, int]]) -> None:
        for level, quantity in entries:
            self.move(level, quantity)
