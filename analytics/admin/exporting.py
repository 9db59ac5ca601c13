"""A table of the sales page as a file for a spreadsheet."""

import csv
from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpResponse

# What a spreadsheet takes for the beginning of a formula. Names come from outside: channels, products.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def harmless(value: Any) -> Any:
    """A text that a spreadsheet shows and never calculates."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def as_csv(name: str, rows: Iterable[Sequence[Any]]) -> HttpResponse:
    """Begins with the mark by which Excel knows Korean text. Numbers are numbers and stay what they are, also below zero."""
    answer = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    answer["Cache-Control"] = "no-store"
    writer = csv.writer(answer)
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return answer
