from dataclasses import FrozenInstanceError
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.kernel.business_time import Period, business_day, day_period

SEOUL = ZoneInfo("Asia/Seoul")
BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
SAO_PAULO = ZoneInfo("America/Sao_Paulo")  # until 2019 its DST began and ended at midnight
CAIRO = ZoneInfo("Africa/Cairo")  # since 2023 its DST begins at midnight
HAVANA = ZoneInfo("America/Havana")  # its DST ends at one, so the first hour of the day comes twice
APIA = ZoneInfo("Pacific/Apia")  # crossed the date line and left out 30 December 2011

zones = st.sampled_from([SEOUL, BERLIN, NEW_YORK, SAO_PAULO, CAIRO, HAVANA, APIA])
moments = st.datetimes(datetime(2005, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001

MAY = Period(datetime(2026, 5, 1, tzinfo=SEOUL), datetime(2026, 6, 1, tzinfo=SEOUL))
NAIVE = datetime(2026, 5, 1, 12)  # noqa: DTZ001


def hours(period: Period) -> float:
    assert period.ends_at is not None
    return (period.ends_at - period.starts_at) / timedelta(hours=1)


# ---- periods ----


def test_a_period_contains_its_start_but_not_its_end() -> None:
    assert MAY.contains(datetime(2026, 5, 1, tzinfo=SEOUL))
    assert MAY.contains(datetime(2026, 5, 31, 23, 59, 59, 999999, tzinfo=SEOUL))
    assert not MAY.contains(datetime(2026, 6, 1, tzinfo=SEOUL))
    assert not MAY.contains(datetime(2026, 4, 30, 23, 59, 59, 999999, tzinfo=SEOUL))


def test_a_period_without_end_contains_everything_after_its_start() -> None:
    for_ever = Period(MAY.starts_at, None)

    assert for_ever.contains(MAY.starts_at)
    assert for_ever.contains(datetime(9999, 1, 1, tzinfo=UTC))
    assert not for_ever.contains(MAY.starts_at - timedelta(microseconds=1))


def test_the_zone_in_which_a_period_is_written_makes_no_difference() -> None:
    assert Period(datetime(2026, 4, 30, 15, tzinfo=UTC), datetime(2026, 5, 31, 15, tzinfo=UTC)) == MAY


def test_the_hour_that_comes_twice_is_a_period_like_any_other() -> None:
    first = datetime(2026, 10, 25, 2, 30, fold=0, tzinfo=BERLIN)
    second = datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=BERLIN)

    between = Period(first, second)

    assert hours(between) == 1
    assert between.contains(first)
    assert not between.contains(second)


@pytest.mark.parametrize("lasts", [timedelta(0), timedelta(days=-1)])
def test_a_period_that_ends_before_it_starts_is_refused(lasts: timedelta) -> None:
    with pytest.raises(ValueError, match="ends after its start"):
        Period(MAY.starts_at, MAY.starts_at + lasts)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        Period(NAIVE, None)
    with pytest.raises(ValueError, match="naive"):
        Period(MAY.starts_at, NAIVE + timedelta(days=1))
    with pytest.raises(ValueError, match="naive"):
        MAY.contains(NAIVE)
    with pytest.raises(ValueError, match="naive"):
        business_day(NAIVE, SEOUL)


def test_a_period_cannot_be_changed_in_place() -> None:
    with pytest.raises(FrozenInstanceError):
        MAY.ends_at = None  # type: ignore[misc]


# ---- business days ----


def test_an_order_of_the_evening_in_utc_belongs_to_the_next_day_in_seoul() -> None:
    assert business_day(datetime(2026, 5, 1, 14, 59, 59, tzinfo=UTC), SEOUL) == date(2026, 5, 1)
    assert business_day(datetime(2026, 5, 1, 15, tzinfo=UTC), SEOUL) == date(2026, 5, 2)


def test_a_day_in_seoul_runs_from_15_to_15_utc() -> None:
    day = day_period(date(2026, 5, 1), SEOUL)

    assert day == Period(datetime(2026, 4, 30, 15, tzinfo=UTC), datetime(2026, 5, 1, 15, tzinfo=UTC))


@pytest.mark.parametrize(
    ("zone", "day", "length"),
    [
        (SEOUL, date(2026, 3, 29), 24),
        (BERLIN, date(2026, 3, 29), 23),
        (BERLIN, date(2026, 10, 25), 25),
        (BERLIN, date(2026, 10, 26), 24),
        (NEW_YORK, date(2026, 3, 8), 23),
        (NEW_YORK, date(2026, 11, 1), 25),
        (SAO_PAULO, date(2018, 11, 4), 23),
        (SAO_PAULO, date(2018, 2, 17), 25),
        (CAIRO, date(2024, 4, 26), 23),
        (CAIRO, date(2024, 10, 31), 25),
        (HAVANA, date(2026, 11, 1), 25),
    ],
)
def test_a_day_is_as_long_as_the_clocks_of_the_zone_make_it(zone: ZoneInfo, day: date, length: int) -> None:
    assert hours(day_period(day, zone)) == length


@pytest.mark.parametrize(
    ("zone", "day", "first_moment"),
    [
        (SAO_PAULO, date(2018, 11, 4), datetime(2018, 11, 4, 3, tzinfo=UTC)),
        (CAIRO, date(2024, 4, 26), datetime(2024, 4, 25, 22, tzinfo=UTC)),
    ],
)
def test_a_day_without_midnight_starts_at_one(zone: ZoneInfo, day: date, first_moment: datetime) -> None:
    starts_at = day_period(day, zone).starts_at

    assert starts_at == first_moment
    assert starts_at.astimezone(zone).hour == 1
    assert business_day(starts_at - timedelta(microseconds=1), zone) == day - timedelta(days=1)


def test_a_day_with_two_midnights_starts_at_the_first() -> None:
    assert day_period(date(2026, 11, 1), HAVANA).starts_at == datetime(2026, 11, 1, 4, tzinfo=UTC)


@given(moments, zones)
def test_every_moment_lies_in_the_period_of_its_business_day(at: datetime, zone: ZoneInfo) -> None:
    assert day_period(business_day(at, zone), zone).contains(at)


@given(moments, zones)
def test_the_first_and_the_last_moment_of_a_day_belong_to_it(at: datetime, zone: ZoneInfo) -> None:
    day = business_day(at, zone)
    period = day_period(day, zone)

    assert period.ends_at is not None
    assert business_day(period.starts_at, zone) == day
    assert business_day(period.ends_at - timedelta(microseconds=1), zone) == day
    assert business_day(period.ends_at, zone) > day


@given(moments, zones)
def test_the_next_day_begins_when_a_day_ends(at: datetime, zone: ZoneInfo) -> None:
    period = day_period(business_day(at, zone), zone)

    assert period.ends_at is not None
    assert day_period(business_day(period.ends_at, zone), zone).starts_at == period.ends_at


def test_a_moment_is_not_taken_for_a_day() -> None:
    with pytest.raises(TypeError, match="not a day"):
        day_period(datetime(2026, 5, 1, 15, tzinfo=UTC), SEOUL)


def test_a_day_that_the_zone_left_out_is_refused() -> None:
    with pytest.raises(ValueError, match="ends after its start"):
        day_period(date(2011, 12, 30), APIA)
