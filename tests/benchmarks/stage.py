"""The stage every benchmark stands on: durable throwaway servers, a shop of 1,000 alike SKUs, and its web processes."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from config.local.demo import PYTHON, free_port, shop_processes, stop_all, wait_until_ready
from config.local.place import PROJECT
from config.local.process import Child
from config.local.services import Services

TICK = os.sysconf("SC_CLK_TCK")


def children_of(pid: int) -> Iterator[int]:
    for task in Path(f"/proc/{pid}/task").glob("*"):
        try:
            kids = (task / "children").read_text().split()
        except OSError:
            continue
        for kid in kids:
            yield int(kid)
            yield from children_of(int(kid))


def cpu_seconds(pid: int) -> float:
    """Processor time of a process, its living descendants and its buried ones."""
    total = 0
    for one in (pid, *children_of(pid)):
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        total += sum(int(part) for part in fields[11 : 15 if one == pid else 13])
    return total / TICK


@dataclass(frozen=True)
class Drive:
    """What one run of the driver saw; `cpu_ms` is per good answer, of web processes and database together."""

    rate: float
    p50: float
    p95: float
    p99: float
    good: int
    statuses: dict[str, int]
    refusals: dict[str, int]
    cpu_ms: float
    web_ms: float
    database_ms: float
    driver_cpu: float


@dataclass
class Stage:
    services: Services
    port: int
    web: Child
    token: str
    skus: list[str]
    total: str
    customers: int
    figures: dict[str, Any] = field(default_factory=dict)

    def drive(self, *, path: str, clients: int, seconds: float, seed: int = 1, bare: bool = False, **more: Any) -> Drive:
        plan = {
            "port": self.port, "path": path, "clients": clients, "seconds": seconds, "seed": seed, "lines": 3,
            "headers": "" if bare else f"Authorization: Token {self.token}\r\n",
            "skus": list(range(1, 1001)) if bare else self.skus,
            "body": {} if bare else self.order_body(),
            "customers": 0 if bare else self.customers,
        } | more  # fmt: skip
        assert self.services.postgres is not None and self.services.postgres.child is not None  # noqa: PT018
        pids = (self.web.process.pid, self.services.postgres.child.process.pid)
        before = [cpu_seconds(pid) for pid in pids]
        done = subprocess.run(
            [PYTHON, "-m", "tests.benchmarks.driver"],
            input=json.dumps(plan),
            capture_output=True,
            text=True,
            check=False,
            cwd=PROJECT,
        )
        if done.returncode:
            raise SystemExit(f"The driver failed:\n{done.stderr}")
        spent = [cpu_seconds(pid) - earlier for pid, earlier in zip(pids, before, strict=True)]
        seen = json.loads(done.stdout)
        good = seen["good_ms"]
        share = 1000 / max(len(good), 1)

        def at(part: float) -> float:
            return good[min(int(len(good) * part), len(good) - 1)] if good else 0.0

        return Drive(
            rate=len(good) / seen["wall"], p50=at(0.5), p95=at(0.95), p99=at(0.99), good=len(good),
            statuses=seen["statuses"], refusals=seen["refusals"],
            cpu_ms=sum(spent) * share, web_ms=spent[0] * share, database_ms=spent[1] * share, driver_cpu=seen["driver_cpu"],
        )  # fmt: skip

    def order_body(self) -> dict[str, Any]:
        return {
            "channel": "bench",
            "ship_to": {
                "name": "김하늘",
                "phone": "010-0000-0001",
                "postal_code": "04524",
                "address": "서울 중구 세종대로 110",
            },
            "expected_total": self.total,
        }


@contextmanager
def opened(services: Services, world: dict[str, Any], *, web_processes: int = 2, **settings: str) -> Iterator[Stage]:
    """`world` is what `tests.benchmarks.world.build` made: the token, the SKUs and the total of an order."""
    port = free_port(8800)
    children = shop_processes(
        services, services.place, port, web_processes=web_processes,
        DJANGO_SETTINGS_MODULE="tests.benchmarks.settings", API_RATE_PER_TOKEN="100000000", API_RATE_PER_ADDRESS="100000000",
        LOG_LEVEL="WARNING", **settings,
    )  # fmt: skip
    try:
        wait_until_ready(children, f"http://127.0.0.1:{port}")
        # Deliveries and sweeps are the worker's, measured elsewhere; what a request costs is measured alone.
        stop_all(children[1:])
        yield Stage(services, port, children[0], world["token"], world["skus"], world["total"], world["customers"])
    finally:
        stop_all(children)


def machine() -> dict[str, Any]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        version = cursor.fetchone()
    return {
        "cpus": os.cpu_count(),
        "load": [round(one, 1) for one in os.getloadavg()],
        "postgresql": version and version[0],
        "python": sys.version.split()[0],
    }
