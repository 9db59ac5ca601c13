"""Statements over rows that the statistics do not know yet."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

_NESTED = "SELECT set_config('enable_nestloop', %s, true)"


@contextmanager
def whole_joins() -> Iterator[None]:
    """Within it, and within the transaction, tables are joined as a whole. Where the planner expects one row and there are
    thousands, it would else go through another table anew for each.
    """
    with connection.cursor() as cursor:
        cursor.execute(_NESTED, ["off"])
    yield
    with connection.cursor() as cursor:
        cursor.execute(_NESTED, ["on"])
