"""The moment at which an order expires may be the moment at which its payment comes: one of them wins, whole."""

import random
import threading
from datetime import datetime
from typing import Any

import pytest
from django.db import transaction

from config.kernel import invariants
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
    def expire_unseen(order_id: int, now: datetime) -> bool:
        order = Order.objects.get(pk=order_id)
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
