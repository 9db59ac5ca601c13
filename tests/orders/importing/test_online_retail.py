"""The rules for the invoices of an old shop, each on a file small enough to check by hand."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from campaigns.models import Customer
from config.kernel import invariants
from inventory.models import StockLevel, StockMovement, Variant, Warehouse
from orders.importing import accounting
from orders.importing.refusals import FileRefused
from orders.models import Order, OrderEvent, OrderLine, Payment, Refund, Return, ReturnLine
from tests.orders.importing.files import NOW, a_file, a_line, imported, invoices, months, outcomes, text

pytestmark = pytest.mark.django_db

LATER = "2010-12-09 10:00:00"


def test_an_invoice_becomes_an_order_that_was_paid_and_shipped(tmp_path: Path) -> None:
    run = imported(invoices(tmp_path, a_line(), a_line(sku="71053", quantity=2, price="3.39", description="METAL LANTERN")))

    order = Order.objects.get()
    assert (order.channel, order.external_number, order.state) == ("import:online-retail", "536365", "SHIPPED")
    assert (order.total, order.paid, order.currency) == (Decimal("22.08"), Decimal("22.08"), "GBP")
    assert order.customer == Customer.objects.get(external_id="17850")
    assert order.ship_to == {"country": "United Kingdom"}
    # 08:26 on the shop's own wall.
    assert order.placed_at == order.shipped_at == datetime(2010, 11, 30, 23, 26, tzinfo=UTC)
    lines = OrderLine.objects.values_list("sku", "name", "quantity", "shipped", "list_price", "total")
    assert list(lines) == [
        ("85123A", "WHITE HANGING HEART", 6, 6, Decimal("2.55"), Decimal("15.3")),
        ("71053", "METAL LANTERN", 2, 2, Decimal("3.39"), Decimal("6.78")),
    ]
    assert Payment.objects.get().reference == "536365"
    assert list(OrderEvent.objects.order_by("id").values_list("kind", flat=True)) == ["PLACED", "PAID", "SHIPPED"]
    assert outcomes(run) == {"sold": 2}


def test_opening_stock_is_the_least_that_the_history_needs(tmp_path: Path) -> None:
    imported(invoices(tmp_path, a_line(), a_line("536366", quantity=4, at=LATER)))

    movements = StockMovement.objects.order_by("id").values_list("kind", "quantity")
    assert list(movements) == [("ADJUSTMENT", 10), ("SHIPMENT", -6), ("SHIPMENT", -4)]
    assert StockLevel.objects.get().on_hand == 0
    warehouse = Warehouse.objects.get()
    assert (warehouse.code, warehouse.is_active) == ("IMPORT", False)


def test_units_that_came_back_need_no_opening_stock(tmp_path: Path) -> None:
    imported(invoices(tmp_path, a_line(), a_line("C536379", quantity=-6, at=LATER), a_line("536400", at="2010-12-10 10:00:00")))

    assert StockMovement.objects.get(kind="ADJUSTMENT").quantity == 6


def test_a_credit_note_goes_back_to_the_latest_sale(tmp_path: Path) -> None:
    run = imported(
        invoices(
            tmp_path,
            a_line(),
            a_line("536366", quantity=4, at="2010-12-02 08:00:00"),
            a_line("C536379", quantity=-5, at=LATER),
        )
    )

    returns = Return.objects.order_by("id").values_list("number", "order__external_number", "refund", "state")
    assert list(returns) == [
        ("online-retail:C536379#2", "536365", Decimal("2.55"), "RECEIVED"),
        ("online-retail:C536379", "536366", Decimal("10.2"), "RECEIVED"),
    ]
    assert dict(OrderLine.objects.values_list("order__external_number", "returned")) == {"536365": 1, "536366": 4}
    assert sum(Refund.objects.values_list("amount", flat=True)) == Decimal("12.75")
    assert set(Order.objects.values_list("refund_due", flat=True)) == {False}
    assert outcomes(run) == {"sold": 2, "returned": 1}
    assert months(run)["2010-12"]["database"] == {"gross": "25.50", "returns": "-12.75", "net": "12.75"}


@pytest.mark.parametrize(
    "change",
    [{"customer": "13047.0"}, {"customer": ""}, {"price": "2.10"}, {"sku": "71053"}, {"at": "2010-11-30 08:00:00"}],
    ids=lambda change: next(iter(change)),
)
def test_a_credit_note_of_another_customer_price_sku_or_time_has_no_sale(tmp_path: Path, change: dict[str, str]) -> None:
    credit = {"at": LATER} | change
    run = imported(invoices(tmp_path, a_line(), a_line("C536379", quantity=-2, **credit)))  # type: ignore[arg-type]

    back = Return.objects.get()
    assert (back.order, back.number) == (None, "online-retail:C536379")
    assert back.refund == 2 * Decimal(credit.get("price", "2.55"))
    assert OrderLine.objects.get().returned == 0
    assert outcomes(run) == {"sold": 1, "returned_without_sale": 1}
    assert run.report["figures"]["units_returned_without_sale"] == 2


def test_a_return_of_more_than_was_sold_is_a_return_without_a_sale_for_the_rest(tmp_path: Path) -> None:
    run = imported(invoices(tmp_path, a_line(quantity=2), a_line("C536379", quantity=-5, at=LATER)))

    lines = ReturnLine.objects.order_by("quantity").values_list("parent__order__external_number", "quantity")
    assert list(lines) == [("536365", 2), (None, 3)]
    assert outcomes(run) == {"sold": 1, "returned_partly_without_sale": 1}


def test_two_lines_of_a_credit_note_may_go_back_to_one_line(tmp_path: Path) -> None:
    imported(invoices(tmp_path, a_line(), a_line("C536379", quantity=-1, at=LATER), a_line("C536379", quantity=-2, at=LATER)))

    assert ReturnLine.objects.get().quantity == 3
    assert StockMovement.objects.get(kind="RETURN").quantity == 3


def test_the_same_sku_twice_on_an_invoice_is_two_lines_and_one_shipment(tmp_path: Path) -> None:
    run = imported(invoices(tmp_path, a_line(), a_line(quantity=2), a_line(sku="85123a", quantity=1, price="2.10")))

    assert list(OrderLine.objects.values_list("sku", "quantity", "list_price")) == [
        ("85123A", 6, Decimal("2.55")),
        ("85123A", 2, Decimal("2.55")),
        ("85123A", 1, Decimal("2.1")),
    ]
    assert StockMovement.objects.get(kind="SHIPMENT").quantity == -9
    assert Variant.objects.count() == 1
    assert run.rows_imported == 3


def test_a_row_that_stands_twice_in_a_file_was_sold_twice(tmp_path: Path) -> None:
    run = imported(invoices(tmp_path, a_line(), a_line()))

    assert Order.objects.get().total == Decimal("30.6")
    assert outcomes(run) == {"sold": 2}


def test_rows_of_one_invoice_need_not_stand_together(tmp_path: Path) -> None:
    imported(invoices(tmp_path, a_line(), a_line("536366"), a_line(sku="71053", at="2010-12-01 08:27:00")))

    assert Order.objects.get(external_number="536365").lines.count() == 2


def test_postage_is_the_shipping_fee_of_its_order_and_may_be_given_back(tmp_path: Path) -> None:
    run = imported(
        invoices(
            tmp_path,
            a_line(),
            a_line(sku="POST", quantity=2, price="18", description="POSTAGE"),
            a_line("C536379", sku="POST", quantity=-1, price="18", at=LATER),
        )
    )

    order = Order.objects.get()
    assert (order.lines_total, order.shipping_fee, order.total) == (Decimal("15.3"), 36, Decimal("51.3"))
    assert (order.refunded, order.refund_owed) == (18, 18)
    assert not Return.objects.exists()
    assert outcomes(run) == {"sold": 1, "shipping": 1, "shipping_returned": 1}


def test_postage_without_goods_and_postage_given_back_without_a_sale_are_left_out(tmp_path: Path) -> None:
    run = imported(
        invoices(
            tmp_path,
            a_line(),
            a_line("536400", sku="POST", quantity=1, price="18"),
            a_line("C536379", sku="POST", quantity=-1, price="28", at=LATER),
        )
    )

    assert outcomes(run) == {"sold": 1, "shipping_without_goods": 1, "shipping_credit_without_sale": 1}
    assert months(run)["2010-12"]["left_out"] == {"gross": "18.00", "returns": "-28.00"}


@pytest.mark.parametrize(
    ("invoice", "sku", "quantity", "price", "reason"),
    [
        ("C536379", "AMAZONFEE", -1, "13541.33", accounting.FEE),
        ("536779", "BANK CHARGES", 1, "15", accounting.FEE),
        ("C536379", "CRUK", -1, "16.4", accounting.FEE),
        ("536569", "M", 1, "1.25", accounting.MANUAL),
        ("C536379", "m", -1, "1.25", accounting.MANUAL),
        ("C536379", "D", -1, "27.5", accounting.DISCOUNT),
        ("C536379", "S", -1, "33.05", accounting.SAMPLE),
        ("536500", "gift_0001_20", 1, "16.67", accounting.VOUCHER),
        ("A563185", "B", 1, "11062.06", accounting.BAD_DEBT),
        ("A563186", "B", 1, "-11062.06", accounting.BAD_DEBT),
        ("536501", "PADS", 1, "0.001", accounting.MAKEWEIGHT),
        ("536501", "TEST001", 1, "4.5", accounting.UNKNOWN_CODE),
        ("536501", "71053", 0, "4.5", accounting.ZERO_QUANTITY),
        ("536501", "71053", 1, "-4.5", accounting.NEGATIVE_PRICE),
        ("536501", "71053", -1, "4.5", accounting.NEGATIVE_SALE),
        ("C536379", "71053", 1, "4.5", accounting.POSITIVE_CREDIT),
    ],
)
def test_what_is_neither_goods_nor_shipping_is_left_out_with_its_reason(
    tmp_path: Path, invoice: str, sku: str, quantity: int, price: str, reason: str
) -> None:
    run = imported(invoices(tmp_path, a_line(), a_line(invoice, sku, quantity, price, at=LATER)))

    assert outcomes(run) == {"sold": 1, reason: 1}
    left_out = months(run)["2010-12"]["left_out"]
    told = accounting.rounded(quantity * Decimal(price))
    assert left_out == ({"gross": "0.00", "returns": told} if invoice[0] == "C" else {"gross": told, "returns": "0.00"})


def test_goods_without_a_price_in_a_sale_were_given_away(tmp_path: Path) -> None:
    run = imported(
        invoices(
            tmp_path,
            a_line(sku="71053", quantity=1, price="0"),
            a_line(),
            a_line("536400", quantity=3, price="0"),  # a whole order of gifts for a known customer
        )
    )

    assert outcomes(run) == {"sold": 1, "free": 2}
    gifts = Order.objects.get(external_number="536400")
    assert (gifts.total, gifts.state, gifts.payments.count()) == (0, "SHIPPED", 0)


def test_without_price_and_customer_the_shop_corrected_its_stock(tmp_path: Path) -> None:
    run = imported(
        invoices(
            tmp_path,
            a_line("536589", quantity=-10, price="0", customer="", description="damages?"),
            a_line("536590", quantity=-3, price="0", customer="", description=""),
            a_line("536591", quantity=56, price="0", customer="", description="Found", at=LATER),
        )
    )

    movements = StockMovement.objects.exclude(document_kind="OPENING").order_by("occurred_at", "document_number")
    assert list(movements.values_list("kind", "quantity", "document_number")) == [
        ("WRITE_OFF", -10, "online-retail:536589"),
        ("ADJUSTMENT", -3, "online-retail:536590"),
        ("ADJUSTMENT", 56, "online-retail:536591"),
    ]
    assert movements[0].reason == "damages?"
    assert StockLevel.objects.get().on_hand == 56
    assert not Order.objects.exists()
    assert outcomes(run) == {"corrected": 3}


def test_an_order_may_have_no_customer(tmp_path: Path) -> None:
    imported(invoices(tmp_path, a_line(customer="")))

    assert Order.objects.get().customer is None
    assert not Customer.objects.exists()


def test_four_decimals_are_kept_and_rounded_once_in_the_month(tmp_path: Path) -> None:
    run = imported(
        invoices(
            tmp_path,
            a_line("536365", quantity=1, price="0.0015"),
            a_line("536366", quantity=3, price="0.0012"),
            a_line("536367", quantity=1, price="0.0009"),
        )
    )

    assert sorted(Order.objects.values_list("total", flat=True)) == [Decimal("0.0009"), Decimal("0.0015"), Decimal("0.0036")]
    # Rounded one by one there would be nothing.
    assert months(run)["2010-12"]["database"]["gross"] == "0.01"


def test_the_catalog_learns_the_usual_name_and_the_latest_price(tmp_path: Path) -> None:
    imported(
        invoices(
            tmp_path,
            a_line(description="HEART"),
            a_line("536366", description="WHITE HEART", price="2.95", at=LATER),
            a_line("536367", description="WHITE HEART", price="2.55"),
        )
    )

    variant = Variant.objects.select_related("product__category").get()
    assert (variant.product.name, variant.list_price) == ("WHITE HEART", Decimal("2.95"))
    assert variant.product.category.name == "Online Retail"


@pytest.mark.parametrize(
    ("row", "column", "problem"),
    [
        (a_line(price="1,000"), "UnitPrice", "amount"),
        (a_line(quantity="1.5"), "Quantity", "units"),
        (a_line(at="01/12/2010 08:26"), "InvoiceDate", "moment"),
        (a_line(sku="1.23E+12"), "StockCode", "damaged_code"),
        (a_line(invoice="5363-65"), "InvoiceNo", "code"),
        (a_line(customer="Kim"), "CustomerID", "code"),
        (a_line(description="=1+1"), "Description", "formula"),
        (a_line(country="@home"), "Country", "formula"),
        (a_line(customer="13047.0"), "CustomerID", "two_customers"),
        (a_line(invoice="536366", price="999999999999", quantity=2), "InvoiceNo", "too_much_money"),
    ],
)
def test_one_bad_row_refuses_the_whole_file_and_names_it(tmp_path: Path, row: list[str], column: str, problem: str) -> None:
    with pytest.raises(FileRefused) as refusal:
        imported(invoices(tmp_path, a_line(), row))

    details = refusal.value.details
    assert (details["file"], details["column"], details["problem"]) == ("invoices.csv", column, problem)
    assert details["row"] == 3
    assert not Order.objects.exists()
    assert not Variant.objects.exists()


@pytest.mark.parametrize(
    ("heading", "column", "problem"),
    [
        ("InvoiceNo;StockCode;Description;Quantity;InvoiceDate;UnitPrice;CustomerID;Country", "", "delimiter"),
        ("InvoiceNo\tStockCode\tDescription\tQuantity\tInvoiceDate\tUnitPrice\tCustomerID\tCountry", "", "delimiter"),
        ("InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,Country,Country", "Country", "duplicated_column"),
        ("InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID", "", "unknown_table"),
        ("InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country,Margin", "", "unknown_table"),
        ("Invoice,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country", "", "unknown_table"),
    ],
)  # fmt: skip
def test_a_heading_that_does_not_fit_is_refused(tmp_path: Path, heading: str, column: str, problem: str) -> None:
    with pytest.raises(FileRefused) as refusal:
        imported(a_file(tmp_path, f"{heading}\n"))

    assert (refusal.value.details["row"], refusal.value.details["column"], refusal.value.details["problem"]) == (
        1,
        column,
        problem,
    )


def test_a_wrong_heading_names_what_is_missing_and_what_is_unknown(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match=r"Missing: Country\. Unknown: Land\."):
        imported(a_file(tmp_path, text([]).replace("Country", "Land")))


def test_columns_may_stand_in_any_order(tmp_path: Path) -> None:
    content = "\n".join(",".join(reversed(line.split(","))) for line in text([a_line()]).splitlines())
    imported(a_file(tmp_path, content))

    assert Order.objects.get().total == Decimal("15.3")


def test_a_heading_alone_is_an_import_of_nothing(tmp_path: Path) -> None:
    run = imported(a_file(tmp_path, text([])))

    assert (run.state, run.rows_read, run.report["months"]) == ("IMPORTED", 0, [])


def test_every_promise_of_the_shop_holds_after_an_import(tmp_path: Path) -> None:
    imported(
        invoices(
            tmp_path,
            *(a_line(f"5364{number}", quantity=number, at=f"2010-12-0{1 + number % 9} 08:00:00") for number in range(10, 30)),
            a_line("536450", sku="POST", quantity=1, price="18"),
            a_line("536450", sku="71053", quantity=5, price="0.835"),
            *(a_line(f"C5365{number}", quantity=-number, at="2010-12-10 08:00:00") for number in range(10, 20)),
            a_line("C536600", quantity=-999, at="2010-12-11 08:00:00"),
            a_line("C536601", sku="POST", quantity=-1, price="18", at="2010-12-11 08:00:00"),
            a_line("536602", quantity=-7, price="0", customer="", description="thrown away", at="2010-12-12 08:00:00"),
        )
    )

    assert invariants.check_all(at=NOW) == []
