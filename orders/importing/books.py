"""What every profile is given and gives: tables known by their columns, rows in, documents of the past out. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from orders.importing.accounting import Account, RawSums
from orders.importing.values import Document, Goods

Take = Callable[[int, bytes, Sequence[str]], None]


@dataclass(frozen=True)
class Table:
    name: str
    columns: tuple[str, ...]
    # Columns a file may go without; their cells are read as empty.
    optional: frozenset[str] = frozenset()

    def fits(self, heading: Sequence[str]) -> bool:
        return {*self.columns} - self.optional <= {*heading} <= {*self.columns}


class Book(Protocol):
    """Gathers the rows of one import. `add` judges a row alone; `documents` judges what they are together."""

    account: Account
    sums: RawSums
    goods: dict[str, Goods]

    def taker(self, table: Table, file: int) -> Take:
        """What takes the rows of one file: `take(ref, digest, cells)`, the cells in the order of the table's columns."""

    def documents(self) -> list[Document]:
        """Every document, in the order of time. Rows that cannot be part of any are accounted for as left out."""
