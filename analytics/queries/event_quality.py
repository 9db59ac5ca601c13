"""How good the events of each day and source are: what came, what of it could be read, what is missing.

Days are business days: of receipt for what batches tell, of occurrence for how many events a day has.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection

from analytics import closing
from analytics.behaviour import quality
from analytics.behaviour.quality import Received
from analytics.models import Event, EventSource
from config.kernel import shop
from config.kernel.business_time import day_period

# Reasons named for a day; the list of the quarantine has them all.
MOST_REASONS = 3


@dataclass(frozen=True)
class Day:
    source_id: int
    day: date
    received: Received
    # Reasons of what still lies in quarantine, most frequent first.
    reasons: tuple[tuple[str, int], ...] = ()
    troubles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Standing:
    """A source now. `pending` batches are stored and not yet in the hourly figures, the oldest since `pending_since`."""

    source: EventSource
    last_at: datetime | None = None
    pending: int = 0
    pending_since: datetime | None = None
    # Newest first.
    days: list[Day] = field(default_factory=list)


# By the minute first, which many batches share: the gaps between them are told by few rows, whatever the traffic.
_BATCHES = """
    WITH minutes AS (
        SELECT source_id, date_trunc('minute', received_at) AS minute,
            count(*) AS batches, sum(stored) AS stored, sum(doubled) AS doubled, sum(quarantined) AS quarantined,
            sum(bots) AS not_shoppers, sum(late) AS late, min(received_at) AS first_at, max(received_at) AS last_at,
            count(*) FILTER (WHERE is_pending) AS pending, min(received_at) FILTER (WHERE is_pending) AS pending_since
        FROM analytics_eventbatch WHERE received_at >= %(starts_at)s AND received_at < %(ends_at)s
        GROUP BY source_id, date_trunc('minute', received_at)
    ),
    followed AS (
        SELECT *, (minute AT TIME ZONE %(zone)s)::date AS day,
            lag(last_at) OVER (PARTITION BY source_id ORDER BY minute) AS before
        FROM minutes
    ),
    open AS (
        SELECT *, (day + %(opens)s::time) AT TIME ZONE %(zone)s AS opens_at,
            (day + %(closes)s::time) AT TIME ZONE %(zone)s AS closes_at
        FROM followed
    ),
    days AS (
        SELECT source_id, day, sum(batches)::bigint AS batches, sum(stored)::bigint AS stored, sum(doubled)::bigint AS doubled,
            sum(quarantined)::bigint AS quarantined, sum(not_shoppers)::bigint AS not_shoppers, sum(late)::bigint AS late,
            max(greatest(least(first_at, closes_at) - greatest(before, opens_at), interval '0')) AS silence,
            max(last_at) AS last_at, sum(pending)::bigint AS pending, min(pending_since) AS pending_since
        FROM open GROUP BY source_id, day
    ),
    reasons AS (
        SELECT source_id, day, array_agg(reason ORDER BY events DESC, reason) AS reasons,
            array_agg(events ORDER BY events DESC, reason) AS events
        FROM (
            SELECT source_id, (received_at AT TIME ZONE %(zone)s)::date AS day, reason, count(*) AS events
            FROM analytics_quarantinedevent WHERE received_at >= %(starts_at)s AND received_at < %(ends_at)s
            GROUP BY 1, 2, 3
        ) AS counted
        GROUP BY source_id, day
    )
    SELECT d.*, r.reasons, r.events FROM days AS d LEFT JOIN reasons AS r USING (source_id, day)
"""

# `so_far` counts the hours before that of now, to compare the open day with.
_EVENTS = """
    SELECT source_id, (hour AT TIME ZONE %(zone)s)::date AS day, sum(events)::bigint,
        coalesce(sum(events) FILTER (WHERE (hour AT TIME ZONE %(zone)s)::time < %(now)s::time), 0)::bigint
    FROM analytics_hourlyevents WHERE hour >= %(starts_at)s AND hour < %(ends_at)s AND traffic = %(shopper)s
    GROUP BY 1, 2
"""


def standings(*, first: date, last: date, at: datetime) -> list[Standing]:
    """Every source with its days from `first` to `last`, as far as they have begun and the source was there."""
    last = min(last, shop.day(at))
    batches = {(row["source_id"], row["day"]): row for row in _batches(first, last)}
    events = _events(first - timedelta(weeks=quality.WEEKS), last, at)
    found = []
    for source in EventSource.objects.order_by("name", "pk"):
        told = [day for day in reversed(closing.days(first, last)) if _is_told(source, day, batches)]
        days = [_day(source, day, batches, events, at) for day in told]
        mine = [row for (source_id, _day_of), row in batches.items() if source_id == source.pk]
        waiting = [row for row in mine if row["pending"]]
        found.append(
            Standing(
                source,
                last_at=max((row["last_at"] for row in mine), default=None),
                pending=sum(row["pending"] for row in waiting),
                pending_since=min((row["pending_since"] for row in waiting), default=None),
                days=days,
            )
        )
    return found


def bad_days(*, first: date, last: date, at: datetime) -> dict[tuple[int, date], tuple[str, ...]]:
    """Codes of what is wrong by source and day, of the days that must not teach a model anything."""
    return {
        (day.source_id, day.day): day.troubles
        for standing in standings(first=first, last=last, at=at)
        for day in standing.days
        if day.troubles
    }


def kinds_of_trouble(standings: Iterable[Standing]) -> dict[str, int]:
    """How many days of any source suffer from what."""
    found: dict[str, int] = {}
    for standing in standings:
        for day in standing.days:
            for code in day.troubles:
                found[code] = found.get(code, 0) + 1
    return found


def _is_told(source: EventSource, day: date, batches: Mapping[tuple[int, date], Any]) -> bool:
    """A silent day is one, too, unless the source was not there or is off."""
    return (source.pk, day) in batches or (source.is_active and shop.day(source.created_at) < day)


def _day(
    source: EventSource,
    day: date,
    batches: Mapping[tuple[int, date], dict[str, Any]],
    events: Mapping[tuple[int, date], tuple[int, int]],
    at: datetime,
) -> Day:
    row = batches.get((source.pk, day), {})
    is_open = day == shop.day(at)
    known_from = shop.day(source.created_at)
    before = [day - timedelta(weeks=week) for week in range(1, quality.WEEKS + 1)]
    compared = [events.get((source.pk, one), (0, 0))[is_open] for one in before if one > known_from]
    received = Received(
        **{name: row.get(name, 0) for name in ("batches", "stored", "doubled", "quarantined", "not_shoppers", "late")},
        silence=_silence(source, day, row, at),
        events=events.get((source.pk, day), (0, 0))[is_open],
        usual=quality.usual(compared),
    )
    reasons = tuple(zip(row.get("reasons") or (), row.get("events") or (), strict=True))
    return Day(source.pk, day, received, reasons[:MOST_REASONS], quality.troubles(received))


def _silence(source: EventSource, day: date, row: Mapping[str, Any], at: datetime) -> timedelta:
    """The largest gap between batches within the opening hours, which begin with the source on its first day."""
    zone = shop.zone()
    opens_at = datetime.combine(day, quality.OPENS, tzinfo=zone)
    closes_at = datetime.combine(day, quality.CLOSES, tzinfo=zone)
    left = quality.silence_left(row.get("last_at"), max(opens_at, source.created_at), min(closes_at, at))
    within = row.get("silence") or timedelta(0)
    return max(within, left) if shop.day(source.created_at) < day else left


def _batches(first: date, last: date) -> list[dict[str, Any]]:
    if first > last:
        return []
    bounds = _bounds(first, last)
    with connection.cursor() as cursor:
        cursor.execute(_BATCHES, {**bounds, "opens": str(quality.OPENS), "closes": str(quality.CLOSES)})
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _events(first: date, last: date, at: datetime) -> dict[tuple[int, date], tuple[int, int]]:
    """Of each source and day: all events of shoppers, and those of the hours that are over today."""
    if first > last:
        return {}
    now = at.astimezone(shop.zone()).replace(minute=0, second=0, microsecond=0).time()
    with connection.cursor() as cursor:
        cursor.execute(_EVENTS, {**_bounds(first, last), "now": str(now), "shopper": int(Event.Traffic.SHOPPER)})
        return {(source_id, day): (whole, so_far) for source_id, day, whole, so_far in cursor.fetchall()}


def _bounds(first: date, last: date) -> dict[str, Any]:
    zone = shop.zone()
    return {
        "starts_at": day_period(first, zone).starts_at,
        "ends_at": day_period(last, zone).ends_at,
        "zone": settings.BUSINESS_TIME_ZONE,
    }
