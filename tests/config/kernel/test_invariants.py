"""The checker finds an empty shop in order, and each broken promise by its number."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, connections

from config.kernel import clock, invariants, promises, tasks
from config.kernel.invariants import Violation
from config.kernel.models import IdempotencyKey, JobRun, OutboxDelivery, OutboxEvent, User

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
LATE = promises.OVERDUE + timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def found() -> list[Violation]:
    return invariants.check_all(at=NOW)


def checked(*arguments: str) -> tuple[int, str]:
    """The exit code and the words of the command."""
    out = StringIO()
    try:
        call_command("check_invariants", *arguments, stdout=out)
    except SystemExit as end:
        return int(str(end.code)), out.getvalue()
    return 0, out.getvalue()


def a_key(**values: Any) -> IdempotencyKey:
    actor = User.objects.create_user("storefront", is_service=True)
    return IdempotencyKey.objects.create(actor=actor, route="POST /", key="k", body_hash="", created_at=NOW, **values)


def a_delivery(due: datetime, state: str = OutboxDelivery.State.PENDING) -> OutboxDelivery:
    event = OutboxEvent.objects.create(topic="t", payload={}, recorded_at=NOW)
    return OutboxDelivery.objects.create(event=event, subscriber="s", state=state, next_attempt_at=due)


def a_run(state: str, since: datetime, name: str = "kernel.prune") -> JobRun:
    return JobRun.objects.create(task_id="r", name=name, state=state, asked_at=since, started_at=since)


def test_an_empty_shop_keeps_its_promises() -> None:
    code, said = checked("--json")

    assert code == 0
    answer = json.loads(said)
    assert answer["violations"] == []
    assert {"I7", "I9", "I11", "I15"} <= set(answer["checked"])


def test_i7_an_answer_that_was_never_stored_is_reported() -> None:
    a_key(status_code=201, answer=b"{}")
    assert found() == []

    IdempotencyKey.objects.update(status_code=None)

    assert [one.invariant for one in found()] == ["I7"]


def test_i9_an_event_that_nobody_delivers_is_reported() -> None:
    delivery = a_delivery(NOW - promises.OVERDUE)
    assert found() == []

    OutboxDelivery.objects.update(next_attempt_at=NOW - LATE)

    assert [(one.invariant, one.subject) for one in found()] == [("I9", str(delivery))]


def test_i9_a_parked_event_waits_for_a_person_and_is_no_violation() -> None:
    a_delivery(NOW - timedelta(days=9), OutboxDelivery.State.PARKED)

    assert found() == []


def test_i11_a_request_that_no_worker_takes_is_reported() -> None:
    a_run(JobRun.State.REQUESTED, NOW - promises.OVERDUE)
    assert found() == []

    JobRun.objects.update(asked_at=NOW - LATE)

    assert [one.invariant for one in found()] == ["I11"]


@pytest.mark.parametrize(("name", "limit"), [("kernel.prune", timedelta(seconds=900)), ("gone.job", promises.OVERDUE)])
def test_i11_a_run_that_outlives_its_limit_is_reported(name: str, limit: timedelta) -> None:
    a_run(JobRun.State.RUNNING, NOW - limit - promises.OVERDUE, name)
    assert found() == []

    JobRun.objects.update(started_at=NOW - limit - LATE)

    assert [one.invariant for one in found()] == ["I11"]


@pytest.fixture
def an_idle_transaction() -> Iterator[int]:
    """Another session that began something and went away; its process id in the server."""
    pids: list[int] = []
    begun, ended = threading.Event(), threading.Event()

    def idle() -> None:
        own = connections.create_connection("default")
        try:
            with own.cursor() as cursor:
                cursor.execute("BEGIN")
                cursor.execute("SELECT pg_backend_pid()")
                pids.append(cursor.fetchone()[0])
            begun.set()
            ended.wait(20)
        finally:
            own.close()

    thread = threading.Thread(target=idle)
    thread.start()
    assert begun.wait(20)
    yield pids[0]
    ended.set()
    thread.join()


def test_i15_a_session_that_idles_in_a_transaction_is_reported(
    an_idle_transaction: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert found() == [], "it has not idled for long"

    monkeypatch.setattr(promises, "LINGERING", timedelta(seconds=-60))

    assert [(one.invariant, one.subject) for one in found()] == [("I15", f"session {an_idle_transaction}")]


def test_i15_a_prepared_transaction_left_behind_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    # The servers of tests and demo allow none, so the catalogue is played.
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY VIEW pg_prepared_xacts AS SELECT 'left' AS gid, current_database() AS database")
        cursor.execute("SET LOCAL search_path = pg_temp, pg_catalog, public")

    assert found() == [Violation("I15", "prepared transaction left", "left behind")]


def test_the_command_lists_what_is_broken_and_exits_with_1() -> None:
    a_key()

    code, said = checked()

    assert code == 1
    assert "I7  idempotency key" in said
    assert "1 violations." in said


def test_the_command_answers_in_json_too() -> None:
    a_key()

    code, said = checked("--json")

    assert code == 1
    [violation] = json.loads(said)["violations"]
    assert set(violation) == {"invariant", "subject", "detail"}
    assert violation["invariant"] == "I7"


def test_a_check_reports_no_more_than_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(at: datetime) -> Iterator[Violation]:
        while True:
            yield Violation("I1", "shelf", "again")

    monkeypatch.setattr(invariants, "_checks", [("I1", endless), ("I10", endless), ("I2", endless)])

    assert len(invariants.check_all(at=NOW, most=7)) == 21
    assert invariants.declared() == ["I1", "I2", "I10"]


def test_the_nightly_audit_fails_with_the_first_broken_promises() -> None:
    a_key()

    with pytest.raises(tasks.PromiseBroken, match="I7 idempotency key"):
        tasks.jobs.known()["kernel.audit_invariants"].body(at=NOW)
