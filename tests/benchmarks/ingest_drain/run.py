"""Empties a Kafka topic of batches into rows, against COPY of the same rows; and once more with a drainer that is killed."""

import importlib.util
import io
import os
import random
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from django.db import connection, transaction
from django.test import override_settings

from analytics.behaviour.kinds import BUILT_IN
from analytics.behaviour.reading import Batch, Row
from analytics.behaviour.wire import Received, packed
from analytics.models import EventSource
from analytics.operations import event_months, event_sources
from config.kernel import clock
from config.local.demo import PYTHON
from config.local.place import PROJECT
from config.local.services import Services
from tests import kafka as cluster
from tests.benchmarks import stage, world

# The cluster that librdkafka brings keeps 5 MB of each of its four partitions.
ROUNDS, MESSAGES, EVENTS, AT_ONCE, KILLS = 3, 5_000, 20, 500, 4
TOPIC = "bench-events"
REPEATED = 0.03
# When what lies in the topic was told: some of it late.
SPAN = timedelta(hours=6)

_BARE = """
DROP TABLE IF EXISTS bench_event;
CREATE TABLE bench_event AS SELECT * FROM analytics_event LIMIT 0;
ALTER TABLE bench_event ADD PRIMARY KEY (id, client_at);
CREATE INDEX ON bench_event (occurred_at);
"""
_EMPTY = "TRUNCATE analytics_event, analytics_eventbatch, analytics_quarantinedevent, analytics_knownvisitor"
_KINDS = {one.name: one.number for one in BUILT_IN}


def run(services: Services, *, quick: bool) -> dict[str, Any]:
    if importlib.util.find_spec("confluent_kafka") is None:
        print("The library of the kafka extra is not here: pip install 'backoffice[kafka]'.")
        return {"skipped": "no confluent-kafka"}
    rounds, messages, kills = (1, 2_000, 1) if quick else (ROUNDS, MESSAGES, KILLS)
    world.furnish()
    skus = world.build()["skus"]
    at = clock.now()
    event_months.make(first=(at - SPAN).date(), last=at.date())
    source = event_sources.add(code="bench", name="bench", nature=EventSource.Nature.BROWSER, channel="web", at=at)
    drained, copied, own, served = [], [], [], []
    for number in range(rounds):
        with connection.cursor() as cursor:
            cursor.execute(_EMPTY)
        rate, own_ms, served_ms = _drained(services, _packed(source.pk, skus, at, messages + 1, seed=number)[0])
        drained.append(rate)
        own.append(own_ms)
        served.append(served_ms)
        copied.append(_copied())
    killed = _killed(services, source.pk, skus, at, messages, kills)
    figures = {
        "events_per_second": round(median(drained)),
        "copy_per_second": round(median(copied)),
        "of_copy": round(median(one / other for one, other in zip(drained, copied, strict=True)), 3),
        "of_copy_by_round": [round(one / other, 3) for one, other in zip(drained, copied, strict=True)],
        "drainer_cpu_us_per_event": round(median(own), 1),
        "database_cpu_us_per_event": round(median(served), 1),
        **killed,
    }
    print(
        f"{figures['events_per_second']} events/s, COPY of the same rows {figures['copy_per_second']}: {figures['of_copy']} "
        f"(first: >= 0.3, goal: >= 0.6); processor us of an event: {figures['drainer_cpu_us_per_event']} the drainer's, "
        f"{figures['database_cpu_us_per_event']} the database's\n"
        f"killed after {killed['stored_when_killed']} of {killed['sent']} events: lost {killed['lost']}, doubled "
        f"{killed['doubled']}; brought again by the topic, since their place was not noted: {killed['brought_again']}; at most "
        f"{killed['idle_seconds']} s from the next one's start until it stored"
    )
    return figures


def _packed(source: int, skus: list[str], at: datetime, messages: int, *, seed: int) -> tuple[list[bytes], set[str]]:
    """What the web processes publish: batches of one visitor each, kinds and SKUs as the shop front's script tells them."""
    dice = random.Random(seed)  # noqa: S311
    kinds = ("page_viewed", "product_viewed", "product_viewed", "dwelled", "product_added")
    properties = {
        "page_viewed": '{"path":"/cups/"}',
        "product_viewed": '{"in_stock":true}',
        "dwelled": '{"path":"/cups/","seconds":4}',
        "product_added": '{"quantity":1}',
    }
    ids: set[str] = set()
    found = []
    for _ in range(messages):
        told = at - timedelta(seconds=dice.randrange(int(SPAN.total_seconds())))
        rows = []
        for number in range(EVENTS):
            kind = kinds[number % len(kinds)]
            moment = told - timedelta(milliseconds=100 * number)
            # A version 7 UUID, as the shop front's script makes them.
            now = int(moment.timestamp() * 1000)
            name = uuid.UUID(int=(now << 80) | (7 << 76) | (dice.getrandbits(12) << 64) | (2 << 62) | dice.getrandbits(62))
            sku = dice.choice(skus) if kind.startswith("product") else None
            rows.append(Row(name, moment, moment, _KINDS[kind], sku, properties[kind]))
            ids.add(str(name))
        found.append(packed(Received(Batch(visitor=dice.getrandbits(40), rows=rows), source, 0, told + timedelta(seconds=1))))
    return found, ids


@contextmanager
def _topic(messages: list[bytes]) -> Iterator[str]:
    """The servers of a cluster whose topic holds these."""
    from confluent_kafka import Producer

    with cluster.cluster(TOPIC, f"{TOPIC}.unread") as servers:
        teller = Producer({"bootstrap.servers": servers, "acks": "all", "enable.idempotence": True, "compression.type": "lz4"})
        for message in messages:
            teller.produce(TOPIC, message)
            teller.poll(0)
        if teller.flush(60):
            raise SystemExit("The topic does not take what it is told.")
        yield servers


def _drained(services: Services, messages: list[bytes]) -> tuple[float, float, float]:
    """Events a second once it has begun, and processor microseconds of an event: the drainer's and the database's."""
    assert services.postgres is not None and services.postgres.child is not None  # noqa: PT018
    server = services.postgres.child.process.pid
    with _topic(messages) as servers, override_settings(KAFKA_SERVERS=servers, KAFKA_TOPIC=TOPIC):
        from analytics.transport import kafka

        drain = kafka.Drain()
        try:
            # Joining the group is no part of it; what comes first is.
            while not drain.once(at=clock.now(), most=1).messages:
                pass
            began, worked, before = time.perf_counter(), time.process_time(), stage.cpu_seconds(server)
            done = kafka.Drained()
            while done.messages < len(messages) - 1:
                found = drain.once(at=clock.now(), most=AT_ONCE, patience=30.0)
                if not found.messages:
                    raise SystemExit(f"Of {len(messages) - 1} messages {done.messages} came out of the topic.")
                done += found
            seconds, own = time.perf_counter() - began, time.process_time() - worked
            served = stage.cpu_seconds(server) - before
        finally:
            drain.close()
    return done.events / seconds, own / done.events * 1e6, served / done.events * 1e6


def _copied() -> float:
    """Rows a second of the limit: what was just stored, once more by COPY alone into a bare table with two indexes."""
    file = io.BytesIO()
    with connection.cursor() as cursor:
        with cursor.copy("COPY (SELECT * FROM analytics_event) TO STDOUT") as source:
            for block in source:
                file.write(block)
        cursor.execute(_BARE)
        file.seek(0)
        began = time.perf_counter()
        with transaction.atomic():
            with cursor.copy("COPY bench_event FROM STDIN") as target:
                while block := file.read(1 << 20):
                    target.write(block)
            rows = cursor.rowcount
        return rows / (time.perf_counter() - began)


def _killed(services: Services, source: int, skus: list[str], at: datetime, messages: int, kills: int) -> dict[str, Any]:
    """The command, killed again and again and started anew; some messages lie in the topic twice. It is killed in turn while
    its statement runs and in the moment in which a transaction of it is over, before it can note its place.
    """
    with connection.cursor() as cursor:
        cursor.execute(_EMPTY)
    told, sent = _packed(source, skus, at, messages, seed=99)
    dice = random.Random(99)  # noqa: S311
    repeated = [one for one in told if dice.random() < REPEATED]
    killed_at, idle = [], []
    with _topic([*told, *repeated]) as servers:
        for number in range(kills + 1):
            began, before = time.perf_counter(), _stored()
            with _drainer(services, servers, most=AT_ONCE if number == kills else AT_ONCE // 10) as drainer:
                if number:
                    while drainer.poll() is None and _stored() == before:
                        time.sleep(0.02)
                    idle.append(time.perf_counter() - began)
                if number < kills:
                    _wait_for(drainer, len(sent) * (number + 1) // (kills + 2), in_statement=number % 2 == 0)
                    drainer.send_signal(signal.SIGKILL)
                    killed_at.append(_stored())
                words, _nothing = drainer.communicate(timeout=300)
        if drainer.returncode:
            raise SystemExit(f"The drainer failed: {words}")
    with connection.cursor() as cursor:
        cursor.execute("SELECT id::text FROM analytics_event")
        rows = [name for (name,) in cursor.fetchall()]
        cursor.execute("SELECT coalesce(sum(stored), 0), coalesce(sum(doubled), 0) FROM analytics_eventbatch")
        stored, again = map(int, cursor.fetchone())
    if stored != len(rows):
        raise SystemExit(f"Batches say that {stored} events were stored, and {len(rows)} lie there.")
    return {
        "sent": len(sent),
        "stored_when_killed": killed_at,
        "lost": len(sent - set(rows)),
        "doubled": len(rows) - len(set(rows)),
        "repeated_on_purpose": len(repeated) * EVENTS,
        "brought_again": again - len(repeated) * EVENTS,
        "idle_seconds": round(max(idle), 1),
    }


def _wait_for(drainer: "subprocess.Popen[str]", stored: int, *, in_statement: bool) -> None:
    """Returns once so many are stored, and a statement of the drainer runs, or another transaction of it has just ended."""
    while (so_far := _stored()) < stored:
        if drainer.poll() is not None:
            raise SystemExit(f"The drainer stopped: {drainer.communicate()[0]}")
        time.sleep(0.005)
    while drainer.poll() is None and not (_runs() if in_statement else _stored() > so_far):
        pass


def _runs() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND state = 'active' "
            "AND query LIKE '%WITH batch AS%unnest%')"
        )
        return bool(cursor.fetchone()[0])


@contextmanager
def _drainer(services: Services, servers: str, *, most: int) -> "Iterator[subprocess.Popen[str]]":
    environment = {"EVENTS_TRANSPORT": "kafka", "KAFKA_SERVERS": servers, "KAFKA_TOPIC": TOPIC, "LOG_LEVEL": "WARNING"}
    drainer = subprocess.Popen(
        [str(PYTHON), "manage.py", "drain_events", "--until-empty", "--most", str(most)],
        cwd=PROJECT,
        env=os.environ | services.environment() | {"DJANGO_SETTINGS_MODULE": "config.settings"} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield drainer
    finally:
        drainer.kill()
        drainer.communicate()


def _stored() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(sum(stored), 0) FROM analytics_eventbatch")
        return int(cursor.fetchone()[0])
