"""The commands a newcomer can paste come from the running shop: a SKU it has, at the price it quotes."""

import json
import shlex
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from config.local import first_order

CUPS = [{"sku": "CUP-1", "available": 1}, {"sku": "CUP-2", "available": 5}]


class Shop(BaseHTTPRequestHandler):
    """Answers as the shop's API does; `cups` is what it has."""

    cups = CUPS

    def do_GET(self) -> None:
        self._answer({"results": self.cups})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert self.headers["Authorization"] == "Token secret"
        self._answer({"total": "26800", "asked": asked})

    def _answer(self, body: object) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def body(command: str) -> dict[str, object]:
    words = shlex.split(command)
    told: dict[str, object] = json.loads(words[words.index("-d") + 1])
    return told


def test_a_quote_and_an_order_name_a_sku_that_is_there_and_its_price(url: str) -> None:
    quote, order = first_order.commands(url, "secret")

    assert body(quote) == {"lines": [{"sku": "CUP-2", "quantity": 2}]}
    assert body(order)["expected_total"] == "26800"
    assert "Idempotency-Key" in order
    assert "Authorization: Token secret" in shlex.split(order)


def test_a_shop_with_nothing_to_sell_offers_no_commands(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Shop, "cups", [])

    assert first_order.commands(url, "secret") == []


def test_a_shop_that_does_not_answer_offers_no_commands() -> None:
    assert first_order.commands("http://127.0.0.1:1", "secret") == []
