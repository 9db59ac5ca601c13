"""Which business days are over. Pure.

A day closes some minutes after its midnight: what was asked for in its last second may be written a little later.
"""

from datetime import date, datetime, timedelta, tzinfo

from config.kernel.business_time import business_day, day_period

GRACE = timedelta(minutes=5)


def last_closed(at: datetime, zone: tzinfo) -> date:
    """The latest day whose figures can be made at `at`."""
    return business_day(at - GRACE, zone) - timedelta(days=1)


def morning(day: date, zone: tzinfo) -> datetime:
    """The moment of a day from which the day before it counts as closed."""
    return day_period(day, zone).starts_at + GRACE


def days(first: date, last: date) -> list[date]:
    """Every day from the first to the last, both included; none where they stand the wrong way round."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def spans(wanted: list[date], most: int) -> list[tuple[date, date]]:
    """Days in order, as runs of days that follow each other, at most `most` days long."""
    found: list[tuple[date, date]] = []
    for day in sorted(set(wanted)):
        if found and day - found[-1][1] == timedelta(days=1) and (day - found[-1][0]).days < most:
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found
