"""The acceptance figures of the rhythm with full numbers: types, stages, and what is found where there is nothing to find."""

import sys

import pytest

from analytics.rhythm import decisive
from tests.analytics.rhythm import measured, planted

pytestmark = [pytest.mark.prove]

SHOPS = 400


def test_three_thousand_planted_buyers() -> None:
    pairs = measured.buyer_types(3_000, seed=1)
    f1 = measured.macro_f1(pairs)
    sys.stdout.write(
        f"macro-F1 {f1:.3f}; (planted, found): { {(a.value, b.value): n for (a, b), n in sorted(pairs.items(), key=str)} }\n"
    )
    assert f1 >= 0.85


def test_twenty_thousand_planted_visits() -> None:
    share = measured.stages(20_000, seed=1)
    sys.stdout.write(f"stages inferred: {share:.3f}\n")
    assert share >= 0.85


def test_shops_in_which_no_hour_decides() -> None:
    """Under the null every discovery is false, so their rate is the share of shops with one."""
    wrong = measured.shops_with_false_discoveries(SHOPS, seed=1)
    sys.stdout.write(f"shops with a false discovery: {wrong} of {SHOPS}\n")
    assert wrong / SHOPS <= 0.05


def test_among_hours_that_decide_few_are_false_and_most_are_found() -> None:
    hot = ((1, 12), (3, 20), (3, 21), (6, 21))
    false = found = right = 0
    for seed in range(40):
        shop = planted.a_shop(900_000 + seed, visits=60_000, hot=hot, lift=2.2)
        said = [one for one in decisive.slots(shop) if one.is_decisive]
        wrong = sum((one.weekday, one.hour) not in hot for one in said)
        false += wrong / max(len(said), 1)
        right += len({(one.weekday, one.hour) for one in said} & set(hot))
        found += len(said)
    sys.stdout.write(f"false discovery rate {false / 40:.4f}; {right} of {4 * 40} planted slots found\n")
    assert false / 40 <= 0.05
    assert right / (4 * 40) >= 0.6
