"""Visits are made while shoppers go on: no event is lost, nobody reads half a day, two who make a day agree.

Each guard has a control without it that goes wrong in the same interleaving.
"""

import threading
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connections

from analytics.models import EventSource, Visit, VisitDay
from analytics.operations import event_figures, visits
from analytics.queries import event_kinds, visit_recount
from tests.analytics.events.builders import a_source
from tests.analytics.visits.builders import NOW, after, tell
from tests.builders import a_customer
from tests.probe.together import together

pytestmark = [pytest.mark.django_db(transaction=True)]

DAY = date(2026, 11, 20)
VISITS = 5


@pytest.fixture(autouse=True)
def source() -> EventSource:
    event_kinds.forget()
    made = a_source()
    tell(made, *(after(40 * number) for number in range(VISITS)))
    event_figures.count_due()
    return made


def rebuild() -> None:
    visits.rebuild(days=[DAY], at=NOW)


def stored() -> int:
    return Visit.objects.count()


def state() -> str:
    return VisitDay.objects.get(day=DAY).state


def after_reading(monkeypatch: pytest.MonkeyPatch, change: Callable[[], object]) -> None:
    """Lets `change` happen in another session after the events were read and before the day is settled."""
    replace = visits._replace

    def replace_and_wait(day: date, is_forgotten: bool) -> tuple[int, int, int]:
        made = replace(day, is_forgotten)
        together(1, lambda _: change())
        return made

    monkeypatch.setattr(visits, "_replace", replace_and_wait)


def tell_and_count(source: EventSource) -> None:
    tell(source, after(40 * VISITS), visitor="visitor-2")
    event_figures.count_due()


def test_an_event_stored_while_the_day_is_made_leaves_it_due_and_is_in_the_next_visits(
    source: EventSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    after_reading(monkeypatch, lambda: tell_and_count(source))

    rebuild()

    assert stored() == VISITS
    assert state() == VisitDay.State.DIRTY
    monkeypatch.undo()
    assert visits.rebuild_due(at=NOW).days == 1
    assert (stored(), state()) == (VISITS + 1, VisitDay.State.CLEAN)
    assert visit_recount.differences(DAY) == []


@pytest.mark.breaks_promises("the last look at the marks is left out")
def test_control_a_day_that_forgets_what_it_saw_loses_the_event(source: EventSource, monkeypatch: pytest.MonkeyPatch) -> None:
    after_reading(monkeypatch, lambda: tell_and_count(source))
    monkeypatch.setattr(visits, "_SETTLE", visits._SETTLE.replace("analytics_visitday.marks = excluded.marks", "true"))

    rebuild()

    assert (stored(), state()) == (VISITS, VisitDay.State.CLEAN), "not powered: the event was not lost"
    assert visit_recount.differences(DAY), "the audit would not see it"


class Paused:
    """One rebuild, stopped in the middle: its visits are gone and the new ones not written yet."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reached, self.go_on = threading.Event(), threading.Event()
        said = visits._said

        def stop_here(day: date) -> dict[str, Any]:
            if threading.current_thread() is self.thread:
                self.reached.set()
                assert self.go_on.wait(20)
            return said(day)

        monkeypatch.setattr(visits, "_said", stop_here)
        self.errors: list[BaseException] = []
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        try:
            rebuild()
        except BaseException as error:
            self.errors.append(error)
        finally:
            connections.close_all()

    def __enter__(self) -> "Paused":
        self.thread.start()
        assert self.reached.wait(20)
        return self

    def __exit__(self, *_: object) -> None:
        self.go_on.set()
        self.thread.join(20)


@pytest.fixture
def paused(monkeypatch: pytest.MonkeyPatch) -> Paused:
    return Paused(monkeypatch)


def test_readers_see_the_former_visits_until_the_new_ones_are_whole(paused: Paused) -> None:
    rebuild()
    with paused:
        assert stored() == VISITS
    assert (stored(), paused.errors) == (VISITS, [])


def test_control_without_the_transaction_readers_see_an_empty_day(paused: Paused, monkeypatch: pytest.MonkeyPatch) -> None:
    rebuild()
    monkeypatch.setattr(visits, "_rebuild_day", visits._rebuild_day.__wrapped__)  # type: ignore[attr-defined]
    with paused:
        assert stored() == 0, "not powered: the day was never half made"
    assert stored() == VISITS


def test_many_who_make_the_same_day_agree() -> None:
    together(4, lambda _: [rebuild() for _ in range(3)])

    assert (stored(), state()) == (VISITS, VisitDay.State.CLEAN)
    assert visit_recount.differences(DAY) == []


def test_control_without_the_lock_two_who_make_the_same_day_collide(paused: Paused, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visits, "_one_at_a_time", lambda day: None)
    with paused:
        rebuild()
    assert [type(error) for error in paused.errors] == [IntegrityError]


def become_known(source: EventSource) -> None:
    """The visitor logs in later on, on a day whose visits are of no matter here."""
    tell(source, after(40 * VISITS, "page_viewed"), customer="c-1", at=NOW + timedelta(hours=1))


def names() -> set[int | None]:
    return set(Visit.objects.values_list("customer_id", flat=True))


def settle_after_reading(monkeypatch: pytest.MonkeyPatch) -> list[threading.Thread]:
    """Somebody tells who the visitor is after the day was read and before it is done; who has to wait is not waited for."""
    replace = visits._replace
    settling: list[threading.Thread] = []

    def settle() -> None:
        visits.settle_known(at=NOW)
        connections.close_all()

    def replace_and_settle(day: date, is_forgotten: bool) -> tuple[int, int, int]:
        made = replace(day, is_forgotten)
        settling.append(threading.Thread(target=settle, daemon=True))
        settling[0].start()
        settling[0].join(1)
        return made

    monkeypatch.setattr(visits, "_replace", replace_and_settle)
    return settling


def test_who_becomes_known_while_the_day_is_made_is_told_to_the_visits_afterwards(
    source: EventSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = a_customer(external_id="c-1")
    become_known(source)
    settling = settle_after_reading(monkeypatch)
    rebuild()
    settling[0].join(20)
    assert names() == {customer.pk}


@pytest.mark.breaks_promises("the lock on who is known is left out")
def test_control_without_the_lock_the_visits_do_not_hear_of_it(source: EventSource, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = a_customer(external_id="c-1")
    become_known(source)
    settling = settle_after_reading(monkeypatch)
    monkeypatch.setattr(visits, "_known_alone", lambda: None)
    rebuild()
    settling[0].join(20)
    assert names() == {None, customer.pk}, "not powered: the visits heard of it"
