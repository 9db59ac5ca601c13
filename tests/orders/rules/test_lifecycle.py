"""The table of an order's states, and what a unit is worth that does not go or comes back."""

import random
from decimal import Decimal
from itertools import pairwise

import pytest

from orders import lifecycle
from orders.lifecycle import TransitionRefused, after, share
from orders.models import Order

STATES = set(Order.State.values)


def test_the_table_speaks_of_the_states_that_exist() -> None:
    assert {state for state, _ in lifecycle.TABLE} | set(lifecycle.TABLE.values()) == STATES


def test_an_order_that_is_over_stays_over() -> None:
    assert {state for state in STATES if not lifecycle.actions(state)} == lifecycle.OVER


def test_every_state_is_reached_from_a_new_order() -> None:
    reached = {"PLACED"}
    while more := {to for (state, _), to in lifecycle.TABLE.items() if state in reached} - reached:
        reached |= more
    assert reached == STATES


@pytest.mark.parametrize("state", sorted(STATES))
def test_nothing_is_canceled_after_a_parcel_left(state: str) -> None:
    if state in ("PARTLY_SHIPPED", "SHIPPED"):
        assert "cancel" not in lifecycle.actions(state)


def test_what_the_table_does_not_name_is_refused_with_both_words() -> None:
    with pytest.raises(TransitionRefused) as refusal:
        after("EXPIRED", "pay")

    assert refusal.value.details == {"state": "EXPIRED", "action": "pay"}


@pytest.mark.parametrize(
    ("before", "units", "worth"),
    [(0, 1, 3_333), (1, 1, 3_334), (2, 1, 3_333), (0, 2, 6_667), (1, 2, 6_667), (0, 3, 10_000)],
)
def test_units_of_a_line_that_does_not_divide(before: int, units: int, worth: int) -> None:
    assert share(total=Decimal(10_000), quantity=3, before=before, units=units, currency="KRW") == worth


def test_whatever_parts_settle_a_line_they_add_up_to_its_total() -> None:
    dice = random.Random(11)  # noqa: S311
    for _ in range(500):
        quantity = dice.randint(1, 40)
        cents = dice.choice([0, 2])
        total = Decimal(dice.randint(0, 10**7)).scaleb(-cents)
        cuts = sorted({0, quantity, *(dice.randint(0, quantity) for _ in range(dice.randint(0, 6)))})

        parts = [
            share(total=total, quantity=quantity, before=low, units=high - low, currency="USD" if cents else "KRW")
            for low, high in pairwise(cuts)
        ]

        assert sum(parts) == total
        assert all(part >= 0 for part in parts)
