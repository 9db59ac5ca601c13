"""A month of visits written at once: it agrees with the orders, is counted, and keeps the promises."""

from datetime import timedelta
from random import Random

import pytest
from django.core.management import call_command

from analytics.behaviour.kinds import BUILT_IN
from analytics.behaviour.reading import visitor_key
from analytics.models import (
    AttributionDay,
    CustomerRhythm,
    DailyAttribution,
    DailyBatches,
    DailyPath,
    Event,
    EventBatch,
    EventSource,
    HourlyEvents,
    KnownVisitor,
    OrderTouch,
    QuarantinedEvent,
    Visit,
    VisitDay,
)
from analytics.operations import event_demo, event_figures, event_history
from analytics.promises import each_acknowledged_event_is_there_once, hours_equal_their_recount, sample_of_events
from analytics.queries import event_quality
from analytics.seeding import visits as drawn
from campaigns.models import Customer
from config.kernel import clock, shop
from tests.analytics.builders import Line, an_order, seoul
from tests.analytics.events.builders import a_batch, a_source, an_event, told
from tests.builders import AT, a_customer, a_variant

pytestmark = pytest.mark.django_db
NOW = seoul("2026-11-20", "15:00")
KIND = {kind.name: kind.number for kind in BUILT_IN}


def a_shop(days: int = 30) -> Customer:
    customer = a_customer(external_id="c-1")
    cups = [a_variant(list_price=10_000 + number) for number in range(12)]
    for number in range(days):
        noon = NOW.replace(hour=12) - timedelta(days=number)
        an_order(noon, Line(cups[number % 12], 2), Line(cups[(number + 1) % 12]), channel="storefront", customer=customer)
        an_order(noon, Line(cups[0]), channel="phone")
    return customer


def test_the_demo_month_agrees_with_its_orders(monkeypatch: pytest.MonkeyPatch) -> None:
    customer = a_shop()
    monkeypatch.setattr(clock, "now", lambda: NOW)

    call_command("seed_events")

    browser, server = EventSource.objects.get(code="storefront"), EventSource.objects.get(code="orders")
    orders = Event.objects.filter(source_id=server.pk, kind=KIND["order_completed"])
    assert orders.count() == Event.objects.filter(source_id=server.pk).count() == 30
    # Who agreed is named, by the same name as in the browser.
    # Who did not agree is nobody. Which orders those are hangs on their numbers, which no test chooses.
    named, nobody = (customer.pk, visitor_key("demo-c-1")), (None, None)
    for number, *who in orders.values_list("properties__order", "customer_id", "visitor"):
        assert tuple(who) == (named if Random(f"{number} consent").random() < drawn._BUYERS_CONSENT else nobody)  # noqa: S311
    assert Event.objects.filter(source_id=browser.pk, visitor=visitor_key("demo-c-1")).exists()
    # Each order but that of the outage was preceded by its checkout.
    told_orders = {one.occurred_at: one.properties["value"] for one in orders}
    checkouts = Event.objects.filter(source_id=browser.pk, kind=KIND["checkout_started"])
    reached = [
        at
        for at, value in told_orders.items()
        if any(
            one.properties["value"] == value and timedelta(0) < at - one.occurred_at < timedelta(minutes=7) for one in checkouts
        )
    ]
    assert len(reached) == 29
    assert KnownVisitor.objects.filter(external_id="c-1").count() <= 1
    visits = Event.objects.filter(source_id=browser.pk).count() / 30
    assert 700 < visits < 3_000
    assert set(Event.objects.values_list("traffic", flat=True)) == {0, 1, 2}
    assert QuarantinedEvent.objects.count() > 50
    assert not Event.objects.filter(received_at__gt=NOW).exists()

    # All is counted, no promise is broken, and one day is bad.
    assert not EventBatch.objects.filter(is_pending=True).exists()
    assert Visit.objects.filter(ordered_at__isnull=False, customer_id=customer.pk).exists()
    assert list(each_acknowledged_event_is_there_once(NOW)) == list(hours_equal_their_recount(NOW)) == []
    today = shop.day(NOW)
    bad = event_quality.bad_days(first=today - timedelta(days=29), last=today, at=NOW)
    assert list(bad) == [(browser.pk, today - timedelta(days=4))]
    assert set(bad[browser.pk, today - timedelta(days=4)]) >= {"silent"}
    # Once more changes nothing.
    before = Event.objects.count()
    call_command("seed_events")
    assert Event.objects.count() == before


def test_the_same_seed_tells_the_same_visits() -> None:
    a_shop(days=2)

    def month(seed: int) -> list[object]:
        event_demo.tell_demo(seed=seed, at=NOW, days=2)
        kept = list(Event.objects.order_by("id").values_list("id", "occurred_at", "kind", "visitor", "properties"))
        for table in (
            CustomerRhythm,
            DailyBatches,
            Event,
            EventBatch,
            HourlyEvents,
            QuarantinedEvent,
            KnownVisitor,
            Visit,
            VisitDay,
            DailyAttribution,
            DailyPath,
            OrderTouch,
            AttributionDay,
            EventSource,
        ):
            table._default_manager.all().delete()
        return kept

    assert month(1) == month(1) != month(2)


def test_a_shop_without_goods_gets_its_sources_only() -> None:
    assert event_demo.tell_demo(seed=1, at=NOW) == event_history.Written()
    assert EventSource.objects.count() == 2


def test_a_shop_with_sources_of_its_own_is_refused() -> None:
    a_source()
    assert not event_demo.stands()
    with pytest.raises(event_demo.TellsAlready):
        event_demo.tell_demo(seed=1, at=NOW)


# --- promises ----------------------------------------------------------------------------------------------------------


def test_a_lost_event_breaks_a_promise() -> None:
    source = a_source()
    told(source, a_batch(an_event(), an_event()))
    assert [*each_acknowledged_event_is_there_once(AT)] == []
    Event.objects.filter(id=Event.objects.all()[0].id).delete()
    [broken] = each_acknowledged_event_is_there_once(AT)
    assert (broken.invariant, broken.detail) == ("I16", "acknowledged 2, stored 1")


def test_an_event_nobody_acknowledged_breaks_a_promise() -> None:
    told(a_source(), a_batch(an_event()))
    EventBatch.objects.update(stored=0)
    told(a_source(), a_batch(an_event()))
    assert [one.detail for one in each_acknowledged_event_is_there_once(AT)] == ["acknowledged 0, stored 1"]


def test_a_figure_that_is_not_its_recount_breaks_a_promise() -> None:
    source = a_source()
    told(source, a_batch(an_event(), an_event()))
    # What is due is not promised yet.
    assert [*hours_equal_their_recount(AT)] == []
    event_figures.count_due()
    HourlyEvents.objects.update(events=3, visitors=9)
    assert [one.detail for one in hours_equal_their_recount(AT)] == ["stored 3, recounted 2", "stored 9, recounted 1"]
    told(source, a_batch(an_event()))
    assert [*hours_equal_their_recount(AT)] == []


def test_the_latest_days_and_a_few_others_are_recounted() -> None:
    days = [shop.day(AT) - timedelta(days=number) for number in range(50, -1, -1)]
    chosen = sample_of_events(days, AT)
    assert chosen[-3:] == days[-3:]
    assert len(chosen) == 7
    assert sample_of_events(days, AT + timedelta(days=1)) != chosen
    assert sample_of_events(days[:2], AT) == days[:2]
