"""Two imports of one past at once are one import; one that is killed in the middle was none."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from psycopg import IntegrityError

from config.kernel import invariants
from config.local.place import PROJECT
from inventory.models import Warehouse
from orders.models import ImportRun, Order
from orders.operations import imported_past, importing, recording, returning
from orders.queries import imports
from tests import live, services
from tests.orders import races
from tests.orders.importing.files import NOW, a_file, a_line, imported, outcomes, text
from tests.probe.together import together

pytestmark = pytest.mark.django_db(transaction=True)

read_before = imports.read_before


@pytest.fixture(autouse=True)
def _a_british_shop(settings: Any, tmp_path: Path) -> None:
    settings.SHOP_CURRENCY = "GBP"
    settings.MEDIA_ROOT = str(tmp_path / "media")


def many_invoices(number: int) -> str:
    return text([a_line(f"{500_000 + row // 10}", f"{10_000 + row % 400}", at="2010-12-01 08:26:00") for row in range(number)])


def test_the_same_file_twice_at_once_is_imported_once(tmp_path: Path) -> None:
    file = a_file(tmp_path, many_invoices(500))

    runs = together(3, lambda _: imported(file))

    assert sorted(run.rows_imported for run in runs) == [0, 0, 500]
    assert [outcomes(run) for run in runs if not run.rows_imported] == [{"already_imported": 500}] * 2
    assert Order.objects.count() == 50
    assert invariants.check_all(at=NOW) == []


def test_control_without_taking_turns_only_the_unique_index_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = a_file(tmp_path, many_invoices(20))
    both_have_looked = threading.Barrier(2)

    def look_and_wait(**told: Any) -> Mapping[str, bytes]:
        known = read_before(**told)
        both_have_looked.wait(30)
        return known

    monkeypatch.setattr(importing, "_wait_for_turn", lambda: None)
    monkeypatch.setattr(imports, "read_before", look_and_wait)
    with pytest.raises(IntegrityError):
        together(2, lambda _: imported(file))

    assert sorted(ImportRun.objects.values_list("state", flat=True)) == ["FAILED", "IMPORTED"]


def _import_meets_a_return(tmp_path: Path) -> Counter[str]:
    """A parcel of an order comes back at the desk, while the old shop's next file tells of another return of that order."""
    imported(a_file(tmp_path, text([a_line()])))
    order, place = Order.objects.get(), Warehouse.objects.get()
    parcel = returning.accept(number=order.number, items={1: 2}, warehouse_id=place.pk, reason="-", actor=None, at=NOW)
    credit = a_file(tmp_path, text([a_line("C536400", quantity=-3, at="2010-12-02 08:26:00")]), "credit.csv")
    desk_has_the_order = threading.Event()

    @transaction.atomic
    def receive() -> None:
        recording.locked(order.number)
        desk_has_the_order.set()
        races.until(races.somebody_waits)
        returning.receive(number=parcel.number, restocked={1: 2}, actor=None, at=NOW)

    def read_on() -> None:
        assert desk_has_the_order.wait(20)
        imported(credit)

    return Counter(together(2, lambda one: races.outcome([receive, read_on][one])))


def test_an_import_locks_the_orders_it_returns_to_before_any_shelf(tmp_path: Path) -> None:
    assert _import_meets_a_return(tmp_path) == {"done": 2}
    assert Order.objects.get().lines.get().returned == 5
    assert invariants.check_all(at=NOW) == []


def test_control_an_import_that_locks_the_shelves_first_deadlocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock, take_back = imported_past._lock_earlier, imported_past._take_back_earlier
    monkeypatch.setattr(imported_past, "_lock_earlier", lambda returns: {})
    monkeypatch.setattr(imported_past, "_take_back_earlier", lambda returns, orders: take_back(returns, lock(returns)))

    answers = _import_meets_a_return(tmp_path)

    assert answers == {"done": 1, "DeadlockDetected": 1}, "not powered: nobody waited for anybody"


def test_an_import_that_is_killed_while_writing_leaves_nothing_and_can_be_repeated(tmp_path: Path) -> None:
    if services.services is None:
        pytest.skip("needs the test run's own servers")
    file = a_file(tmp_path, many_invoices(30_000))
    environment = live.environment(services.services) | {"SHOP_CURRENCY": "GBP", "MEDIA_ROOT": str(tmp_path / "media")}
    command = [sys.executable, str(PROJECT / "manage.py"), "import_history", "online-retail", str(file.path)]
    process = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        _wait_until_it_writes()
        os.kill(process.pid, signal.SIGKILL)
    finally:
        process.kill()
        process.wait(30)

    # The server notices the closed connection and rolls back.
    _wait_until(lambda: not _is_locked())
    assert not Order.objects.exists()
    assert ImportRun.objects.get().state == "WRITING"

    again = imported(file)
    assert (again.rows_imported, Order.objects.count()) == (30_000, 3_000)


def _wait_until_it_writes() -> None:
    """Until the import holds its lock and has sent orders, which nobody else can see yet."""
    _wait_until(lambda: ImportRun.objects.filter(state=ImportRun.State.WRITING).exists() and _is_locked())
    time.sleep(0.3)


def _is_locked() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s", [importing.LOCK])
        return bool(cursor.fetchone()[0])


def _wait_until(condition: Any, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.02)
