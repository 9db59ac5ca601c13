"""Figures are made while the shop trades: nobody reads half a day, two who make the same day agree, and no change is lost.

Each guard has a control without it that goes wrong in the same interleaving.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.db.models import Sum

from analytics import extract
from analytics.models import HourlySales, RollupState
from analytics.operations import rollups
from analytics.queries import recount
from orders.models import Order
from tests.analytics.builders import Line, an_order, seoul
from tests.builders import a_variant
from tests.probe.together import together

# Its orders and movements are rows, at whatever moment of the past a figure needs them.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.breaks_promises("orders without reservations and papers")]

DAY = date(2026, 11, 18)
NOW = seoul("2026-11-20", "12:00")
ORDERS = 40


@pytest.fixture(autouse=True)
def _closed_day() -> None:
    cup = a_variant()
    for number in range(ORDERS):
        an_order(seoul("2026-11-18", f"{number % 24:02}:15"), Line(cup))


def rebuild() -> None:
    rollups.rebuild(first=DAY, last=DAY, actor=None, at=NOW)


def stored() -> int:
    return HourlySales.objects.aggregate(placed=Sum("orders"))["placed"] or 0


class Paused:
    """One rebuild, stopped in the middle: its rows are gone and the new ones not written yet."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reached, self.go_on = threading.Event(), threading.Event()
        span = extract.span

        def stop_here(period: Any) -> dict[str, Any]:
            if threading.current_thread() is self.thread:
                self.reached.set()
                assert self.go_on.wait(20)
            return span(period)

        monkeypatch.setattr(extract, "span", stop_here)
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


def without_transaction(call: Callable[..., Any]) -> Callable[..., Any]:
    """The function below its `transaction.atomic`."""
    return call.__wrapped__  # type: ignore[attr-defined,no-any-return]


def test_readers_see_the_former_figures_until_the_new_ones_are_whole(paused: Paused) -> None:
    rebuild()
    with paused:
        assert stored() == ORDERS
    assert stored() == ORDERS
    assert paused.errors == []


def test_control_without_the_transaction_readers_see_an_empty_day(paused: Paused, monkeypatch: pytest.MonkeyPatch) -> None:
    rebuild()
    monkeypatch.setattr(rollups, "_rebuild_span", without_transaction(rollups._rebuild_span))
    with paused:
        assert stored() == 0, "not powered: the day was never half built"
    assert stored() == ORDERS


def test_many_who_make_the_same_day_agree() -> None:
    together(6, lambda _: [rebuild() for _ in range(3)])

    assert stored() == ORDERS
    assert recount.differences(DAY) == []


def test_control_without_the_lock_two_who_make_the_same_day_collide(paused: Paused, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollups, "_one_at_a_time", lambda days: None)
    with paused:
        rebuild()
    assert [type(error) for error in paused.errors] == [IntegrityError]


def cancel_one() -> None:
    """A change of the closed day, with the mark that its event sets."""
    order = Order.objects.exclude(state=Order.State.CANCELED).order_by("id").first()
    assert order is not None
    Order.objects.filter(pk=order.pk).update(state=Order.State.CANCELED)
    rollups.mark(days=[DAY], at=NOW)


def test_a_change_while_the_day_is_read_leaves_it_dirty_and_is_in_the_next_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    rebuild()
    after_reading(monkeypatch, cancel_one)

    rebuild()

    assert stored() == ORDERS
    assert RollupState.objects.get(pk=DAY).state == RollupState.State.DIRTY
    monkeypatch.undo()
    assert rollups.rebuild_due(at=NOW).days >= 1
    assert stored() == ORDERS - 1
    assert RollupState.objects.get(pk=DAY).state == RollupState.State.CLEAN


def test_control_a_rebuild_that_forgets_what_it_saw_loses_the_change(monkeypatch: pytest.MonkeyPatch) -> None:
    rebuild()
    after_reading(monkeypatch, cancel_one)
    careless = rollups._SETTLE.replace("analytics_rollupstate.marks = excluded.marks", "true")
    monkeypatch.setattr(rollups, "_SETTLE", careless)

    rebuild()

    assert RollupState.objects.get(pk=DAY).state == RollupState.State.CLEAN
    assert stored() == ORDERS, "not powered: the change was not lost"
    assert recount.differences(DAY), "the audit would not see it"


def after_reading(monkeypatch: pytest.MonkeyPatch, change: Callable[[], None]) -> None:
    """Lets `change` happen in another session after the source was read and before the day is settled."""
    replace = rollups._replace

    def replace_and_wait(first: date, last: date) -> dict[date, int]:
        rows = replace(first, last)
        together(1, lambda _: change())
        return rows

    monkeypatch.setattr(rollups, "_replace", replace_and_wait)


def test_marking_does_not_wait_for_a_rebuild(paused: Paused) -> None:
    rebuild()
    with paused:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '200ms'")
        rollups.mark(days=[DAY], at=NOW)
        with connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")
    assert RollupState.objects.get(pk=DAY).state == RollupState.State.DIRTY
    assert paused.errors == []


@contextmanager
def meanwhile(call: Callable[[], object]) -> Iterator[None]:
    """Does something again and again in another session."""
    ended = threading.Event()

    def run() -> None:
        try:
            while not ended.is_set():
                call()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(20)


def standing() -> int:
    return Order.objects.exclude(state=Order.State.CANCELED).count()


def test_figures_made_from_nothing_while_the_shop_trades_are_right_in_the_end() -> None:
    """F44 at small n."""
    with meanwhile(lambda: cancel_one() if standing() > 5 else None):
        for _ in range(10):
            for rollup in (*rollups.ROLLUPS, RollupState):
                rollup._default_manager.all().delete()
            rollups.rebuild_everything(actor=None, at=NOW)
    rollups.rebuild_due(at=NOW)

    assert RollupState.objects.get(pk=DAY).state == RollupState.State.CLEAN
    assert recount.differences(DAY) == []
    assert stored() == standing() < ORDERS


def test_control_counting_down_instead_of_replacing_loses_one_of_two_cancels() -> None:
    rebuild()
    both_have_read = threading.Barrier(2)
    orders = list(Order.objects.filter(placed_at=seoul("2026-11-18", "00:15")))

    def count_down(number: int) -> None:
        with transaction.atomic():
            Order.objects.filter(pk=orders[number].pk).update(state=Order.State.CANCELED)
            row = HourlySales.objects.get(hour=0)
            both_have_read.wait(20)
            HourlySales.objects.filter(pk=row.pk).update(orders=row.orders - 1)

    together(2, count_down)

    assert (stored(), standing()) == (ORDERS - 1, ORDERS - 2), "not powered: counting did not drift"
    rebuild()
    assert stored() == standing()
