"""`manage.py import_history`: what a person at a terminal asks for and reads."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from orders.models import ImportRun, Order
from tests.orders.importing.files import a_line, invoices

pytestmark = pytest.mark.django_db

FEE = a_line("536779", "BANK CHARGES", 1, "15")


def run(*arguments: str) -> str:
    told = StringIO()
    call_command("import_history", "online-retail", *arguments, stdout=told)
    return told.getvalue()


def test_the_report_is_read_and_kept(tmp_path: Path) -> None:
    file = invoices(tmp_path, a_line(), FEE)
    told = run(str(file.path), "--report", str(tmp_path / "r.json"), "--rejects", str(tmp_path / "left-out.csv"))

    assert "2010-12" in told
    assert "Imported." in told
    report = json.loads((tmp_path / "r.json").read_text("utf-8"))
    assert report["rows"] == {"read": 2, "imported": 1, "skipped": 1}
    assert report["files"][0]["name"] == "invoices.csv"
    assert "BANK CHARGES" in (tmp_path / "left-out.csv").read_text("utf-8")


def test_a_trial_says_that_nothing_was_kept(tmp_path: Path) -> None:
    assert "nothing was kept" in run(str(invoices(tmp_path, a_line()).path), "--dry-run")
    assert not Order.objects.exists()


def test_dates_may_be_moved(tmp_path: Path) -> None:
    run(str(invoices(tmp_path, a_line()).path), "--shift-to-today")
    assert ImportRun.objects.get().shift_days > 0


def test_a_refusal_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"invoices\.csv, row 2, column UnitPrice"):
        run(str(invoices(tmp_path, a_line(price="1e9")).path))


def test_another_currency_is_refused(tmp_path: Path, settings: Any) -> None:
    settings.SHOP_CURRENCY = "KRW"
    with pytest.raises(CommandError, match="GBP"):
        run(str(invoices(tmp_path, a_line()).path))


def test_a_folder_that_is_not_there_is_named_before_the_import_begins(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"nowhere/r\.json"):
        run(str(invoices(tmp_path, a_line()).path), "--report", str(tmp_path / "nowhere" / "r.json"))
    assert not ImportRun.objects.exists()
