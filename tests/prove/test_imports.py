"""Two real pasts, whole, by the command and as the role that runs the shop: rows, money, time and memory."""

import json
import re
import resource
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.utils.translation import override

from config.kernel import clock, invariants
from config.local.place import PROJECT
from inventory.models import StockLevel, StockMovement
from orders.models import Order, OrderLine, Return
from tests import live, services
from tests.benchmarks import stage
from tests.orders.importing.files import data

pytestmark = [pytest.mark.prove, pytest.mark.django_db(transaction=True)]

# What is promised on two cores; the figures themselves are printed.
MOST_SECONDS = 120
MOST_MEGABYTES = 1000


def imported(folder: Path, profile: str, currency: str, files: list[Path], *options: str) -> dict[str, Any]:
    assert services.services is not None
    environment = live.environment(services.services) | {
        "SHOP_CURRENCY": currency,
        "MEDIA_ROOT": str(folder / "media"),
        "LANGUAGE_CODE": "en",
    }
    report = folder / "report.json"
    command = [sys.executable, "manage.py", "import_history", profile, *map(str, files), "--report", str(report), *options]
    before = _processor_seconds()
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    worked = _processor_seconds() - before
    assert done.returncode == 0, done.stderr
    sys.stdout.write(done.stdout)
    figures = re.search(r"([0-9.]+) seconds, peak memory ([0-9]+) MB", done.stdout)
    assert figures
    # Command and server work in turns: on a machine of its own an import takes about as long as both work.
    sys.stdout.write(f"Processor seconds of the command and the server: {worked:.1f}\n")
    assert min(float(figures[1]), worked) <= MOST_SECONDS
    assert int(figures[2]) <= MOST_MEGABYTES
    told: dict[str, Any] = json.loads(report.read_text("utf-8"))
    return told


def _processor_seconds() -> float:
    assert services.services is not None
    postgres = services.services.postgres
    assert postgres is not None and postgres.child is not None  # noqa: PT018
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return children.ru_utime + children.ru_stime + stage.cpu_seconds(postgres.child.process.pid)


def reconciles(report: dict[str, Any]) -> bool:
    return all(month["difference"] == {"gross": "0", "returns": "0"} for month in report["months"])


def money(report: dict[str, Any], where: str, what: str) -> Decimal:
    return sum((Decimal(month[where][what]) for month in report["months"]), Decimal(0))


def rows(report: dict[str, Any]) -> dict[str, int]:
    return {one["outcome"]: one["rows"] for one in report["outcomes"]}


def test_ten_months_of_invoices(tmp_path: Path) -> None:
    files = data("online_retail/*.csv.gz")
    report = imported(tmp_path, "online-retail", "GBP", files)

    assert report["rows"] == {"read": 370_931, "imported": 370_181, "skipped": 750}
    assert len(report["months"]) == 10
    assert reconciles(report)
    assert (money(report, "file", "gross"), money(report, "file", "net")) == (Decimal("7341292.11"), Decimal("6781619.00"))
    assert sum(rows(report).values()) == 370_931
    assert Order.objects.count() == report["figures"]["orders"] == 14_203
    assert OrderLine.objects.count() == rows(report)["sold"] + rows(report)["free"]
    assert not StockLevel.objects.filter(on_hand__lt=0).exists()
    with override("en"):
        assert invariants.check_all(at=clock.now()) == []

    again = imported(tmp_path, "online-retail", "GBP", files)
    assert again["rows"] == {"read": 370_931, "imported": 0, "skipped": 370_931}
    assert reconciles(again)
    assert Order.objects.count() == 14_203


def test_month_by_month_is_the_same_past_as_all_at_once(tmp_path: Path) -> None:
    months = [imported(tmp_path, "online-retail", "GBP", [file]) for file in data("online_retail/*.csv.gz")]

    assert all(reconciles(report) for report in months)
    assert sum((money(report, "database", "gross") for report in months), Decimal(0)) == Decimal("7272229.06")
    assert sum(report["rows"]["imported"] for report in months) >= 370_150
    assert Order.objects.count() == 14_203
    # Fees of sending are given back to sales of the same import only.
    assert sum(report["figures"]["units_returned"] for report in months) == 131_025
    assert Return.objects.filter(order=None).count() > 0
    assert invariants.check_all(at=clock.now()) == []


def test_the_tables_of_a_marketplace(tmp_path: Path) -> None:
    files = data("olist/*.csv.gz")
    report = imported(tmp_path, "olist", "BRL", files, "--shift-to-today")

    assert report["rows"] == {"read": 152_410, "imported": 38_879, "skipped": 113_531}
    assert rows(report)["order_without_lines"] == 68 + 68 + 70
    assert rows(report)["other_order"] == 85_994
    assert reconciles(report)
    assert report["shift_days"] % 7 == 0
    assert Order.objects.count() == 7_932
    assert not StockMovement.objects.filter(occurred_at__gt=clock.now()).exclude(kind="SHIPMENT").exists()
    assert invariants.check_all(at=clock.now()) == []
