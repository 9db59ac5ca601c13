"""A system that is told by webhook: a small server that checks signatures, keeps a ledger, and misbehaves as it is asked to."""

import hmac
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Receiver:
    """`plan` holds what it does with the next messages: a status, "cut", "hang", "drip" or "elsewhere"; then it takes all."""

    port: int
    secret: str = ""
    plan: list[Any] = field(default_factory=list)
    # Delivery, body, and whether the signature was right, of all that came; and the deliveries it has answered with 2xx.
    ledger: list[tuple[str, bytes, bool]] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/told"


@contextmanager
def receiver() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path != "/told":
                told.elsewhere.append(self.path)
                return self._answer(200)
            said, stamp = self.headers["Webhook-Signature"], self.headers["Webhook-Timestamp"]
            right = "v1=" + hmac.new(told.secret.encode(), f"{stamp}.".encode() + body, sha256).hexdigest()
            told.ledger.append((self.headers["Webhook-Delivery"], body, hmac.compare_digest(said, right)))
            what = told.plan.pop(0) if told.plan else 204
            if what == "cut":
                return None
            if what == "hang":
                over.wait(3)
                return None
            if what == "drip":
                for _turn in range(60):
                    if over.is_set():
                        return None
                    self.wfile.write(b"H")
                    time.sleep(0.05)
                return None
            if what == "elsewhere":
                return self._answer(302, Location=f"http://127.0.0.1:{told.port}/secret")
            if what < 300:
                told.taken.append(self.headers["Webhook-Delivery"])
            return self._answer(what)

        def _answer(self, status: int, **headers: str) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_words: Any) -> None:
            """Silent."""

    over = threading.Event()
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.handle_error = lambda *_request: None  # type: ignore[method-assign]  # whoever hung up has hung up
        told = Receiver(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield told
        finally:
            over.set()
            server.shutdown()
            thread.join()
