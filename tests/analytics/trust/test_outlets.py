"""Files by day lose nothing and double nothing: late rows, kills, torn files, repeats, and the control that loses one."""

import csv
import gzip
import hashlib
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection, transaction
from django.test import Client
from django.urls import reverse

from analytics.admin import outlets as pages
from analytics.models import Outlet, OutletFile, OutletRun
from analytics.operations import locks, outlets
from analytics.reading import View
from config.kernel import clock
from config.kernel.models import JobRun
from config.kernel.roles import Role
from orders.models import Order
from tests import builders
from tests.analytics.builders import SEOUL, Line, an_order, seoul
from tests.config.kernel.pages import a_client, a_staff_member, text

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 5, 0, tzinfo=SEOUL)


@pytest.fixture(autouse=True)
def root(settings: Any, tmp_path: Path) -> Path:
    settings.EXPORT_ROOT = str(tmp_path)
    return tmp_path


@pytest.fixture
def outlet() -> Outlet:
    for day in ("2026-11-16", "2026-11-17", "2026-11-19"):
        an_order(seoul(day, "23:59"), Line(builders.a_variant()))
    return Outlet.objects.create(
        code="erp", view="orders", first_day=seoul("2026-11-16").date(), trailing_days=3, created_at=NOW
    )


def held(root: Path) -> dict[str, int]:
    """Rows by day, of files that are what their manifests say."""
    found = {}
    for manifest in sorted(root.glob("erp/*.json")):
        said = json.loads(manifest.read_text("utf-8"))
        packed = (manifest.parent / said["file"]).read_bytes()
        assert hashlib.sha256(packed).hexdigest() == said["sha256"]
        heading, *rows = list(csv.reader(gzip.decompress(packed).decode().splitlines()))
        assert heading == [one["name"] for one in said["columns"]]
        assert len(rows) == said["rows"]
        found[said["day"]] = len(rows)
    return found


WHOLE = {"2026-11-16": 1, "2026-11-17": 1, "2026-11-18": 0, "2026-11-19": 1}


def test_each_closed_day_is_a_file_with_its_manifest(outlet: Outlet, root: Path) -> None:
    an_order(seoul("2026-11-20", "00:01"), Line(builders.a_variant()))
    outlets.run(at=NOW)
    assert held(root) == WHOLE
    outlet.refresh_from_db()
    assert str(outlet.last_day) == "2026-11-19"
    assert OutletRun.objects.get().rows == 3


def test_a_second_run_writes_nothing_and_the_same_rows_make_the_same_file(outlet: Outlet, root: Path) -> None:
    outlets.run(at=NOW)
    before = {file: file.read_bytes() for file in root.glob("erp/*.gz")}
    assert outlets.run(at=NOW + timedelta(hours=1)).files == 0
    outlets.start_over(outlet=outlet)
    assert outlets.run(at=NOW + timedelta(hours=2)).files == 4
    assert {file: file.read_bytes() for file in root.glob("erp/*.gz")} == before


def a_late_order() -> None:
    """Placed on a day that was written already, by a transaction that had begun before and ended after."""
    an_order(seoul("2026-11-19", "23:58"), Line(builders.a_variant()))


def test_what_is_committed_after_its_day_was_written_comes_with_the_next_run(outlet: Outlet, root: Path) -> None:
    outlets.run(at=NOW)
    a_late_order()
    Order.objects.filter(placed_at=seoul("2026-11-17", "23:59")).update(state=Order.State.SHIPPED)
    assert outlets.run(at=NOW).files == 2
    assert held(root) == WHOLE | {"2026-11-19": 2}


def test_control_an_outlet_that_looks_at_no_day_again_loses_it(outlet: Outlet, root: Path) -> None:
    Outlet.objects.update(trailing_days=0)
    outlets.run(at=NOW)
    a_late_order()
    outlets.run(at=NOW)
    assert held(root) == WHOLE


@pytest.mark.parametrize("after", range(9))
def test_a_run_that_is_killed_anywhere_is_made_good_by_the_next(
    outlet: Outlet, root: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    place, steps = outlets._place, iter(range(99))

    def dying(file: Path) -> None:
        if next(steps) == after:
            part = file.with_name(f"{file.name}.part")
            part.write_bytes(part.read_bytes()[:5])
            raise KeyboardInterrupt
        place(file)

    monkeypatch.setattr(outlets, "_place", dying)
    if after < 8:
        with pytest.raises(KeyboardInterrupt):
            outlets.run(at=NOW)
    else:
        outlets.run(at=NOW)
    monkeypatch.setattr(outlets, "_place", place)
    a_late_order()

    outlets.run(at=NOW)

    assert held(root) == WHOLE | {"2026-11-19": 2}
    assert list(root.glob("erp/*.part")) == []


@pytest.mark.parametrize("harm", ["torn", "gone", "unsaid"])
def test_a_file_that_was_harmed_is_written_again(outlet: Outlet, root: Path, harm: str) -> None:
    outlets.run(at=NOW)
    file = root / "erp/orders-2026-11-19.csv.gz"
    if harm == "torn":
        file.write_bytes(file.read_bytes()[:-3])
    else:
        (file if harm == "gone" else root / "erp/orders-2026-11-19.json").unlink()
    outlets.run(at=NOW)
    assert held(root) == WHOLE


def test_a_folder_nobody_can_write_is_told_and_stops_no_other(outlet: Outlet, root: Path) -> None:
    (root / "blocked").write_text("a file where a folder should be")
    Outlet.objects.create(code="blocked", view="orders", first_day=NOW, created_at=NOW)
    Outlet.objects.create(code="late", view="stock", first_day=NOW, created_at=NOW)
    outlets.run(at=NOW)
    assert OutletRun.objects.get(outlet__code="blocked").error.startswith("FileExistsError")
    assert (root / "late/stock.csv.gz").exists()


def slow(*_args: Any) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '20ms'")
        cursor.execute("SELECT pg_sleep(5)")


@pytest.mark.parametrize(("harm", "told"), [("gone", "OutletRefused"), ("slow", "QueryCanceled"), ("wrong", "ValueError")])
def test_whatever_fails_one_stops_no_other(
    outlet: Outlet, root: Path, monkeypatch: pytest.MonkeyPatch, harm: str, told: str
) -> None:
    Outlet.objects.create(code="late", view="stock", first_day=NOW, created_at=NOW)
    pack = outlets._pack

    def failing(part: Path, view: View, day: Any) -> int:
        if view.name != "orders":
            return pack(part, view, day)
        if harm == "wrong":
            raise ValueError("first line\nand a row")
        slow()
        return 0

    if harm == "gone":
        Outlet.objects.filter(pk=outlet.pk).update(view="of_a_former_release")
    else:
        monkeypatch.setattr(outlets, "_pack", failing)

    done = outlets.run(at=NOW)

    assert (done.failed, done.files) == (1, 1)
    error = OutletRun.objects.get(outlet=outlet).error
    assert error.startswith(told)
    assert "row" not in error
    assert (root / "late/stock.csv.gz").exists()


def test_a_database_that_is_away_ends_the_run(outlet: Outlet, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_args: Any) -> int:
        raise OperationalError("gone") from psycopg.OperationalError("gone")

    monkeypatch.setattr(outlets, "_pack", away)
    with pytest.raises(OperationalError):
        outlets.run(at=NOW)
    assert not OutletRun.objects.exists()


def test_earlier_days_are_written_once_they_are_wanted(outlet: Outlet, root: Path) -> None:
    outlets.run(at=NOW)
    Outlet.objects.update(first_day=seoul("2026-11-14").date())
    assert outlets.run(at=NOW).files == 2
    assert held(root) == WHOLE | {"2026-11-14": 0, "2026-11-15": 0}


def test_starting_over_during_a_run_is_not_undone_by_it(outlet: Outlet, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pack, packed = outlets._pack, []

    def interrupted(part: Path, view: View, day: Any) -> int:
        packed.append(day)
        if len(packed) == 3:
            outlets.start_over(outlet=outlet)
        return pack(part, view, day)

    monkeypatch.setattr(outlets, "_pack", interrupted)
    Outlet.objects.update(trailing_days=0)
    outlets.run(at=NOW)
    outlet.refresh_from_db()
    assert outlet.last_day is None
    assert outlets.run(at=NOW).files == 2
    outlet.refresh_from_db()
    assert str(outlet.last_day) == "2026-11-19"
    assert held(root) == WHOLE


@pytest.fixture
def another_run(outlet: Outlet) -> Iterator[Any]:
    """Of the same outlet, in a session of its own."""
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", [int(locks.Lock.OUTLETS), outlet.pk])
    yield other
    other.close()


def test_a_run_that_was_asked_for_waits_for_one_that_is_at_it(
    outlet: Outlet, another_run: Any, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept = []

    def over(seconds: float) -> None:
        slept.append(seconds)
        another_run.close()

    monkeypatch.setattr(outlets.time, "sleep", over)
    assert outlets.run(at=NOW).files == 0
    assert slept == []
    assert outlets.run(at=NOW, only=outlet.pk).files == 4
    assert held(root) == WHOLE


def test_who_waits_in_vain_is_told(outlet: Outlet, another_run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlets, "PATIENCE", 0.0)
    assert outlets.run(at=NOW, only=outlet.pk).failed == 1
    assert OutletRun.objects.get().error == "다른 실행이 아직 쓰고 있습니다."


def test_rows_are_fetched_piece_by_piece(outlet: Outlet, monkeypatch: pytest.MonkeyPatch) -> None:
    open_cursors = set()
    cell = outlets.feeds.cell

    def looking(value: Any) -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_cursors WHERE name LIKE '\\_django%%'")
            open_cursors.add(cursor.fetchone()[0])
        return cell(value)

    monkeypatch.setattr(outlets.feeds, "cell", looking)
    outlets.run(at=NOW)
    assert open_cursors == {1}


def test_nothing_personal_leaves_and_no_day_to_come() -> None:
    assert not any("personal" in name for name in outlets.views())
    with pytest.raises(outlets.OutletRefused):
        outlets.check(view="customers_personal", first_day=NOW.date(), at=NOW)
    with pytest.raises(outlets.OutletRefused):
        outlets.check(view="orders", first_day=NOW.date() + timedelta(days=1), at=NOW)


# --- the page ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def owner(monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return a_client(a_staff_member())


def test_the_form_calls_each_view_by_its_words(owner: Client) -> None:
    assert set(pages.TITLES) == set(outlets.views())
    page = owner.get(reverse("admin:analytics_outlet_add"), headers={"accept-language": "ko"}).content.decode()

    assert "일자·SKU별 매출 (sales_daily)" in page
    assert all(f"({name})" in page for name in outlets.views())


def test_an_owner_makes_one_runs_it_and_starts_over(owner: Client, outlet: Outlet) -> None:
    add = reverse("admin:analytics_outlet_add")
    slip = text(owner.get(add)).split('name="slip" value="')[1].split('"')[0]
    form = {"slip": slip, "code": "bi", "view": "stock", "file_format": "csv.gz", "first_day": "2026-11-01",
            "trailing_days": "35", "is_active": "on"}  # fmt: skip
    assert owner.post(add, form).status_code == 302
    made = Outlet.objects.get(code="bi")
    press = reverse("admin:analytics_outlet_press", args=[made.pk, "run_now"])
    page = reverse("admin:analytics_outlet_change", args=[made.pk])
    slip = text(owner.get(page)).split('name="slip" value="')[1].split('"')[0]
    assert owner.post(press, {"slip": slip, "seen": ""}).status_code == 302
    assert JobRun.objects.get(name=outlets.RUN).arguments == {"outlet": made.pk}
    outlets.run(at=NOW, only=made.pk)
    assert OutletFile.objects.get().outlet == made
    assert OutletFile.objects.get().sha256[:12] in text(owner.get(page))


def test_an_outlet_is_not_put_off_to_a_day_to_come(owner: Client, outlet: Outlet) -> None:
    page = reverse("admin:analytics_outlet_change", args=[outlet.pk])
    for first_day, status in (("2026-11-21", 200), ("2026-11-01", 302)):
        slip = text(owner.get(page)).split('name="slip" value="')[1].split('"')[0]
        form = {"slip": slip, "first_day": first_day, "trailing_days": "35", "is_active": "on"}
        assert owner.post(page, form).status_code == status
    outlet.refresh_from_db()
    assert str(outlet.first_day) == "2026-11-01"


@pytest.mark.parametrize("role", [Role.ANALYST, Role.VIEWER, Role.MARKETER])
def test_others_do_not_see_exports(role: Role, outlet: Outlet) -> None:
    client = a_client(a_staff_member("other", role=role))
    assert client.get(reverse("admin:analytics_outlet_changelist")).status_code == 403
