"""The worked row of docs/algorithms/transfers.md, counted by the rule."""

import re

import pytest

from config.local.place import PROJECT
from inventory.balancing import worth
from inventory.balancing.values import Site
from inventory.stocking.values import Outlook

TOLD = (PROJECT / "docs/algorithms/transfers.md").read_text("utf-8")


def test_the_worked_row_is_what_the_rule_counts() -> None:
    rows = [(float(w), float(m)) for w, m in re.findall(r"^\| \d \| ([\d.]+) \| ([\d.]+) \|$", TOLD, re.MULTILINE)]
    half_a_unit = Outlook((0.5,))
    wanted = worth.wanted(Site(0, half_a_unit), days=2, horizon=10, most=3)
    missed = worth.missed(Site(8, half_a_unit), horizon=10, most=3)

    assert [round(one, 4) for one in wanted] == [w for w, _m in rows]
    assert [round(one, 4) for one in missed] == [m for _w, m in rows]
    gains = [round(5_000 * (w - m) - 300) for w, m in zip(wanted, missed, strict=True)]
    assert "{:,}, {:,} and {:,} won".format(*gains) in TOLD


def test_three_rows_are_told() -> None:
    assert len(re.findall(r"^\| \d \|", TOLD, re.MULTILINE)) == 3


@pytest.mark.parametrize("days", [1, 5, 9])
def test_the_bound_of_the_receiver_is_below_the_true_chance(days: int) -> None:
    """Against drawing the days one by one: demand before and after the arrival, lost where nothing lies there."""
    import random

    draw = random.Random(7)  # noqa: S311  a replayable world, not secrets
    site, most, turns = Site(3, Outlook((0.6,))), 4, 4_000
    used = [0] * most
    for _ in range(turns):
        left = site.free
        asked = [sum(draw.random() < 0.06 for _ in range(10)) for _ in range(10)]
        for units in asked[:days]:
            left = max(left - units, 0)
        beyond = sum(asked[days:]) - left
        for unit in range(min(max(beyond, 0), most)):
            used[unit] += 1
    bound = worth.wanted(site, days=days, horizon=10, most=most)

    # A binomial of ten draws stands for Poisson, which is a little more scattered.
    assert all(chance <= number / turns + 0.03 for chance, number in zip(bound, used, strict=False))
