"""Whether the parts the shop stands on are up, each asked in the way the shop uses it."""

import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.functional import lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_celery_beat.models import PeriodicTask

from config.kernel.models import JobRun, OutboxDelivery

PULSE = "kernel.deliver_due_events"
# Beat rings the pulse every minute; two missed beats are a fault.
PULSE_AGE = timedelta(seconds=150)
HEALTHY_KEPT_SECONDS = 2.0
FAULTY_KEPT_SECONDS = 0.5


@dataclass(frozen=True)
class Part:
    """One part: `code` for machines, `title` and `detail` for staff."""

    code: str
    title: Any
    healthy: bool
    detail: Any = ""


_keeping = threading.Lock()
_kept: tuple[float, list[Part]] | None = None


def _in_words(number: int) -> str:
    return gettext("%(number)s waiting") % {"number": number}


# Put into words where it is read, in the reader's language.
_waiting = lazy(_in_words, str)


def _database() -> Part:
    title = _("Database")
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('server_version')")
            return Part("database", title, True, f"PostgreSQL {cursor.fetchone()[0]}")
    except DatabaseError:
        return Part("database", title, False, _("does not answer"))


def _migrations() -> Part:
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    detail = _waiting(len(missing)) if missing else _("all applied")
    return Part("migrations", _("Migrations"), not missing, detail)


def _redis() -> Part:
    title = _("Redis")
    try:
        cache.set("health", "1", 10)
        healthy = cache.get("health") == "1"
    except Exception:
        healthy = False
    return Part("redis", title, healthy, _("answers") if healthy else _("does not answer"))


def _worker(at: datetime) -> Part:
    """Alive means that a task went through Redis and back into the database lately; a process list would not show it."""
    last = JobRun.objects.filter(name=PULSE, state=JobRun.State.SUCCEEDED).order_by("-id").first()
    title = _("Worker")
    if last is None or last.finished_at is None:
        return Part("worker", title, False, _("has not run yet"))
    return Part("worker", title, at - last.finished_at < PULSE_AGE, last.finished_at)


def report(*, at: datetime) -> list[Part]:
    """The parts in the order they depend on each other; without a database the rest is not asked.

    Anybody may ask for it and it is costly, since asking for unapplied migrations reads every migration file. So the answer is
    kept for a moment, in which all who ask share it; one that finds a fault is kept only so long that a start is not slowed.
    """
    global _kept
    with _keeping:
        if _kept is None or time.monotonic() >= _kept[0]:
            parts = _ask(at)
            healthy = all(part.healthy for part in parts)
            _kept = (time.monotonic() + (HEALTHY_KEPT_SECONDS if healthy else FAULTY_KEPT_SECONDS), parts)
        return _kept[1]


def _ask(at: datetime) -> list[Part]:
    database = _database()
    if not database.healthy:
        return [database]
    return [database, _migrations(), _redis(), _worker(at)]


@dataclass(frozen=True)
class Backlog:
    """What waits for a person: parked deliveries and runs that failed within a day; and what waits for a worker."""

    pending: int
    parked: int
    failed: int
    scheduled: int


def backlog(*, at: datetime) -> Backlog:
    return Backlog(
        pending=OutboxDelivery.objects.filter(state=OutboxDelivery.State.PENDING, next_attempt_at__lte=at).count(),
        parked=OutboxDelivery.objects.filter(state=OutboxDelivery.State.PARKED).count(),
        failed=JobRun.objects.filter(
            state__in=[JobRun.State.FAILED, JobRun.State.LOST], finished_at__gte=at - timedelta(days=1)
        ).count(),
        scheduled=PeriodicTask.objects.filter(enabled=True).count(),
    )
