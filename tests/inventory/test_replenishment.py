"""The rule of replenishment: every figure by hand, and what it does where there is little to count from."""

import random
from dataclasses import replace
from math import ceil, sqrt

import pytest

from config.local.place import PROJECT
from inventory.replenishment import (
    FEW_DAYS,
    Demand,
    Nothing,
    Position,
    Rounding,
    Terms,
    days_that_count,
    is_another_need,
    plan,
    rounded,
)

# A tea cup: eight weeks, four sold on each working day and none at the weekend.
WEEK = (4, 4, 4, 4, 4, 0, 0)
STEADY = Demand(WEEK * 8, (False,) * 56)
TERMS = Terms(lead_time_days=7, cover_days=14, service_level=0.95)


def demand(*shipped: int, sold_out: str = "") -> Demand:
    """`sold_out` marks days with an x."""
    return Demand(shipped, tuple(mark == "x" for mark in sold_out.ljust(len(shipped))))


def test_every_term_follows_from_the_ones_before_it() -> None:
    made = plan(STEADY, TERMS, Position(on_hand=30, reserved=6, on_order=4))

    assert (made.days_counted, made.days_left_out, made.units) == (56, 0, 160)
    assert made.mean == 2.8571  # 160 / 56
    assert made.deviation == 1.8234  # the sample deviation of forty fours and sixteen zeros
    assert made.protected_days == 8  # seven days of lead time and the night until the next look
    assert made.expected_demand == 22.86  # 2.8571 x 8
    assert made.safety_factor == 1.6449
    assert made.safety_stock == 8.48  # 1.6449 x 1.8234 x the root of 8
    assert made.reorder_point == 32  # 22.86 + 8.48, and up
    assert made.target == 32 + 40  # 2.8571 x 14, and up
    assert made.position == 28  # 30 - 6 + 4
    assert made.days_of_cover == 8.4  # 24 / 2.8571
    assert (made.wanted, made.quantity, made.rounding, made.nothing) == (44, 44, Rounding.NONE, None)


def test_nothing_is_bought_above_the_reorder_point_and_all_of_it_at_the_reorder_point() -> None:
    above = plan(STEADY, TERMS, Position(on_hand=33))
    at_it = plan(STEADY, TERMS, Position(on_hand=32))

    assert (above.quantity, above.nothing) == (0, Nothing.ENOUGH)
    assert (at_it.quantity, at_it.nothing) == (40, None)


def test_what_is_on_order_is_not_bought_again() -> None:
    needed = plan(STEADY, TERMS, Position(on_hand=10)).quantity

    assert plan(STEADY, TERMS, Position(on_hand=10, on_order=needed)).nothing is Nothing.ENOUGH


def test_a_higher_service_level_a_longer_lead_time_and_livelier_demand_raise_the_reorder_point() -> None:
    usual = plan(STEADY, TERMS, Position()).reorder_point
    lively = Demand((20, 0, 0, 0, 0, 0, 0) * 8, STEADY.sold_out)

    assert plan(STEADY, replace(TERMS, service_level=0.99), Position()).reorder_point > usual
    assert plan(STEADY, replace(TERMS, lead_time_days=21), Position()).reorder_point > usual
    assert plan(lively, TERMS, Position()).reorder_point > usual


def test_a_service_level_of_one_half_asks_for_no_safety_stock() -> None:
    assert plan(STEADY, replace(TERMS, service_level=0.5), Position()).safety_stock == 0


def test_days_that_ended_empty_are_left_out() -> None:
    assert days_that_count(demand(4, 4, 0, 0, 4, 4, 4, 4, 4, sold_out="  xx")) == [4] * 7


def test_a_day_that_sold_out_counts_where_more_was_sold_than_usual() -> None:
    assert days_that_count(demand(4, 4, 9, 0, sold_out="  xx")) == [4, 4, 9]
    assert days_that_count(demand(4, 4, 4, 3, sold_out="  xx")) == [4, 4]


def test_a_sku_that_sells_out_does_not_look_slow() -> None:
    sells_out = Demand((8, 0, 0, 0, 0, 0, 0) * 8, (True,) * 56)

    made = plan(sells_out, TERMS, Position())

    assert (made.days_counted, made.days_left_out, made.mean) == (8, 48, 8.0)


def test_few_days_are_no_rate() -> None:
    """One parcel of fifty on the only day with stock does not mean fifty each day."""
    made = plan(demand(*[0] * 55, 50, sold_out="x" * 56), TERMS, Position())

    assert (made.days_counted, made.few_days) == (1, True)
    assert made.mean == round(50 / FEW_DAYS, 4)
    assert made.deviation == round(sqrt(made.mean), 4)


def test_never_sold_and_without_a_minimum_nothing_is_bought() -> None:
    made = plan(demand(*[0] * 56), TERMS, Position())

    assert (made.quantity, made.nothing, made.days_of_cover) == (0, Nothing.NO_DEMAND, None)


def test_never_there_is_told_apart_from_never_sold() -> None:
    made = plan(demand(*[0] * 56, sold_out="x" * 56), TERMS, Position())

    assert (made.quantity, made.nothing) == (0, Nothing.NO_HISTORY)


def test_a_minimum_is_kept_even_without_demand() -> None:
    terms = replace(TERMS, minimum_stock=12)

    made = plan(demand(*[0] * 56, sold_out="x" * 56), terms, Position(on_hand=5))

    assert (made.reorder_point, made.raised_to_minimum, made.target, made.quantity) == (12, True, 12, 7)
    assert plan(demand(*[0] * 56), terms, Position(on_hand=12)).nothing is Nothing.FULL


def test_a_minimum_below_the_computed_point_changes_nothing() -> None:
    assert plan(STEADY, replace(TERMS, minimum_stock=5), Position()) == plan(STEADY, TERMS, Position())


def test_no_purchase_lifts_the_stock_above_the_maximum() -> None:
    made = plan(STEADY, replace(TERMS, maximum_stock=50), Position(on_hand=20))

    assert (made.target, made.cut_to_maximum, made.quantity) == (50, True, 30)


def test_a_maximum_below_the_reorder_point_is_filled_up_to() -> None:
    terms = replace(TERMS, maximum_stock=20)

    assert plan(STEADY, terms, Position(on_hand=8)).quantity == 12
    assert plan(STEADY, terms, Position(on_hand=20)).nothing is Nothing.FULL
    assert plan(STEADY, terms, Position(on_hand=25)).nothing is Nothing.FULL
    assert plan(STEADY, replace(TERMS, maximum_stock=0), Position()).nothing is Nothing.FULL


def test_where_the_least_one_may_order_does_not_fit_below_the_maximum_nothing_is_bought() -> None:
    terms = replace(TERMS, maximum_stock=30, minimum_quantity=48)

    made = plan(STEADY, terms, Position(on_hand=10))

    assert (made.wanted, made.quantity, made.nothing) == (20, 0, Nothing.NO_ROOM)


@pytest.mark.parametrize(
    ("wanted", "minimum", "pack", "room", "answer"),
    [
        (44, 1, 1, None, (44, Rounding.NONE)),
        (44, 1, 12, None, (48, Rounding.PACKS)),
        (48, 1, 12, None, (48, Rounding.NONE)),
        (5, 24, 12, None, (24, Rounding.MINIMUM)),
        (5, 20, 12, None, (24, Rounding.MINIMUM)),  # the least is in full packs too
        (30, 20, 12, None, (36, Rounding.PACKS)),
        (44, 1, 12, 46, (36, Rounding.MAXIMUM)),
        (44, 40, 12, 46, (0, Rounding.MAXIMUM)),
        (5, 1, 12, 8, (0, Rounding.MAXIMUM)),
        (0, 24, 12, None, (0, Rounding.NONE)),
    ],
)
def test_units_become_what_the_supplier_sells(
    wanted: int, minimum: int, pack: int, room: int | None, answer: tuple[int, Rounding]
) -> None:
    assert rounded(wanted, minimum, pack, room) == answer


def test_a_need_is_another_one_once_it_has_doubled() -> None:
    assert not is_another_need(20, 39)
    assert is_another_need(20, 40)


def test_whatever_comes_in_the_plan_keeps_its_promises() -> None:
    chance = random.Random(56)  # noqa: S311  cases, not secrets
    for _ in range(2000):
        days = chance.randint(0, 56)
        lively = chance.choice([0, 1, 3, 20])
        demanded = Demand(
            [chance.randint(0, lively) for _ in range(days)], [chance.random() < chance.choice([0, 0.5]) for _ in range(days)]
        )
        minimum = chance.choice([0, 0, 10])
        terms = Terms(
            lead_time_days=chance.randint(0, 40),
            cover_days=chance.randint(0, 40),
            service_level=chance.choice([0.5, 0.9, 0.9999]),
            minimum_stock=minimum,
            maximum_stock=chance.choice([None, minimum, minimum + 50]),
            minimum_quantity=chance.choice([1, 6, 48]),
            order_multiple=chance.choice([1, 6, 10]),
        )
        on_hand = chance.randint(0, 60)
        position = Position(on_hand, chance.randint(0, on_hand), chance.choice([0, 20]))

        made = plan(demanded, terms, position)

        assert (made.quantity == 0) == (made.nothing is not None)
        assert made.quantity % terms.order_multiple == 0
        assert made.target >= made.reorder_point or made.target == terms.maximum_stock
        if made.quantity:
            assert made.quantity >= terms.minimum_quantity
            assert made.position <= made.reorder_point
            assert terms.maximum_stock is None or made.position + made.quantity <= terms.maximum_stock
            packs = ceil(max(made.wanted, terms.minimum_quantity) / terms.order_multiple) * terms.order_multiple
            assert made.quantity <= packs


def rows_of_the_page(*heading: str) -> list[list[str]]:
    """The rows of the table with this heading in docs/algorithms/replenishment.md."""
    lines = (PROJECT / "docs" / "algorithms" / "replenishment.md").read_text("utf-8").splitlines()
    tables = [[cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else [] for line in lines]
    start = tables.index(list(heading)) + 2
    return tables[start : tables.index([], start)]


def test_the_page_tells_the_terms_as_they_are() -> None:
    made = plan(STEADY, TERMS, Position())

    rows = rows_of_the_page("Term", "From", "Value")

    assert len(rows) == 8
    assert {name: value for name, _, value in rows} == {name: str(getattr(made, name)) for name, _, _ in rows}


def test_the_page_tells_the_quantities_as_they_are() -> None:
    rows = rows_of_the_page(
        "On hand", "Reserved", "On order", "MOQ", "Pack", "Maximum", "Position", "Missing", "Quantity", "Because"
    )

    assert len(rows) == 9
    for on_hand, reserved, on_order, least, pack, maximum, *told in rows:
        terms = replace(
            TERMS, minimum_quantity=int(least), order_multiple=int(pack), maximum_stock=int(maximum) if maximum else None
        )
        made = plan(STEADY, terms, Position(int(on_hand), int(reserved), int(on_order)))
        assert told == [str(made.position), str(made.wanted), str(made.quantity), made.nothing or made.rounding]
