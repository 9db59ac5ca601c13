"""Quantiles, demand behind sold-out days, new SKUs: rules against sums worked out term by term."""

import math

import numpy as np
import pytest

from analytics.forecasting import censoring, cold_start, intermittent, quantiles


def chance(units: int, mean: float, dispersion: float) -> float:
    """Of so many units, by the definition of the negative binomial."""
    failures, stop = mean / (dispersion - 1), 1 / dispersion
    ways = math.lgamma(units + failures) - math.lgamma(failures) - math.lgamma(units + 1)
    return math.exp(ways + failures * math.log(stop) + units * math.log(1 - stop))


@pytest.mark.parametrize(("mean", "dispersion"), [(0.3, 2.0), (4.0, 3.5), (12.0, 1.2)])
@pytest.mark.parametrize("level", [0.5, 0.9, 0.975])
def test_a_quantile_is_the_least_number_that_suffices(mean: float, dispersion: float, level: float) -> None:
    found = int(quantiles.quantile(np.array([mean]), np.array([dispersion]), level)[0])
    assert sum(chance(one, mean, dispersion) for one in range(found + 1)) >= level
    assert sum(chance(one, mean, dispersion) for one in range(found)) < level


def test_demand_over_a_lead_time_has_the_sum_of_the_means_and_the_same_dispersion() -> None:
    daily = np.array([[1.0] * 7 + [2.0] * 7])
    sums = [quantiles.over_lead_time(daily, np.array([3.0]), np.array([days]), 0.9)[0] for days in (3, 14, 20)]
    expected = [quantiles.quantile(np.array([mean]), np.array([3.0]), 0.9)[0] for mean in (3.0, 21.0, 33.0)]
    assert sums == expected
    assert quantiles.over_lead_time(daily, np.array([3.0]), np.array([0]), 0.9).tolist() == [0.0]


def test_nothing_is_needed_on_a_day_without_demand_and_more_on_a_busy_one() -> None:
    found = quantiles.quantiles(np.array([[0.0, 1.0, 4.0]]), np.array([5.0]), (0.975,))[0, :, 0]
    assert found[0] == 0
    assert found[2] > found[1] > 0


def test_a_dispersion_told_by_few_sales_is_that_of_skus_of_its_size() -> None:
    drawn = np.random.default_rng(3)
    units = drawn.negative_binomial(2, 1 / 3, (60, 200)).astype(float)  # mean 4, dispersion 3
    told = np.ones(units.shape, dtype=np.bool_)
    told[0, 5:] = False
    line = quantiles.pooled_line(units, told)
    found = quantiles.dispersion(units, told, line, units.mean(axis=1))
    assert found[0] == pytest.approx(np.median(found), rel=0.25)
    assert np.median(found) == pytest.approx(3.0, rel=0.25)


def test_bulk_orders_are_cut_at_a_quantile_of_the_series_own_demands() -> None:
    units = np.array([[0.0, 1, 2, 3, 4, 500], [0, 0, 0, 0, 7, 900]])
    told = np.ones(units.shape, dtype=np.bool_)
    assert quantiles.cut(units, told, 0.75).tolist() == [[0, 1, 2, 3, 4, 4], [0, 0, 0, 0, 7, 900]]  # two demands tell nothing


@pytest.mark.parametrize("sold", [0, 1, 2, 6])
def test_the_demand_behind_a_sold_out_day(sold: int) -> None:
    tail = [(units, chance(units, 3.0, 2.5)) for units in range(sold, 200)]
    expected = sum(units * one for units, one in tail) / sum(one for _units, one in tail)
    found = censoring.at_least(np.array([3.0]), np.array([2.5]), np.array([float(sold)]))
    assert found[0] == pytest.approx(expected)


def test_demand_that_the_stock_cut_short_is_recovered() -> None:
    drawn = np.random.default_rng(4)
    wanted = drawn.negative_binomial(2, 1 / 3, (50, 150)).astype(float)  # mean 4, dispersion 3
    stock = drawn.integers(1, 9, wanted.shape)
    sold, censored = np.minimum(wanted, stock), wanted >= stock
    in_stock = np.where(~censored, sold, 0).sum() / (~censored).sum()
    found = censoring.censored_mean(sold, ~censored, censored, np.full(50, 3.0)).mean()
    lost = wanted.mean() - sold.mean()
    assert in_stock < sold.mean() < 3.0  # days in stock are the quiet ones
    assert abs(found - wanted.mean()) < 0.15 * lost
    filled = censoring.demand(sold, ~censored, censored, np.full(50, 3.0))
    assert (filled >= sold).all()
    assert abs(filled.mean() - wanted.mean()) < 0.5 * lost


def test_what_was_never_in_stock_is_not_guessed_without_end() -> None:
    sold, censored = np.array([[2.0, 1.0, 2.0, 3.0]]), np.ones((1, 4), dtype=np.bool_)
    found = censoring.censored_mean(sold, ~censored, censored, np.array([3.0]))[0]
    assert 2.0 < found <= 10.0


def test_a_new_sku_sells_what_its_siblings_do_until_its_own_days_tell_more() -> None:
    kind = cold_start.Kind(mean=2.0, days=6.0, price=10_000, slope=-1.0)
    assert cold_start.level(kind, units=0, days=0) == 2.0
    assert cold_start.level(kind, units=0, days=0, price=20_000) == 1.0
    assert cold_start.level(kind, units=30, days=6) == pytest.approx(3.5)  # (30 + 2 x 6) / (6 + 6)
    assert cold_start.level(kind, units=3_000, days=600) == pytest.approx(5.0, rel=0.01)


def test_a_kind_with_few_skus_is_told_by_the_whole_shop() -> None:
    levels, kin = np.array([1.0] * 6 + [9.0] * 2), np.array([1] * 6 + [2] * 2)
    found = cold_start.kinds(levels, np.ones(8), kin, [True] * 8)
    assert cold_start.kind_of(found, 1).mean == 1.0
    assert cold_start.kind_of(found, 2).mean == cold_start.kind_of(found, 77).mean == 3.0


def test_the_worked_example_of_the_guide() -> None:
    demand, told = np.array([[0.0, 4, 0, 0, 2, 0]]), np.ones((1, 6), dtype=np.bool_)
    assert intermittent.croston(demand, told, 1)[0, 0] == pytest.approx(1.810, abs=0.0005)
    assert intermittent.sba(demand, told, 1)[0, 0] == pytest.approx(1.719, abs=0.0005)
    assert quantiles.quantile(np.array([4.0, 12.0]), np.array([3.0, 3.0]), 0.975).tolist() == [13, 26]
    assert censoring.at_least(np.array([4.0]), np.array([3.0]), np.array([3.0]))[0] == pytest.approx(6.0)
