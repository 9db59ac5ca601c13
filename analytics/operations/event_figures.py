"""Counts events by the hour: an hour is counted anew from its events and replaced, never added to.

Whoever counts what was newly told also marks the business days in which it happened: their visits are due.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Min

from analytics.models import Event, HourlyEvents
from analytics.operations import visits
from config.kernel import shop
from config.kernel.business_time import day_period

# Only one counts at a time: two that replace the same hour would meet in the unique constraint.
_LOCK = 5_202
MOST_AT_ONCE = timedelta(days=31)


@dataclass(frozen=True)
class Counted:
    hours: int
    events: int


# Batches that are written meanwhile stay pending: what is taken here was committed before the next statement looks.
_DUE = """
    WITH due AS (
        UPDATE analytics_eventbatch SET is_pending = false
        WHERE id IN (SELECT id FROM analytics_eventbatch WHERE is_pending ORDER BY id LIMIT %(most)s)
        RETURNING hours, received_at
    )
    SELECT hour, min(received_at) FROM due, unnest(due.hours) AS hour GROUP BY hour ORDER BY hour
"""

_COUNT = """
    WITH made AS (
        INSERT INTO analytics_hourlyevents (hour, source_id, kind, traffic, events, visitors)
        SELECT date_trunc('hour', occurred_at, %(zone)s), source_id, kind, traffic, count(*), count(DISTINCT visitor)
        FROM analytics_event
        WHERE occurred_at >= %(starts_at)s AND occurred_at < %(ends_at)s
        GROUP BY 1, 2, 3, 4
        RETURNING events
    )
    SELECT coalesce(sum(events), 0)::bigint FROM made
"""


@transaction.atomic
def count_due(*, most: int = 20_000) -> Counted:
    """Counts the hours that newly stored events fell into. Safe to be killed: then nothing was counted and all is still due."""
    _alone()
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {"most": most})
        told = dict(cursor.fetchall())
    counted = _count(list(told))
    if told:
        # At the end, so that whoever makes one of these days waits for moments only.
        visits.mark(days=[shop.day(hour) for hour in told], at=min(told.values()))
    return counted


@transaction.atomic
def recount(*, first: datetime, last: datetime) -> Counted:
    """Counts every hour from the one of `first` to the one of `last` anew."""
    _alone()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT generate_series(date_trunc('hour', %s::timestamptz, %s), %s::timestamptz, interval '1 hour')",
            [first, settings.BUSINESS_TIME_ZONE, last],
        )
        hours = [hour for (hour,) in cursor.fetchall()]
    return _count(hours)


def recount_days(*, first: date | None, last: date | None, at: datetime) -> Counted:
    """Counts business days anew, both included; without a bound from the first event told, to now."""
    begins = day_period(first, shop.zone()).starts_at if first else Event.objects.aggregate(least=Min("occurred_at"))["least"]
    if begins is None:
        return Counted(0, 0)
    ends = day_period(last + timedelta(days=1), shop.zone()).starts_at - timedelta(hours=1) if last else at
    return recount(first=begins, last=ends)


def _count(hours: list[datetime]) -> Counted:
    events = 0
    for starts_at, ends_at in _runs(hours):
        HourlyEvents.objects.filter(hour__gte=starts_at, hour__lt=ends_at).delete()
        with connection.cursor() as cursor:
            cursor.execute(_COUNT, {"starts_at": starts_at, "ends_at": ends_at, "zone": settings.BUSINESS_TIME_ZONE})
            events += cursor.fetchone()[0]
    return Counted(len(hours), events)


def _runs(hours: list[datetime]) -> list[tuple[datetime, datetime]]:
    """Hours in order as spans of hours that follow each other, so that the events of a span are looked at once."""
    runs: list[tuple[datetime, datetime]] = []
    for hour in hours:
        if runs and runs[-1][1] == hour and (hour - runs[-1][0]) < MOST_AT_ONCE:
            runs[-1] = (runs[-1][0], hour + timedelta(hours=1))
        else:
            runs.append((hour, hour + timedelta(hours=1)))
    return runs


def _alone() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
