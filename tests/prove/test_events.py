"""A million events with repetitions, disorder and poison, while web, worker and database are killed again and again.

A teller sends a batch until it is answered, as the shop front's script does, and now and then once more. In the end what lies
in the database is compared, event by event and hour by hour, with what the tellers wrote down for themselves.
"""

import contextlib
import http.client
import json
import os
import queue
import random
import signal
import subprocess
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

import psycopg
import pytest

from config.local.demo import PYTHON, free_port, shop_processes, stop_all, wait_until_ready
from config.local.place import PROJECT, fleeting
from config.local.process import Child
from config.local.services import Services, started

pytestmark = pytest.mark.prove

EVENTS = int(os.environ.get("EVENTS", "1000000"))
BATCH = 250
TELLERS = 6
POISON = 0.01
REPEATED = 0.03
KILLS_EVERY = 7.0
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36"

_FURNISH = """
import django; django.setup()
from django.core.management import call_command
from analytics.models import EventSource
from analytics.operations import event_months, event_sources
from config.kernel import clock
call_command("prepare", app_role="shop_app", verbosity=0)
at = clock.now()
event_months.keep(at=at)
print(event_sources.add(code="front", name="front", nature=EventSource.Nature.BROWSER, channel="web", at=at,
                        requests_a_minute=100_000_000).key)
"""


@dataclass
class Ledger:
    """What the tellers know they were promised."""

    stored: Counter[datetime] = field(default_factory=Counter)
    ids: set[str] = field(default_factory=set)
    poison: int = 0
    requests: int = 0
    retries: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


def _batches(count: int) -> "queue.Queue[tuple[bytes, dict[str, datetime], int]]":
    """All batches, made before the first is sent: events of the last two days, out of order, some of them poison."""
    dice = random.Random(7)  # noqa: S311
    now = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)
    waiting: queue.Queue[tuple[bytes, dict[str, datetime], int]] = queue.Queue()
    for number in range(count // BATCH):
        events: list[Any] = []
        good: dict[str, datetime] = {}
        poison = 0
        for _ in range(BATCH):
            at = now - timedelta(seconds=dice.randrange(172_800))
            name = str(uuid.UUID(int=dice.getrandbits(128)))
            event = {
                "id": name,
                "at": at.isoformat(),
                "kind": "product_viewed",
                "properties": {"sku": f"CUP-{dice.randrange(300)}"},
            }
            if dice.random() < POISON:
                event["properties"] = {"sku": dice.choice([None, "", 7, "x" * 65]), "poison": dice.random()}
                poison += 1
            else:
                good[name] = at
            events.append(event)
        body = {"consent": True, "visitor": f"visitor-{number % 5000}", "events": events}
        waiting.put((json.dumps(body).encode(), good, poison))
    return waiting


def _tell(port: int, path: str, body: bytes) -> int:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        line.request("POST", path, body, {"Content-Type": "text/plain", "User-Agent": BROWSER})
        answer = line.getresponse()
        answer.read()
        return answer.status
    finally:
        line.close()


def _teller(port: int, path: str, waiting: "queue.Queue[Any]", ledger: Ledger, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311
    while True:
        try:
            body, good, poison = waiting.get_nowait()
        except queue.Empty:
            return
        tries = 0
        while True:
            tries += 1
            try:
                status = _tell(port, path, body)
            except (OSError, http.client.HTTPException):
                status = 0
            if status == 202:
                break
            assert status in (0, 409, 500, 503), status
            time.sleep(0.2)
        if dice.random() < REPEATED:
            waiting.put((body, {}, 0))
        with ledger.lock:
            ledger.requests += tries
            ledger.retries += tries - 1
            ledger.poison += poison
            for name, at in good.items():
                ledger.ids.add(name)
                ledger.stored[at.replace(minute=0, second=0)] += 1


class Shop:
    """Servers and processes that are killed one by one, and come back as a supervisor would bring them back."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.port = free_port(8700)
        limits = ("API_RATE_PER_ADDRESS", "EVENTS_RATE_PER_ADDRESS", "EVENTS_PER_ADDRESS", "EVENTS_PER_SOURCE")
        unlimited = dict.fromkeys((*limits, "EVENTS_QUARANTINED_PER_SOURCE"), "100000000")
        self.environment = {**unlimited, "LOG_LEVEL": "WARNING"}
        self.children = shop_processes(services, services.place, self.port, **self.environment)
        self.killed: Counter[str] = Counter()
        wait_until_ready(self.children, f"http://127.0.0.1:{self.port}")

    def kill(self, what: str) -> None:
        self.killed[what] += 1
        if what == "database":
            self._kill_database()
            return
        number = {"web": 0, "worker": 1}[what]
        child = self.children[number]
        if what == "web" and self.killed["web"] % 2:
            # One of its processes; the others go on, and whatever becomes of their parent is mended below.
            for kid in _kids(child.process.pid)[:1]:
                os.kill(kid, signal.SIGKILL)
            time.sleep(1)
            if child.alive:
                return
        with contextlib.suppress(ProcessLookupError):  # it went after its own child
            os.killpg(child.process.pid, signal.SIGKILL)
        child.process.wait()
        self.children[number] = Child(
            child.name,
            child.process.args,  # type: ignore[arg-type]  # as it was started
            log=child.log,
            environment=self.services.environment() | self.environment | {"DATABASE_POOL_SIZE": "4"},
            folder=PROJECT,
        )

    def _kill_database(self) -> None:
        postgres = self.services.postgres
        assert postgres is not None
        assert postgres.child is not None
        for pid in (postgres.child.process.pid, *_kids(postgres.child.process.pid)):
            os.kill(pid, signal.SIGKILL)
        postgres.child.process.wait()
        time.sleep(0.5)
        postgres.start()


def _kids(pid: int) -> list[int]:
    return [int(kid) for task in Path(f"/proc/{pid}/task").glob("*") for kid in (task / "children").read_text().split()]


def _read(services: Services, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(services.environment()["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("SET timezone = 'UTC'")
        return connection.execute(statement).fetchall()


def _until_counted(services: Services) -> None:
    """The worker counts by itself, each minute."""
    deadline = time.monotonic() + 300
    while _read(services, "SELECT count(*) FROM analytics_eventbatch WHERE is_pending") != [(0,)]:
        assert time.monotonic() < deadline, "The worker does not count what was told."
        time.sleep(1)


def test_every_acknowledged_event_is_there_once_whatever_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    # Servers of its own, for these are killed.
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.delenv("REDIS_URL")
    with fleeting() as place, started(place, durable=True) as services:
        owner = services.environment(owner=True) | {"DJANGO_SETTINGS_MODULE": "config.settings"}
        furnished = subprocess.run(
            [PYTHON, "-c", _FURNISH], env=owner, cwd=PROJECT, capture_output=True, text=True, check=False
        )
        assert furnished.returncode == 0, furnished.stderr
        path = f"/api/v1/events/?key={furnished.stdout.split()[-1]}"
        waiting, ledger, shop = _batches(EVENTS), Ledger(), Shop(services)
        try:
            began = time.monotonic()
            tellers = [
                threading.Thread(target=_teller, args=(shop.port, path, waiting, ledger, seed), daemon=True)
                for seed in range(TELLERS)
            ]
            for teller in tellers:
                teller.start()
            # In turn, so that the quickest intake meets each of them.
            for victim in cycle(("web", "database", "worker")):
                if not any(teller.is_alive() for teller in tellers):
                    break
                time.sleep(KILLS_EVERY)
                shop.kill(victim)
            took = time.monotonic() - began
            _until_counted(services)
        finally:
            stop_all(shop.children)
        stored = {str(name) for (name,) in _read(services, "SELECT id FROM analytics_event")}
        ((rows,),) = _read(services, "SELECT count(*) FROM analytics_event")
        ((apart,),) = _read(services, "SELECT count(*) FROM analytics_quarantinedevent")
        hours = dict(_read(services, "SELECT hour, sum(events)::int FROM analytics_hourlyevents GROUP BY hour"))
        print(
            f"{len(ledger.ids)} good events and {ledger.poison} poisoned in {took:.0f} s, {ledger.requests} requests of which "
            f"{ledger.retries} were tried again; killed: {dict(shop.killed)}; "
            f"lost {len(ledger.ids - stored)}, strange {len(stored - ledger.ids)}, doubled {rows - len(stored)}"
        )
        assert stored == ledger.ids
        assert rows == len(ledger.ids)
        assert apart == ledger.poison
        assert hours == ledger.stored
        assert set(shop.killed) == {"web", "worker", "database"} or EVENTS < 100_000
