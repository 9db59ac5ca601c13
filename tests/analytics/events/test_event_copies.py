"""The second store of events, as far as it can be told without its library: the questions, what marks a day, the pages."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from analytics import stores
from analytics.models import Event, EventBatch, EventCopy, HourlyEvents, Visit, VisitDay
from analytics.operations import event_copies, event_figures, event_lending, event_months
from analytics.queries import event_copying
from analytics.stores import engines
from analytics.stores.clickhouse import ClickHouseStore
from analytics.stores.postgres import PostgresStore
from analytics.stores.values import FunnelDay, Slot, Turned
from config.kernel import clock, shop
from config.kernel.roles import Role
from config.kernel.waits import Unavailable
from tests import builders
from tests.analytics.events.builders import a_batch, a_source, an_event, told
from tests.analytics.visits.builders import made, tell
from tests.builders import AT
from tests.config.kernel.pages import a_client, a_staff_member, text

DAY = shop.day(AT)
LATER = AT + timedelta(days=1)


def a_copy(day: Any = DAY, **values: Any) -> EventCopy:
    said: dict[str, Any] = {"state": EventCopy.State.CLEAN, "rebuilt_at": AT, "source_rows": 0, "checksum": 0}
    return EventCopy.objects.create(day=day, **(said | values))


@pytest.mark.django_db
def test_what_is_asked_of_events_counts_shoppers_by_the_shops_own_days_and_hours() -> None:
    source, sku = a_source(), builders.a_variant()
    midnight = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)  # of the 21st in Seoul
    end = (midnight + timedelta(hours=1)).isoformat()
    before = midnight - timedelta(microseconds=1)
    shown = an_event("product_viewed", at=before, sku=sku.sku)
    put = an_event("product_added", at=midnight, sku=sku.sku, quantity=3)
    again = an_event("product_added", at=midnight, sku=sku.sku)
    at = midnight + timedelta(hours=1)
    told(source, a_batch(shown, put, again, visitor="one", sent_at=end), at=at)
    told(source, a_batch(an_event(at=midnight), visitor=None, consent=False, sent_at=end), at=at)
    told(source, a_batch(an_event(at=midnight), visitor="bot", sent_at=end), at=at, traffic=Event.Traffic.BOT)
    told(source, a_batch(an_event(at=midnight), visitor="two", sent_at=end), at=at)
    friday, saturday = shop.day(before), shop.day(midnight)
    store = PostgresStore()
    assert store.hours(friday, saturday) == {(4, 23): Slot(1, 1), (5, 0): Slot(4, 2)}
    assert store.funnel(friday, saturday) == {friday: FunnelDay(1, 1, 0, 0, 0), saturday: FunnelDay(2, 0, 1, 0, 0)}
    assert store.turned_to(friday, saturday) == {(friday, sku.pk): Turned(1, 0), (saturday, sku.pk): Turned(0, 4)}
    assert (store.visitors(friday, saturday), store.visitors(saturday, saturday)) == (2, 2)
    assert store.sum_of(saturday).rows == 5
    one = Event.objects.filter(occurred_at=before).values_list("visitor", flat=True).get()
    assert one is not None
    assert [row.kind for row in store.of_visitor(one, begins=before, ends=midnight)] == [2, 5, 5]


@pytest.mark.django_db
def test_a_sum_tells_any_change_and_no_order() -> None:
    source = a_source()
    told(source, a_batch(an_event(), an_event()))
    before = PostgresStore().sum_of(DAY)
    assert before.rows == 2
    told(source, a_batch(an_event()))
    assert PostgresStore().sum_of(DAY) != before


@pytest.mark.django_db
def test_without_a_second_store_nothing_is_copied_and_nobody_is_sent_there() -> None:
    told(a_source(), a_batch(an_event()))
    assert event_copies.copy_due(at=LATER) == event_copies.Copied()
    assert event_copies.compare(days=[DAY], at=LATER) == 0
    assert not EventCopy.objects.exists()
    with pytest.raises(Unavailable), stores.second():
        pass


@pytest.mark.django_db
def test_a_closed_day_is_due_until_it_is_copied_and_once_more_when_it_changes() -> None:
    assert event_copies.due(at=LATER) == []
    told(a_source(), a_batch(an_event()))
    assert event_copies.due(at=AT) == []
    assert event_copies.due(at=LATER) == [DAY]
    copy = a_copy()
    assert event_copies.due(at=LATER) == []
    event_figures.count_due()
    copy.refresh_from_db()
    assert (copy.state, copy.marks) == ("DIRTY", 1)
    assert event_copies.due(at=LATER) == [DAY]


@pytest.mark.django_db
def test_what_has_not_forgotten_or_is_not_copied_does_not_leave(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Nowhere:
        def __enter__(self) -> Any:
            return self

        def __exit__(self, *_given: Any) -> None: ...

        def make(self) -> None: ...

    settings.EVENTS_STORE, settings.EVENTS_IN_DATABASE_DAYS = "clickhouse", 500
    monkeypatch.setattr(stores, "second", Nowhere)
    event_months.make(first=AT.date(), last=AT.date())
    told(a_source(), a_batch(an_event()))
    a_copy()
    dropped = event_months.drop(at=AT + timedelta(days=540))
    assert (dropped.months, dropped.waiting) == (0, ("2026-11",))
    assert Event.objects.count() == 1


@pytest.fixture
def away(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """There is a second store, and it does not answer."""

    class Away:
        def __enter__(self) -> Any:
            raise engines.EventStoreAway("nobody answers")

        def __exit__(self, *_given: Any) -> None: ...

    settings.EVENTS_STORE = "clickhouse"
    monkeypatch.setattr(stores, "second", Away)
    return settings


@pytest.mark.django_db
def test_a_store_that_is_away_keeps_nothing_back_whose_time_is_over(away: Any) -> None:
    at = AT + timedelta(days=away.EVENTS_KEPT_DAYS + 40)
    event_months.make(first=AT.date(), last=at.date())
    tell(a_source(), an_event(at=AT))
    made()
    assert event_months.drop(at=at).months == 1
    assert not Event.objects.exists()
    # It was never copied: what was made of it goes with it.
    assert VisitDay.objects.get(day=DAY).state == VisitDay.State.DIRTY
    assert not EventCopy.objects.exists()


@pytest.mark.django_db
def test_a_month_that_would_leave_for_a_store_that_is_away_stops_no_other_step(away: Any) -> None:
    away.EVENTS_IN_DATABASE_DAYS, at = 500, AT + timedelta(days=away.EVENTS_KEPT_DAYS + 10)
    event_months.make(first=AT.date(), last=at.date())
    told(a_source(), a_batch(an_event()))
    old, later = DAY - timedelta(days=30), at - timedelta(days=600)
    a_copy(old, left_at=AT)
    told(a_source(code="second"), a_batch(an_event(at=later), sent_at=later.isoformat()), at=later)
    with pytest.raises(event_months.StepsFailed) as failed:
        event_months.drop(at=at)
    named = str(failed.value)
    assert f"drop {later:%Y-%m}: EventStoreAway" in named
    assert f"drop the copy of {old}: EventStoreAway" in named


@pytest.mark.django_db
def test_hours_of_a_day_that_left_stay_due_while_it_cannot_be_read_and_others_are_counted(away: Any) -> None:
    source, after = a_source(), AT + timedelta(days=2)
    a_copy(left_at=AT)
    told(source, a_batch(an_event(at=AT), an_event(at=after), sent_at=after.isoformat()), at=after)
    assert event_figures.count_due().hours == 1
    assert [shop.day(hour) for hour in HourlyEvents.objects.values_list("hour", flat=True)] == [shop.day(after)]
    batch = EventBatch.objects.get()
    assert batch.is_pending
    assert [shop.day(hour) for hour in batch.hours_left or []] == [DAY]
    away.EVENTS_STORE = "database"
    EventCopy.objects.all().delete()
    assert event_figures.count_due().hours == 1


@pytest.mark.django_db
def test_a_day_that_left_is_not_read_from_the_rest_of_it() -> None:
    a_copy(left_at=AT)
    with pytest.raises(Unavailable), event_lending.lent(DAY):
        pass


@pytest.mark.breaks_promises("a copy differs")
@pytest.mark.django_db
def test_the_standing_tells_what_is_behind() -> None:
    a_copy(DAY - timedelta(days=2), compared_at=AT, is_equal=True, left_at=AT)
    a_copy(DAY - timedelta(days=1), compared_at=AT, is_equal=False, state="DIRTY")
    found = event_copying.standing(at=LATER)
    assert (found.copied_until, found.days_behind, found.unequal, found.left) == (DAY - timedelta(days=2), 2, 1, 1)
    assert (found.compared_day, found.is_equal) == (DAY - timedelta(days=1), False)
    a_copy(DAY)
    found = event_copying.standing(at=LATER)
    assert (found.copied_until, found.days_behind) == (DAY - timedelta(days=2), 2)


def test_the_statements_name_nothing_but_numbers_days_and_the_zone() -> None:
    class Noting:
        prefix = "shop."

        def __init__(self) -> None:
            self.said: list[str] = []

        def rows(self, query: str) -> list[list[Any]]:
            self.said.append(query)
            return [[0, 0]]

    engine: Any = Noting()
    ClickHouseStore(engine, "Asia/Seoul").sum_of(DAY)
    assert f"WHERE day = '{DAY}'" in engine.said[0]


def test_without_the_library_it_is_said_which_extra_brings_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for url, module in ((str(tmp_path / "store"), "chdb"), ("http://localhost:1/", "clickhouse_connect")):
        monkeypatch.setitem(__import__("sys").modules, module, None)
        with pytest.raises(engines.EventStoreRefused, match="clickhouse"), engines.opened(url):
            pass


# --- the pages ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def owner(monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(clock, "now", lambda: LATER)
    return a_client(a_staff_member())


@pytest.mark.django_db
def test_a_visit_is_read_event_by_event_by_those_who_see_journeys(owner: Client) -> None:
    sku = builders.a_variant()
    tell(a_source(), an_event("product_viewed", at=AT, sku=sku.sku), an_event(at=AT + timedelta(minutes=1), path="/가방"))
    made()
    page = reverse("admin:analytics_visit_events", args=[Visit.objects.get().pk])
    assert page in text(owner.get(reverse("admin:analytics_visit_changelist")))
    shown = text(owner.get(page))
    assert "/가방" in shown
    assert sku.sku in shown
    assert a_client(a_staff_member("other", role=Role.BUYER)).get(page).status_code == 403
    assert owner.get(reverse("admin:analytics_visit_events", args=[10**9])).status_code == 404


@pytest.mark.django_db
def test_events_that_left_and_cannot_be_reached_are_told_in_words(owner: Client) -> None:
    tell(a_source(), an_event(at=AT))
    made()
    a_copy(left_at=AT)
    shown = text(owner.get(reverse("admin:analytics_visit_events", args=[Visit.objects.get().pk])))
    assert "EVENTS_STORE" in shown


@pytest.mark.django_db
def test_the_page_on_quality_tells_how_far_the_copy_is_where_there_is_one(owner: Client, settings: Any) -> None:
    a_copy(compared_at=AT, is_equal=True, source_rows=12_345)
    page, listed = reverse("admin:analytics_eventbatch_quality"), reverse("admin:analytics_eventcopy_changelist")
    assert "ClickHouse" not in text(owner.get(page))
    settings.EVENTS_STORE, settings.CLICKHOUSE_URL = "clickhouse", "/nowhere"
    assert listed in text(owner.get(page))
    assert "12,345" in text(owner.get(listed))
    assert owner.get(reverse("admin:analytics_eventcopy_change", args=[DAY])).status_code == 200
