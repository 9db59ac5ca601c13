"""Reserve, then consume or release: all of a demand or nothing, and only consuming moves goods."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.kernel import jobs
from config.kernel.models import OutboxEvent
from inventory.locking import Place
from inventory.models import Reservation, StockLevel, StockMovement, Variant, Warehouse
from inventory.operations import reservations
from inventory.operations.ledger import Document, InsufficientStock
from inventory.operations.reservations import Expired, NotReserved, QuantityInvalid
from inventory.queries import drift
from inventory.tasks import ReservationsStuck
from tests.builders import a_stocked_variant, a_variant, a_warehouse, stocked

pytestmark = pytest.mark.django_db

ORDER = Document("ORDER", "261121-000001")
PARCEL = Document("SHIPMENT", "261121-000001-1")


@pytest.fixture
def near() -> Warehouse:
    return a_warehouse(priority=1)


@pytest.fixture
def far() -> Warehouse:
    return a_warehouse(priority=2)


@pytest.fixture
def cup(near: Warehouse) -> Variant:
    return a_stocked_variant(10, near)


@pytest.fixture(autouse=True)
def _balances_equal_the_ledger() -> object:
    yield
    assert list(drift.differences()) == []


def level(variant: Variant, warehouse: Warehouse) -> tuple[int, int]:
    return StockLevel.objects.values_list("on_hand", "reserved").get(variant=variant, warehouse=warehouse)


class TestReserving:
    def test_reserving_moves_no_goods_and_tells_nobody(self, cup: Variant, near: Warehouse, at: datetime) -> None:
        entries = StockMovement.objects.count()

        (allocation,) = reservations.reserve(document=ORDER, demand={cup.pk: 4}, at=at)

        assert (allocation.warehouse_id, allocation.quantity) == (near.pk, 4)
        assert level(cup, near) == (10, 4)
        assert StockMovement.objects.count() == entries
        assert not OutboxEvent.objects.exists()

    def test_reserving_costs_three_statements_however_many_skus(self, cup: Variant, near: Warehouse, at: datetime) -> None:
        others = [a_stocked_variant(5, near) for _ in range(9)]

        with CaptureQueriesContext(
            connection,
        ) as captured:
            reservations.reserve(document=ORDER, demand={one.pk: 1 for one in [cup, *others]}, at=at)

        assert len(captured) == 3

    def test_a_short_sku_is_named_and_nothing_is_held(self, cup: Variant, near: Warehouse, at: datetime) -> None:
        plate = a_stocked_variant(2, near)

        with pytest.raises(InsufficientStock) as refused:
            reservations.reserve(document=ORDER, demand={cup.pk: 1, plate.pk: 3}, at=at)

        assert refused.value.details["lines"] == [{"sku": plate.sku, "requested": 3, "available": 2}]
        assert level(cup, near) == (10, 0)
        assert not Reservation.objects.exists()

    def test_a_sku_that_never_lay_anywhere_is_short(self, at: datetime) -> None:
        new = a_variant()

        with pytest.raises(InsufficientStock) as refused:
            reservations.reserve(document=ORDER, demand={new.pk: 1}, at=at)

        assert refused.value.details["lines"] == [{"sku": new.sku, "requested": 1, "available": 0}]

    def test_a_warehouse_that_serves_no_orders_promises_nothing(self, cup: Variant, at: datetime) -> None:
        stocked(cup, a_warehouse(is_active=False), 50)

        with pytest.raises(InsufficientStock):
            reservations.reserve(document=ORDER, demand={cup.pk: 11}, at=at)

    def test_what_one_warehouse_lacks_comes_from_the_next(
        self, cup: Variant, near: Warehouse, far: Warehouse, at: datetime
    ) -> None:
        stocked(cup, far, 5)

        reservations.reserve(document=ORDER, demand={cup.pk: 12}, at=at)

        assert (level(cup, near), level(cup, far)) == ((10, 10), (5, 2))

    def test_a_document_that_reserves_more_holds_the_sum(self, cup: Variant, near: Warehouse, at: datetime) -> None:
        reservations.reserve(document=ORDER, demand={cup.pk: 2}, at=at)
        reservations.reserve(document=ORDER, demand={cup.pk: 3}, at=at)

        assert [one.held for one in Reservation.objects.all()] == [5]
        assert level(cup, near) == (10, 5)

    @pytest.mark.parametrize("quantity", [0, -1])
    def test_units_are_counted_from_one(self, cup: Variant, at: datetime, quantity: int) -> None:
        with pytest.raises(QuantityInvalid):
            reservations.reserve(document=ORDER, demand={cup.pk: quantity}, at=at)


class TestConsuming:
    def test_shipped_units_leave_the_shelf_and_the_promise(self, cup: Variant, near: Warehouse, at: datetime) -> None:
        reservations.reserve(document=ORDER, demand={cup.pk: 4}, at=at)

        (entry,) = reservations.consume(document=ORDER, parcel=PARCEL, items={(cup.pk, near.pk): 3}, actor=None, at=at)

        assert (entry.kind, entry.quantity, entry.document_number) == ("SHIPMENT", -3, PARCEL.number)
        assert level(cup, near) == (7, 1)
        assert [event.topic for event in OutboxEvent.objects.all()] == ["inventory.stock_changed"]

    def test_a_reservation_ends_with_its_last_unit(self, cup: Variant, near: Warehouse, at: datetime) -> None:
        reservations.reserve(document=ORDER, demand={cup.pk: 4}, at=at)
        reservations.release(document=ORDER, items={(cup.pk, near.pk): 1})

        reservations.consume(document=ORDER, parcel=PARCEL, items={(cup.pk, near.pk): 3}, actor=None, at=at)

        assert [(one.state, one.consumed, one.released) for one in Reservation.objects.all()] == [("CONSUMED", 3, 1)]

    def test_more_than_is_held_is_refused_and_changes_nothing(self, cup: Variant, near: Warehouse, at: datetime) -> None:
        reservations.reserve(document=ORDER, demand={cup.pk: 4}, at=at)

        with pytest.raises(NotReserved) as refused:
            reservations.consume(document=ORDER, parcel=PARCEL, items={(cup.pk, near.pk): 5}, actor=None, at=at)

        assert (refused.value.details["requested"], refused.value.details["held"]) == (5, 4)
        assert level(cup, near) == (10, 4)

    def test_what_is_held_for_another_document_is_not_ones_own(self, cup: Variant, near: Warehouse, at: datetime) -> None:
        reservations.reserve(document=ORDER, demand={cup.pk: 4}, at=at)

        with pytest.raises(NotReserved):
            reservations.consume(
                document=Document("ORDER", "other"), parcel=PARCEL, items={(cup.pk, near.pk): 1}, actor=None, at=at
            )


class TestReleasing:
    def test_a_document_gives_everything_back(self, cup: Variant, near: Warehouse, far: Warehouse, at: datetime) -> None:
        stocked(cup, far, 5)
        reservations.reserve(document=ORDER, demand={cup.pk: 12}, at=at)

        given = reservations.release(document=ORDER)

        assert given == {(cup.pk, near.pk): 10, (cup.pk, far.pk): 2}
        assert (level(cup, near), level(cup, far)) == ((10, 0), (5, 0))
        assert reservations.release(document=ORDER) == {}

    @pytest.mark.parametrize("place", ["held", "elsewhere"])
    def test_what_is_not_held_cannot_be_given_back(
        self, cup: Variant, near: Warehouse, far: Warehouse, at: datetime, place: str
    ) -> None:
        reservations.reserve(document=ORDER, demand={cup.pk: 2}, at=at)
        items: dict[Place, int] = {(cup.pk, near.pk): 3} if place == "held" else {(cup.pk, far.pk): 1}

        with pytest.raises(NotReserved):
            reservations.release(document=ORDER, items=items)

        assert level(cup, near) == (10, 2)


class TestExpiring:
    def test_only_what_is_due_expires_and_orders_are_left_to_their_own_app(
        self, cup: Variant, near: Warehouse, at: datetime
    ) -> None:
        for kind, number, minutes in [("QUOTE", "due", 0), ("QUOTE", "later", 1), ("ORDER", "due", 0)]:
            reservations.reserve(
                document=Document(kind, number), demand={cup.pk: 2}, at=at, expires_at=at + timedelta(minutes=minutes)
            )

        expired = reservations.expire_due(at=at, but_not=["ORDER"])

        assert expired == Expired(1)
        assert level(cup, near) == (10, 4)
        ended = Reservation.objects.exclude(state="ACTIVE").get()
        assert (ended.document_kind, ended.document_number, ended.state) == ("QUOTE", "due", "EXPIRED")
        assert reservations.expire_due(at=at, but_not=["ORDER"]).expired == 0

    def test_one_that_cannot_be_released_does_not_hold_up_the_others(self, cup: Variant, near: Warehouse, at: datetime) -> None:
        plate = a_stocked_variant(3, near)
        for number, variant in [("broken", plate), ("fine", cup)]:
            reservations.reserve(document=Document("QUOTE", number), demand={variant.pk: 2}, at=at, expires_at=at)
        StockLevel.objects.filter(variant=plate).update(reserved=0)

        assert reservations.expire_due(at=at) == Expired(1, stuck=("QUOTE broken",))
        with pytest.raises(ReservationsStuck, match="0 expired, 1 could not: QUOTE broken"):
            jobs.known()["inventory.expire_reservations"].body(at=at)

        assert level(cup, near) == (10, 0)
        StockLevel.objects.filter(variant=plate).update(reserved=2)
