"""Purchases and what follows from them, against a count in plain Python over orders, visits and events drawn by lot."""

import random
from datetime import date, datetime, timedelta
from decimal import Decimal as D
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from analytics import promises, survival
from analytics.metrics import METRICS, Cut
from analytics.models import (
    CohortMonth,
    DailyBuying,
    DailyCustomer,
    DailyReturn,
    DailyTiming,
    EventSource,
    Newcomer,
    Purchase,
    PurchaseDay,
    Touch,
    Visit,
)
from analytics.operations import event_figures, forgetting, purchase_statements, purchases, rollups, visits
from analytics.queries import measuring, purchase_recount
from campaigns.models import Segment, SegmentMembership
from orders.models import Order
from tests.analytics.builders import SEOUL, Line, a_return, an_order, seoul
from tests.analytics.events.builders import a_batch, a_source, an_event, told
from tests.builders import a_customer, a_promotion, a_variant, a_warehouse

pytestmark = pytest.mark.django_db

NOW = seoul("2026-11-20", "09:00")
MINUTE = timedelta(minutes=1)


def tell(source: EventSource, *events: dict[str, Any], visitor: str, customer: str | None = None, at: datetime = NOW) -> None:
    told(source, a_batch(*events, visitor=visitor, **({"customer": customer} if customer else {})), at=at)


def found(at: datetime = NOW) -> None:
    """What the jobs make of what was told."""
    event_figures.count_due()
    visits.rebuild_due(at=at)
    purchases.rebuild_due(at=at)


def wrong() -> list[purchase_recount.Cell]:
    days = [cell for day in purchase_recount.clean_days() for cell in purchase_recount.differences(day)]
    return days + [cell for day in purchase_recount.clean_cohorts() for cell in purchase_recount.cohort_differences(day)]


def drawn(seed: int, source: EventSource, first: datetime, days: int) -> list[Order]:
    """People on one or two browsers who look, click, put into the cart, order as somebody or nobody, around midnight too."""
    dice = random.Random(seed)  # noqa: S311
    cup, warehouse, orders = a_variant(), a_warehouse(), []
    people = [a_customer(external_id=f"c-{number}") for number in range(6)]
    offer = a_promotion(first, name="행사", weekdays=[0, 4, 6], from_hour=20, until_hour=3, ends_at=None)
    for _ in range(90):
        at = first + timedelta(seconds=dice.randrange(days * 86_400))
        if dice.random() < 0.4:
            at = at.replace(hour=14, minute=dice.choice((50, 58, 59)))  # nearly midnight in Seoul
        number = dice.randrange(8)
        visitor = f"device-{dice.randrange(10)}"
        customer = people[number].external_id if number < 6 and dice.random() < 0.5 else None
        code = dice.choice((str(offer.pk), str(offer.pk), "banner"))
        events, moment = [an_event(at=at)], at
        for _ in range(dice.randrange(5)):
            moment += timedelta(seconds=dice.choice((20, 90, 400, 1_900)))
            kind = dice.choice(("promotion_viewed", "promotion_clicked", "message_clicked", "message_opened", "product_added"))
            said = {"sku": cup.sku} if kind == "product_added" else {kind.split("_")[0]: code}
            events.append(an_event(kind, at=moment, **said))
        if dice.random() < 0.6:
            moment += timedelta(seconds=dice.choice((1, 30, 100)))
            whose = people[number] if number < 6 and dice.random() < 0.8 else None
            state = Order.State.CANCELED if dice.random() < 0.15 else Order.State.SHIPPED
            line = Line(cup, dice.randrange(1, 4), 10_000, discount=dice.choice((0, 700)))
            order = an_order(moment, line, customer=whose, state=state, channel=dice.choice(("web", "app")))
            orders.append(order)
            if dice.random() < 0.8:
                events.append(
                    an_event("order_completed", at=moment + timedelta(seconds=dice.choice((0, 2))), order=order.number)
                )
            if state == Order.State.SHIPPED and dice.random() < 0.3:
                a_return(order, moment + timedelta(days=dice.randrange(1, 9)), warehouse, refund=9_000)
        tell(source, *events, visitor=visitor, customer=customer, at=min(moment + timedelta(days=dice.choice((0, 3))), NOW))
    return orders


def lead_times(first: date, last: date, until: datetime) -> list[tuple[float, bool]]:
    """By person who had not ordered before: seconds to the first order, or watched without one."""
    known, persons = list(Visit.objects.all()), {}
    for one in sorted(known, key=lambda one: (one.started_at, one.visitor)):
        persons.setdefault(one.customer_id or f"browser {one.visitor}", one)
    standing = [one for one in Order.objects.all() if one.state != Order.State.CANCELED and one.placed_at < until]
    found = []
    for person, visit in persons.items():
        if not first <= visit.day <= last:
            continue
        theirs = [one.placed_at for one in standing if one.customer_id == person]
        if isinstance(person, str):
            told = {
                number for one in known if one.customer_id is None and one.visitor == visit.visitor for number in one.orders
            }
            theirs = [
                one.placed_at for one in standing if one.number in told and first_told(one.number, known) == visit.visitor
            ]
        if any(at < visit.started_at for at in theirs):
            continue
        after = [(at - visit.started_at).total_seconds() for at in theirs]
        found.append((min(after), True) if after else ((until - visit.started_at).total_seconds(), False))
    return found


def first_told(number: str, known: list[Visit]) -> int:
    return min((one.started_at, one.visitor) for one in known if number in one.orders)[1]


def share_by(times: list[tuple[float, bool]], seconds: float) -> D:
    """The product of Kaplan and Meier, person by person, exact to the step."""
    share = D(1)
    for moment in sorted({survival.step(time) for time, bought in times if bought and time < seconds}):
        at_risk = sum(survival.step(time) >= moment for time, _bought in times)
        share *= 1 - D(sum(survival.step(time) == moment and bought for time, bought in times)) / at_risk
    return 1 - share


def value(code: str, first: date, last: date, **asked: Any) -> D | None:
    return measuring.whole([METRICS[code]], first=first, last=last, at=NOW, **asked).values[code]


def metrics_are_what_a_count_gives() -> None:
    first, last, until = date(2026, 10, 24), date(2026, 11, 19), seoul("2026-11-20", "00:00")
    times = lead_times(first, last, until)
    for code, seconds in (("bought_within_hour", 3_600), ("bought_within_day", 86_400), ("bought_within_week", 7 * 86_400)):
        told = value(code, first, last)
        assert told is not None
        assert abs(told - share_by(times, seconds)) < D("1e-20"), code
    standing = [one for one in Order.objects.order_by("placed_at") if one.state != Order.State.CANCELED]
    buyers = [one.customer_id for one in standing if one.customer_id]
    assert value("buyers", first, last) == len(set(buyers))
    # Of a day that is made and has no order it is known that nobody bought; of the open day nothing is.
    days = measuring.rows([METRICS["buyers"]], first=first, last=NOW.astimezone(SEOUL).date(), by=Cut.DAY, at=NOW)
    assert [row.values["buyers"] for row in days] == [
        None if row.key > last
        else len({one.customer_id for one in standing if one.customer_id and one.placed_at.astimezone(SEOUL).date() == row.key})
        for row in days
    ]  # fmt: skip
    assert value("new_orders", first, last) == len(set(buyers))
    assert value("repeat_orders", first, last) == len(buyers) - len(set(buyers))
    assert value("repeat_share", first, last) == D(len(buyers) - len(set(buyers))) / len(buyers)
    came = {(one.customer_id or f"browser {one.visitor}", one.day) for one in Visit.objects.all()}
    again = [
        one for one in Visit.objects.all()
        if any(who == (one.customer_id or f"browser {one.visitor}") and day < one.day for who, day in came)
    ]  # fmt: skip
    assert value("return_visits", first, last) == len(again)
    carted = sorted(
        (one.placed_at - one.carted_at).total_seconds() for one in Purchase.objects.all() if one.carted_at is not None
    )
    assert value("cart_to_purchase", first, last) == survival.ends(survival.step(carted[(len(carted) - 1) // 2]))
    october, november = (
        {one.customer_id for one in standing if one.customer_id and one.placed_at.astimezone(SEOUL).month == month}
        for month in (10, 11)
    )
    assert len(october & november) == sum(one.customers for one in CohortMonth.objects.filter(day__month=10, months=1))
    by_channel = measuring.rows(
        [METRICS["new_orders"], METRICS["bought_within_day"]], first=first, last=last, by=Cut.CHANNEL, at=NOW
    )
    assert sum(row.values["new_orders"] or 0 for row in by_channel) == len(set(buyers))
    with pytest.raises(measuring.CutRefused):
        measuring.rows([METRICS["lead_time_median"]], first=first, last=last, by=Cut.SKU, at=NOW)


@pytest.mark.parametrize("seed", [1, 2])
def test_every_figure_is_what_a_count_in_plain_python_gives(seed: int) -> None:
    source = a_source(at=seoul("2026-10-01"))
    orders = drawn(seed, source, seoul("2026-10-24"), 25)  # across the end of a month
    found()

    assert wrong() == []
    assert Purchase.objects.count() == sum(one.state != Order.State.CANCELED for one in orders)
    for table in (Touch, DailyCustomer, DailyBuying, DailyReturn, DailyTiming, Newcomer, CohortMonth):
        assert table.objects.exists(), table
    assert Purchase.objects.filter(touched_at__isnull=False).exists()
    assert Purchase.objects.filter(carted_at__isnull=False).exists()
    assert DailyTiming.objects.filter(planned__gt=0).exists()

    # Something late: events of old days, an order canceled, somebody who shows who they are.
    dice = random.Random(seed)  # noqa: S311
    standing = [one for one in orders if one.state != Order.State.CANCELED]
    for order in dice.sample(standing, 4):
        Order.objects.filter(pk=order.pk).update(state=Order.State.CANCELED)
        rollups.mark(days=[order.placed_at.astimezone(NOW.tzinfo).date()], at=NOW)
    late = [an_event("promotion_clicked", at=seoul(f"2026-11-{day:02}", "23:59"), promotion="late") for day in (2, 9)]
    tell(source, *late, visitor="device-1", customer="c-1")
    tell(source, an_event(at=seoul("2026-10-30")), visitor="device-7", customer="c-3")
    found()

    assert wrong() == []
    assert not PurchaseDay.objects.filter(state="DIRTY", day__lt=date(2026, 11, 20)).exists()
    if seed == 1:
        metrics_are_what_a_count_gives()


def test_the_step_in_sql_is_the_step() -> None:
    moments = [0, 59, 60, 7_199, 7_200, 86_399, 86_400, 1_209_599, 1_209_600, 90 * 86_400, 5_000_000]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT s, {purchase_statements.step('s')} FROM unnest(%s::numeric[]) AS s", [moments])  # noqa: S608
        assert [(int(s), told) for s, told in cursor.fetchall()] == [(one, survival.step(one)) for one in moments]


def test_a_canceled_first_order_makes_the_next_one_the_first() -> None:
    cup, buyer = a_variant(), a_customer()
    first = an_order(seoul("2026-09-30", "23:30"), Line(cup, 2, 10_000), customer=buyer)
    second = an_order(seoul("2026-10-01", "00:30"), Line(cup, 1, 10_000), customer=buyer)
    purchases.rebuild_due(at=NOW)
    told = {one.order_id: (one.day.month, one.hour, one.is_first_order, one.gap_seconds) for one in Purchase.objects.all()}
    assert told == {first.pk: (9, 23, True, None), second.pk: (10, 0, False, 3_600)}
    assert value("retention", date(2026, 9, 1), date(2026, 9, 30)) == 1
    assert value("repeat_rate", date(2026, 9, 1), date(2026, 9, 30)) == 1

    first.state = Order.State.CANCELED
    first.save()
    rollups.mark(days=[date(2026, 9, 30)], at=NOW)
    purchases.rebuild_due(at=NOW)

    assert [(one.order_id, one.is_first_order) for one in Purchase.objects.all()] == [(second.pk, True)]
    assert [(one.day, one.months) for one in CohortMonth.objects.all()] == [(date(2026, 10, 1), 0)]
    assert wrong() == []


def test_the_dormant_who_come_back_are_counted_against_those_who_might(django_assert_num_queries: Any) -> None:
    cup = a_variant()
    sleepy, gone, lively = (a_customer() for _ in range(3))
    for buyer, day in ((sleepy, "2026-08-01"), (gone, "2026-08-02"), (lively, "2026-10-20"), (sleepy, "2026-11-05")):
        an_order(seoul(day), Line(cup), customer=buyer)
    purchases.rebuild_due(at=NOW)

    assert value("reactivation", date(2026, 11, 1), date(2026, 11, 19)) == D("0.5")
    assert value("reactivation", date(2026, 11, 6), date(2026, 11, 19)) == 0
    assert value("reactivation", date(2026, 8, 1), date(2026, 8, 9)) is None

    asked: dict[str, Any] = {"first": date(2026, 10, 26), "last": date(2026, 11, 19), "at": NOW}
    with django_assert_num_queries(1):
        weeks = measuring.rows([METRICS["reactivation"]], by=Cut.WEEK, **asked)
    assert [(row.key.day, row.values["reactivation"]) for row in weeks] == [(26, 0), (2, D("0.5")), (9, 0), (16, 0)]


def test_goods_that_come_back_are_nobody_who_comes_back() -> None:
    cup, warehouse, buyers = a_variant(), a_warehouse(), [a_customer(), a_customer(), a_customer()]
    orders = [an_order(seoul("2026-08-01"), Line(cup), customer=one) for one in buyers]
    for order in orders[:2]:
        a_return(order, seoul("2026-11-03"), warehouse)
    an_order(seoul("2026-11-05"), Line(cup), customer=buyers[0])
    purchases.rebuild_due(at=NOW)

    # The first of them orders too, two days after; of the second only the goods came.
    assert value("reactivation", date(2026, 11, 1), date(2026, 11, 19)) == D(1) / 3


@pytest.mark.parametrize("first_time", [True, False])
def test_clicks_of_days_that_are_made_after_count(first_time: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Days are made the latest first, a run of them at a time: an order's clicks may lie in a run that is made later."""
    monkeypatch.setattr(purchases, "MOST_DAYS", 2)
    source, buyer, offer = a_source(at=seoul("2026-10-01")), a_customer(), a_promotion(seoul("2026-10-01"), ends_at=None)
    order = an_order(seoul("2026-11-12", "12:00"), Line(a_variant()), customer=buyer)
    if not first_time:
        found()
    for day in ("2026-11-07", "2026-11-10"):
        at = seoul(day, "12:00")
        seen, clicked = an_event("promotion_viewed", at=at, promotion=str(offer.pk)), an_event(
            "promotion_clicked", at=at + MINUTE, promotion=str(offer.pk)
        )  # fmt: skip
        tell(source, seen, clicked, visitor="device", customer=buyer.external_id)
    found()

    span = date(2026, 11, 12), date(2026, 11, 12)
    assert value("click_to_purchase", *span) == D(2 * 86_400)
    assert value("response_time", *span) == D(5 * 86_400 + 3_600)
    assert value("planned_responses", *span) == 1
    assert Purchase.objects.get(order=order).touched_at == seoul("2026-11-10", "12:00") + MINUTE
    assert wrong() == []


def test_what_was_seen_a_week_before_to_the_moment_counts_from_there_though_it_was_seen_that_morning_too() -> None:
    source, buyer, offer = a_source(at=seoul("2026-10-01")), a_customer(), a_promotion(seoul("2026-10-01"), ends_at=None)
    an_order(seoul("2026-11-12", "12:00"), Line(a_variant()), customer=buyer)
    for hour in ("09:00", "13:00", "14:00"):
        seen = an_event("promotion_viewed", at=seoul("2026-11-05", hour), promotion=str(offer.pk))
        tell(source, seen, visitor="device", customer=buyer.external_id)
    found()

    # The end of the hour in which it lies: seven days but an hour.
    assert value("response_time", date(2026, 11, 12), date(2026, 11, 12)) == D(7 * 86_400)
    assert wrong() == []


def test_retention_by_channel_is_read_at_once(django_assert_num_queries: Any) -> None:
    cup, asked = a_variant(), {"first": date(2026, 9, 1), "last": date(2026, 9, 30), "at": NOW}
    for channel in ("web", "app"):
        buyer = a_customer()
        for day in ("2026-09-05", "2026-10-05")[: 2 if channel == "web" else 1]:
            an_order(seoul(day), Line(cup), customer=buyer, channel=channel)
    purchases.rebuild_due(at=NOW)

    # How far purchases are made takes three.
    with django_assert_num_queries(4):
        rows = measuring.rows([METRICS["retention"]], by=Cut.CHANNEL, **asked)

    assert {row.key: row.values["retention"] for row in rows} == {"web": 1, "app": 0}


def test_sales_are_told_by_segment_of_who_is_in_it_now() -> None:
    cup, regular, other = a_variant(), a_customer(), a_customer()
    segment = Segment.objects.create(code="regulars", name="단골")
    SegmentMembership.objects.create(segment=segment, customer=regular, joined_at=NOW)
    for buyer in (regular, regular, other, None):
        an_order(seoul("2026-11-10"), Line(cup, 1, 10_000, discount=1_000), customer=buyer)
    purchases.rebuild_due(at=NOW)
    period: dict[str, Any] = {"first": date(2026, 11, 1), "last": date(2026, 11, 19)}

    rows = measuring.rows([METRICS["sales"], METRICS["buyers"]], by=Cut.SEGMENT, at=NOW, **period)
    told = {row.key: (row.values["sales"], row.values["buyers"]) for row in rows}
    assert told[segment.pk] == (18_000, 1)
    assert value("orders", of=measuring.Part({Cut.SEGMENT: segment.pk}), **period) == 2
    assert value("buyers", of=measuring.Part({Cut.SEGMENT: segment.pk}), **period) == 1


@pytest.mark.breaks_promises("a stored purchase is changed by hand")
def test_a_figure_that_drifted_is_named() -> None:
    an_order(seoul("2026-11-10"), Line(a_variant()), customer=a_customer())
    purchases.rebuild_due(at=NOW)
    Purchase.objects.update(units=7)

    (violation,) = promises.purchases_equal_their_recount(NOW)

    assert "units is 7, recounted 1" in str(violation)


def test_everything_can_be_thrown_away_and_made_again_by_the_command() -> None:
    an_order(seoul("2026-11-10"), Line(a_variant()), customer=a_customer())
    said = StringIO()
    call_command("rebuild_analytics", "--purchases", "--as-of=2026-11-13", stdout=said)
    assert "1 purchases on 3 days, 3 days of newcomers" in said.getvalue()
    DailyBuying.objects.all().delete()
    call_command("rebuild_analytics", "--purchases", "--from=2026-11-10", "--to=2026-11-10", "--as-of=2026-11-13", stdout=said)
    assert DailyBuying.objects.get().new_orders == 1


def test_forgetting_takes_the_browser_off_the_purchases(settings: Any) -> None:
    source, buyer = a_source(at=seoul("2026-10-01")), a_customer(external_id="c-1")
    order = an_order(seoul("2026-11-10", "12:05"), Line(a_variant()), customer=buyer)
    arrives, orders = seoul("2026-11-10"), seoul("2026-11-10", "12:05")
    tell(source, an_event(at=arrives), an_event("order_completed", at=orders, order=order.number), visitor="a", customer="c-1")
    found()
    assert Purchase.objects.get().first_seen_at == arrives

    settings.EVENTS_PERSONAL_DAYS = 5
    forgetting.forget_due(at=NOW)

    assert (Purchase.objects.get().visitor, Purchase.objects.get().first_seen_at) == (None, None)
    found()
    assert Purchase.objects.get().visitor is None
    assert wrong() == []


def test_visits_of_the_open_day_make_only_a_day_stale_whose_order_they_tell() -> None:
    source, customer = a_source(), a_customer(external_id="c-1")
    an_order(seoul("2026-11-18", "10:00"), Line(a_variant()), customer=customer)
    tell(source, an_event(at=seoul("2026-11-18", "09:00")), visitor="b", customer="c-1")
    found()
    tell(source, an_event(at=seoul("2026-11-20", "08:00")), visitor="b", customer="c-1")
    event_figures.count_due()
    visits.rebuild_due(at=NOW)
    closed = PurchaseDay.objects.filter(state="DIRTY", day__lt=NOW.date())
    assert not closed.exists()

    order = an_order(seoul("2026-11-19", "23:59"), Line(a_variant()), customer=customer)
    tell(source, an_event("order_completed", at=seoul("2026-11-20", "00:01"), order=order.number), visitor="b")
    event_figures.count_due()
    visits.rebuild_due(at=NOW)
    assert list(closed.all().values_list("day", flat=True)) == [date(2026, 11, 19)]
