"""What a period is, and which calendar day of the shop a moment belongs to.

Pure: the zone is passed in (the shop's is the setting BUSINESS_TIME_ZONE) and the moment comes from whoever read the clock.
In a query, `TruncDate(tzinfo=zone)` draws the same line as `business_day`.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo


@dataclass(frozen=True, slots=True)
class Period:
    """Half-open: starts_at belongs to it, ends_at no longer does. Without an end it lasts for ever. Kept in UTC."""

    starts_at: datetime
    ends_at: datetime | None

    def __post_init__(self) -> None:
        # Two times of one zone compare by their wall clock, which runs through an hour twice when DST ends. UTC never does.
        object.__setattr__(self, "starts_at", _in_utc(self.starts_at))
        if self.ends_at is None:
            return
        object.__setattr__(self, "ends_at", _in_utc(self.ends_at))
        if self.ends_at <= self.starts_at:
            raise ValueError(f"A period ends after its start, but {self.ends_at} does not follow {self.starts_at}.")

    def contains(self, at: datetime) -> bool:
        at = _in_utc(at)
        return self.starts_at <= at and (self.ends_at is None or at < self.ends_at)


def business_day(at: datetime, zone: tzinfo) -> date:
    """The day on the shop's calendar when the moment came."""
    return _in_utc(at).astimezone(zone).date()


def day_period(day: date, zone: tzinfo) -> Period:
    """From the first moment of the day to the first of the next, 23 or 25 hours where DST changes.

    Days follow each other without gap or overlap. Refuses a day that the zone left out (Samoa had no 30 December 2011).
    """
    return Period(_first_moment(day, zone), _first_moment(day + timedelta(days=1), zone))


def _first_moment(day: date, zone: tzinfo) -> datetime:
    if isinstance(day, datetime):
        raise TypeError("A moment is not a day: ask business_day which day it belongs to.")
    # Where DST skips midnight, the offset of before the change (fold=0) leads to the moment of the change, which is right.
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def _in_utc(at: datetime) -> datetime:
    if at.utcoffset() is None:
        raise ValueError(f"{at} is naive: a moment needs a time zone.")
    return at.astimezone(UTC)
