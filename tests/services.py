"""A pytest plugin: fresh PostgreSQL and Redis for the run, before Django reads its settings, and gone after it.

Servers named in DATABASE_URL and REDIS_URL are used instead where they are set. A nested run inherits the variables.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

# Importing anything of config names the shop's own settings where no others are named.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

from config.kernel.catalogs import compile_catalogs
from config.local.place import PROJECT, fleeting
from config.local.services import Services, started

_open = ExitStack()
services: Services | None = None


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests() -> Iterator[None]:
    global services
    list(compile_catalogs([PROJECT / "locale"]))
    if not os.environ.get("DATABASE_URL"):
        place = _open.enter_context(fleeting())
        services = _open.enter_context(started(place, durable=False))
        os.environ.update(services.environment(owner=True))
    return (yield)


def pytest_unconfigure() -> None:
    _open.close()
