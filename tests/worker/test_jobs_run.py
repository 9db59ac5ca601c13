"""A job goes from the request through Redis and a worker into its record."""

from datetime import timedelta

from config.kernel import clock, jobs
from config.kernel.models import JobRun, User
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


def test_a_job_whose_doorbell_was_lost_is_found_by_the_sweep(shop: Shop) -> None:
    lost = JobRun.objects.create(task_id="doorbell-lost", name="kernel.prune", asked_at=clock.now() - timedelta(minutes=5))

    ended(jobs.request(name="kernel.sweep_job_runs", actor=None, at=clock.now()))

    assert ended(lost).state == JobRun.State.SUCCEEDED
