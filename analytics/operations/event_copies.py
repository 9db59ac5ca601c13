"""Copies closed business days of shoppers' events into the second store, and lets go of those that have left the database.

A day is copied whole and takes its place in one step: to copy it again changes nothing, and one who dies on the way leaves the
former copy or the new one. Whoever changes events of a day marks its copy; what is marked while a day is copied stays marked.
"""

import random
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from analytics import closing, stores
from analytics.models import EventCopy, VisitDay
from analytics.operations import locks
from analytics.queries import event_recount
from analytics.stores.clickhouse import ClickHouseStore
from analytics.stores.postgres import DIGEST, MODULUS, PostgresStore
from analytics.stores.values import Sum
from config.kernel import bulk, shop
from config.kernel.business_time import day_period

COPY = "analytics.copy_events"
# Compared each night: so many of the latest days, by every question.
COMPARED_TOGETHER = 7
COMPARED_OF_OLD = 4
# Seconds after which whoever copies lets others have the second store.
TURN = 5.0


class CopyTorn(RuntimeError):
    """What lies in the second store is not what was sent there."""


class CopiesDiffer(RuntimeError):
    """The message names the days; they are due to be copied again."""


@dataclass(frozen=True)
class Copied:
    days: int = 0
    events: int = 0
    # Days that are due still.
    left: int = 0


_MARK = """
    UPDATE analytics_eventcopy AS known SET
        state = 'DIRTY', marks = known.marks + 1,
        dirtied_at = CASE WHEN known.state = 'DIRTY' THEN known.dirtied_at ELSE %(at)s END
    FROM (
        SELECT day FROM analytics_eventcopy WHERE day = ANY(%(days)s) ORDER BY day FOR UPDATE
    ) AS due
    WHERE known.day = due.day
"""

# What one statement sees. The digest goes along with each row and is taken off again: it tells what should arrive.
_TELL = f"""
    COPY (
        SELECT
            %(day)s::date, e.id, to_char(e.client_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'),
            to_char(e.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'),
            to_char(e.received_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'),
            e.visitor, e.customer_id, e.variant_id, e.source_id, e.kind, e.traffic, e.properties, {DIGEST}
        FROM analytics_event AS e WHERE e.occurred_at >= %(starts_at)s AND e.occurred_at < %(ends_at)s
    ) TO STDOUT
"""  # noqa: S608  texts of the product

_SETTLE = """
    UPDATE analytics_eventcopy SET
        state = CASE WHEN marks = %(marks)s THEN 'CLEAN' ELSE 'DIRTY' END,
        dirtied_at = CASE WHEN marks = %(marks)s THEN NULL ELSE dirtied_at END,
        rebuilt_at = %(at)s, source_rows = %(rows)s, checksum = %(checksum)s, seconds = %(seconds)s,
        compared_at = %(at)s, is_equal = true
    WHERE day = %(day)s
"""


def mark(*, days: Iterable[date], at: datetime) -> None:
    """Tells that events of these days have changed. A day that was never copied is due in any case."""
    if wanted := sorted(set(days)):
        with connection.cursor() as cursor:
            cursor.execute(_MARK, {"days": wanted, "at": at})


def copy_due(*, at: datetime, seconds: float = 480) -> Copied:
    """Copies the closed days that are new or have changed, the latest first; what is left after `seconds` is due next time."""
    if not stores.is_second():
        return Copied()
    wanted = due(at=at)
    return _copy(wanted, at=at, seconds=seconds)


def copy(*, first: date, last: date, at: datetime) -> Copied:
    """Copies closed days again, whatever is known of them."""
    return _copy(closing.days(first, min(last, closing.last_closed(at, shop.zone()))), at=at)


def some(*, at: datetime) -> list[date]:
    """Copied days to be compared this night: the latest ones and, of the others, other ones each night."""
    days = list(EventCopy.objects.filter(state=EventCopy.State.CLEAN).order_by("day").values_list("day", flat=True))
    before = days[:-COMPARED_TOGETHER]
    chosen = random.Random(at.toordinal()).sample(before, min(COMPARED_OF_OLD, len(before)))  # noqa: S311  a sample, no secret
    return sorted(chosen) + days[-COMPARED_TOGETHER:]


def due(*, at: datetime) -> list[date]:
    """The latest first."""
    first = event_recount.first_moment()
    closed = closing.days(shop.day(first), closing.last_closed(at, shop.zone())) if first else []
    clean = set(EventCopy.objects.filter(state=EventCopy.State.CLEAN).values_list("day", flat=True))
    dirty = EventCopy.objects.filter(state=EventCopy.State.DIRTY).values_list("day", flat=True)
    return sorted((set(closed) | set(dirty)) - clean, reverse=True)


def compare(*, days: Iterable[date], at: datetime) -> int:
    """Asks both for each of these days that is copied and not due, and for the latest of them every question; tells how many
    days were compared. Those that differ are due, and then it raises.
    """
    unequal: set[date] = set()
    compared, together = 0, list[date]()
    if not stores.is_second():
        return 0
    with stores.second() as store:
        store.make()
        for day in sorted(set(days), reverse=True):
            same = _compare_day(day, store, at)
            if same is None:
                continue
            compared += 1
            if not same:
                unequal.add(day)
            elif len(together) < COMPARED_TOGETHER:
                together.append(day)
        unequal |= set(_answered_otherwise(together, store))
    if unequal:
        _differ(unequal, at)
        raise CopiesDiffer(f"The second store differs: {', '.join(day.isoformat() for day in sorted(unequal))}")
    return compared


@transaction.atomic
def unready(days: Iterable[date]) -> list[date]:
    """Those that may not leave the database: not copied as they are now, or they still tell whose their events are."""
    bulk.unhurried()
    wanted = sorted(set(days))
    copies = {row.day: row for row in EventCopy.objects.filter(day__in=wanted)}
    forgotten = set(VisitDay.objects.filter(day__in=wanted, forgotten_marks=F("marks")).values_list("day", flat=True))
    waiting = []
    with stores.second() as store:
        store.make()
        for day in wanted:
            known = copies.get(day)
            if (
                known is None
                or known.state != EventCopy.State.CLEAN
                or day not in forgotten
                or event_recount.is_pending(day)
                or not _is_whole(known, store)
            ):
                waiting.append(day)
    return waiting


def leave(*, days: Iterable[date], at: datetime) -> None:
    """To be called in the transaction that drops events of these days out of the database."""
    EventCopy.objects.filter(day__in=list(days), left_at=None).update(left_at=at)


def old(*, before: date) -> list[date]:
    """Days before this one that lie in the second store alone."""
    return list(EventCopy.objects.filter(day__lt=before, left_at__isnull=False).order_by("day").values_list("day", flat=True))


def drop(*, day: date) -> None:
    """To be called in the transaction that marks what was made of that day. Killed after it dropped, it drops nothing again."""
    locks.days_alone(locks.Lock.EVENT_COPIES, [day])
    with stores.second() as store:
        store.make()
        store.drop(day)
    EventCopy.objects.filter(day=day).delete()


def _copy(days: list[date], *, at: datetime, seconds: float | None = None) -> Copied:
    if not days:
        return Copied()
    until, done = None if seconds is None else time.monotonic() + seconds, Copied(left=len(days))
    # Committed before any day is read: who marks a day finds it.
    EventCopy.objects.bulk_create([EventCopy(day=day, dirtied_at=at) for day in days], ignore_conflicts=True)
    rest = list(reversed(days))
    while rest and (until is None or time.monotonic() < until):
        # Opened again and again, so that others who wait for it get a turn.
        turn = time.monotonic() + TURN
        with stores.second() as store:
            store.make()
            while rest and time.monotonic() < turn:
                events = _copy_day(rest.pop(), store, at)
                done = Copied(done.days + 1, done.events + events, len(rest))
    return done


@transaction.atomic
def _copy_day(day: date, store: ClickHouseStore, at: datetime) -> int:
    began = time.monotonic()
    bulk.unhurried()
    locks.days_alone(locks.Lock.EVENT_COPIES, [day])
    # Read before the events are: a mark that is not in here yet belongs to events that may not be in the copy either.
    marks, left_at = EventCopy.objects.values_list("marks", "left_at").get(day=day)
    with tempfile.TemporaryDirectory(prefix="events-") as folder:
        file = Path(folder) / "rows.tsv"
        sent = _tell(day, file)
        if not sent.rows and left_at is None:
            store.drop(day)
            _settle(day, marks, sent, at, time.monotonic() - began)
            return 0
        came = store.gather(day, file, keeping=left_at is not None)
    if came != sent and (left_at is None or came.rows < sent.rows):
        raise CopyTorn(f"{day}: {sent.rows} events were sent, {came.rows} arrived.")
    store.replace(day)
    there = store.sum_of(day)
    if there != came:
        raise CopyTorn(f"{day}: {came.rows} events were put together, {there.rows} took their place.")
    _settle(day, marks, there, at, time.monotonic() - began)
    return there.rows


def _tell(day: date, file: Path) -> Sum:
    """Writes the day's events into a file, and tells what they sum up to."""
    period = day_period(day, shop.zone())
    rows, total = 0, 0
    said = {"day": day, "starts_at": period.starts_at, "ends_at": period.ends_at}
    with file.open("wb") as writing, connection.cursor() as cursor, cursor.copy(_TELL, said) as told:
        for line in _lines(told):
            row, _tab, digest = line.rpartition(b"\t")
            writing.write(row + b"\n")
            rows, total = rows + 1, total + int(digest)
    return Sum(rows, total % MODULUS)


def _lines(pieces: Iterable[Any]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + bytes(piece)).split(b"\n")
        yield from lines


def _settle(day: date, marks: int, there: Sum, at: datetime, seconds: float) -> None:
    said: dict[str, Any] = {
        "day": day,
        "marks": marks,
        "at": at,
        "rows": there.rows,
        "checksum": there.checksum,
        "seconds": seconds,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE, said)


@transaction.atomic
def _compare_day(day: date, store: ClickHouseStore, at: datetime) -> bool | None:
    """Whether both hold the same of this day; None where it is due, or was marked meanwhile."""
    bulk.unhurried()
    locks.days_alone(locks.Lock.EVENT_COPIES, [day])
    known = EventCopy.objects.filter(day=day, state=EventCopy.State.CLEAN).first()
    if known is None:
        return None
    same = _is_whole(known, store)
    # What changes events marks their day in the same moment, or counts them within minutes.
    if not same and (event_recount.is_pending(day) or not EventCopy.objects.filter(day=day, marks=known.marks).exists()):
        return None
    EventCopy.objects.filter(day=day).update(compared_at=at, is_equal=same)
    return same


def _is_whole(known: EventCopy, store: ClickHouseStore) -> bool:
    """Whether the copy is as it was made and, unless events of the day have left, what the database holds."""
    made = Sum(known.source_rows or 0, known.checksum or 0)
    return store.sum_of(known.day) == made and (known.left_at is not None or PostgresStore().sum_of(known.day) == made)


@transaction.atomic
def _answered_otherwise(days: list[date], store: ClickHouseStore) -> list[date]:
    """Days, of those that are the same by their sums, that either answers otherwise."""
    bulk.unhurried()
    here = PostgresStore()
    held = set(EventCopy.objects.filter(day__in=days, left_at=None).values_list("day", flat=True))
    return [
        day for day in days if day in held
        and not all(
            getattr(here, question)(day, day) == getattr(store, question)(day, day)
            for question in ("hours", "funnel", "turned_to", "visitors")
        )
    ]  # fmt: skip


@transaction.atomic
def _differ(days: set[date], at: datetime) -> None:
    mark(days=days, at=at)
    EventCopy.objects.filter(day__in=days).update(compared_at=at, is_equal=False)
