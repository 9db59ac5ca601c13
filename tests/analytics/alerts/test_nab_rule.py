"""The scorer of the anomaly benchmark, against cases reckoned by hand."""

import math

import pytest

from tests.prove.nab import FALSE_ALARM, Series, best, sigmoid, worth


def test_an_alarm_is_worth_less_the_later_it_comes() -> None:
    assert sigmoid(0) == 0
    assert sigmoid(-1.0) == pytest.approx(2 / (1 + math.exp(-5)) - 1)
    assert sigmoid(1.0) == pytest.approx(-sigmoid(-1.0))
    assert sigmoid(3.1) == -1


def test_each_point_is_worth_what_the_rule_says() -> None:
    """20 points, a window of 4 at 10 to 13; the first 3 are probation."""
    told = worth(Series([0.0] * 20, [(10, 13)]))
    assert len(told) == 17
    before, within, behind = told[:7], told[7:11], told[11:]
    assert {earned for _anomaly, earned, _window in before} == {-FALSE_ALARM}
    assert [earned for _anomaly, earned, _window in within] == pytest.approx(
        [sigmoid(place) / sigmoid(-1.0) for place in (-1.0, -0.75, -0.5, -0.25)]
    )
    # A window is 3 steps long: one step behind it lies at a third of it, the last point at twice of it.
    assert behind[0][1] == pytest.approx(FALSE_ALARM * sigmoid(1 / 3))
    assert behind[5][1] == pytest.approx(FALSE_ALARM * sigmoid(2.0))


def test_silence_scores_nothing_and_the_perfect_detector_a_hundred() -> None:
    windows = [(10, 13), (16, 18)]
    assert best([Series([0.0] * 20, windows)]).score == 0
    perfect = [1.0 if place in (10, 16) else 0.0 for place in range(20)]
    assert best([Series(perfect, windows)]).score == pytest.approx(100)


def test_only_the_earliest_alarm_in_a_window_counts() -> None:
    scores = [0.0] * 20
    scores[11] = scores[12] = 1.0
    found = best([Series(scores, [(10, 13)])])
    assert found.score == pytest.approx(100 * (1 + sigmoid(-0.75) / sigmoid(-1.0)) / 2)
    assert (found.found, found.false_alarms) == (1, 0)


def test_a_false_alarm_costs_a_little_and_one_in_probation_nothing() -> None:
    scores = [0.0] * 20
    scores[10] = scores[5] = scores[1] = 1.0
    found = best([Series(scores, [(10, 13)])])
    assert found.score == pytest.approx(100 * (2 - FALSE_ALARM) / 2)
    assert found.false_alarms == 1


def test_one_threshold_serves_all_series() -> None:
    """The second series' false alarms at 0.5 would cost more than the window found at 0.4 in the first one brings."""
    first = [0.4 if place == 19 else 0.0 for place in range(40)]
    second = [0.5 if 10 <= place < 40 else 0.0 for place in range(40)]
    assert best([Series(first, [(19, 24)]), Series(second, [])]).score == 0
    assert best([Series(first, [(19, 24)])]).score == pytest.approx(100)
