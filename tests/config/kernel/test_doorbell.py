"""A doorbell never keeps the one who rings waiting, whatever state the broker is in."""

import os
import signal
import time
from collections.abc import Iterator

import pytest
from celery import Celery

from config.kernel import doorbell
from config.local.place import fleeting
from config.local.redis import Redis


def celery_at(url: str) -> Celery:
    """The shop's Celery app at another broker."""
    app = Celery("elsewhere", set_as_current=False)
    app.config_from_object("django.conf:settings", namespace="CELERY")
    on_socket = url.startswith("unix://")
    app.conf.broker_url = f"redis+socket://{url.removeprefix('unix://')}?virtual_host=0" if on_socket else f"{url}/0"
    return app


@pytest.fixture
def redis_of_its_own(monkeypatch: pytest.MonkeyPatch) -> Iterator[Redis]:
    with fleeting() as place:
        redis = Redis(place)
        redis.start()
        monkeypatch.setattr(doorbell, "current_app", celery_at(redis.url))
        monkeypatch.setattr(doorbell, "_silent_until", 0.0)
        yield redis
        redis.stop()


def timed_ring() -> tuple[bool, float]:
    began = time.monotonic()
    return doorbell.ring("kernel.deliver_now"), time.monotonic() - began


@pytest.mark.parametrize("rung_before", [False, True])
def test_a_dead_broker_is_given_up_on_at_once(redis_of_its_own: Redis, rung_before: bool) -> None:
    if rung_before:
        assert doorbell.ring("kernel.deliver_now")
    redis_of_its_own.stop()

    rung, seconds = timed_ring()

    assert not rung
    # Celery's own patience costs six seconds here.
    assert seconds < 4


@pytest.mark.parametrize("rung_before", [False, True])
def test_a_frozen_broker_costs_half_a_second_and_the_next_caller_nothing(redis_of_its_own: Redis, rung_before: bool) -> None:
    assert redis_of_its_own.child is not None
    pid = redis_of_its_own.child.process.pid
    if rung_before:
        assert doorbell.ring("kernel.deliver_now")
    os.kill(pid, signal.SIGSTOP)
    try:
        first, second = timed_ring(), timed_ring()
    finally:
        os.kill(pid, signal.SIGCONT)

    assert not first[0]
    assert first[1] < 4
    assert not second[0]
    assert second[1] < 0.3, "less than another wait for the broker"


@pytest.mark.redis_server
def test_doorbells_ring_again_once_the_broker_is_back_and_the_silence_is_over(
    redis_of_its_own: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert doorbell.ring("kernel.deliver_now")
    redis_of_its_own.stop()
    assert not doorbell.ring("kernel.deliver_now")

    redis_of_its_own.start()

    assert not doorbell.ring("kernel.deliver_now")
    monkeypatch.setattr(doorbell, "_silent_until", 0.0)
    assert doorbell.ring("kernel.deliver_now")


def test_a_message_names_the_task_and_lands_in_its_queue(redis_of_its_own: Redis) -> None:
    import redis

    assert doorbell.ring("kernel.prune", kwargs={"a": 1}, task_id="some-run", queue="slow")

    client = redis.Redis.from_url(redis_of_its_own.url)
    assert client.llen("slow") == 1
    message = client.lindex("slow", 0).decode()
    assert '"task": "kernel.prune"' in message
    assert '"id": "some-run"' in message
    assert '"content-type": "application/json"' in message
    client.close()
