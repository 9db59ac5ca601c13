"""Jobs on a queue of their own, which only the workers of tests/worker listen to."""

import os
import signal
import time
from datetime import datetime
from pathlib import Path

from django.db import connection

from config.kernel.jobs import Done, job


@job(name="probe.work", title="Probe: work", seconds=60, queue="probe")
def work(*, at: datetime, seconds: float = 0.0, rows: int = 1) -> Done:
    time.sleep(seconds)
    return Done(rows=rows, summary={"worked": seconds})


@job(name="probe.tell_the_time", title="Probe: tells the time", seconds=60, queue="probe")
def tell_the_time(*, at: datetime) -> Done:
    return Done(rows=1, summary={"at": at.isoformat()})


@job(name="probe.work_slowly_once", title="Probe: slow at the first attempt", seconds=60, queue="probe")
def work_slowly_once(*, at: datetime, note: str) -> Done:
    """Leaves its process id in the file `note` and sleeps; found there by a later attempt, the note ends the job at once."""
    path = Path(note)
    if path.exists():
        return Done(rows=1, summary={"attempt": "later"})
    path.with_suffix(".new").write_text(str(os.getpid()))
    path.with_suffix(".new").rename(path)
    time.sleep(50)
    return Done(rows=1, summary={"attempt": "first"})


@job(name="probe.hurry", title="Probe: one second", seconds=1, queue="probe")
def hurry(*, at: datetime) -> Done:
    time.sleep(30)
    return Done()


@job(name="probe.kill_the_worker", title="Probe: kills its process", seconds=60, queue="probe")
def kill_the_worker(*, at: datetime) -> Done:
    os.kill(os.getpid(), signal.SIGKILL)
    return Done()


@job(name="probe.lose_the_connection", title="Probe: ends its own session", seconds=60, queue="probe")
def lose_the_connection(*, at: datetime) -> Done:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    return Done()


@job(name="probe.fail", title="Probe: fails", seconds=60, queue="probe")
def fail(*, at: datetime, message: str) -> Done:
    raise RuntimeError(message)
