"""The moment at which an order expires may be the moment at which its payment comes: one of them wins, whole."""

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from config.kernel import invariants, jobs, rounds
from inventory.models import StockLevel
from inventory.operations import reservations
from inventory.operations.ledger import Document
from orders.models import Order, OrderEvent
from orders.operations import canceling, paying
from tests import builders
from tests.orders import races
from tests.probe.together import together

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_payment_at_the_moment_of_expiry_ends_one_way_or_the_other(at: datetime) -> None:
    dice = random.Random(7)  # noqa: S311
    orders = [races.payment_meets_expiry(dice.uniform(-0.02, 0.02), at) for _ in range(20)]

    assert [order.number for order in orders if not races.is_settled(order)] == []
    assert invariants.check_all(at=at) == []


@pytest.mark.breaks_promises("the look under the lock is taken away")
def test_control_expiring_what_was_read_before_the_lock_loses_the_payment(
    at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    has_looked, has_paid = threading.Event(), threading.Event()

    @transaction.atomic
    def expire_unseen(number: str, now: datetime) -> bool:
        order = Order.objects.get(number=number)
        has_looked.set()
        has_paid.wait(20)
        canceling.end(order, "expire", OrderEvent.Kind.EXPIRED, actor=None, at=now)
        return True

    monkeypatch.setattr(canceling, "_expire", expire_unseen)
    pay = paying.record_payment

    def after_the_look(**values: Any) -> Any:
        has_looked.wait(20)
        try:
            return pay(**values)
        finally:
            has_paid.set()

    monkeypatch.setattr(paying, "record_payment", after_the_look)
    order = races.payment_meets_expiry(0.0, at)

    assert not races.is_settled(order), "not powered: the race did not show without the second look"
    assert "I6" in {one.invariant for one in invariants.check_all(at=at)}


def test_two_sweeps_at_once_expire_each_order_once(at: datetime) -> None:
    for _ in range(6):
        builders.a_placed_order(at=at)
    due = at.replace(hour=12)

    done = together(3, lambda _: canceling.expire_due(at=due))

    assert sum(one.expired for one in done) == 6
    assert OrderEvent.objects.filter(kind="EXPIRED").count() == 6
    assert invariants.check_all(at=at) == []


@contextmanager
def held(level: StockLevel) -> Iterator[None]:
    """Somebody is at work on this shelf, and for long."""
    other = connection.copy()
    other.set_autocommit(False)
    with other.cursor() as cursor:
        cursor.execute("SELECT 1 FROM inventory_stocklevel WHERE id = %s FOR UPDATE", [level.pk])
    try:
        yield
    finally:
        other.close()


def a_popular_sku_and_another(at: datetime, orders: int) -> tuple[StockLevel, Order]:
    """So many unpaid orders of one SKU, and a later one of another."""
    cup = builders.a_stocked_variant(100)
    for _ in range(orders):
        builders.a_placed_order((cup, 1), at=at)
    return StockLevel.objects.get(variant=cup), builders.a_placed_order(at=at + timedelta(minutes=1))


def expired() -> set[int]:
    return set(Order.objects.filter(state=Order.State.EXPIRED).values_list("pk", flat=True))


def test_orders_whose_shelf_is_held_for_long_keep_no_other_from_expiring(at: datetime) -> None:
    level, other = a_popular_sku_and_another(at, orders=12)
    due = at + timedelta(hours=2)

    began = time.monotonic()
    with held(level):
        done = jobs.known()["orders.expire_unpaid"].body(at=due)
    took = time.monotonic() - began

    assert (done.rows, done.summary, expired()) == (1, {"expired": 1, "left": 12}, {other.pk})
    assert took < 12 * 0.5, "each waited long for the same shelf"
    assert jobs.known()["orders.expire_unpaid"].body(at=due).summary == {"expired": 12}


def test_control_a_round_that_waits_for_each_does_not_come_to_the_last(at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    level, other = a_popular_sku_and_another(at, orders=3)
    monkeypatch.setattr(rounds, "PASSING_BY", 1_000)

    with held(level):
        canceling.expire_due(at=at + timedelta(hours=2), seconds=2.5)

    assert other.pk not in expired(), "not powered: there was time for all"


def test_reservations_whose_shelf_is_held_for_long_keep_no_other_from_expiring(at: datetime) -> None:
    cup, pot = builders.a_stocked_variant(100), builders.a_stocked_variant(1)
    for number in range(12):
        reservations.reserve(document=Document("QUOTE", f"{number}"), demand={cup.pk: 1}, at=at, expires_at=at)
    later = at + timedelta(minutes=1)
    reservations.reserve(document=Document("QUOTE", "last"), demand={pot.pk: 1}, at=at, expires_at=later)

    with held(StockLevel.objects.get(variant=cup)):
        done = jobs.known()["inventory.expire_reservations"].body(at=later)

    assert (done.rows, done.summary) == (1, {"left": 12})
    assert StockLevel.objects.get(variant=pot).reserved == 0
    assert jobs.known()["inventory.expire_reservations"].body(at=later).rows == 12
