"""Two members of staff act on one order at once: one of them acts, the other is told; nothing happens twice (F08)."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from config.kernel import invariants
from inventory.models import StockMovement
from orders.models import Fulfillment, Order, Refund, Return
from orders.operations import canceling, fulfilling, paying, recording, returning
from tests import builders
from tests.orders.races import outcome
from tests.probe.together import together

pytestmark = pytest.mark.django_db(transaction=True)


def both(*acts: Callable[[], Any]) -> Counter[str]:
    return Counter(together(len(acts), lambda one: outcome(acts[one])))


def without_the_lock(patch: pytest.MonkeyPatch, desks: int) -> None:
    """Every desk reads the order before any of them writes."""
    all_have_looked = threading.Barrier(desks)

    def look(number: str) -> Order:
        order = Order.objects.get(number=number)
        all_have_looked.wait(20)
        return order

    patch.setattr(recording, "locked", look)


def refund(order: Order, reference: str, at: datetime) -> Callable[[], Any]:
    told = {"amount": Decimal(15_000), "reason": "변심", "actor": None, "at": at}
    return lambda: paying.record_refund(number=order.number, reference=reference, **told)


def test_an_order_is_canceled_or_shipped_and_never_both(at: datetime) -> None:
    for _ in range(5):
        order = builders.a_paid_order(at=at)

        answers = both(
            lambda: canceling.cancel(number=order.number, reason="변심", actor=None, at=at),  # noqa: B023  called at once
            lambda: fulfilling.ship(number=order.number, actor=None, at=at),  # noqa: B023
        )

        assert answers == {"done": 1, "transition_refused": 1}
    assert Order.objects.filter(state="SHIPPED").count() == StockMovement.objects.filter(kind="SHIPMENT").count()
    assert invariants.check_all(at=at) == []


@pytest.mark.breaks_promises("the order's lock is taken away")
def test_control_without_the_orders_lock_an_order_is_canceled_and_shipped(
    at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = builders.a_paid_order(at=at)
    has_looked, has_shipped = threading.Event(), threading.Event()

    def look(number: str) -> Order:
        """Who cancels looks first, and writes once the parcel has left."""
        seen = Order.objects.get(number=number)
        if not has_looked.is_set():
            has_looked.set()
            assert has_shipped.wait(20)
        return seen

    def cancel() -> None:
        canceling.cancel(number=order.number, reason="변심", actor=None, at=at)

    def ship() -> None:
        assert has_looked.wait(20)
        fulfilling.ship(number=order.number, actor=None, at=at)
        has_shipped.set()

    monkeypatch.setattr(recording, "locked", look)

    assert both(cancel, ship) == {"done": 2}, "not powered: the race did not show without the lock"
    order.refresh_from_db()
    assert order.state == Order.State.CANCELED
    assert StockMovement.objects.filter(kind="SHIPMENT").count() == Fulfillment.objects.count() == 1
    assert "I4" in {one.invariant for one in invariants.check_all(at=at)}


def test_a_double_click_ships_once(at: datetime) -> None:
    order = builders.a_paid_order(at=at)

    answers = both(*[lambda: fulfilling.ship(number=order.number, actor=None, at=at)] * 4)

    assert answers == {"done": 1, "transition_refused": 3}
    assert Fulfillment.objects.count() == 1


def test_two_refunds_of_everything_are_one(at: datetime) -> None:
    order = builders.a_paid_order(at=at)
    canceling.cancel(number=order.number, reason="변심", actor=None, at=at)

    answers = both(refund(order, "r-1", at), refund(order, "r-2", at), refund(order, "r-3", at))

    assert answers == {"done": 1, "refund_too_high": 2}
    assert invariants.check_all(at=at) == []


def test_a_double_click_on_one_refund_is_one_refund(at: datetime) -> None:
    order = builders.a_paid_order(at=at)

    assert both(*[refund(order, "r-1", at)] * 4) == {"done": 4}
    assert Refund.objects.count() == 1


def test_one_reference_for_two_orders_at_once_is_refused_for_one(at: datetime) -> None:
    answers = both(*(refund(builders.a_paid_order(at=at), "r-1", at) for _ in range(4)))

    assert answers == {"done": 1, "reference_used": 3}
    assert invariants.check_all(at=at) == []


@pytest.mark.breaks_promises("the order's lock is taken away")
def test_control_without_the_orders_lock_more_goes_back_than_came(at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    order = builders.a_paid_order(at=at)
    without_the_lock(monkeypatch, 2)

    answers = both(refund(order, "r-1", at), refund(order, "r-2", at))

    assert answers == {"done": 2}, "not powered: the race did not show without the lock"
    assert "I6" in {one.invariant for one in invariants.check_all(at=at)}


def accept(order: Order, place: int, at: datetime) -> Callable[[], Any]:
    told = {"warehouse_id": place, "reason": "변심", "actor": None, "at": at}
    return lambda: returning.accept(number=order.number, items={1: 1}, **told)


def test_no_more_comes_back_than_left_however_many_accept_it(at: datetime) -> None:
    place = builders.a_warehouse()
    order = builders.a_shipped_order((builders.a_stocked_variant(5, place), 2), at=at)

    assert both(*[accept(order, place.pk, at)] * 5) == {"done": 2, "too_many_returned": 3}


def test_control_without_the_orders_lock_more_comes_back_than_left(at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    place = builders.a_warehouse()
    order = builders.a_shipped_order((builders.a_stocked_variant(5, place), 1), at=at)
    both_have_counted = threading.Barrier(2)
    count = returning._returnable

    def count_and_wait(*asked: Any) -> Any:
        lines = count(*asked)
        both_have_counted.wait(20)
        return lines

    monkeypatch.setattr(recording, "locked", lambda number: Order.objects.get(number=number))
    monkeypatch.setattr(returning, "_returnable", count_and_wait)

    answers = both(*[accept(order, place.pk, at)] * 2)

    assert answers == {"done": 2}, "not powered: the race did not show without the lock"


def test_a_return_is_received_once_by_two_desks(at: datetime) -> None:
    place = builders.a_warehouse()
    order = builders.a_shipped_order((builders.a_stocked_variant(5, place), 2), at=at)
    accept(order, place.pk, at)()
    number = Return.objects.get().number

    receive = [lambda: returning.receive(number=number, restocked={1: 1}, actor=None, at=at)] * 3

    assert both(*receive) == {"done": 1, "return_closed": 2}
    assert StockMovement.objects.filter(kind="RETURN").count() == 1
    assert invariants.check_all(at=at) == []
