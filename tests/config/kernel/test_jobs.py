"""A run is asked for, rung for, recorded, and ends in a state that says what became of it."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from celery import current_app
from django.db import connection
from pytest_django import DjangoCaptureOnCommitCallbacks as Commits

from config.kernel import doorbell, jobs
from config.kernel.admin.job_runs import RunNowForm
from config.kernel.errors import Missing
from config.kernel.jobs import Done, Incomplete, Job
from config.kernel.models import JobRun, User
from tests.probe import tasks as probe

pytestmark = pytest.mark.django_db
State = JobRun.State
Ring = tuple[str, dict[str, Any]]


@pytest.fixture(autouse=True)
def rung(monkeypatch: pytest.MonkeyPatch) -> list[Ring]:
    rung: list[Ring] = []
    monkeypatch.setattr(doorbell, "ring", lambda task, **options: rung.append((task, options)))
    return rung


@pytest.fixture
def count_shelves(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Declares the job tests.count_shelves; the list fills with the arguments of each time its body runs."""
    done: list[dict[str, Any]] = []

    def body(*, at: datetime, shelves: int = 1, fail: str = "") -> Done:
        done.append({"shelves": shelves})
        if fail:
            raise RuntimeError(fail)
        return Done(rows=shelves, summary={"counted": shelves})

    job = Job("tests.count_shelves", "Count the shelves", "slow", 90, body)
    jobs.known()
    monkeypatch.setitem(jobs._jobs, job.name, job)
    return done


def perform(task_id: str, *, redelivered: bool = False, **arguments: Any) -> dict[str, Any]:
    return jobs._perform(jobs.known()["tests.count_shelves"], task_id, arguments, redelivered=redelivered)


def a_run(**values: Any) -> JobRun:
    given: dict[str, Any] = {"task_id": f"run-{JobRun.objects.count()}", "name": "tests.count_shelves"} | values
    return JobRun.objects.create(**given)


@pytest.mark.usefixtures("count_shelves")
class TestAsking:
    def test_a_request_is_kept_as_a_row_and_rung_for_after_the_commit(
        self, at: datetime, rung: list[Ring], django_capture_on_commit_callbacks: Commits
    ) -> None:
        clerk = User.objects.create_user("clerk")

        with django_capture_on_commit_callbacks(execute=True):
            run = jobs.request(name="tests.count_shelves", arguments={"shelves": 2}, actor=clerk, at=at)
            assert rung == []

        run.refresh_from_db()
        assert (run.state, run.asked_by, run.asked_at, run.arguments) == (State.REQUESTED, clerk, at, {"shelves": 2})
        assert rung == [("tests.count_shelves", {"kwargs": {"shelves": 2}, "task_id": run.task_id, "queue": "slow"})]

    def test_a_job_nobody_declared_cannot_be_asked_for(self, at: datetime) -> None:
        with pytest.raises(Missing) as refusal:
            jobs.request(name="tests.fly_to_the_moon", actor=None, at=at)

        assert (refusal.value.status, refusal.value.details) == (404, {"job": "tests.fly_to_the_moon"})
        assert not JobRun.objects.exists()

    def test_a_job_that_belongs_to_something_is_not_asked_for_by_itself(self, at: datetime) -> None:
        with pytest.raises(Incomplete) as refusal:
            jobs.request(name="orders.import_history", actor=None, at=at)

        assert refusal.value.details == {"job": "orders.import_history", "missing": ["run"]}
        assert not JobRun.objects.exists()
        offered = {name for name, _title in RunNowForm().fields["job"].choices}  # type: ignore[attr-defined]
        assert {"orders.tidy_imports", "tests.count_shelves"} <= offered
        assert "orders.import_history" not in offered


@pytest.mark.usefixtures("count_shelves")
class TestRunning:
    def test_a_run_records_what_it_did(self, at: datetime) -> None:
        run = a_run(asked_at=at)

        assert perform(run.task_id, shelves=3) == {"rows": 3, "counted": 3}

        run.refresh_from_db()
        assert (run.state, run.attempts, run.rows, run.summary) == (State.SUCCEEDED, 1, 3, {"counted": 3})
        assert run.started_at is not None
        assert run.finished_at is not None
        assert run.seconds is not None

    def test_a_run_that_the_schedule_asked_for_gets_its_row_from_the_worker(self) -> None:
        probe.work.apply(kwargs={"rows": 4}, task_id="from-beat").get()

        run = JobRun.objects.get(task_id="from-beat")
        assert (run.name, run.state, run.rows, run.asked_by) == ("probe.work", State.SUCCEEDED, 4, None)

    def test_a_repeated_doorbell_begins_the_run_that_it_names(self, at: datetime) -> None:
        run = a_run(name="probe.work", asked_at=at)

        probe.work.apply(kwargs={"rows": 4}, headers={"run": run.task_id}, task_id="a-doorbell").get()

        run.refresh_from_db()
        assert (run.state, run.rows) == (State.SUCCEEDED, 4)
        assert JobRun.objects.count() == 1

    def test_a_twin_of_a_finished_or_running_message_is_skipped(self, at: datetime, count_shelves: list[Any]) -> None:
        for state in (State.SUCCEEDED, State.FAILED, State.RUNNING):
            run = a_run(asked_at=at, state=state, attempts=1)

            assert "skipped" in perform(run.task_id)

            run.refresh_from_db()
            assert (run.state, run.attempts) == (state, 1)
        assert count_shelves == []

    def test_a_message_handed_out_again_because_its_worker_died_is_run_again(self, at: datetime) -> None:
        run = a_run(asked_at=at, state=State.RUNNING, started_at=at, attempts=1)

        perform(run.task_id, redelivered=True)

        run.refresh_from_db()
        assert (run.state, run.attempts) == (State.SUCCEEDED, 2)

    def test_a_finished_run_is_not_repeated_even_when_its_message_comes_again(
        self, at: datetime, count_shelves: list[Any]
    ) -> None:
        run = a_run(asked_at=at, state=State.SUCCEEDED)

        perform(run.task_id, redelivered=True)

        assert count_shelves == []

    def test_a_run_given_up_as_lost_may_still_be_done_and_then_shows_no_error(self, at: datetime) -> None:
        run = a_run(asked_at=at, state=State.LOST, attempts=1, finished_at=at, error="The worker died.")

        perform(run.task_id)

        run.refresh_from_db()
        assert (run.state, run.error, run.attempts) == (State.SUCCEEDED, "", 2)
        assert run.finished_at is not None
        assert run.finished_at > at

    def test_a_run_that_keeps_killing_its_worker_is_closed(self, at: datetime, count_shelves: list[Any]) -> None:
        run = a_run(asked_at=at, state=State.RUNNING, started_at=at, attempts=jobs.MOST_ATTEMPTS)

        assert "skipped" in perform(run.task_id, redelivered=True)

        run.refresh_from_db()
        assert (run.state, run.attempts) == (State.FAILED, jobs.MOST_ATTEMPTS)
        assert "died" in run.error
        assert run.finished_at is not None
        assert count_shelves == []

    def test_a_failure_is_recorded_and_raised(self, at: datetime) -> None:
        run = a_run(asked_at=at)

        with pytest.raises(RuntimeError, match="shelf 7 fell down"):
            perform(run.task_id, fail="shelf 7 fell down")

        run.refresh_from_db()
        assert (run.state, run.error) == (State.FAILED, "RuntimeError: shelf 7 fell down")
        assert run.finished_at is not None

    def test_the_text_of_a_failure_is_bounded(self, at: datetime) -> None:
        run = a_run(asked_at=at)

        with pytest.raises(RuntimeError):
            perform(run.task_id, fail="x" * 1_000_000)

        run.refresh_from_db()
        assert len(run.error) == 4000

    def test_no_statement_outlives_the_time_limit_of_its_job(self, at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
        limits: list[str] = []

        def body(*, at: datetime) -> Done:
            with connection.cursor() as cursor:
                cursor.execute("SHOW statement_timeout")
                limits.append(cursor.fetchone()[0])
            return Done()

        monkeypatch.setitem(jobs._jobs, "tests.count_shelves", Job("tests.count_shelves", "", "slow", 90, body))
        perform(a_run(asked_at=at).task_id)

        assert limits == ["90s"]


@pytest.mark.usefixtures("count_shelves")
class TestSweeping:
    def test_a_request_no_worker_took_is_rung_for_again(self, at: datetime, rung: list[Ring]) -> None:
        overdue = a_run(asked_at=at - jobs.PATIENCE - timedelta(seconds=1), arguments={"shelves": 5})
        a_run(asked_at=at - jobs.PATIENCE)

        done = jobs.sweep(at=at)

        [(name, options)] = rung
        assert (name, options["kwargs"], options["queue"]) == ("tests.count_shelves", {"shelves": 5}, "slow")
        assert options["headers"] == {"run": overdue.task_id}
        assert options["expires"] == jobs.DOORBELL_SECONDS
        assert "task_id" not in options, "a worker that dropped a message refuses its id from then on"
        assert done.summary == {"rung_again": 1, "lost": 0}
        overdue.refresh_from_db()
        assert (overdue.rung_at, overdue.state) == (at, State.REQUESTED)

    def test_each_sweep_rings_for_those_that_were_rung_for_longest_ago(
        self, at: datetime, rung: list[Ring], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(jobs, "MOST_RUNG", 2)
        for number in range(5):
            a_run(task_id=f"run-{number}", asked_at=at - timedelta(hours=1))

        for minute in range(4):
            jobs.sweep(at=at + timedelta(minutes=minute))

        assert [options["headers"]["run"] for _, options in rung] == [f"run-{number % 5}" for number in range(8)]

    def test_a_hundred_runs_that_wait_for_a_busy_queue_keep_no_other_from_being_rung_for(
        self, at: datetime, rung: list[Ring]
    ) -> None:
        for number in range(100):
            a_run(task_id=f"waits-{number}", asked_at=at - timedelta(hours=1))
        a_run(task_id="another", name="probe.work", asked_at=at - timedelta(minutes=2))

        jobs.sweep(at=at)
        jobs.sweep(at=at + timedelta(minutes=1))

        assert "another" in [options["headers"]["run"] for _, options in rung]

    def test_requests_for_jobs_of_a_newer_release_are_left_alone_and_block_nobody(self, at: datetime, rung: list[Ring]) -> None:
        for number in range(101):
            a_run(task_id=f"unknown-{number}", name="tests.not_yet_declared", asked_at=at - timedelta(days=1))
        a_run(asked_at=at - timedelta(hours=1))

        assert jobs.sweep(at=at).summary == {"rung_again": 1, "lost": 0}
        assert [name for name, _ in rung] == ["tests.count_shelves"]

    def test_a_run_beyond_its_limit_is_closed_as_lost(self, at: datetime) -> None:
        limit = timedelta(seconds=90) + jobs.GRACE
        dead = a_run(asked_at=at, state=State.RUNNING, started_at=at - limit - timedelta(seconds=1), attempts=1)
        alive = a_run(asked_at=at, state=State.RUNNING, started_at=at - limit, attempts=1)

        assert jobs.sweep(at=at) == Done(rows=1, summary={"rung_again": 0, "lost": 1})

        dead.refresh_from_db()
        alive.refresh_from_db()
        assert (dead.state, dead.finished_at) == (State.LOST, at)
        assert "died" in dead.error
        assert alive.state == State.RUNNING

    def test_a_run_of_a_job_that_is_gone_is_closed_as_lost_too(self, at: datetime) -> None:
        gone = a_run(name="tests.gone", asked_at=at, state=State.RUNNING, started_at=at - timedelta(hours=2), attempts=1)

        jobs.sweep(at=at)

        gone.refresh_from_db()
        assert gone.state == State.LOST


@pytest.mark.usefixtures("count_shelves")
@pytest.mark.parametrize(
    ("state", "rows", "age", "kept"),
    [
        (State.SUCCEEDED, 0, timedelta(hours=25), False),
        (State.SUCCEEDED, 0, timedelta(hours=23), True),
        (State.SUCCEEDED, 7, timedelta(hours=25), True),
        (State.SUCCEEDED, 7, timedelta(days=91), False),
        (State.FAILED, None, timedelta(days=89), True),
        (State.LOST, None, timedelta(days=91), False),
        (State.REQUESTED, None, timedelta(days=400), True),
        (State.RUNNING, None, timedelta(days=400), True),
    ],
)
def test_old_runs_are_pruned_uneventful_ones_sooner_and_open_ones_never(
    at: datetime, state: State, rows: int | None, age: timedelta, kept: bool
) -> None:
    ended = state not in (State.REQUESTED, State.RUNNING)
    a_run(state=state, rows=rows, asked_at=at - age, finished_at=at - age if ended else None)

    assert jobs.prune(at=at) == (0 if kept else 1)
    assert JobRun.objects.exists() is kept


@pytest.mark.parametrize("name", sorted(jobs.known()))
def test_every_declared_job_has_limits_and_a_queue_that_a_worker_listens_to(name: str) -> None:
    declared, task = jobs.known()[name], current_app.tasks[name]

    assert declared.queue in ({"probe"} if name.startswith("probe.") else {"default", "slow"})
    assert task.queue == declared.queue
    assert task.soft_time_limit == declared.seconds
    assert task.time_limit == declared.seconds + 15
    # A task that outlasts the broker's patience would be handed out twice.
    assert task.time_limit < current_app.conf.broker_transport_options["visibility_timeout"]


def test_only_json_is_accepted_and_nothing_is_kept_in_the_broker() -> None:
    conf = current_app.conf
    assert (conf.task_serializer, conf.accept_content) == ("json", ["json"])
    assert conf.task_ignore_result
    assert conf.task_acks_late
    assert conf.task_reject_on_worker_lost
    assert conf.worker_prefetch_multiplier == 1
