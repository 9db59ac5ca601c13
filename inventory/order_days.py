"""When a supplier takes orders: its weekdays and the hour up to which an order still counts for the day."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta


@dataclass(frozen=True, slots=True)
class OrderDays:
    """The day for which an order of this moment counts, and the one after it."""

    today: date
    next_on: date
    after_on: date

    @property
    def review_days(self) -> int:
        """What is not ordered at the next chance waits for the one after it: so long the stock has to last."""
        return (self.after_on - self.today).days

    @property
    def is_today(self) -> bool:
        return self.next_on == self.today


def order_days(weekdays: Collection[int], cutoff: time | None, moment: datetime) -> OrderDays:
    """`moment` in the shop's own time; Monday is 0. Without weekdays every day is one."""
    today = moment.date()
    first = today if cutoff is None or moment.time() < cutoff else today + timedelta(days=1)
    next_on = _first(weekdays, first)
    return OrderDays(today, next_on, _first(weekdays, next_on + timedelta(days=1)))


def _first(weekdays: Collection[int], day: date) -> date:
    return next(one for one in (day + timedelta(days=ahead) for ahead in range(7)) if not weekdays or one.weekday() in weekdays)
