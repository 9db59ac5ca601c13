"""The shop as it runs: web, worker and beat in processes of their own, on the test database.

Used by tests/worker and tests/e2e. What they write is committed, seen by every process, and swept away after the last of them.
"""

import os
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection

from config.local.demo import free_port, shop_processes, stop_all, wait_until_ready
from config.local.place import Place
from config.local.process import Child
from config.local.services import Services


@dataclass(frozen=True)
class Shop:
    url: str
    web: Child
    worker: Child
    beat: Child


def own_port(first: int) -> int:
    """A free port that another process of the tests, side by side with this one, does not take meanwhile."""
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    return free_port(first + 20 * number)


def database_url(role_url: str, name: str) -> str:
    """`role_url` with another database's name."""
    parts = urllib.parse.urlsplit(role_url)
    return urllib.parse.urlunsplit(parts._replace(path=f"/{name}"))


def environment(services: Services) -> dict[str, str]:
    """What a process of the shop needs to work on the test database."""
    return services.environment() | {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": database_url(services.environment()["DATABASE_URL"], connection.settings_dict["NAME"]),
        "SECRET_KEY": os.environ["SECRET_KEY"],
        "DEBUG": "on",
    }


@contextmanager
def running(services: Services, place: Place) -> Iterator[Shop]:
    port = own_port(8600)
    url = f"http://127.0.0.1:{port}"
    children = shop_processes(services, place, port, web_processes=1, **environment(services))
    try:
        wait_until_ready(children, url)
        yield Shop(url, *children)
    finally:
        stop_all(children)
