"""A kit's price, discounts and tax fall to its parts without a won too much or too little."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.exploding import Part, Sold, explode


def part(price: int, quantity: int = 1, cost: int = 0) -> Part:
    return Part(quantity, Decimal(price), Decimal(cost))


def test_the_price_of_a_kit_is_shared_by_what_its_parts_cost_alone() -> None:
    # Alone 12,000 and twice 9,000; together 25,000: 10,000 and 15,000.
    sold = Sold(3, Decimal(25_000), [Decimal(7_500)], Decimal(6_136))
    cup, saucers = explode(sold, [part(12_000), part(9_000, 2)], "KRW")
    assert (cup.quantity, cup.list_price, cup.gross, cup.shares, cup.total) == (3, 10_000, 30_000, (3_000,), 27_000)
    assert (saucers.quantity, saucers.list_price, saucers.gross, saucers.total) == (6, 7_500, 45_000, 40_500)
    assert (cup.tax, saucers.tax) == (2_454, 3_682)


def test_a_won_that_does_not_divide_falls_to_the_largest_remainder() -> None:
    pieces = explode(Sold(1, Decimal(10_000), [], Decimal(909)), [part(1_000), part(1_000), part(1_000)], "KRW")
    assert [one.gross for one in pieces] == [3_334, 3_333, 3_333]
    assert [one.tax for one in pieces] == [303, 303, 303]


def test_parts_that_cost_nothing_alone_are_told_apart_by_their_cost_or_their_number() -> None:
    by_cost = explode(Sold(1, Decimal(900), [], Decimal(82)), [part(0, cost=100), part(0, cost=200)], "KRW")
    assert [one.gross for one in by_cost] == [300, 600]
    by_number = explode(Sold(1, Decimal(900), [], Decimal(82)), [part(0), part(0, 2)], "KRW")
    assert [one.gross for one in by_number] == [300, 600]


def test_a_kit_that_is_given_away_costs_nothing() -> None:
    pieces = explode(Sold(2, Decimal(900), [Decimal(1_800)], Decimal(0)), [part(500), part(700)], "KRW")
    assert [(one.total, one.tax) for one in pieces] == [(0, 0), (0, 0)]


@given(
    price=st.integers(0, 1_000_000),
    kits=st.integers(1, 50),
    offs=st.lists(st.floats(0, 1), max_size=3),
    parts=st.lists(st.tuples(st.integers(0, 100_000), st.integers(1, 12), st.integers(0, 50_000)), min_size=1, max_size=8),
)
def test_nothing_is_lost_and_no_part_costs_less_than_nothing(
    price: int, kits: int, offs: list[float], parts: list[tuple[int, int, int]]
) -> None:
    left, shares = price * kits, []
    for off in offs:
        shares.append(Decimal(int(left * off)))
        left -= int(left * off)
    tax = Decimal(left * 10 // 110)
    pieces = explode(Sold(kits, Decimal(price), shares, tax), [part(p, q, c) for p, q, c in parts], "KRW")
    assert sum(one.gross for one in pieces) == price * kits
    assert sum(one.total for one in pieces) == left
    assert sum(one.tax for one in pieces) == tax
    for place, share in enumerate(shares):
        assert sum(one.shares[place] for one in pieces) == share
    for one in pieces:
        assert one.total >= 0
        assert 0 <= one.tax <= one.total
        assert round(one.list_price * one.quantity) == pytest.approx(one.gross, abs=0)
