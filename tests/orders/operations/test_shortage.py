"""Held stock that was lost makes an order short; then it is found again, or the missing units are canceled."""

from datetime import datetime
from typing import Any

import pytest

from config.kernel import invariants, outbox
from config.kernel.errors import DomainError
from inventory.models import StockLevel, Variant
from inventory.operations import stock
from inventory.operations.ledger import InsufficientStock
from orders.lifecycle import TransitionRefused
from orders.models import Order, OrderEvent
from orders.operations import fulfilling, noting, shortage
from orders.operations.fulfilling import OrderShort
from orders.operations.noting import NoteInvalid
from orders.operations.shortage import NotShort
from tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _promises_hold(at: datetime) -> Any:
    yield
    assert invariants.check_all(at=at) == []


@pytest.fixture
def cup(at: datetime) -> Variant:
    return builders.a_stocked_variant(3, list_price=20_000)


def lose(cup: Variant, units: int, at: datetime) -> None:
    """Units are found broken, and orders hears of it."""
    place = StockLevel.objects.get(variant=cup).warehouse_id
    stock.write_off(variant_id=cup.pk, warehouse_id=place, quantity=units, reason="파손", actor=None, at=at)
    assert outbox.deliver_due(at=at).failed == 0


def cancel_missing(order: Order, at: datetime) -> Order:
    return shortage.cancel_missing(number=order.number, reason="재고 없음", actor=None, at=at)


def test_lost_stock_marks_the_order(cup: Variant, at: datetime) -> None:
    order = builders.a_paid_order((cup, 3), at=at)

    lose(cup, 2, at)

    order.refresh_from_db()
    assert (order.is_short, order.lines.get().short, order.state) == (True, 2, "PAID")
    event = OrderEvent.objects.get(kind="SHORT")
    assert (event.actor, event.details) == (None, {"lines": [{"sku": cup.sku, "quantity": 2}]})
    with pytest.raises(OrderShort):
        fulfilling.pick(number=order.number, actor=None, at=at)


def test_the_same_loss_told_twice_counts_once(cup: Variant, at: datetime) -> None:
    order = builders.a_paid_order((cup, 3), at=at)
    lose(cup, 1, at)

    shortage.mark(number=order.number, at=at)
    shortage.mark(number="261121-999999", at=at)

    assert order.lines.get().short == 1
    assert OrderEvent.objects.filter(kind="SHORT").count() == 1


def test_a_loss_before_it_is_told_is_not_a_broken_promise(cup: Variant, at: datetime) -> None:
    order = builders.a_paid_order((cup, 3), at=at)
    place = StockLevel.objects.get().warehouse_id

    stock.write_off(variant_id=cup.pk, warehouse_id=place, quantity=1, reason="파손", actor=None, at=at)

    assert invariants.check_all(at=at) == []
    assert not Order.objects.get(pk=order.pk).is_short
    outbox.deliver_due(at=at)
    assert Order.objects.get(pk=order.pk).is_short


def test_found_stock_is_held_again(cup: Variant, at: datetime) -> None:
    order = builders.a_paid_order((cup, 3), at=at)
    lose(cup, 2, at)

    with pytest.raises(InsufficientStock):
        shortage.restock(number=order.number, actor=None, at=at)
    builders.stocked(cup, StockLevel.objects.get().warehouse, 5)
    shortage.restock(number=order.number, actor=None, at=at)

    order.refresh_from_db()
    assert (order.is_short, order.lines.get().short) == (False, 0)
    assert StockLevel.objects.get().reserved == 3
    fulfilling.ship(number=order.number, actor=None, at=at)
    assert [event.kind for event in order.timeline.order_by("id")][-3:] == ["SHORT", "RESTOCKED", "SHIPPED"]


def test_what_is_held_leaves_and_the_missing_is_canceled(cup: Variant, at: datetime) -> None:
    order = builders.a_paid_order((cup, 3), at=at)
    lose(cup, 1, at)

    fulfilling.ship(number=order.number, actor=None, at=at)
    assert Order.objects.get(pk=order.pk).state == "PARTLY_SHIPPED"
    cancel_missing(order, at)

    order.refresh_from_db()
    assert (order.state, order.shipped_at, order.is_short) == ("SHIPPED", at, False)
    assert (order.refund_owed, order.refund_due) == (20_000, True)
    assert OrderEvent.objects.latest("id").kind == "MISSING_CANCELED"


def test_missing_units_canceled_before_picking_let_the_rest_go(cup: Variant, at: datetime) -> None:
    order = builders.a_paid_order((cup, 3), at=at)
    lose(cup, 1, at)

    assert cancel_missing(order, at).state == "PAID"

    fulfilling.pick(number=order.number, actor=None, at=at)
    fulfilling.ship(number=order.number, actor=None, at=at)
    assert Order.objects.get(pk=order.pk).state == "SHIPPED"


def test_an_order_of_which_everything_is_missing_is_canceled(cup: Variant, at: datetime) -> None:
    order = builders.a_paid_order((cup, 3), at=at)
    lose(cup, 3, at)

    cancel_missing(order, at)

    order.refresh_from_db()
    assert (order.state, order.refund_owed) == ("CANCELED", order.paid)


def test_what_is_missing_bit_by_bit_ends_the_order_with_the_last_unit(cup: Variant, at: datetime) -> None:
    saucer = builders.a_stocked_variant(1, list_price=5_000)
    order = builders.a_paid_order((cup, 3), (saucer, 1), at=at)
    lose(cup, 3, at)
    assert cancel_missing(order, at).state == "PAID"
    lose(saucer, 1, at)

    cancel_missing(order, at)

    order.refresh_from_db()
    assert (order.state, order.refund_owed) == ("CANCELED", order.paid)
    assert list(order.lines.values_list("canceled", flat=True)) == [3, 1]


def test_an_order_under_way_of_which_nothing_is_left_is_reported(cup: Variant, at: datetime) -> None:
    order = builders.a_shipped_order((cup, 3), at=at)
    Order.objects.filter(pk=order.pk).update(state="PARTLY_SHIPPED")

    assert [(one.invariant, one.subject) for one in invariants.check_all(at=at)] == [("I4", f"order {order.number}")]

    Order.objects.filter(pk=order.pk).update(state="SHIPPED")


def test_missing_units_of_an_unpaid_order_are_not_canceled_alone(cup: Variant, at: datetime) -> None:
    """Its total was quoted whole; the customer has not agreed to another."""
    order = builders.a_placed_order((cup, 3), at=at)
    lose(cup, 1, at)

    with pytest.raises(TransitionRefused):
        cancel_missing(order, at)


@pytest.mark.parametrize("act", [shortage.restock, lambda **values: shortage.cancel_missing(reason="없음", **values)])
def test_an_order_that_lacks_nothing_is_left_alone(at: datetime, act: Any) -> None:
    order = builders.a_paid_order(at=at)

    with pytest.raises(NotShort):
        act(number=order.number, actor=None, at=at)


def test_a_note_joins_the_timeline(at: datetime) -> None:
    order = builders.a_placed_order(at=at)

    noting.note(number=order.number, text=" 문 앞에 놓아 주세요 ", actor=None, at=at)

    assert OrderEvent.objects.latest("id").reason == "문 앞에 놓아 주세요"
    for text in ("  ", "가" * 301):
        with pytest.raises(NoteInvalid):
            noting.note(number=order.number, text=text, actor=None, at=at)


def test_refusals_speak_the_readers_language(at: datetime) -> None:
    from django.utils.translation import override

    order = builders.a_placed_order(at=at)
    for language, words in (("ko", "결제 대기"), ("en", "to pay")):
        with override(language), pytest.raises(DomainError) as refusal:
            fulfilling.pick(number=order.number, actor=None, at=at)
        assert words in str(refusal.value)
