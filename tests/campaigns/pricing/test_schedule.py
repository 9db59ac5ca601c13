"""When a promotion holds, and when that changes next."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from campaigns.pricing import schedule

SEOUL = ZoneInfo("Asia/Seoul")
BERLIN = ZoneInfo("Europe/Berlin")


@dataclass(frozen=True)
class Timing:
    starts_at: datetime
    ends_at: datetime | None = None
    weekdays: tuple[int, ...] = ()
    hours: tuple[int, int] | None = None


def seoul(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=SEOUL)  # type: ignore[misc]


def changes(timed: Timing, since: datetime, number: int, zone: ZoneInfo = SEOUL) -> list[str]:
    """The next changes in the zone's time."""
    found = []
    moment: datetime | None = since
    for _ in range(number):
        moment = schedule.next_change(timed, moment, zone) if moment else None
        if moment:
            found.append(moment.astimezone(zone).strftime("%a %d %H:%M"))
    return found


def test_a_period_holds_from_its_first_second_and_not_at_its_end() -> None:
    timed = Timing(seoul(2026, 11, 20, 9), seoul(2026, 11, 21, 9))

    def holds(moment: datetime) -> bool:
        return schedule.in_force(timed, moment, SEOUL)

    second = timedelta(seconds=1)
    assert not holds(timed.starts_at - second)
    assert holds(timed.starts_at)
    assert timed.ends_at is not None
    assert holds(timed.ends_at - second)
    assert not holds(timed.ends_at)
    assert changes(timed, seoul(2026, 1, 1), 3) == ["Fri 20 09:00", "Sat 21 09:00"]


def test_weekday_and_hour_are_those_of_the_shop() -> None:
    timed = Timing(seoul(2026, 11, 1), weekdays=(5,), hours=(9, 12))

    assert schedule.in_force(timed, datetime(2026, 11, 21, 0, 0, tzinfo=UTC), SEOUL)
    assert not schedule.in_force(timed, datetime(2026, 11, 20, 23, 59, tzinfo=UTC), SEOUL)
    assert changes(timed, seoul(2026, 11, 18), 4) == ["Sat 21 09:00", "Sat 21 12:00", "Sat 28 09:00", "Sat 28 12:00"]


def test_a_night_belongs_to_the_day_on_which_it_opens() -> None:
    timed = Timing(seoul(2026, 11, 1), weekdays=(5,), hours=(22, 2))

    assert schedule.in_force(timed, seoul(2026, 11, 22, 1, 59), SEOUL)
    assert not schedule.in_force(timed, seoul(2026, 11, 21, 1, 0), SEOUL)
    assert changes(timed, seoul(2026, 11, 20), 2) == ["Sat 21 22:00", "Sun 22 02:00"]


def test_windows_that_touch_are_one() -> None:
    assert changes(Timing(seoul(2026, 11, 1), weekdays=(5, 6)), seoul(2026, 11, 18), 2) == ["Sat 21 00:00", "Mon 23 00:00"]
    assert changes(Timing(seoul(2026, 11, 1), weekdays=tuple(range(7))), seoul(2026, 11, 18), 2) == []
    assert changes(Timing(seoul(2026, 11, 1), hours=(0, 24)), seoul(2026, 11, 18), 2) == []


def test_a_window_is_cut_by_the_period() -> None:
    timed = Timing(seoul(2026, 11, 20, 10), seoul(2026, 11, 21, 11), hours=(9, 12))

    assert changes(timed, seoul(2026, 11, 1), 9) == ["Fri 20 10:00", "Fri 20 12:00", "Sat 21 09:00", "Sat 21 11:00"]


@pytest.mark.parametrize(
    ("day", "hours", "expected"),
    [
        # 29 March 2026: 02:00 becomes 03:00. An hour that is left out is the moment of the change.
        (datetime(2026, 3, 28, 12, tzinfo=BERLIN), (2, 4), ["Sun 29 03:00", "Sun 29 04:00"]),
        (datetime(2026, 3, 28, 12, tzinfo=BERLIN), (2, 3), ["Mon 30 02:00", "Mon 30 03:00"]),
        # 25 October 2026: 03:00 becomes 02:00. An hour that comes twice is in force twice as long, once.
        (datetime(2026, 10, 24, 12, tzinfo=BERLIN), (2, 3), ["Sun 25 02:00", "Sun 25 03:00"]),
    ],
)
def test_days_on_which_the_clock_is_changed_have_each_window_once(
    day: datetime, hours: tuple[int, int], expected: list[str]
) -> None:
    timed = Timing(datetime(2026, 1, 1, tzinfo=UTC), hours=hours)

    assert changes(timed, day, 2, BERLIN) == expected


def test_between_two_changes_nothing_changes() -> None:
    chance = Random(7)  # noqa: S311  samples, not secrets
    for _ in range(60):
        first = chance.randrange(24)
        timed = Timing(
            seoul(2026, 10, 20, chance.randrange(24)),
            seoul(2026, 11, 9, chance.randrange(24)),
            tuple(sorted(chance.sample(range(7), chance.randrange(8)))),
            chance.choice([None, (first, chance.choice([hour for hour in range(1, 25) if hour != first]))]),
        )
        zone = chance.choice([SEOUL, BERLIN])
        moment = datetime(2026, 10, 19, tzinfo=UTC)
        following = schedule.next_change(timed, moment, zone)
        holds = schedule.in_force(timed, moment, zone)
        while moment < datetime(2026, 11, 12, tzinfo=UTC):
            moment += timedelta(minutes=30)
            if following is not None and moment >= following:
                assert schedule.in_force(timed, following, zone) is not holds
                holds = not holds
                following = schedule.next_change(timed, following, zone)
            assert schedule.in_force(timed, moment, zone) is holds, (timed, moment)
