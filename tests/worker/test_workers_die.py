"""Whatever kills a worker: each run ends done, failed or lost, and none is stuck for ever."""

import os
import signal
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from config.kernel import clock, doorbell, jobs
from config.kernel.models import JobRun
from config.local.place import fleeting
from config.local.process import Child
from config.local.redis import Redis
from tests.config.kernel.test_doorbell import celery_at
from tests.worker.conftest import ended, eventually

Hire = Callable[..., Child]
State = JobRun.State


def ask(name: str, **arguments: object) -> JobRun:
    return jobs.request(name=name, arguments=arguments, actor=None, at=clock.now())


def running(note: Path) -> int:
    """The process that runs the slow job, once it does."""
    eventually(note.exists, what="the start of the job")
    return int(note.read_text())


def test_a_run_whose_pool_process_is_killed_is_done_by_the_next(hire: Hire, tmp_path: Path) -> None:
    hire()
    run = ask("probe.work_slowly_once", note=str(tmp_path / "note"))

    os.kill(running(tmp_path / "note"), signal.SIGKILL)

    assert (ended(run).state, run.attempts, run.summary) == (State.SUCCEEDED, 2, {"attempt": "later"})


@pytest.mark.redis_server
def test_a_run_that_kills_every_worker_is_closed_and_the_others_go_on(hire: Hire) -> None:
    poison = ask("probe.kill_the_worker")
    # Each death takes the pool seconds: this run has most of them behind it.
    JobRun.objects.filter(pk=poison.pk).update(attempts=jobs.MOST_ATTEMPTS - 2)
    hire()
    others = [ask("probe.work", rows=number) for number in range(1, 4)]

    assert (ended(poison, seconds=90).state, poison.attempts) == (State.FAILED, jobs.MOST_ATTEMPTS)
    assert "died" in poison.error
    assert [ended(other).rows for other in others] == [1, 2, 3]


def test_a_run_beyond_its_time_limit_fails_and_the_worker_goes_on(hire: Hire) -> None:
    hire()
    endless = ask("probe.hurry")
    next_one = ask("probe.work")

    assert ended(endless).state == State.FAILED
    assert endless.error.startswith("SoftTimeLimitExceeded")
    assert endless.seconds is not None
    # The limit of a second counts from before the run has noted its start.
    assert 0.5 < endless.seconds < 5
    assert ended(next_one).state == State.SUCCEEDED


def test_a_failing_run_is_recorded_by_the_worker(hire: Hire) -> None:
    hire()

    run = ended(ask("probe.fail", message="the shelf fell down"))

    assert (run.state, run.error, run.attempts) == (State.FAILED, "RuntimeError: the shelf fell down", 1)


def test_a_run_that_loses_its_connection_fails_with_its_error_and_the_worker_goes_on(hire: Hire) -> None:
    hire()

    lost = ended(ask("probe.lose_the_connection"))

    assert (lost.state, lost.attempts) == (State.FAILED, 1)
    # In the words of the server, or of the driver where it notices first.
    assert lost.error.startswith("OperationalError: ")
    assert "connection" in lost.error
    assert ended(ask("probe.work")).state == State.SUCCEEDED


def test_an_expired_doorbell_is_dropped_and_marks_nothing_and_the_next_one_is_heard(
    hire: Hire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def overdue() -> datetime:
        return clock.now() + jobs.PATIENCE + timedelta(seconds=1)

    # Young enough for the running shop's own sweep, which comes round each minute, to leave it alone.
    run = JobRun.objects.create(task_id="waits-long", name="probe.work", asked_at=clock.now())
    monkeypatch.setattr(jobs, "DOORBELL_SECONDS", 0.2)
    jobs.sweep(at=overdue())
    time.sleep(0.3)

    hire()
    # Behind the expired message in its queue.
    assert ended(ask("probe.work")).state == State.SUCCEEDED
    run.refresh_from_db()
    assert (run.state, run.attempts, run.error) == (State.REQUESTED, 0, "")

    monkeypatch.setattr(jobs, "DOORBELL_SECONDS", 60.0)
    jobs.sweep(at=overdue())
    assert ended(run).state == State.SUCCEEDED


def test_after_the_whole_worker_is_killed_nothing_stays_in_work(hire: Hire, tmp_path: Path) -> None:
    worker = hire()
    begun = ask("probe.work_slowly_once", note=str(tmp_path / "note"))
    running(tmp_path / "note")
    waiting = ask("probe.work")
    os.killpg(worker.process.pid, signal.SIGKILL)
    worker.process.wait()

    hire()
    jobs.sweep(at=clock.now() + jobs.PATIENCE + timedelta(seconds=1))
    assert ended(waiting).state == State.SUCCEEDED

    jobs.sweep(at=clock.now() + timedelta(seconds=jobs.known()[begun.name].seconds) + jobs.GRACE + timedelta(seconds=1))
    assert ended(begun).state == State.LOST


def test_a_worker_asked_to_stop_finishes_what_it_has_begun(hire: Hire) -> None:
    worker = hire()
    run = ask("probe.work", seconds=1)
    eventually(lambda: JobRun.objects.filter(pk=run.pk, state=State.RUNNING).exists(), what="the start of the job")

    worker.process.send_signal(signal.SIGTERM)
    worker.process.wait(20)

    run.refresh_from_db()
    assert (run.state, run.attempts) == (State.SUCCEEDED, 1)


@pytest.mark.redis_server
def test_a_redis_that_comes_back_empty_loses_nothing(hire: Hire, monkeypatch: pytest.MonkeyPatch) -> None:
    with fleeting() as place:
        redis = Redis(place)
        redis.start()
        try:
            monkeypatch.setattr(doorbell, "current_app", celery_at(redis.url))
            queued = ask("probe.work")
            replace(redis)
            worker = hire(REDIS_URL=redis.url)
            assert JobRun.objects.get(pk=queued.pk).state == State.REQUESTED, "its message went with the old Redis"

            jobs.sweep(at=clock.now() + jobs.PATIENCE + timedelta(seconds=1))
            assert ended(queued).state == State.SUCCEEDED

            replace(redis)
            asked_anew = ask("probe.work")
            assert ended(asked_anew, seconds=40).state == State.SUCCEEDED, worker.last_words()
        finally:
            redis.stop()


def replace(redis: Redis) -> None:
    """Kills it and starts an empty one in its place."""
    assert redis.child is not None
    redis.child.process.kill()
    redis.child.process.wait()
    redis.start()
