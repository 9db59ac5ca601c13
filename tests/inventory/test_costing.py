"""Landed costs are shared out to the last won, the average moves as the books say, and the margin is without tax."""

from decimal import Decimal

import pytest

from config.kernel.money import Money
from inventory import costing
from inventory.costing import QUANTITY, VALUE, WEIGHT, Arrived, Share


def won(amount: int) -> Money:
    return Money(Decimal(amount), "KRW")


CUPS = Arrived(10, Decimal(4_000), weight=300, remaining=10)
PLATES = Arrived(5, Decimal(12_000), weight=1_200, remaining=5)


@pytest.mark.parametrize(
    ("basis", "parts"),
    [(VALUE, [4_000, 6_000]), (WEIGHT, [3_333, 6_667]), (QUANTITY, [6_667, 3_333])],
)
def test_an_amount_is_shared_by_value_weight_or_quantity_and_adds_up(basis: str, parts: list[int]) -> None:
    shares = costing.shared(won(10_000), basis, [CUPS, PLATES])

    assert [int(share.amount) for share in shares] == parts
    assert sum(share.amount for share in shares) == 10_000
    assert all(share.variance == 0 for share in shares)


def test_what_has_left_before_the_invoice_came_is_a_variance() -> None:
    sold = Arrived(10, Decimal(4_000), remaining=3)

    (share,) = costing.shared(won(1_001), QUANTITY, [sold])

    assert share == Share(Decimal(1_001), Decimal(300), Decimal(701))


def test_goods_that_were_free_share_by_quantity() -> None:
    gifts = [Arrived(1, Decimal(0), remaining=1), Arrived(3, Decimal(0), remaining=3)]

    assert [int(share.amount) for share in costing.shared(won(100), VALUE, gifts)] == [25, 75]


@pytest.mark.parametrize(
    ("before", "average", "units", "value", "after"),
    [
        (0, "5000", 10, "48000", "4800"),  # nothing lay here: the new goods alone decide
        (10, "5000", 10, "48000", "4900"),
        (3, "5000", 4, "48000", "9000"),
        (7, "5000", 0, "700", "5100"),  # freight that came later
        (0, "5000", 0, "0", "5000"),
        (3, "10", 3, "40", "11.6667"),
    ],
)
def test_the_average_moves_by_what_came(before: int, average: str, units: int, value: str, after: str) -> None:
    assert costing.moved(before, Decimal(average), units, Decimal(value)) == Decimal(after)


@pytest.mark.parametrize(
    ("tax_class", "net", "left", "percent"), [("STANDARD", 10_000, 6_000, "60.0"), ("EXEMPT", 11_000, 7_000, "63.6")]
)
def test_a_margin_is_reckoned_without_tax(tax_class: str, net: int, left: int, percent: str) -> None:
    found = costing.margin(won(11_000), tax_class, Decimal(4_000))

    assert (found.net, found.amount, found.percent) == (net, left, Decimal(percent))


def test_what_is_given_away_has_no_share() -> None:
    assert costing.margin(won(0), "STANDARD", Decimal(100)).percent is None
