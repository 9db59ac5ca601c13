"""Orders are owed to the visits of their own people: across devices, midnights and months, with what is told late."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from django.core.management import call_command
from django.utils.timezone import localtime

from analytics import subscribers
from analytics.metrics import METRICS, Cut
from analytics.models import (
    AttributionDay,
    DailyAttribution,
    DailyPath,
    EventSource,
    KnownVisitor,
    OrderTouch,
    VisitDay,
)
from analytics.operations import attribution, attribution_days, forgetting
from analytics.promises import origins_equal_their_recount
from analytics.queries import attribution_recount, measuring
from analytics.queries.measuring import Part
from config.kernel import exporting
from orders.models import Order
from tests.analytics.attribution.builders import FOUND, MAIL, NOW, PAID, POST, a_visit, made, owed, total
from tests.analytics.builders import SEOUL, Line, a_return, an_order, seoul
from tests.analytics.events.builders import a_source
from tests.builders import a_customer, a_variant, a_warehouse

pytestmark = pytest.mark.django_db

PAID_KEY, POST_KEY, MAIL_KEY = "paid_search/naver/brand", "social/instagram/", "email/newsletter/weekly"


def an_order_of(number_at: datetime, price: int = 10_000, **values: Any) -> Order:
    return an_order(number_at, Line(a_variant(), 1, price), channel="storefront", **values)


def correct() -> None:
    """Every day that is made is what a count by hand of its rows gives."""
    for day in AttributionDay.objects.filter(state=AttributionDay.State.CLEAN).values_list("day", flat=True):
        assert attribution_recount._compare(day, 0) == []


def test_journeys_of_several_devices_are_one(shop_front: EventSource) -> None:
    customer = a_customer(external_id="c-1")
    a_visit(shop_front, seoul("2026-11-20", "09:00"), "phone", customer="c-1", **POST)
    a_visit(shop_front, seoul("2026-11-22", "21:00"), "laptop", customer="c-1", **MAIL)
    order = an_order_of(seoul("2026-11-23", "10:10"), customer=customer)
    a_visit(shop_front, seoul("2026-11-23", "10:05"), "tablet", customer="c-1", order=order.number, **PAID)
    a_visit(shop_front, seoul("2026-11-23", "10:30"), "phone", **FOUND)
    made()
    assert owed("last") == {PAID_KEY: (1, 10_000)}
    assert owed("first") == {POST_KEY: (1, 10_000)}
    assert owed("position") == {POST_KEY: (0.4, 4_000), MAIL_KEY: (0.2, 2_000), PAID_KEY: (0.4, 4_000)}
    assert owed("linear") == {POST_KEY: (0.333334, 3_334), MAIL_KEY: (0.333333, 3_333), PAID_KEY: (0.333333, 3_333)}
    assert total("last_new") == total("linear_new") == 1
    lines = {one.campaign_key: one for one in DailyAttribution.objects.filter(day=date(2026, 11, 23))}
    assert {key: (one.touched, one.assists, one.visits) for key, one in lines.items()} == {
        POST_KEY: (1, 1, 0), MAIL_KEY: (1, 1, 0), PAID_KEY: (1, 0, 1), "organic_search/naver/": (0, 0, 1),
    }  # fmt: skip
    assert lines[POST_KEY].lags == [3 * 86_400 + 70 * 60]
    (path,) = DailyPath.objects.all()
    assert (path.path, path.orders, path.net) == ("social>email>paid_search", 1, 10_000)
    ends = OrderTouch.objects.filter(order=order).values_list("position", "is_first", "is_last")
    assert list(ends.order_by("position")) == [(1, True, False), (2, False, False), (3, False, True)]
    correct()


def test_a_guest_is_known_by_the_browser_in_which_the_order_was_told(shop_front: EventSource) -> None:
    order = an_order_of(seoul("2026-11-23", "10:06"))
    a_visit(shop_front, seoul("2026-11-20", "10:00"), **POST)
    a_visit(shop_front, seoul("2026-11-23", "10:00"), order=order.number)
    made()
    assert owed("last") == {POST_KEY: (1, 10_000)}
    assert total("last_new") == 0
    correct()


def test_an_order_that_the_visit_told_before_midnight_is_owed_to_it(shop_front: EventSource) -> None:
    order = an_order_of(seoul("2026-11-23", "00:01"))
    order_of_the_day = an_order_of(seoul("2026-11-23", "12:00"))
    made()
    a_visit(shop_front, seoul("2026-11-22", "23:53"), order=order.number, **PAID)
    a_visit(shop_front, seoul("2026-11-23", "11:50"), "laptop", order=order_of_the_day.number, **MAIL)
    made()
    assert owed("last", "2026-11-23") == {PAID_KEY: (1, 10_000), MAIL_KEY: (1, 10_000)}
    correct()


def test_an_order_that_is_canceled_while_its_day_is_first_made_makes_it_due_again(shop_front: EventSource) -> None:
    order = an_order_of(seoul("2026-11-23", "12:00"))
    a_visit(shop_front, seoul("2026-11-23", "11:50"), order=order.number, **PAID)
    made()
    AttributionDay.objects.filter(day=date(2026, 11, 23)).delete()
    attribution_days.order_changed(number=order.number, on=date(2026, 11, 23), at=NOW)
    assert AttributionDay.objects.get(day=date(2026, 11, 23)).marks == 1
    attribution_days.order_changed(number=order.number, on=date(2025, 11, 23), at=NOW)
    assert not AttributionDay.objects.filter(day__year=2025).exists(), "no visits are known of it"


def test_a_day_that_cannot_be_made_stops_no_other(shop_front: EventSource, monkeypatch: pytest.MonkeyPatch) -> None:
    for day in ("2026-11-23", "2026-11-24"):
        a_visit(shop_front, seoul(day, "11:50"), **PAID)
    read, broken = attribution._read, date(2026, 11, 24)

    def fails(day: date) -> Any:
        if day == broken:
            raise ValueError(day)
        return read(day)

    monkeypatch.setattr(attribution, "_read", fails)
    made()
    assert AttributionDay.objects.get(day=date(2026, 11, 23)).state == AttributionDay.State.CLEAN
    assert AttributionDay.objects.get(day=broken).state == AttributionDay.State.DIRTY


def test_nobody_is_owed_for_visits_of_somebody_else_at_the_same_browser(shop_front: EventSource) -> None:
    a_customer(external_id="sister")
    me = a_customer(external_id="me")
    a_visit(shop_front, seoul("2026-11-19", "10:00"), customer="sister", **PAID)
    a_visit(shop_front, seoul("2026-11-20", "10:00"), **POST)
    order = an_order_of(seoul("2026-11-23", "10:06"), customer=me)
    a_visit(shop_front, seoul("2026-11-23", "10:00"), customer="me", order=order.number)
    made()
    assert owed("last") == {"direct//": (1, 10_000)}
    correct()


def test_orders_without_any_visit_are_owed_to_nobody_known(shop_front: EventSource) -> None:
    an_order_of(seoul("2026-11-23", "10:00"))
    an_order_of(seoul("2026-11-23", "10:00"), state=Order.State.CANCELED)
    an_order_of(seoul("2026-11-01", "10:00"))
    a_visit(shop_front, seoul("2026-11-20", "10:00"))
    made()
    # Before the first visit no origin is known of anything.
    assert owed("first") == {"unknown//": (1, 10_000)}
    assert [one.path for one in DailyPath.objects.all()] == ["unknown"]
    correct()


def test_the_window_ends_to_the_second(shop_front: EventSource) -> None:
    customer = a_customer(external_id="c-1")
    an_order_of(seoul("2026-11-30", "10:00"), customer=customer)
    a_visit(shop_front, seoul("2026-10-31", "10:00"), customer="c-1", **POST)
    a_visit(shop_front, seoul("2026-10-31", "09:00"), customer="c-1", **PAID)
    made()
    assert owed("first", "2026-11-30") == {POST_KEY: (1, 10_000)}
    correct()


def test_days_and_months_end_at_midnight_in_seoul(shop_front: EventSource) -> None:
    a_visit(shop_front, seoul("2026-11-30", "23:50"), "early", order="late-told", **PAID)
    before = an_order_of(seoul("2026-11-30", "23:59"))
    after = an_order_of(seoul("2026-12-01", "00:00"))
    a_visit(shop_front, seoul("2026-11-30", "23:57"), "one", order=before.number, **POST)
    a_visit(shop_front, seoul("2026-11-30", "23:58"), "two", **MAIL)
    a_visit(shop_front, seoul("2026-12-01", "00:00"), "two", order=after.number)
    made()
    # The first was told beyond midnight, in a visit of the day after; the visit before midnight is of the same browser.
    assert owed("last", "2026-11-30") == {POST_KEY: (1, 10_000)}
    assert owed("last", "2026-12-01") == {MAIL_KEY: (1, 10_000)}
    correct()


def test_what_is_told_late_changes_the_days_that_look_back_on_it(shop_front: EventSource) -> None:
    customer = a_customer(external_id="c-1")
    an_order_of(seoul("2026-11-23", "10:00"), customer=customer)
    a_visit(shop_front, seoul("2026-11-22", "10:00"), customer="c-1", **MAIL)
    made()
    assert owed("first", "2026-11-23") == {MAIL_KEY: (1, 10_000)}
    a_visit(shop_front, seoul("2026-11-10", "10:00"), customer="c-1", **POST)
    assert made().days > 20
    assert owed("first", "2026-11-23") == {POST_KEY: (1, 10_000)}
    assert made().days == 1  # only the open day is left to be looked at
    correct()


def test_a_browser_that_becomes_known_brings_its_visits_along(shop_front: EventSource) -> None:
    customer = a_customer(external_id="c-1")
    an_order_of(seoul("2026-11-23", "10:00"), customer=customer)
    a_visit(shop_front, seoul("2026-11-20", "10:00"), "laptop", **POST)
    made()
    assert owed("last", "2026-11-23") == {"unknown//": (1, 10_000)}
    a_visit(shop_front, seoul("2026-11-28", "10:00"), "laptop", customer="c-1")
    made()
    assert owed("last", "2026-11-23") == {POST_KEY: (1, 10_000)}
    # Somebody else logs in there: then it is nobody's.
    a_customer(external_id="c-2")
    a_visit(shop_front, seoul("2026-11-29", "10:00"), "laptop", customer="c-2")
    made()
    assert owed("last", "2026-11-23") == {"unknown//": (1, 10_000)}
    correct()


def test_canceled_and_returned_orders_are_owed_no_longer(shop_front: EventSource) -> None:
    customer = a_customer(external_id="c-1")
    first = an_order_of(seoul("2026-11-22", "10:00"), customer=customer)
    second = an_order_of(seoul("2026-11-24", "10:00"), customer=customer)
    a_visit(shop_front, seoul("2026-11-21", "10:00"), customer="c-1", **POST)
    made()
    assert (total("last_orders"), total("last_net"), total("last_new")) == (2, 20_000, 1)
    first.state = Order.State.CANCELED
    first.save()
    subscribers.origin_of_canceled_order({"number": first.number, "on": "2026-11-22"}, at=NOW)
    a_return(second, seoul("2026-11-29"), a_warehouse(), refund=4_000)
    subscribers.origin_of_returned_order({"number": second.number, "on": "2026-11-24"}, at=NOW)
    made()
    # The second order is now this customer's first.
    assert owed("last") == {POST_KEY: (1, 6_000)}
    assert owed("last", "2026-11-24") == owed("last")
    assert total("position_new") == 1
    correct()


def test_orders_of_the_past_that_come_in_later_make_old_customers(shop_front: EventSource) -> None:
    customer = a_customer(external_id="c-1")
    an_order_of(seoul("2026-11-24", "10:00"), customer=customer)
    a_visit(shop_front, seoul("2026-11-21", "10:00"), customer="c-1", **POST)
    made()
    an_order_of(seoul("2026-05-01", "10:00"), customer=customer)
    subscribers.origins_of_history({"first_on": "2026-05-01", "last_on": "2026-05-01"}, at=NOW)
    made()
    assert (total("last_orders"), total("last_new")) == (1, 0)
    correct()


def test_a_day_that_was_made_while_it_was_open_is_made_once_more(shop_front: EventSource) -> None:
    a_visit(shop_front, seoul("2026-12-02", "09:00"))
    made(seoul("2026-12-02", "10:00"))
    an_order_of(seoul("2026-12-02", "23:00"))
    assert attribution_recount.clean_days() == []
    made(seoul("2026-12-03", "00:06"))
    assert owed("last", "2026-12-02") == {"unknown//": (1, 10_000)}
    assert attribution_recount.clean_days() == [date(2026, 12, 2)]


def test_what_is_forgotten_leaves_the_figures_and_takes_the_touches(shop_front: EventSource, settings: Any) -> None:
    customer = a_customer(external_id="c-1")
    an_order_of(seoul("2026-11-23", "10:00"), customer=customer)
    a_visit(shop_front, seoul("2026-11-22", "10:00"), customer="c-1", **POST)
    made()
    settings.EVENTS_PERSONAL_DAYS = (localtime(NOW, SEOUL).date() - date(2026, 11, 23)).days
    forgetting.forget_due(at=NOW)
    assert not OrderTouch.objects.exists()
    attribution_days.mark(days=[date(2026, 11, 23)], at=NOW)
    made()
    attribution.rebuild_days(first=None, last=None, at=NOW)
    assert owed("last", "2026-11-23") == {POST_KEY: (1, 10_000)}
    assert attribution_recount.clean_days() == []
    assert not KnownVisitor.objects.filter(is_new=True).exists()


def test_everything_can_be_thrown_away_and_comes_back(shop_front: EventSource, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = a_customer(external_id="c-1")
    an_order_of(seoul("2026-11-23", "10:00"), customer=customer)
    a_visit(shop_front, seoul("2026-11-22", "10:00"), customer="c-1", **POST)
    made()
    DailyAttribution.objects.all().delete()
    DailyPath.objects.all().delete()
    monkeypatch.setattr("config.kernel.clock.now", lambda: NOW)
    call_command("rebuild_analytics", "--attribution", verbosity=0)
    assert owed("last") == {POST_KEY: (1, 10_000)}
    correct()


def test_a_wrong_figure_is_a_broken_promise(shop_front: EventSource) -> None:
    an_order_of(seoul("2026-11-23", "10:00"))
    a_visit(shop_front, seoul("2026-11-22", "10:00"), **POST)
    made()
    assert list(origins_equal_their_recount(NOW)) == []
    DailyAttribution.objects.filter(visits=1).update(visits=2)
    (found,) = origins_equal_their_recount(NOW)
    assert "visits is 2, recounted 1" in found.detail
    attribution_days.mark(days=[date(2026, 11, 22)], at=NOW)
    assert list(origins_equal_their_recount(NOW)) == []  # it does not claim to be right


def test_a_shop_drawn_by_lot_is_what_a_count_by_hand_gives(shop_front: EventSource) -> None:
    """Guests and customers on shared and own devices, over a month's end and midnights, some told late, some canceled."""
    draw = Random(77)  # noqa: S311
    app = a_source(channel="app")
    people = [a_customer(external_id=f"c-{number}") for number in range(4)]
    variant, warehouse = a_variant(), a_warehouse()
    late: list[tuple[Any, ...]] = []
    for _ in range(60):
        at = seoul("2026-11-26", "22:00") + timedelta(minutes=draw.randrange(5 * 1_440))
        who, device = draw.choice([None, *people]), draw.choice([f"d-{one}" for one in range(12)])
        number = ""
        if draw.random() < 0.5:
            order = an_order(
                at + timedelta(minutes=5), Line(variant, 3, draw.randrange(1, 30_000), canceled=draw.choice((0, 0, 1))),
                channel=draw.choice(("storefront", "mobile")), customer=who,
                state=draw.choice((Order.State.PAID, Order.State.SHIPPED, Order.State.CANCELED)),
            )  # fmt: skip
            number = order.number if draw.random() < 0.8 else ""
            if draw.random() < 0.3 and order.state == Order.State.SHIPPED:
                a_return(order, seoul("2026-12-01", "11:00"), warehouse, refund=draw.randrange(100))
        named = who.external_id if who and draw.random() < 0.6 else ""
        told = (draw.choice((shop_front, app)), at, device, number, named, draw.choice(({}, {}, PAID, POST, MAIL, FOUND)))
        if draw.random() < 0.3:
            late.append(told)
        else:
            a_visit(told[0], at, device, order=number, customer=named, **told[5])
    made()
    correct()
    for source, at, device, number, named, origin in late:
        a_visit(source, at, device, order=number, customer=named, **origin)
    made()
    correct()
    standing = Order.objects.exclude(state=Order.State.CANCELED).count()
    first = VisitDay.objects.order_by("day").first()
    assert first is not None
    assert all(localtime(one.placed_at, SEOUL).date() >= first.day for one in Order.objects.all())
    for model in ("last", "first", "position", "linear"):
        assert total(f"{model}_orders") == standing
        assert total(f"{model}_net") == sum(one.net for one in DailyPath.objects.all())
        assert total(f"{model}_new") <= len(people)
    assert OrderTouch.objects.filter(is_first=True).count() == OrderTouch.objects.filter(is_last=True).count() > 10


def test_metrics_tell_origins_apart_and_the_time_from_click_to_order(shop_front: EventSource) -> None:
    for number, hours in enumerate((1, 2, 30)):
        customer = a_customer(external_id=f"c-{number}")
        at = seoul("2026-11-24", "12:00")
        an_order_of(at, customer=customer)
        a_visit(shop_front, at - timedelta(hours=hours), f"d-{number}", customer=f"c-{number}", **PAID)
    made()
    wanted = [METRICS[code] for code in ("origin_visits", "attributed_orders_last", "ad_spend", "click_to_order_median")]
    span = {"first": date(2026, 11, 1), "last": date(2026, 11, 30), "at": NOW}
    (row,) = measuring.rows(wanted, by=Cut.GROUPING, **span)
    assert row.key == "paid_search"
    assert row.values == {
        "origin_visits": 3, "attributed_orders_last": 3, "ad_spend": 0, "click_to_order_median": Decimal(7_200),
    }  # fmt: skip
    days = measuring.rows(wanted, by=Cut.DAY, of=Part({Cut.CAMPAIGN: PAID_KEY}), **span)
    assert [int(one.values["origin_visits"] or 0) for one in days if one.values["origin_visits"]] == [1, 2]
    whole = measuring.whole([METRICS["click_to_order_p90"]], **span)
    assert whole.values["click_to_order_p90"] == Decimal("87840.0")  # 24.4 hours
    with pytest.raises(measuring.CutRefused):
        measuring.rows([METRICS["ad_spend"]], by=Cut.CHANNEL, **span)


def test_a_line_of_a_campaign_leaves_as_text(shop_front: EventSource) -> None:
    """What a visitor's address says is shown and never calculated."""
    a_visit(shop_front, seoul("2026-11-22", "10:00"), utm_source="=1+1", utm_campaign="@x")
    made()
    (row,) = DailyAttribution.objects.filter(visits=1)
    assert exporting.neutral(row.source) == "'=1+1"
