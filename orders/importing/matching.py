"""Which sale a returned unit came from. Pure.

A unit goes back to a sale of the same customer, SKU and price that lies no later and still has units out: to the latest such
sale first, since people return what they bought last. A return may be spread over several sales; what finds none is a return
without a sale. Returns are taken in the order of time, so an earlier return never loses its sale to a later one. Without a
customer nobody knows whose sale it was, and nothing is matched.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Generic, TypeVar

L = TypeVar("L", bound=Hashable)

Key = tuple[str, str, Decimal]  # customer, SKU, price


@dataclass(slots=True)
class Sale(Generic[L]):
    """Units of one line that are still out; `line` is whatever names the line to the caller."""

    at: datetime
    line: L
    left: int


class Sales(Generic[L]):
    """The sales that returns may go back to, of the wanted keys alone."""

    def __init__(self, wanted: Iterable[Key]) -> None:
        self._wanted = frozenset(key for key in wanted if key[0])
        self._by_key: defaultdict[Key, list[Sale[L]]] = defaultdict(list)
        self._sorted = False

    def add(self, key: Key, at: datetime, line: L, units: int) -> None:
        if key in self._wanted and units > 0:
            self._by_key[key].append(Sale(at, line, units))
            self._sorted = False

    def take_back(self, key: Key, at: datetime, units: int, *, whole: bool = False) -> tuple[list[tuple[L, int]], int]:
        """The lines the units go back to, and how many units found none. `whole`: all of them or none."""
        if not self._sorted:
            for sales in self._by_key.values():
                sales.sort(key=lambda sale: sale.at)
            self._sorted = True
        sales = self._by_key.get(key, [])
        found: list[tuple[L, int]] = []
        open_sales = sales[: bisect_right(sales, at, key=lambda sale: sale.at)]
        if whole and sum(sale.left for sale in open_sales) < units:
            return [], units
        for sale in reversed(open_sales):
            if not units:
                break
            taken = min(units, sale.left)
            if taken:
                sale.left -= taken
                units -= taken
                found.append((sale.line, taken))
        return found, units
