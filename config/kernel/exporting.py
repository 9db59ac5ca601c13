"""Files for spreadsheets: comma-separated, in UTF-8 that Excel recognizes, and without a cell that runs as a formula."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

# A spreadsheet opens no more rows with pleasure, and a web process has better things to do.
MOST_ROWS = 50_000
# By this Excel knows UTF-8; a file begins with it.
MARK = "\ufeff"
# What a spreadsheet takes for the beginning of a formula. Names come from outside: customers, channels, an old shop's files.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


class _Line:
    """What the csv module writes into: it hands each line back instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def neutral(cell: Any) -> Any:
    """Text that a spreadsheet shows and never calculates. Numbers stay numbers, also below zero and also when written out."""
    runs = isinstance(cell, str) and cell.startswith(_FORMULA) and not _NUMBER.fullmatch(cell)
    return f"'{cell}" if runs else cell


def lines(rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """The rows line by line, so that a long file costs no memory. `MARK` goes before the first."""
    writer = csv.writer(_Line())
    for row in rows:
        yield writer.writerow([neutral(cell) for cell in row])
