"""The script on a shop front's pages, in a real browser against the running shop."""

import json
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from analytics.behaviour.kinds import BUILT_IN
from analytics.behaviour.reading import visitor_key
from analytics.models import Event, EventSource, KnownVisitor
from analytics.operations import event_sources
from config.kernel import clock
from tests.e2e.browser import Visit
from tests.live import Shop

KIND = {kind.name: kind.number for kind in BUILT_IN}


class Front(BaseHTTPRequestHandler):
    """A shop front of one page; it lies at an address of its own, as shop fronts do."""

    page = ""

    def do_GET(self) -> None:
        self.send_response(200 if self.path != "/favicon.ico" else 204)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        if self.path != "/favicon.ico":
            self.wfile.write(self.page.encode())

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def front_url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Front)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def source(shop: Shop, front_url: str) -> EventSource:
    """A source that the running shop knows already: it looks for new ones once a second."""
    made = event_sources.add(
        code=f"front-{time.time_ns()}",
        name="쇼핑몰",
        nature=EventSource.Nature.BROWSER,
        channel="web",
        at=clock.now(),
        origins=[front_url],
    )

    def is_known() -> bool:
        asked = Request(f"{shop.url}/api/v1/events/?key={made.key}", method="OPTIONS", headers={"Origin": front_url})  # noqa: S310
        try:
            with urlopen(asked) as answer:  # noqa: S310
                return bool(answer.status == 204)
        except HTTPError:
            return False

    assert until(is_known)
    return made


@pytest.fixture
def front(visitor: Callable[..., Visit], shop: Shop, source: EventSource, front_url: str) -> Visit:
    Front.page = f'<!doctype html><title>찻잔</title><script async src="{shop.url}/events.js?key={source.key}"></script><p>찻잔'
    visit = visitor()
    visit.url = front_url
    return visit


def until(found: Callable[[], Any], seconds: float = 15) -> Any:
    end = time.monotonic() + seconds
    while not (seen := found()) and time.monotonic() < end:
        time.sleep(0.1)
    return seen


def go(front: Visit, path: str) -> None:
    front.page.goto(f"{front.url}{path}")
    front.page.wait_for_function("window.shopEvents")


def told(source: EventSource, kind: str) -> list[Event]:
    return list(Event.objects.filter(source_id=source.pk, kind=KIND[kind]).order_by("client_at"))


def call(front: Visit, name: str, *given: Any) -> None:
    front.page.evaluate(f"shopEvents.{name}(...{json.dumps(given)})")


def test_a_page_tells_where_the_visit_came_from_and_nothing_else_of_its_address(front: Visit, source: EventSource) -> None:
    go(front, "/cups/?utm_source=naver&mail=me@example.com")
    call(front, "send")
    events = until(lambda: told(source, "page_viewed"))
    assert events[0].properties == {"path": "/cups/", "utm_source": "naver"}


def test_without_consent_nothing_is_kept_and_nobody_named(front: Visit, source: EventSource) -> None:
    go(front, "/")
    call(front, "tell", "product_viewed", {"sku": "CUP"})
    call(front, "send")
    assert until(lambda: told(source, "product_viewed"))[0].visitor is None
    assert front.page.evaluate("[shopEvents.visitor(), ...Object.keys(localStorage)]") == [None]


def test_a_visitor_who_agreed_is_known_again_and_by_their_proof_as_a_customer(front: Visit, source: EventSource) -> None:
    go(front, "/")
    call(front, "consent", True)
    call(front, "tell", "product_viewed", {"sku": "CUP"})
    customer = f"c-{source.pk}"
    call(front, "customer", event_sources.proof(customer))
    call(front, "tell", "product_added", {"sku": "CUP"})
    call(front, "customer", None)
    call(front, "tell", "product_removed", {"sku": "CUP"})
    call(front, "send")
    assert until(lambda: told(source, "product_removed"))
    viewed, added, removed = (told(source, kind)[0].visitor for kind in ("product_viewed", "product_added", "product_removed"))
    assert viewed == added != removed
    assert list(KnownVisitor.objects.filter(external_id=customer).values_list("visitor", flat=True)) == [added]
    assert removed == visitor_key(front.page.evaluate("shopEvents.visitor()"))


def test_what_happens_without_a_network_is_told_when_it_is_back_and_stored_once(front: Visit, source: EventSource) -> None:
    go(front, "/")
    call(front, "consent", True)
    front.context.set_offline(True)
    for number in range(60):
        call(front, "tell", "product_viewed", {"sku": f"CUP-{number}"})
    front.page.wait_for_timeout(300)
    assert told(source, "product_viewed") == []
    front.context.set_offline(False)
    assert until(lambda: len(told(source, "product_viewed")) == 60)
    front.complaints.clear()  # The browser says aloud that it was offline.


def test_a_page_that_closes_tells_what_it_still_has(front: Visit, source: EventSource) -> None:
    go(front, "/")
    call(front, "consent", True)
    call(front, "tell", "product_viewed", {"sku": "LAST"})
    front.page.goto("about:blank")
    assert until(lambda: told(source, "product_viewed"))


def test_time_in_front_of_a_page_is_told_while_somebody_looks(front: Visit, source: EventSource) -> None:
    go(front, "/")
    call(front, "tell", "product_viewed", {"sku": "CUP"})
    front.page.wait_for_timeout(2500)
    front.page.goto("about:blank")
    dwelled = until(lambda: told(source, "dwelled"))
    assert 1 <= dwelled[0].properties["seconds"] <= 4
    assert dwelled[0].properties["sku"] == "CUP"
