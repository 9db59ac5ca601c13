"""Takes in what shoppers do. One statement stores a batch, counts it and marks the hours it changes: when it has answered,
all of it is durable, and the same event sent again is not stored again. See docs/algorithms/events.md.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection

from analytics.behaviour.reading import Batch
from analytics.models import Event, EventSource

LATE = timedelta(hours=1)


@dataclass(frozen=True)
class Taken:
    """What became of a batch: events stored now, stored before, and kept apart."""

    stored: int
    doubled: int
    quarantined: int


# Rows are inserted in one order by everybody, so that two batches with the same events wait for each other and never both.
_TAKE = """
    WITH stored AS (
        INSERT INTO analytics_event (
            id, client_at, occurred_at, received_at, visitor, customer_id, variant_id, source_id, kind, traffic, properties
        )
        SELECT
            e.id, e.client_at, e.occurred_at, %(at)s, %(visitor)s,
            (SELECT c.id FROM campaigns_customer AS c WHERE c.external_id = %(customer)s),
            v.id, %(source)s, e.kind, %(traffic)s,
            -- A SKU that nobody knows yet is kept as it was said.
            CASE WHEN v.id IS NULL AND e.sku IS NOT NULL
                THEN coalesce(e.properties::jsonb, '{}') || jsonb_build_object('sku', e.sku)
                ELSE e.properties::jsonb
            END
        FROM unnest(
            %(ids)s::uuid[], %(client)s::timestamptz[], %(occurred)s::timestamptz[], %(kinds)s::smallint[],
            %(skus)s::text[], %(properties)s::text[]
        ) AS e (id, client_at, occurred_at, kind, sku, properties)
        LEFT JOIN inventory_variant AS v ON v.sku = e.sku
        ORDER BY e.client_at, e.id
        ON CONFLICT (id, client_at) DO NOTHING
        RETURNING occurred_at
    ),
    kept_apart AS (
        INSERT INTO analytics_quarantinedevent (source_id, digest, received_at, reason, told, raw, traffic, clock_ahead)
        SELECT %(source)s, q.digest, %(at)s, q.reason, q.told, q.raw, %(traffic)s, make_interval(secs => %(ahead)s)
        FROM unnest(%(digests)s::bytea[], %(reasons)s::text[], %(told)s::text[], %(raw)s::text[])
            AS q (digest, reason, told, raw)
        ORDER BY q.digest
        ON CONFLICT (source_id, digest) DO NOTHING
        RETURNING 1
    ),
    recognized AS (
        INSERT INTO analytics_knownvisitor (visitor, external_id, first_at)
        SELECT %(visitor)s, %(customer)s, %(at)s WHERE %(customer)s::text IS NOT NULL AND %(visitor)s::bigint IS NOT NULL
        ON CONFLICT (visitor, external_id) DO NOTHING
    )
    INSERT INTO analytics_eventbatch (source_id, received_at, stored, doubled, quarantined, bots, late, hours, is_pending)
    SELECT
        %(source)s, %(at)s, count(*), %(sent)s - count(*), (SELECT count(*) FROM kept_apart),
        CASE WHEN %(traffic)s > 0 THEN count(*) ELSE 0 END,
        count(*) FILTER (WHERE occurred_at < %(late)s),
        coalesce(array_agg(DISTINCT date_trunc('hour', occurred_at, %(zone)s)), '{}'), count(*) > 0
    FROM stored
    RETURNING stored, doubled, quarantined
"""


def take(*, batch: Batch, source: EventSource, traffic: Event.Traffic, at: datetime) -> Taken:
    """Stores what can be stored of a batch, once, and keeps the rest apart, once. `at` is when it was received.

    Of a shopper without consent the events are counted and nothing tells whose they are.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _TAKE,
            {
                "at": at,
                "late": at - LATE,
                "ahead": batch.ahead.total_seconds(),
                "zone": settings.BUSINESS_TIME_ZONE,
                "visitor": batch.visitor,
                "customer": batch.customer,
                "source": source.pk,
                "traffic": int(traffic),
                "sent": len(batch.rows),
                "ids": [row.id for row in batch.rows],
                "client": [row.client_at for row in batch.rows],
                "occurred": [row.occurred_at for row in batch.rows],
                "kinds": [row.kind for row in batch.rows],
                "skus": [row.sku for row in batch.rows],
                "properties": [row.properties for row in batch.rows],
                "digests": [refused.digest for refused in batch.refused],
                "reasons": [refused.reason for refused in batch.refused],
                "told": [refused.told for refused in batch.refused],
                "raw": [refused.raw for refused in batch.refused],
            },
        )
        return Taken(*cursor.fetchone())
