"""What lay there on a day, what lies too long, what comes and what is due, told from the ledger."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from config.kernel import shop
from inventory.models import Bin, BinPlace, StockLevel, StockMovement, Variant, Warehouse, WriteOffCause
from inventory.operations import (
    advice,
    catalog,
    classes,
    counting,
    excess,
    purchasing,
    receiving,
    stock,
    transfers,
)
from inventory.operations.advice import (
    Advice,
)
from inventory.operations.purchasing import Wanted
from inventory.queries import ageing, bins, expected, incoming, projection, valuation
from inventory.queries import counting as counts
from inventory.queries import transfers as transfers_now
from tests.builders import AT, a_policy, a_stocked_variant, a_supplier, a_variant, a_warehouse, an_offer, shipped, stocked

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 20)


@pytest.fixture
def warehouse() -> Warehouse:
    return a_warehouse()


def days_ago(days: int) -> datetime:
    return AT - timedelta(days=days)


def repriced(variant: Variant, cost: Decimal, at: datetime) -> None:
    catalog.change_cost(variant_id=variant.pk, cost=cost, reason="인상", actor=None, at=at)


def received(variant: Variant, warehouse: Warehouse, units: int, at: datetime) -> None:
    order = purchasing.draft(
        supplier_id=a_supplier().pk, warehouse_id=warehouse.pk, lines=[Wanted(variant.pk, units)], actor=None, at=at
    )
    purchasing.approve(number=order.number, actor=None, at=at)
    purchasing.send(number=order.number, actor=None, at=at)
    receiving.receive_goods(number=order.number, delivery_note=order.number, quantities={variant.sku: units}, actor=None, at=at)


class TestTheValueOfADay:
    def test_units_are_counted_back_and_the_cost_is_that_of_the_day(self, warehouse: Warehouse) -> None:
        cup = a_variant(cost=5_000)
        stocked(cup, warehouse, 10, days_ago(20))
        repriced(cup, Decimal(6_000), days_ago(10))
        shipped(cup, warehouse, 4, days_ago(5))
        repriced(cup, Decimal(7_000), days_ago(2))

        told = {
            days: [(one.units, one.unit_cost) for one in valuation.at_the_end_of(day=TODAY - timedelta(days=days))]
            for days in (21, 20, 11, 10, 5, 2, 0)
        }

        assert told == {
            21: [], 20: [(10, 5_000)], 11: [(10, 5_000)], 10: [(10, 6_000)], 5: [(6, 6_000)], 2: [(6, 7_000)], 0: [(6, 7_000)],
        }  # fmt: skip

    def test_where_an_average_is_kept_it_is_what_a_unit_is_worth(self, warehouse: Warehouse) -> None:
        cup = a_variant(cost=1_000)
        received(cup, warehouse, 30, days_ago(20))
        repriced(cup, Decimal(3_000), days_ago(10))
        received(cup, warehouse, 10, days_ago(5))

        told = {
            days: [(one.units, one.unit_cost) for one in valuation.at_the_end_of(day=TODAY - timedelta(days=days))]
            for days in (20, 7, 5)
        }

        assert told == {20: [(30, 1_000)], 7: [(30, 1_000)], 5: [(40, 1_500)]}
        assert valuation.warehouses().get().value == 60_000  # type: ignore[attr-defined]

    def test_what_was_between_two_warehouses_is_a_line_of_its_own(self, warehouse: Warehouse) -> None:
        cup, other = a_variant(cost=1_000), a_warehouse()
        received(cup, warehouse, 30, days_ago(20))
        repriced(cup, Decimal(3_000), days_ago(19))
        moved = transfers.draft(
            from_warehouse_id=warehouse.pk, to_warehouse_id=other.pk, lines=[transfers.Wanted(cup.pk, 9)], reason="보충",
            actor=None, at=days_ago(10),
        )  # fmt: skip
        transfers.ship(number=moved.number, actor=None, at=days_ago(10))
        assert transfers_now.afloat() == transfers_now.Afloat(9, Decimal(9_000))
        transfers.receive(number=moved.number, quantities={cup.sku: 4}, actor=None, at=days_ago(6))
        transfers.close(number=moved.number, reason="분실", actor=None, at=days_ago(3))

        told = {
            days: [(one.units, one.value) for one in valuation.between_at_the_end_of(day=TODAY - timedelta(days=days))]
            for days in (11, 10, 7, 6, 4, 3, 0)
        }

        nine, five = [(9, 9_000)], [(5, 5_000)]
        assert told == {11: [], 10: nine, 7: nine, 6: five, 4: five, 3: [], 0: []}
        then = TODAY - timedelta(days=7)
        assert len(valuation.between_at_the_end_of(day=then, category_id=cup.product.category_id)) == 1
        assert valuation.between_at_the_end_of(day=then, category_id=a_variant().product.category_id) == []

    def test_a_shelf_that_is_empty_now_held_something_then(self, warehouse: Warehouse) -> None:
        cup = a_variant()
        stocked(cup, warehouse, 3, days_ago(9))
        shipped(cup, warehouse, 3, days_ago(3))

        assert [one.units for one in valuation.at_the_end_of(day=TODAY - timedelta(days=4))] == [3]
        assert valuation.at_the_end_of(day=TODAY) == []

    def test_the_business_day_ends_at_midnight_in_seoul(self, warehouse: Warehouse) -> None:
        cup = a_variant()
        last = datetime.fromisoformat("2026-11-18T23:59:59+09:00")
        stocked(cup, warehouse, 2, last)
        stocked(cup, warehouse, 5, last + timedelta(seconds=1))

        assert [one.units for one in valuation.at_the_end_of(day=date(2026, 11, 18))] == [2]
        assert [one.units for one in valuation.at_the_end_of(day=date(2026, 11, 19))] == [7]

    def test_every_day_equals_the_ledger_summed_from_its_beginning(self, warehouse: Warehouse) -> None:
        other = a_warehouse()
        for number in range(4):
            cup = a_variant(cost=1_000 * (number + 1))
            for day in range(30, 0, -3):
                stocked(cup, warehouse if day % 2 else other, day + number, days_ago(day))
            shipped(cup, warehouse, 3 + number, days_ago(1))

        for days in range(32):
            day = TODAY - timedelta(days=days)
            counted: dict[tuple[int, int], int] = {}
            for move in StockMovement.objects.all():
                if shop.day(move.occurred_at) <= day:
                    place = (move.variant_id, move.warehouse_id)
                    counted[place] = counted.get(place, 0) + move.quantity
            found = {(one.variant_id, one.warehouse_id): one.units for one in valuation.at_the_end_of(day=day)}
            assert found == {place: units for place, units in counted.items() if units}

    def test_it_is_narrowed_by_warehouse_and_category(self, warehouse: Warehouse) -> None:
        cup = a_stocked_variant(3, warehouse)
        stocked(cup, a_warehouse(), 4)

        assert [one.units for one in valuation.at_the_end_of(day=TODAY, warehouse_id=warehouse.pk)] == [3]
        assert len(valuation.at_the_end_of(day=TODAY, category_id=cup.product.category_id)) == 2
        assert valuation.at_the_end_of(day=TODAY, category_id=a_variant().product.category_id) == []


def test_losses_are_told_by_cause_at_what_they_cost_then(warehouse: Warehouse) -> None:
    cup = a_stocked_variant(10, warehouse, cost=5_000)
    here = {"variant_id": cup.pk, "warehouse_id": warehouse.pk, "actor": None, "at": AT}
    stock.write_off(quantity=2, reason="떨어뜨림", cause=WriteOffCause.BROKEN, **here)
    repriced(cup, Decimal(9_000), AT)
    stock.write_off(quantity=1, reason="촬영", cause=WriteOffCause.SAMPLE, **here)
    stock.write_off(quantity=1, reason="모름", **here)

    found = {one.cause: (one.units, one.value) for one in valuation.losses(first_on=TODAY, last_on=TODAY)}

    assert found == {"BROKEN": (2, 10_000), "SAMPLE": (1, 9_000), "": (1, 9_000)}
    assert valuation.losses(first_on=TODAY - timedelta(days=9), last_on=TODAY - timedelta(days=1)) == []


class TestAgeing:
    def test_layers_are_what_came_last_and_found_units_are_as_old_as_those_around(self, warehouse: Warehouse) -> None:
        cup = a_variant()
        received(cup, warehouse, 10, days_ago(200))
        received(cup, warehouse, 5, days_ago(20))
        shipped(cup, warehouse, 8, days_ago(15))
        stock.adjust(variant_id=cup.pk, warehouse_id=warehouse.pk, quantity=2, reason="발견", actor=None, at=days_ago(1))

        (found,) = ageing.aged(today=TODAY)

        assert (found.on_hand, list(found.buckets), found.youngest_days) == (9, [5, 0, 0, 4, 0], 20)

    def test_too_much_is_measured_against_what_ships_and_sent_where_it_lacks(self, warehouse: Warehouse) -> None:
        cup, other = a_variant(cost=2_000), a_warehouse()
        received(cup, warehouse, 100, days_ago(100))
        received(cup, other, 100, days_ago(100))
        for day in range(1, 85):
            shipped(cup, other, 1, days_ago(day))

        here, there = sorted(ageing.aged(today=TODAY), key=lambda one: one.warehouse_id)

        assert (here.excess, here.excess_value, there.excess) == (100, 200_000, 0)
        assert here.suggestion is not None
        assert (here.suggestion.action, here.suggestion.warehouse, here.suggestion.units) == ("TRANSFER", other.pk, 74)

    def test_a_dismissed_suggestion_stays_away_until_there_is_half_as_much_again(self, warehouse: Warehouse) -> None:
        cup = a_variant()
        received(cup, warehouse, 100, days_ago(100))
        told = {"variant_id": cup.pk, "warehouse_id": warehouse.pk, "action": "MARKDOWN", "days": 90, "actor": None, "at": AT}
        excess.dismiss(reason="행사 예정", **told)

        assert ageing.aged(today=TODAY)[0].dismissed == "행사 예정"
        with pytest.raises(excess.NothingSuggested):
            excess.dismiss(reason="다시", **told)

        received(cup, warehouse, 50, days_ago(90))
        assert ageing.aged(today=TODAY)[0].dismissed == ""

    def test_what_is_suggested_by_now_is_not_what_the_page_showed(self, warehouse: Warehouse) -> None:
        cup = a_stocked_variant(9, warehouse)

        with pytest.raises(excess.NothingSuggested):
            excess.dismiss(
                variant_id=cup.pk, warehouse_id=warehouse.pk, action="RETURN", days=90, reason="x", actor=None, at=AT
            )


class TestLookingAhead:
    def test_demand_is_what_was_shipped_over_the_days_on_which_it_lay_there(self, warehouse: Warehouse) -> None:
        old, young = a_variant(), a_variant()
        stocked(old, warehouse, 500, days_ago(300))
        stocked(young, warehouse, 500, days_ago(20))
        for variant in (old, young):
            shipped(variant, warehouse, 56, days_ago(3))

        found = expected.everywhere(as_of=TODAY)

        assert found[old.pk, warehouse.pk].daily[0] == pytest.approx(1.0)
        assert found[young.pk, warehouse.pk].daily[0] == pytest.approx(56 / 20)

    def test_fresh_advice_counts_more_than_what_was_shipped(self, warehouse: Warehouse) -> None:
        cup = a_variant()
        stocked(cup, warehouse, 500, days_ago(300))
        shipped(cup, warehouse, 56, days_ago(3))
        advice.apply_advice(
            origin=TODAY - timedelta(days=1), advice=[Advice(cup.pk, warehouse.pk, [4.0] * 28, 1.2, "mean")], at=AT
        )

        assert ageing.aged(today=TODAY)[0].per_day == pytest.approx(4.0)
        assert projection.projected(today=TODAY)[0].weeks[1].leaves == pytest.approx(28.0)

    def test_goods_between_two_warehouses_come_where_they_go(self, warehouse: Warehouse) -> None:
        cup, other = a_variant(), a_warehouse()
        stocked(cup, warehouse, 10, days_ago(9))
        sent = transfers.draft(
            from_warehouse_id=warehouse.pk, to_warehouse_id=other.pk, lines=[transfers.Wanted(cup.pk, 4)], reason="보충",
            actor=None, at=AT,
        )  # fmt: skip
        transfers.ship(number=sent.number, quantities={cup.sku: 4}, expected_on=date(2026, 11, 24), actor=None, at=AT)
        stocked(cup, other, 1)

        there = next(one for one in projection.projected(today=TODAY) if one.warehouse_id == other.pk)
        (told,) = incoming.deliveries(today=TODAY)

        assert [week.comes for week in there.weeks][:2] == [0, 4]
        assert (told.place, told.number, told.units, told.is_transfer) == ((cup.pk, other.pk), sent.number, 4, True)
        assert projection.receiving_load(today=TODAY)[other.pk][1].units == 4

    def test_purchase_orders_come_on_their_day_and_drafts_do_not(self, warehouse: Warehouse) -> None:
        cup, supplier = a_stocked_variant(10, warehouse), a_supplier()
        an_offer(cup, supplier, lead_time_days=10)
        for units, steps in ((3, 0), (5, 1), (7, 2)):
            order = purchasing.draft(
                supplier_id=supplier.pk, warehouse_id=warehouse.pk, lines=[Wanted(cup.pk, units)], actor=None, at=AT
            )
            if steps > 0:
                purchasing.approve(number=order.number, actor=None, at=AT)
            if steps > 1:
                purchasing.send(number=order.number, expected_on=date(2026, 11, 24), actor=None, at=AT)

        (row,) = projection.projected(today=TODAY)
        load = projection.receiving_load(today=TODAY)

        assert [week.comes for week in row.weeks][:3] == [0, 7, 5]
        assert [(one.orders, one.lines, one.units) for one in load[warehouse.pk]][:3] == [(0, 0, 0), (1, 1, 7), (1, 1, 5)]
        assert projection.grouped([row], "warehouse_id")[warehouse.pk][2].closing == 22

    def test_those_that_run_short_first_come_first(self, warehouse: Warehouse) -> None:
        calm, soon = a_variant(sku="A-CALM"), a_variant(sku="B-SOON")
        for variant, left in ((calm, 500), (soon, 5)):
            stocked(variant, warehouse, 84 + left, days_ago(300))
            shipped(variant, warehouse, 84, days_ago(3))

        found = projection.projected(today=TODAY)

        assert [(one.sku, one.short_on) for one in found] == [("B-SOON", date(2026, 11, 23)), ("A-CALM", None)]


class TestWhatIsDue:
    def test_never_counted_corrected_and_overdue_each_say_why(self, warehouse: Warehouse) -> None:
        never, corrected, overdue, fresh = (a_stocked_variant(5, warehouse) for _ in range(4))
        empty = a_variant()
        stocked(empty, warehouse, 1)
        shipped(empty, warehouse, 1, AT)
        for variant, days in ((corrected, 5), (overdue, 200), (fresh, 5)):
            lines = [(variant.pk, 5, 5)]
            counting.count(warehouse_id=warehouse.pk, lines=lines, note="", actor=None, at=days_ago(days))
        stock.adjust(variant_id=corrected.pk, warehouse_id=warehouse.pk, quantity=-1, reason="정정", actor=None, at=AT)

        counting.propose_due(at=AT)
        counting.propose_due(at=AT)

        due = {one.place[0]: one.why for one in counts.due(at=AT)}
        assert due == {never.pk: "NEVER", corrected.pk: "CORRECTED", overdue.pk: "INTERVAL"}
        assert counts.due_now(warehouse_id=warehouse.pk, abc="C") == counts.due_now(warehouse_id=warehouse.pk)
        assert set(counts.due_now(warehouse_id=warehouse.pk)) == set(due)

    def test_the_learned_class_says_how_often(self, warehouse: Warehouse, settings: Any) -> None:
        settings.STOCK_COUNT_DAYS = (30, 90, 180)
        often, seldom = a_stocked_variant(50, warehouse), a_stocked_variant(50, warehouse)
        for variant in (often, seldom):
            a_policy(variant, warehouse)
        shipped(often, warehouse, 5, days_ago(70))
        counting.count(
            warehouse_id=warehouse.pk, lines=[(often.pk, 45, 45), (seldom.pk, 50, 50)], note="", actor=None, at=days_ago(60)
        )
        classes.learn(at=AT)

        assert [(one.place[0], one.abc, one.every_days) for one in counts.due(at=AT)] == [(often.pk, "A", 30)]

    def test_what_stands_on_a_sheet_already_is_not_proposed_again(self, warehouse: Warehouse) -> None:
        cup = a_stocked_variant(5, warehouse)
        counting.open_count(warehouse_id=warehouse.pk, variant_ids=[cup.pk], basis="SKUS", actor=None, at=AT)  # type: ignore[arg-type]

        assert counts.due(at=AT) == []


def test_a_sku_has_its_bins_the_default_first_and_a_sheet_follows_them(warehouse: Warehouse) -> None:
    cup, plate = a_stocked_variant(5, warehouse), a_stocked_variant(5, warehouse)
    near, far = (Bin.objects.create(warehouse=warehouse, code=code) for code in ("A-01", "B-01"))
    BinPlace.objects.create(bin=far, variant=cup)
    BinPlace.objects.create(bin=near, variant=cup, is_default=False)
    BinPlace.objects.create(bin=near, variant=plate)
    places = [(one.variant_id, one.warehouse_id) for one in StockLevel.objects.all()]

    assert bins.codes(places=places) == {(cup.pk, warehouse.pk): "B-01, A-01", (plate.pk, warehouse.pk): "A-01"}
    assert bins.in_bins(warehouse_id=warehouse.pk, begins="a-0", most=9) == [cup.pk, plate.pk]
    opened = counting.open_count(
        warehouse_id=warehouse.pk,
        variant_ids=[cup.pk, plate.pk],
        basis="BIN",
        actor=None,
        at=AT,  # type: ignore[arg-type]
    )
    assert [one.line.variant_id for one in counts.sheet(count=opened)] == [plate.pk, cup.pk]
