"""Counts events by the hour: an hour is counted anew from its events and replaced, never added to.

With each hour goes how many turned to which SKU in it (operations/trending.py). Whoever counts what was newly told also marks
the business days in which it happened: their visits are due.
"""

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import connection, transaction

from analytics import closing, stores
from analytics.models import HourlyEvents
from analytics.operations import event_copies, event_lending, locks, planning, trending, visits
from analytics.queries import event_recount
from analytics.stores.values import CopyTorn
from config.kernel import shop
from config.kernel.business_time import day_period

log = logging.getLogger(__name__)

# Only one counts at a time: two that replace the same hour would meet in the unique constraint.


# So many hours, of so many batches, are counted in one transaction.
HOURS_AT_ONCE = 48
BATCHES_AT_ONCE = 20_000


@dataclass(frozen=True)
class Counted:
    hours: int = 0
    events: int = 0

    def __add__(self, other: "Counted") -> "Counted":
        return Counted(self.hours + other.hours, self.events + other.events)


class _Unread(Exception):
    """These days have left the database and cannot be read now."""

    def __init__(self, days: list[date]) -> None:
        super().__init__(days)
        self.days = days


# Batches that are written meanwhile stay pending: what is taken here was committed before the next statement looks. The latest
# hours first: they are looked at most, and a flood of late ones must not hold them up.
_DUE = """
    WITH chosen AS (
        SELECT DISTINCT hour FROM analytics_eventbatch, unnest(coalesce(hours_left, hours)) AS hour
        WHERE is_pending AND (hour AT TIME ZONE %(zone)s)::date <> ALL(%(passed_by)s::date[])
        ORDER BY hour DESC LIMIT %(hours)s
    ),
    due AS (
        SELECT id, coalesce(hours_left, hours) AS hours FROM analytics_eventbatch
        WHERE is_pending AND coalesce(hours_left, hours) && ARRAY(SELECT hour FROM chosen)
        ORDER BY id LIMIT %(batches)s
    ),
    parted AS (
        SELECT id, ARRAY(SELECT hour FROM unnest(hours) AS hour WHERE hour IN (SELECT hour FROM chosen)) AS counted,
            ARRAY(SELECT hour FROM unnest(hours) AS hour WHERE hour NOT IN (SELECT hour FROM chosen)) AS further
        FROM due
    ),
    taken AS (
        UPDATE analytics_eventbatch AS b SET hours_left = nullif(p.further, '{}'), is_pending = p.further <> '{}'
        FROM parted AS p WHERE b.id = p.id RETURNING p.counted, b.received_at
    )
    SELECT hour, min(received_at) FROM taken, unnest(taken.counted) AS hour GROUP BY hour ORDER BY hour
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


def count_due(*, seconds: float = 30) -> Counted:
    """Counts the hours that newly stored events fell into, the latest first and two days' worth in one transaction. Safe to be
    killed: what was not counted is still due. What is left after `seconds` is due the next time, and so are hours of days that
    have left the database while the second store cannot be read.
    """
    until, done, passed_by = time.monotonic() + seconds, Counted(), set[date]()
    while True:
        try:
            counted = _count_some(passed_by)
        except _Unread as error:
            log.warning("hours of %s stay due: %s", ", ".join(map(str, error.days)), error.__cause__)
            passed_by |= set(error.days)
            continue
        done += counted
        if not counted.hours or time.monotonic() >= until:
            break
    return done


def recount(*, first: datetime, last: datetime) -> Counted:
    """Counts every hour from the one of `first` to the one of `last` anew, each business day in a transaction of its own. Who
    breaks it off goes on with the day it had come to.
    """
    done = Counted()
    for day in closing.days(shop.day(first), shop.day(last)):
        done += _recount_day(day, first, last)
        if day.day == 1:
            log.info("hours of shoppers' events are counted anew up to %s", day)
    return done


def recount_days(*, first: date | None, last: date | None, at: datetime) -> Counted:
    """Counts business days anew, both included; without a bound from the first event told, to now."""
    begins = day_period(first, shop.zone()).starts_at if first else event_recount.first_moment()
    if begins is None:
        return Counted()
    ends = day_period(last + timedelta(days=1), shop.zone()).starts_at - timedelta(hours=1) if last else at
    return recount(first=begins, last=ends)


@transaction.atomic
def _count_some(passed_by: Iterable[date]) -> Counted:
    """A batch stays pending until each of its hours has been counted."""
    _alone()
    # Once nothing waited the statistics may say that there are no batches, long after thousands have come.
    with planning.whole_joins(), connection.cursor() as cursor:
        cursor.execute(
            _DUE,
            {"hours": HOURS_AT_ONCE, "batches": BATCHES_AT_ONCE, "zone": settings.BUSINESS_TIME_ZONE,
             "passed_by": sorted(passed_by)},
        )  # fmt: skip
        told = dict(cursor.fetchall())
    days = {shop.day(hour) for hour in told}
    left = event_lending.left_among(days)
    counted = _count([hour for hour in told if shop.day(hour) not in left])
    for day in left:
        try:
            with event_lending.lent(day):
                counted += _count([hour for hour in told if shop.day(hour) == day])
        except stores.TROUBLE as error:
            # One that is torn is passed by alone; where nobody answers, so is every other.
            raise _Unread([day] if isinstance(error, CopyTorn) else left) from error
    if told:
        # At the end, so that whoever makes one of these days waits for moments only.
        since = min(told.values())
        visits.mark(days=days, at=since)
        event_copies.mark(days=days, at=since)
    return counted


@transaction.atomic
def _recount_day(day: date, first: datetime, last: datetime) -> Counted:
    _alone()
    whole = day_period(day, shop.zone())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT hour FROM generate_series(%(day)s::timestamptz, %(next)s::timestamptz, interval '1 hour') AS hour "
            "WHERE hour < %(next)s AND hour >= date_trunc('hour', %(first)s::timestamptz, %(zone)s) AND hour <= %(last)s",
            {"day": whole.starts_at, "next": whole.ends_at, "first": first, "last": last, "zone": settings.BUSINESS_TIME_ZONE},
        )
        hours = [hour for (hour,) in cursor.fetchall()]
    with event_lending.lent(day):
        return _count(hours)


def _count(hours: list[datetime]) -> Counted:
    events = 0
    for starts_at, ends_at in _runs(hours):
        HourlyEvents.objects.filter(hour__gte=starts_at, hour__lt=ends_at).delete()
        with connection.cursor() as cursor:
            cursor.execute(_COUNT, {"starts_at": starts_at, "ends_at": ends_at, "zone": settings.BUSINESS_TIME_ZONE})
            events += cursor.fetchone()[0]
    latest = HourlyEvents.objects.order_by("-hour").values_list("hour", flat=True).first()
    if latest is not None:
        for starts_at, ends_at in _runs(hours):
            trending.count(starts_at=starts_at, ends_at=ends_at, latest=latest)
    return Counted(len(hours), events)


def _runs(hours: list[datetime]) -> list[tuple[datetime, datetime]]:
    """Hours in order as spans of hours that follow each other, so that the events of a span are looked at once."""
    runs: list[tuple[datetime, datetime]] = []
    for hour in hours:
        if runs and runs[-1][1] == hour:
            runs[-1] = (runs[-1][0], hour + timedelta(hours=1))
        else:
            runs.append((hour, hour + timedelta(hours=1)))
    return runs


def _alone() -> None:
    locks.alone(locks.Lock.EVENT_FIGURES)
