"""Whether the shop is ready is told by the name of each part, and by nothing more."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from django.utils.translation import override

from config.kernel import clock, health
from config.kernel.models import JobRun, OutboxDelivery, OutboxEvent
from tests.probe.together import together


@pytest.fixture
def pulse(db: None) -> JobRun:
    now = clock.now()
    return JobRun.objects.create(
        task_id="pulse", name=health.PULSE, state=JobRun.State.SUCCEEDED, asked_at=now, finished_at=now - timedelta(seconds=70)
    )


def readyz() -> tuple[int, dict[str, str]]:
    answer = Client().get("/readyz")
    assert answer["Content-Type"] == "application/json"
    return answer.status_code, answer.json()


def fail(*args: Any, **options: Any) -> Any:
    raise DatabaseError("password=hunter2 host=192.0.2.7")


def test_healthz_answers_without_asking_anybody() -> None:
    # No database fixture: a query would fail this test.
    answer = Client().get("/healthz")

    assert (answer.status_code, answer.content) == (200, b"ok")


@pytest.mark.usefixtures("pulse")
def test_a_shop_whose_parts_all_work_is_ready() -> None:
    assert readyz() == (200, {"database": "ok", "migrations": "ok", "redis": "ok", "worker": "ok"})


@pytest.mark.usefixtures("pulse")
def test_without_a_database_nothing_else_is_asked_and_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as away:
        away.setattr(connection, "cursor", fail)
        answer = Client().get("/readyz")

    assert (answer.status_code, answer.json()) == (503, {"database": "failing"})
    assert b"hunter2" not in answer.content


@pytest.mark.usefixtures("pulse")
def test_a_waiting_migration_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MigrationExecutor, "migration_plan", lambda self, targets: [("kernel.0099", False)])

    assert readyz() == (503, {"database": "ok", "migrations": "failing", "redis": "ok", "worker": "ok"})


def dead_redis(*args: Any, **options: Any) -> None:
    raise ConnectionError("unix:///run/redis.sock")


def forgetful_redis(*args: Any, **options: Any) -> None:
    return None


@pytest.mark.usefixtures("pulse")
@pytest.mark.parametrize(("method", "how"), [("set", dead_redis), ("get", dead_redis), ("get", forgetful_redis)])
def test_a_redis_that_is_away_or_forgets_shows(monkeypatch: pytest.MonkeyPatch, method: str, how: Callable[..., None]) -> None:
    monkeypatch.setattr(cache, method, how)

    assert readyz() == (503, {"database": "ok", "migrations": "ok", "redis": "failing", "worker": "ok"})


@pytest.mark.parametrize(
    "changes",
    [
        {"finished_at": None},
        {"state": JobRun.State.FAILED},
        {"name": "kernel.prune"},
        {"age": health.PULSE_AGE + timedelta(seconds=1)},
    ],
)
def test_a_worker_that_has_not_finished_a_pulse_lately_shows(pulse: JobRun, changes: dict[str, Any]) -> None:
    age = changes.pop("age", None)
    JobRun.objects.update(**(changes if age is None else {"finished_at": clock.now() - age}))

    assert readyz() == (503, {"database": "ok", "migrations": "ok", "redis": "ok", "worker": "failing"})


@pytest.fixture
def monotonic(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that have passed."""
    passed = [1000.0]
    monkeypatch.setattr(health, "time", SimpleNamespace(monotonic=lambda: passed[0]))
    return passed


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """Each time the parts themselves were asked."""
    asked: list[datetime] = []
    ask = health._ask
    monkeypatch.setattr(health, "_ask", lambda at: asked.append(at) or ask(at))  # type: ignore[func-returns-value]
    return asked


@pytest.mark.usefixtures("pulse")
def test_whoever_asks_again_within_two_seconds_gets_the_same_answer(monotonic: list[float], asked: list[datetime]) -> None:
    for seconds, times in ((0, 1), (1.9, 1), (0.2, 2)):
        monotonic[0] += seconds
        assert readyz()[0] == 200
        assert len(asked) == times


def test_a_shop_that_has_just_become_ready_is_seen_within_half_a_second(
    db: None, monotonic: list[float], asked: list[datetime], request: pytest.FixtureRequest
) -> None:
    JobRun.objects.filter(name=health.PULSE).delete()
    assert readyz()[0] == 503
    request.getfixturevalue("pulse")

    monotonic[0] += 0.4
    assert readyz()[0] == 503
    monotonic[0] += 0.2
    assert readyz()[0] == 200
    assert len(asked) == 2


def test_many_who_ask_at_once_share_one_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def ask(at: datetime) -> list[health.Part]:
        asked.append(1)
        time.sleep(0.05)
        return [health.Part("database", "", True)]

    monkeypatch.setattr(health, "_ask", ask)
    together(8, lambda _: health.report(at=clock.now()))

    assert len(asked) == 1


@pytest.mark.usefixtures("pulse")
def test_a_kept_answer_speaks_the_language_of_whoever_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MigrationExecutor, "migration_plan", lambda self, targets: [("kernel.0099", False)] * 3)
    said = {}
    for language in ("en", "ko"):
        with override(language):
            [detail] = [part.detail for part in health.report(at=clock.now()) if part.code == "migrations"]
            said[language] = str(detail)

    assert said["en"] == "3 waiting"
    assert "3" in said["ko"]
    assert said["ko"] != said["en"]


@pytest.mark.usefixtures("pulse")
def test_staff_are_told_more(at: Any) -> None:
    parts = {part.code: part for part in health.report(at=clock.now())}

    assert str(parts["database"].detail).startswith("PostgreSQL ")
    assert all(str(part.title) for part in parts.values())


@pytest.mark.django_db
def test_the_backlog_counts_what_waits_for_a_worker_or_a_person(at: Any) -> None:
    before = health.backlog(at=at)
    event = OutboxEvent.objects.create(topic="t", payload={}, recorded_at=at)
    state = OutboxDelivery.State
    for number, (how, due) in enumerate(
        [(state.PENDING, at), (state.PENDING, at + timedelta(hours=1)), (state.PARKED, at), (state.PARKED, at)]
    ):
        OutboxDelivery.objects.create(event=event, subscriber=f"s{number}", state=how, next_attempt_at=due)
    for number, (run, age) in enumerate(
        [(JobRun.State.FAILED, 1), (JobRun.State.LOST, 23), (JobRun.State.FAILED, 25), (JobRun.State.SUCCEEDED, 1)]
    ):
        ended = at - timedelta(hours=age)
        JobRun.objects.create(task_id=f"r{number}", name="kernel.prune", state=run, asked_at=ended, finished_at=ended)

    after = health.backlog(at=at)

    assert (after.pending - before.pending, after.parked - before.parked, after.failed - before.failed) == (1, 2, 2)
    assert after.scheduled >= 4
