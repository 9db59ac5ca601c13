"""Where a level changed, which day is compared with which, and the file for Excel: rules without a database."""

import random
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from analytics import changes, comparing, holidays
from analytics.comparing import Against
from config.kernel import workbooks
from orders.importing import workbook

DAYS = 90


def a_series(lot: random.Random, steps: dict[int, float] | None = None) -> list[float]:
    """A shop's days: a week's rhythm, noise of ten in a hundred, and the level changed where told."""
    level, found = 100.0, []
    for number in range(DAYS):
        level = (steps or {}).get(number, level)
        found.append(level * (1.4 if number % 7 in (4, 5) else 1.0) + lot.gauss(0, 10))
    return found


def test_a_lasting_rise_is_found_within_three_days_and_told_from_what_to_what() -> None:
    lot = random.Random(3)
    found = [changes.changes(a_series(lot, {45: 140.0})) for _ in range(50)]

    assert all(len(one) == 1 and abs(one[0].index - 45) <= 3 for one in found)
    assert found[0][0].before < 130 < 140 < found[0][0].after


def test_two_changes_are_both_found() -> None:
    found = changes.changes(a_series(random.Random(5), {30: 150.0, 60: 80.0}))

    assert [round(one.index, -1) for one in found] == [30, 60]


def test_noise_alone_seldom_shows_a_change() -> None:
    lot = random.Random(7)
    false = sum(bool(changes.changes(a_series(lot))) for _ in range(500))

    assert false <= 15  # three in a hundred at the most


@pytest.mark.parametrize("values", [[], [1.0] * 27, [0.0] * 90, [5.0] * 200])
def test_where_nothing_changes_or_little_is_known_nothing_is_said(values: list[float]) -> None:
    assert changes.changes(values) == []


def test_the_weeks_before_a_period_are_of_the_same_weekdays_and_do_not_touch_it() -> None:
    for days in range(1, 60):
        period = [date(2026, 11, 1) + timedelta(days=number) for number in range(days)]
        before = [comparing.earlier(day, Against.BEFORE, days=days, feasts={}) for day in period]
        assert all(day.weekday() == one.weekday() for day, one in zip(period, before, strict=True))
        assert before[-1] < period[0]
        assert (period[0] - before[-1]).days <= 7


def test_days_around_a_feast_are_counted_from_the_feast() -> None:
    feasts = holidays.feasts(range(2025, 2027))

    assert feasts["추석"] == {2025: date(2025, 10, 6), 2026: date(2026, 9, 25)}

    def earlier(day: date) -> date:
        return comparing.earlier(day, Against.FEAST, days=30, feasts=feasts)

    assert earlier(date(2026, 9, 25)) == date(2025, 10, 6)
    assert earlier(date(2026, 9, 20)) == date(2025, 10, 1)
    assert earlier(date(2026, 2, 10)) == feasts["설날"][2025] - timedelta(days=7)
    assert earlier(date(2026, 6, 3)) == date(2025, 6, 4)


def test_a_workbook_reads_back_as_it_was_written_and_runs_nothing(tmp_path: Path) -> None:
    rows = [["=1+1", Decimal("19900"), 3], ["<찻잔> & \x00", Decimal("-0.5"), None]]
    path = tmp_path / "table.xlsx"
    path.write_bytes(workbooks.written(title="매출: 일별/월별", heading=["이름", "매출", "주문 수"], rows=rows))

    told = [row for _number, row in workbook.rows(path, most_bytes=100_000)]

    assert told[0][:3] == ["이름", "매출", "주문 수"]
    assert told[1][:3] == ["=1+1", "19900", "3"]
    assert told[2][:2] == ["<찻잔> & ", "-0.5"]
