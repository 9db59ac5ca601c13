"""Background jobs and the record of their runs.

`@job` turns one function into a Celery task that keeps a `JobRun`: who asked, when, how long, how many rows, what went wrong.
The row is the request; the Celery message is only its doorbell. Every job must be safe to run twice.
"""

import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from inspect import signature
from typing import Any

from celery import Task, current_app, shared_task
from django.db import Error, connection, transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from config.kernel import clock, connections, doorbell, pruning
from config.kernel.errors import Invalid, Missing
from config.kernel.models import JobRun, User

# A requested run that no worker has taken after this long gets its doorbell rung again.
PATIENCE = timedelta(seconds=60)
# How many runs one sweep rings for: those that were rung for longest ago.
MOST_RUNG = 100
# A worker drops a repeated doorbell this many seconds after it was rung; by then the sweep has rung again.
DOORBELL_SECONDS = 60.0
# Beyond its time limit a run gets this long before it counts as lost.
GRACE = timedelta(seconds=60)
# A run that has taken so many workers down is closed instead of begun again.
MOST_ATTEMPTS = 5
KEPT = timedelta(days=90)
# Runs that found nothing to do are noise after this long.
UNEVENTFUL_KEPT = timedelta(hours=24)
# Kept on the run as they stand here, and put into the reader's language where they are read.
DIED = gettext_noop("The worker died in every attempt.")
OUTRAN = gettext_noop("The worker died or outran the time limit.")


class Incomplete(Invalid):
    """The run would fail at once, for want of an argument."""

    code = "job_incomplete"


@dataclass(frozen=True)
class Done:
    """What a job says when it ends: how many rows it changed, and figures worth keeping."""

    rows: int = 0
    summary: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    name: str
    title: Any
    queue: str
    seconds: int
    body: Callable[..., Done]

    @property
    def needs(self) -> list[str]:
        """The arguments it cannot do without. A job that needs some is asked for where they are known."""
        asked = signature(self.body).parameters.values()
        return [one.name for one in asked if one.kind is one.KEYWORD_ONLY and one.default is one.empty and one.name != "at"]


_jobs: dict[str, Job] = {}


def job(*, name: str, title: Any, seconds: int, queue: str = "default") -> Callable[[Callable[..., Done]], Task]:
    """Declares `body(*, at, **arguments) -> Done` as a job. `seconds` is its time limit; `title` is what staff read."""

    def declare(body: Callable[..., Done]) -> Task:
        _jobs[name] = Job(name, title, queue, seconds, body)

        def run(self: Task, **arguments: Any) -> dict[str, Any]:
            redelivered = bool((self.request.delivery_info or {}).get("redelivered"))
            # A repeated doorbell is a message of its own and names its run; a message from beat is its own run.
            task_id = (self.request.headers or {}).get("run") or self.request.id or str(uuid.uuid4())
            return _perform(_jobs[name], task_id, arguments, redelivered=redelivered)

        run.__name__ = body.__name__
        run.__doc__ = body.__doc__
        return shared_task(run, bind=True, name=name, queue=queue, time_limit=seconds + 15, soft_time_limit=seconds)

    return declare


def known() -> Mapping[str, Job]:
    """Every declared job by name; the modules that declare them are loaded first."""
    _load()
    return _jobs


@cache
def _load() -> None:
    # Once: besides importing, it checks every model, which takes longer than most pages that name a job.
    current_app.loader.import_default_modules()


def request(*, name: str, arguments: Mapping[str, Any] | None = None, actor: User | None, at: datetime) -> JobRun:
    """Asks for a run and rings for it after commit. Raises `Missing` for a job nobody declared, `Incomplete` without
    what it needs.
    """
    if name not in known():
        raise Missing(_("There is no such job: %(job)s.") % {"job": name}, details={"job": name})
    missing = [one for one in known()[name].needs if one not in (arguments or {})]
    if missing:
        raise Incomplete(_("This job cannot be asked for by itself."), details={"job": name, "missing": missing})
    run = JobRun.objects.create(
        task_id=str(uuid.uuid4()), name=name, arguments=dict(arguments or {}), asked_by=actor, asked_at=at
    )
    transaction.on_commit(lambda: _ring(run), robust=True)
    return run


def _ring(run: JobRun) -> None:
    """The first doorbell. It does not expire, for it also brings a run back whose worker was killed in the middle."""
    doorbell.ring(run.name, kwargs=run.arguments, task_id=run.task_id, queue=known()[run.name].queue)


def _ring_again(run: JobRun) -> None:
    """Repeated doorbells expire, so that a worker which comes back after hours need not go through all of them.

    Each has an id of its own: a worker that drops an expired message refuses that id for hours.
    """
    doorbell.ring(
        run.name,
        kwargs=run.arguments,
        headers={"run": run.task_id},
        queue=known()[run.name].queue,
        expires=DOORBELL_SECONDS,
    )


def _perform(job: Job, task_id: str, arguments: Mapping[str, Any], *, redelivered: bool) -> dict[str, Any]:
    run = _begin(job, task_id, arguments, clock.now(), redelivered=redelivered)
    if run is None:
        return {"skipped": "another worker has this run"}
    began = time.monotonic()
    try:
        with _statements_may_take(job.seconds):
            done = job.body(at=clock.now(), **arguments)
    except Exception as error:
        _end(run, JobRun.State.FAILED, began, error=f"{type(error).__name__}: {error}"[:4000])
        raise
    _end(run, JobRun.State.SUCCEEDED, began, rows=done.rows, summary=dict(done.summary))
    return {"rows": done.rows, **done.summary}


@contextmanager
def _statements_may_take(seconds: int) -> Iterator[None]:
    """Lets this connection's statements run as long as the job may, and no longer than usual after it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, false)", [f"{seconds}s"])
    try:
        yield
    finally:
        # A connection that broke cannot be reset; `_end` replaces it by one with the usual limit.
        with suppress(Error), connection.cursor() as cursor:
            cursor.execute("RESET statement_timeout")


def _begin(job: Job, task_id: str, arguments: Mapping[str, Any], at: datetime, *, redelivered: bool) -> JobRun | None:
    """Marks the run as taken. None when this message is a twin: its run has ended, or is under way elsewhere."""
    with transaction.atomic():
        JobRun.objects.bulk_create(
            [JobRun(task_id=task_id, name=job.name, arguments=dict(arguments), asked_at=at)], ignore_conflicts=True
        )
        run = JobRun.objects.select_for_update(no_key=True).get(task_id=task_id)
        taken = run.state == JobRun.State.RUNNING and not redelivered
        if taken or run.state in (JobRun.State.SUCCEEDED, JobRun.State.FAILED):
            return None
        if run.attempts >= MOST_ATTEMPTS:
            # Celery hands the message of a killed child out again and again; here it ends.
            run.state, run.finished_at, run.error = JobRun.State.FAILED, at, DIED
            run.save(update_fields=["state", "finished_at", "error"])
            return None
        run.state, run.started_at, run.finished_at, run.error = JobRun.State.RUNNING, at, None, ""
        run.attempts += 1
        run.save(update_fields=["state", "started_at", "finished_at", "error", "attempts"])
        return run


def _end(run: JobRun, state: JobRun.State, began: float, **values: Any) -> None:
    # The job may have failed because its connection died, or have outlived it.
    connections.replace_if_broken()
    # An attempt that was given up for lost says nothing about the one that followed it.
    JobRun.objects.filter(pk=run.pk, attempts=run.attempts).update(
        state=state, finished_at=clock.now(), seconds=round(time.monotonic() - began, 3), **values
    )


def sweep(*, at: datetime) -> Done:
    """Rings again for runs no worker took, and closes those whose worker died or outran its limit."""
    # Runs of jobs that a newer release declares are left to its workers.
    overdue = JobRun.objects.filter(state=JobRun.State.REQUESTED, asked_at__lt=at - PATIENCE, name__in=list(known()))
    # In turn: runs that wait for a busy queue must not keep the others from being rung for.
    waiting = list(overdue.order_by(F("rung_at").asc(nulls_first=True), "id")[:MOST_RUNG])
    for run in waiting:
        _ring_again(run)
    JobRun.objects.filter(pk__in=[run.pk for run in waiting]).update(rung_at=at)
    lost = 0
    for run in JobRun.objects.filter(state=JobRun.State.RUNNING).order_by("id")[:1000]:
        limit = timedelta(seconds=known()[run.name].seconds if run.name in known() else 3600) + GRACE
        if run.started_at and run.started_at < at - limit:
            lost += JobRun.objects.filter(pk=run.pk, state=JobRun.State.RUNNING, attempts=run.attempts).update(
                state=JobRun.State.LOST, finished_at=at, error=OUTRAN
            )
    return Done(rows=len(waiting) + lost, summary={"rung_again": len(waiting), "lost": lost})


def prune(*, at: datetime) -> int:
    ended = JobRun.objects.exclude(state__in=[JobRun.State.REQUESTED, JobRun.State.RUNNING])
    uneventful = ended.filter(state=JobRun.State.SUCCEEDED, rows=0, finished_at__lt=at - UNEVENTFUL_KEPT)
    return pruning.drop(uneventful) + pruning.drop(ended.filter(finished_at__lt=at - KEPT))
