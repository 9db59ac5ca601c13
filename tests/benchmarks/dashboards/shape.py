"""Events of a believable year, generated in SQL: visits of about ten events, skewed SKUs, the hours of a Korean day.

A visit is drawn from its day and its number alone. A visitor comes at most once a day and no visit crosses midnight or pauses
for half an hour, so a visit is what one visitor did on one day: raw questions rely on that, the shop's own operations do not.
"""

import json
import os
import threading
from datetime import date, datetime, timedelta
from math import gcd
from typing import Any

import psycopg
from django.db import connection

from analytics.models import EventSource
from analytics.operations import event_months, event_sources
from config.kernel import shop
from config.kernel.business_time import day_period
from inventory.models import Product, Variant
from tests import builders

DAYS = 365
SKUS, CATEGORIES = 1_000, 24
EVENTS_IN_A_VISIT = 10
# Ten visits of these lengths have a hundred events; a third of the visits sees one or two things and goes.
LENGTHS = (1, 1, 2, 2, 4, 7, 11, 16, 22, 34)
# Of a hundred visits, how many begin in each hour of the day: a peak at lunch, the highest in the evening.
HOURS = (3, 2, 1, 1, 1, 1, 1, 2, 3, 4, 5, 5, 6, 6, 5, 5, 5, 4, 4, 5, 7, 9, 9, 6)
# What forty events that are neither the first nor the last ones of a visit are: see analytics/behaviour/kinds.py.
KINDS = (*[2] * 15, *[1] * 5, *[3] * 6, *[4] * 3, *[16] * 4, *[5] * 2, 7, *[8] * 2, 11, 13)
WORDS = ("머그컵", "찻잔 세트", "접시", "선물", "백자", "텀블러", "유리컵", "그릇", "수저", "커피잔", "도시락", "화병")

# `h` is the chance of a visit and `e` that of an event; parts of them decide one thing each. Orders, searches, dwelling and
# what is sold out carry their properties, the others none.
_DAY = """
    INSERT INTO analytics_event (id, client_at, occurred_at, received_at, visitor, customer_id, variant_id, source_id, kind,
        traffic, properties)
    WITH drawn AS (
        SELECT i, hashint8extended(%(day)s::bigint * 1000000000 + i, 1) AS h FROM generate_series(1, %(visits)s::bigint) AS i
    ),
    visit AS (
        SELECT
            i, h, (%(lengths)s::int[])[1 + (h & 65535) %% 10] AS length,
            (%(hours)s::int[])[1 + ((h >> 16) & 65535) %% 100] AS hour,
            5 + ((h >> 48) & 255) %% 20 AS gap,
            CASE WHEN h %% 25 <> 3
                THEN hashint8extended((i * 7919 + %(day)s::bigint * 104729) %% (%(visits)s::bigint * 20 + 1), 7) END AS visitor,
            CASE WHEN (h >> 40) & 31 = 0 THEN 1 ELSE 0 END AS traffic,
            CASE WHEN h & 3 = 0 THEN %(app)s ELSE %(web)s END AS source
        FROM drawn
    ),
    told AS (
        SELECT
            v.*, p, hashint8extended(h + p * 2654435761, 5) AS e,
            (v.length >= 11 AND (h >> 20) & 3 = 0) AS checks_out, (v.length >= 11 AND (h >> 20) & 7 = 0) AS orders
        FROM visit AS v CROSS JOIN LATERAL generate_series(1, v.length) AS p
    ),
    kinds AS (
        SELECT
            *,
            CASE
                WHEN p = length AND orders THEN 10 WHEN p = length - 1 AND checks_out THEN 9
                WHEN p = 1 THEN CASE WHEN (e & 65535) %% 5 < 3 THEN 1 ELSE 2 END
                ELSE (%(kinds)s::int[])[1 + (e & 65535) %% 40]
            END AS kind,
            %(starts_at)s::timestamptz + interval '1 ms' * (
                hour * 3600000 + ((h >> 32) & 65535) %% (CASE hour WHEN 23 THEN 2400 ELSE 3600 END) * 1000
                + (p - 1) * gap * 1000 + ((e >> 40) & 1023)
            ) AS at
        FROM told
    )
    SELECT
        gen_random_uuid(), at, at, at + interval '2 s', visitor, NULL,
        CASE WHEN kind IN (2, 5, 7, 13)
            THEN (%(skus)s::bigint[])[1 + floor(%(number)s * power(((e >> 16) & 65535) / 65536.0::float8, 3))::int] END,
        source, kind, traffic,
        CASE
            WHEN kind = 10 THEN jsonb_build_object('order', 'B-' || %(day)s || '-' || i)
            WHEN kind = 4 THEN (%(searches)s::jsonb[])[1 + ((e >> 24) & 65535) %% %(words)s]
            WHEN kind = 16 THEN (%(dwelled)s::jsonb[])[1 + ((e >> 24) & 65535) %% 10]
            WHEN kind = 2 AND (e >> 32) & 31 = 0 THEN '{"in_stock": false}'::jsonb
        END
    FROM kinds WHERE at <= %(until)s ORDER BY at
"""

# Moments are whole milliseconds, so a few microseconds leave each event in its second.
_MORE = """
    INSERT INTO {month} (id, client_at, occurred_at, received_at, visitor, variant_id, source_id, kind, traffic, properties)
    SELECT gen_random_uuid(), client_at + later, occurred_at + later, received_at, hashint8extended(visitor, copy), variant_id,
        source_id, kind, traffic, properties
    FROM base CROSS JOIN (
        SELECT copy, interval '41 us' * copy AS later FROM generate_series(1, %(copies)s::int) AS copy OFFSET 0
    ) AS copies
"""

_LEAN = (
    "ALTER TABLE analytics_event DROP CONSTRAINT IF EXISTS analytics_event_pkey CASCADE",
    "DROP INDEX IF EXISTS event_by_time",
    "DROP INDEX IF EXISTS event_by_receipt",
)
_INDEXES = (
    "CREATE INDEX event_by_time ON analytics_event (occurred_at)",
    "CREATE INDEX event_by_receipt ON analytics_event USING brin (received_at) WITH (pages_per_range = 32)",
)
_KEY = "ALTER TABLE analytics_event ADD CONSTRAINT analytics_event_pkey PRIMARY KEY (id, client_at)"


def dial() -> psycopg.Connection[Any]:
    """A connection of one's own, without the shop's timeouts and with the memory of a job."""
    made = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
    made.execute("SET work_mem = '192MB'; SET maintenance_work_mem = '384MB'; SET statement_timeout = 0; SET jit = off")
    return made


def days(at: datetime) -> list[date]:
    """A year of closed days, and today as far as it has come."""
    today = shop.day(at)
    return [today - timedelta(days=back) for back in range(DAYS, -1, -1)]


def furnish(at: datetime) -> None:
    """Goods that events are about, and two sources that tell them."""
    leaves = [builders.a_category(f"벤치 {number}") for number in range(CATEGORIES)]
    products = Product.objects.bulk_create(
        Product(name=f"잔 {number}", category=leaves[number % CATEGORIES]) for number in range(SKUS)
    )
    Variant.objects.bulk_create(
        Variant(product=one, sku=f"BENCH-{number:05}", list_price=10_000, cost=4_000) for number, one in enumerate(products)
    )
    for code, channel in (("bench-web", "web"), ("bench-app", "app")):
        event_sources.add(code=code, name=code, nature=EventSource.Nature.BROWSER, channel=channel, at=at)


def generate(events: int, *, at: datetime) -> None:
    """So many events over the year, in the order of time, in the place of those that are there."""
    wanted = days(at)
    event_months.make(first=wanted[0] - timedelta(days=1), last=wanted[-1])
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE analytics_event")
        for statement in _LEAN:
            cursor.execute(statement)
        # Without a log of what could be generated again: nothing but the write-ahead log is spared.
        cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'analytics_event'::regclass")
        for (month,) in cursor.fetchall():
            cursor.execute(f"ALTER TABLE {month} SET UNLOGGED")
            # It would come in the midst of what is measured.
            cursor.execute(f"ALTER TABLE {month} SET (autovacuum_enabled = false)")
    sources = dict(EventSource.objects.values_list("code", "pk"))
    said = {
        "visits": round(events / DAYS / EVENTS_IN_A_VISIT),
        "lengths": list(LENGTHS),
        "hours": [hour for hour, share in enumerate(HOURS) for _ in range(share)],
        "kinds": list(KINDS),
        "skus": list(Variant.objects.filter(sku__startswith="BENCH-").order_by("sku").values_list("pk", flat=True)),
        "number": SKUS,
        "words": len(WORDS),
        "searches": [
            json.dumps({"query": word, "results": 0 if number == len(WORDS) - 1 else 3}) for number, word in enumerate(WORDS)
        ],
        "dwelled": [json.dumps({"path": "/", "seconds": seconds}) for seconds in range(3, 33, 3)],
        "web": sources["bench-web"],
        "app": sources["bench-app"],
        "until": at,
    }
    # Else two visits of one day would be of one visitor.
    assert gcd(7919, int(str(said["visits"])) * 20 + 1) == 1

    def load(some: list[date]) -> None:
        with dial() as mine:
            for day in some:
                period = day_period(day, shop.zone())
                mine.execute(_DAY, said | {"day": day.toordinal(), "starts_at": period.starts_at})

    # Days in blocks, so that each month lies on the disk about as it would have come.
    at_once(load, [wanted[: len(wanted) // 2], wanted[len(wanted) // 2 :]])
    with dial() as mine:
        for statement in (*_INDEXES, _KEY):
            mine.execute(statement)
        mine.execute("VACUUM ANALYZE analytics_event")


def multiply(copies: int) -> None:
    """Adds so many visitors to each that is there, who do the same a fraction of a millisecond later: in the order of time, and
    quicker than drawing them. Without an index for the key.
    """
    with dial() as mine:
        for statement in _LEAN:
            mine.execute(statement)
        months = mine.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'analytics_event'::regclass ORDER BY 1"
        ).fetchall()

    def more(some: list[tuple[str]]) -> None:
        with dial() as mine:
            for (month,) in some:
                mine.execute(f"CREATE TEMP TABLE base AS SELECT * FROM {month}")
                mine.execute(_MORE.format(month=month), {"copies": copies})
                mine.execute("DROP TABLE base")

    at_once(more, [months[::2], months[1::2]])
    with dial() as mine:
        for statement in _INDEXES:
            mine.execute(statement)
        mine.execute("ANALYZE analytics_event")


def at_once(work: Any, parts: list[Any]) -> None:
    """The same on several connections."""
    broken: list[BaseException] = []

    def one(part: Any) -> None:
        try:
            work(part)
        except BaseException as error:  # told below, by whoever waits
            broken.append(error)

    threads = [threading.Thread(target=one, args=(part,)) for part in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if broken:
        raise broken[0]
