"""What became of orders: what left in time, at once and whole, what never left; reckoned by hand and asked as metrics."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from analytics.metrics import METRICS, Cut
from analytics.models import DailyOutcomes, DailyParcels
from analytics.operations import rollups
from analytics.queries import measuring, recount
from analytics.queries.measuring import Part
from inventory.models import Warehouse
from orders.models import Fulfillment, FulfillmentLine, Order
from tests.analytics.builders import Line, an_order, facts, seoul
from tests.builders import a_variant, a_warehouse

pytestmark = pytest.mark.django_db

DAY = date(2026, 11, 18)
NOON_AFTER = seoul("2026-11-20")


def a_parcel(order: Order, warehouse: Warehouse, shipped_at: datetime, *units: int) -> None:
    parcel = Fulfillment.objects.create(
        order=order, number=f"{order.number}-{order.fulfillments.count() + 1}", warehouse=warehouse, shipped_at=shipped_at
    )
    for line, quantity in zip(order.lines.order_by("position"), units, strict=True):
        if quantity:
            FulfillmentLine.objects.create(fulfillment=parcel, order_line=line, quantity=quantity)


def paid(placed_at: datetime, *lines: Line, **values: Any) -> Order:
    return an_order(placed_at, *lines, paid_at=placed_at, ship_due_at=placed_at + timedelta(days=1), **values)


@pytest.fixture
def warehouses() -> tuple[Warehouse, Warehouse]:
    """On the 18th three orders begin to leave: one whole, one in two parcels a day apart, one late with units canceled."""
    seoul_house, busan = a_warehouse("seoul"), a_warehouse("busan")
    cup, bowl = a_variant(), a_variant()
    whole = paid(seoul("2026-11-17", "22:00"), Line(cup, 2), Line(bowl, 1))
    a_parcel(whole, seoul_house, seoul("2026-11-18", "00:00"), 2, 1)
    split = paid(seoul("2026-11-18", "01:00"), Line(cup, 4), channel="app")
    a_parcel(split, seoul_house, seoul("2026-11-18", "10:00"), 3)
    a_parcel(split, busan, seoul("2026-11-19", "00:00"), 1)
    late = paid(seoul("2026-11-16", "09:00"), Line(cup, 5, canceled=2))
    a_parcel(late, busan, seoul("2026-11-18", "23:59:59.999999"), 3)
    an_order(seoul("2026-11-18"), Line(cup), state=Order.State.CANCELED)
    an_order(seoul("2026-11-18"), Line(cup), state=Order.State.EXPIRED)
    rollups.rebuild(first=DAY - timedelta(days=2), last=DAY + timedelta(days=1), actor=None, at=NOON_AFTER)
    return seoul_house, busan


def asked(*codes: str, of: Part = measuring.EVERYTHING, first: date = DAY, last: date = DAY) -> list[float | None]:
    row = measuring.whole([METRICS[code] for code in codes], first=first, last=last, of=of, at=NOON_AFTER)
    return [None if (value := row.values[code]) is None else round(float(value), 4) for code in codes]


def test_parcels_are_kept_by_the_day_they_left_in_seoul(warehouses: tuple[Warehouse, Warehouse]) -> None:
    columns = ("day", "channel", "warehouse_id", "parcels", "units", "due", "on_time", "paid", "waited_seconds")
    rows = DailyParcels.objects.order_by("day", "channel", "warehouse_id")

    assert facts(rows, *columns) == [
        (DAY, "app", warehouses[0].pk, 1, 3, 1, 1, 1, 9 * 3600),
        (DAY, "web", warehouses[0].pk, 1, 3, 1, 1, 1, 2 * 3600),
        (DAY, "web", warehouses[1].pk, 1, 3, 1, 0, 1, 62 * 3600 + 3599),
        (DAY + timedelta(days=1), "app", warehouses[1].pk, 1, 1, 1, 1, 1, 23 * 3600),
    ]


def test_an_order_counts_on_the_day_its_first_parcel_left(warehouses: tuple[Warehouse, Warehouse]) -> None:
    columns = ("day", "channel", "placed", "canceled", "expired", "begun", "begun_units", "begun_left_units", "begun_whole")

    assert facts(DailyOutcomes.objects.filter(day__gte=DAY).order_by("day", "channel"), *columns) == [
        (DAY, "app", 1, 0, 0, 1, 4, 3, 0),
        (DAY, "web", 2, 1, 1, 2, 8, 6, 1),
    ]


def test_the_figures_are_what_one_reckons_by_hand(warehouses: tuple[Warehouse, Warehouse]) -> None:
    shares = ("on_time_share", "fill_rate", "whole_share", "canceled_share", "expired_share")

    assert asked("parcels", *shares) == [3, 0.6667, 0.75, 0.3333, 0.3333, 0.3333]
    assert asked("on_time_share", of=Part({Cut.WAREHOUSE: warehouses[1].pk})) == [0]
    assert asked("time_to_ship", of=Part({Cut.CHANNEL: "app"}), last=DAY + timedelta(days=1)) == [16 * 3600]
    assert asked(*shares, first=date(2026, 1, 1), last=date(2026, 1, 31)) == [None] * 5


def test_what_a_figure_cannot_be_told_apart_by_is_refused(warehouses: tuple[Warehouse, Warehouse]) -> None:
    with pytest.raises(measuring.CutRefused) as refused:
        asked("fill_rate", of=Part({Cut.WAREHOUSE: warehouses[0].pk}))

    assert refused.value.details == {"metric": "fill_rate", "cuts": ["warehouse"]}


@pytest.mark.breaks_promises("figures are changed by hand")
def test_the_audit_sees_a_changed_figure(warehouses: tuple[Warehouse, Warehouse]) -> None:
    assert recount.differences(DAY) == []

    DailyParcels.objects.filter(day=DAY, channel="app").update(units=4)
    DailyOutcomes.objects.filter(day=DAY, channel="web").update(canceled=2)

    told = [(cell.rollup, cell.column, cell.stored, cell.recounted) for cell in recount.differences(DAY)]
    assert told == [("daily parcels", "units", 4, 3), ("daily outcomes", "canceled", 2, 1)]
