"""Sources and own kinds of events as staff keep them."""

from typing import Any

import pytest

from analytics.models import EventKind, EventSource, QuarantinedEvent
from analytics.operations import event_kinds, event_sources
from analytics.queries import event_kinds as kinds_now
from analytics.queries import event_sources as queries
from tests.analytics.events.builders import a_batch, a_source, an_event, told
from tests.builders import AT

pytestmark = pytest.mark.django_db
SERVER = EventSource.Nature.SERVER


def define(name: str = "gift_wrapped", required: tuple[str, ...] = (), **properties: Any) -> EventKind:
    return event_kinds.define(name=name, properties=properties, required=required, actor=None, at=AT)


# --- sources -----------------------------------------------------------------------------------------------------------


def test_a_source_is_changed_whole_and_spelled_as_browsers_do() -> None:
    source = a_source()
    changed = event_sources.change(
        source_id=source.pk, name="앱", channel="app", origins=["https://Shop.example:443", "https://shop.example"],
        internal_networks=["203.0.113.7"], requests_a_minute=60, actor=None,
    )  # fmt: skip
    source.refresh_from_db()
    assert (source.name, source.channel, source.requests_a_minute) == ("앱", "app", 60)
    assert (source.origins, source.internal_networks) == (["https://shop.example"], ["203.0.113.7/32"])
    assert (changed.key, changed.code, changed.nature) == (source.key, source.code, "BROWSER")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("origins", ["https://shop.example", "https://shop.example/cart"]),
        ("origins", [f"https://shop-{number}.example" for number in range(51)]),
        ("internal_networks", ["203.0.113.7/24"]),
        ("requests_a_minute", 0),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_field(field: str, value: Any) -> None:
    with pytest.raises(event_sources.BadSource) as refused:
        a_source(**{field: value})
    assert refused.value.details == {"field": field}
    assert not EventSource.objects.exists()


def test_another_key_takes_the_place_of_the_old_one() -> None:
    source = a_source()
    renewed = event_sources.renew_key(source_id=source.pk, actor=None)
    assert renewed.key != source.key
    assert not EventSource.objects.filter(key=source.key).exists()


def test_a_server_has_no_key_to_replace() -> None:
    with pytest.raises(event_sources.NoKey):
        event_sources.renew_key(source_id=a_source(SERVER).pk, actor=None)
    with pytest.raises(event_sources.UnknownSource):
        event_sources.switch(source_id=0, on=True, actor=None)


def test_what_was_heard_lately_is_told_by_source() -> None:
    from datetime import timedelta

    from analytics.operations import event_figures

    busy, silent, new = a_source(), a_source(), a_source()
    told(busy, a_batch(an_event(), an_event()))
    told(busy, a_batch({"id": "nonsense"}), at=AT + timedelta(minutes=1))
    told(silent, a_batch(an_event(at=AT - timedelta(days=3))), at=AT - timedelta(days=3))
    event_figures.count_due()

    heard = queries.heard(at=AT + timedelta(minutes=2))

    assert heard[busy.pk] == queries.Heard(2, AT)
    assert heard[silent.pk] == queries.Heard(0, AT - timedelta(days=3))
    assert new.pk not in heard


# --- kinds -------------------------------------------------------------------------------------------------------------


def test_an_own_kind_is_taken_in_by_its_latest_version() -> None:
    first = define(pages={"type": "integer"})
    second = define(required=("pages",), pages={"type": "integer", "minimum": 1})
    other = define("store_visited")
    assert [(one.number, one.version) for one in (first, second, other)] == [(1000, 1), (1001, 2), (1002, 1)]
    kinds_now.forget()

    taken = told(
        a_source(),
        a_batch(
            an_event("gift_wrapped", pages=0), an_event("gift_wrapped", pages=0) | {"version": 1}, an_event("store_visited")
        ),
    )

    assert (taken.stored, taken.quarantined) == (2, 1)
    assert QuarantinedEvent.objects.get().told == "pages.minimum"


@pytest.mark.parametrize(
    ("values", "field", "named"),
    [
        ({"name": "page_viewed"}, "name", None),
        ({"name": "Gift"}, "name", None),
        ({"name": "gift\n"}, "name", None),
        ({"name": ""}, "name", None),
        ({"properties": []}, "properties", None),
        ({"properties": {f"p{number}": {} for number in range(51)}}, "properties", None),
        ({"properties": {"Pages": {}}}, "properties", "Pages"),
        ({"properties": {"pages": True}}, "properties", "pages"),
        ({"properties": {"pages": {"type": "intger"}}}, "properties", "pages"),
        ({"properties": {"a": {}, "pages": {"pattern": "("}}}, "properties", "pages"),
        ({"properties": {"pages": {"minimum": "1"}}}, "properties", "pages"),
        ({"properties": {"pages": {"$ref": "http://127.0.0.1:9/schema"}}}, "properties", "pages"),
        ({"properties": {"pages": {"items": {"$schema": "http://127.0.0.1:9/"}}}}, "properties", "pages"),
        ({"properties": {"pages": {"enum": ["\0"]}}}, "properties", "pages"),
        ({"properties": {"pages": {"enum": ["\ud800"]}}}, "properties", "pages"),
        ({"properties": {"pages": {"minimum": float("nan")}}}, "properties", "pages"),
        ({"properties": {"pages": {"enum": ["a" * 20_001]}}}, "properties", "pages"),
        ({"properties": {"sku": {"type": "integer"}}}, "properties", "sku"),
        # Visits take it from any kind, and a path of another make would stop them all.
        ({"properties": {"path": {"type": "string"}}}, "properties", "path"),
        ({"properties": {"utm_source": {"type": "integer"}}}, "properties", "utm_source"),
        ({"required": ["pages"]}, "required", None),
    ],
)
def test_what_could_not_be_checked_with_is_refused_by_its_property(values: Any, field: str, named: str | None) -> None:
    given = {"name": "gift_wrapped", "properties": {}, "required": []} | values
    with pytest.raises(event_kinds.BadKind) as refused:
        event_kinds.define(**given, actor=None, at=AT)
    assert refused.value.details == {"field": field} | ({"property": named} if named else {})
    assert named is None or named in str(refused.value)
    assert not EventKind.objects.exists()


def test_a_schema_that_nests_too_deeply_is_refused() -> None:
    deep: dict[str, Any] = {}
    for _ in range(300):
        deep = {"not": deep}
    with pytest.raises(event_kinds.BadKind):
        define(pages=deep)


def test_a_version_that_is_off_is_kept_apart() -> None:
    kind = define()
    event_kinds.switch(number=kind.pk, on=False, actor=None)
    kinds_now.forget()
    assert told(a_source(), a_batch(an_event("gift_wrapped"))).quarantined == 1
    event_kinds.switch(number=kind.pk, on=True, actor=None)
    kinds_now.forget()
    assert told(a_source(), a_batch(an_event("gift_wrapped"))).stored == 1
    with pytest.raises(event_kinds.UnknownKind):
        event_kinds.switch(number=1, on=True, actor=None)


def test_an_event_that_nests_too_deeply_costs_its_neighbours_nothing() -> None:
    deep: dict[str, Any] = {}
    for _ in range(300):
        deep = {"a": deep}
    taken = told(a_source(), a_batch(an_event(), an_event(utm_source=deep)))
    assert (taken.stored, taken.quarantined) == (1, 1)
    assert QuarantinedEvent.objects.get().told == "nested too deeply"
