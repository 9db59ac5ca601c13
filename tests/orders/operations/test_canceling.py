"""An order ends before anything left: by staff, by the customer before paying, or by the clock."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError

from campaigns.models import Redemption
from config.kernel import invariants, jobs
from config.kernel.models import OutboxEvent, User
from inventory.models import Reservation, StockLevel
from orders.lifecycle import TransitionRefused
from orders.models import Order, OrderEvent
from orders.operations import canceling, fulfilling, shortage
from orders.operations.canceling import Expired, ReasonMissing
from orders.operations.placing import Buyer
from orders.operations.recording import UnknownOrder
from orders.tasks import OrdersStuck
from tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _promises_hold(at: datetime) -> Any:
    yield
    assert invariants.check_all(at=at) == []


def cancel(order: Order, at: datetime, **values: Any) -> Order:
    return canceling.cancel(number=order.number, at=at, **{"reason": "변심", "actor": None} | values)


def test_canceling_gives_stock_and_coupons_back(at: datetime) -> None:
    cup = builders.a_stocked_variant(5)
    coupon = builders.a_coupon(builders.a_promotion(at, needs_coupon=True, usage_limit=10))
    order = builders.a_placed_order((cup, 2), at=at, codes=[coupon.code], customer=Buyer("c-1"))
    clerk = User.objects.create_user("clerk")

    cancel(order, at, actor=clerk)

    order.refresh_from_db()
    coupon.refresh_from_db()
    assert (order.state, order.closed_at, order.refund_due) == ("CANCELED", at, False)
    assert list(order.lines.values_list("canceled", flat=True)) == [2]
    assert (StockLevel.objects.get().reserved, coupon.used, coupon.promotion.used) == (0, 0, 0)
    assert (Reservation.objects.get().state, Redemption.objects.get().state) == ("RELEASED", "RELEASED")
    last = OrderEvent.objects.latest("id")
    assert (last.kind, last.actor, last.reason) == ("CANCELED", clerk, "변심")
    told = OutboxEvent.objects.get(topic="orders.order_canceled").payload
    assert told == {"number": order.number, "on": "2026-11-21"}


def test_what_was_paid_is_due_to_go_back(at: datetime) -> None:
    order = builders.a_paid_order(at=at)
    fulfilling.pick(number=order.number, actor=None, at=at)

    cancel(order, at)

    order.refresh_from_db()
    assert (order.state, order.refund_owed, order.refund_due) == ("CANCELED", 15_000, True)


def test_nothing_is_canceled_after_a_parcel_left(at: datetime) -> None:
    order = builders.a_shipped_order(at=at)

    with pytest.raises(TransitionRefused) as refusal:
        cancel(order, at)

    assert refusal.value.details == {"number": order.number, "state": "SHIPPED", "action": "cancel"}


def test_an_order_is_canceled_once(at: datetime) -> None:
    order = builders.a_placed_order(at=at)
    cancel(order, at)

    with pytest.raises(TransitionRefused):
        cancel(order, at)


def test_nobody_cancels_without_a_reason(at: datetime) -> None:
    with pytest.raises(ReasonMissing):
        cancel(builders.a_placed_order(at=at), at, reason="  ")


def test_a_customer_withdraws_their_own_order_until_it_is_paid(at: datetime) -> None:
    unpaid = builders.a_placed_order(at=at, customer=Buyer("c-1"))
    paid = builders.a_paid_order(at=at, customer=Buyer("c-1"))
    whose = {"reason": "변심", "actor": None, "at": at}

    with pytest.raises(UnknownOrder):
        canceling.withdraw(number=unpaid.number, customer_external_id="c-2", **whose)
    with pytest.raises(UnknownOrder):
        canceling.withdraw(number=builders.a_placed_order(at=at).number, customer_external_id="", **whose)
    canceling.withdraw(number=unpaid.number, customer_external_id="c-1", **whose)
    with pytest.raises(TransitionRefused):
        canceling.withdraw(number=paid.number, customer_external_id="c-1", **whose)

    unpaid.refresh_from_db()
    assert unpaid.state == "CANCELED"


def test_unpaid_orders_expire_at_their_moment_and_not_before(at: datetime) -> None:
    order = builders.a_placed_order(at=at)
    due = at + timedelta(minutes=60)

    assert canceling.expire_due(at=due - timedelta(microseconds=1)).expired == 0
    assert canceling.expire_due(at=due).expired == 1
    assert canceling.expire_due(at=due).expired == 0

    order.refresh_from_db()
    assert (order.state, order.closed_at) == ("EXPIRED", due)
    assert Reservation.objects.get().state == "EXPIRED"
    assert StockLevel.objects.get().reserved == 0
    assert [event.kind for event in order.timeline.order_by("id")] == ["PLACED", "EXPIRED"]


def test_expiring_frees_the_stock_for_the_next(at: datetime) -> None:
    cup = builders.a_stocked_variant(1)
    builders.a_placed_order((cup, 1), at=at)

    canceling.expire_due(at=at + timedelta(hours=2))

    assert builders.a_placed_order((cup, 1), at=at + timedelta(hours=2)).state == "PLACED"


def test_one_round_expires_the_oldest_first_and_no_more_than_told(at: datetime) -> None:
    newer = builders.a_placed_order(at=at + timedelta(minutes=1))
    older = builders.a_placed_order(at=at)

    canceling.expire_due(at=at + timedelta(hours=2), most=1)

    assert set(Order.objects.filter(state="EXPIRED")) == {older}
    assert set(Order.objects.filter(state="PLACED")) == {newer}


def test_an_order_that_cannot_expire_does_not_keep_the_others(at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, fine = builders.a_placed_order(at=at), builders.a_placed_order(at=at + timedelta(seconds=1))
    release = canceling.reservations.release

    def fails_for_one(*, document: Any, **values: Any) -> Any:
        if document.number == broken.number:
            raise DatabaseError("lock timeout")
        return release(document=document, **values)

    monkeypatch.setattr(canceling.reservations, "release", fails_for_one)
    done = canceling.expire_due(at=at + timedelta(hours=2))

    assert (done.expired, done.stuck) == (1, (broken.number,))
    assert (Order.objects.get(pk=broken.pk).state, Order.objects.get(pk=fine.pk).state) == ("PLACED", "EXPIRED")


def test_an_order_whose_stock_figures_drifted_is_named_and_does_not_keep_the_others(at: datetime) -> None:
    cup = builders.a_stocked_variant(2)
    broken = builders.a_placed_order((cup, 2), at=at)
    fine = builders.a_placed_order(at=at + timedelta(seconds=1))
    StockLevel.objects.filter(variant=cup).update(reserved=1)

    with pytest.raises(OrdersStuck, match=f"1 expired, 1 could not: {broken.number}"):
        jobs.known()["orders.expire_unpaid"].body(at=at + timedelta(hours=2))

    assert (Order.objects.get(pk=broken.pk).state, Order.objects.get(pk=fine.pk).state) == ("PLACED", "EXPIRED")
    StockLevel.objects.filter(variant=cup).update(reserved=2)


def test_one_round_expires_all_that_is_due_while_it_has_time(at: datetime) -> None:
    """A flash sale's unpaid orders give their stock back within minutes of their time."""
    for _ in range(3):
        builders.a_placed_order(at=at)
    later = at + timedelta(hours=2)

    assert canceling.expire_due(at=later, seconds=0) == Expired(0, left=3)
    assert canceling.expire_due(at=later) == Expired(3)
    assert canceling.MOST >= 10_000


def test_a_short_order_that_ends_is_short_no_more(at: datetime) -> None:
    from inventory.operations import stock

    cup = builders.a_stocked_variant(3)
    order = builders.a_placed_order((cup, 3), at=at)
    level = StockLevel.objects.get()
    stock.write_off(
        variant_id=cup.pk, warehouse_id=level.warehouse_id, quantity=2, reason="파손", actor=None, at=at
    )  # fmt: skip
    shortage.mark(number=order.number, at=at)
    OutboxEvent.objects.all().delete()

    cancel(order, at)

    order.refresh_from_db()
    line = order.lines.get()
    assert (order.is_short, line.short, line.canceled) == (False, 0, 3)
