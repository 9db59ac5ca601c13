"""The rows that were left out, with their reason, as a file for a spreadsheet."""

from collections.abc import Iterator, Sequence
from typing import TextIO

from django.utils.translation import pgettext

from config.kernel import exporting
from orders.importing.accounting import Account
from orders.importing.reading import Source, rows
from orders.importing.report import OUTCOMES


def write(target: TextIO, sources: Sequence[Source], account: Account) -> None:
    """Reads the files once more and writes each row that was left out, below the heading of its own file."""
    target.write(exporting.MARK)
    for number, source in enumerate(sources):
        reasons = dict(account.skipped(number))
        if reasons:
            target.writelines(exporting.lines(_left_out(source, reasons)))


def _left_out(source: Source, reasons: dict[int, str]) -> Iterator[Sequence[str]]:
    for row, cells in rows(source):
        if row == 1:
            yield pgettext("import", "file"), pgettext("import", "row"), pgettext("import", "reason"), *cells
        elif row in reasons:
            yield source.name, str(row), str(OUTCOMES[reasons[row]]), *cells
