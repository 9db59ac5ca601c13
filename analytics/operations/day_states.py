"""Marks business days as stale: one small statement for every table of states, which waits for nobody's rebuild."""

from collections.abc import Iterable
from datetime import date, datetime

from django.db import connection

from analytics.models import CohortDay, PurchaseDay, RollupState, VisitDay

_MARK = """
    INSERT INTO {table} AS known (day, state, marks, dirtied_at)
    SELECT day, 'DIRTY', 1, %(at)s FROM unnest(%(days)s::date[]) AS day ORDER BY day
    ON CONFLICT (day) DO UPDATE SET
        state = 'DIRTY', marks = known.marks + 1,
        dirtied_at = CASE WHEN known.state = 'DIRTY' THEN known.dirtied_at ELSE %(at)s END
"""


States = type[RollupState] | type[VisitDay] | type[PurchaseDay] | type[CohortDay]


def mark(states: States, *, days: Iterable[date], at: datetime) -> None:
    """Marks each of these days once, in the order of time, so that two who mark the same days do not cross."""
    if wanted := sorted(set(days)):
        with connection.cursor() as cursor:
            cursor.execute(_MARK.format(table=states._meta.db_table), {"days": wanted, "at": at})
