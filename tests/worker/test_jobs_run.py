"""A job goes from the request through Redis and a worker into its record."""

from collections.abc import Callable
from datetime import datetime, timedelta

from config.kernel import clock, jobs
from config.kernel.models import JobRun, User
from config.local.process import Child
from tests.live import Shop
from tests.worker.conftest import ended


def test_a_requested_job_is_run_by_the_worker_and_recorded(shop: Shop) -> None:
    clerk = User.objects.create_user("asks-for-an-audit", is_staff=True)

    run = ended(jobs.request(name="kernel.audit_invariants", actor=clerk, at=clock.now()))

    assert run.state == JobRun.State.SUCCEEDED, run.error
    assert run.asked_by == clerk
    assert run.attempts == 1
    assert run.summary["violations"] == 0
    assert run.seconds is not None


def test_a_process_whose_clock_is_set_forward_lives_in_that_time(hire: Callable[..., Child]) -> None:
    day = timedelta(days=1)
    hire(CLOCK_OFFSET=str(day.total_seconds()))

    run = ended(jobs.request(name="probe.tell_the_time", actor=None, at=clock.now()))

    told = datetime.fromisoformat(run.summary["at"])
    for moment in (told, run.started_at, run.finished_at):
        assert moment is not None
        assert day - timedelta(minutes=1) < moment - run.asked_at < day + timedelta(minutes=1)


def test_a_job_whose_doorbell_was_lost_is_found_by_the_sweep(shop: Shop) -> None:
    lost = JobRun.objects.create(task_id="doorbell-lost", name="kernel.prune", asked_at=clock.now() - timedelta(minutes=5))

    ended(jobs.request(name="kernel.sweep_job_runs", actor=None, at=clock.now()))

    assert ended(lost).state == JobRun.State.SUCCEEDED
