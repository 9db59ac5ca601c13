"""Reading events again that could not be read when they came."""

from datetime import timedelta

import pytest

from analytics.models import Event, EventBatch, QuarantinedEvent
from analytics.operations import event_kinds, quarantine
from analytics.operations.quarantine import ReadAgain
from tests.analytics.events.builders import a_batch, a_source, an_event, told
from tests.builders import AT, a_variant

pytestmark = pytest.mark.django_db


def all_ids() -> list[int]:
    return list(QuarantinedEvent.objects.order_by("pk").values_list("pk", flat=True))


def define(**properties: object) -> None:
    event_kinds.define(name="gift_wrapped", properties=properties, required=[], actor=None, at=AT)


def test_an_event_of_a_kind_defined_later_is_stored_as_of_when_it_came() -> None:
    source, variant = a_source(), a_variant(sku="CUP-1")
    told(source, a_batch(an_event("gift_wrapped", sku="CUP-1", at=AT - timedelta(hours=3))))
    define(sku={"type": "string"})

    assert quarantine.read_again(ids=all_ids()) == ReadAgain(stored=1)

    event = Event.objects.get()
    assert (event.kind, event.variant_id, event.received_at, event.visitor) == (1000, variant.pk, AT, None)
    assert event.occurred_at == AT - timedelta(hours=3)
    assert not QuarantinedEvent.objects.exists()
    assert sorted(EventBatch.objects.values_list("received_at", "stored", "is_pending")) == [(AT, 0, False), (AT, 1, True)]


def test_what_still_makes_no_sense_stays_with_its_new_reason() -> None:
    told(a_source(), a_batch(an_event("gift_wrapped", pages="many")))
    define(pages={"type": "integer"})

    assert quarantine.read_again(ids=all_ids()) == ReadAgain(left=1, reason="bad_properties")

    left = QuarantinedEvent.objects.get()
    assert (left.reason, left.told) == ("bad_properties", "pages.type")
    assert not Event.objects.exists()


def test_nothing_is_stored_twice() -> None:
    source, event = a_source(), an_event("gift_wrapped")
    told(source, a_batch(event))
    ids = all_ids()
    define()
    # The client sent it again, after the kind was there.
    from analytics.queries import event_kinds as kinds

    kinds.forget()
    assert told(source, a_batch(event)).stored == 1

    assert quarantine.read_again(ids=ids) == ReadAgain(doubled=1)
    assert quarantine.read_again(ids=ids) == ReadAgain()
    assert Event.objects.count() == 1


def test_what_was_cut_cannot_be_read_again() -> None:
    source = a_source()
    told(source, a_batch(an_event("gift_wrapped", text="a" * 5_000)))
    define(text={"type": "string"})
    cut = all_ids()
    with pytest.raises(quarantine.CutShort):
        quarantine.read_again(ids=cut)

    told(source, a_batch(an_event("other")))
    assert quarantine.read_again(ids=all_ids()) == ReadAgain(left=2, reason="unknown_kind")


@pytest.mark.parametrize("event", [None, 7, {"id": "a1"}, {"id": 7, "mood": "\ud800"}, "\0"])
def test_odd_events_are_read_again_and_stay(event: object) -> None:
    told(a_source(), a_batch(event))
    assert quarantine.read_again(ids=all_ids()).left == 1


def test_too_many_at_once_are_refused() -> None:
    with pytest.raises(quarantine.TooMany):
        quarantine.read_again(ids=range(501))


def test_a_crawlers_event_and_a_wrong_clock_are_read_again_as_what_they_were() -> None:
    ahead = timedelta(hours=9)
    body = a_batch(an_event("gift_wrapped", at=AT + ahead - timedelta(minutes=5)), sent_at=(AT + ahead).isoformat())
    told(a_source(), body, traffic=Event.Traffic.BOT)
    define()

    quarantine.read_again(ids=all_ids())

    event = Event.objects.get()
    assert (event.traffic, event.occurred_at) == (Event.Traffic.BOT, AT - timedelta(minutes=5))
