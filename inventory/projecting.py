"""What will lie there at the end of each coming week: what lies there now, what comes, what is expected to leave."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from inventory.stocking.values import Outlook


@dataclass(frozen=True, slots=True)
class Week:
    """Units. `short` is demand that nothing is left for; it is lost, not owed to the next week."""

    starts_on: date
    opening: float
    comes: float
    leaves: float
    short: float
    closing: float


def week_of(day: date) -> date:
    """Its Monday."""
    return day - timedelta(days=day.weekday())


def weeks(first_on: date, number: int) -> list[date]:
    """The first begins on the day itself, the others on their Mondays."""
    monday = week_of(first_on)
    return [first_on, *(monday + timedelta(weeks=each) for each in range(1, number))]


def expected_over(outlook: Outlook, first: int, days: int) -> float:
    """Demand of `days` days, the first of which is number `first` of the outlook. Beyond its end its last week goes on."""
    week = outlook.daily[-7:]
    mean = sum(week) / len(week) if week else 0.0
    return sum(outlook.daily[day] if day < len(outlook.daily) else mean for day in range(first, first + days))


def expected_by_week(outlook: Outlook, starts: Sequence[date]) -> list[float]:
    """Demand of each week. The outlook begins with the first day of the first week."""
    ends = [*starts[1:], week_of(starts[-1]) + timedelta(weeks=1)]
    found, day = [], 0
    for start, end in zip(starts, ends, strict=True):
        days = (end - start).days
        found.append(expected_over(outlook, day, days))
        day += days
    return found


def project(
    *, on_hand: int, reserved: int, starts: Sequence[date], comes: Mapping[date, int], demand: Sequence[float]
) -> list[Week]:
    """`comes` is units by the day on which they are expected; what is overdue is expected in the first week.

    What is promised leaves in the first week, and is a part of the demand of that week unless it is more.
    """
    by_week = [0.0] * len(starts)
    last = week_of(starts[-1]) + timedelta(weeks=1)
    for day, units in comes.items():
        if day < last:
            by_week[max(sum(start <= day for start in starts) - 1, 0)] += units
    found = []
    opening = float(on_hand)
    for number, start in enumerate(starts):
        wanted = max(demand[number], float(reserved)) if number == 0 else demand[number]
        there = opening + by_week[number]
        leaves = min(wanted, there)
        found.append(Week(start, opening, by_week[number], leaves, wanted - leaves, there - leaves))
        opening = there - leaves
    return found


def first_short(projected: Sequence[Week]) -> date | None:
    """The first week in which a whole unit is wanted in vain; less than that is a fraction of chance."""
    lost = 0.0
    for week in projected:
        lost += week.short
        if lost >= 1:
            return week.starts_on
    return None


def summed(projections: Sequence[Sequence[Week]]) -> list[Week]:
    """Several SKUs together, week by week."""
    return [
        Week(
            together[0].starts_on,
            sum(one.opening for one in together),
            sum(one.comes for one in together),
            sum(one.leaves for one in together),
            sum(one.short for one in together),
            sum(one.closing for one in together),
        )
        for together in zip(*projections, strict=True)
    ]
