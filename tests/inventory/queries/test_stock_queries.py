"""What can be promised, what is on its way, what lies there and what it is worth: each in a fixed number of queries."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.kernel import invariants, shop
from inventory.models import Reservation, StockLevel, Variant, Warehouse
from inventory.operations import confirming, purchasing, reservations
from inventory.operations.confirming import Confirmed
from inventory.operations.ledger import Document
from inventory.operations.purchasing import Wanted
from inventory.queries import availability, drift, incoming, shelves, valuation
from tests.builders import a_category, a_product, a_stocked_variant, a_supplier, a_variant, a_warehouse, stocked

pytestmark = pytest.mark.django_db


@pytest.fixture
def near() -> Warehouse:
    return a_warehouse("near", priority=1)


@pytest.fixture
def closed() -> Warehouse:
    return a_warehouse("closed", priority=2, is_active=False)


@pytest.fixture
def cup(near: Warehouse, closed: Warehouse, at: datetime) -> Variant:
    cup = a_stocked_variant(10, near, cost=1_000)
    stocked(cup, closed, 5)
    reservations.reserve(document=Document("BASKET", "1"), demand={cup.pk: 3}, at=at)
    return cup


def one_query(call: Any, *, queries: int = 1) -> Any:
    with CaptureQueriesContext(connection) as captured:
        answer = call()
    assert len(captured) == queries
    return answer


def test_skus_are_found_with_their_categories_in_one_query() -> None:
    kitchen = a_category("주방")
    dishes = a_category("그릇", parent=kitchen)
    cups = a_category("컵", parent=dishes)
    cup = a_variant(product=a_product(cups))
    off = a_variant(product=a_product(is_active=False))

    found = one_query(lambda: availability.by_sku([cup.sku, off.sku, "NOTHING"]))

    assert set(found) == {cup.sku, off.sku}
    assert found[cup.sku].category_path == {kitchen.pk, dishes.pk, cups.pk}
    assert (found[cup.sku].on_sale, found[off.sku].on_sale) == (True, False)


@pytest.mark.parametrize(("steps", "units"), [([], 0), (["approve"], 8), (["approve", "send"], 8), (["cancel"], 0)])
def test_what_is_approved_and_outstanding_is_incoming(
    cup: Variant, near: Warehouse, at: datetime, steps: list[str], units: int
) -> None:
    order = purchasing.draft(supplier_id=a_supplier().pk, warehouse_id=near.pk, lines=[Wanted(cup.pk, 8)], actor=None, at=at)
    for step in steps:
        reason = {"reason": "단종"} if step == "cancel" else {}
        getattr(purchasing, step)(number=order.number, actor=None, at=at, **reason)

    told = one_query(lambda: incoming.agreed(variants=[cup.pk]))
    (level,) = one_query(lambda: list(shelves.levels().filter(warehouse=near)))

    assert told == ({(cup.pk, near.pk): units} if units else {})
    assert level.incoming == units


def test_what_the_supplier_says_does_not_come_is_not_incoming_and_its_own_day_counts(
    cup: Variant, near: Warehouse, at: datetime
) -> None:
    order = purchasing.draft(supplier_id=a_supplier().pk, warehouse_id=near.pk, lines=[Wanted(cup.pk, 10)], actor=None, at=at)
    purchasing.approve(number=order.number, actor=None, at=at)
    purchasing.send(number=order.number, actor=None, at=at)
    for says, comes in ((7, 7), (12, 10), (0, 0)):
        day, later = shop.day(at) + timedelta(days=3 + says), at + timedelta(hours=says)
        confirming.confirm(number=order.number, lines=[Confirmed(cup.sku, says, day)], source="STAFF", actor=None, at=later)
        assert incoming.agreed(variants=[cup.pk]) == ({(cup.pk, near.pk): comes} if comes else {})
        assert list(shelves.levels().filter(variant=cup, warehouse=near).values_list("incoming", flat=True)) == [comes]
        assert [(one.units, one.on) for one in incoming.deliveries(today=shop.day(at))] == ([(comes, day)] if comes else [])


def test_stock_is_worth_what_it_cost(cup: Variant, near: Warehouse, closed: Warehouse) -> None:
    a_stocked_variant(2, near, cost="500.5")
    empty = a_warehouse("empty", priority=3)

    rows = one_query(lambda: list(valuation.warehouses().order_by("priority")))

    assert [(row, row.units, row.value) for row in rows] == [
        (near, 12, Decimal(11_001)),
        (closed, 5, Decimal(5_000)),
        (empty, 0, Decimal(0)),
    ]


class TestDrift:
    def broken(self, at: datetime) -> set[str]:
        return {one.invariant for one in invariants.check_all(at=at) if one.invariant in ("I1", "I2", "I3")}

    def test_consistent_stock_shows_none(self, cup: Variant, at: datetime) -> None:
        assert list(drift.differences()) == []
        assert self.broken(at) == set()

    @pytest.mark.parametrize(("change", "invariant"), [({"on_hand": 11}, "I1"), ({"reserved": 4}, "I3")])
    @pytest.mark.breaks_promises("a balance is written past the ledger")
    def test_a_balance_written_past_the_ledger_is_found(
        self, cup: Variant, near: Warehouse, at: datetime, change: dict[str, int], invariant: str
    ) -> None:
        StockLevel.objects.filter(variant=cup, warehouse=near).update(**change)

        assert self.broken(at) == {invariant}
        (found,) = drift.differences(place=(cup.pk, near.pk))
        assert (found.on_hand - found.moved, found.reserved - found.held) == (int(invariant == "I1"), int(invariant == "I3"))

    @pytest.mark.breaks_promises("a level is lost")
    def test_a_ledger_without_a_level_is_found(self, cup: Variant, closed: Warehouse, at: datetime) -> None:
        StockLevel.objects.filter(variant=cup, warehouse=closed).delete()

        (found,) = drift.differences()
        assert (found.on_hand, found.moved, found.warehouse) == (0, 5, "closed")

    def test_what_expired_long_ago_and_is_still_held_is_found(self, cup: Variant, at: datetime) -> None:
        Reservation.objects.update(expires_at=datetime(2026, 11, 21, 9, 0, tzinfo=at.tzinfo))

        assert self.broken(at) == {"I3"}
