"""Goods come back: at most what left, worth their share of what was paid, in stock again only if they can be sold."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from config.kernel import invariants
from config.kernel.models import OutboxEvent
from inventory.models import StockLevel, StockMovement, Warehouse
from orders.lifecycle import TransitionRefused
from orders.models import Order, OrderEvent, Return
from orders.operations import paying, returning
from orders.operations.returning import (
    ReturnClosed,
    ReturnInvalid,
    TooManyReturned,
    UnknownReturn,
    UnknownWarehouse,
)
from tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _promises_hold(at: datetime) -> Any:
    yield
    assert invariants.check_all(at=at) == []


@pytest.fixture
def order(at: datetime) -> Order:
    """Three cups for 10,000 won together, and a pot: a line that does not divide."""
    builders.a_promotion(at, benefit="AMOUNT", amount=Decimal(2_000), name="천 단위 할인").products.add(
        (cup := builders.a_stocked_variant(5, list_price=4_000)).product
    )
    return builders.a_shipped_order((cup, 3), (builders.a_stocked_variant(5, list_price=20_000), 1), at=at)


def accept(order: Order, at: datetime, items: dict[int, int], **values: Any) -> Return:
    told = {"warehouse_id": Warehouse.objects.get().pk, "reason": "변심", "actor": None} | values
    return returning.accept(number=order.number, items=items, at=at, **told)


def receive(back: Return, at: datetime, restocked: dict[int, int]) -> Return:
    return returning.receive(number=back.number, restocked=restocked, actor=None, at=at)


def test_received_goods_are_sold_again_and_their_price_goes_back(order: Order, at: datetime) -> None:
    back = accept(order, at, {1: 2})
    assert (back.state, back.refund) == ("ACCEPTED", 0)

    receive(back, at, {1: 1})

    order.refresh_from_db()
    back.refresh_from_db()
    line = order.lines.get(position=1)
    assert (back.state, back.refund, back.received_at, line.returned) == ("RECEIVED", 6_667, at, 2)
    assert (order.state, order.refund_owed, order.refund_due) == ("SHIPPED", 6_667, True)
    assert StockLevel.objects.get(variant=line.variant).on_hand == 5 - 3 + 1
    movement = StockMovement.objects.get(kind="RETURN")
    assert (movement.quantity, movement.document_kind, movement.document_number) == (1, "RETURN", back.number)
    assert [event.kind for event in order.timeline.order_by("id")][-2:] == ["RETURN_ACCEPTED", "RETURNED"]
    told = OutboxEvent.objects.get(topic="orders.order_returned").payload
    assert told == {"number": order.number, "on": "2026-11-21", "returned_on": "2026-11-21"}


def test_all_units_one_after_the_other_give_the_whole_line_back(order: Order, at: datetime) -> None:
    shares = [receive(accept(order, at, {1: 1}), at, {}).refund for _ in range(3)]

    assert shares == [3_333, 3_334, 3_333]
    assert not StockMovement.objects.filter(kind="RETURN").exists()


def test_the_refund_of_a_return_ends_what_was_due(order: Order, at: datetime) -> None:
    back = receive(accept(order, at, {2: 1}), at, {2: 1})

    paying.record_refund(number=order.number, reference="r-1", amount=back.refund, reason="반품", actor=None, at=at)

    order.refresh_from_db()
    assert (order.refund_owed, order.refunded, order.refund_due) == (20_000, 20_000, False)


def test_no_more_comes_back_than_left_and_units_on_their_way_count(order: Order, at: datetime) -> None:
    accept(order, at, {1: 2})

    with pytest.raises(TooManyReturned) as refusal:
        accept(order, at, {1: 2, 2: 1})

    sku = order.lines.get(position=1).sku
    assert refusal.value.details == {"lines": [{"position": 1, "sku": sku, "asked": 2, "left": 1}]}
    accept(order, at, {1: 1})


def test_units_of_a_refused_return_may_come_back_after_all(order: Order, at: datetime) -> None:
    refused = returning.refuse(number=accept(order, at, {1: 3}).number, reason="사용 흔적", actor=None, at=at)

    assert refused.state == "REFUSED"
    accept(order, at, {1: 3})
    assert OrderEvent.objects.get(kind="RETURN_REFUSED").reason == "사용 흔적"


def test_a_return_is_received_once(order: Order, at: datetime) -> None:
    back = accept(order, at, {1: 1})
    receive(back, at, {1: 1})

    with pytest.raises(ReturnClosed):
        receive(back, at, {1: 1})
    with pytest.raises(ReturnClosed):
        returning.refuse(number=back.number, reason="늦음", actor=None, at=at)


@pytest.mark.parametrize("restocked", [{1: 2}, {2: 1}, {1: -1}])
def test_no_more_is_sold_again_than_came_back(order: Order, at: datetime, restocked: dict[int, int]) -> None:
    back = accept(order, at, {1: 1})

    with pytest.raises(ReturnInvalid):
        receive(back, at, restocked)


@pytest.mark.parametrize("items", [{}, {1: 0}, {3: 1}, {1: -1}])
def test_a_return_names_lines_of_the_order(order: Order, at: datetime, items: dict[int, int]) -> None:
    with pytest.raises(ReturnInvalid):
        accept(order, at, items)


def test_a_return_needs_a_reason_and_a_warehouse(order: Order, at: datetime) -> None:
    with pytest.raises(ReturnInvalid):
        accept(order, at, {1: 1}, reason=" ")
    with pytest.raises(UnknownWarehouse):
        accept(order, at, {1: 1}, warehouse_id=0)
    with pytest.raises(UnknownReturn):
        returning.receive(number="R-261121-999999", restocked={}, actor=None, at=at)


def test_nothing_comes_back_that_never_left(at: datetime) -> None:
    with pytest.raises(TransitionRefused):
        accept(builders.a_paid_order(at=at), at, {1: 1})


def test_what_came_back_on_a_day_is_found_without_reading_all_returns(at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN SELECT id FROM orders_return WHERE state = 'RECEIVED' AND received_at >= %s", [at])
        plan = "\n".join(row for (row,) in cursor.fetchall())

    assert "return_received" in plan
