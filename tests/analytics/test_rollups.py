"""What is stored of a closed day, reckoned by hand; and when it is made anew."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from analytics import promises
from analytics.models import DailyPromotion, DailySales, DailyStock, HourlySales, RollupState
from analytics.operations import rollups
from analytics.queries import recount
from config.kernel import invariants, outbox
from config.kernel.models import JobRun
from inventory.events import StockChanged
from orders.events import HistoryImported, OrderCanceled, OrderPlaced, OrderReturned
from orders.models import Order, OrderDiscount, Return
from tests.analytics.builders import Line, a_return, an_order, facts, movements, seoul
from tests.builders import a_promotion, a_variant, a_warehouse

pytestmark = pytest.mark.django_db

DAY = date(2026, 11, 18)
NOON_AFTER = seoul("2026-11-19")
SALES = ("day", "hour", "channel", "orders", "units", "gross", "discounts", "shipping", "returned_units", "returned", "net")


def made(first: date = DAY, last: date | None = None, at: datetime = NOON_AFTER) -> rollups.Rebuilt:
    return rollups.rebuild(first=first, last=last or first, actor=None, at=at)


def hours() -> list[tuple[Any, ...]]:
    return facts(HourlySales.objects.order_by("day", "hour", "channel"), *SALES)


def state(day: date = DAY) -> str:
    return RollupState.objects.get(pk=day).state


def test_a_day_is_stored_by_hour_and_channel() -> None:
    cup, bowl = a_variant(), a_variant()
    an_order(seoul("2026-11-18", "09:15"), Line(cup, 2, 11_000, discount=2_000), Line(bowl, 1, 5_500))
    an_order(seoul("2026-11-18", "09:40"), Line(cup), shipping=0)
    an_order(seoul("2026-11-18", "09:41"), Line(cup), channel="app")
    an_order(seoul("2026-11-18", "22:00"), Line(bowl, 3, 5_500))

    made()

    assert hours() == [
        (DAY, 9, "app", 1, 1, 11_000, 0, 3_000, 0, 0, 11_000),
        (DAY, 9, "web", 2, 4, 38_500, 2_000, 3_000, 0, 0, 36_500),
        (DAY, 22, "web", 1, 3, 16_500, 0, 3_000, 0, 0, 16_500),
    ]


def test_a_day_is_stored_by_sku_with_its_cost_and_profit() -> None:
    cup, bowl = a_variant(), a_variant()
    an_order(seoul("2026-11-18", "09:15"), Line(cup, 2, 11_000, discount=2_200, cost=4_000), Line(bowl, 1, 5_500, cost=2_000))
    an_order(seoul("2026-11-18", "19:15"), Line(cup, 1, 11_000, cost=4_500))

    made()

    columns = ("variant_id", "units", "gross", "discounts", "tax", "cost", "net", "profit")
    assert facts(DailySales.objects.order_by("variant_id"), *columns) == [
        (cup.pk, 3, 33_000, 2_200, 2_800, 12_500, 30_800, 15_500),
        (bowl.pk, 1, 5_500, 0, 500, 2_000, 5_500, 3_000),
    ]


@pytest.mark.parametrize(
    ("clock", "on"),
    [("00:00:00", "2026-11-18"), ("23:59:59.999", "2026-11-18")],
)
def test_the_first_and_the_last_moment_in_seoul_belong_to_the_day(clock: str, on: str) -> None:
    an_order(seoul(on, clock), Line(a_variant()))
    an_order(seoul("2026-11-17", "23:59:59.999"), Line(a_variant()))
    an_order(seoul("2026-11-19", "00:00:00"), Line(a_variant()))

    made()

    assert [(row.day, row.hour) for row in HourlySales.objects.all()] == [(DAY, int(clock[:2]))]


def test_an_order_of_the_morning_in_seoul_is_of_the_evening_before_in_utc() -> None:
    an_order(datetime(2026, 11, 17, 15, 30, tzinfo=UTC), Line(a_variant()))

    made()

    assert [(row.day, row.hour) for row in HourlySales.objects.all()] == [(DAY, 0)]


def test_days_follow_the_time_zone_of_the_shop(settings: Any) -> None:
    settings.BUSINESS_TIME_ZONE = "Europe/Berlin"
    summer_ends = date(2026, 10, 25)  # 25 hours long
    variant = a_variant()
    for utc in ("2026-10-24T22:00", "2026-10-25T00:30", "2026-10-25T01:30", "2026-10-25T22:59", "2026-10-25T23:00"):
        an_order(datetime.fromisoformat(f"{utc}+00:00"), Line(variant))

    made(summer_ends)

    assert [(row.hour, row.orders) for row in HourlySales.objects.order_by("hour")] == [(0, 1), (2, 2), (23, 1)]


def test_canceled_and_expired_orders_do_not_count_and_unpaid_ones_do() -> None:
    for state in Order.State.values:
        an_order(seoul("2026-11-18"), Line(a_variant()), state=state)

    made()

    assert [row.orders for row in HourlySales.objects.all()] == [5]


def test_of_a_line_with_canceled_units_the_rest_counts_in_proportion() -> None:
    cup = a_variant()
    an_order(seoul("2026-11-18"), Line(cup, 3, 11_000, discount=3_300, canceled=1, cost=4_000))

    made()

    columns = ("units", "gross", "discounts", "tax", "cost")
    assert facts(DailySales.objects.all(), *columns) == [(2, 22_000, 2_200, 1_800, 8_000)]
    assert facts(HourlySales.objects.all(), "units", "gross", "discounts", "tax") == [(2, 22_000, 2_200, 2_072.7273)]


def test_a_return_counts_on_its_own_day_and_leaves_the_day_of_the_sale() -> None:
    cup, warehouse = a_variant(), a_warehouse()
    order = an_order(seoul("2026-11-16"), Line(cup, 3, cost=4_000), state=Order.State.SHIPPED)
    a_return(order, seoul("2026-11-18", "15:30"), warehouse, quantity=2, refund=22_000, restocked=1)

    made(date(2026, 11, 16), DAY)

    assert hours() == [
        (date(2026, 11, 16), 12, "web", 1, 3, 33_000, 0, 3_000, 0, 0, 33_000),
        (DAY, 15, "web", 0, 0, 0, 0, 0, 2, 22_000, -22_000),
    ]
    columns = ("returned_units", "returned", "returned_tax", "returned_cost", "net", "profit")
    assert facts(DailySales.objects.filter(day=DAY), *columns) == [(2, 22_000, 2_000, 4_000, -22_000, -16_000)]


def test_a_return_without_a_sale_has_no_channel_and_no_known_cost() -> None:
    cup = a_variant()
    a_return(None, seoul("2026-11-18"), a_warehouse(), variant=cup, restocked=1)

    made()

    assert facts(HourlySales.objects.all(), "channel", "returned") == [("", 11_000)]
    assert facts(DailySales.objects.all(), "returned", "returned_cost", "returned_tax") == [(11_000, 0, 0)]


@pytest.mark.parametrize("state", [Return.State.ACCEPTED, Return.State.REFUSED])
def test_goods_that_have_not_arrived_have_not_come_back(state: str) -> None:
    order = an_order(seoul("2026-11-10"), Line(a_variant()), state=Order.State.SHIPPED)
    a_return(order, seoul("2026-11-18") if state == Return.State.REFUSED else None, a_warehouse(), state=state)

    made()

    assert not HourlySales.objects.exists()


def test_what_moved_is_stored_by_sku_and_warehouse() -> None:
    cup, here, there = a_variant(), a_warehouse(), a_warehouse()
    at = seoul("2026-11-18")
    movements(at, cup, here, ("RECEIPT", 50), ("SHIPMENT", -3), ("SHIPMENT", -4), ("RETURN", 2), ("ADJUSTMENT", -1))
    movements(at, cup, here, ("WRITE_OFF", -2), ("TRANSFER_OUT", -10))
    movements(at, cup, there, ("TRANSFER_IN", 10))

    made()

    columns = ("warehouse_id", "received", "shipped", "taken_back", "corrected", "moved")
    assert facts(DailyStock.objects.order_by("warehouse_id"), *columns) == [
        (here.pk, 50, 7, 2, -3, -10),
        (there.pk, 0, 0, 0, 0, 10),
    ]


def test_what_a_promotion_gave_away_is_stored_by_day() -> None:
    cup, tenth, shipped_free = a_variant(), a_promotion(), a_promotion(benefit="FREE_SHIPPING")
    for canceled in (0, 1):
        order = an_order(seoul("2026-11-18"), Line(cup, 2, discount=2_200, canceled=canceled))
        line = order.lines.get()
        for promotion, of, amount in [(tenth, line, 2_200), (shipped_free, None, 3_000)]:
            OrderDiscount.objects.create(
                order=order, line=of, promotion=promotion, promotion_version=1, name="x", amount=amount
            )

    made()

    columns = ("promotion_id", "orders", "amount")
    assert facts(DailyPromotion.objects.order_by("promotion"), *columns) == [
        (tenth.pk, 2, 3_300),
        (shipped_free.pk, 2, 6_000),
    ]
    assert recount.differences(DAY) == []


def test_making_a_day_twice_changes_nothing() -> None:
    an_order(seoul("2026-11-18"), Line(a_variant(), 2))
    made()
    before = hours()

    made()

    assert hours() == before
    assert state() == RollupState.State.CLEAN


def test_a_day_made_tells_how_many_rows_it_read() -> None:
    cup, warehouse = a_variant(), a_warehouse()
    order = an_order(seoul("2026-11-18"), Line(cup, 2), Line(a_variant()))
    a_return(order, seoul("2026-11-18"), warehouse, variant=cup)
    movements(seoul("2026-11-18"), cup, warehouse, ("RECEIPT", 5))

    assert made().source_rows == 5
    assert RollupState.objects.get(pk=DAY).source_rows == 5


def test_a_day_that_is_not_over_is_refused() -> None:
    for at in (seoul("2026-11-18", "23:00"), seoul("2026-11-19", "00:04:59")):
        with pytest.raises(rollups.DayNotOver) as refusal:
            made(at=at)
        assert refusal.value.details == {"day": "2026-11-18", "last_closed": "2026-11-17"}
    made(at=seoul("2026-11-19", "00:05"))


# --- stale days --------------------------------------------------------------------------------------------------------


def told(event: outbox.Event, at: datetime) -> None:
    with transaction.atomic():
        outbox.record(event, at=at)
    outbox.deliver_due(at=at)


def test_an_order_canceled_later_is_taken_out_of_its_closed_day() -> None:
    order = an_order(seoul("2026-11-18"), Line(a_variant()))
    an_order(seoul("2026-11-18"), Line(a_variant()))
    made()
    order.state = Order.State.CANCELED
    order.save()

    told(OrderCanceled(order.number, "2026-11-18"), NOON_AFTER)
    assert state() == RollupState.State.DIRTY
    assert rollups.rebuild_due(at=NOON_AFTER).days == 1

    assert [row.orders for row in HourlySales.objects.all()] == [1]
    assert state() == RollupState.State.CLEAN


def test_a_late_return_and_a_late_movement_dirty_their_own_day() -> None:
    made(date(2026, 11, 16), DAY)

    told(OrderReturned("T1", "2026-11-10", "2026-11-17"), NOON_AFTER)
    told(StockChanged("2026-11-16"), NOON_AFTER)

    dirty = RollupState.objects.filter(state=RollupState.State.DIRTY).values_list("day", flat=True)
    assert sorted(dirty) == [date(2026, 11, 16), date(2026, 11, 17)]


def test_imported_history_dirties_each_of_its_closed_days() -> None:
    told(HistoryImported("2026-11-01", "2026-11-19"), NOON_AFTER)

    days = list(RollupState.objects.order_by("day").values_list("day", flat=True))
    assert (days[0], days[-1], len(days)) == (date(2026, 11, 1), DAY, 18)
    assert set(JobRun.objects.values_list("name", flat=True)) == {"analytics.rebuild_due_days", "analytics.make_purchases"}


def test_the_open_day_is_never_marked() -> None:
    told(OrderCanceled("T1", "2026-11-19"), NOON_AFTER)
    told(StockChanged("2026-11-19"), NOON_AFTER)

    assert not RollupState.objects.exists()


def test_placing_an_order_tells_analytics_nothing() -> None:
    assert not [name for name in outbox._subscribers.get(OrderPlaced.topic, {}) if name.startswith("analytics.")]


def test_a_day_that_closed_is_made_although_nobody_marked_it() -> None:
    an_order(seoul("2026-11-16"), Line(a_variant()))

    assert rollups.rebuild_due(at=NOON_AFTER).days == 3
    assert rollups.rebuild_due(at=NOON_AFTER).days == 0
    assert rollups.rebuild_due(at=NOON_AFTER + timedelta(days=1)).days == 1


def test_what_does_not_fit_into_the_time_is_left_for_the_next_run() -> None:
    an_order(seoul("2026-09-01"), Line(a_variant()))

    first = rollups.rebuild_due(at=NOON_AFTER, seconds=0)
    second = rollups.rebuild_due(at=NOON_AFTER)

    assert (first.days, second.days) == (0, 79)


def test_the_last_week_is_made_anew_each_night_unasked() -> None:
    order = an_order(seoul("2026-11-12"), Line(a_variant()))
    rollups.rebuild_due(at=NOON_AFTER)
    Order.objects.filter(pk=order.pk).update(state=Order.State.EXPIRED)  # and nobody said so

    assert rollups.rebuild_trailing(at=NOON_AFTER).days == 7

    assert not HourlySales.objects.exists()


def test_a_mark_set_while_a_day_is_rebuilt_stays() -> None:
    an_order(seoul("2026-11-18"), Line(a_variant()))
    rollups.mark(days=[DAY], at=NOON_AFTER)
    seen = RollupState.objects.get(pk=DAY).marks
    rollups.mark(days=[DAY], at=NOON_AFTER)

    with connection.cursor() as cursor:
        settled = {"days": [DAY], "marks": [seen], "source_rows": [1], "seconds": 0.1, "at": NOON_AFTER}
        cursor.execute(rollups._SETTLE, settled)

    assert state() == RollupState.State.DIRTY


# --- from nothing ------------------------------------------------------------------------------------------------------


def a_busy_fortnight() -> None:
    cups, warehouse = [a_variant() for _ in range(3)], a_warehouse()
    for number in range(40):
        at = seoul("2026-11-05") + timedelta(hours=8 * number)
        state = list(Order.State)[number % 7]
        order = an_order(at, Line(cups[number % 3], 1 + number % 4, discount=100 * (number % 5)), state=state)
        movements(at, cups[number % 3], warehouse, ("RECEIPT", 5), ("SHIPMENT", -2))
        if state == Order.State.SHIPPED:
            a_return(order, at + timedelta(days=2, hours=5), warehouse, restocked=number % 2)


def everything() -> list[Any]:
    return [
        list(table.objects.order_by(*key).values_list(*key, *columns))
        for table, key, columns in [
            (HourlySales, ("day", "hour", "channel"), ("orders", "units", "gross", "discounts", "tax", "returned", "net")),
            (DailySales, ("day", "variant"), ("units", "gross", "discounts", "cost", "returned", "profit")),
            (DailyStock, ("day", "variant", "warehouse"), ("received", "shipped")),
        ]
    ]


def test_rebuilding_from_nothing_gives_what_building_day_by_day_gave() -> None:
    a_busy_fortnight()
    for day in range(5, 19):
        rollups.rebuild_due(at=seoul(f"2026-11-{day + 1:02}", "00:05"))
    day_by_day = everything()
    for table in (*rollups.ROLLUPS, RollupState):
        table.objects.all().delete()

    call_command("rebuild_analytics", as_of=date(2026, 11, 19), verbosity=0)

    assert everything() == day_by_day
    assert all(day_by_day)
    assert RollupState.objects.filter(state=RollupState.State.CLEAN).count() == 14


def test_rebuilding_everything_drops_days_outside_of_the_records() -> None:
    HourlySales.objects.create(
        day=date(2020, 1, 1), hour=1, channel="web", orders=1, units=1, gross=1, discounts=0, shipping=0, tax=0,
        returned_units=0, returned=0,
    )  # fmt: skip
    an_order(seoul("2026-11-18"), Line(a_variant()))

    rollups.rebuild_everything(actor=None, at=NOON_AFTER)

    assert [row.day for row in HourlySales.objects.all()] == [DAY]


def test_the_command_makes_the_days_it_is_told(capsys: Any) -> None:
    an_order(seoul("2026-11-03"), Line(a_variant()))

    call_command("rebuild_analytics", first=date(2026, 11, 2), last=date(2026, 11, 4), as_of=date(2026, 11, 10))

    assert "3 days from 2 source rows" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"last": date(2026, 11, 4)}, "--to needs --from"),
        ({"first": date(2026, 11, 4), "last": date(2026, 11, 3)}, "--from lies after --to"),
        ({"first": date(2026, 11, 1), "last": date(2026, 11, 10), "as_of": date(2026, 11, 10)}, "2026-11-10"),
    ],
)
def test_the_command_refuses_days_that_make_no_sense(options: Any, words: str) -> None:
    with pytest.raises(CommandError, match=words):
        call_command("rebuild_analytics", **options)


# --- I9 ----------------------------------------------------------------------------------------------------------------


def violations() -> list[str]:
    return [f"{one.subject}: {one.detail}" for one in invariants.check_all(at=NOON_AFTER) if one.invariant == "I9"]


def test_figures_that_equal_their_recount_are_no_violation() -> None:
    a_busy_fortnight()
    rollups.rebuild_due(at=NOON_AFTER)

    assert violations() == []


@pytest.mark.breaks_promises("figures are changed by hand")
def test_a_figure_that_was_changed_is_named_cell_by_cell() -> None:
    cup = a_variant()
    an_order(seoul("2026-11-18", "09:00"), Line(cup, 2))
    made()
    DailySales.objects.update(units=3)

    assert f"daily sales of 2026-11-18: {cup.pk}: units is 3, recounted 2" in violations()
    assert "figures of 2026-11-18: units: 2 by hour, 3 by SKU" in violations()


@pytest.mark.breaks_promises("figures are changed by hand")
def test_a_row_that_is_missing_or_too_many_is_a_violation() -> None:
    an_order(seoul("2026-11-18", "09:00"), Line(a_variant()))
    made()
    HourlySales.objects.update(hour=10)

    told_of = "\n".join(violations())
    assert "hourly sales of 2026-11-18: 10 web: orders is 1, recounted None" in told_of
    assert "hourly sales of 2026-11-18: 9 web: orders is None, recounted 1" in told_of


@pytest.mark.breaks_promises("figures are changed by hand")
def test_a_change_whose_event_is_on_its_way_is_no_violation_yet() -> None:
    order = an_order(seoul("2026-11-18"), Line(a_variant()))
    made()
    with transaction.atomic():
        Order.objects.filter(pk=order.pk).update(state=Order.State.CANCELED)
        outbox.record(OrderCanceled(order.number, "2026-11-18"), at=NOON_AFTER)

    assert violations() == []
    outbox.deliver_due(at=NOON_AFTER)
    assert violations() == []
    RollupState.objects.update(state=RollupState.State.CLEAN)
    assert violations() != []


def test_of_many_days_the_latest_and_some_others_are_recounted() -> None:
    days = [date(2026, 1, 1) + timedelta(days=number) for number in range(300)]

    chosen = promises.sample(days, NOON_AFTER)

    assert len(chosen) == promises.ALL
    assert chosen[-promises.LATEST :] == days[-promises.LATEST :]
    assert chosen == sorted(set(chosen))
    assert promises.sample(days, NOON_AFTER + timedelta(days=1)) != chosen
    assert promises.sample(days[:30], NOON_AFTER) == days[:30]


def test_a_clean_day_costs_few_statements(django_assert_max_num_queries: Any) -> None:
    a_busy_fortnight()
    with django_assert_max_num_queries(12):
        made(date(2026, 11, 1), DAY)
    with django_assert_max_num_queries(8):
        assert recount.differences(DAY) == []
