"""The rules for the five tables of a marketplace."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from config.kernel import invariants
from inventory.models import Product, Reservation, StockLevel, StockMovement
from orders.importing.refusals import FileRefused
from orders.models import Order, OrderLine, Payment, Refund
from tests.orders.importing.files import NOW, an_id, an_olist_shop, imported, months, olist_files, outcomes

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _a_brazilian_shop(settings: Any) -> None:
    settings.SHOP_CURRENCY = "BRL"


def test_the_five_tables_become_one_order(tmp_path: Path) -> None:
    run = imported(*an_olist_shop(tmp_path), profile="olist")

    order = Order.objects.get()
    assert (order.channel, order.external_number, order.state) == ("import:olist", an_id(1), "SHIPPED")
    assert (order.lines_total, order.shipping_fee, order.total, order.paid) == (
        Decimal("71.8"),
        Decimal("30.4"),
        Decimal("102.2"),
        Decimal("102.2"),
    )
    assert order.ship_to == {"postal_code": "01310", "city": "sao paulo", "state": "SP"}
    assert order.customer is not None
    assert order.customer.external_id == an_id(151)
    assert order.shipped_at == datetime(2018, 1, 25, 12, 42, 52, tzinfo=UTC)
    line = OrderLine.objects.get()
    assert (line.sku, line.quantity, line.list_price) == (an_id(201), 2, Decimal("35.9"))
    payment = Payment.objects.get()
    assert (payment.provider, payment.reference) == ("olist:credit_card", f"{an_id(1)}/1")
    product = Product.objects.select_related("category").get()
    assert (product.name, product.category.name) == ("cama mesa banho 00000000", "cama mesa banho")
    assert outcomes(run) == {"sold": 2, "order": 1, "payment": 1, "customer": 1, "product": 1, "product_never_sold": 1}
    assert months(run)["2018-01"]["database"]["gross"] == "102.20"
    assert invariants.check_all(at=NOW) == []


@pytest.mark.parametrize("state", ["invoiced", "processing", "approved"])
def test_an_order_that_was_not_sent_waits_with_its_units_held(tmp_path: Path, state: str) -> None:
    imported(*an_olist_shop(tmp_path, state), profile="olist")

    order = Order.objects.get()
    assert (order.state, order.shipped_at) == ("PAID", None)
    assert order.ship_due_at == datetime(2018, 2, 14, 15, tzinfo=UTC)
    assert Reservation.objects.get().held == 2
    level = StockLevel.objects.get()
    assert (level.on_hand, level.reserved) == (2, 2)
    assert invariants.check_all(at=NOW) == []


@pytest.mark.parametrize("state", ["canceled", "unavailable"])
def test_a_canceled_order_moved_no_goods_and_gave_its_money_back(tmp_path: Path, state: str) -> None:
    run = imported(*an_olist_shop(tmp_path, state), profile="olist")

    order = Order.objects.get()
    assert (order.state, order.paid, order.refunded, order.refund_due) == (
        "CANCELED",
        Decimal("102.2"),
        Decimal("102.2"),
        False,
    )
    assert OrderLine.objects.get().canceled == 2
    assert Refund.objects.get().reason == state
    assert not StockMovement.objects.exists()
    assert months(run)["2018-01"]["difference"] == {"gross": "0", "returns": "0"}
    assert invariants.check_all(at=NOW) == []


def test_an_order_without_lines_is_left_out_with_its_customer_and_payments(tmp_path: Path) -> None:
    run = imported(*an_olist_shop(tmp_path, "unavailable", items=[]), profile="olist")

    assert outcomes(run) == {"order_without_lines": 3, "product_never_sold": 2}
    assert not Order.objects.exists()


def test_rows_of_orders_that_are_not_in_the_files_are_left_out(tmp_path: Path) -> None:
    files = an_olist_shop(tmp_path)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    other = olist_files(elsewhere, payments=[[an_id(7), 1, "boleto", 1, "10"], [an_id(7), 2, "voucher", 1, "5"]])
    run = imported(*files, other[2], profile="olist")

    assert outcomes(run)["other_order"] == 2
    assert Order.objects.get().paid == Decimal("102.2")


def test_payments_are_kept_as_the_file_tells_them(tmp_path: Path) -> None:
    payments = [[an_id(1), 1, "voucher", 1, "50"], [an_id(1), 2, "credit_card", 1, "60"], [an_id(1), 3, "voucher", 1, "0.0"]]
    run = imported(*an_olist_shop(tmp_path, payments=payments), profile="olist")

    assert (Order.objects.get().paid, Order.objects.get().total) == (110, Decimal("102.2"))
    assert outcomes(run)["zero_payment"] == 1
    assert invariants.check_all(at=NOW) == []


def test_a_parcel_that_left_before_its_order_left_with_it(tmp_path: Path) -> None:
    orders = [[an_id(1), an_id(101), "shipped", "2018-01-20 12:15:57", "", "2018-01-19 08:00:00", "", ""]]
    imported(*an_olist_shop(tmp_path, orders=orders), profile="olist")

    order = Order.objects.get()
    assert order.shipped_at == order.placed_at == order.paid_at


def test_the_same_row_twice_is_one_and_another_with_its_key_cannot_be_meant(tmp_path: Path) -> None:
    payment = [an_id(1), 1, "credit_card", 2, "102.2"]
    run = imported(*an_olist_shop(tmp_path, payments=[payment, payment]), profile="olist")
    assert outcomes(run)["repeated_by_another_file"] == 1

    with pytest.raises(FileRefused) as refusal:
        imported(*an_olist_shop(tmp_path, payments=[payment, [*payment[:4], "1"]]), profile="olist")
    assert (refusal.value.details["problem"], refusal.value.details["row"]) == ("twice", 3)


@pytest.mark.parametrize(
    ("replaced", "file", "row", "problem"),
    [
        ({"customers": []}, "orders.csv", 2, "no_customer_row"),
        ({"products": []}, "order_items.csv", 2, "no_product_row"),
        ({"items": [[an_id(1), 1, an_id(201), an_id(301), "", "-1", "0"]]}, "order_items.csv", 2, "amount"),
        ({"orders": [[an_id(1), an_id(101), "lost", "2018-01-20 12:15:57", "", "", "", ""]]}, "orders.csv", 2, "state"),
        ({"orders": [["1", an_id(101), "shipped", "2018-01-20 12:15:57", "", "", "", ""]]}, "orders.csv", 2, "code"),
    ],
)
def test_what_cannot_be_meant_refuses_everything(
    tmp_path: Path, replaced: dict[str, Any], file: str, row: int, problem: str
) -> None:
    with pytest.raises(FileRefused) as refusal:
        imported(*an_olist_shop(tmp_path, **replaced), profile="olist")

    details = refusal.value.details
    assert (details["file"], details["row"], details["problem"]) == (file, row, problem)
    assert not Order.objects.exists()


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="the table “customers” is missing"):
        imported(*an_olist_shop(tmp_path)[:3], profile="olist")


def test_a_second_import_adds_nothing_and_accounts_for_every_row(tmp_path: Path) -> None:
    imported(*an_olist_shop(tmp_path), profile="olist")
    run = imported(*an_olist_shop(tmp_path), profile="olist")

    assert (run.rows_read, run.rows_imported) == (7, 0)
    assert outcomes(run) == {"already_imported": 6, "product_never_sold": 1}
    assert Order.objects.count() == 1
