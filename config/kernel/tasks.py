"""The kernel's background work: doorbells for the outbox, the sweep of job runs, the nightly audit and pruning."""

from datetime import datetime
from typing import Any

from celery import shared_task
from django.utils.translation import gettext_lazy as _

from config.kernel import clock, idempotency, invariants, jobs, outbox, retention
from config.kernel.jobs import Done, job


class PromiseBroken(Exception):
    """The audit found violations; the run's error lists the first of them."""


@shared_task(name="kernel.deliver_now", queue="default", soft_time_limit=100, time_limit=120)
def deliver_now() -> dict[str, Any]:
    """The doorbell rung after a commit; keeps no run, since one may ring for each order."""
    done = outbox.deliver_due(at=clock.now())
    return {"handled": done.handled, "failed": done.failed}


@job(name="kernel.deliver_due_events", title=_("Deliver events"), seconds=120)
def deliver_due_events(*, at: datetime) -> Done:
    done = outbox.deliver_due(at=at, most=5000)
    return Done(rows=done.handled + done.failed, summary={"handled": done.handled, "failed": done.failed})


@job(name="kernel.sweep_job_runs", title=_("Sweep job runs"), seconds=60)
def sweep_job_runs(*, at: datetime) -> Done:
    return jobs.sweep(at=at)


@job(name="kernel.audit_invariants", title=_("Audit the invariants"), seconds=1500, queue="slow")
def audit_invariants(*, at: datetime) -> Done:
    found = invariants.check_all(at=at, most=20)
    if found:
        raise PromiseBroken("; ".join(f"{one.invariant} {one.subject}: {one.detail}" for one in found))
    return Done(summary={"checked": invariants.declared(), "violations": 0})


@job(name="kernel.prune", title=_("Prune old records"), seconds=900, queue="slow")
def prune(*, at: datetime) -> Done:
    counts = {"events": outbox.prune(at=at), "keys": idempotency.prune(at=at), "runs": jobs.prune(at=at)}
    counts |= retention.prune(at=at)
    return Done(rows=sum(counts.values()), summary=counts)
