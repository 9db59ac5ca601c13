"""How good the events of each day and source are: what came, what of it could be read, what is missing.

Days are business days: of receipt for what batches tell, of occurrence for how many events a day has. What closed days tell is
summed up by operations/event_days; the open day is read from its batches.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Count, Min

from analytics import closing
from analytics.behaviour import quality
from analytics.behaviour.quality import Received
from analytics.models import DailyBatches, Event, EventBatch, EventSource
from config.kernel import shop
from config.kernel.business_time import day_period

# Reasons named for a day; the list of the quarantine has them all.
MOST_REASONS = 3
# So many days are read from their batches by one statement.
MOST_DAYS = 31


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
_RECEIVED = """
    WITH minutes AS (
        SELECT source_id, date_trunc('minute', received_at) AS minute,
            count(*) AS batches, sum(stored) AS stored, sum(doubled) AS doubled, sum(quarantined) AS quarantined,
            sum(bots) AS not_shoppers, sum(late) AS late, min(received_at) AS first_at, max(received_at) AS last_at
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
    )
    SELECT source_id, day, sum(batches)::bigint AS batches, sum(stored)::bigint AS stored, sum(doubled)::bigint AS doubled,
        sum(quarantined)::bigint AS quarantined, sum(not_shoppers)::bigint AS not_shoppers, sum(late)::bigint AS late,
        -- Up to the day's last batch; what follows until the closing depends on when it is asked.
        max(greatest(least(first_at, closes_at) - greatest(before, opens_at), interval '0')) AS silence,
        max(last_at) AS last_at
    FROM open GROUP BY source_id, day
"""
NOTHING: Mapping[str, Any] = {
    **dict.fromkeys(("batches", "stored", "doubled", "quarantined", "not_shoppers", "late"), 0),
    "silence": timedelta(0),
    "last_at": None,
}

_REASONS = """
    SELECT source_id, day, array_agg(reason ORDER BY events DESC, reason), array_agg(events ORDER BY events DESC, reason)
    FROM (
        SELECT source_id, (received_at AT TIME ZONE %(zone)s)::date AS day, reason, count(*) AS events
        FROM analytics_quarantinedevent WHERE received_at >= %(starts_at)s AND received_at < %(ends_at)s
        GROUP BY 1, 2, 3
    ) AS counted
    GROUP BY source_id, day
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
    batches, reasons = _batches(first, last), _reasons(first, last)
    events = _events(first - timedelta(weeks=quality.WEEKS), last, at)
    waiting = _waiting()
    found = []
    for source in EventSource.objects.order_by("name", "pk"):
        told = [day for day in reversed(closing.days(first, last)) if _is_told(source, day, batches)]
        spoke = [row["last_at"] for (source_id, _day_of), row in batches.items() if source_id == source.pk]
        pending, since = waiting.get(source.pk, (0, None))
        found.append(
            Standing(
                source,
                last_at=max((at for at in spoke if at), default=None),
                pending=pending,
                pending_since=since,
                days=[_day(source, day, batches, reasons, events, at) for day in told],
            )
        )
    return found


def made_days(*, first: date, last: date) -> set[date]:
    """Those of these days that are summed up."""
    return set(DailyBatches.objects.filter(day__range=(first, last)).values_list("day", flat=True))


def received(first: date, last: date) -> dict[tuple[int, date], dict[str, Any]]:
    """What the batches of these days tell, by source and day; of a source that sent none, nothing."""
    with connection.cursor() as cursor:
        cursor.execute(_RECEIVED, {**_bounds(first, last), "opens": str(quality.OPENS), "closes": str(quality.CLOSES)})
        names = [column.name for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    # Nothing came before the first batch of all.
    return {(row.pop("source_id"), row.pop("day")): row | {"silence": row["silence"] or timedelta(0)} for row in rows}


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
    return bool(batches.get((source.pk, day), NOTHING)["batches"]) or (source.is_active and shop.day(source.created_at) < day)


def _day(
    source: EventSource,
    day: date,
    batches: Mapping[tuple[int, date], Mapping[str, Any]],
    reasons: Mapping[tuple[int, date], tuple[tuple[str, int], ...]],
    events: Mapping[tuple[int, date], tuple[int, int]],
    at: datetime,
) -> Day:
    row = batches.get((source.pk, day), NOTHING)
    is_open = day == shop.day(at)
    known_from = shop.day(source.created_at)
    before = [day - timedelta(weeks=week) for week in range(1, quality.WEEKS + 1)]
    compared = [events.get((source.pk, one), (0, 0))[is_open] for one in before if one > known_from]
    received = Received(
        **{name: row[name] for name in ("batches", "stored", "doubled", "quarantined", "not_shoppers", "late")},
        silence=_silence(source, day, row, at),
        events=events.get((source.pk, day), (0, 0))[is_open],
        usual=quality.usual(compared),
    )
    return Day(source.pk, day, received, reasons.get((source.pk, day), ())[:MOST_REASONS], quality.troubles(received))


def _silence(source: EventSource, day: date, row: Mapping[str, Any], at: datetime) -> timedelta:
    """The largest gap between batches within the opening hours, which begin with the source on its first day."""
    zone = shop.zone()
    opens_at = datetime.combine(day, quality.OPENS, tzinfo=zone)
    closes_at = datetime.combine(day, quality.CLOSES, tzinfo=zone)
    left = quality.silence_left(row["last_at"], max(opens_at, source.created_at), min(closes_at, at))
    return max(row["silence"], left) if shop.day(source.created_at) < day else left


def _batches(first: date, last: date) -> dict[tuple[int, date], Mapping[str, Any]]:
    """Of days that are summed up what stands there; the open day and the others from their batches."""
    rows = DailyBatches.objects.filter(day__range=(first, last)).values("source_id", "day", *NOTHING)
    found: dict[tuple[int, date], Mapping[str, Any]] = {(row["source_id"], row["day"]): row for row in rows}
    made = {day for _source_id, day in found}
    live = [day for day in closing.days(first, last) if day not in made]
    for begins, ends in closing.spans(live, MOST_DAYS):
        found |= received(begins, ends)
    return found


def _reasons(first: date, last: date) -> dict[tuple[int, date], tuple[tuple[str, int], ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_REASONS, _bounds(first, last))
        return {(source_id, day): tuple(zip(codes, counts, strict=True)) for source_id, day, codes, counts in cursor.fetchall()}


def _waiting() -> dict[int, tuple[int, datetime]]:
    """Batches that no hour counts yet, by source, and since when."""
    rows = EventBatch.objects.filter(is_pending=True).values("source_id").order_by("source_id")
    told = rows.annotate(number=Count("pk"), since=Min("received_at"))
    return {row["source_id"]: (row["number"], row["since"]) for row in told}


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
