"""An import is all or nothing, adds nothing twice, and is moved, tried and recorded as asked."""

import csv
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext

from config.kernel import invariants
from config.kernel.models import OutboxEvent
from inventory.models import StockLevel, StockMovement, Variant, Warehouse
from orders.importing import refusals
from orders.importing.refusals import FileRefused
from orders.models import ImportedDocument, ImportRun, Order, OrderEvent, OrderLine, Refund, Return
from orders.operations import imported_past, importing
from orders.operations.returning import UnknownWarehouse
from orders.queries import imports
from tests.builders import a_variant, a_warehouse
from tests.orders.importing.files import (
    INVOICE_LINES,
    NOW,
    a_file,
    a_line,
    data,
    imported,
    invoices,
    months,
    outcomes,
    sources,
    text,
)

pytestmark = pytest.mark.django_db

FEE = a_line("536779", "BANK CHARGES", 1, "15")
LATER = "2010-12-09 10:00:00"


def test_the_same_file_twice_adds_nothing(tmp_path: Path) -> None:
    file = invoices(tmp_path, a_line(), a_line("C536379", quantity=-2, at=LATER), FEE)
    imported(file)
    again = imported(file)

    assert (again.rows_read, again.rows_imported, again.rows_skipped) == (3, 0, 3)
    assert outcomes(again) == {"already_imported": 2, "fee": 1}
    assert months(again)["2010-12"]["database"] == {"gross": "0.00", "returns": "0.00", "net": "0.00"}
    assert (Order.objects.count(), Return.objects.count(), StockMovement.objects.count()) == (1, 1, 3)


def test_files_that_overlap_are_read_once(tmp_path: Path) -> None:
    first = invoices(tmp_path, a_line(), a_line(), a_line("536366"), name="first.csv")
    second = invoices(tmp_path, a_line(), a_line(), a_line(sku="71053"), a_line("536367"), name="second.csv")
    run = imported(first, second)

    # The invoice in both files keeps its double row, and gains what only the second file knows.
    assert outcomes(run) == {"sold": 5, "repeated_by_another_file": 2}
    assert Order.objects.get(external_number="536365").lines.count() == 3


def test_a_later_file_that_overlaps_adds_what_is_new(tmp_path: Path) -> None:
    imported(invoices(tmp_path, a_line(), a_line("536366")))
    run = imported(invoices(tmp_path, a_line("536366"), a_line("536367")))

    assert outcomes(run) == {"sold": 1, "already_imported": 1}
    assert Order.objects.count() == 3


def test_a_row_that_joins_a_document_too_late_is_told_apart(tmp_path: Path) -> None:
    imported(invoices(tmp_path, a_line()))
    run = imported(invoices(tmp_path, a_line(), a_line(sku="71053")))

    assert outcomes(run) == {"already_imported": 1, "document_imported_without_it": 1}
    assert OrderLine.objects.count() == 1


def test_month_after_month_gives_what_all_at_once_gives(tmp_path: Path) -> None:
    january = [a_line(), a_line("536366", quantity=4, at="2010-12-02 08:00:00")]
    february = [
        a_line("536400", at="2011-01-02 08:00:00"),
        a_line("C536401", quantity=-9, at="2011-01-03 08:00:00"),
        a_line("C536402", quantity=-9, at="2011-01-04 08:00:00"),
    ]
    imported(invoices(tmp_path, *january, name="1.csv"))
    with CaptureQueriesContext(connection) as captured:
        run = imported(invoices(tmp_path, *february, name="2.csv"))

    asked = [one["sql"] for one in captured if 'FROM "orders_payment" WHERE' in str(one["sql"])]
    assert len(asked) == 1, "providers are asked for each return"
    told = [one.details for one in OrderEvent.objects.filter(kind="REFUNDED").order_by("id")]
    assert {(one["provider"], one["reference"].split("#")[0]) for one in told} == {
        ("import:online-retail", "online-retail:C536401"),
        ("import:online-retail", "online-retail:C536402"),
    }
    assert {one["amount"] for one in told} >= {"7.65"}
    assert outcomes(run) == {"sold": 1, "returned": 1, "returned_partly_without_sale": 1}
    assert dict(OrderLine.objects.values_list("order__external_number", "returned")) == {
        "536365": 6,
        "536366": 4,
        "536400": 6,
    }
    assert Refund.objects.aggregate(sum=Sum("amount"))["sum"] == 16 * Decimal("2.55")
    assert Order.objects.filter(refunded__gt=0, refund_due=False).count() == 3
    assert months(run)["2011-01"]["database"]["returns"] == "-45.90"
    assert invariants.check_all(at=NOW) == []


def test_a_refused_file_leaves_only_the_record_of_its_refusal(tmp_path: Path) -> None:
    good = invoices(tmp_path, a_line())
    bad = invoices(tmp_path, a_line("536366", price="1,000"), name="bad.csv")
    with pytest.raises(FileRefused):
        imported(good, bad)

    run = ImportRun.objects.get()
    assert (run.state, run.rows_read, refusals.told(run.refusal).startswith("bad.csv, row 2, column UnitPrice: “1,000”")) == (
        "REFUSED",
        0,
        True,
    )
    assert not Order.objects.exists()
    assert not ImportedDocument.objects.exists()
    assert not Warehouse.objects.exists()


def test_a_fault_of_the_importer_leaves_nothing_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "sums_by_month", lambda **told: {"2010-12": (Decimal("15.2999"), Decimal(0))})
    with pytest.raises(importing.NotReconciled, match=r"0\.0001"):
        imported(invoices(tmp_path, a_line()))

    assert not Order.objects.exists()
    assert ImportRun.objects.get().state == "REFUSED"


def test_an_unforeseen_error_is_kept_on_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**told: Any) -> None:
        raise RuntimeError("no more paper")

    monkeypatch.setattr(imports, "sums_by_month", broken)
    with pytest.raises(RuntimeError):
        imported(invoices(tmp_path, a_line()))

    assert (ImportRun.objects.get().state, ImportRun.objects.get().error) == ("FAILED", "RuntimeError: no more paper")
    assert not Order.objects.exists()


def test_a_trial_reports_like_an_import_and_keeps_nothing(tmp_path: Path) -> None:
    file = invoices(tmp_path, a_line(), FEE)
    trial = imported(file, is_dry_run=True)
    assert (trial.state, trial.rows_imported, trial.rows_skipped) == ("CHECKED", 1, 1)
    assert not Order.objects.exists()
    assert not Variant.objects.exists()

    real = imported(file)
    figures = real.report | {"figures": dict(real.report["figures"])}
    assert trial.report == figures


@pytest.mark.parametrize(
    ("at", "last"),
    [
        (datetime(2026, 11, 21, 10, tzinfo=UTC), "2026-11-18"),  # on a Saturday: the Wednesday of this week
        (datetime(2026, 11, 18, 10, tzinfo=UTC), "2026-11-18"),
        (datetime(2026, 11, 17, 10, tzinfo=UTC), "2026-11-11"),
        (datetime(2026, 11, 17, 15, tzinfo=UTC), "2026-11-18"),  # Wednesday already, in Seoul
    ],
)
def test_dates_move_by_whole_weeks_and_the_hour_stays(tmp_path: Path, at: datetime, last: str) -> None:
    file = invoices(tmp_path, a_line(), a_line("536366", at="2010-12-08 17:30:00"))  # a Wednesday
    run = imported(file, shift_to_today=True, at=at)

    newest = Order.objects.get(external_number="536366")
    assert newest.placed_at == datetime.fromisoformat(f"{last}T17:30:00+09:00")
    assert run.shift_days % 7 == 0
    # Reconciled in the months of the files, which are kept beside what was moved.
    assert [one["month"] for one in run.report["months"]] == ["2010-12"]
    document = ImportedDocument.objects.get(number="536366")
    assert document.original_at == newest.placed_at - timedelta(days=run.shift_days)


def test_one_past_is_moved_by_one_distance(tmp_path: Path) -> None:
    first = invoices(tmp_path, a_line(), name="1.csv")
    second = invoices(tmp_path, a_line("536400", at="2010-12-08 08:26:00"), name="2.csv")
    moved = imported(first, shift_to_today=True)

    with pytest.raises(importing.ShiftRefused, match="must be moved as well"):
        imported(second)
    assert imported(second, shift_to_today=True, at=NOW + timedelta(days=30)).shift_days == moved.shift_days


def test_a_past_that_was_not_moved_cannot_be_moved_later(tmp_path: Path) -> None:
    imported(invoices(tmp_path, a_line(), name="1.csv"))
    with pytest.raises(importing.ShiftRefused, match="cannot be moved"):
        imported(invoices(tmp_path, a_line("536400"), name="2.csv"), shift_to_today=True)


def test_another_currency_is_refused_before_anything_is_recorded(tmp_path: Path, settings: Any) -> None:
    settings.SHOP_CURRENCY = "KRW"
    with pytest.raises(importing.WrongCurrency, match="SHOP_CURRENCY=GBP"):
        imported(invoices(tmp_path, a_line()))
    assert not ImportRun.objects.exists()


def test_an_unknown_profile_is_refused(tmp_path: Path) -> None:
    with pytest.raises(importing.UnknownProfile, match="olist"):
        imported(invoices(tmp_path, a_line()), profile="ebay")


def test_goods_may_have_left_another_warehouse(tmp_path: Path) -> None:
    warehouse = a_warehouse("seoul")
    imported(invoices(tmp_path, a_line()), warehouse="seoul")
    assert set(StockMovement.objects.values_list("warehouse_id", flat=True)) == {warehouse.pk}

    with pytest.raises(UnknownWarehouse):
        imported(invoices(tmp_path, a_line("536366")), warehouse="busan")


def test_what_the_shop_knows_of_a_sku_stays(tmp_path: Path) -> None:
    variant = a_variant(sku="85123A", list_price=9, cost=Decimal("1.1"))
    imported(invoices(tmp_path, a_line()))

    variant.refresh_from_db()
    assert variant.list_price == 9
    line = OrderLine.objects.get()
    assert (line.variant, line.unit_cost) == (variant, Decimal("1.1"))


def test_analytics_hears_of_the_days(tmp_path: Path) -> None:
    imported(invoices(tmp_path, a_line(), a_line("536366", at=LATER)))

    payloads = OutboxEvent.objects.filter(topic="orders.history_imported").values_list("payload", flat=True)
    assert list(payloads) == [{"first_on": "2010-12-01", "last_on": "2010-12-09"}]


def test_analytics_hears_once_of_all_parts_returns_and_stock_corrections(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported(invoices(tmp_path, a_line(at="2010-12-02 09:00:00")))
    monkeypatch.setattr(imported_past, "PART", 1)
    OutboxEvent.objects.all().delete()

    rows = [a_line(str(number), at=f"2010-12-{day} 09:00:00") for number, day in ((536400, "09"), (536401, "10"))]
    credit = a_line("C536379", quantity=-1, at="2010-12-08 09:00:00")
    damage = a_line("536589", quantity=-2, price="0", customer="", description="damages?", at="2010-12-27 09:00:00")
    imported(invoices(tmp_path, *rows, credit, damage, name="later.csv"))

    payloads = OutboxEvent.objects.filter(topic="orders.history_imported").values_list("payload", flat=True)
    assert list(payloads) == [{"first_on": "2010-12-08", "last_on": "2010-12-27"}]
    assert Return.objects.get().order == Order.objects.order_by("placed_at").first()


def test_rows_left_out_are_a_file_that_excel_opens_safely(tmp_path: Path) -> None:
    run = imported(invoices(tmp_path, a_line(), a_line("C536379", "D", -1, "27.5", description="Discount"), FEE))

    content = Path(run.rejects.path).read_text("utf-8")
    assert content.startswith("\ufeff")
    heading, *rows = csv.reader(content.removeprefix("\ufeff").splitlines())
    assert heading[3:] == list(INVOICE_LINES)
    assert [row[:2] for row in rows] == [["invoices.csv", "3"], ["invoices.csv", "4"]]
    assert rows[0][3:8] == ["C536379", "D", "Discount", "-1", "2010-12-01 08:26:00"]


def test_an_import_that_left_nothing_out_has_no_such_file(tmp_path: Path) -> None:
    assert not imported(invoices(tmp_path, a_line())).rejects


def test_a_run_ends_once(tmp_path: Path) -> None:
    file = invoices(tmp_path, a_line())
    run = imported(file)
    with pytest.raises(importing.ImportOver):
        importing.perform(run=run, sources=[file], at=NOW)


def test_runs_whose_worker_died_are_closed_and_old_files_dropped(tmp_path: Path) -> None:
    run = imported(invoices(tmp_path, FEE, a_line()))
    lost = importing.request(profile="online-retail", is_dry_run=False, shift_to_today=False, actor=None, at=NOW)
    kept = Path(run.rejects.path)

    assert importing.tidy(at=NOW + timedelta(hours=5)) == {"closed": 0, "dropped": 0}
    assert importing.tidy(at=NOW + timedelta(days=91)) == {"closed": 1, "dropped": 1}
    lost.refresh_from_db()
    assert lost.state == "FAILED"
    assert not kept.exists()


def test_a_hundred_thousand_rows_of_which_one_is_bad_leave_nothing(tmp_path: Path) -> None:
    rows = [a_line(f"{number // 20 + 500_000}", f"{10_000 + number % 300}") for number in range(100_000)]
    rows[-1][5] = "£2.55"
    with pytest.raises(FileRefused) as refusal:
        imported(a_file(tmp_path, text(rows), "many.csv.gz"))

    assert (refusal.value.details["row"], refusal.value.details["column"]) == (100_001, "UnitPrice")
    assert not Order.objects.exists()


def test_a_month_of_a_real_shop_is_imported_whole() -> None:
    run = imported(*sources(data("online_retail/online_retail_2010-12.csv.gz")))

    assert (run.rows_read, run.rows_imported, run.rows_skipped) == (42_481, 42_412, 69)
    december = months(run)["2010-12"]
    assert december["file"] == {"gross": "823746.14", "returns": "-74789.12", "net": "748957.02"}
    assert december["difference"] == {"gross": "0", "returns": "0"}
    assert StockLevel.objects.filter(on_hand__lt=0).count() == 0
    assert invariants.check_all(at=NOW) == []


def test_an_import_that_never_ends_breaks_a_promise() -> None:
    importing.request(profile="online-retail", is_dry_run=False, shift_to_today=False, actor=None, at=NOW)

    assert invariants.check_all(at=NOW + timedelta(hours=35)) == []
    (violation,) = invariants.check_all(at=NOW + timedelta(hours=37))
    assert violation.invariant == "I11"
