import csv
import io
from decimal import Decimal
from typing import Any

import pytest

from config.kernel import exporting


@pytest.mark.parametrize("cell", ["=1+1", "+82 10", "-x", "-1+1", "@SUM(A1)", "\tx", "\rx", "\nx", "-5 "])
def test_text_that_a_spreadsheet_would_calculate_is_only_shown(cell: str) -> None:
    assert exporting.neutral(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["010-1", "김하늘", "", "-6.5", "-5", 3, -5, Decimal("-1.50"), None])
def test_ordinary_text_and_numbers_stay_as_they_are(cell: Any) -> None:
    assert exporting.neutral(cell) == cell


def test_rows_are_written_as_they_come_and_read_back_the_same() -> None:
    asked = []

    def rows() -> Any:
        for row in (["name", "units"], ['a, "quoted"\nname', 2], ["=cmd", None]):
            asked.append(row)
            yield row

    lines = exporting.lines(rows())
    first = next(lines)

    assert len(asked) == 1
    assert list(csv.reader(io.StringIO(first + "".join(lines), newline=""))) == [
        ["name", "units"],
        ['a, "quoted"\nname', "2"],
        ["'=cmd", ""],
    ]
