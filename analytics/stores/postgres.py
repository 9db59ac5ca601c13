"""The questions about events, asked of the database."""

from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import connection

from analytics.behaviour import stages
from analytics.behaviour.kinds import numbers
from analytics.models import Event
from analytics.stores.values import MOST_TOLD, FunnelDay, Slot, Sum, Told, Turned
from config.kernel import shop
from config.kernel.business_time import day_period

ADDED = numbers("product_added")

# What ClickHouse makes of the same event, see clickhouse.DIGEST: the first 60 bits of an MD5 over all its columns.
DIGEST = """
    ('x' || left(md5(concat_ws('|',
        e.id, (extract(epoch FROM e.client_at) * 1000000)::bigint, (extract(epoch FROM e.occurred_at) * 1000000)::bigint,
        (extract(epoch FROM e.received_at) * 1000000)::bigint, coalesce(e.visitor::text, ''),
        coalesce(e.customer_id::text, ''), coalesce(e.variant_id::text, ''), e.source_id, e.kind, e.traffic,
        coalesce(e.properties::text, '')
    )), 15))::bit(60)::bigint
"""
MODULUS = 1 << 60

_OF_SHOPPERS = """
    FROM (
        SELECT *, (occurred_at AT TIME ZONE %(zone)s)::date AS day, occurred_at AT TIME ZONE %(zone)s AS local
        FROM analytics_event
        WHERE occurred_at >= %(starts_at)s AND occurred_at < %(ends_at)s AND traffic = 0
    ) AS e
"""

_HOURS = f"""
    SELECT extract(isodow FROM local)::int - 1, extract(hour FROM local)::int, count(*), count(DISTINCT visitor)
    {_OF_SHOPPERS} GROUP BY 1, 2
"""  # noqa: S608  texts of this file

_FUNNEL = f"""
    SELECT
        day, count(DISTINCT visitor),
        count(DISTINCT visitor) FILTER (WHERE kind = ANY(%(viewed)s)),
        count(DISTINCT visitor) FILTER (WHERE kind = ANY(%(added)s)),
        count(DISTINCT visitor) FILTER (WHERE kind = ANY(%(checkout)s)),
        count(DISTINCT visitor) FILTER (WHERE kind = ANY(%(ordered)s))
    {_OF_SHOPPERS} WHERE visitor IS NOT NULL GROUP BY 1
"""

_TURNED_TO = f"""
    SELECT
        day, variant_id, count(*) FILTER (WHERE kind = ANY(%(viewed)s)),
        coalesce(sum(coalesce((properties ->> 'quantity')::bigint, 1)) FILTER (WHERE kind = ANY(%(added)s)), 0)::bigint
    {_OF_SHOPPERS}
    WHERE visitor IS NOT NULL AND variant_id IS NOT NULL AND kind = ANY(%(viewed)s || %(added)s) GROUP BY 1, 2
"""

_VISITORS = f"SELECT count(DISTINCT visitor) {_OF_SHOPPERS}"

_SUM = f"""
    SELECT count(*), coalesce(sum({DIGEST}) %% {MODULUS}, 0)::bigint
    FROM analytics_event AS e WHERE e.occurred_at >= %(starts_at)s AND e.occurred_at < %(ends_at)s
"""  # noqa: S608  texts of this file


class PostgresStore:
    """See `values.EventStore`."""

    def hours(self, first: date, last: date) -> dict[tuple[int, int], Slot]:
        return {(weekday, hour): Slot(*counts) for weekday, hour, *counts in _rows(_HOURS, first, last)}

    def funnel(self, first: date, last: date) -> dict[date, FunnelDay]:
        return {day: FunnelDay(*counts) for day, *counts in _rows(_FUNNEL, first, last)}

    def turned_to(self, first: date, last: date) -> dict[tuple[date, int], Turned]:
        return {(day, variant): Turned(*counts) for day, variant, *counts in _rows(_TURNED_TO, first, last)}

    def visitors(self, first: date, last: date) -> int:
        return int(_rows(_VISITORS, first, last)[0][0])

    def of_visitor(self, visitor: int, *, begins: datetime, ends: datetime) -> list[Told]:
        rows = Event.objects.filter(visitor=visitor, occurred_at__gte=begins, occurred_at__lte=ends, traffic=0)
        names = ("occurred_at", "kind", "source_id", "variant_id", "properties")
        return [Told(*row) for row in rows.order_by("occurred_at", "client_at", "id").values_list(*names)[:MOST_TOLD]]

    def sum_of(self, day: date) -> Sum:
        return Sum(*_rows(_SUM, day, day)[0])


def _rows(statement: str, first: date, last: date) -> list[Any]:
    zone = shop.zone()
    said = {
        "zone": settings.BUSINESS_TIME_ZONE,
        "starts_at": day_period(first, zone).starts_at,
        "ends_at": day_period(last, zone).ends_at,
        "viewed": stages.VIEWED,
        "added": ADDED,
        "checkout": stages.CHECKOUT,
        "ordered": stages.ORDERED,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, said)
        found: list[Any] = cursor.fetchall()
        return found
