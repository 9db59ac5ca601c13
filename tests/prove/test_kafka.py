"""Events by way of Kafka: what was acknowledged is stored once, whatever dies on the way."""

import json
import os
import random
import signal
import subprocess
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from analytics.behaviour.reading import MOST_EVENTS, Batch, Kinds, Row, read
from analytics.behaviour.wire import Received, packed
from config.kernel.parsing import MOST_BYTES
from config.kernel.waits import Unavailable
from config.local.demo import PYTHON
from config.local.place import PROJECT, fleeting
from config.local.services import Services, started
from tests import kafka

confluent_kafka = pytest.importorskip("confluent_kafka", reason="needs the packages of `make prove`")

pytestmark = pytest.mark.prove

TOPIC = "shop-events"
NONSENSE = (b"", b"{}", b"\xff\xfe", b'{"version":9}')
MESSAGES, EVENTS, KILLS = int(os.environ.get("MESSAGES", "20000")), 20, 8

_FURNISH = """
import django; django.setup()
from django.core.management import call_command
from analytics.models import EventSource
from analytics.operations import event_months, event_sources
from config.kernel import clock
call_command("prepare", app_role="shop_app", verbosity=0)
at = clock.now()
event_months.keep(at=at)
print(event_sources.add(code="front", name="front", nature=EventSource.Nature.BROWSER, channel="web", at=at).pk)
"""


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    with fleeting() as place, started(place, durable=True) as running:
        yield running


def run(services: Services, *command: str, owner: bool = False, **environment: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        command,
        cwd=PROJECT,
        env=os.environ | services.environment(owner=owner) | {"LOG_LEVEL": "WARNING"} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_a_drainer_that_is_killed_again_and_again_loses_and_doubles_nothing(services: Services) -> None:
    furnishing = run(services, str(PYTHON), "-c", _FURNISH, owner=True, DJANGO_SETTINGS_MODULE="config.settings")
    told, _nothing = furnishing.communicate(timeout=300)
    assert furnishing.returncode == 0, told
    source = int(told.split()[-1])
    dice, now = random.Random(5), datetime.now(UTC).replace(microsecond=0)  # noqa: S311
    sent: set[UUID] = set()
    owner = services.environment(owner=True)["DATABASE_URL"]
    with kafka.cluster(TOPIC, f"{TOPIC}.unread") as servers, psycopg.connect(owner, autocommit=True) as database:
        teller = confluent_kafka.Producer(
            {"bootstrap.servers": servers, "acks": "all", "enable.idempotence": True, "compression.type": "lz4"}
        )

        def tell(number: int) -> None:
            at = now - timedelta(seconds=dice.randrange(100_000))
            rows = [Row(UUID(int=dice.getrandbits(128)), at, at, 1, None, '{"path":"/"}') for _ in range(EVENTS)]
            sent.update(row.id for row in rows)
            message = packed(Received(Batch(visitor=number % 500, rows=rows), source, 0, at))
            # Some come twice, as after an acknowledgement that was lost on its way.
            for _ in range(1 + (dice.random() < 0.03)):
                teller.produce(TOPIC, message)
            teller.poll(0)

        def stored() -> int:
            (row,) = database.execute("SELECT coalesce(sum(stored), 0) FROM analytics_eventbatch").fetchall()
            return int(row[0])

        environment = {"EVENTS_TRANSPORT": "kafka", "KAFKA_SERVERS": servers, "KAFKA_TOPIC": TOPIC}
        drain = [str(PYTHON), "manage.py", "drain_events", "--until-empty"]
        killed_at = []
        for kill in range(KILLS + 1):
            # A part of it for each drainer: the cluster keeps the latest 5 MB of each of its four partitions and no more.
            for number in range(MESSAGES * kill // (KILLS + 1), MESSAGES * (kill + 1) // (KILLS + 1)):
                tell(number)
            for nonsense in NONSENSE if kill == 0 else ():
                teller.produce(TOPIC, nonsense)
            assert teller.flush(60) == 0
            if kill == KILLS:
                break
            # It dies at work, not while it waits for its partitions, which takes until the dead one is given up.
            before, wanted = stored(), dice.randrange(1, MESSAGES * EVENTS // (KILLS + 1))
            drainer = run(services, *drain, "--most", "100", **environment)
            deadline = time.monotonic() + 120
            while drainer.poll() is None and stored() < before + wanted:
                assert time.monotonic() < deadline, "The drainer does not store."
                time.sleep(dice.uniform(0.0, 0.05))
            drainer.send_signal(signal.SIGKILL)
            drainer.communicate()
            killed_at.append(stored())
        drainer = run(services, *drain, **environment)
        told, _nothing = drainer.communicate(timeout=600)
        assert drainer.returncode == 0, told
        print(told)

        leftovers = confluent_kafka.Consumer(
            {"bootstrap.servers": servers, "group.id": "look", "auto.offset.reset": "earliest"}
        )
        leftovers.subscribe([f"{TOPIC}.unread"])
        found: list[bytes] = []
        deadline = time.monotonic() + 30
        while len(set(found)) < len(NONSENSE) and time.monotonic() < deadline:
            found += [one.value() or b"" for one in leftovers.consume(100, 1.0) if one.error() is None]
        leftovers.close()

        rows = [name for (name,) in database.execute("SELECT id FROM analytics_event")]
        counted = database.execute("SELECT sum(stored), sum(doubled) FROM analytics_eventbatch").fetchone()
    assert counted is not None
    print(f"{len(sent)} events sent, {len(rows)} stored, {counted[1]} came again, killed {KILLS} times, at {killed_at}")
    assert set(found) == set(NONSENSE)
    assert (set(rows), len(rows), counted[0]) == (sent, len(sent), len(sent))


@pytest.fixture
def teller(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    from analytics.transport import kafka as transport

    with kafka.cluster(TOPIC) as servers:
        settings.KAFKA_SERVERS, settings.KAFKA_TOPIC = servers, TOPIC
        monkeypatch.setattr(transport, "_producer", None)
        yield transport


def test_the_largest_batch_of_events_kept_apart_goes_through(teller: Any) -> None:
    now = datetime.now(UTC)
    # Each sign of theirs is sent and kept as two, and as four in the message.
    events = ['"' * (990) for _ in range(MOST_EVENTS)]
    body = {"events": events}
    assert len(json.dumps(body)) < MOST_BYTES
    message = packed(Received(read(body, kinds=Kinds({}, {}), received_at=now), 1, 0, now))
    assert 1_000_000 < len(message) < teller.LARGEST
    teller.publish(message)


def test_a_message_nobody_takes_is_refused_for_good(teller: Any) -> None:
    with pytest.raises(teller.TooLarge):
        teller.publish(b"x" * (teller.LARGEST + 1))


def test_any_other_trouble_of_kafka_is_told_to_pass(teller: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing:
        def produce(self, *args: Any, **more: Any) -> None:
            raise confluent_kafka.KafkaException(confluent_kafka.KafkaError(confluent_kafka.KafkaError._FATAL))

    monkeypatch.setattr(teller, "_producer", Failing())
    with pytest.raises(Unavailable):
        teller.publish(b"x")
