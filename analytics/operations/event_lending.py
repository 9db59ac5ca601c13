"""Lends the database the events of a business day that have left it, so that every statement reads them as it reads others.

Within the transaction a table of the session's own stands before `analytics_event` under its name: the statements that make and
recount a day's figures are the same ones, and so are their answers. Functions of the database that change events name the
table with its schema, and are not lent to.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date

from django.db import connection, transaction

from analytics import stores
from analytics.models import EventCopy
from analytics.operations import event_copies
from analytics.stores.clickhouse import COLUMNS
from analytics.stores.postgres import DIGEST, MODULUS
from analytics.stores.values import CopyTorn, Sum
from config.kernel import bulk, shop
from config.kernel.business_time import day_period

_MAKE = """
    CREATE TEMPORARY TABLE analytics_event (LIKE public.analytics_event INCLUDING DEFAULTS) ON COMMIT DROP
"""

_IS_LENT = "SELECT 'analytics_event'::regclass = 'pg_temp.analytics_event'::regclass"

_SUM = f"SELECT count(*), coalesce(sum({DIGEST}) %% {MODULUS}, 0)::bigint FROM pg_temp.analytics_event AS e"  # noqa: S608

# What came since then, and what lies in a month that has not left, is told by the database itself.
_MERGE = (
    """
    DELETE FROM pg_temp.analytics_event AS lent USING public.analytics_event AS e
    WHERE e.occurred_at >= %(starts_at)s AND e.occurred_at < %(ends_at)s AND e.id = lent.id AND e.client_at = lent.client_at
    """,
    """
    INSERT INTO pg_temp.analytics_event
    SELECT * FROM public.analytics_event WHERE occurred_at >= %(starts_at)s AND occurred_at < %(ends_at)s
    """,
)


def left_among(days: Iterable[date]) -> list[date]:
    """Those of which events have left."""
    rows = EventCopy.objects.filter(day__in=list(days), left_at__isnull=False)
    return list(rows.order_by("day").values_list("day", flat=True))


@contextmanager
def lent(day: date) -> Iterator[None]:
    """Only this day's events can be read inside, where it has left; nothing is different where it has not."""
    if not left_among([day]):
        yield
        return
    with transaction.atomic():
        _lend(day)
        yield
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE pg_temp.analytics_event")


def _lend(day: date) -> None:
    period = day_period(day, shop.zone())
    bulk.unhurried()
    with stores.second() as store, connection.cursor() as cursor:
        cursor.execute(_MAKE)
        cursor.execute(_IS_LENT)
        if cursor.fetchone() != (True,):
            raise RuntimeError("The events that are lent do not stand before the database's own.")
        # Whoever copies the day may put it there before or after this reads it: so the ledger is read on both sides of it.
        told = event_copies.sums(EventCopy.objects.get(day=day))
        with cursor.copy(f"COPY pg_temp.analytics_event ({', '.join(COLUMNS)}) FROM STDIN") as coming:
            for piece in store.take_out(day):
                coming.write(piece)
        cursor.execute(_SUM, [])
        came = Sum(*cursor.fetchone())
        if came not in told | event_copies.sums(EventCopy.objects.get(day=day)):
            raise CopyTorn(f"{day}: {came.rows} events came back from the second store, and other ones had left.")
        for statement in _MERGE:
            cursor.execute(statement, {"starts_at": period.starts_at, "ends_at": period.ends_at})
        cursor.execute("ANALYZE pg_temp.analytics_event")
