"""Old events forget whose they were, and everything that is counted of them stays as it was."""

from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from analytics.behaviour.reading import visitor_key
from analytics.models import (
    CustomerRhythm,
    DailyAttribution,
    DailyCustomer,
    DailySearch,
    Event,
    HourlyEvents,
    KnownVisitor,
    OrderTouch,
    Purchase,
    Touch,
    Visit,
    VisitDay,
)
from analytics.operations import attribution, forgetting, purchases, rhythm, visits
from analytics.operations import event_kinds as own_kinds
from analytics.queries import event_kinds, event_recount, visit_recount
from campaigns.models import Customer
from config.kernel import invariants
from tests.analytics.builders import Line, an_order
from tests.analytics.events.builders import a_batch, a_source, an_event, told
from tests.analytics.visits.builders import NOW, after, all_visits, made, tell
from tests.builders import AT, a_customer, a_variant

pytestmark = pytest.mark.django_db
DAY = AT.date()
NIGHT = AT + timedelta(days=1)
THEN = AT + timedelta(days=401)
COUNTED = tuple(one for one in visit_recount.COUNTED if one not in ("customer_id", "is_named", "orders"))


def figures() -> list[dict[str, Any]]:
    return list(Visit.objects.order_by("started_at", "events").values("started_at", *COUNTED))


def hours() -> list[tuple[Any, ...]]:
    return list(HourlyEvents.objects.order_by("hour", "kind").values_list("hour", "kind", "events", "visitors"))


@pytest.fixture
def old() -> None:
    a_customer(external_id="c-7")
    source = a_source()
    tell(
        source,
        an_event(at=AT, path="/event", gclid="EAIaIQob", utm_source="google"),
        after(1, "products_searched", query="김민지 010-1234-5678", results=3),
        after(2, "order_completed", order="261120-000001", value="19900"),
        after(3, "order_completed", order="261120-000002"),
        after(50),
        customer="c-7",
    )
    tell(source, after(2, fbclid=""), visitor="visitor-2")
    tell(source, after(2), visitor=None, consent=False)
    made()


@pytest.mark.usefixtures("old")
def test_nothing_that_names_anybody_is_left_and_no_figure_changes() -> None:
    before, counted = figures(), hours()

    assert forgetting.forget_due(at=THEN) == 6

    events = list(Event.objects.order_by("occurred_at"))
    assert {event.customer_id for event in events} == {None}
    assert {visitor_key("visitor-1"), visitor_key("visitor-2")}.isdisjoint({event.visitor for event in events})
    assert len({event.visitor for event in events}) == 3, "two visitors stay apart, and one had no number"
    said = [event.properties or {} for event in events]
    assert said[0] == {"path": "/event", "gclid": "-", "utm_source": "google"}
    assert said[1] == {"query": "-", "results": 3}
    orders = [one["order"] for one in said if "order" in one]
    assert len(set(orders)) == 2
    assert all(order.startswith("~") and len(order) == 17 for order in orders)
    assert {"path": "/", "fbclid": ""} in said

    assert (figures(), hours()) == (before, counted)
    first = all_visits()[0]
    assert (first.customer, first.is_named, first.orders, first.click_id) == (None, False, orders, "gclid")
    assert not KnownVisitor.objects.exists()
    assert visit_recount.differences(DAY) == []
    assert list(event_recount.miscounted(DAY)) == []
    assert list(event_recount.unacknowledged(DAY)) == []
    assert invariants.check_all(at=NOW) == []
    call_command("rebuild_analytics", "--visits", stdout=StringIO())
    assert figures() == before


@pytest.mark.usefixtures("old")
def test_a_day_forgets_once_and_once_more_when_something_is_told_of_it_later() -> None:
    assert forgetting.forget_due(at=THEN) == 6
    numbers = set(Event.objects.values_list("visitor", flat=True))
    assert forgetting.forget_due(at=THEN) == 0
    assert set(Event.objects.values_list("visitor", flat=True)) == numbers

    late = a_batch(an_event(at=AT + timedelta(hours=1)), visitor="visitor-3")
    told(a_source(), late, at=NOW)
    made(THEN)
    assert forgetting.forget_due(at=THEN) == 7
    assert not Event.objects.filter(visitor=visitor_key("visitor-3")).exists()
    assert forgetting.forget_due(at=THEN) == 0


@pytest.mark.usefixtures("old")
def test_a_visitor_has_another_number_each_day() -> None:
    tell(a_source(), an_event(at=AT - timedelta(days=1)))
    made()
    forgetting.forget_due(at=THEN)
    yesterday = set(Visit.objects.filter(day__lt=DAY).values_list("visitor", flat=True))
    assert len(yesterday) == 1
    assert yesterday.isdisjoint(Visit.objects.filter(day=DAY).values_list("visitor", flat=True))


def test_of_the_shops_own_kinds_only_properties_that_others_have_too_are_kept() -> None:
    own_kinds.define(
        name="gift_wrapped", properties={"to": {"type": "string"}, "path": event_kinds.all_kinds()[0].properties["path"]},
        required=[], actor=None, at=AT,
    )  # fmt: skip
    event_kinds.forget()
    told(a_source(), a_batch(an_event("gift_wrapped", to="김민지", path="/gift"), an_event("gift_wrapped", to="이서준")))
    forgetting.forget_due(at=THEN)
    assert [event.properties for event in Event.objects.order_by("properties")] == [{"path": "/gift"}, None]


def test_a_day_that_nobody_has_marked_forgets_too() -> None:
    told(a_source(), a_batch(an_event()))
    VisitDay.objects.all().delete()
    assert forgetting.forget_due(at=THEN) == 1
    assert VisitDay.objects.get(day=DAY).is_forgotten


@pytest.mark.usefixtures("old")
def test_what_the_time_is_over_for_is_due_the_next_night() -> None:
    assert forgetting.forget_due(at=THEN, seconds=0) == 0
    visits.rebuild(days=[DAY], at=THEN)
    assert Event.objects.filter(customer_id__isnull=False).exists()
    assert forgetting.forget_due(at=THEN) == 6


# --- what was made of visits ------------------------------------------------------------------------------------------------


@pytest.fixture
def bought() -> Customer:
    """Somebody looked, clicked and bought; everything that is made of that is made."""
    customer, variant = a_customer(external_id="c-7"), a_variant()
    order = an_order(AT + timedelta(minutes=10), Line(variant), customer=customer)
    source = a_source()
    tell(
        source,
        after(0, path="/sale", utm_source="naver", utm_medium="cpc"),
        after(1, "promotion_clicked", promotion="77"),
        after(2, "products_searched", query="목이 긴 컵"),
        after(3, "product_added", sku=variant.sku),
        after(10.1, "order_completed", order=order.number),
        customer="c-7",
    )
    tell(source, an_event("page_viewed", at=AT - timedelta(days=3)), customer="c-7", visitor="visitor-of-another-device")
    made(NIGHT)
    rest_made(NIGHT)
    return customer


def rest_made(at: datetime) -> None:
    """What the jobs of a night make of visits and orders."""
    purchases.rebuild_due(at=at)
    attribution.rebuild_due(at=at)
    rhythm.refresh(at=at)


def test_nothing_made_of_visits_tells_whose_they_were(bought: Customer) -> None:
    numbers = {visitor_key("visitor-1"), visitor_key("visitor-of-another-device")}
    assert Touch.objects.get().visitor in numbers
    purchase = Purchase.objects.get()
    assert (purchase.visitor in numbers, purchase.touch_code) == (True, "77")
    assert purchase.first_seen_at == AT - timedelta(days=3)
    assert OrderTouch.objects.filter(order__customer=bought).count() == 2
    assert CustomerRhythm.objects.get(pk=bought.pk).visits == 2
    assert DailySearch.objects.exists()
    owed = list(DailyAttribution.objects.order_by("pk").values_list("campaign_key", "last_orders", "last_net", "visits"))

    forgetting.forget_due(at=THEN)

    # At once no number leads from an order, or from a click, to a browser.
    purchase = Purchase.objects.get()
    assert (purchase.visitor, purchase.visit_started_at, purchase.first_seen_at, purchase.touch_code) == (None, None, None, "")
    assert not Touch.objects.filter(visitor__in=numbers).exists()
    assert not OrderTouch.objects.exists()
    assert not DailySearch.objects.exists()

    # And with the jobs of the night neither does any time tell which visits were whose.
    rest_made(THEN)
    purchase = Purchase.objects.get()
    assert (purchase.visitor, purchase.first_seen_at, purchase.touched_at, purchase.carted_at) == (None, None, None, None)
    assert purchase.customer_id == bought.pk
    assert not Touch.objects.filter(visitor__in=numbers).exists()
    assert not DailyCustomer.objects.filter(visits__gt=0).exists()
    read = CustomerRhythm.objects.get(pk=bought.pk)
    assert (read.visits, read.orders, read.why["decline"]) == (0, 1, None)
    assert (
        list(DailyAttribution.objects.order_by("pk").values_list("campaign_key", "last_orders", "last_net", "visits")) == owed
    )
    # Orders stand here without the stock they need.
    assert [one for one in invariants.check_all(at=THEN) if one.invariant == "I9"] == []
