"""Demand as the ledger tells it: units shipped on each business day, and the days that ended with an empty shelf."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from inventory import locking
from inventory.models import ReorderPolicy, StockMovement, Variant, Warehouse
from inventory.operations import ledger, purchasing, receiving, reservations
from inventory.operations.ledger import Change, Document
from inventory.operations.purchasing import Wanted
from inventory.queries import demand
from inventory.replenishment import Position
from tests.builders import a_policy, a_supplier, a_variant, a_warehouse, shipped, stocked

pytestmark = pytest.mark.django_db

LAST = date(2026, 11, 19)  # the Thursday before the builders' Friday


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 3, tzinfo=UTC)


def days_ago(number: int) -> datetime:
    """Noon in Seoul; zero is the last day of the window."""
    return noon(LAST - timedelta(days=number))


def of(policy: ReorderPolicy, days: int = 5) -> demand.Recorded:
    return demand.recorded(last_on=LAST, policies=[policy.pk], days=days)[policy.pk]


@pytest.fixture
def cup() -> Variant:
    return a_variant()


@pytest.fixture
def store() -> Warehouse:
    return a_warehouse()


@pytest.fixture
def policy(cup: Variant, store: Warehouse) -> ReorderPolicy:
    return a_policy(cup, store)


def test_shipments_are_counted_by_business_day(cup: Variant, store: Warehouse, policy: ReorderPolicy) -> None:
    stocked(cup, store, 50, days_ago(60))
    shipped(cup, store, 3, days_ago(2))
    shipped(cup, store, 1, days_ago(2))
    shipped(cup, store, 2, days_ago(0))

    found = of(policy).demand

    assert found.shipped == (0, 0, 4, 0, 2)
    assert found.sold_out == (False,) * 5


def test_a_day_begins_at_midnight_in_seoul(cup: Variant, store: Warehouse, policy: ReorderPolicy) -> None:
    stocked(cup, store, 50, days_ago(60))
    midnight = datetime(2026, 11, 18, 15, tzinfo=UTC)  # 19 November 00:00 in Seoul
    shipped(cup, store, 1, midnight - timedelta(seconds=1))
    shipped(cup, store, 2, midnight)

    assert of(policy).demand.shipped == (0, 0, 0, 1, 2)


def test_what_left_before_or_after_the_window_is_not_in_it(cup: Variant, store: Warehouse, policy: ReorderPolicy) -> None:
    stocked(cup, store, 50, days_ago(60))
    shipped(cup, store, 7, days_ago(5))
    shipped(cup, store, 9, days_ago(-1))

    found = of(policy)

    assert found.demand.shipped == (0,) * 5
    assert found.position.on_hand == 34


def test_days_that_ended_empty_are_told_by_counting_back_from_now(
    cup: Variant, store: Warehouse, policy: ReorderPolicy
) -> None:
    stocked(cup, store, 5, days_ago(3))
    shipped(cup, store, 5, days_ago(3))
    stocked(cup, store, 6, days_ago(1))
    shipped(cup, store, 2, days_ago(0))
    shipped(cup, store, 4, days_ago(-1))  # today: empty now, but not when the last day of the window ended

    found = of(policy).demand

    assert found.shipped == (0, 5, 0, 0, 2)
    assert found.sold_out == (True, True, True, False, False)


def test_a_sku_that_never_lay_there_was_sold_out_each_day(policy: ReorderPolicy) -> None:
    found = of(policy)

    assert found.demand.sold_out == (True,) * 5
    assert found.position == Position()


def test_only_shipments_are_demand(cup: Variant, store: Warehouse, policy: ReorderPolicy) -> None:
    """A return does not take the sale back: what came back lies on the shelf and counts there."""
    stocked(cup, store, 50, days_ago(60))
    shipped(cup, store, 4, days_ago(1))
    for kind, units in (("RETURN", 3), ("WRITE_OFF", -2), ("TRANSFER_OUT", -5), ("ADJUSTMENT", -1)):
        with transaction.atomic():
            level = locking.lock_levels([(cup.pk, store.pk)])[cup.pk, store.pk]
            document, changes = Document("TEST", kind), [Change(level, on_hand=units)]
            ledger.post(
                kind=StockMovement.Kind(kind), document=document, changes=changes, actor=None, at=days_ago(1), reason="a test"
            )

    found = of(policy)

    assert found.demand.shipped == (0, 0, 0, 4, 0)
    assert found.position.on_hand == 50 - 4 + 3 - 2 - 5 - 1


def test_each_warehouse_has_its_own_demand(cup: Variant, store: Warehouse, policy: ReorderPolicy) -> None:
    other = a_warehouse()
    elsewhere = a_policy(cup, other)
    stocked(cup, store, 9, days_ago(60))
    stocked(cup, other, 9, days_ago(60))
    shipped(cup, other, 2, days_ago(0))

    assert of(policy).demand.shipped == (0, 0, 0, 0, 0)
    assert of(elsewhere).demand.shipped == (0, 0, 0, 0, 2)


def test_the_position_holds_what_is_reserved_and_what_is_on_order(
    cup: Variant, store: Warehouse, policy: ReorderPolicy, at: datetime
) -> None:
    stocked(cup, store, 10, days_ago(60))
    reservations.reserve(document=Document("ORDER", "1"), demand={cup.pk: 3}, at=at)
    supplier = a_supplier()

    def buy(units: int, *steps: str) -> None:
        order = purchasing.draft(
            supplier_id=supplier.pk, warehouse_id=store.pk, lines=[Wanted(cup.pk, units)], actor=None, at=at
        )
        if "approve" in steps:
            purchasing.approve(number=order.number, actor=None, at=at)
        if "send" in steps:
            purchasing.send(number=order.number, actor=None, at=at)
        if "receive" in steps:
            receiving.receive_goods(number=order.number, delivery_note="1", quantities={cup.sku: 5}, actor=None, at=at)
        if "close" in steps:
            purchasing.close(number=order.number, actor=None, at=at, reason="the rest is sold out")
        if "cancel" in steps:
            purchasing.cancel(number=order.number, actor=None, at=at, reason="too dear")

    buy(1)  # a draft that staff wrote
    buy(20, "approve")
    buy(300, "approve", "send")
    buy(4000, "approve", "send", "receive")
    buy(50_000, "approve", "send", "receive", "close")
    buy(600_000, "cancel")

    assert of(policy).position == Position(on_hand=20, reserved=3, on_order=1 + 20 + 300 + 3995)


def test_policies_that_are_switched_off_are_left_out_unless_asked_for(policy: ReorderPolicy) -> None:
    policy.is_enabled = False
    policy.save()

    assert demand.recorded(last_on=LAST) == {}
    assert policy.pk in demand.recorded(last_on=LAST, policies=[policy.pk])


def test_one_query_answers_for_all(store: Warehouse) -> None:
    for _ in range(12):
        a_policy(a_variant(), store)

    with CaptureQueriesContext(
        connection,
    ) as queries:
        found = demand.recorded(last_on=LAST)

    assert len(found) == 12
    assert len(queries) == 1
    assert all(len(one.demand.shipped) == 56 for one in found.values())
