"""The rules behind the figures: which days are closed, how figures add up, where today may end, where a chart's lines lie."""

from datetime import date, datetime, time
from decimal import Decimal as D

import pytest

from analytics import closing, drawing, projection
from analytics.figures import Figures, change, total
from tests.analytics.builders import SEOUL, seoul


def test_a_day_closes_five_minutes_after_its_midnight() -> None:
    assert closing.last_closed(seoul("2026-11-19", "00:04:59"), SEOUL) == date(2026, 11, 17)
    assert closing.last_closed(seoul("2026-11-19", "00:05"), SEOUL) == date(2026, 11, 18)
    assert closing.last_closed(closing.morning(date(2026, 11, 19), SEOUL), SEOUL) == date(2026, 11, 18)


def test_days_that_follow_each_other_are_taken_together_up_to_a_bound() -> None:
    days = closing.days(date(2026, 1, 30), date(2026, 2, 3))

    assert closing.spans([*days, date(2026, 2, 10)], most=3) == [
        (date(2026, 1, 30), date(2026, 2, 1)),
        (date(2026, 2, 2), date(2026, 2, 3)),
        (date(2026, 2, 10), date(2026, 2, 10)),
    ]
    assert closing.spans([], most=3) == []
    assert closing.days(date(2026, 1, 2), date(2026, 1, 1)) == []


def test_figures_add_up_and_the_rest_follows_from_them() -> None:
    morning = Figures(orders=2, units=3, gross=D(30_000), discounts=D(3_000), shipping=D(3_000), tax=D(2_727))
    evening = Figures(orders=1, units=1, gross=D(10_000), returned_units=1, returned=D(9_000))

    day = total([morning, evening])

    assert (day.orders, day.units, day.sales, day.net) == (3, 4, D(37_000), D(28_000))
    assert day.average_order == D(37_000) / 3
    assert Figures().average_order is None
    assert not Figures()
    assert day


@pytest.mark.parametrize(
    ("now", "before", "percent"),
    [(D(120), D(100), D("20.0")), (D(50), D(100), D("-50.0")), (D(100), D(100), D(0)), (D(5), D(0), None), (D(5), D(-1), None)],
)
def test_a_change_is_told_in_percent_where_there_is_something_to_compare_with(now: D, before: D, percent: D | None) -> None:
    assert change(now, before) == percent


def test_the_share_of_a_day_runs_evenly_through_an_hour() -> None:
    hours = {9: D(100), 10: D(200), 20: D(100)}

    assert projection.share_by(hours, time(9, 0)) == 0
    assert projection.share_by(hours, time(10, 30)) == D("0.5")
    assert projection.share_by(hours, time(23, 59)) == 1
    assert projection.share_by({}, time(12)) is None


def test_the_end_of_a_day_is_told_as_the_middle_of_what_earlier_days_say() -> None:
    shares = [D("0.4"), D("0.5"), D("0.5"), D("0.5"), D("0.8")]

    seen = projection.project(D(1_000), shares)

    assert seen is not None
    assert (seen.low, seen.middle, seen.high, seen.days) == (2_000, 2_000, 2_000, 5)
    spread = projection.project(D(1_000), [D("0.4"), D("0.4"), D("0.5"), D("0.625"), D("0.625")])
    assert spread is not None
    assert (spread.low, spread.middle, spread.high) == (1_600, 2_000, 2_500)


@pytest.mark.parametrize(
    ("so_far", "shares"),
    [(D(1_000), [D("0.5")] * 3), (D(1_000), [D("0.1")] * 8), (D(0), [D("0.5")] * 8), (D(1_000), [])],
)
def test_with_too_little_to_go_by_nothing_is_foretold(so_far: D, shares: list[D]) -> None:
    assert projection.project(so_far, shares) is None


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([D(0), D(400)], [400, 300, 200, 100, 0]),
        ([D(7_589_870)], [8_000_000, 6_000_000, 4_000_000, 2_000_000, 0]),
        ([D(-150), D(300)], [400, 200, 0, -200]),
        ([D(0)], [1, 0]),
        ([], [1, 0]),
    ],
)
def test_ticks_are_round_and_hold_every_value(values: list[D], ticks: list[int]) -> None:
    assert list(drawing.chart(values).ticks) == ticks


def test_a_line_goes_through_the_middle_of_each_day_and_breaks_nothing_where_values_lack() -> None:
    drawn = drawing.chart([D(0), D(100)], [None, D(50)])

    assert drawn.lines == ("M250 240 L750 0", "M750 120")
    assert [(slot.left, slot.width, slot.x) for slot in drawn.slots] == [("0", "500", "250"), ("500", "500", "750")]
    assert drawn.areas[0].endswith("Z")
    assert (drawn.zero, drawn.rules[0], drawn.rules[-1]) == ("240", "0", "240")


def test_an_average_needs_as_many_days_as_it_is_of() -> None:
    assert drawing.average([D(1), D(2), D(3), D(4)], 3) == [None, None, D(2), D(3)]


def test_labels_stand_at_even_distances_from_the_first_to_the_last() -> None:
    assert drawing.evenly(90, 6) == [0, 18, 36, 53, 71, 89]
    assert drawing.evenly(3, 6) == [0, 1, 2]
    assert drawing.evenly(0, 6) == []


def test_the_busiest_cell_is_the_strongest() -> None:
    assert [drawing.strength(D(value), D(4)) for value in (0, 2, 4)] == ["0.04", "0.52", "1"]
    assert drawing.strength(D(0), D(0)) == "0.04"


def test_days_are_told_apart_by_the_moment_alone() -> None:
    assert closing.last_closed(datetime.fromisoformat("2026-11-18T15:05:00+00:00"), SEOUL) == date(2026, 11, 18)
