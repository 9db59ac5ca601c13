"""Sales of a period: closed days from the figures, the open day live, and today against last week."""

from datetime import date, timedelta
from decimal import Decimal as D
from typing import Any

import pytest

from analytics.models import HourlySales, RollupState
from analytics.operations import rollups
from analytics.queries import dashboard, sales, titles
from campaigns.queries.promotions import State
from inventory.models import ReplenishmentProposal, StockLevel
from orders.models import Order, OrderDiscount
from tests.analytics.builders import Line, a_return, an_order, movements, seoul
from tests.builders import a_category, a_product, a_promotion, a_variant, a_warehouse, an_offer

pytestmark = pytest.mark.django_db

NOW = seoul("2026-11-20", "14:30")  # a Friday
TODAY = date(2026, 11, 20)


def a_week() -> None:
    """Two orders each noon from Friday the 13th on, and two today."""
    cup = a_variant()
    for day in range(13, 21):
        for clock in ("12:00", "14:30"):
            an_order(seoul(f"2026-11-{day}", clock), Line(cup, 1, 10_000), channel="app" if clock == "12:00" else "web")
    rollups.rebuild_due(at=NOW)


def fresh(at: Any = NOW) -> sales.Freshness:
    return sales.freshness(at=at)


@pytest.mark.breaks_promises("figures are changed by hand")
def test_closed_days_come_from_the_figures_and_the_open_day_from_the_source() -> None:
    a_week()
    HourlySales.objects.filter(day=date(2026, 11, 14)).update(orders=100)  # what is stored is what is shown

    found = dict(sales.by_day(first=date(2026, 11, 11), last=TODAY, fresh=fresh(), at=NOW))

    assert [figures.orders for figures in found.values()] == [0, 0, 2, 200, 2, 2, 2, 2, 2, 2]
    assert fresh().live_from == TODAY


def test_right_after_midnight_the_day_before_is_read_live_until_its_figures_are_made() -> None:
    a_week()
    midnight = seoul("2026-11-21", "00:01")

    found = dict(sales.by_day(first=TODAY, last=date(2026, 11, 21), fresh=fresh(midnight), at=midnight))

    assert fresh(midnight).live_from == TODAY
    assert [figures.orders for figures in found.values()] == [2, 0]
    later = seoul("2026-11-21", "00:06")
    rollups.rebuild_due(at=later)
    assert fresh(later).live_from == date(2026, 11, 21)


def test_days_that_wait_are_counted() -> None:
    a_week()
    assert (fresh().dirty_days, fresh().missing_days, fresh().made_at) == (0, 0, NOW)

    rollups.mark(days=[date(2026, 11, 14)], at=NOW)

    assert (fresh().dirty_days, fresh().missing_days) == (1, 0)


def test_days_that_nobody_made_are_read_live_and_counted_as_missing() -> None:
    """The worker is away from Friday noon to Monday morning."""
    a_week()
    an_order(seoul("2026-11-21", "12:00"), Line(a_variant(), 1, 10_000))
    monday = seoul("2026-11-23", "09:00")

    found = dict(sales.by_day(first=date(2026, 11, 19), last=date(2026, 11, 23), fresh=fresh(monday), at=monday))

    assert [figures.orders for figures in found.values()] == [2, 2, 1, 0, 0]
    assert (fresh(monday).live_from, fresh(monday).dirty_days, fresh(monday).missing_days) == (TODAY, 0, 3)

    rollups.rebuild_due(at=monday)
    assert (fresh(monday).live_from, fresh(monday).missing_days) == (date(2026, 11, 23), 0)


def test_a_shop_whose_worker_never_ran_reads_a_week_live_and_says_how_much_is_missing() -> None:
    for day in range(1, 21):
        an_order(seoul(f"2026-11-{day:02}"), Line(a_variant(), 1, 10_000))

    found = dict(sales.by_day(first=date(2026, 11, 11), last=TODAY, fresh=fresh(), at=NOW))

    assert [figures.orders for figures in found.values()] == [0, 0, 1, 1, 1, 1, 1, 1, 1, 1]
    assert (fresh().made_at, fresh().missing_days) == (None, 19)


def test_a_day_that_was_marked_and_never_made_is_read_live() -> None:
    a_week()
    RollupState.objects.filter(day=date(2026, 11, 18)).update(state="DIRTY", rebuilt_at=None)

    assert (fresh().live_from, fresh().made_until) == (date(2026, 11, 18), date(2026, 11, 19))
    assert (fresh().dirty_days, fresh().missing_days) == (1, 0)


def test_a_period_is_cut_by_hour_and_by_channel() -> None:
    a_week()
    period: dict[str, Any] = {"first": date(2026, 11, 13), "last": TODAY, "fresh": fresh(), "at": NOW}

    hours = dict(sales.by_hour(**period))
    assert (len(hours), hours[12].orders, hours[14].orders, hours[3].orders) == (24, 8, 8, 0)
    assert [(name, figures.sales) for name, figures in sales.by_channel(**period)] == [("app", 80_000), ("web", 80_000)]


def test_today_is_compared_with_last_week_until_the_same_moment() -> None:
    cup = a_variant()
    for day in ("2026-11-13", "2026-11-20"):
        an_order(seoul(day, "14:30:00"), Line(cup, 1, 10_000))
        an_order(seoul(day, "09:00:00"), Line(cup, 1, 5_000))
    an_order(seoul("2026-11-13", "14:30:01"), Line(cup, 1, 90_000))
    an_order(seoul("2026-11-12", "10:00"), Line(cup, 1, 70_000))

    found = sales.today(at=NOW)

    assert (found.figures.sales, found.before.sales) == (15_000, 15_000)
    assert (found.figures.orders, found.before.orders) == (2, 2)
    assert found.projection is None


def test_today_knows_what_came_back_today() -> None:
    cup = a_variant()
    order = an_order(seoul("2026-11-10"), Line(cup, 2), state=Order.State.SHIPPED)
    a_return(order, seoul("2026-11-20", "10:00"), a_warehouse(), refund=11_000)

    assert (sales.today(at=NOW).figures.net, sales.today(at=NOW).figures.returned_units) == (-11_000, 1)


def test_the_end_of_today_is_told_from_the_same_weekdays() -> None:
    cup = a_variant()
    for week in range(1, 6):
        day = TODAY - timedelta(weeks=week)
        for clock in ("10:00", "20:00"):
            an_order(seoul(day.isoformat(), clock), Line(cup, 1, 10_000))
    an_order(seoul("2026-11-20", "10:00"), Line(cup, 1, 10_000))
    rollups.rebuild_due(at=NOW)

    seen = sales.today(at=NOW).projection

    assert seen is not None
    assert (seen.middle, seen.share, seen.days) == (20_000, D("0.5"), 5)


def test_the_best_sellers_are_those_with_the_most_net_sales() -> None:
    warehouse = a_warehouse()
    cups = [a_variant() for _ in range(3)]
    an_order(seoul("2026-11-18"), Line(cups[0], 5, 1_000), Line(cups[1], 1, 9_000))
    order = an_order(seoul("2026-11-18"), Line(cups[2], 1, 20_000), state=Order.State.SHIPPED)
    a_return(order, seoul("2026-11-19"), warehouse, refund=20_000)
    rollups.rebuild_due(at=NOW)

    top = sales.by_sku(first=date(2026, 11, 18), last=date(2026, 11, 19), most=2)

    assert [(one.key, one.units, one.net) for one in top] == [(cups[1].pk, 1, 9_000), (cups[0].pk, 5, 5_000)]


def test_categories_are_named_with_those_above() -> None:
    home = a_category("리빙")
    kitchen = a_category("주방", parent=home)
    cup = a_variant(a_product(kitchen))
    an_order(seoul("2026-11-18"), Line(cup, 1, 10_000))
    rollups.rebuild_due(at=NOW)

    found = sales.by_category(first=date(2026, 11, 18), last=date(2026, 11, 18), most=10)

    assert [(one.key, one.net) for one in found] == [(kitchen.pk, 10_000)]
    assert titles.categories(keys=[kitchen.pk]) == {kitchen.pk: "리빙 > 주방"}


# --- the other tiles ---------------------------------------------------------------------------------------------------


def test_the_week_is_an_average_of_twelve_monday_first() -> None:
    cup = a_variant()
    for week in range(1, 13):
        monday = date(2026, 11, 16) - timedelta(weeks=week - 1)
        an_order(seoul(monday.isoformat(), "21:10"), Line(cup, 1, 10_000))
    an_order(seoul("2026-11-15", "08:00"), Line(cup, 1, 24_000))  # a Sunday
    rollups.rebuild_due(at=NOW)

    cells = {(cell.weekday, cell.hour): cell for cell in dashboard.heat(fresh=fresh())}

    assert len(cells) == 168
    assert (cells[0, 21].orders, cells[0, 21].sales) == (1, 10_000)
    assert (cells[6, 8].orders, cells[6, 8].sales) == (D(1) / 12, 2_000)
    assert cells[3, 3].orders == 0


def shelf(on_hand: int, shipped: int, reserved: int = 0) -> StockLevel:
    """A SKU in a warehouse that shipped so many units over the last four weeks."""
    cup, warehouse = a_variant(), a_warehouse()
    if shipped:
        movements(seoul("2026-11-10"), cup, warehouse, ("SHIPMENT", -shipped))
    return StockLevel.objects.create(variant=cup, warehouse=warehouse, on_hand=on_hand, reserved=reserved)


def test_stock_is_at_risk_when_it_does_not_last_two_weeks() -> None:
    soon, sooner = shelf(on_hand=20, reserved=10, shipped=28), shelf(on_hand=3, shipped=28)
    shelf(on_hand=14, shipped=28)  # lasts exactly two weeks
    shelf(on_hand=0, shipped=0)  # nobody asks for it
    rollups.rebuild_due(at=NOW)

    found, in_all = dashboard.at_risk(fresh=fresh(), most=10)

    assert [(one.variant_id, one.available, one.days) for one in found] == [
        (sooner.variant_id, 3, 3),
        (soon.variant_id, 10, 10),
    ]
    assert in_all == 2
    assert len(dashboard.at_risk(fresh=fresh(), most=1)[0]) == 1


def test_movements_of_more_than_four_weeks_ago_set_no_pace() -> None:
    cup, warehouse = a_variant(), a_warehouse()
    movements(seoul("2026-10-22", "23:59"), cup, warehouse, ("SHIPMENT", -28))
    StockLevel.objects.create(variant=cup, warehouse=warehouse, on_hand=1)
    rollups.rebuild_due(at=NOW)
    assert dashboard.at_risk(fresh=fresh(), most=10) == ([], 0)

    movements(seoul("2026-10-23", "00:00"), cup, warehouse, ("SHIPMENT", -28))
    rollups.rebuild(first=date(2026, 10, 23), last=date(2026, 10, 23), actor=None, at=NOW)

    assert len(dashboard.at_risk(fresh=fresh(), most=10)[0]) == 1


def test_goods_on_their_way_count_once_ordered() -> None:
    level = shelf(on_hand=7, shipped=28)
    supplier = an_offer(level.variant).supplier
    rollups.rebuild_due(at=NOW)
    for number, state, received in [("PO-1", "SENT", 4), ("PO-2", "DRAFT", 0), ("PO-3", "CLOSED", 0)]:
        order = supplier.purchase_orders.create(
            number=number, warehouse=level.warehouse, state=state, currency="KRW", drafted_at=NOW
        )
        order.lines.create(variant=level.variant, quantity=10, received=received, unit_cost=1)

    (found,), _ = dashboard.at_risk(fresh=fresh(), most=10)

    assert (found.available, found.incoming, found.days, found.days_with_incoming) == (7, 6, 7, 13)


def test_promotions_that_run_come_first_with_their_uses_of_closed_days_and_of_today() -> None:
    cup = a_variant()
    endless = a_promotion(NOW, name="늘")
    ends_soon = a_promotion(NOW, name="곧 끝", ends_at=NOW + timedelta(hours=3))
    a_promotion(NOW, name="꺼짐", is_enabled=False)
    a_promotion(NOW, name="끝", starts_at=NOW - timedelta(days=3), ends_at=NOW)
    coming = a_promotion(NOW, name="곧", starts_at=NOW + timedelta(days=1))
    for day in ("2026-11-19", "2026-11-20"):
        order = an_order(seoul(day, "11:00"), Line(cup, 1, 10_000, discount=1_000))
        OrderDiscount.objects.create(
            order=order, line=order.lines.get(), promotion=endless, promotion_version=1, name="늘", amount=1_000
        )
    rollups.rebuild_due(at=NOW)

    found, in_all = dashboard.offers(fresh=fresh(), most=8, at=NOW)

    assert in_all == 3
    assert len(dashboard.offers(fresh=fresh(), most=1, at=NOW)[0]) == 1
    assert dashboard.offers(fresh=fresh(), most=1, at=NOW)[1] == 3
    assert [(one.promotion.pk, one.state, one.orders, one.amount) for one in found] == [
        (ends_soon.pk, State.IN_FORCE, 0, 0),
        (endless.pk, State.IN_FORCE, 2, 2_000),
        (coming.pk, State.UPCOMING, 0, 0),
    ]


def test_a_promotion_used_up_runs_no_more_and_one_between_its_windows_says_so() -> None:
    a_promotion(NOW, name="다 씀", usage_limit=1, used=1)
    a_promotion(NOW, name="예산 다 씀", budget=D(1_000), spent=D(1_000))
    mornings = a_promotion(NOW, name="아침", from_hour=7, until_hour=9)

    assert [(one.promotion.pk, one.state) for one in dashboard.offers(fresh=fresh(), most=8, at=NOW)[0]] == [
        (mornings.pk, State.PAUSED)
    ]


def a_proposal(**values: Any) -> None:
    level = shelf(on_hand=0, shipped=1)
    offer = an_offer(level.variant, unit_cost=D(1_500))
    told = {"variant": level.variant, "warehouse": level.warehouse, "offer": offer, "state": "OPEN", "as_of": NOW}
    ReplenishmentProposal.objects.create(**told | values)


def test_open_proposals_are_counted_and_summed_at_their_cost() -> None:
    a_proposal(quantity=10)
    a_proposal(quantity=5, state="DISMISSED")

    assert dashboard.proposed() == dashboard.Proposed(1, D(15_000))


def test_proposals_cost_what_their_draft_costs_with_the_quantity_of_staff_and_the_cost_agreed_there() -> None:
    a_proposal(quantity=10, override=500)
    assert dashboard.proposed() == dashboard.Proposed(1, D(750_000))

    order = an_offer(a_variant()).supplier.purchase_orders.create(
        number="PO-1", warehouse=a_warehouse(), state="DRAFT", currency="KRW", drafted_at=NOW
    )
    line = order.lines.create(variant=a_variant(), quantity=500, unit_cost=D("1400.5"))
    ReplenishmentProposal.objects.update(line=line)
    assert dashboard.proposed() == dashboard.Proposed(1, D("700250"))


def test_a_shop_without_anything_has_figures_of_nothing() -> None:
    assert not RollupState.objects.exists()
    assert fresh() == sales.Freshness(TODAY, TODAY - timedelta(days=1), None, 0, 0)
    assert not any(figures for _, figures in sales.by_day(first=date(2026, 11, 1), last=TODAY, fresh=fresh(), at=NOW))
    assert not sales.today(at=NOW).figures
    assert dashboard.at_risk(fresh=fresh(), most=5) == ([], 0)
    assert dashboard.offers(fresh=fresh(), most=5, at=NOW) == ([], 0)
    assert dashboard.proposed() == dashboard.Proposed(0, D(0))
    assert dashboard.first_steps() == dashboard.FirstSteps(False, False, False, False)
    assert rollups.rebuild_due(at=NOW).days == 0
    assert rollups.rebuild_everything(actor=None, at=NOW).days == 0
