"""The rows that were left out, with their reason, as a file that Excel opens safely: UTF-8 with its mark, nothing that runs."""

import csv
import re
from collections.abc import Iterable, Sequence
from typing import TextIO

from django.utils.translation import pgettext

from orders.importing.accounting import Account
from orders.importing.reading import Source, rows
from orders.importing.report import OUTCOMES

_RUNS = ("=", "+", "-", "@", "\t", "\r", "\n")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def neutral(cell: str) -> str:
    """A cell that a spreadsheet shows and does not run. Plain negative numbers stay numbers."""
    return f"'{cell}" if cell.startswith(_RUNS) and not _NUMBER.fullmatch(cell) else cell


def write(target: TextIO, sources: Sequence[Source], account: Account) -> int:
    """Reads the files once more and writes each row that was left out; answers how many."""
    target.write("\ufeff")
    writer = csv.writer(target)
    written = 0
    for number, source in enumerate(sources):
        reasons = dict(account.skipped(number))
        for row, cells in rows(source) if reasons else ():
            if row == 1:
                writer.writerow(
                    _neutral((pgettext("import", "file"), pgettext("import", "row"), pgettext("import", "reason"), *cells))
                )
            elif row in reasons:
                writer.writerow(_neutral((source.name, str(row), str(OUTCOMES[reasons[row]]), *cells)))
                written += 1
    return written


def _neutral(cells: Iterable[str]) -> list[str]:
    return [neutral(cell) for cell in cells]
