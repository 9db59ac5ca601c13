"""The months events lie in: made ahead, dropped when their time is over.

The role that runs the shop may do none of this by itself; functions of the database do it for it, and nothing else. None of
them waits for a lock longer than a fifth of a second, since whoever comes behind a waiting lock waits as well.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, transaction

from analytics import stores
from analytics.models import DailyBatches, EventBatch, QuarantinedEvent
from analytics.operations import event_copies, forgetting, visits
from config.kernel import pruning, shop, waits

log = logging.getLogger(__name__)

AHEAD = 3
# What could not be read may hold anything, personal data too.
QUARANTINE_KEPT = timedelta(days=30)
# Batches tell of the quality of a source; a year can be compared with the one before.
BATCHES_KEPT = timedelta(days=400)
# A month that others use is tried so often, with so many seconds in between.
TRIES, PAUSE = 20, 5.0


class StepsFailed(RuntimeError):
    """What else there was to do is done."""


@dataclass(frozen=True)
class Kept:
    """`left` months were in use all the while; the next run tries them again, weeks before they are needed."""

    made: int
    forgotten: int
    left: tuple[str, ...]


@dataclass(frozen=True)
class Dropped:
    """Months, and events one by one. `left` months were in use all the while, days of `waiting` ones may not leave yet: the
    next run tries them again.
    """

    months: int
    events: int
    left: tuple[str, ...]
    # Not yet copied, or not yet forgotten whose they are: where events leave for the second store.
    waiting: tuple[str, ...] = ()


class _Steps:
    """Steps of which each may fail alone."""

    def __init__(self, tries: int, pause: float) -> None:
        self.tries, self.pause = tries, pause
        self.failed: list[str] = []
        self.left: list[str] = []
        self.waiting: list[str] = []

    def take_month(self, verb: str, month: date, step: Callable[[], int]) -> int:
        def patiently() -> int:
            try:
                return _patiently(step, self.tries, self.pause)
            except DatabaseError as error:
                if not waits.is_held(error):
                    raise
                self.left.append(f"{month:%Y-%m}")
                return 0

        return self.take(f"{verb} {month:%Y-%m}", patiently)

    def take(self, name: str, step: Callable[[], int]) -> int:
        try:
            return step()
        except DatabaseError as error:
            if waits.is_away(error):
                raise
            log.exception("%s failed", name)
            return self._failed(name, error)
        except stores.TROUBLE as error:
            # What needs the second store waits for it; what does not is done.
            log.warning("%s failed: %s", name, error)
            return self._failed(name, error)

    def _failed(self, name: str, error: Exception) -> int:
        self.failed.append(f"{name}: {type(error).__name__}: {error}".strip())
        return 0

    def end(self) -> None:
        if self.failed:
            raise StepsFailed("; ".join(self.failed))


def make(*, first: date, last: date) -> int:
    """Makes the months from that of `first` to that of `last`, and tells how many were not there yet."""
    return sum(_patiently(lambda month=month: _make(month), TRIES, PAUSE) for month in _months(first, last))  # type: ignore[misc]


def keep(*, at: datetime, tries: int = TRIES, pause: float = PAUSE) -> Kept:
    """Makes the coming months, forgets whose old events were, and drops quarantine and batches whose time is over."""
    today, steps = at.date(), _Steps(tries, pause)
    made = sum(
        steps.take_month("make", month, lambda month=month: _make(month))  # type: ignore[misc]  # bound now
        for month in _months(today - timedelta(days=31), today + timedelta(days=31 * AHEAD))
    )
    forgotten = steps.take("forget", lambda: forgetting.forget_due(at=at))
    steps.take("quarantine", lambda: pruning.drop(QuarantinedEvent.objects.filter(received_at__lt=at - QUARANTINE_KEPT)))
    steps.take("batches", lambda: _drop_batches(at - BATCHES_KEPT))
    steps.end()
    return Kept(made, forgotten, tuple(steps.left))


def drop(*, at: datetime, tries: int = TRIES, pause: float = PAUSE) -> Dropped:
    """Drops what happened more than `EVENTS_IN_DATABASE_DAYS` ago by our clock: whole months, and events one by one where
    clients' clocks had put them into another month. Where there is a second store they leave for it, and go from there after
    `EVENTS_KEPT_DAYS`; what is that old is dropped here whether that store answers or not.
    """
    steps = _Steps(tries, pause)
    over, kept_from = _midnight(at - timedelta(days=settings.EVENTS_KEPT_DAYS)), _midnight(at - stores.kept_in_database())
    months = sum(steps.take_month("drop", month, _dropping(month, over, None, at)) for month in _months_before(over))
    events = steps.take("drop events", lambda: _drop_events(over, None, at))
    if kept_from > over:
        months += sum(
            steps.take_month("drop", month, _dropping(month, kept_from, steps, at)) for month in _months_before(kept_from)
        )
        events += steps.take("let events leave", lambda: _drop_events(kept_from, steps, at))
    for day in event_copies.old(before=shop.day(at - timedelta(days=settings.EVENTS_KEPT_DAYS))):
        steps.take(f"drop the copy of {day}", lambda day=day: _drop_copy(day, at))  # type: ignore[misc]  # bound now
    steps.end()
    return Dropped(months, events, tuple(steps.left), tuple(steps.waiting))


def _patiently(act: Callable[[], int], tries: int, pause: float) -> int:
    """What others use now is free in a while; to wait in line for it would hold up whoever comes next."""
    for _ in range(tries - 1):
        try:
            return act()
        except DatabaseError as error:
            if not waits.is_held(error):
                raise
            time.sleep(pause)
    return act()


@transaction.atomic
def _make(month: date) -> int:
    return _call("analytics_make_event_month", month)


def _dropping(month: date, kept_from: datetime, leaving: _Steps | None, at: datetime) -> Callable[[], int]:
    """The days are looked up once, and both stores asked about them, before anything is locked: nothing that happened so long
    ago is told any more. What the database knows is asked once more by whoever is alone with these days.
    """
    starts_at, ends_at = _bounds(month)

    @cache
    def looked() -> tuple[list[date], event_copies.Found | None]:
        which = "client_at >= %(starts_at)s AND client_at < %(ends_at)s"
        days = _days_of(which, kept_from, starts_at=starts_at, ends_at=ends_at)
        return days, event_copies.look(days) if leaving else None

    def drop_month() -> int:
        days, found = looked()
        # The events before the states of their days, like whoever makes visits: in the other order both might wait for ever.
        return _let_go(
            f"{month:%Y-%m}", days, found, leaving, at, lambda: _call("analytics_drop_event_month", month, kept_from)
        )

    return drop_month


def _let_go(
    what: str, days: list[date], found: event_copies.Found | None, leaving: _Steps | None, at: datetime, act: Callable[[], int]
) -> int:
    """Where events leave for the second store, what was made of them stays, and days that may not leave are told in the run's
    summary. Where their time is over it goes with them: with the copy, if there is one.
    """
    with transaction.atomic():
        # Whoever copies such a day reads all of it or nothing.
        event_copies.alone(days)
        if leaving and found and (found.unready or not event_copies.is_as_found(found)):
            leaving.waiting.append(what)
            return 0
        dropped = act()
        if gone := event_copies.never_copied(days) if stores.is_second() else days:
            visits.mark(days=gone, at=at)
        if stores.is_second():
            event_copies.leave(days=days, at=at)
        return dropped


@transaction.atomic
def _drop_copy(day: date, at: datetime) -> int:
    event_copies.alone([day])
    visits.mark(days=[day], at=at)
    event_copies.drop(day=day)
    return 1


def _drop_events(kept_from: datetime, leaving: _Steps | None, at: datetime) -> int:
    # The shop's role reaches the part of strays only through the whole.
    odd = "client_at >= %(kept_from)s::timestamptz + interval '31 days' OR tableoid = 'analytics_event_stray'::regclass"
    days = sorted(_days_of(odd, kept_from))
    if not days:
        return 0
    found = event_copies.look(days) if leaving else None
    return _let_go("odd clocks", days, found, leaving, at, lambda: _call("analytics_drop_old_events", kept_from))


def _drop_batches(before: datetime) -> int:
    DailyBatches.objects.filter(day__lte=shop.day(before)).delete()
    return pruning.drop(EventBatch.objects.filter(received_at__lt=before, is_pending=False))


def _days_of(which: str, kept_from: datetime, **bounds: datetime) -> list[date]:
    """Business days of the events that are dropped with these."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT (occurred_at AT TIME ZONE %(zone)s)::date FROM analytics_event "  # noqa: S608  texts of this file
            f"WHERE occurred_at < %(kept_from)s AND ({which})",
            {"zone": settings.BUSINESS_TIME_ZONE, "kept_from": kept_from, **bounds},
        )
        return [day for (day,) in cursor.fetchall()]


def _months_before(kept_from: datetime) -> list[date]:
    """Months that have been made and are over by then, the earliest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            r"""
            SELECT to_date(right(c.relname, 7), 'YYYY_MM')
            FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
            WHERE i.inhparent = 'analytics_event'::regclass AND c.relname ~ '^analytics_event_[0-9]{4}_[0-9]{2}$'
            ORDER BY c.relname
            """
        )
        return [month for (month,) in cursor.fetchall() if _bounds(month)[1] <= kept_from]


def _months(first: date, last: date) -> list[date]:
    found, month = [], first.replace(day=1)
    while month <= last:
        found.append(month)
        month = _next(month)
    return found


def _midnight(at: datetime) -> datetime:
    return datetime(at.year, at.month, at.day, tzinfo=UTC)


def _bounds(month: date) -> tuple[datetime, datetime]:
    """Months of events are those of UTC."""
    after = _next(month)
    return datetime(month.year, month.month, 1, tzinfo=UTC), datetime(after.year, after.month, 1, tzinfo=UTC)


def _next(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1)


def _call(function: str, *given: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}({', '.join(['%s'] * len(given))})", given)
        return int(cursor.fetchone()[0])
