"""Takes in what shoppers do. One statement stores batches, counts them and marks the hours they change: when it has answered,
all of it is durable, and the same event sent again is not stored again. See docs/algorithms/events.md.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection

from analytics.behaviour.reading import Batch
from analytics.behaviour.wire import Received, Told, told
from analytics.models import Event, EventSource

LATE = timedelta(hours=1)


@dataclass(frozen=True)
class Taken:
    """What became of a batch: events stored now, stored before, and kept apart."""

    stored: int
    doubled: int
    quarantined: int


# Rows are inserted in one order by everybody, so that two batches with the same events wait for each other and never both.
# An event that several of these batches hold is stored as the first of them says.
_TAKE = """
    WITH batch AS (
        SELECT b.*, c.id AS customer_id
        FROM unnest(
            %(batches)s::int[], %(sources)s::smallint[], %(traffic)s::smallint[], %(at)s::timestamptz[],
            %(ahead)s::float8[], %(visitors)s::bigint[], %(customers)s::text[], %(sent)s::int[]
        ) AS b (number, source_id, traffic, received_at, ahead, visitor, customer, sent)
        LEFT JOIN campaigns_customer AS c ON c.external_id = b.customer
    ),
    told AS (
        SELECT DISTINCT ON (e.client_at, e.id)
            e.number, e.id, e.client_at, e.occurred_at, e.kind, nullif(e.sku, '') AS sku, nullif(e.properties, '') AS properties
        FROM unnest(
            %(of)s::int[], %(ids)s::uuid[], %(client)s::timestamptz[], %(occurred)s::timestamptz[], %(kinds)s::smallint[],
            %(skus)s::text[], %(properties)s::text[]
        ) AS e (number, id, client_at, occurred_at, kind, sku, properties)
        ORDER BY e.client_at, e.id, e.number
    ),
    stored AS (
        INSERT INTO analytics_event (
            id, client_at, occurred_at, received_at, visitor, customer_id, variant_id, source_id, kind, traffic, properties
        )
        SELECT
            e.id, e.client_at, e.occurred_at, b.received_at, b.visitor, b.customer_id, v.id, b.source_id, e.kind, b.traffic,
            -- A SKU that nobody knows yet is kept as it was said.
            CASE WHEN v.id IS NULL AND e.sku IS NOT NULL
                THEN coalesce(e.properties::jsonb, '{}') || jsonb_build_object('sku', e.sku)
                ELSE e.properties::jsonb
            END
        FROM told AS e
        JOIN batch AS b USING (number)
        LEFT JOIN inventory_variant AS v ON v.sku = e.sku
        ORDER BY e.client_at, e.id
        ON CONFLICT (id, client_at) DO NOTHING
        RETURNING id, client_at, occurred_at
    ),
    counted AS (
        SELECT
            e.number, count(*) AS stored,
            count(*) FILTER (WHERE s.occurred_at < b.received_at - make_interval(secs => %(late)s)) AS late,
            array_agg(DISTINCT date_trunc('hour', s.occurred_at, %(zone)s)) AS hours
        FROM stored AS s JOIN told AS e USING (id, client_at) JOIN batch AS b USING (number)
        GROUP BY e.number
    ),
    apart AS (
        SELECT DISTINCT ON (b.source_id, q.digest) b.source_id, q.*, b.received_at, b.traffic, b.ahead
        FROM unnest(%(refused)s::int[], %(digests)s::bytea[], %(reasons)s::text[], %(words)s::text[], %(raw)s::text[])
            AS q (number, digest, reason, told, raw)
        JOIN batch AS b USING (number)
        ORDER BY b.source_id, q.digest, q.number
    ),
    kept_apart AS (
        INSERT INTO analytics_quarantinedevent (source_id, digest, received_at, reason, told, raw, traffic, clock_ahead)
        SELECT source_id, digest, received_at, reason, told, raw, traffic, make_interval(secs => ahead)
        FROM apart ORDER BY source_id, digest
        ON CONFLICT (source_id, digest) DO NOTHING
        RETURNING source_id, digest
    ),
    quarantined AS (
        SELECT number, count(*) AS events FROM kept_apart JOIN apart USING (source_id, digest) GROUP BY number
    ),
    recognized AS (
        INSERT INTO analytics_knownvisitor (visitor, external_id, first_at)
        SELECT visitor, customer, min(received_at) FROM batch WHERE customer IS NOT NULL AND visitor IS NOT NULL
        GROUP BY visitor, customer ORDER BY visitor, customer
        ON CONFLICT (visitor, external_id) DO NOTHING
    )
    INSERT INTO analytics_eventbatch (source_id, received_at, stored, doubled, quarantined, bots, late, hours, is_pending)
    SELECT
        b.source_id, b.received_at, coalesce(c.stored, 0), b.sent - coalesce(c.stored, 0), coalesce(q.events, 0),
        CASE WHEN b.traffic > 0 THEN coalesce(c.stored, 0) ELSE 0 END, coalesce(c.late, 0), coalesce(c.hours, '{}'),
        c.stored IS NOT NULL
    FROM batch AS b LEFT JOIN counted AS c USING (number) LEFT JOIN quarantined AS q USING (number)
    ORDER BY b.number
    RETURNING stored, doubled, quarantined
"""


def take(*, batch: Batch, source: EventSource, traffic: Event.Traffic, at: datetime) -> Taken:
    """Stores what can be stored of a batch, once, and keeps the rest apart, once. `at` is when it was received.

    Of a shopper without consent the events are counted and nothing tells whose they are.
    """
    return take_all([Received(batch, source.pk, int(traffic), at)])[0]


def take_all(received: Sequence[Received]) -> list[Taken]:
    """The same for many batches: all of them or none, each counted for itself, in the order given."""
    return store([told(one) for one in received])


def store(batches: Sequence[Told]) -> list[Taken]:
    """The same for batches that are in columns already."""
    refused = [(number, one) for number, whole in enumerate(batches) for one in whole.refused]
    events = [one.columns for one in batches if one.columns.number]
    with connection.cursor() as cursor:
        cursor.execute(
            _TAKE,
            {
                "late": LATE.total_seconds(),
                "zone": settings.BUSINESS_TIME_ZONE,
                "batches": list(range(len(batches))),
                "sources": [one.source for one in batches],
                "traffic": [one.traffic for one in batches],
                "at": [one.at for one in batches],
                "ahead": [one.ahead.total_seconds() for one in batches],
                "visitors": [one.visitor for one in batches],
                "customers": [one.customer for one in batches],
                "sent": [one.columns.number for one in batches],
                "of": _array(f"{number}" for number, one in enumerate(batches) for _ in range(one.columns.number)),
                "ids": _array(one.ids for one in events),
                "client": _array(one.client_at for one in events),
                "occurred": _array(one.occurred_at for one in events),
                "kinds": _array(one.kinds for one in events),
                "skus": _array(one.skus for one in events),
                "properties": _array(one.properties for one in events),
                "refused": [number for number, _one in refused],
                "digests": [one.digest for _number, one in refused],
                "reasons": [one.reason for _number, one in refused],
                "words": [one.told for _number, one in refused],
                "raw": [one.raw for _number, one in refused],
            },
        )
        return [Taken(*counts) for counts in cursor.fetchall()]


def _array(insides: Iterable[str]) -> str:
    return f"{{{','.join(insides)}}}"
