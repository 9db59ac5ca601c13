"""The kernel's own invariants: events and jobs do not get stuck, sessions do not linger."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import connection

from config.kernel import jobs
from config.kernel.invariants import Violation, invariant
from config.kernel.models import IdempotencyKey, JobRun, OutboxDelivery

# The sweep runs every minute: what has been due for this long was forgotten.
OVERDUE = timedelta(minutes=15)
# No transaction of the shop takes long; one that idles for longer holds locks for nobody.
LINGERING = timedelta(minutes=5)


@invariant("I7")
def answers_are_kept_whole(at: datetime) -> Iterator[Violation]:
    for row in IdempotencyKey.objects.filter(status_code__isnull=True)[:1000]:
        yield Violation("I7", f"idempotency key {row.pk}", "committed without its answer")


@invariant("I9")
def due_events_are_delivered(at: datetime) -> Iterator[Violation]:
    for delivery in OutboxDelivery.objects.filter(
        state=OutboxDelivery.State.PENDING, next_attempt_at__lt=at - OVERDUE
    ).order_by("next_attempt_at")[:1000]:
        yield Violation("I9", str(delivery), f"due since {delivery.next_attempt_at.isoformat()}")


@invariant("I11")
def nothing_is_stuck(at: datetime) -> Iterator[Violation]:
    for run in JobRun.objects.filter(state=JobRun.State.REQUESTED, asked_at__lt=at - OVERDUE)[:1000]:
        yield Violation("I11", str(run), f"requested since {run.asked_at.isoformat()}, no worker took it")
    for run in JobRun.objects.filter(state=JobRun.State.RUNNING)[:1000]:
        limit = timedelta(seconds=jobs.known()[run.name].seconds) if run.name in jobs.known() else OVERDUE
        if run.started_at and run.started_at < at - limit - OVERDUE:
            yield Violation("I11", str(run), f"running since {run.started_at.isoformat()}")


@invariant("I15")
def no_session_lingers(at: datetime) -> Iterator[Violation]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid, now() - state_change FROM pg_stat_activity WHERE datname = current_database() "
            "AND state LIKE 'idle in transaction%%' AND state_change < now() - make_interval(secs => %s)",
            [LINGERING.total_seconds()],
        )
        for pid, age in cursor.fetchall():
            yield Violation("I15", f"session {pid}", f"idle in transaction for {age}")
        cursor.execute("SELECT gid FROM pg_prepared_xacts WHERE database = current_database()")
        for (gid,) in cursor.fetchall():
            yield Violation("I15", f"prepared transaction {gid}", "left behind")
