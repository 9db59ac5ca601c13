"""What is stored of a day's demand, reckoned by hand; and when a day is made anew."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from analytics import promises
from analytics.models import DailyDemand, DemandDay, ServedRegion
from analytics.operations import demand, rollups
from analytics.queries import demand_recount
from inventory.models import Reservation, StockLevel
from orders.models import Fulfillment, FulfillmentLine, Order, OrderDiscount
from tests.analytics.builders import Line, a_return, an_order, facts, movements, seoul
from tests.builders import a_promotion, a_variant, a_warehouse

pytestmark = pytest.mark.django_db

DAY = date(2026, 11, 18)
NOON_AFTER = seoul("2026-11-19")
COLUMNS = ("variant_id", "warehouse_id", "units", "bulk_units", "promoted_units", "returned_units", "sold_out")


def made(at: datetime = NOON_AFTER) -> list[tuple[Any, ...]]:
    demand.rebuild_days(first=DAY, last=DAY, at=at)
    return facts(DailyDemand.objects.filter(day=DAY).order_by("variant_id", "warehouse_id"), *COLUMNS)


def told() -> list[str]:
    return [violation.detail for violation in promises.demand_equals_its_recount(NOON_AFTER)]


def test_a_day_counts_what_was_ordered_on_it_and_not_canceled() -> None:
    cup, home = a_variant(), a_warehouse()
    an_order(seoul("2026-11-18", "00:00"), Line(cup, 3, canceled=1))
    an_order(seoul("2026-11-18", "23:59:59"), Line(cup, 2), state=Order.State.SHIPPED)
    an_order(seoul("2026-11-18"), Line(cup, 5), state=Order.State.CANCELED)
    an_order(seoul("2026-11-18"), Line(cup, 5), state=Order.State.EXPIRED)
    an_order(seoul("2026-11-18"), Line(cup, 2, canceled=2))
    an_order(seoul("2026-11-19", "00:00"), Line(cup, 7))

    assert made() == [(cup.pk, home.pk, 4, 0, 0, 0, 0)]


def test_what_comes_back_stands_beside_the_day_it_was_ordered_on() -> None:
    cup, home = a_variant(), a_warehouse()
    order = an_order(seoul("2026-11-18"), Line(cup, 3), state=Order.State.SHIPPED)
    a_return(order, seoul("2026-11-25"), home, quantity=2)
    a_return(order, None, home, quantity=1, state="ACCEPTED")

    assert made(seoul("2026-11-26")) == [(cup.pk, home.pk, 3, 0, 0, 2, 0)]


def test_a_region_decides_before_the_warehouse_that_held_the_goods_and_that_before_the_one_that_sent_them() -> None:
    first, second, third = (a_warehouse(priority=number) for number in (1, 2, 3))
    cups = [a_variant() for _ in range(4)]
    at = seoul("2026-11-18")
    ServedRegion.objects.create(warehouse=third, province="부산광역시", priority=2)
    ServedRegion.objects.create(warehouse=second, postal_prefix="48", priority=1)
    an_order(at, Line(cups[0]), ship_to={"postal_code": "48058", "address": "부산광역시 해운대구"})
    an_order(at, Line(cups[1]), ship_to={"postal_code": "47545", "address": "부산광역시 연제구"})
    held = an_order(at, Line(cups[2]), ship_to={"postal_code": "04524", "address": "서울특별시 중구"})
    for place in (second, third):
        Reservation.objects.create(
            document_kind="ORDER", document_number=held.number, variant=cups[2], warehouse=place, quantity=1, reserved_at=at
        )
    sent = an_order(at, Line(cups[3]), ship_to={"postal_code": "04524", "address": "서울특별시 중구"})
    parcel = Fulfillment.objects.create(order=sent, number="F-1", warehouse=third, shipped_at=at)
    FulfillmentLine.objects.create(fulfillment=parcel, order_line=sent.lines.get(), quantity=1)
    nobody = an_order(at, Line(a_variant()))

    found = {row[0]: row[1] for row in made()}

    assert [found[cup.pk] for cup in cups] == [second.pk, third.pk, second.pk, third.pk]
    assert found[nobody.lines.get().variant_id] == first.pk


def test_a_region_does_not_decide_for_a_warehouse_that_never_had_the_sku_while_another_has_it() -> None:
    home, south = a_warehouse(priority=1), a_warehouse(priority=2)
    rice, cup, later, fresh = (a_variant() for _ in range(4))
    ServedRegion.objects.create(warehouse=south, province="부산광역시")
    for one in (rice, cup, later):
        movements(seoul("2026-11-01"), one, home, ("RECEIPT", 50))
    movements(seoul("2026-11-10"), cup, south, ("RECEIPT", 5))
    movements(seoul("2026-11-19", "09:00"), later, south, ("RECEIPT", 5))
    busan = {"postal_code": "48058", "address": "부산광역시 해운대구"}
    an_order(seoul("2026-11-18"), *(Line(one) for one in (rice, cup, later, fresh)), ship_to=busan)

    found = {row[0]: row[1] for row in made()}

    assert [found[one.pk] for one in (rice, cup, later, fresh)] == [home.pk, south.pk, home.pk, south.pk]


def test_a_line_far_larger_than_usual_is_of_a_bulk_order() -> None:
    cup, home = a_variant(), a_warehouse()
    for number in range(8):
        an_order(seoul("2026-09-01") + timedelta(days=number), Line(cup, 5 if number == 7 else 1))
    an_order(seoul("2026-11-18"), Line(cup, 20), Line(a_variant(), 500))
    an_order(seoul("2026-11-18"), Line(cup, 21))

    found = made()

    assert found[0] == (cup.pk, home.pk, 20, 21, 0, 0, 0)
    assert found[1][2:4] == (500, 0), "of a SKU that nobody knows no line is called unusual"


def test_units_that_a_promotion_made_cheaper_are_told_apart() -> None:
    cup, home = a_variant(), a_warehouse()
    cheap = an_order(seoul("2026-11-18"), Line(cup, 2, discount=1_000))
    line = cheap.lines.get()
    OrderDiscount.objects.create(order=cheap, line=line, promotion=a_promotion(), promotion_version=1, name="x", amount=1_000)
    an_order(seoul("2026-11-18"), Line(cup, 3))

    assert made() == [(cup.pk, home.pk, 5, 0, 2, 0, 0)]


def test_the_share_of_the_day_without_stock_is_counted_from_the_ledger() -> None:
    cup, bowl, never, home = a_variant(), a_variant(), a_variant(), a_warehouse()
    movements(seoul("2026-11-10"), cup, home, ("RECEIPT", 2))
    movements(seoul("2026-11-18", "06:00"), cup, home, ("SHIPMENT", -2))
    movements(seoul("2026-11-18", "18:00"), cup, home, ("RECEIPT", 5))
    movements(seoul("2026-11-10"), bowl, home, ("RECEIPT", 1))
    movements(seoul("2026-11-12"), bowl, home, ("SHIPMENT", -1))
    movements(seoul("2026-11-20"), never, home, ("RECEIPT", 5))
    balances({cup: 5, bowl: 0, never: 5}, home)

    assert made() == [
        (cup.pk, home.pk, 0, 0, 0, 0, Decimal("0.500")),
        (bowl.pk, home.pk, 0, 0, 0, 0, Decimal(1)),
    ]


def test_a_shelf_on_which_nothing_moved_for_half_a_year_is_no_longer_sold_out() -> None:
    cup, home = a_variant(), a_warehouse()
    movements(seoul("2026-05-01"), cup, home, ("RECEIPT", 1))
    movements(seoul("2026-05-02"), cup, home, ("SHIPMENT", -1))
    balances({cup: 0}, home)

    demand.rebuild_days(first=date(2026, 10, 25), last=DAY, at=NOON_AFTER)

    assert [row.day for row in DailyDemand.objects.order_by("-day")[:1]] == [date(2026, 10, 31)]


def test_days_made_together_are_what_each_is_by_itself() -> None:
    cup, home = a_variant(), a_warehouse()
    for number in range(12):
        moment = seoul("2026-11-08", "15:30") + timedelta(days=number)
        movements(moment, cup, home, ("RECEIPT", 3) if number % 3 == 0 else ("SHIPMENT", -3 if number % 3 == 1 else -1))
    balances({cup: 0}, home)
    an_order(seoul("2026-11-12"), Line(cup, 2))

    demand.rebuild_days(first=date(2026, 11, 8), last=DAY, at=NOON_AFTER)

    assert DailyDemand.objects.exists()
    assert told() == []


def test_the_audit_tells_every_figure_that_is_not_what_the_source_says() -> None:
    cup = a_variant()
    a_warehouse()
    an_order(seoul("2026-11-18"), Line(cup, 2))
    made()
    assert told() == []

    DailyDemand.objects.filter(variant=cup).update(units=3)
    assert told() == ["units is 3, recounted 2"]

    rollups.mark(days=[DAY], at=NOON_AFTER)
    assert told() == [], "a day that is to be made anew claims nothing"


def test_a_day_is_due_when_something_of_it_changed_or_regions_did() -> None:
    cup, home = a_variant(), a_warehouse()
    an_order(seoul("2026-11-17"), Line(cup, 2))
    assert demand.rebuild_due(at=NOON_AFTER).days == 2
    assert demand.due(at=NOON_AFTER) == []

    rollups.mark(days=[DAY], at=NOON_AFTER)
    assert demand.due(at=NOON_AFTER) == [DAY]

    ServedRegion.objects.create(warehouse=home, postal_prefix="4")
    assert demand.due(at=NOON_AFTER) == [date(2026, 11, 17), DAY]
    assert demand_recount.clean_days() == [], "made by regions that hold no longer"


def test_what_is_marked_while_a_day_is_made_stays_due(monkeypatch: pytest.MonkeyPatch) -> None:
    an_order(seoul("2026-11-18"), Line(a_variant()))
    a_warehouse()
    asked = demand.demand_source.given

    def meanwhile(first: date, last: date) -> dict[str, Any]:
        demand.mark(days=[DAY], at=NOON_AFTER)
        return asked(first, last)

    monkeypatch.setattr(demand.demand_source, "given", meanwhile)
    made()

    assert DemandDay.objects.get(pk=DAY).state == DemandDay.State.DIRTY


def balances(on_hand: dict[Any, int], place: Any) -> None:
    StockLevel.objects.bulk_create(StockLevel(variant=one, warehouse=place, on_hand=units) for one, units in on_hand.items())
