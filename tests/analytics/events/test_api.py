"""Telling events over HTTP: who may, from where, and what is answered."""

import json
from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from analytics.models import Event, EventBatch, EventSource, KnownVisitor, QuarantinedEvent
from analytics.operations import event_sources
from config.kernel import clock, tokens
from config.kernel.models import TokenScope
from tests.analytics.events.builders import a_batch, a_source, an_event
from tests.builders import a_customer

pytestmark = pytest.mark.django_db
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36"
YETI = "Mozilla/5.0 (compatible; Yeti/1.1; +https://naver.me/spd)"
SERVER = EventSource.Nature.SERVER


def an_event_of_today(**properties: Any) -> dict[str, Any]:
    return an_event(at=clock.now(), **properties)


def tell(source: EventSource, body: Any, agent: str = CHROME, **headers: str) -> Any:
    text = body if isinstance(body, str) else json.dumps(body)
    return APIClient().post(
        f"/api/v1/events/?key={source.key}", text, content_type="text/plain", HTTP_USER_AGENT=agent, **headers
    )


def server(*scopes: str) -> APIClient:
    token = tokens.issue(account="shop-front", scopes=[TokenScope.Scope(one) for one in scopes], actor=None, at=clock.now())
    return APIClient(HTTP_AUTHORIZATION=f"Token {token}")


def test_a_page_tells_and_hears_what_became_of_it() -> None:
    answer = tell(a_source(), a_batch(an_event_of_today(), {"id": "nonsense"}))
    assert answer.status_code == 202
    assert answer.json() == {"stored": 1, "doubled": 0, "queued": 0, "refused": [{"index": 1, "code": "bad_id", "details": ""}]}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([], "events"),
        ({}, "events"),
        ({"events": []}, "events"),
        ({"events": [{}] * 501}, "events"),
        ({"events": [{}], "consent": "yes"}, "consent"),
        ({"events": [{}], "consent": True, "visitor": "\0"}, "visitor"),
        ({"events": [{}], "sent_at": "yesterday"}, "sent_at"),
        ({"events": [{}], "sent_at": 10**30}, "sent_at"),
    ],
)
def test_an_envelope_that_makes_no_sense_is_refused_by_its_field(body: Any, field: str) -> None:
    answer = tell(a_source(), body)
    assert answer.status_code == 400
    assert field in answer.json()["details"]
    assert not Event.objects.exists()
    assert not QuarantinedEvent.objects.exists()


@pytest.mark.parametrize("body", ["{", "[" * 100_000, "{}" * 3, '{"events": NaN}', "\ud800".encode("utf-8", "surrogatepass")])
def test_what_is_no_json_is_refused(body: Any) -> None:
    source = a_source()
    answer = APIClient().post(f"/api/v1/events/?key={source.key}", body, content_type="text/plain", HTTP_USER_AGENT=CHROME)
    assert answer.status_code == 400


def test_a_body_without_end_is_refused() -> None:
    assert tell(a_source(), " " * 1_000_001).status_code == 413


@pytest.mark.parametrize(
    "event",
    [
        None,
        7,
        [],
        {"id": 7},
        {"id": "a1", "at": 0},
        an_event(kind="page_viewed") | {"at": 10**18},
        an_event(kind="page_viewed") | {"at": True},
        an_event(kind="page_viewed") | {"kind": []},
        an_event(kind="page_viewed") | {"version": {}},
        an_event(kind="page_viewed") | {"version": 10**40},
        an_event(kind="page_viewed") | {"properties": None},
        an_event(kind="page_viewed") | {"properties": []},
        an_event(kind="page_viewed") | {"mood": "good"},
        an_event(kind="product_viewed", sku="\0"),
        an_event(kind="product_viewed", sku="\ud800"),
        an_event(kind="products_searched", query="\ud83d"),
        an_event(kind="products_searched", query="a\0b"),
        an_event(kind="products_searched", query="a" * 201),
        an_event(kind="products_searched", query="cup", results=1e308),
        an_event(kind="page_viewed") | {letter * 100: 1 for letter in "abc"},
        an_event(kind="가" * 300) | {"version": 3},
        an_event(kind="page_viewed", **{letter * 100: 1 for letter in "abc"}),
    ],
)
def test_odd_events_are_kept_apart_and_their_neighbours_stored(event: Any) -> None:
    if isinstance(event, dict) and isinstance(event.get("at"), str):
        event["at"] = clock.now().isoformat()
    answer = tell(a_source(), a_batch(event, an_event_of_today()))
    assert answer.status_code == 202, answer.json()
    assert (answer.json()["stored"], len(answer.json()["refused"])) == (1, 1)
    assert QuarantinedEvent.objects.count() == 1


def test_whoever_has_no_key_tells_nothing() -> None:
    assert APIClient().post("/api/v1/events/", a_batch(), format="json").status_code == 401
    source = a_source(is_active=False)
    assert tell(source, a_batch()).status_code == 401


def test_a_source_takes_events_from_its_own_pages_only() -> None:
    source = a_source(origins=["https://shop.example"])
    assert tell(source, a_batch(an_event_of_today()), HTTP_ORIGIN="https://other.example").status_code == 403
    assert tell(source, a_batch(an_event_of_today())).status_code == 403
    answer = tell(source, a_batch(an_event_of_today()), HTTP_ORIGIN="https://shop.example")
    assert answer.status_code == 202
    assert answer["Access-Control-Allow-Origin"] == "*"


def test_a_browser_may_ask_first() -> None:
    answer = APIClient().options(f"/api/v1/events/?key={a_source().key}", HTTP_ORIGIN="https://shop.example")
    assert (answer.status_code, answer["Access-Control-Allow-Headers"]) == (204, "Content-Type")


def test_a_browser_names_a_customer_by_proof_only() -> None:
    customer = a_customer(external_id="c-7")
    proof = server("STOREFRONT").get("/api/v1/events/proof/?customer=c-7").json()["proof"]
    source = a_source()
    tell(source, a_batch(an_event_of_today(), customer="c-7"))
    tell(source, a_batch(an_event_of_today(), customer=f"{proof}x"))
    assert not KnownVisitor.objects.exists()
    tell(source, a_batch(an_event_of_today(), customer=proof))
    assert KnownVisitor.objects.get().external_id == "c-7"
    assert list(Event.objects.exclude(customer_id=None).values_list("customer_id", flat=True)) == [customer.pk]
    assert event_sources.proved("") is None


def test_a_server_names_customers_freely_and_its_source() -> None:
    a_source(SERVER, code="checkout")
    told = server("STOREFRONT").post(
        "/api/v1/events/?source=checkout", a_batch(an_event_of_today(), customer="c-7"), format="json"
    )
    assert told.status_code == 202
    assert KnownVisitor.objects.get().external_id == "c-7"
    assert server("INTEGRATION").post("/api/v1/events/?source=none", a_batch(), format="json").status_code == 403
    assert server("READ_ONLY").post("/api/v1/events/?source=checkout", a_batch(), format="json").status_code == 403


def test_a_servers_source_is_closed_to_whoever_shows_no_token() -> None:
    source = a_source(SERVER, code="checkout")
    assert tell(source, a_batch()).status_code == 401
    for name in ("checkout", "code:checkout"):
        assert APIClient().post(f"/api/v1/events/?key={name}", a_batch(), format="json").status_code == 401


def test_crawlers_and_own_people_are_told_apart() -> None:
    source = a_source(internal_networks=["10.1.0.0/16"])
    tell(source, a_batch(an_event_of_today()), agent=YETI)
    tell(source, a_batch(an_event_of_today()), REMOTE_ADDR="10.1.2.3")
    tell(source, a_batch(an_event_of_today()), REMOTE_ADDR="10.2.2.3")
    assert sorted(Event.objects.values_list("traffic", flat=True)) == [0, 1, 2]


def test_a_clock_that_goes_wrong_is_put_right() -> None:
    now = clock.now()
    wrong = now + timedelta(hours=9)
    body = a_batch(an_event(at=wrong - timedelta(minutes=5)), sent_at=wrong.isoformat())
    tell(a_source(), body)
    event = Event.objects.get()
    assert event.client_at == wrong - timedelta(minutes=5)
    assert abs(event.occurred_at - (now - timedelta(minutes=5))) < timedelta(seconds=5)


def test_too_many_requests_of_a_source_wait() -> None:
    source = a_source(requests_a_minute=2)
    statuses = [tell(source, a_batch(an_event_of_today())).status_code for _ in range(3)]
    assert statuses == [202, 202, 429]


def test_the_kinds_are_told() -> None:
    kinds = {one["kind"]: one for one in server("READ_ONLY").get("/api/v1/events/kinds/").json()}
    assert kinds["product_viewed"]["schema"]["required"] == ["sku"]


def test_what_one_address_sends_too_much_uses_up_nothing_of_the_others(settings: Any) -> None:
    settings.EVENTS_RATE_PER_ADDRESS = 1
    source = a_source(requests_a_minute=3)
    flood = [tell(source, a_batch(an_event_of_today()), REMOTE_ADDR="10.0.0.1").status_code for _ in range(5)]
    assert flood == [202, 429, 429, 429, 429]
    assert tell(source, a_batch(an_event_of_today()), REMOTE_ADDR="10.0.0.2").status_code == 202


def test_too_many_events_of_a_source_wait_however_few_the_requests(settings: Any) -> None:
    settings.EVENTS_PER_SOURCE = 5
    source, other = a_source(), a_source()
    three = [tell(source, a_batch(*(an_event_of_today() for _ in range(3)))) for _ in range(2)]
    assert [one.status_code for one in three] == [202, 429]
    assert 0 < int(three[1].headers["Retry-After"]) <= 60
    assert (Event.objects.count(), EventBatch.objects.count()) == (3, 1)
    # What a source tells is counted for it alone.
    assert tell(other, a_batch(an_event_of_today())).status_code == 202


def test_too_many_events_of_one_address_use_up_nothing_of_the_others(settings: Any) -> None:
    settings.EVENTS_PER_ADDRESS, settings.EVENTS_PER_SOURCE = 2, 5
    source = a_source()
    flood = [tell(source, a_batch(*[an_event_of_today()] * 3), REMOTE_ADDR="10.0.0.1").status_code for _ in range(5)]
    assert flood == [429] * 5
    assert tell(source, a_batch(*[an_event_of_today()] * 2), REMOTE_ADDR="10.0.0.2").status_code == 202


def test_what_cannot_be_read_fills_no_disk(settings: Any) -> None:
    settings.EVENTS_QUARANTINED_PER_SOURCE = 3
    source = a_source()
    poison = [tell(source, a_batch(an_event_of_today(), {"id": str(one)}, {"id": str(-one)})) for one in range(1, 4)]
    assert [one.status_code for one in poison] == [202, 429, 429]
    assert poison[1].headers["Retry-After"]
    assert (Event.objects.count(), QuarantinedEvent.objects.count()) == (1, 2)
    # Who tells what can be read is not held up by it.
    assert tell(source, a_batch(an_event_of_today())).status_code == 202


@pytest.mark.parametrize("shown", ["\ud800:a:b", "c-7", ":", "c-7:x:y", "가:나:다"])
def test_what_is_no_proof_makes_an_unnamed_visitor(shown: str) -> None:
    assert tell(a_source(), a_batch(an_event_of_today(), customer=shown)).status_code == 202
    assert not KnownVisitor.objects.exists()


def test_a_browser_cannot_call_itself_what_a_server_told_of_a_customer() -> None:
    a_source(SERVER, code="checkout")
    body = a_batch(an_event_of_today(), visitor=None, customer="c-7")
    server("STOREFRONT").post("/api/v1/events/?source=checkout", body, format="json")
    told = Event.objects.get().visitor
    for name in ("c-7", "customer:c-7"):
        tell(a_source(), a_batch(an_event_of_today(), visitor=name))
    assert Event.objects.filter(visitor=told).count() == 1
