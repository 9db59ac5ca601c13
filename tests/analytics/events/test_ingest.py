"""Taking in what shoppers do, against PostgreSQL."""

from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from analytics.behaviour.reading import read, visitor_key
from analytics.behaviour.wire import Received
from analytics.models import Event, EventBatch, HourlyEvents, KnownVisitor, QuarantinedEvent
from analytics.operations import event_figures, ingest
from analytics.operations.ingest import Taken
from analytics.queries import (
    event_kinds,
    event_recount,
)
from tests.analytics.events.builders import a_batch, a_source, an_event, told
from tests.builders import AT, a_customer, a_variant

pytestmark = pytest.mark.django_db


def test_what_is_told_is_stored_with_the_sku_and_the_customer_it_names() -> None:
    variant, customer = a_variant(sku="CUP-1"), a_customer(external_id="c-7")
    taken = told(a_source(), a_batch(an_event("product_viewed", sku="CUP-1", in_stock=False), customer="c-7"))
    assert taken == Taken(stored=1, doubled=0, quarantined=0)
    event = Event.objects.get()
    assert (event.variant_id, event.customer_id, event.properties) == (variant.pk, customer.pk, {"in_stock": False})
    assert event.visitor == visitor_key("visitor-1")
    assert KnownVisitor.objects.get().external_id == "c-7"


def test_a_sku_nobody_knows_is_kept_as_it_was_said() -> None:
    told(a_source(), a_batch(an_event("product_viewed", sku="GONE")))
    assert Event.objects.get().properties == {"sku": "GONE"}


def test_whatever_signs_are_told_are_stored_as_they_were_told() -> None:
    """Events are sent to the database as insides of arrays, where quotes, commas, braces and NULL mean something."""
    skus = ["NULL", "{}", '","', '"', "a,b", "\\", '\\"', "잔 1", " ", "''", "x\ty\n"]
    events = [an_event("product_viewed", sku=sku) for sku in skus]
    events += [an_event("products_searched", query=sku) for sku in skus]

    assert told(a_source(), a_batch(*events)) == Taken(len(events), 0, 0)

    stored = {str(one.id): one.properties for one in Event.objects.all()}
    assert stored == {one["id"]: one["properties"] for one in events}


def test_a_batch_that_comes_again_is_stored_once() -> None:
    source, body = a_source(), a_batch(an_event(), an_event(), {"id": "nonsense"})
    first, again = told(source, body), told(source, body, at=AT + timedelta(minutes=1))
    assert (first, again) == (Taken(2, 0, 1), Taken(0, 2, 0))
    assert Event.objects.count() == 2
    assert QuarantinedEvent.objects.count() == 1


def test_an_event_twice_in_one_batch_is_stored_once() -> None:
    event = an_event()
    assert told(a_source(), a_batch(event, event)) == Taken(1, 1, 0)


def test_one_bad_event_costs_its_neighbours_nothing() -> None:
    taken = told(
        a_source(), a_batch(an_event(), an_event("product_viewed"), an_event("nonsense"), an_event(path="/x?mail=a@b"))
    )
    assert taken == Taken(1, 0, 3)
    assert set(QuarantinedEvent.objects.values_list("reason", "told")) == {
        ("bad_properties", "required: sku"),
        ("unknown_kind", "nonsense"),
        ("bad_properties", "path.pattern"),
    }


def test_without_consent_nothing_tells_whose_events_they_are() -> None:
    told(a_source(), a_batch(an_event(), consent=False, customer="c-7"))
    event = Event.objects.get()
    assert (event.visitor, event.customer_id) == (None, None)
    assert not KnownVisitor.objects.exists()


def test_an_hour_is_counted_anew_from_its_events() -> None:
    source = a_source()
    told(source, a_batch(an_event(), an_event(at=AT - timedelta(hours=2))))
    assert event_figures.count_due().hours == 2
    told(source, a_batch(an_event(), visitor="visitor-2"))
    assert event_figures.count_due().hours == 1
    figures = HourlyEvents.objects.order_by("hour").values_list("hour", "events", "visitors")
    assert list(figures) == [(AT - timedelta(hours=2), 1, 1), (AT, 2, 2)]
    assert not EventBatch.objects.filter(is_pending=True).exists()
    assert event_figures.count_due().hours == 0


def test_a_flood_of_late_hours_is_counted_in_steps_the_latest_hours_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_figures, "HOURS_AT_ONCE", 2)
    source = a_source()
    told(source, a_batch(*(an_event(at=AT - timedelta(hours=number)) for number in range(1, 6))))
    told(source, a_batch(an_event(at=AT), an_event(at=AT - timedelta(hours=1))))

    # No time is left after the first step.
    assert event_figures.count_due(seconds=0).hours == 2
    late = EventBatch.objects.get(is_pending=True)
    assert (len(late.hours), len(late.hours_left or ())) == (5, 4)
    assert counted() == [(AT - timedelta(hours=1), 2), (AT, 1)]
    assert [one.subject for one in event_recount.miscounted(AT.date())] == []

    assert event_figures.count_due().hours == 4
    assert [events for _hour, events in counted()] == [1, 1, 1, 1, 2, 1]
    assert list(EventBatch.objects.values_list("is_pending", "hours_left")) == [(False, None), (False, None)]


def test_few_batches_in_one_step_leave_the_others_pending(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_figures, "BATCHES_AT_ONCE", 2)
    source = a_source()
    for _ in range(5):
        told(source, a_batch())
    assert event_figures.count_due(seconds=0).hours == 1
    assert EventBatch.objects.filter(is_pending=True).count() == 3
    event_figures.count_due()
    assert counted() == [(AT, 5)]
    assert not EventBatch.objects.filter(is_pending=True).exists()


def counted() -> list[tuple[datetime, int]]:
    return list(HourlyEvents.objects.order_by("hour").values_list("hour", "events"))


def test_a_recount_over_midnight_goes_day_by_day(monkeypatch: pytest.MonkeyPatch) -> None:
    source, midnight = a_source(), datetime(2026, 11, 30, 15, tzinfo=UTC)
    told(
        source,
        a_batch(*(an_event(at=midnight + timedelta(minutes=one)) for one in (-61, -1, 0, 59))),
        at=midnight + timedelta(1),
    )
    event_figures.count_due()
    before = counted()
    HourlyEvents.objects.update(events=9)
    stopped = event_figures._recount_day
    monkeypatch.setattr(event_figures, "_recount_day", lambda day, *bounds: stopped(day, *bounds) if day.day == 30 else 1 / 0)
    with pytest.raises(ZeroDivisionError):
        event_figures.recount_days(first=date(2026, 11, 30), last=date(2026, 12, 1), at=AT)
    assert [events for _hour, events in counted()] == [1, 1, 9]
    monkeypatch.undo()
    event_figures.recount_days(first=date(2026, 12, 1), last=date(2026, 12, 1), at=AT)
    assert counted() == before


def test_the_first_event_is_found_by_the_index() -> None:
    told(a_source(), a_batch(an_event(at=AT - timedelta(hours=2)), an_event()))
    assert event_recount.first_moment() == AT - timedelta(hours=2)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN SELECT occurred_at FROM analytics_event ORDER BY occurred_at LIMIT 1")
        plan = " ".join(line for (line,) in cursor.fetchall())
    assert "Sort" not in plan
    assert "Seq Scan" not in plan


def test_a_recount_gives_the_same() -> None:
    source = a_source()
    told(source, a_batch(an_event(), an_event(at=AT - timedelta(hours=2))))
    event_figures.count_due()
    before = list(HourlyEvents.objects.order_by("hour").values_list("hour", "kind", "events", "visitors"))
    event_figures.recount(first=AT - timedelta(days=1), last=AT)
    assert list(HourlyEvents.objects.order_by("hour").values_list("hour", "kind", "events", "visitors")) == before


def test_a_day_is_counted_anew_by_the_command() -> None:
    told(a_source(), a_batch(an_event(), an_event(at=AT - timedelta(hours=2))))
    said = StringIO()
    call_command("rebuild_analytics", "--events", "--from=2026-11-20", "--to=2026-11-20", stdout=said)
    assert said.getvalue().strip() == "24 hours from 2 events."
    assert HourlyEvents.objects.count() == 2
    call_command("rebuild_analytics", "--events", stdout=said)
    assert "from 2 events" in said.getvalue()


def test_many_batches_are_stored_by_one_statement_and_counted_each_for_itself() -> None:
    source, other = a_source(), a_source()
    again = an_event()
    bodies = [
        a_batch(an_event(), again, {"id": "nonsense"}),
        a_batch(again, {"id": "nonsense"}, visitor="visitor-2"),
        a_batch(an_event()),
    ]
    many = [
        Received(read(body, kinds=event_kinds.known(), received_at=at), whose.pk, int(Event.Traffic.SHOPPER), at)
        for body, whose, at in zip(bodies, [source, source, other], [AT, AT, AT + timedelta(seconds=1)], strict=True)
    ]

    assert ingest.take_all(many) == [Taken(2, 0, 1), Taken(0, 1, 0), Taken(1, 0, 0)]
    assert Event.objects.get(id=again["id"]).visitor == visitor_key("visitor-1")
    columns = ("source_id", "stored", "doubled", "quarantined", "is_pending")
    assert list(EventBatch.objects.order_by("id").values_list(*columns)) == [
        (source.pk, 2, 0, 1, True), (source.pk, 0, 1, 0, False), (other.pk, 1, 0, 0, True),
    ]  # fmt: skip
