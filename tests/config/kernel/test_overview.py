"""What the first page tells of the background work, and what asking for it costs."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from config.kernel import overview
from config.kernel.models import JobRun, User

pytestmark = pytest.mark.django_db

PULSE = "kernel.deliver_due_events"
PRUNE = "kernel.prune"


def a_run(at: datetime, *, name: str = PULSE, state: str = JobRun.State.SUCCEEDED, **values: Any) -> JobRun:
    return JobRun.objects.create(task_id=f"run-{JobRun.objects.count()}", name=name, state=state, asked_at=at, **values)


def test_the_latest_runs_come_first_and_are_few(at: datetime) -> None:
    made = [a_run(at, rows=1).pk for _ in range(overview.SHOWN_RUNS + 2)]

    assert [run.pk for run in overview.work(at=at).runs] == made[: -overview.SHOWN_RUNS - 1 : -1]


def test_an_entry_knows_when_its_job_last_ended_and_runs_next(at: datetime) -> None:
    ended = at - timedelta(hours=3)
    a_run(at, name=PRUNE, finished_at=ended)
    a_run(at, name=PRUNE, state=JobRun.State.RUNNING)

    entries = {entry.task.task: entry for entry in overview.work(at=at).schedule}

    assert entries[PRUNE].ended_at == ended
    assert entries[PRUNE].next_at == overview.next_run(entries[PRUNE].task, at)
    assert entries[PULSE].ended_at is None


def test_half_of_it_is_left_out_for_those_who_may_not_see_it(at: datetime) -> None:
    a_run(at, rows=1)

    with CaptureQueriesContext(connection) as queries:
        assert overview.work(at=at, runs=False, schedule=False) == overview.Work((), ())
    assert not queries.captured_queries
    assert not overview.work(at=at, runs=False).runs
    assert not overview.work(at=at, schedule=False).schedule


def test_it_costs_two_queries_however_much_there_is(at: datetime) -> None:
    kim = User.objects.create_user("kim", is_staff=True)
    for _ in range(5):
        a_run(at, rows=1, asked_by=kim)

    with CaptureQueriesContext(connection) as queries:
        found = overview.work(at=at)
        assert [str(run.asked_by) for run in found.runs] == ["kim"] * 5
        assert all(entry.task.crontab for entry in found.schedule)

    assert len(queries) == 2


def test_the_next_run_follows_the_clock_of_the_shop(at: datetime) -> None:
    task = PeriodicTask.objects.get(name=PRUNE)

    following = overview.next_run(task, at)

    assert following is not None
    # 04:50 in Seoul on the day after the evening of `at`.
    assert following.isoformat() == "2026-11-22T04:50:00+09:00"
    task.enabled = False
    assert overview.next_run(task, at) is None


def test_an_interval_counts_from_the_last_run(at: datetime) -> None:
    every = IntervalSchedule(every=10, period=IntervalSchedule.MINUTES)
    task = PeriodicTask(name="x", task="x", interval=every, last_run_at=at - timedelta(minutes=4))

    assert overview.next_run(task, at) == at + timedelta(minutes=6)
    assert overview.next_run(PeriodicTask(name="x", task="x", interval=every), at) is None
