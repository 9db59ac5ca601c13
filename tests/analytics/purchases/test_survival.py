"""The estimate of how long it takes, against published tables and by hand; steps; cohorts."""

from datetime import date
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import cohorts, survival
from analytics.cohorts import Cell
from analytics.survival import DAY, HOUR, Counts

COUNTS = st.dictionaries(st.integers(0, 700), st.integers(1, 9), max_size=8)


def remaining(counts: Counts) -> list[tuple[int, int, int, float]]:
    return [(one.step, one.at_risk, one.happened, round(float(one.remaining), 3)) for one in survival.curve(counts)]


def test_the_example_of_the_paper() -> None:
    """Kaplan and Meier 1958, section 2: deaths at 0.8, 3.1, 5.4, 9.2 months, losses at 1.0, 2.7, 7.0, 12.1. In tenths here."""
    counts = Counts({8: 1, 31: 1, 54: 1, 92: 1}, {10: 1, 27: 1, 70: 1, 121: 1})

    assert remaining(counts) == [(8, 8, 1, 0.875), (31, 5, 1, 0.7), (54, 4, 1, 0.525), (92, 2, 1, 0.263)]


def test_remission_under_6_mercaptopurine() -> None:
    """Freireich and others 1963 (Blood 21, 699-716), as in Kleinbaum and Klein, Survival Analysis: weeks; the median is 23."""
    counts = Counts(
        {6: 3, 7: 1, 10: 1, 13: 1, 16: 1, 22: 1, 23: 1},
        {6: 1, 9: 1, 10: 1, 11: 1, 17: 1, 19: 1, 20: 1, 25: 1, 32: 2, 34: 1, 35: 1},
    )

    assert remaining(counts) == [
        (6, 21, 3, 0.857), (7, 17, 1, 0.807), (10, 15, 1, 0.753), (13, 12, 1, 0.690), (16, 11, 1, 0.627),
        (22, 7, 1, 0.538), (23, 6, 1, 0.448),
    ]  # fmt: skip
    assert survival.quantile(survival.curve(counts), survival.HALF) == survival.ends(23)
    assert survival.quantile(survival.curve(counts), survival.NINE_TENTHS) is None


def test_who_was_watched_briefly_counts_that_long() -> None:
    """Of four two order in the first minute; one is lost in the second, so the third-minute order is one of one."""
    counts = Counts({0: 2, 2: 1}, {1: 1})

    assert remaining(counts) == [(0, 4, 2, 0.5), (2, 1, 1, 0.0)]
    assert survival.by(counts, 60) == D("0.5")
    assert survival.by(counts, HOUR) == 1
    assert survival.quantile(survival.curve(counts), D("0.75")) == 180


def test_half_of_those_who_order_is_half_of_them_however_many_do_not() -> None:
    for others in range(1, 400):
        points = survival.curve(Counts({1: 1, 8: 1, 10: 1, 30: 1}, {300: others}))

        assert survival.quantile_of_those(points, survival.HALF) == survival.ends(8)


def test_nothing_is_told_of_longer_than_anybody_was_watched() -> None:
    counts = Counts({0: 1}, {survival.step(2 * DAY): 3})

    assert survival.by(counts, DAY) == D("0.25")
    assert survival.by(counts, 7 * DAY) is None
    assert survival.by(Counts({}, {}), DAY) is None
    assert survival.by(Counts({}, {survival.step(2 * DAY): 3}), HOUR) == 0
    assert survival.quantile(survival.curve(counts), survival.HALF) is None
    assert survival.quantile_of_those(survival.curve(counts), survival.HALF) == 60
    assert survival.quantile_of_those([], survival.HALF) is None


def test_steps_are_published() -> None:
    assert [survival.step(seconds) for seconds in (-5, 0, 59.9, 60, 7_199, 7_200, 86_399, 86_400)] == [
        0, 0, 0, 1, 119, 120, 251, 252,
    ]  # fmt: skip
    assert (survival.step(14 * DAY - 1), survival.step(14 * DAY), survival.step(90 * DAY)) == (563, 564, 640)


@given(number=st.integers(0, 2_000))
def test_steps_follow_each_other(number: int) -> None:
    assert survival.step(survival.begins(number)) == number
    assert survival.step(survival.ends(number) - 0.001) == number
    assert survival.ends(number) == survival.begins(number + 1)


@given(happened=COUNTS, watched=COUNTS)
def test_parts_together_are_the_whole_and_the_curve_only_falls(happened: dict[int, int], watched: dict[int, int]) -> None:
    whole = survival.merged([Counts(happened, {}), Counts({}, watched)])
    points = survival.curve(whole)
    assert whole.number == sum(happened.values()) + sum(watched.values())
    assert [one.remaining for one in points] == sorted((one.remaining for one in points), reverse=True)
    assert all(0 <= one.remaining < 1 for one in points)


# --- cohorts

SEPTEMBER, OCTOBER = date(2026, 9, 1), date(2026, 10, 1)
PARTS = [
    (SEPTEMBER, 0, Cell(10, 11, D(1_000))),
    (SEPTEMBER, 0, Cell(10, 10, D(1_000))),
    (SEPTEMBER, 1, Cell(5, 6, D(400))),
    (OCTOBER, 0, Cell(40, 40, D(4_000))),
]


def test_a_cohort_tells_each_month_that_has_begun() -> None:
    september, october = cohorts.table(PARTS, date(2026, 11, 19))

    assert (september.customers, september.is_small, october.is_small) == (20, True, False)
    assert [september.retention(months) for months in range(4)] == [1, D("0.25"), 0, None]
    assert [september.net_per_customer(months) for months in range(4)] == [100, 120, 120, None]
    assert list(october.cells) == [0, 1]


def test_retention_is_of_months_that_are_over() -> None:
    found = cohorts.table(PARTS, date(2026, 11, 19))

    assert cohorts.retention(found, 1, date(2026, 11, 20)) == D("0.25")
    assert cohorts.retention(found, 1, date(2026, 12, 1)) == D(5) / 60
    assert cohorts.retention([], 1, date(2026, 12, 1)) is None


@pytest.mark.parametrize(("months", "expected"), [(0, date(2026, 11, 1)), (2, date(2027, 1, 1)), (-11, date(2025, 12, 1))])
def test_months_pass(months: int, expected: date) -> None:
    assert cohorts.month_after(date(2026, 11, 20), months) == expected
    assert cohorts.months_between(date(2026, 11, 20), expected) == months
