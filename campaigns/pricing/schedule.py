"""When a promotion holds, by the shop's own clock: a period, on some weekdays, at some hours; and when that changes next."""

from collections.abc import Collection, Iterator
from datetime import date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
MIDNIGHT = 24


class Timed(Protocol):
    """`weekdays` counts from Monday = 0, empty means every day. `hours` are half-open, None means all day long; where the
    second is the smaller one the window runs past midnight and belongs to the day on which it opens.
    """

    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime | None: ...
    @property
    def weekdays(self) -> Collection[int]: ...
    @property
    def hours(self) -> tuple[int, int] | None: ...


def in_force(timed: Timed, at: datetime, zone: ZoneInfo) -> bool:
    """Inside `[starts_at, ends_at)` and at one of its weekdays and hours. To the second, whether or not any job has run."""
    if at < timed.starts_at or (timed.ends_at is not None and at >= timed.ends_at):
        return False
    if not timed.weekdays and timed.hours is None:
        return True
    local = at.astimezone(zone)
    opened = local.date()
    if timed.hours is not None:
        first, last = timed.hours
        if first < last:
            if not first <= local.hour < last:
                return False
        elif local.hour < last:
            opened -= DAY
        elif local.hour < first:
            return False
    return not timed.weekdays or opened.weekday() in timed.weekdays


def next_change(timed: Timed, after: datetime, zone: ZoneInfo) -> datetime | None:
    """The first moment after `after` at which it starts or stops to hold; None when it never changes again.

    Windows that touch are one: a promotion of Saturday and Sunday changes twice a week.
    """
    if timed.ends_at is not None and after >= timed.ends_at:
        return None
    holds = in_force(timed, after, zone)
    for moment in _candidates(timed, after, zone):
        if in_force(timed, moment, zone) is not holds:
            return moment
    return None


def _candidates(timed: Timed, after: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """In order, every moment after `after` at which it might change. The pattern is weekly, so nine days tell all of it."""
    if after < timed.starts_at:
        yield timed.starts_at
        after = timed.starts_at
    if timed.weekdays or timed.hours is not None:
        first = after.astimezone(zone).date() - DAY
        for number in range(10):
            for moment in _edges(timed, first + number * DAY, zone):
                if moment > after and (timed.ends_at is None or moment < timed.ends_at):
                    yield moment
    if timed.ends_at is not None:
        yield timed.ends_at


def _edges(timed: Timed, day: date, zone: ZoneInfo) -> list[datetime]:
    """The moments of this day on which a window may open or close."""
    hours = sorted({hour for hour in timed.hours or () if hour < MIDNIGHT} | {0})
    # Through UTC, so that an hour that DST leaves out becomes the moment of the change.
    return [datetime.combine(day, time(hour), tzinfo=zone).astimezone(timed.starts_at.tzinfo) for hour in hours]
