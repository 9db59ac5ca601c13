"""Recounts events: against the batches that were acknowledged, and against the hourly figures; and batches against their days.

Each question about events is one statement, so both sides are seen at one moment whatever is taken in or counted meanwhile.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection

from analytics.behaviour import quality
from analytics.models import DailyBatches, Event, EventBatch, EventCopy, HourlyEvents
from config.kernel import shop
from config.kernel.business_time import day_period


@dataclass(frozen=True)
class Unequal:
    """`subject` names the hour and source, `said` is what was acknowledged or stored, `counted` what a recount gives."""

    subject: str
    said: int
    counted: int


_ACKNOWLEDGED = """
    WITH said AS (
        SELECT source_id, date_trunc('hour', received_at) AS hour, sum(stored)::bigint AS events
        FROM analytics_eventbatch WHERE received_at >= %(starts_at)s AND received_at < %(ends_at)s AND stored > 0
        GROUP BY 1, 2
    ),
    there AS (
        SELECT source_id::bigint, date_trunc('hour', received_at) AS hour, count(*) AS events
        FROM analytics_event WHERE received_at >= %(starts_at)s AND received_at < %(ends_at)s
        GROUP BY 1, 2
    )
    SELECT source_id, hour, coalesce(said.events, 0), coalesce(there.events, 0)
    FROM said FULL JOIN there USING (source_id, hour)
    WHERE said.events IS DISTINCT FROM there.events
    ORDER BY hour, source_id
"""

# Hours that are still due are counted within minutes; what they say until then is not promised.
_FIGURES = """
    WITH stored AS (
        SELECT hour, source_id, kind, traffic, events::bigint, visitors::bigint
        FROM analytics_hourlyevents WHERE hour >= %(starts_at)s AND hour < %(ends_at)s
    ),
    recounted AS (
        SELECT date_trunc('hour', occurred_at, %(zone)s) AS hour, source_id::bigint, kind, traffic,
            count(*) AS events, count(DISTINCT visitor) AS visitors
        FROM analytics_event WHERE occurred_at >= %(starts_at)s AND occurred_at < %(ends_at)s
        GROUP BY 1, 2, 3, 4
    ),
    due AS (SELECT DISTINCT unnest(coalesce(hours_left, hours)) AS hour FROM analytics_eventbatch WHERE is_pending)
    SELECT hour, source_id, kind, traffic, coalesce(s.events, 0), coalesce(r.events, 0), coalesce(s.visitors, 0),
        coalesce(r.visitors, 0)
    FROM stored AS s FULL JOIN recounted AS r USING (hour, source_id, kind, traffic)
    WHERE (s.events, s.visitors) IS DISTINCT FROM (r.events, r.visitors) AND hour NOT IN (SELECT hour FROM due)
    ORDER BY hour, source_id, kind, traffic
"""

_PENDING = """
    SELECT EXISTS (
        SELECT FROM analytics_eventbatch, unnest(coalesce(hours_left, hours)) AS hour
        WHERE is_pending AND hour >= %(starts_at)s AND hour < %(ends_at)s
    )
"""

# Each person once for an act, counted one by one; hours that are due, or too old to be kept, are not promised.
_INTEREST = """
    WITH stored AS (
        SELECT i.hour, i.variant_id, act, people::bigint
        FROM analytics_hourlyinterest AS i
        CROSS JOIN LATERAL (VALUES ('viewers', viewers), ('wishers', wishers), ('carters', carters)) AS one (act, people)
        WHERE i.hour >= %(starts_at)s AND i.hour < %(ends_at)s AND people > 0
    ),
    acts AS (
        SELECT DISTINCT
            date_trunc('hour', occurred_at, %(zone)s) AS hour, variant_id, visitor,
            CASE kind WHEN 2 THEN 'viewers' WHEN 7 THEN 'wishers' WHEN 5 THEN 'carters' END AS act
        FROM analytics_event
        WHERE occurred_at >= %(starts_at)s AND occurred_at < %(ends_at)s AND kind IN (2, 5, 7) AND traffic = 0
            AND visitor IS NOT NULL AND variant_id IN (SELECT id FROM inventory_variant)
    ),
    recounted AS (SELECT hour, variant_id, act, count(*) AS people FROM acts GROUP BY 1, 2, 3),
    due AS (SELECT DISTINCT unnest(coalesce(hours_left, hours)) AS hour FROM analytics_eventbatch WHERE is_pending)
    SELECT hour, variant_id, act, coalesce(s.people, 0), coalesce(r.people, 0)
    FROM stored AS s FULL JOIN recounted AS r USING (hour, variant_id, act)
    WHERE s.people IS DISTINCT FROM r.people AND hour NOT IN (SELECT hour FROM due)
        -- An hour without any row was counted before there were such figures: it is read from its events.
        AND hour IN (SELECT hour FROM stored)
    ORDER BY hour, variant_id, act
"""


def first_moment() -> datetime | None:
    """When the first event that is kept happened, in the database (each month's index is asked for its first) or outside."""
    first = Event.objects.order_by("occurred_at").values_list("occurred_at", flat=True).first()
    left = EventCopy.objects.filter(left_at__isnull=False).order_by("day").values_list("day", flat=True).first()
    if left is None:
        return first
    begins = day_period(left, shop.zone()).starts_at
    return begins if first is None else min(first, begins)


def is_pending(day: date) -> bool:
    """Whether events of this day have been stored that no hour counts yet: whoever counts them marks the day."""
    whole = day_period(day, shop.zone())
    with connection.cursor() as cursor:
        cursor.execute(_PENDING, {"starts_at": whole.starts_at, "ends_at": whole.ends_at})
        (pending,) = cursor.fetchone()
        return bool(pending)


def days_with_batches(*, at: datetime, kept: timedelta) -> list[date]:
    """Business days from the first batch that is still kept to that of `at`."""
    first = EventBatch.objects.filter(received_at__gt=at - kept).order_by("id").values_list("received_at", flat=True).first()
    return _days(first, at)


def days_with_figures(*, at: datetime, kept: timedelta) -> list[date]:
    """Business days from the first counted hour whose events are still kept to that of `at`."""
    first = HourlyEvents.objects.filter(hour__gt=at - kept).order_by("hour").values_list("hour", flat=True).first()
    return _days(first, at)


def unacknowledged(day: date) -> Iterator[Unequal]:
    """Hours of receipt in which other than the acknowledged events are stored."""
    for source_id, hour, said, there in _rows(_ACKNOWLEDGED, day):
        yield Unequal(f"events of source {source_id} received in the hour of {hour.isoformat()}", said, there)


def miscounted(day: date) -> Iterator[Unequal]:
    """Cells of the hourly figures that are not what their events are."""
    for hour, source_id, kind, traffic, events, recounted, visitors, visitors_recounted in _rows(_FIGURES, day):
        cell = f"hour of {hour.isoformat()}, source {source_id}, kind {kind}, traffic {traffic}"
        if events != recounted:
            yield Unequal(f"events: {cell}", events, recounted)
        if visitors != visitors_recounted:
            yield Unequal(f"visitors: {cell}", visitors, visitors_recounted)


def misturned(day: date) -> Iterator[Unequal]:
    """Hours and SKUs of which other people are stored than turned to them."""
    for hour, variant_id, act, stored, recounted in _rows(_INTEREST, day):
        yield Unequal(f"{act} of SKU {variant_id} in the hour of {hour.isoformat()}", stored, recounted)


def missummed(day: date) -> Iterator[Unequal]:
    """Figures of a summed up day that are not what its batches tell, counted one by one."""
    found = list(_missummed(day))
    # Whoever writes a batch of this day meanwhile unmakes it; what is really wrong is wrong once more.
    again = set(_missummed(day)) if found else set()
    yield from (one for one in found if one in again)


def _missummed(day: date) -> Iterator[Unequal]:
    zone = shop.zone()
    whole = day_period(day, zone)
    opens, closes = (datetime.combine(day, one, tzinfo=zone) for one in (quality.OPENS, quality.CLOSES))
    rows = EventBatch.objects.filter(received_at__gte=whole.starts_at, received_at__lt=whole.ends_at).order_by("received_at")
    sums = DailyBatches.objects.filter(day=day).order_by("source_id")
    for summed in sums.iterator(chunk_size=500):
        counted: Counter[str] = Counter()
        ended, silence = opens, timedelta(0)
        minute: datetime | None = None
        for batch in rows.filter(source_id=summed.source_id).iterator(chunk_size=5_000):
            counted["batches"] += 1
            for name in ("stored", "doubled", "quarantined", "late"):
                counted[name] += getattr(batch, name)
            counted["not_shoppers"] += batch.bots
            # Gaps are told between minutes, in none of which anything is missing.
            if batch.received_at.replace(second=0, microsecond=0) != minute:
                minute = batch.received_at.replace(second=0, microsecond=0)
                silence = max(silence, min(batch.received_at, closes) - ended)
            ended = max(batch.received_at, opens)
        counted["silence"] = round(silence.total_seconds())
        for name in ("batches", "stored", "doubled", "quarantined", "not_shoppers", "late"):
            if getattr(summed, name) != counted[name]:
                yield Unequal(f"{name}: source {summed.source_id} on {day}", getattr(summed, name), counted[name])
        if abs(summed.silence - silence) > timedelta(seconds=1):
            yield Unequal(
                f"silence: source {summed.source_id} on {day}", round(summed.silence.total_seconds()), counted["silence"]
            )


def _days(first: datetime | None, at: datetime) -> list[date]:
    if first is None:
        return []
    began = shop.day(first)
    return [began + timedelta(days=number) for number in range((shop.day(at) - began).days + 1)]


def _rows(statement: str, day: date) -> list[Any]:
    whole = day_period(day, shop.zone())
    with connection.cursor() as cursor:
        cursor.execute(statement, {"starts_at": whole.starts_at, "ends_at": whole.ends_at, "zone": settings.BUSINESS_TIME_ZONE})
        found: list[Any] = cursor.fetchall()
        return found
