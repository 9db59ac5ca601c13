"""Measures, choices and sums that agree, against cases worked by hand."""

import numpy as np
import pytest

from analytics.forecasting import backtesting, hierarchy
from analytics.forecasting.backtesting import choose, coverage, origins, paired, pinball, score
from analytics.forecasting.choosing import Match, next_method
from analytics.forecasting.combining import DemandClass, Method
from analytics.forecasting.panels import panel


def test_errors_are_measured_by_the_changes_of_the_past_since_the_first_sale() -> None:
    past = panel([[0.0, 0.0, 1.0, 3.0, 1.0], [0.0, 2.0, 4.0, 4.0, 4.0]], weights=[3.0, 1.0], closed=[False] * 5)
    found = score(past, np.array([[2.0, 2.0], [4.0, 0.0]]), np.array([[0.0, 2.0], [4.0, 4.0]]))
    assert found.rmsse.tolist() == pytest.approx([np.sqrt(2 / 4), np.sqrt(8 / (4 / 3))])
    assert found.wrmsse == pytest.approx((3 * np.sqrt(0.5) + np.sqrt(6)) / 4)
    assert found.wape == pytest.approx(6 / 8)
    assert found.bias == pytest.approx((-2 + 4) / 8)


def test_a_quantile_too_low_costs_its_level_and_one_too_high_the_rest() -> None:
    past = panel([[1.0, 3.0, 1.0]], closed=[False] * 3)
    found = pinball(past, np.array([[5.0, 1.0]]), np.array([[[3.0], [3.0]]]), (0.9,))
    assert found.tolist() == pytest.approx([(0.9 * 2 + 0.1 * 2) / 2 / 2])
    assert coverage(np.array([[5.0, 1.0, 9.0]]), np.array([[3.0, 3.0, 3.0]]), np.array([True, True, False])) == 0.5


def test_an_interval_of_a_real_gain_does_not_hold_zero() -> None:
    drawn = np.random.default_rng(1)
    history = drawn.poisson(5.0, (200, 40)).astype(float)
    past = panel(history.tolist(), closed=[False] * 40)
    happened = drawn.poisson(5.0, (200, 7)).astype(float)
    good, bad, same = (score(past, happened, np.full((200, 7), mean)) for mean in (5.0, 8.0, 5.0))
    assert paired(good, bad).low > 0
    assert paired(good, same).low == paired(good, same).high == 0


def test_the_method_of_a_class_is_the_best_over_earlier_origins() -> None:
    days = 120
    units = np.tile([0.0, 0, 0, 0, 0, 0, 9], (20, days // 7 + 1))[:, :days] + 1
    whole = panel(units.tolist(), closed=[False] * days)
    seen: list[int] = []

    def forecast(past, horizon, method):
        seen.append(past.days)
        last = past.units[:, -7:]
        mean = (
            np.tile(last, 2)[:, :horizon] if method is Method.SEASONAL_NAIVE else last.mean(axis=1)[:, None].repeat(horizon, 1)
        )
        return mean, [DemandClass.LUMPY] * past.size

    places = origins(days, 14)
    chosen = choose(whole, 14, [Method.MEAN, Method.SEASONAL_NAIVE], places, forecast)
    assert chosen == {DemandClass.LUMPY: Method.SEASONAL_NAIVE}
    assert sorted(set(seen)) == places == [64, 78, 92, 106]
    assert choose(whole, 14, [Method.MEAN], places[1:], forecast) == {}  # three origins do not decide


def test_who_loses_twice_running_is_replaced_by_the_referee() -> None:
    won, lost = Match(Method.AVERAGE, 0.8, 0.9), Match(Method.AVERAGE, 0.9, 0.8)
    tie = Match(Method.AVERAGE, 0.8, 0.8)
    assert next_method([lost, won, lost], Method.AVERAGE) is Method.AVERAGE
    assert next_method([won, lost, lost], Method.AVERAGE) is Method.MEAN
    assert next_method([lost, tie, lost], Method.AVERAGE) is Method.AVERAGE
    assert next_method([lost, Match(Method.TSB, 0.9, 0.8)], Method.TSB) is Method.TSB  # the other's loss is not its own
    assert next_method([lost, lost], Method.AVERAGE, season=52) is Method.SEASONAL_NAIVE
    assert next_method([], Method.AVERAGE) is Method.AVERAGE


def test_sums_of_categories_and_warehouses_agree_with_the_whole() -> None:
    names, sums = hierarchy.summing(["tea", "tea", "cup"], ["Seoul", "Busan", "Seoul"])
    assert names == ["all", (0, "tea"), (0, "cup"), (1, "Seoul"), (1, "Busan")]
    found = hierarchy.added(np.array([[1.0], [2.0], [4.0]]), sums)
    assert found.ravel().tolist() == [7, 3, 4, 5, 2]


def test_least_squares_shares_a_disagreement_out() -> None:
    _names, sums = hierarchy.summing(["a", "a"])
    parts, total = hierarchy.reconciled(np.array([[1.0], [1.0]]), np.array([[5.0], [5.0]]), sums)
    # Two sums of 5 against parts of 2: the parts rise by 2 x 3 / (1 + 2 x 2) each.
    assert parts.ravel() == pytest.approx([2.2, 2.2])
    assert total.ravel() == pytest.approx([4.4, 4.4])


def test_a_sum_that_errs_little_is_believed_more() -> None:
    drawn = np.random.default_rng(2)
    _names, sums = hierarchy.summing(["a", "b"])
    sharp = np.vstack([drawn.normal(0, 0.1, 60), drawn.normal(0, 3, (4, 60))])
    dull = np.vstack([drawn.normal(0, 9, 60), drawn.normal(0, 0.3, (4, 60))])
    series, own = np.array([[4.0], [4.0]]), np.array([[12.0], [4.0], [4.0]])
    totals = [hierarchy.reconciled(series, own, sums, errors)[1][0, 0] for errors in (sharp, dull)]
    assert totals[0] == pytest.approx(12, abs=0.3)
    assert totals[1] == pytest.approx(8, abs=0.3)


def test_scales_count_from_the_day_on_which_it_was_for_sale() -> None:
    history = np.array([[0.0, 0.0, 2.0, 2.0]])
    assert backtesting.squared_scale(history).tolist() == [0.0]
    assert backtesting.squared_scale(history, np.array([0])).tolist() == pytest.approx([4 / 3])
    assert backtesting.absolute_scale(history, np.array([0])).tolist() == pytest.approx([2 / 3])
