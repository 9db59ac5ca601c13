"""Files for spreadsheets: comma-separated, in UTF-8 that Excel recognizes, and without a cell that would run as a formula."""

import csv
import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.http import StreamingHttpResponse

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


class _Line:
    """What `csv` writes to: it hands each line back instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def neutral(cell: Any) -> str:
    """The cell as text; an apostrophe before what a spreadsheet would take for a formula."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(FORMULA) else text


def as_csv(name: str, heading: Sequence[Any], rows: Iterable[Sequence[Any]]) -> StreamingHttpResponse:
    """Streams the rows, so that a long file costs no memory. `name` is plain ASCII, without the ending."""
    writer = csv.writer(_Line())

    def lines() -> Iterator[str]:
        yield "\ufeff"
        for row in itertools.chain([heading], rows):
            yield writer.writerow([neutral(cell) for cell in row])

    answer = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    answer["Cache-Control"] = "no-store"
    return answer
