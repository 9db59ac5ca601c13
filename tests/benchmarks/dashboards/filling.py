"""Makes the figures of the generated days: by the shop's own operations, or for many days at once in SQL written for that.

The second is quicker, for it knows that a visitor comes at most once a day; on days made by both it is held against the first.
"""

import time
from datetime import date, datetime
from statistics import median
from typing import Any

import psycopg
from django.db import connection

from analytics.operations import event_figures, visits
from config.kernel import shop
from config.kernel.business_time import day_period
from tests.benchmarks.dashboards.shape import at_once, dial

TABLES = {
    "hourlyvisits": "day, hour, channel, visits, viewed, compared, decided, checkout, ordered, carted, carts_left, bounces, "
    "saw_out_of_stock, pages, searches, dry_searches, products, added, active_seconds, lost_out_of_stock, lost_no_result, "
    "lost_bounced, lost_checkout, lost_cart, lost_compared, lost_viewed, lost_looked",
    "dailyvisitors": "day, channel, visitors",
    "dailyfunnel": "day, channel, category_id, step, reason, visits",
    "dailyinterest": "day, variant_id, views, viewing, viewing_out_of_stock, added, adding, wished, reviews, dwell_seconds",
    "dailysearch": "day, term, searches, visits, visitors, dry, viewed, added",
}
_KEYS = {"day", "hour", "channel", "category_id", "step", "reason", "variant_id", "term"}
MADE = ("visit", "visitday", "hourlyevents", "hourlyinterest", "trendingproduct", "purchaseday", "attributionday", *TABLES)

# Seoul keeps no summer time.
_LOCAL = "(e.occurred_at AT TIME ZONE 'UTC' + interval '9 hours')"

_VISITS = f"""
    CREATE TEMP TABLE found AS
    SELECT
        e.visitor, {_LOCAL}::date AS day, min(s.channel) AS channel, min(e.occurred_at) AS started_at,
        count(*) FILTER (WHERE e.kind = 1) AS pages, count(*) FILTER (WHERE e.kind = 4) AS searches,
        count(*) FILTER (WHERE e.kind = 4 AND e.properties -> 'results' = '0') AS dry,
        count(*) FILTER (WHERE e.kind = 1) = 1 AND bool_and(e.kind IN (1, 16)) AS is_bounce,
        count(*) FILTER (WHERE e.kind = 5) AS added,
        coalesce(sum((e.properties ->> 'seconds')::numeric) FILTER (WHERE e.kind = 16), 0) AS seconds,
        count(DISTINCT v.product_id) FILTER (WHERE e.kind = 2) AS products,
        count(DISTINCT v.product_id) FILTER (WHERE e.kind = 2 AND e.properties -> 'in_stock' = 'false') AS sold_out,
        array_agg(DISTINCT p.category_id) FILTER (WHERE e.kind = 2) AS categories,
        bool_or(e.kind = 2) AS viewed, bool_or(e.kind = 13) AS reviewed, bool_or(e.kind IN (5, 7, 8, 9)) AS decided,
        bool_or(e.kind = 9) AS checkout, bool_or(e.kind = 10) AS ordered,
        max(e.occurred_at) FILTER (WHERE e.kind = 2) AS viewed_at, max(e.occurred_at) FILTER (WHERE e.kind = 5) AS added_at
    FROM analytics_event AS e
    JOIN analytics_eventsource AS s ON s.id = e.source_id
    LEFT JOIN inventory_variant AS v ON v.id = e.variant_id
    LEFT JOIN inventory_product AS p ON p.id = v.product_id
    WHERE e.occurred_at >= %(starts_at)s AND e.occurred_at < %(ends_at)s AND e.traffic = 0 AND e.visitor IS NOT NULL
    GROUP BY 1, 2
"""
_STAGES = """
    CREATE TEMP TABLE staged AS
    WITH compared AS (
        SELECT *, reviewed OR products >= 3 OR products > cardinality(categories) AS compared FROM found
    ),
    stepped AS (
        SELECT *, CASE WHEN ordered THEN 5 WHEN checkout THEN 4 WHEN decided THEN 3 WHEN compared THEN 2 WHEN viewed THEN 1
            ELSE 0 END AS step
        FROM compared
    )
    SELECT *, CASE WHEN ordered THEN '' WHEN sold_out > 0 THEN 'out_of_stock' WHEN dry > 0 THEN 'no_result'
        WHEN is_bounce THEN 'bounced' ELSE (ARRAY['looked', 'viewed', 'compared', 'cart', 'checkout'])[1 + step] END AS reason
    FROM stepped
"""
_LOST = ", ".join(
    f"count(*) FILTER (WHERE reason = '{one}')"
    for one in ("out_of_stock", "no_result", "bounced", "checkout", "cart", "compared", "viewed", "looked")
)
_FILL = {
    "hourlyvisits": f"""
        SELECT day, extract(hour FROM started_at AT TIME ZONE 'UTC' + interval '9 hours')::smallint, channel, count(*),
            count(*) FILTER (WHERE viewed), count(*) FILTER (WHERE compared), count(*) FILTER (WHERE decided),
            count(*) FILTER (WHERE checkout), count(*) FILTER (WHERE ordered), count(*) FILTER (WHERE added > 0),
            count(*) FILTER (WHERE added > 0 AND NOT ordered), count(*) FILTER (WHERE is_bounce),
            count(*) FILTER (WHERE sold_out > 0), sum(pages), sum(searches), sum(dry), sum(products), sum(added), sum(seconds),
            {_LOST}
        FROM staged GROUP BY 1, 2, 3
    """,
    "dailyvisitors": "SELECT day, channel, count(*) FROM staged GROUP BY GROUPING SETS ((day, channel), (day))",
    "dailyfunnel": """
        SELECT day, channel, c.id, step, reason, count(*)
        FROM staged CROSS JOIN LATERAL (SELECT NULL::bigint AS id UNION ALL SELECT unnest(categories)) AS c
        GROUP BY 1, 2, 3, 4, 5
    """,
    "dailyinterest": f"""
        SELECT {_LOCAL}::date, e.variant_id, count(*) FILTER (WHERE e.kind = 2),
            count(DISTINCT e.visitor) FILTER (WHERE e.kind = 2),
            count(DISTINCT e.visitor) FILTER (WHERE e.kind = 2 AND e.properties -> 'in_stock' = 'false'),
            count(*) FILTER (WHERE e.kind = 5), count(DISTINCT e.visitor) FILTER (WHERE e.kind = 5),
            count(*) FILTER (WHERE e.kind = 7), count(*) FILTER (WHERE e.kind = 13), 0
        FROM analytics_event AS e
        WHERE e.occurred_at >= %(starts_at)s AND e.occurred_at < %(ends_at)s AND e.traffic = 0 AND e.visitor IS NOT NULL
            AND e.kind IN (2, 5, 7, 13)
        GROUP BY 1, 2
    """,
    "dailysearch": f"""
        SELECT s.day, term, sum(asked), count(*), count(*), sum(s.dry), count(*) FILTER (WHERE f.viewed_at >= first_at),
            count(*) FILTER (WHERE f.added_at >= first_at)
        FROM (
            SELECT {_LOCAL}::date AS day, e.visitor, e.properties ->> 'query' AS term, count(*) AS asked,
                min(e.occurred_at) AS first_at, count(*) FILTER (WHERE e.properties -> 'results' = '0') AS dry
            FROM analytics_event AS e
            WHERE e.occurred_at >= %(starts_at)s AND e.occurred_at < %(ends_at)s AND e.traffic = 0 AND e.visitor IS NOT NULL
                AND e.kind = 4
            GROUP BY 1, 2, 3
        ) AS s JOIN found AS f ON f.visitor = s.visitor AND f.day = s.day
        GROUP BY 1, 2
    """,
}  # fmt: skip
_STATES = """
    INSERT INTO analytics_visitday (day, state, marks, rebuilt_at, source_rows, seconds)
    SELECT day, 'CLEAN', 0, %(at)s, 0, 0 FROM unnest(%(days)s::date[]) AS day
"""


def empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE " + ", ".join(f"analytics_{name}" for name in MADE) + " CASCADE")


def by_operations(days: list[date], *, at: datetime) -> dict[str, float]:
    """Hours, visits and their figures; what a closed day takes, in seconds."""
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
    spent: dict[str, list[float]] = {"visits and figures": [], "hours": []}
    for day in days:
        spent["hours"].append(_timed(lambda day=day: event_figures.recount_days(first=day, last=day, at=at)))
        spent["visits and figures"].append(_timed(lambda day=day: visits.rebuild(days=[day], at=at)))
    # The last one is today, which is not over.
    return {name: round(median(seconds[:-1]), 3) for name, seconds in spent.items()}


def in_sql(days: list[date], *, at: datetime) -> None:
    """The same figures of many days, ten days at a time on two connections."""
    spans = [(days[place], days[min(place + 9, len(days) - 1)]) for place in range(0, len(days), 10)]

    def fill(some: list[tuple[date, date]]) -> None:
        with dial() as mine:
            for first, last in some:
                _make(mine, first, last)
                for table, columns in TABLES.items():
                    mine.execute(f"INSERT INTO analytics_{table} ({columns}) {_FILL[table]}", _said(first, last))

    at_once(fill, [spans[::2], spans[1::2]])
    with connection.cursor() as cursor:
        cursor.execute(_STATES, {"days": days, "at": at})


def multiply(days: list[date], times: int) -> None:
    """What the figures of these days are once every visitor has been multiplied."""
    with dial() as mine:
        for table, columns in TABLES.items():
            counted = [one if one in _KEYS else f"{one} * %(times)s" for one in columns.split(", ")]
            mine.execute(f"CREATE TEMP TABLE before AS SELECT {columns} FROM analytics_{table} WHERE day = ANY(%s)", [days])
            mine.execute(f"TRUNCATE analytics_{table}")
            mine.execute(f"INSERT INTO analytics_{table} ({columns}) SELECT {', '.join(counted)} FROM before", {"times": times})
            mine.execute("DROP TABLE before")
        mine.execute("TRUNCATE analytics_visit, analytics_hourlyevents, analytics_hourlyinterest CASCADE")


def differing(day: date) -> int:
    """Rows of a day, made by the operations, that the SQL of this file would make otherwise."""
    found = 0
    with dial() as mine:
        _make(mine, day, day)
        for table, columns in TABLES.items():
            said = _said(day, day) | {"day": day}
            mine.execute(f"CREATE TEMP TABLE ours AS SELECT {columns} FROM analytics_{table} WHERE false")
            mine.execute(f"INSERT INTO ours ({columns}) {_FILL[table]}", said)
            theirs = f"SELECT {columns} FROM analytics_{table} WHERE day = %(day)s"
            for one, other in (("SELECT * FROM ours", theirs), (theirs, "SELECT * FROM ours")):
                row = mine.execute(f"SELECT count(*) FROM ({one} EXCEPT ALL {other}) AS unequal", said).fetchone()
                found += row[0] if row else 0
            mine.execute("DROP TABLE ours")
    return found


def tidy() -> None:
    with dial() as mine:
        for name in MADE:
            mine.execute(f"VACUUM ANALYZE analytics_{name}")


def _make(mine: psycopg.Connection[Any], first: date, last: date) -> None:
    mine.execute("DROP TABLE IF EXISTS found, staged")
    mine.execute(_VISITS, _said(first, last))
    mine.execute(_STAGES)


def _said(first: date, last: date) -> dict[str, Any]:
    zone = shop.zone()
    return {"starts_at": day_period(first, zone).starts_at, "ends_at": day_period(last, zone).ends_at}


def _timed(work: Any) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
