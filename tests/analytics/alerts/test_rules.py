"""What is unusual, in plain numbers: the season, the verdicts, the tuning, quiet hours, and planted shocks."""

from datetime import datetime, time

import pytest

from analytics.anomalies import judging, quiet, tuning
from analytics.anomalies.judging import Direction, Kind, Terms, Why
from analytics.anomalies.seasonal import Point, Seasonal
from analytics.anomalies.streaming import LEAST_PAST, Stream
from tests.analytics.alerts import shocks
from tests.analytics.builders import SEOUL

ANOMALY = Terms(Kind.ANOMALY, Direction.BOTH, limit=4)


def usual(*values: float, slot: int = 0) -> list[Point]:
    return [Point(slot, value, value) for value in values]


def last(terms: Terms, points: list[Point]) -> judging.Verdict:
    return judging.verdicts(terms, points)[-1]


# --- the season ---------------------------------------------------------------------------------------------------------


def test_a_value_is_judged_by_the_median_of_its_slot() -> None:
    season = Seasonal()
    for value in (90, 100, 110, 100, 5_000):
        season.judge(Point("mon", value, value))
        season.judge(Point("sun", 7, 7))
    judged = season.judge(Point("mon", 100, 100))
    assert (judged.center, judged.comparable, judged.score) == (100, 5, 0)


def test_only_the_last_eight_weeks_speak() -> None:
    season = Seasonal()
    for value in [10] * 8 + [20] * 8:
        season.judge(Point(0, value, value))
    assert season.judge(Point(0, 20, 20)).center == 20


def test_before_four_weeks_nothing_is_said() -> None:
    found = last(ANOMALY, usual(100, 100, 100, 0))
    assert (found.why, found.is_alarm) == (Why.TOO_LITTLE_PAST, False)
    assert last(ANOMALY, usual(100, 100, 100, 100, 0)).why is Why.BELOW


def test_counts_are_never_less_noisy_than_chance() -> None:
    season = Seasonal()
    for _week in range(8):
        season.judge(Point(0, 16, 16))
    # A series that never moved still counts: 16 orders have a deviation of 4, whatever they were.
    assert season.judge(Point(0, 16, 16)).spread == pytest.approx(4)


def test_a_noisy_figure_is_given_more_room() -> None:
    calm, wild = Seasonal(), Seasonal()
    for week in range(8):
        for slot in range(7):
            calm.judge(Point(slot, 100, 100))
            wild.judge(Point(slot, 100 + 40 * (-1) ** (week + slot), 100))
    assert wild.judge(Point(0, 100, 100)).spread > 3 * calm.judge(Point(0, 100, 100)).spread


def test_what_rests_on_few_orders_varies_more() -> None:
    """An average order of 50,000 out of 4 orders may well be 25,000 the next time; out of 400 it may not."""
    few, many = ([Point(0, 50_000, count) for _week in range(8)] + [Point(0, 25_000, count)] for count in (4, 400))
    assert not last(ANOMALY, few).is_alarm
    assert last(ANOMALY, many).why is Why.BELOW


def test_a_value_that_cannot_be_told_teaches_nothing() -> None:
    points = [*usual(10, 10, 10, 10), Point(0, None, 0), *usual(10)]
    assert [one.why for one in judging.verdicts(ANOMALY, points)][-2:] == [Why.NO_VALUE, Why.QUIET]


def test_a_level_that_has_shifted_is_told_though_no_day_stands_out() -> None:
    weeks = [100.0] * 56 + [70.0] * 8
    points = [Point(number % 7, value, value) for number, value in enumerate(weeks)]
    terms = Terms(Kind.ANOMALY, Direction.BOTH, limit=4, shifts=True)
    found = judging.verdicts(terms, points)
    assert [one.why for one in found[:56]].count(Why.FALLEN) == 0
    assert Why.FALLEN in [one.why for one in found[56:]]
    assert not any(one.is_alarm for one in judging.verdicts(ANOMALY, points))


def test_one_spike_is_no_shift() -> None:
    points = [Point(number % 7, 1_000.0 if number == 60 else 100.0, 100.0) for number in range(70)]
    terms = Terms(Kind.ANOMALY, Direction.BOTH, limit=4, shifts=True)
    assert [one.why for one in judging.verdicts(terms, points) if one.is_alarm] == [Why.ABOVE]


# --- verdicts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("direction", "value", "why"),
    [
        (Direction.UP, 11, Why.ABOVE),
        (Direction.UP, 10, Why.QUIET),
        (Direction.DOWN, 9, Why.BELOW),
        (Direction.DOWN, 10, Why.QUIET),
    ],
)
def test_a_threshold_needs_no_past(direction: Direction, value: float, why: Why) -> None:
    assert last(Terms(Kind.THRESHOLD, direction, limit=10), usual(value)).why is why


@pytest.mark.parametrize(
    ("direction", "value", "why"),
    [
        (Direction.BOTH, 131, Why.ABOVE),
        (Direction.BOTH, 69, Why.BELOW),
        (Direction.BOTH, 130, Why.QUIET),
        (Direction.UP, 69, Why.QUIET),
        (Direction.DOWN, 131, Why.QUIET),
    ],
)
def test_a_relative_limit_is_a_share_of_what_is_usual(direction: Direction, value: float, why: Why) -> None:
    found = last(Terms(Kind.RELATIVE, direction, limit=30), usual(100, 100, 100, 100, value))
    assert (found.why, found.low, found.high) == (why, 70, 130)


def test_little_volume_makes_no_alarm_unless_much_is_usual() -> None:
    terms = Terms(Kind.RELATIVE, Direction.BOTH, limit=30, minimum=20)
    assert last(terms, usual(4, 4, 4, 4, 0)).why is Why.TOO_FEW
    assert last(terms, usual(40, 40, 40, 40, 0)).why is Why.BELOW


def test_nothing_to_divide_by_is_no_alarm() -> None:
    for kind in Kind:
        assert last(Terms(kind, Direction.BOTH, limit=1), [*usual(9, 9, 9, 9), Point(0, None, 0)]).why is Why.NO_VALUE


# --- tuning ------------------------------------------------------------------------------------------------------------


def test_answers_move_the_limit_step_by_step_and_not_without_end() -> None:
    assert tuning.effective(4, tuning.raised(0)) == pytest.approx(4.6)
    assert tuning.effective(4, tuning.lowered(0)) == pytest.approx(4 / 1.15)
    steps = 0
    for _answer in range(50):
        steps = tuning.raised(steps)
    assert steps == tuning.MOST_STEPS
    for _answer in range(50):
        steps = tuning.lowered(steps)
    assert steps == tuning.FEWEST_STEPS


def test_what_was_called_no_issue_is_quiet_the_next_time() -> None:
    points = usual(100, 100, 100, 100, 148)
    assert last(ANOMALY, points).is_alarm
    assert not last(Terms(Kind.ANOMALY, Direction.BOTH, limit=4, steps=1), points).is_alarm


def test_fixed_thresholds_are_not_tuned() -> None:
    assert last(Terms(Kind.THRESHOLD, Direction.UP, limit=10, steps=8), usual(11)).is_alarm


# --- quiet hours --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "begins", "ends", "due"),
    [
        ("2026-11-20T23:30", "22:00", "08:00", "2026-11-21T08:00"),
        ("2026-11-21T07:59", "22:00", "08:00", "2026-11-21T08:00"),
        ("2026-11-21T08:00", "22:00", "08:00", "2026-11-21T08:00"),
        ("2026-11-21T12:30", "12:00", "13:00", "2026-11-21T13:00"),
        ("2026-11-21T12:30", "12:00", "12:00", "2026-11-21T12:30"),
    ],
)
def test_notices_wait_for_the_end_of_quiet_hours(now: str, begins: str, ends: str, due: str) -> None:
    def moment(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=SEOUL)

    assert quiet.due_at(moment(now), time.fromisoformat(begins), time.fromisoformat(ends), SEOUL) == moment(due)
    assert quiet.due_at(moment(now), None, None, SEOUL) == moment(now)


# --- a stream ------------------------------------------------------------------------------------------------------------


def test_a_stream_says_nothing_before_it_has_a_past() -> None:
    stream = Stream()
    assert [stream.score(0, value) for value in (1, 1_000_000, *range(LEAST_PAST - 2))] == [0.0] * LEAST_PAST


def test_a_stream_tells_of_what_is_going_on_once() -> None:
    stream = Stream()
    for number in range(300):
        stream.score(number % 1440, 10 + number % 3)
    assert stream.score(300, 100) > 5
    assert [stream.score(301 + number, 100) for number in range(3)] == [0.0] * 3


# --- planted shocks --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("an_hour", "hours", "daily"), [(10, 24, True), (40, 6, False)])
def test_of_planted_shocks_seven_in_ten_are_found_at_one_false_alarm_in_sixty_days(
    an_hour: float, hours: int, daily: bool
) -> None:
    assert shocks.recall(an_hour=an_hour, hours=hours, daily=daily, shops=3) >= 0.7
