"""Units go back to the latest sale of the same customer, SKU and price that still has some out."""

from datetime import datetime, timedelta
from decimal import Decimal

from orders.importing.matching import Key, Sales

DAY = datetime(2011, 1, 1)  # noqa: DTZ001
KEY: Key = ("17850", "85123A", Decimal("2.55"))


def day(number: int) -> datetime:
    return DAY + timedelta(days=number)


def the_sales(*sold: tuple[int, int], key: Key = KEY) -> Sales[int]:
    """One sale for each day and number of units, named by its day."""
    sales: Sales[int] = Sales([key])
    for at, units in sold:
        sales.add(key, day(at), at, units)
    return sales


def test_the_latest_sale_comes_first() -> None:
    assert the_sales((1, 6), (5, 6)).take_back(KEY, day(9), 4) == ([(5, 4)], 0)


def test_a_return_may_be_spread_over_sales() -> None:
    assert the_sales((1, 6), (5, 6)).take_back(KEY, day(9), 8) == ([(5, 6), (1, 2)], 0)


def test_what_finds_no_sale_is_told() -> None:
    assert the_sales((1, 2)).take_back(KEY, day(9), 5) == ([(1, 2)], 3)


def test_a_later_sale_is_none() -> None:
    assert the_sales((5, 6)).take_back(KEY, day(4), 1) == ([], 1)
    assert the_sales((5, 6)).take_back(KEY, day(5), 1) == ([(5, 1)], 0)


def test_units_go_back_once() -> None:
    sales = the_sales((1, 6))
    sales.take_back(KEY, day(2), 4)
    assert sales.take_back(KEY, day(3), 4) == ([(1, 2)], 2)


def test_another_price_is_another_sale() -> None:
    other = ("17850", "85123A", Decimal("2.10"))
    sales: Sales[int] = Sales([KEY, other])
    sales.add(other, day(1), 1, 6)
    assert sales.take_back(KEY, day(2), 1) == ([], 1)


def test_without_a_customer_nobody_knows_whose_sale_it_was() -> None:
    nobody: Key = ("", "85123A", Decimal("2.55"))
    assert the_sales((1, 6), key=nobody).take_back(nobody, day(2), 1) == ([], 1)


def test_all_or_none_where_half_would_not_do() -> None:
    sales = the_sales((1, 1))
    assert sales.take_back(KEY, day(2), 2, whole=True) == ([], 2)
    assert sales.take_back(KEY, day(2), 1, whole=True) == ([(1, 1)], 0)
