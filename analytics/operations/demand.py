"""Makes the demand of closed business days: replaced as a whole from the source, never counted up, as the other figures are.

A day is due when it was never made, when something of it was told to have changed, or when other served regions made it.
See docs/algorithms/demand.md.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection, transaction

from analytics import closing, extract
from analytics.models import DailyDemand, DemandDay, ServedRegion
from analytics.operations import day_states, locks
from analytics.queries import demand_source
from config.kernel import shop
from orders.models import Order

# The job of analytics/tasks.py that makes what is due.
MAKE_DEMAND = "analytics.make_demand"
# So many days are read and replaced in one transaction.
MOST_DAYS = 31

_REPLACE = f"""
    WITH {demand_source.SELECTION}
    INSERT INTO analytics_dailydemand ({", ".join(demand_source.COLUMNS)})
    SELECT {", ".join(demand_source.COLUMNS)} FROM demand ORDER BY variant_id, warehouse_id, day
"""  # noqa: S608  put together from texts of this app

_SETTLE = """
    INSERT INTO analytics_demandday AS known (day, state, marks, rebuilt_at, rules)
    SELECT day, 'CLEAN', marks, %(at)s, %(rules)s FROM unnest(%(days)s::date[], %(marks)s::int[]) AS made (day, marks)
    ORDER BY day
    ON CONFLICT (day) DO UPDATE SET
        state = CASE WHEN known.marks = excluded.marks THEN 'CLEAN' ELSE 'DIRTY' END,
        dirtied_at = CASE WHEN known.marks = excluded.marks THEN NULL ELSE known.dirtied_at END,
        rebuilt_at = excluded.rebuilt_at, rules = excluded.rules
"""


@dataclass(frozen=True)
class Made:
    days: int = 0
    rows: int = 0
    seconds: float = 0.0

    def __add__(self, other: "Made") -> "Made":
        return Made(self.days + other.days, self.rows + other.rows, self.seconds + other.seconds)


def mark(*, days: Iterable[date], at: datetime) -> None:
    """Tells that the demand of these days is stale. A day that is not over needs no mark: it is made once it closes."""
    today = shop.day(at)
    day_states.mark(DemandDay, days=(day for day in days if day < today), at=at)


def mark_history(*, first: date, at: datetime) -> None:
    """Of a past that was written later, all days since are stale: their shelves, and what is a usual line, follow from it."""
    mark(days=closing.days(first, closing.last_closed(at, shop.zone())), at=at)


def customer_erased(*, customer_id: int, at: datetime) -> None:
    """Where the orders of an erased person went is no longer known: their days are made anew where regions are told apart."""
    if ServedRegion.objects.exists():
        placed = Order.objects.filter(customer_id=customer_id).values_list("placed_at", flat=True)
        mark(days={shop.day(one) for one in placed}, at=at)


def rebuild_due(*, at: datetime, seconds: float = 600) -> Made:
    """Makes every closed day that is due; what is left after `seconds` is due the next time."""
    return _make(due(at=at), at, seconds)


def rebuild_days(*, first: date | None, last: date | None, at: datetime) -> Made:
    """Makes these days whether or not they are due; without bounds all of them, and drops what lies outside of the records."""
    begin, closed = _first_day(), closing.last_closed(at, shop.zone())
    if first is None:
        _drop_outside(begin, closed)
    return _make(closing.days(first or begin, min(last or closed, closed)) if begin else [], at)


def due(*, at: datetime) -> list[date]:
    """Closed days that must be made, the oldest first."""
    last, rules = closing.last_closed(at, shop.zone()), demand_source.rules()
    known = {day: found for day, *found in DemandDay.objects.values_list("day", "state", "rules")}
    begin = min(known) if known else _first_day()
    wanted = [DemandDay.State.CLEAN, rules]
    return [day for day in closing.days(begin, last) if known.get(day) != wanted] if begin else []


def _first_day() -> date | None:
    first = extract.first_moment()
    return shop.day(first) if first else None


def _make(wanted: list[date], at: datetime, seconds: float | None = None) -> Made:
    done = Made()
    for first, last in closing.spans(wanted, MOST_DAYS):
        if seconds is not None and done.seconds >= seconds:
            break
        done += _make_span(first, last, at)
    return done


@transaction.atomic
def _make_span(first: date, last: date, at: datetime) -> Made:
    began = time.monotonic()
    days = closing.days(first, last)
    locks.days_alone(locks.Lock.DEMAND_DAYS, days)
    # Read before the source is: a mark, or a region, that is not in here yet may not be in the figures either.
    marks = dict(DemandDay.objects.filter(day__range=(first, last)).values_list("day", "marks"))
    rules = demand_source.rules()
    DailyDemand.objects.filter(day__range=(first, last)).delete()
    with connection.cursor() as cursor:
        cursor.execute(_REPLACE, demand_source.given(first, last))
        rows = cursor.rowcount
    with connection.cursor() as cursor:
        counts = [marks.get(day, 0) for day in days]
        cursor.execute(_SETTLE, {"days": days, "marks": counts, "rules": rules, "at": at})
    return Made(len(days), rows, time.monotonic() - began)


@transaction.atomic
def _drop_outside(first: date | None, last: date) -> None:
    for table in (DailyDemand, DemandDay):
        strays = table._default_manager.all()
        if first:
            strays = strays.exclude(day__range=(first, last))
        strays.delete()


def yesterday(*, at: datetime) -> date:
    """The last day of which demand can be known."""
    return closing.last_closed(at, shop.zone())


def is_ready(*, until: date, days: int, at: datetime) -> bool:
    """Whether no day of the window a forecast looks at is due."""
    since = until - timedelta(days=days)
    return not any(since < day <= until for day in due(at=at))
