"""Goods leave from where they were held, whole or in part, and the ledger hears of it then."""

from datetime import datetime
from typing import Any

import pytest

from config.kernel import invariants
from config.kernel.models import OutboxEvent
from inventory.models import Reservation, StockLevel, StockMovement
from orders.lifecycle import TransitionRefused
from orders.models import Fulfillment, Order, OrderEvent
from orders.operations import fulfilling
from orders.operations.fulfilling import NothingToShip, SeveralParcels, TooManyUnits, UnknownLine
from tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _promises_hold(at: datetime) -> Any:
    yield
    assert invariants.check_all(at=at) == []


def ship(order: Order, at: datetime, **values: Any) -> list[Fulfillment]:
    return fulfilling.ship(number=order.number, at=at, **{"actor": None} | values)


def test_a_paid_order_is_picked_and_shipped(at: datetime) -> None:
    cup = builders.a_stocked_variant(5)
    order = builders.a_paid_order((cup, 2), at=at)

    assert fulfilling.pick(number=order.number, actor=None, at=at).state == "PICKED"
    (parcel,) = ship(order, at, carrier="CJ대한통운", tracking_number="123456789012")

    order.refresh_from_db()
    assert (order.state, order.shipped_at) == ("SHIPPED", at)
    assert parcel.number.startswith("S-261121-")
    assert [(line.order_line.sku, line.quantity) for line in parcel.lines.all()] == [(cup.sku, 2)]
    level = StockLevel.objects.get()
    assert (level.on_hand, level.reserved) == (3, 0)
    movement = StockMovement.objects.get(kind="SHIPMENT")
    assert (movement.quantity, movement.document_kind, movement.document_number) == (-2, "SHIPMENT", parcel.number)
    told = OrderEvent.objects.get(kind="SHIPPED").details
    assert told == {
        "fulfillment": parcel.number,
        "carrier": "CJ대한통운",
        "tracking_number": "123456789012",
        "lines": [{"sku": cup.sku, "quantity": 2}],
        "is_part": False,
    }
    assert OutboxEvent.objects.get(topic="orders.order_shipped").payload["fulfillment"] == parcel.number


def test_an_unpaid_order_does_not_leave(at: datetime) -> None:
    order = builders.a_placed_order(at=at)

    with pytest.raises(TransitionRefused):
        fulfilling.pick(number=order.number, actor=None, at=at)
    with pytest.raises(TransitionRefused):
        ship(order, at)


def test_a_part_may_leave_first(at: datetime) -> None:
    cup, pot = builders.a_stocked_variant(5), builders.a_stocked_variant(5)
    order = builders.a_paid_order((cup, 2), (pot, 1), at=at)

    ship(order, at, positions={1: 1})
    order.refresh_from_db()
    assert (order.state, order.shipped_at) == ("PARTLY_SHIPPED", None)
    assert list(order.lines.values_list("shipped", flat=True)) == [1, 0]

    ship(order, at, items={order.lines.get(sku=pot.sku).pk: 1, order.lines.get(sku=cup.sku).pk: 0})
    ship(order, at)
    order.refresh_from_db()
    assert (order.state, order.shipped_at) == ("SHIPPED", at)
    assert Fulfillment.objects.count() == 3
    assert set(Reservation.objects.values_list("state", flat=True)) == {"CONSUMED"}


def test_one_parcel_leaves_from_each_warehouse_that_holds_some(at: datetime) -> None:
    near, far = builders.a_warehouse("near", 1), builders.a_warehouse("far", 2)
    cup = builders.a_stocked_variant(2, near)
    builders.stocked(cup, far, 3)
    order = builders.a_paid_order((cup, 5), at=at)

    parcels = ship(order, at)

    assert [(one.warehouse, one.lines.get().quantity) for one in parcels] == [(near, 2), (far, 3)]
    order.refresh_from_db()
    assert order.state == "SHIPPED"


def test_one_warehouse_may_send_its_part_alone(at: datetime) -> None:
    near, far = builders.a_warehouse("near", 1), builders.a_warehouse("far", 2)
    cup = builders.a_stocked_variant(2, near)
    builders.stocked(cup, far, 3)
    order = builders.a_paid_order((cup, 5), at=at)

    with pytest.raises(SeveralParcels):
        ship(order, at, tracking_number="1")
    ship(order, at, warehouse_id=far.pk, tracking_number="1")
    ship(order, at, warehouse_id=near.pk, tracking_number="2")

    order.refresh_from_db()
    assert order.state == "SHIPPED"
    with pytest.raises(TransitionRefused):
        ship(order, at)


def test_more_than_is_held_does_not_leave(at: datetime) -> None:
    cup = builders.a_stocked_variant(9)
    order = builders.a_paid_order((cup, 2), at=at)

    with pytest.raises(TooManyUnits) as refusal:
        ship(order, at, positions={1: 3})

    assert refusal.value.details == {"lines": [{"position": 1, "sku": cup.sku, "asked": 3, "held": 2}]}
    assert not Fulfillment.objects.exists()


@pytest.mark.parametrize("positions", [{2: 1}, {1: -1}])
def test_a_line_the_order_does_not_have_is_refused(at: datetime, positions: dict[int, int]) -> None:
    with pytest.raises(UnknownLine):
        ship(builders.a_paid_order(at=at), at, positions=positions)


def test_an_empty_parcel_is_refused(at: datetime) -> None:
    order = builders.a_paid_order(at=at)

    with pytest.raises(NothingToShip):
        ship(order, at, positions={1: 0})
    with pytest.raises(NothingToShip):
        ship(order, at, warehouse_id=builders.a_warehouse().pk)
