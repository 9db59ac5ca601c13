"""A shop's own orders come in from one plain table, in the shop's own currency."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project

from campaigns.models import Customer
from config.kernel import invariants, shop
from inventory.models import StockLevel, Variant
from orders.importing.own_orders import TABLES
from orders.importing.reading import Source
from orders.importing.refusals import FileRefused
from orders.models import Order, OrderLine, Payment, Refund, Return
from tests.builders import a_variant
from tests.orders.importing.files import NOW, a_file, months, outcomes, text
from tests.orders.importing.files import imported as imported_by

pytestmark = pytest.mark.django_db
COLUMNS = TABLES[0].columns


@pytest.fixture(autouse=True)
def _a_korean_shop(_a_british_shop: None, settings: Any) -> None:
    settings.SHOP_CURRENCY = "KRW"


def a_row(
    number: str = "A-1001",
    at: str = "2026-01-05 14:30",
    sku: str = "CUP-01",
    name: str = "머그컵",
    units: int | str = 2,
    price: str = "12000",
    customer: str = "",
    kind: str = "",
) -> list[str]:
    return [number, at, sku, name, str(units), price, customer, kind]


def orders(folder: Path, *rows: Sequence[str], name: str = "orders.csv") -> Source:
    return a_file(folder, text(rows, COLUMNS), name)


def imported(*files: Source, **asked: Any) -> Any:
    return imported_by(*files, profile="orders", **asked)


def test_rows_of_one_number_become_one_order_paid_and_shipped(tmp_path: Path) -> None:
    known = a_variant(sku="CUP-01", list_price=15_000)
    run = imported(
        orders(tmp_path, a_row(customer="c-7"), a_row(sku="POT-02", name="찻주전자", units=1, price="30000", customer="c-7"))
    )

    order = Order.objects.get()
    assert (order.external_number, order.channel, order.state, order.total) == ("A-1001", "import:orders", "SHIPPED", 54_000)
    assert order.currency == project.SHOP_CURRENCY == "KRW"
    assert order.placed_at.astimezone(shop.zone()).isoformat() == "2026-01-05T14:30:00+09:00"
    assert order.customer == Customer.objects.get(external_id="c-7")
    assert Payment.objects.get().amount == 54_000
    assert list(order.lines.values_list("position", "sku", "name", "quantity", "list_price")) == [
        (1, "CUP-01", "머그컵", 2, Decimal(12_000)),
        (2, "POT-02", "찻주전자", 1, Decimal(30_000)),
    ]
    known.refresh_from_db()
    assert known.list_price == 15_000  # What the catalog knows stays as it is.
    assert Variant.objects.get(sku="POT-02").list_price == 30_000
    assert outcomes(run) == {"sold": 2}
    assert months(run)["2026-01"]["database"]["net"] == "54000.00"
    assert invariants.check_all(at=NOW) == []


def test_a_return_finds_the_order_it_names_without_a_customer(tmp_path: Path) -> None:
    run = imported(
        orders(
            tmp_path,
            a_row("A-1001"),
            a_row("A-1002", at="2026-01-06"),
            a_row("A-1001", at="2026-01-09", units=1, kind="return"),
            a_row("A-1001", at="2026-01-20 10:00:00", units=1, kind="반품"),
        )
    )

    assert dict(OrderLine.objects.values_list("order__external_number", "returned")) == {"A-1001": 2, "A-1002": 0}
    assert [one.order.external_number for one in Return.objects.select_related("order")] == ["A-1001", "A-1001"]  # type: ignore[union-attr]
    assert set(Return.objects.values_list("reason", flat=True)) == {"Return of order A-1001"}
    assert sum(Refund.objects.values_list("amount", flat=True)) == 24_000
    assert outcomes(run) == {"sold": 2, "returned": 2}
    assert months(run)["2026-01"]["database"] == {"gross": "48000.00", "returns": "-24000.00", "net": "24000.00"}
    assert StockLevel.objects.get().on_hand == 2
    assert invariants.check_all(at=NOW) == []


def test_what_was_bought_and_came_back_on_one_day_belongs_together(tmp_path: Path) -> None:
    run = imported(orders(tmp_path, a_row(at="2026-01-05 14:30"), a_row(at="2026-01-05", kind="return")))

    assert outcomes(run) == {"sold": 1, "returned": 1}


def test_a_return_of_an_order_nobody_knows_is_counted_apart(tmp_path: Path) -> None:
    run = imported(orders(tmp_path, a_row("A-1001"), a_row("A-999", at="2026-01-09", units=1, kind="return")))

    assert outcomes(run) == {"sold": 1, "returned_without_sale": 1}
    assert Return.objects.get().order is None


def test_month_after_month_gives_what_all_at_once_gives(tmp_path: Path) -> None:
    imported(orders(tmp_path, a_row()))
    second = orders(tmp_path, a_row(), a_row(at="2026-02-03", units=1, kind="return"), name="2.csv")
    run = imported(second)
    again = imported(second)

    assert outcomes(run) == {"already_imported": 1, "returned": 1}
    assert outcomes(again) == {"already_imported": 2}
    assert OrderLine.objects.get().returned == 1
    assert invariants.check_all(at=NOW) == []


def test_files_that_overlap_are_read_once_and_a_row_that_stands_twice_counts_twice(tmp_path: Path) -> None:
    run = imported(
        orders(tmp_path, a_row(), a_row(), name="1.csv"), orders(tmp_path, a_row(), a_row(), a_row("A-2"), name="2.csv")
    )

    assert outcomes(run) == {"sold": 3, "repeated_by_another_file": 2}
    assert Order.objects.get(external_number="A-1001").total == 48_000


def test_the_columns_of_customer_and_kind_may_be_missing_and_stand_anywhere(tmp_path: Path) -> None:
    rows = [["머그컵", "A-1", "2026-01-05", "CUP-01", "1", "12000"]]
    short = a_file(tmp_path, text(rows, ["product_name", "order_number", "ordered_at", "sku", "quantity", "unit_price"]))
    imported(short)
    whole = imported(orders(tmp_path, a_row("A-1", at="2026-01-05", units=1), name="whole.csv"))

    # The same row, with two empty cells more, is known again.
    assert outcomes(whole) == {"already_imported": 1}
    assert Order.objects.get().customer is None


def test_rows_that_are_no_sale_are_left_out_with_their_reason(tmp_path: Path) -> None:
    run = imported(orders(tmp_path, a_row(), a_row(units=0), a_row(price="-500", sku="CUT-1"), a_row(price="0", sku="FREE-1")))

    assert outcomes(run) == {"sold": 1, "free": 1, "negative_price": 1, "zero_quantity": 1}
    assert (run.rows_read, run.rows_imported, run.rows_skipped) == (4, 2, 2)
    assert months(run)["2026-01"]["difference"] == {"gross": "0", "returns": "0"}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (a_row(number="A 1"), "column order_number: “A 1” – this is not a code"),
        (a_row(number="1.2E+12"), "a spreadsheet turned the code into a number"),
        (a_row(at="05/01/2026"), "column ordered_at: “05/01/2026” – this is not a date and time"),
        (a_row(at="2026-02-30"), "column ordered_at: “2026-02-30 00:00:00” – this is not a date and time"),
        (a_row(sku=""), "column sku: this is not a code"),
        (a_row(name=" "), "column product_name: the cell is empty"),
        (a_row(name="=1+1"), "the text begins like a formula"),
        (a_row(units="1.5"), "column quantity: “1.5” – this is not a whole number"),
        (a_row(units=-1), "units are above zero; what came back has the kind “return”"),
        (a_row(price="12,000"), "column unit_price: “12,000” – this is not an amount"),
        (a_row(kind="refund"), "column kind: “refund” – write sale or return"),
        (a_row(customer="c-2"), "belongs to customer “c-1” in an earlier row"),
        (a_row(customer="c-1", at="2026-01-06"), "was ordered at 2026-01-05 14:30:00 in an earlier row"),
    ],
)
def test_a_row_that_cannot_be_meant_is_named_and_nothing_is_written(tmp_path: Path, row: list[str], said: str) -> None:
    with pytest.raises(FileRefused) as refusal:
        imported(orders(tmp_path, a_row(customer="c-1"), row))

    assert str(refusal.value).startswith("orders.csv, row 3")
    assert said in str(refusal.value)
    assert not Order.objects.exists()


def test_a_column_too_few_names_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match=r"Closest: order lines\. Missing: unit_price\. Unknown: price\."):
        imported(a_file(tmp_path, text([], ["order_number", "ordered_at", "sku", "product_name", "quantity", "price"])))
