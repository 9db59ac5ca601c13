"""Marks business days as stale: one small statement for every table of states, which waits for nobody's rebuild."""

from collections.abc import Iterable
from datetime import date, datetime

from django.db import connection

from analytics.models.rollups import DayState

_MARK = """
    INSERT INTO {table} AS known (day, state, marks, dirtied_at)
    SELECT day, 'DIRTY', 1, %(at)s FROM unnest(%(days)s::date[]) AS day ORDER BY day
    ON CONFLICT (day) DO UPDATE SET
        state = 'DIRTY', marks = known.marks + 1,
        dirtied_at = CASE WHEN known.state = 'DIRTY' THEN known.dirtied_at ELSE %(at)s END
    {unless}
"""


def mark(states: type[DayState], *, days: Iterable[date], at: datetime, but_kept: bool = False) -> None:
    """Marks each of these days once, in the order of time, so that two who mark the same days do not cross. `but_kept`
    leaves out those that stay as they were made, where the table of states knows such.
    """
    if wanted := sorted(set(days)):
        statement = _MARK.format(table=states._meta.db_table, unless="WHERE NOT known.is_kept" if but_kept else "")
        with connection.cursor() as cursor:
            cursor.execute(statement, {"days": wanted, "at": at})
