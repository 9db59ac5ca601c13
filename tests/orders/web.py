"""The shop's web process alone, on the test database, as the role that runs the shop; and a client that speaks to it."""

import http.client
import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from config.kernel import clock, tokens
from config.kernel.models import TokenScope
from config.local.demo import PYTHON
from config.local.place import PROJECT
from config.local.process import Child
from config.local.services import Services
from tests import builders, live


def process(services: Services, port: int, log: Path) -> Child:
    command = [
        PYTHON, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
        "--blocking-threads", "16", "--no-ws", "--log-level", "warning", "config.wsgi:application",
    ]  # fmt: skip
    environment = live.environment(services) | {"DATABASE_POOL_SIZE": "16"}
    web = Child("web", command, log=log, folder=PROJECT, environment=environment)
    web.wait_until(lambda: answers(port), seconds=30)
    return web


@contextmanager
def running(services: Services, log: Path) -> Iterator[int]:
    """The port of a web process."""
    port = live.own_port(8700)
    web = process(services, port, log)
    try:
        yield port
    finally:
        kill(web)


def kill(web: Child) -> None:
    """The whole process group at once, in the middle of whatever it does."""
    if web.alive:
        os.killpg(web.process.pid, signal.SIGKILL)
    web.process.wait()


def answers(port: int) -> bool:
    try:
        return request(port, "GET", "/healthz")[0] == 200
    except OSError:
        return False


def a_token(scope: TokenScope.Scope = TokenScope.Scope.STOREFRONT) -> str:
    return tokens.issue(account=f"test-{scope.lower()}", scopes=[scope], actor=None, at=clock.now())


def request(
    port: int, method: str, path: str, body: Any = None, *, token: str = "", key: str = ""
) -> tuple[int, bytes]:  # fmt: skip
    caller = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        headers = {"Content-Type": "application/json", "Authorization": f"Token {token}", "Idempotency-Key": key}
        caller.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = caller.getresponse()
        return answer.status, answer.read()
    finally:
        caller.close()


def order(sku: str, total: str = "15000", quantity: int = 1) -> dict[str, Any]:
    lines = [{"sku": sku, "quantity": quantity}]
    return {"lines": lines, "ship_to": builders.SHIP_TO, "expected_total": total}
