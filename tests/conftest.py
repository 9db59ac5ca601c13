"""What every test may use. Tests that need running processes come last, one after the other."""

import gc
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.backends.signals import connection_created
from django.dispatch import receiver
from django.template import Context, RequestContext, Template
from django.test import TransactionTestCase
from django.test.signals import template_rendered
from django.test.utils import setup_databases, teardown_databases
from django.utils import translation
from django.utils.safestring import SafeString
from xdist.scheduler import LoadScopeScheduling

from config.kernel import health, installing, throttling
from config.local import redis
from tests import emptying, live, migrating, recounting, services

LAST = ("concurrency", "worker", "e2e", "prove")
# Of those that come last, the long ones begin first, so that two processes end together.
LONG = (
    "concurrency/test_deaths.py",
    "concurrency/test_orders_idempotency.py",
    "concurrency/test_replenishment_deaths.py",
    "worker/test_workers_die.py",
    "worker/test_jobs_run.py",
    "e2e/test_walk.py",
    "e2e/test_analytics.py",
    "e2e/test_buying.py",
    "e2e/test_orders.py",
    "e2e/test_lists.py",
)


def folder_of(item: pytest.Item) -> str:
    """The first folder below tests/ in which the test lies."""
    return Path(str(item.path)).relative_to(Path(__file__).parent).parts[0]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--prove", action="store_true", help="run the long proofs of tests/prove too")
    parser.addoption("--minutes", type=int, default=10, help="how long the soak of tests/prove lasts (default: 10)")


class ByFile(LoadScopeScheduling):  # type: ignore[misc]
    """Side by side (`-n 2`), the tests of a file stay together, and each process starts a running shop of its own."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.split("::", 1)[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    # Those that come last in the order of collection stay last, however many they are.
    config.option.loadscopereorder = False
    return ByFile(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--prove"):
        proofs = [item for item in items if item.get_closest_marker("prove")]
        config.hook.pytest_deselected(items=proofs)
        items[:] = [item for item in items if item not in set(proofs)]

    # What commits is followed by emptying the database: the furniture would be missing from all tests after it.
    astray = [item.nodeid for item in items if _place(item) == 0 and _commits(item)]
    if astray:
        raise pytest.UsageError(f"Tests that commit belong into tests/concurrency: {', '.join(astray)}")
    items.sort(key=_turn)
    without_redis = pytest.mark.skip(reason="no redis-server here: install the package redis-server")
    for item in items:
        if _place(item) == LAST.index("e2e") + 1:
            item.add_marker(pytest.mark.browser)
        if item.get_closest_marker("redis_server") and not redis.is_real():
            item.add_marker(without_redis)


def pytest_collection_finish() -> None:
    """What is loaded by now stays: the collector need not look through it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def _commits(item: pytest.Item) -> bool:
    marker = item.get_closest_marker("django_db")
    return bool(marker and marker.kwargs.get("transaction")) or "transactional_db" in getattr(item, "fixturenames", ())


def _place(item: pytest.Item) -> int:
    folder = folder_of(item)
    return LAST.index(folder) + 1 if folder in LAST else 0


def _turn(item: pytest.Item) -> tuple[int, int]:
    """What takes long begins first of its kind."""
    file = Path(str(item.path)).relative_to(Path(__file__).parent).as_posix()
    return _place(item), LONG.index(file) if file in LONG else len(LONG)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """A test that may have moved stock or money ends with every promise of the shop kept, or says why not."""
    done = yield
    folder = folder_of(item)
    if recounting.is_due(item, folder):
        assert recounting.broken(folder) == []
    return done


@pytest.fixture(autouse=True, scope="session")
def _no_network() -> Iterator[None]:
    """Nothing but this machine is reachable."""
    patch = pytest.MonkeyPatch()
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise RuntimeError(f"A test reached for {address[0]}; only this machine may be spoken to.")
        connect(self, address)

    patch.setattr(socket.socket, "connect", guarded)
    yield
    patch.undo()


def furnish() -> None:
    """Gives an empty database what `manage.py prepare` gives one: rights, roles, schedule."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = 'shop_app' AND rolname <> current_user")
        separate = cursor.fetchone() is not None
    if separate:
        installing.grant_app_role("shop_app")
    if apps.is_installed("analytics"):
        call_command("sync_views", verbosity=0, stdout=StringIO())
    installing.sync_roles()
    installing.sync_schedules()


@receiver(connection_created)
def _keep_plans(connection: Any, **_: Any) -> None:
    """A run asks thousands of different statements, each planned but once: with the driver's limit of a hundred they would be
    prepared and dropped in turn.
    """
    connection.connection.prepared_max = 5_000


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: Any) -> Iterator[None]:
    """One furnished database for the run, made even when only the running shop asks for it."""
    with django_db_blocker.unblock():
        with migrating.hastily():
            made = setup_databases(verbosity=0, interactive=False, serialized_aliases=())
        furnish()
        recounting.learn()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda test: emptying.empty())
        yield
    with django_db_blocker.unblock():
        with connection.cursor() as cursor:
            # Threads and processes of tests may have left sessions behind, and a database in use cannot be dropped.
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
        teardown_databases(made, verbosity=0)


@pytest.fixture(autouse=True, scope="session")
def _pages_remembered_once(django_test_environment: None) -> Iterator[None]:
    """Tests read what a page was given. To copy that for each of the hundreds of pieces it is put together from would take a
    tenth of the time of all pages.
    """

    def rendered(template: Template, context: Context) -> SafeString:
        if isinstance(context, RequestContext) and context.template is template:
            template_rendered.send(sender=template, template=template, context=context)
        return template.nodelist.render(context)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Template, "_render", rendered)
        yield


@pytest.fixture(autouse=True)
def _forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the kernel counts and remembers between requests is forgotten between tests; so is the language of the last one."""
    translation.deactivate()
    monkeypatch.setattr(health, "_kept", None)
    monkeypatch.setattr(throttling, "_silent_until", 0.0)
    counter = throttling._counter()
    counter.delete("throttle:", *counter.scan_iter("throttle:*", count=1000))


@pytest.fixture
def at() -> datetime:
    """A moment for operations: Saturday, 2026-11-21, 19:00 in Seoul."""
    return datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def shop(django_db_setup: None, django_db_blocker: Any) -> Iterator[live.Shop]:
    """The running shop, started once for all tests that ask for it. Their data is committed."""
    if services.services is None:
        pytest.fail("The live tests start their own servers: unset DATABASE_URL and REDIS_URL.")
    with django_db_blocker.unblock():
        call_command("flush", interactive=False, verbosity=0)
        furnish()
        with live.running(services.services, services.services.place) as running:
            yield running
        call_command("flush", interactive=False, verbosity=0)
