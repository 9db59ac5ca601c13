"""Copies closed business days of shoppers' events into the second store, and lets go of those that have left the database.

A day is copied whole and takes its place in one step: to copy it again changes nothing, and one who dies on the way leaves the
former copy or the new one. Whoever changes events of a day marks its copy; what is marked while a day is copied stays marked.
"""

import logging
import random
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import F

from analytics import closing, stores
from analytics.models import EventCopy, VisitDay
from analytics.operations import locks
from analytics.queries import event_recount
from analytics.stores.clickhouse import ClickHouseStore
from analytics.stores.engines import EventStoreRefused
from analytics.stores.postgres import DIGEST, MODULUS, PostgresStore
from analytics.stores.values import CopyTorn, Sum
from config.kernel import bulk, shop, waits
from config.kernel.business_time import day_period

log = logging.getLogger(__name__)

COPY = "analytics.copy_events"
# Compared each night: so many of the latest days, by every question.
COMPARED_TOGETHER = 7
COMPARED_OF_OLD = 4
# Seconds after which whoever copies lets others have the second store.
TURN = 5.0


class CopiesFailed(RuntimeError):
    """The message names the days; what else was due is copied."""


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
        coming_rows = NULL, coming_checksum = NULL,
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


def alone(days: Iterable[date]) -> None:
    """Waits for whoever copies, compares or drops these days; until the transaction ends nobody else does."""
    locks.days_alone(locks.Lock.EVENT_COPIES, days)


@dataclass(frozen=True)
class Found:
    """What the ledger said of days when both stores were asked, and those of them that may not leave."""

    days: tuple[date, ...]
    said: dict[date, tuple[Any, ...]]
    unready: tuple[date, ...]


@transaction.atomic
def look(days: Iterable[date]) -> Found:
    """Asks both stores which days may leave the database: those that are copied as they are now, and tell nobody's name."""
    bulk.unhurried()
    wanted = sorted(set(days))
    said = _said(wanted)
    waiting = set(_not_settled(wanted))
    with stores.second() as store:
        store.make()
        settled = EventCopy.objects.filter(day__in=[day for day in wanted if day not in waiting])
        waiting |= {one.day for one in settled if not _is_whole(one, store)}
    return Found(tuple(wanted), said, tuple(sorted(waiting)))


def is_as_found(found: Found) -> bool:
    """Whether that is so still, by the database alone: to be asked by whoever is alone with these days."""
    return _said(found.days) == found.said and not _not_settled(found.days)


def _said(days: Iterable[date]) -> dict[date, tuple[Any, ...]]:
    names = ("marks", "state", "source_rows", "checksum", "left_at")
    return {day: tuple(told) for day, *told in EventCopy.objects.filter(day__in=list(days)).values_list("day", *names)}


def _not_settled(days: Iterable[date]) -> list[date]:
    """Not copied since they were marked, not forgotten since then, or with events that nobody has counted."""
    wanted = list(days)
    clean = set(EventCopy.objects.filter(day__in=wanted, state=EventCopy.State.CLEAN).values_list("day", flat=True))
    forgotten = set(VisitDay.objects.filter(day__in=wanted, forgotten_marks=F("marks")).values_list("day", flat=True))
    return [day for day in wanted if day not in clean or day not in forgotten or event_recount.is_pending(day)]


def leave(*, days: Iterable[date], at: datetime) -> None:
    """To be called, by whoever is alone with these days, in the transaction that drops events of them out of the database."""
    known = EventCopy.objects.filter(day__in=list(days))
    known.filter(rebuilt_at=None).delete()
    known.filter(left_at=None).update(left_at=at)


def never_copied(days: Iterable[date]) -> list[date]:
    """Those of which nothing is left once the database drops them."""
    wanted = set(days)
    return sorted(
        wanted - set(EventCopy.objects.filter(day__in=wanted, rebuilt_at__isnull=False).values_list("day", flat=True))
    )


def old(*, before: date) -> list[date]:
    """Days before this one that lie in the second store alone."""
    return list(EventCopy.objects.filter(day__lt=before, left_at__isnull=False).order_by("day").values_list("day", flat=True))


def drop(*, day: date) -> None:
    """To be called, by whoever is alone with this day, in the transaction that marks what was made of it. Killed after it
    dropped, it drops nothing again.
    """
    with stores.second() as store:
        store.make()
        store.drop(day)
    EventCopy.objects.filter(day=day).delete()


def _copy(days: list[date], *, at: datetime, seconds: float | None = None) -> Copied:
    """A day that cannot be copied stays due and stops no other; it raises at the end."""
    if not days:
        return Copied()
    until, done = None if seconds is None else time.monotonic() + seconds, Copied(left=len(days))
    # Committed before any day is read: who marks a day finds it.
    EventCopy.objects.bulk_create([EventCopy(day=day, dirtied_at=at) for day in days], ignore_conflicts=True)
    _sweep()
    rest, failed = list(reversed(days)), dict[date, Exception]()
    while rest and (until is None or time.monotonic() < until):
        # Opened again and again, so that others who wait for it get a turn.
        turn = time.monotonic() + TURN
        with stores.second() as store:
            store.make()
            while rest and time.monotonic() < turn:
                day = rest.pop()
                try:
                    events = _copy_day(day, store, at)
                except (CopyTorn, EventStoreRefused, DatabaseError) as error:
                    if waits.is_away(error):
                        raise
                    log.exception("the events of %s cannot be copied", day)
                    failed[day] = error
                    if isinstance(error, CopyTorn):
                        # Nothing can be copied anew of what has left.
                        EventCopy.objects.filter(day=day, left_at__isnull=False).update(compared_at=at, is_equal=False)
                else:
                    done = Copied(done.days + 1, done.events + events, len(rest) + len(failed))
    if failed:
        # The database tells rows in its further lines.
        first = {day: f"{type(error).__name__}: {error}".split("\n", 1)[0] for day, error in failed.items()}
        told = "; ".join(f"{day}: {said}" for day, said in sorted(first.items()))
        raise CopiesFailed(f"{len(failed)} of {len(days)} days are not copied. {told}")
    return done


def _copy_day(day: date, store: ClickHouseStore, at: datetime) -> int:
    """In two transactions: what is to take the day's place is on record before it does."""
    began = time.monotonic()
    while True:
        marks, left_at, coming = _put_together(day, store)
        if _take_place(day, store, coming, marks=marks, left_at=left_at, at=at, began=began):
            return coming.rows


@transaction.atomic
def _put_together(day: date, store: ClickHouseStore) -> tuple[int, datetime | None, Sum]:
    """The day's marks, whether it has left, and what lies beside the table and is about to take its place."""
    bulk.unhurried()
    alone([day])
    # Read before the events are: a mark that is not in here yet belongs to events that may not be in the copy either.
    known = EventCopy.objects.get(day=day)
    if known.left_at is not None and store.sum_of(day) not in sums(known):
        raise CopyTorn(f"{known.source_rows} events had been copied and left, {store.sum_of(day).rows} are there, or others.")
    with _file(day) as file:
        sent = _tell(day, file)
        came, kept = store.gather(day, file, keeping=known.left_at is not None)
    if came != sent:
        raise CopyTorn(f"{sent.rows} events were sent, {came.rows} arrived, or others.")
    coming = Sum(sent.rows + kept.rows, (sent.checksum + kept.checksum) % MODULUS)
    if known.left_at is not None and coming.rows < (known.source_rows or 0):
        raise CopyTorn(f"{known.source_rows} events had been copied, {coming.rows} would be left.")
    if store.gathered(day) != coming:
        raise CopyTorn(f"{sent.rows} events were sent to {kept.rows} others, and that is not what lies there.")
    EventCopy.objects.filter(day=day).update(coming_rows=coming.rows, coming_checksum=coming.checksum)
    return known.marks, known.left_at, coming


@transaction.atomic
def _take_place(
    day: date, store: ClickHouseStore, coming: Sum, *, marks: int, left_at: datetime | None, at: datetime, began: float
) -> bool:
    """Whether it has; not where the day has left meanwhile, or somebody else has copied it."""
    bulk.unhurried()
    alone([day])
    # Held only from here on: who marks the day does not wait for a whole copy.
    known = EventCopy.objects.select_for_update(no_key=True).get(day=day)
    if known.left_at != left_at or (known.coming_rows, known.coming_checksum) != (coming.rows, coming.checksum):
        return False
    if store.gathered(day) != coming:
        raise CopyTorn("What was put together beside the table is not there any more.")
    if coming.rows:
        store.replace(day)
    else:
        store.drop(day)
    there = store.sum_of(day)
    if there != coming:
        raise CopyTorn(f"{coming.rows} events were put together, {there.rows} took their place, or others.")
    _settle(day, marks, there, at, time.monotonic() - began)
    return True


def sums(known: EventCopy) -> set[Sum]:
    """What may lie in the second store of a day, as far as whoever copied it was not killed or harmed."""
    found = {Sum(known.source_rows, known.checksum or 0)} if known.source_rows is not None else {Sum(0, 0)}
    return found if known.coming_rows is None else {*found, Sum(known.coming_rows, known.coming_checksum or 0)}


@contextmanager
def _file(day: date) -> Iterator[Path]:
    """For whoever is alone with this day. It holds events, so it lies where the shop's own files do."""
    folder = _folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / f"{day.isoformat()}.tsv"
    try:
        yield file
    finally:
        file.unlink(missing_ok=True)


def _sweep() -> None:
    """Removes what others left who were killed; whoever copies a day now keeps its file."""
    for file in _folder().glob("*.tsv"):
        with transaction.atomic():
            if locks.day_if_free(locks.Lock.EVENT_COPIES, date.fromisoformat(file.stem)):
                file.unlink(missing_ok=True)


def _folder() -> Path:
    return Path(settings.MEDIA_ROOT) / "event-copies"


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
    alone([day])
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
