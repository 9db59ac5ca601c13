"""Tells batches of events at the real endpoint, against the same view that stores nothing and one process that only inserts."""

import time
import uuid
from datetime import UTC, datetime
from statistics import median
from typing import Any

from django.db import connection

from analytics.models import EventSource
from analytics.operations import event_months, event_sources
from config.kernel import clock
from config.local.services import Services
from tests.benchmarks import stage, world

ROUNDS, SECONDS, CLIENTS, EVENTS = 3, 5.0, 8, 20
AT_ONCE = 500

_LIMIT = """
DROP TABLE IF EXISTS bench_event;
CREATE TABLE bench_event (id uuid PRIMARY KEY, at timestamptz NOT NULL, kind smallint NOT NULL, visitor bigint NOT NULL,
    properties jsonb);
CREATE INDEX ON bench_event (at);
CREATE INDEX ON bench_event (visitor, at);
"""
_INSERT = """
INSERT INTO bench_event
SELECT * FROM unnest(%s::uuid[], %s::timestamptz[], %s::smallint[], %s::bigint[], %s::text[]::jsonb[])
"""


def run(services: Services, *, quick: bool) -> dict[str, Any]:
    rounds, seconds = (1, 2.0) if quick else (ROUNDS, SECONDS)
    world.furnish()
    made = world.build()
    at = clock.now()
    event_months.make(first=at.date(), last=at.date())
    source = event_sources.add(
        code="bench", name="bench", nature=EventSource.Nature.BROWSER, channel="web", at=at, requests_a_minute=100_000_000
    )
    with connection.cursor() as cursor:
        cursor.execute(_LIMIT)
    away, ours, limit = [], [], []
    agent = "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/131.0 Safari/537.36\r\n"
    with stage.opened(
        services, made, EVENTS_RATE_PER_ADDRESS="100000000", EVENTS_PER_ADDRESS="100000000", EVENTS_PER_SOURCE="100000000"
    ) as shop:

        def drive(path: str, number: int) -> stage.Drive:
            given = {"events": EVENTS, "skus": shop.skus, "headers": agent}
            return shop.drive(path=f"{path}?key={source.key}", clients=CLIENTS, seconds=seconds, seed=number, **given)

        for path in ("/api/v1/thrown-away/", "/api/v1/events/"):
            warm = drive(path, 99)
            if warm.refusals:
                raise SystemExit(f"{path} refuses: {warm.refusals}")
        for number in range(rounds):
            away.append(drive("/api/v1/thrown-away/", number))
            ours.append(drive("/api/v1/events/", number))
            limit.append(_inserted(seconds))
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM analytics_event")
        stored = cursor.fetchone()[0]
        cursor.execute("SELECT sum(stored) FROM analytics_eventbatch")
        acknowledged = cursor.fetchone()[0]
    rate, thrown = median(one.rate for one in ours), median(one.rate for one in away)
    figures = {
        "requests_per_second": round(rate, 1),
        "thrown_away_per_second": round(thrown, 1),
        "of_thrown_away": round(median(one.rate / other.rate for one, other in zip(ours, away, strict=True)), 3),
        "events_per_second": round(rate * EVENTS),
        "one_process_unnest_per_second": round(median(limit)),
        "of_unnest": round(rate * EVENTS / median(limit), 3),
        "cpu_ms_per_request": round(median(one.cpu_ms for one in ours), 2),
        "web_database_ms": [round(median(getattr(one, name) for one in ours), 2) for name in ("web_ms", "database_ms")],
        "p50_p95_p99_ms": [round(median(getattr(one, name) for one in ours), 1) for name in ("p50", "p95", "p99")],
        "stored": stored,
        "lost_or_doubled": stored - acknowledged,
    }
    print(
        f"{figures['requests_per_second']} requests/s against {figures['thrown_away_per_second']} thrown away: "
        f"{figures['of_thrown_away']} (first: >= 0.4, goal: >= 0.7); {figures['events_per_second']} events/s, "
        f"{figures['of_unnest']} of one process that only inserts; lost or doubled: {figures['lost_or_doubled']}"
    )
    return figures


def _inserted(seconds: float) -> float:
    """Events a second of one process that makes 500 of them and inserts them at once, with two indexes beside the key."""
    began, count = time.perf_counter(), 0
    with connection.cursor() as cursor:
        while time.perf_counter() - began < seconds:
            now = datetime.now(UTC)
            cursor.execute(
                _INSERT,
                [
                    [uuid.uuid4() for _ in range(AT_ONCE)],
                    [now] * AT_ONCE,
                    [2] * AT_ONCE,
                    [count + number for number in range(AT_ONCE)],
                    ['{"in_stock": true}'] * AT_ONCE,
                ],
            )
            count += AT_ONCE
    return count / (time.perf_counter() - began)
