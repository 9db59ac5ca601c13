"""Intake goes on whatever is done to the months of events, and who reads the quarantine again crosses nobody's path.

Each guard has a control without it that goes wrong in the same interleaving.
"""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import OperationalError, connection, connections, transaction
from psycopg.errors import DeadlockDetected

from analytics.behaviour.reading import Batch
from analytics.models import Event, EventSource, QuarantinedEvent, VisitDay
from analytics.operations import event_kinds as own_kinds
from analytics.operations import event_months, ingest, quarantine, visits
from analytics.operations.event_months import Dropped
from analytics.queries import event_kinds
from tests.analytics.events.builders import a_batch, a_source, an_event, told
from tests.analytics.visits.builders import made
from tests.builders import AT

pytestmark = [pytest.mark.django_db(transaction=True)]

LONG_AGO = datetime(2020, 1, 10, 3, tzinfo=UTC)
DAY = date(2020, 1, 10)
LATER = datetime(2023, 6, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def source() -> Iterator[EventSource]:
    event_kinds.forget()
    yield a_source()
    # Months outlive the rows that a test leaves behind.
    event_months.drop(at=LATER)
    event_kinds.forget()


class Aside(threading.Thread):
    """Something done in another session; what goes wrong with it is kept."""

    def __init__(self, act: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self.act, self.answer = act, None
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self.answer = self.act()  # type: ignore[func-returns-value]
        except BaseException as error:
            self.error = error
        finally:
            connections.close_all()


def deadlocked(*errors: BaseException | None) -> bool:
    return any(isinstance(error, OperationalError) and isinstance(error.__cause__, DeadlockDetected) for error in errors)


# --- reading the quarantine again while the same events come once more

EARLIER, FURTHER = AT - timedelta(hours=2), AT - timedelta(hours=1)


@pytest.fixture
def twice(source: EventSource) -> tuple[EventSource, list[dict[str, Any]]]:
    """Two events that could not be read and can be now; the later one lies first in quarantine."""
    events = [an_event("gift_wrapped", at=at, id=UUID(int=number)) for number, at in enumerate((FURTHER, EARLIER), 1)]
    for event in events:
        told(source, a_batch(event))
    own_kinds.define(name="gift_wrapped", properties={}, required=[], actor=None, at=AT)
    event_kinds.forget()
    return source, events


def crossing(monkeypatch: pytest.MonkeyPatch, source: EventSource, events: list[dict[str, Any]]) -> list[Aside]:
    """After the first event was read again, both come in a batch; who has to wait is not waited for."""
    take, coming = ingest.take, []

    def take_and_meet(**given: Any) -> ingest.Taken:
        taken = take(**given)
        if not coming:
            # What lies in quarantine comes along, so that both touch that as well.
            coming.append(Aside(lambda: told(source, a_batch(*events, {"id": "nonsense"}))))
            monkeypatch.undo()
            coming[0].start()
            coming[0].join(0.5)
        return taken

    monkeypatch.setattr(ingest, "take", take_and_meet)
    return coming


def read_again() -> BaseException | None:
    try:
        quarantine.read_again(ids=list(QuarantinedEvent.objects.values_list("pk", flat=True)))
    except OperationalError as error:
        return error
    return None


def test_who_reads_again_and_who_takes_in_wait_for_each_other_in_one_order(
    twice: tuple[EventSource, list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    coming = crossing(monkeypatch, *twice)
    error = read_again()
    coming[0].join(20)
    assert (error, coming[0].error) == (None, None)
    assert Event.objects.count() == 2
    assert [row.reason for row in QuarantinedEvent.objects.all()] == ["bad_id"]


def test_control_in_the_order_of_the_quarantine_they_wait_for_each_other_for_ever(
    twice: tuple[EventSource, list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    coming = crossing(monkeypatch, *twice)

    def as_they_lie(read: list[tuple[QuarantinedEvent, Batch]]) -> list[tuple[QuarantinedEvent, Batch]]:
        return read

    monkeypatch.setattr(quarantine, "_in_order", as_they_lie)
    error = read_again()
    coming[0].join(20)
    assert deadlocked(error, coming[0].error), "not powered: they did not cross"


# --- dropping a month while the visits of its days are made


@pytest.fixture
def a_day_long_ago(source: EventSource) -> None:
    event_months.make(first=DAY, last=DAY)
    told(source, a_batch(an_event(at=LONG_AGO)), at=LONG_AGO)
    made(LONG_AGO)


def while_made(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> list[Aside]:
    """`act` begins when the day has been read and is not settled; it gets half a second if it has to wait."""
    replace, begun = visits._replace, []

    def replace_and_act(day: date, is_forgotten: bool) -> tuple[int, int, int]:
        found = replace(day, is_forgotten)
        begun.append(Aside(act))
        begun[0].start()
        begun[0].join(0.7)
        return found

    monkeypatch.setattr(visits, "_replace", replace_and_act)
    return begun


def rebuilt() -> BaseException | None:
    try:
        visits.rebuild(days=[DAY], at=LATER)
    except OperationalError as error:
        return error
    return None


@pytest.mark.usefixtures("a_day_long_ago")
def test_a_month_whose_days_are_being_made_is_dropped_when_they_are_done(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = while_made(monkeypatch, lambda: event_months.drop(at=LATER, tries=20, pause=0.1))
    error = rebuilt()
    begun[0].join(20)
    assert (error, begun[0].error) == (None, None)
    assert begun[0].answer == Dropped(1, 0, ())
    assert VisitDay.objects.get(day=DAY).state == VisitDay.State.DIRTY
    monkeypatch.undo()
    assert visits.rebuild_due(at=LATER).visits == 0


@pytest.mark.usefixtures("a_day_long_ago")
def test_control_who_marks_the_days_first_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    def mark_first() -> None:
        with transaction.atomic():
            visits.mark(days=[DAY], at=LATER)
            with connection.cursor() as cursor:
                cursor.execute("LOCK TABLE analytics_event IN ACCESS EXCLUSIVE MODE")

    begun = while_made(monkeypatch, mark_first)
    error = rebuilt()
    begun[0].join(20)
    assert deadlocked(error, begun[0].error), "not powered: they did not cross"


@pytest.mark.usefixtures("a_day_long_ago")
def test_a_month_that_stays_in_use_is_left_to_the_next_run(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = while_made(monkeypatch, lambda: event_months.drop(at=LATER, tries=2, pause=0.01))
    assert rebuilt() is None
    begun[0].join(20)
    assert begun[0].answer == Dropped(0, 0, ("2020-01",))
    assert Event.objects.exists()


# --- how long intake waits

READS_FOR = 3.0


def longest_wait(source: EventSource, act: Callable[[], object]) -> float:
    """The longest that one batch took while `act` ran, and somebody read all events for some seconds all the while."""
    waits, over = [], threading.Event()

    def take_in() -> None:
        while not over.is_set():
            began = time.monotonic()
            told(source, a_batch(an_event(at=AT)))
            waits.append(time.monotonic() - began)

    def read() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM analytics_event")
            cursor.execute("SELECT pg_sleep(%s)", [READS_FOR])

    reader, teller = Aside(read), Aside(take_in)
    reader.start()
    time.sleep(0.3)
    teller.start()
    time.sleep(0.3)
    act()
    reader.join(20)
    over.set()
    teller.join(20)
    assert (reader.error, teller.error) == (None, None)
    return max(waits)


def test_intake_waits_for_no_month_that_is_made_or_dropped(source: EventSource) -> None:
    event_months.make(first=DAY, last=DAY)

    def make_and_drop() -> None:
        # Whoever reads all events holds the strays as well: months cannot be made now, and are left to the next run.
        assert len(event_months.keep(at=LONG_AGO + timedelta(days=70), tries=1).left) == 5
        assert event_months.keep(at=LONG_AGO + timedelta(days=70), tries=20, pause=0.3).made == 5
        assert event_months.drop(at=LATER, tries=20, pause=0.3).months == 6

    assert longest_wait(source, make_and_drop) < READS_FOR / 2


def test_control_a_drop_that_waits_its_turn_holds_up_intake(source: EventSource) -> None:
    event_months.make(first=DAY, last=DAY)

    def drop() -> None:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE analytics_event_2020_01")

    assert longest_wait(source, drop) > READS_FOR / 2, "not powered: nobody waited"
