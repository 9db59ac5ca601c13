"""What the first page tells of the shop's background work: what ran last, and what runs when."""

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from django.db.models import OuterRef, QuerySet, Subquery
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from config.kernel import shop
from config.kernel.models import JobRun

SHOWN_RUNS = 10
DAY = 86_400
# Of an entry with several hours or weekdays: enough to meet the nearest two of them.
TURNS_ASKED = 25
# Asked from one moment, so that the answer does not hang on the day on which somebody saves an entry.
A_SUNDAY = datetime(2026, 1, 4, tzinfo=UTC)


@dataclass(frozen=True)
class Entry:
    """One entry of the schedule: when its job last ended, and when it runs next."""

    task: PeriodicTask
    ended_at: datetime | None
    next_at: datetime | None


@dataclass(frozen=True)
class Work:
    runs: tuple[JobRun, ...]
    schedule: tuple[Entry, ...]


def work(*, at: datetime, runs: bool = True, schedule: bool = True) -> Work:
    """The background work as of `at`; either half is left out for those who may not see it."""
    return Work(runs=_latest_runs() if runs else (), schedule=_entries(at) if schedule else ())


def next_run(task: PeriodicTask, at: datetime) -> datetime | None:
    """None for an entry that is off or waits for its first run."""
    if not task.enabled:
        return None
    if task.crontab:
        due: datetime = task.crontab.due_start_time(at, shop.zone())
        return due
    if task.interval and task.last_run_at:
        again: datetime = max(at, task.last_run_at + task.interval.schedule.run_every)
        return again
    return None


def seconds_between(*, crontab: CrontabSchedule | None, interval: IntervalSchedule | None) -> int:
    """How far apart the turns lie, which is how long one is worth taking: after that its next one is there.

    A worker that comes back after a night then finds one turn of each entry, not hundreds. Of turns that lie now nearer, now
    further apart, the nearest two count.
    """
    if interval is not None:
        return max(int(interval.schedule.run_every.total_seconds()), 1)
    if crontab is None:
        return DAY
    turns = [A_SUNDAY]
    for _turn in range(TURNS_ASKED):
        turns.append(crontab.due_start_time(turns[-1], shop.zone()))
    return int(min(later - turn for turn, later in pairwise(turns[1:])).total_seconds())


def _latest_runs() -> tuple[JobRun, ...]:
    return tuple(JobRun.objects.select_related("asked_by").order_by("-id")[:SHOWN_RUNS])


def with_last_end(tasks: QuerySet[PeriodicTask]) -> QuerySet[PeriodicTask]:
    """Adds `ended_at`: when the entry's job last ended. Beat's own `last_run_at` is written minutes late."""
    last = JobRun.objects.filter(name=OuterRef("task"), finished_at__isnull=False).order_by("-id").values("finished_at")[:1]
    annotated: QuerySet[PeriodicTask] = tasks.annotate(ended_at=Subquery(last))
    return annotated


def _entries(at: datetime) -> tuple[Entry, ...]:
    tasks = with_last_end(PeriodicTask.objects.select_related("crontab", "interval")).order_by("name")
    return tuple(Entry(task, task.ended_at, next_run(task, at)) for task in tasks)
