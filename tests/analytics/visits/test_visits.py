"""Visits made of events, against PostgreSQL."""

from datetime import date, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import override_settings

from analytics.behaviour import stages
from analytics.behaviour.reading import visitor_key
from analytics.models import Event, KnownVisitor, Visit, VisitDay
from analytics.operations import event_figures, event_months, visits
from analytics.queries import visit_recount
from config.kernel import invariants
from tests.analytics.builders import seoul
from tests.analytics.events.builders import a_batch, a_source, an_event, told
from tests.analytics.visits.builders import NOW, after, all_visits, made, tell
from tests.builders import AT, a_category, a_customer, a_product, a_variant

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 20)


def test_a_visit_tells_what_was_done_and_when_each_stage_began() -> None:
    source, cups, plates = a_source(), a_category(), a_category()
    for sku, category in (("CUP-1", cups), ("PLATE-1", plates), ("CUP-2", cups)):
        a_variant(a_product(category), sku=sku)
    tell(
        source,
        after(0, path="/event", referrer="search.naver.com", utm_source="naver", utm_medium="cpc", napm="x"),
        after(1, "products_searched", query="찻잔"),
        after(2, "product_viewed", sku="CUP-1"),
        after(3, "dwelled", path="/cup", seconds=12.5),
        after(4, "product_viewed", sku="PLATE-1", in_stock=False),
        after(5, "product_viewed", sku="CUP-2"),
        after(6, "product_added", sku="CUP-2", quantity=3),
        after(7, "product_added", sku="CUP-1"),
        after(8, "checkout_started"),
        after(9, "order_completed", order="T-2"),
        after(9.5, "order_completed", order="T-1"),
        after(10, "order_completed", order="T-2"),
        after(11, "dwelled", path="/thanks", seconds=0.25),
    )

    assert made().visits == 1

    visit = Visit.objects.get()
    assert (visit.day, visit.visitor, visit.source, visit.customer_id) == (DAY, visitor_key("visitor-1"), source, None)
    assert (visit.started_at, visit.ended_at) == (AT, AT + timedelta(minutes=11))
    assert (visit.events, visit.pages, visit.searches, visit.products, visit.out_of_stock) == (13, 1, 1, 3, 1)
    assert (visit.added, visit.active_seconds) == (4, Decimal("12.75"))
    assert (visit.landing, visit.referrer, visit.click_id) == ("/event", "search.naver.com", "napm")
    assert (visit.utm_source, visit.utm_medium, visit.utm_campaign) == ("naver", "cpc", "")
    moments = (visit.viewed_at, visit.compared_at, visit.decided_at, visit.checkout_at, visit.ordered_at)
    assert moments == tuple(AT + timedelta(minutes=minutes) for minutes in (2, 5, 6, 8, 9))
    assert visit.orders == ["T-2", "T-1"]


def test_a_visit_ends_after_half_an_hour_of_nothing() -> None:
    tell(a_source(), after(0), after(29.99), after(59.99), after(70))
    made()
    assert [(visit.started_at, visit.events) for visit in all_visits()] == [
        (AT, 2),
        (AT + timedelta(minutes=59.99), 2),
    ]


def test_a_visit_ends_at_midnight() -> None:
    before, then = seoul("2026-11-19", "23:59"), seoul("2026-11-20", "00:00")
    tell(a_source(), an_event(at=before), an_event(at=then), an_event(at=then + timedelta(minutes=1)))
    made()
    assert [(visit.day, visit.started_at, visit.events) for visit in all_visits()] == [
        (date(2026, 11, 19), before, 1),
        (DAY, then, 2),
    ]


def test_only_shoppers_who_agreed_make_visits() -> None:
    source = a_source()
    tell(source, after(0), consent=False)
    tell(source, after(0), visitor=None)
    told(source, a_batch(after(0)), at=NOW, traffic=Event.Traffic.BOT)
    told(source, a_batch(after(0)), at=NOW, traffic=Event.Traffic.INTERNAL)
    assert made().visits == 0


def test_where_a_visit_came_from_is_what_its_first_word_about_it_says() -> None:
    tell(
        a_source(),
        after(0, "product_added", sku="X"),
        after(1, path="/a"),
        after(2, path="/b", gclid="1", utm_campaign="winter"),
        after(3, path="/c", referrer="daum.net", utm_campaign="spring"),
    )
    made()
    visit = Visit.objects.get()
    assert (visit.landing, visit.referrer, visit.utm_campaign, visit.click_id) == ("/a", "", "winter", "gclid")


def test_skus_nobody_knows_are_products_without_a_category() -> None:
    tell(a_source(), *(after(place, "product_viewed", sku=sku) for place, sku in enumerate("ABAC")))
    made()
    visit = Visit.objects.get()
    assert (visit.products, visit.compared_at) == (3, AT + timedelta(minutes=3))


def test_a_day_is_replaced_and_never_counted_up() -> None:
    source = a_source()
    tell(source, after(0), after(40))
    made()
    tell(source, after(20))
    assert VisitDay.objects.get().state == VisitDay.State.CLEAN
    assert made().days == 1
    assert [visit.events for visit in all_visits()] == [3]
    assert made().days == 0
    before = [(visit.started_at, visit.events) for visit in all_visits()]
    visits.rebuild(days=[DAY], at=NOW)
    assert [(visit.started_at, visit.events) for visit in all_visits()] == before


def test_counting_marks_the_days_of_what_was_told() -> None:
    source = a_source()
    tell(source, after(0), an_event(at=seoul("2026-11-18", "23:59")))
    event_figures.count_due()
    assert list(VisitDay.objects.order_by("day").values_list("day", "state", "marks", "dirtied_at")) == [
        (date(2026, 11, 18), "DIRTY", 1, NOW),
        (DAY, "DIRTY", 1, NOW),
    ]


def test_the_worked_table_of_the_documents() -> None:
    category = a_category()
    for sku in "ABC":
        a_variant(a_product(category), sku=sku)

    def then(clock: str, kind: str, day: str = "2026-11-19", **properties: Any) -> dict[str, Any]:
        return an_event(kind, at=seoul(day, clock), **properties)

    tell(
        a_source(),
        then("23:40", "page_viewed", path="/event", utm_source="naver"),
        then("23:42", "product_viewed", sku="A", in_stock=False),
        then("23:45", "product_viewed", sku="B"),
        then("23:50", "product_added", sku="B"),
        then("23:55", "product_viewed", sku="C"),
        then("00:01", "order_completed", "2026-11-20", order="T-1"),
    )
    made()

    def told(visit: Visit) -> tuple[Any, ...]:
        lasted = [(one.stage.value, one.lasted.total_seconds() / 60) for one in stages.intervals(visit)]
        counts = (visit.events, visit.pages, visit.products, visit.out_of_stock, visit.added, len(visit.orders))
        return (*counts, visit.utm_source, lasted)

    assert [told(visit) for visit in all_visits()] == [
        (5, 1, 3, 1, 1, 0, "naver", [("explore", 5), ("compare", 5), ("decide", 5)]),
        (1, 0, 0, 0, 0, 1, "", [("bought", 0)]),
    ]


# --- whose visits they are


def test_a_visit_is_of_whom_it_names_else_of_the_one_the_visitor_is_known_as() -> None:
    customer, source = a_customer(external_id="c-1"), a_source()
    tell(source, after(0))
    made()
    assert [visit.customer for visit in all_visits()] == [None]

    tell(source, after(60), customer="c-1")
    made()
    assert [(visit.customer, visit.is_named) for visit in all_visits()] == [(customer, False), (customer, True)]


def test_the_device_of_two_people_gives_each_the_visits_in_which_they_were_named() -> None:
    source, mother, daughter = a_source(), a_customer(external_id="mother"), a_customer(external_id="daughter")
    tell(source, after(0))
    tell(source, after(60), customer="mother")
    made()
    assert [visit.customer for visit in all_visits()] == [mother, mother]

    tell(source, after(120), customer="daughter")
    tell(source, after(180), customer="mother")
    tell(source, after(181), customer="daughter")
    made()
    assert [visit.customer for visit in all_visits()] == [None, mother, daughter, None]
    assert invariants.check_all(at=NOW) == []


def test_somebody_the_shop_does_not_know_yet_is_somebody_too() -> None:
    source, known = a_source(), a_customer(external_id="c-1")
    tell(source, after(0), customer="c-1")
    tell(source, after(60), customer="stranger")
    tell(source, after(120))
    made()
    assert [visit.customer for visit in all_visits()] == [known, None, None]


def test_a_customer_the_shop_comes_to_know_later_gets_the_earlier_visits() -> None:
    tell(a_source(), after(0), customer="c-9")
    made()
    assert [visit.customer for visit in all_visits()] == [None]
    customer = a_customer(external_id="c-9")
    made()
    assert [visit.customer for visit in all_visits()] == [customer]


def test_visits_forget_their_customers_and_go_with_their_events() -> None:
    a_customer(external_id="c-1")
    event_months.make(first=AT.date(), last=AT.date())
    source = a_source()
    tell(source, after(0), customer="c-1")
    tell(source, after(60))
    made()

    event_months.keep(at=AT + timedelta(days=400))
    assert [visit.customer_id is None for visit in all_visits()] == [False, False]
    event_months.keep(at=AT + timedelta(days=401))
    assert [visit.customer_id for visit in all_visits()] == [None, None]
    assert not KnownVisitor.objects.exists()
    assert invariants.check_all(at=NOW) == []

    # Known again, and still nothing is told about so long ago.
    later = AT + timedelta(days=402)
    tell(source, an_event(at=later), customer="c-1", at=later)
    made(later)
    visits.rebuild(days=[DAY], at=later)
    assert [visit.customer_id is None for visit in all_visits()] == [True, True, False]

    event_months.drop(at=AT + timedelta(days=800))
    made(AT + timedelta(days=800))
    assert [visit.day for visit in all_visits()] == [later.date()]


def test_who_became_known_long_ago_and_has_been_here_since_is_still_known() -> None:
    a_customer(external_id="c-1")
    source = a_source()
    tell(source, after(0), customer="c-1")
    later = AT + timedelta(days=390)
    tell(source, an_event(at=later), at=later)
    made(later)
    assert [visit.customer_id is None for visit in all_visits()] == [False, False]
    event_months.keep(at=AT + timedelta(days=410))
    assert [visit.customer_id is None for visit in all_visits()] == [True, False]
    assert invariants.check_all(at=NOW) == []


@override_settings(EVENTS_KEPT_DAYS=40)
def test_a_day_one_of_whose_events_goes_earlier_is_made_anew() -> None:
    """A clock that was ahead puts its event into a month that is kept: it goes by itself, and its day is made anew."""
    ahead = timedelta(days=90)
    event_months.make(first=AT.date(), last=AT.date())
    source = a_source()
    tell(source, an_event(at=AT + ahead), sent_at=(NOW + ahead).isoformat())
    tell(source, after(1))
    made()
    assert [visit.events for visit in all_visits()] == [2]
    later = NOW + timedelta(days=41)
    event_months.drop(at=later)
    assert VisitDay.objects.get(day=DAY).state == VisitDay.State.DIRTY
    made(later)
    assert [visit.events for visit in all_visits()] == [1]


def test_a_message_that_was_opened_is_no_visit() -> None:
    source = a_source()
    tell(source, after(0, "message_opened", message="NEWS-1"))
    tell(source, after(50, "message_opened", message="NEWS-1"), after(70, "message_clicked", message="NEWS-1"), after(71))
    made()
    [visit] = all_visits()
    assert (visit.started_at, visit.events, visit.pages) == (AT + timedelta(minutes=70), 2, 1)
    assert visit_recount.differences(DAY) == []


# --- made from nothing, and counted once more


def test_the_command_makes_visits_from_nothing() -> None:
    tell(a_source(), after(0), an_event(at=seoul("2026-11-18", "10:00")))
    made()
    Visit.objects.all().delete()
    VisitDay.objects.all().delete()
    VisitDay.objects.create(day=date(2020, 1, 1))
    said = StringIO()
    call_command("rebuild_analytics", "--visits", "--as-of=2026-11-21", stdout=said)
    assert said.getvalue().strip().startswith("2 visits on 4 days from 2 events.")
    assert [visit.day for visit in all_visits()] == [date(2026, 11, 18), DAY]
    assert not VisitDay.objects.filter(day__lt=date(2026, 11, 18)).exists()
    call_command("rebuild_analytics", "--visits", "--from=2026-11-20", "--to=2026-11-20", stdout=said)
    assert "1 visits on 1 days from 1 events." in said.getvalue()
    with pytest.raises(CommandError):
        call_command("rebuild_analytics", "--visits", "--events")


@pytest.mark.breaks_promises("a stored visit is changed by hand")
def test_a_figure_that_drifted_is_named() -> None:
    tell(a_source(), after(0), after(60))
    made()
    assert visit_recount.differences(DAY) == []
    visit = all_visits()[0]
    Visit.objects.filter(pk=visit.pk).update(events=7)
    Visit.objects.filter(started_at=AT + timedelta(minutes=60)).delete()
    told = [(cell.column, cell.stored, cell.recounted) for cell in visit_recount.differences(DAY)]
    assert told == [("events", 7, 1), ("events", None, 1)]
    assert len([one for one in invariants.check_all(at=NOW) if one.subject.startswith("visit of")]) == 2


def test_what_is_not_counted_yet_breaks_no_promise() -> None:
    source = a_source()
    tell(source, after(0))
    made()
    tell(source, after(10))
    assert visit_recount.differences(DAY) == []


def test_a_product_that_changes_its_category_changes_no_visit_of_the_past() -> None:
    source, cup, plate = a_source(), a_variant(sku="CUP-1"), a_variant(sku="PLATE-1")
    tell(source, after(0, "product_viewed", sku="CUP-1"), after(1, "product_viewed", sku="PLATE-1"))
    made()
    assert Visit.objects.get().compared_at is None
    plate.product.category = cup.product.category
    plate.product.save()
    assert visit_recount.differences(DAY) == []
    visits.rebuild(days=[DAY], at=NOW)
    assert Visit.objects.get().compared_at == AT + timedelta(minutes=1)
    assert visit_recount.differences(DAY) == []


def test_of_a_large_day_some_visitors_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    source = a_source()
    for number in range(40):
        tell(source, after(number), visitor=f"visitor-{number}")
    made()
    monkeypatch.setattr(visit_recount, "MOST_EVENTS", 10)
    counted = [len(visit_recount.visits_of(DAY, is_forgotten=False, share=5, chance=chance)) for chance in range(5)]
    assert sum(counted) == 40
    assert max(counted) < 40
    assert visit_recount.differences(DAY, chance=3) == []
