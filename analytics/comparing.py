"""Which earlier day a day is compared with. Pure.

Shops live by weekdays, so a day is compared with the same weekday: of the weeks right before the period, or 52 weeks before.
Around a feast that moves with the moon (Seollal, Chuseok) days are counted from the feast instead.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from enum import Enum

YEAR = timedelta(weeks=52)
# So many days before and after a feast are felt.
AROUND = 14


class Against(Enum):
    NOTHING = "nothing"
    BEFORE = "before"  # the weeks right before the period
    YEAR = "year"  # 52 weeks before
    FEAST = "feast"  # counted from Seollal or Chuseok, else 52 weeks before


def earlier(day: date, against: Against, *, days: int, feasts: Mapping[str, Mapping[int, date]]) -> date:
    """The day that `day`, one of a period of `days`, is compared with. `feasts` are the feast's own day by name and year."""
    if against is Against.BEFORE:
        return day - timedelta(weeks=-(-days // 7))
    if against is Against.FEAST:
        for by_year in feasts.values():
            for year, feast in by_year.items():
                before = by_year.get(year - 1)
                if before and abs((day - feast).days) <= AROUND:
                    return before + (day - feast)
    return day - YEAR
