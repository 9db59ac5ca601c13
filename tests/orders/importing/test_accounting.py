"""Every row is decided once, and money is either in the database or left out with a reason."""

from datetime import datetime
from decimal import Decimal

import pytest

from orders.importing import accounting
from orders.importing.accounting import FEE, SOLD, Account, RawSums, Unaccounted

AT = datetime(2011, 1, 31, 23, 59)  # noqa: DTZ001


def test_rows_add_up_whatever_lines_were_blank() -> None:
    account = Account()
    file = account.open_file()
    for row in (2, 3, 5):
        account.decide(account.read(file, row), FEE if row == 5 else SOLD)

    assert account.rows(file) == 3
    assert account.by_outcome(file) == {SOLD: 2, FEE: 1}
    assert list(account.skipped(file)) == [(5, FEE)]


def test_a_row_that_is_decided_twice_is_a_fault() -> None:
    account = Account()
    ref = account.read(account.open_file(), 2)
    account.decide(ref, SOLD)
    with pytest.raises(Unaccounted):
        account.decide(ref, FEE)


def test_a_row_that_was_never_decided_is_a_fault() -> None:
    account = Account()
    account.read(account.open_file(), 2)
    with pytest.raises(Unaccounted):
        account.by_outcome(0)


def test_left_out_money_is_kept_by_month_and_direction() -> None:
    account = Account()
    file = account.open_file()
    account.decide(account.read(file, 2), FEE, "2011-01", Decimal("15.5"))
    account.decide(account.read(file, 3), FEE, "2011-01", Decimal(-20), is_return=True)
    account.decide(account.read(file, 4), SOLD, "2011-01", Decimal(100))

    assert account.left_out == {"2011-01": (Decimal("15.5"), Decimal(-20))}
    assert account.amounts[SOLD] == 100


def test_a_document_counts_in_the_month_of_its_first_row() -> None:
    sums = RawSums()
    sums.add("1", datetime(2011, 2, 1, 0, 1), Decimal(10), is_return=False)  # noqa: DTZ001
    sums.add("1", AT, Decimal("2.5"), is_return=False)
    sums.add("C2", AT, Decimal(-3), is_return=True)

    assert sums.months() == {"2011-01": (Decimal("12.5"), Decimal(-3))}


def test_what_neither_the_database_nor_a_reason_explains_is_a_difference() -> None:
    (month,) = accounting.reconcile(
        {"2011-01": (Decimal(100), Decimal(-30))},
        {"2011-01": (Decimal(15), Decimal(0))},
        {"2011-01": (Decimal(85), Decimal("-29.9999"))},
    )
    assert month.differences == (0, Decimal("-0.0001"))
    assert (month.file_net, month.database_net) == (70, Decimal("55.0001"))


@pytest.mark.parametrize(("amount", "shown"), [("0.005", "0.01"), ("-0.005", "-0.01"), ("2.6749", "2.67"), ("12", "12.00")])
def test_a_months_total_is_rounded_half_up_once(amount: str, shown: str) -> None:
    assert accounting.rounded(Decimal(amount)) == shown
