"""Processes that are killed at a chosen point of what they do to the database: SIGKILL, as the kernel or an operator sends it.

`python -m tests.probe.doomed` loads the shop once and stays as the parent. For each order it reads it forks a child, which does
one deed as the role that runs the shop and tells every point it passes: each statement, each COMMIT sent, each COMMIT answered.
The child that is told to die after its n-th point gets no further; nobody tidies up behind it.
"""

import importlib
import json
import os
import re
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

import django
from django.db import connection

from config.local.demo import PYTHON
from config.local.place import PROJECT
from config.local.services import Services
from tests import live

COMMIT_SENT = "COMMIT is sent"
COMMITTED = "COMMIT is answered"


@dataclass(frozen=True)
class Life:
    """What one child did: the points it passed, and the answer it gave where it lived that long."""

    points: tuple[str, ...]
    answer: Any
    killed: bool
    session: int

    @property
    def committed(self) -> bool:
        """Whether anything may have been committed, answered or not."""
        return COMMIT_SENT in self.points


class Doomed:
    """The parent process, from the side of the tests."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def run(
        self, deed: Callable[..., Any], told: Mapping[str, Any], *, die_after: int = 0, commits_each_statement: bool = False
    ) -> Life:
        """Has `deed(**told)` done by a child; `die_after` its n-th point, or never. What passes must be JSON.

        `commits_each_statement` takes the transaction away: the shop as it would be without one.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        order = {
            "deed": f"{deed.__module__}:{deed.__qualname__}",
            "told": dict(told),
            "die_after": die_after,
            "careless": commits_each_statement,
        }
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        said = json.loads(self._process.stdout.readline())
        assert "fault" not in said, said["fault"]
        return Life(tuple(said["points"]), said.get("answer"), said["killed"], said["session"])


@contextmanager
def waiting(services: Services) -> Iterator[Doomed]:
    process = subprocess.Popen(
        [PYTHON, "-m", "tests.probe.doomed"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=PROJECT,
        env=live.environment(services),
    )
    try:
        yield Doomed(process)
    finally:
        # It ends when there is nothing more to read.
        process.communicate(timeout=20)


class _Witness:
    """Tells each point as it is passed, before anything can happen to the process."""

    def __init__(self, out: BinaryIO, die_after: int, careless: bool) -> None:
        self.out = out
        self.left = die_after
        self.careless = careless

    def tell(self, **what: Any) -> None:
        self.out.write(json.dumps(what).encode() + b"\n")
        self.out.flush()

    def passes(self, point: str, last_act: Callable[[], object] = lambda: None) -> None:
        self.tell(point=point)
        self.left -= 1
        if self.left == 0:
            last_act()
            os.kill(os.getpid(), signal.SIGKILL)

    def statement(self, execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if self.careless and sql.startswith(("SAVEPOINT", "RELEASE")):
            return None
        result = execute(sql, *rest)
        if self.careless:
            connection.connection.commit()
        # A long statement is known by its beginning and by what it writes.
        written = " ".join(sorted(set(re.findall(r"(?:INSERT INTO|UPDATE|DELETE FROM) \w+", sql))))
        self.passes(f"{' '.join(sql.split())[:120]} ({written})")
        return result

    def watch(self) -> None:
        connection.ensure_connection()
        self.tell(session=connection.connection.info.backend_pid)
        connection.execute_wrappers.append(self.statement)
        commit = connection.commit

        def send_only() -> None:
            """The request to commit leaves, and nobody is there for its answer."""
            wire = connection.connection.pgconn
            wire.send_query(b"COMMIT")
            while wire.flush():
                pass

        def witnessed() -> None:
            self.passes(COMMIT_SENT, send_only)
            commit()
            self.passes(COMMITTED)

        connection.commit = witnessed  # type: ignore[method-assign]


def _live(deed: Callable[..., Any], order: Mapping[str, Any], out: BinaryIO) -> None:
    """The life of one child."""
    witness = _Witness(out, order["die_after"], order["careless"])
    try:
        witness.watch()
        witness.tell(answer=deed(**order["told"]))
    except BaseException:
        witness.tell(fault=traceback.format_exc())
    finally:
        out.close()
        os._exit(0)


def _beget(order: Mapping[str, Any]) -> dict[str, Any]:
    """Forks a child, listens to it until its end, and tells what it told."""
    module, name = order["deed"].split(":")
    # Imported here, once for all children.
    deed = getattr(importlib.import_module(module), name)
    ear, mouth = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ear)
        _live(deed, order, os.fdopen(mouth, "wb"))
    os.close(mouth)
    said: dict[str, Any] = {"points": [], "session": 0}
    with os.fdopen(ear, "rb") as lines:
        for line in lines:
            for what, value in json.loads(line).items():
                if what == "point":
                    said["points"].append(value)
                else:
                    said[what] = value
    _, status = os.waitpid(child, 0)
    said["killed"] = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    return said


def _main() -> None:
    django.setup()
    # What the first request would load is loaded here, once for all children.
    from django.core.handlers.wsgi import WSGIHandler
    from django.urls import get_resolver

    WSGIHandler()
    assert get_resolver().url_patterns
    # What the shop itself prints does not belong among the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        answers.write(json.dumps(_beget(json.loads(line))) + "\n")
        answers.flush()


if __name__ == "__main__":
    _main()
