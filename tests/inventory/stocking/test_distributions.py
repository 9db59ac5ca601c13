"""Chances, quantiles and shortage of demand: exact where they are counted, close where a smooth curve stands for them."""

from math import comb, exp, factorial, sqrt

import pytest

from inventory.stocking.distributions import Counted, Smooth, chances, demand


def test_poisson_chances_are_those_of_the_formula() -> None:
    found = chances(3.2, 1.0)
    assert found[:9] == pytest.approx([exp(-3.2) * 3.2**k / factorial(k) for k in range(9)], abs=1e-14)


def test_negative_binomial_chances_are_those_of_the_formula() -> None:
    # Mean 6 and ratio 3: three successes, each with the chance of a third.
    found = chances(6.0, 3.0)
    assert found[:9] == pytest.approx([comb(k + 2, k) * (1 / 3) ** 3 * (2 / 3) ** k for k in range(9)], abs=1e-14)


@pytest.mark.parametrize(("mean", "ratio"), [(0.3, 1.0), (8.0, 1.0), (8.0, 4.0), (120.0, 2.5), (0.05, 12.0)])
def test_quantile_and_shortage_follow_from_the_chances(mean: float, ratio: float) -> None:
    table, curve = chances(mean, ratio), demand(mean, ratio)
    assert sum(table) == pytest.approx(1, abs=1e-8)
    assert sum(k * one for k, one in enumerate(table)) == pytest.approx(mean, rel=1e-5)
    for stock in (0, 1, 3, 10, 40, 150):
        by_hand = sum((k - stock) * one for k, one in enumerate(table) if k > stock)
        assert curve.shortage(stock) == pytest.approx(by_hand, abs=1e-5)
    for level in (0.5, 0.9, 0.99):
        stock = curve.quantile(level)
        assert sum(table[: stock + 1]) >= level
        assert stock == 0 or sum(table[:stock]) < level


@pytest.mark.parametrize("ratio", [1.0, 3.0, 20.0, 60.0])
def test_the_smooth_curve_is_as_close_as_it_says(ratio: float) -> None:
    counted, smooth = Counted(500, ratio), Smooth(500, ratio)
    spread = sqrt(500 * ratio)
    for level in (0.3, 0.5, 0.9, 0.99, 0.999):
        assert abs(counted.quantile(level) - smooth.quantile(level)) <= 2
    for stock in range(200, 1500, 50):
        assert abs(counted.shortage(stock) - smooth.shortage(stock)) <= 0.002 * spread


def test_large_demand_has_a_quantile_too() -> None:
    curve = demand(1_000_000.0, 40.0)
    stock = curve.quantile(0.95)
    assert curve.chance(stock) >= 0.95 > curve.chance(stock - 1)
    assert demand(0.0, 1.0).quantile(0.99) == 0
