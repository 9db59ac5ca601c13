"""Workers of their own, on the probe's queue: they may be killed without hurting the running shop."""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from config.kernel import doorbell
from config.kernel.models import JobRun
from config.local.demo import PYTHON
from config.local.place import PROJECT
from config.local.process import Child
from config.local.services import Services
from tests import live
from tests import services as run_services
from tests.live import Shop
from tests.probe import subscribers, tasks  # noqa: F401  so that this process knows them, too

OPEN = (JobRun.State.REQUESTED, JobRun.State.RUNNING)


def eventually(ready: Callable[[], object], *, seconds: float = 20, what: str = "it") -> float:
    """Waits until `ready()`, and tells how long that took."""
    began = time.monotonic()
    while not ready():
        if time.monotonic() - began > seconds:
            pytest.fail(f"{what} did not happen within {seconds} s")
        time.sleep(0.02)
    return time.monotonic() - began


def ended(run: JobRun, *, seconds: float = 20) -> JobRun:
    def has_ended() -> bool:
        run.refresh_from_db()
        return run.state not in OPEN

    eventually(has_ended, seconds=seconds, what=f"the end of {run}, now {run.state},")
    return run


@contextmanager
def a_worker(services: Services, log: Path, **environment: str) -> Iterator[Child]:
    """One worker with one child process; ready once it says so."""
    worker = Child(
        "probe worker",
        [
            PYTHON, "-m", "celery", "-A", "config", "worker", "--concurrency", "1", "--queues", "probe", "--loglevel", "INFO",
            "--without-gossip", "--without-mingle", "--without-heartbeat", "--hostname", f"{log.stem}@probe",
        ],
        log=log,
        folder=PROJECT,
        environment=live.environment(services) | environment,
    )  # fmt: skip
    try:
        worker.wait_until(lambda: b" ready." in log.read_bytes(), seconds=30)
        yield worker
    finally:
        # Nothing is under way any more, and an orderly stop takes seconds.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(worker.process.pid, signal.SIGKILL)
        worker.process.wait()


@pytest.fixture
def hire(shop: Shop, tmp_path: Path) -> Iterator[Callable[..., Child]]:
    """Starts a worker that is gone after the test."""
    assert run_services.services is not None
    services = run_services.services
    with ExitStack() as workers:
        number = iter(range(100))

        def hire(**environment: str) -> Child:
            return workers.enter_context(a_worker(services, tmp_path / f"worker-{next(number)}.log", **environment))

        yield hire


@pytest.fixture(autouse=True)
def _doorbells_ring(monkeypatch: pytest.MonkeyPatch) -> None:
    """No silence is left over from another test."""
    monkeypatch.setattr(doorbell, "_silent_until", 0.0)
