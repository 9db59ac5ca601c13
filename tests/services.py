"""A pytest plugin: fresh PostgreSQL and Redis for the run, before Django reads its settings, and gone after it.

Servers named in DATABASE_URL and REDIS_URL are used instead where they are set. A nested run inherits the variables. With
`-n 2` each of the two processes has servers of its own, for tests count what is in Redis; then none may be named.
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
# What the process that only hands out the tests reads as settings; it speaks to no server.
NOWHERE = {"DATABASE_URL": "postgres:///nowhere", "REDIS_URL": "redis://localhost", "SECRET_KEY": "-"}


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    global services
    is_one_of_several = os.environ.get("DATABASE_URL") == NOWHERE["DATABASE_URL"]
    if not is_one_of_several:
        list(compile_catalogs([PROJECT / "locale"]))
    hands_out = not is_one_of_several and bool(getattr(early_config.known_args_namespace, "numprocesses", None))
    if hands_out:
        if os.environ.get("DATABASE_URL"):
            raise pytest.UsageError("Side by side tests start servers of their own: leave -n out, or unset DATABASE_URL.")
        os.environ.update(NOWHERE)
    if is_one_of_several:
        for name in NOWHERE:
            del os.environ[name]
    if not hands_out and not os.environ.get("DATABASE_URL"):
        place = _open.enter_context(fleeting())
        services = _open.enter_context(started(place, durable=False))
        os.environ.update(services.environment(owner=True))
    return (yield)


def pytest_unconfigure() -> None:
    _open.close()
