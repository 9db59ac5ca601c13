"""Makes the figures of closed business days: replaced as a whole from the source, never counted up.

Marking a day is one small statement and waits for nobody's rebuild: that locks the day's row only at its very end. What is
marked while a rebuild reads stays marked. See docs/algorithms/rollups.md.
"""

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.utils.translation import gettext as _

from analytics import closing, extract
from analytics.models import (
    DailyOutcomes,
    DailyParcels,
    DailyPromotion,
    DailySales,
    DailyStock,
    HourlySales,
    RollupState,
)
from analytics.operations import (
    day_states,
    demand,
    locks,
    purchase_marks,
)
from config.kernel import jobs, shop
from config.kernel.business_time import Period, day_period
from config.kernel.errors import Invalid
from config.kernel.models import User

log = logging.getLogger(__name__)

# The job of analytics/tasks.py that makes what is marked.
REBUILD_DUE_DAYS = "analytics.rebuild_due_days"
# So many days are read and replaced in one transaction, where many are to be made.
MOST_DAYS = 31
TRAILING_DAYS = 7
ROLLUPS = (HourlySales, DailySales, DailyPromotion, DailyStock, DailyParcels, DailyOutcomes)


class DayNotOver(Invalid):
    """Figures are stored for closed days only; the open day is read live."""

    code = "day_not_over"


@dataclass(frozen=True)
class Rebuilt:
    days: int = 0
    source_rows: int = 0
    seconds: float = 0.0

    def __add__(self, other: "Rebuilt") -> "Rebuilt":
        return Rebuilt(self.days + other.days, self.source_rows + other.source_rows, self.seconds + other.seconds)


_REPLACE = f"""
    {extract.SELECTIONS},
    write_hourly AS (
        INSERT INTO analytics_hourlysales ({", ".join(extract.HOURLY)}) SELECT {", ".join(extract.HOURLY)} FROM hourly
    ),
    write_daily AS (
        INSERT INTO analytics_dailysales ({", ".join(extract.DAILY)}) SELECT {", ".join(extract.DAILY)} FROM daily
    ),
    write_promotion AS (
        INSERT INTO analytics_dailypromotion ({", ".join(extract.PROMOTION)})
        SELECT {", ".join(extract.PROMOTION)} FROM promotion
    ),
    write_stock AS (
        INSERT INTO analytics_dailystock ({", ".join(extract.STOCK)}) SELECT {", ".join(extract.STOCK)} FROM stock
    ),
    write_parcels AS (
        INSERT INTO analytics_dailyparcels ({", ".join(extract.PARCELS)}) SELECT {", ".join(extract.PARCELS)} FROM parcels
    ),
    write_outcomes AS (
        INSERT INTO analytics_dailyoutcomes ({", ".join(extract.OUTCOMES)}) SELECT {", ".join(extract.OUTCOMES)} FROM outcomes
    )
    SELECT day, sum(source_rows)::int
    FROM (SELECT day, source_rows FROM hourly UNION ALL SELECT day, source_rows FROM stock) AS made
    GROUP BY day
"""  # noqa: S608  put together from texts of this app

_SETTLE = """
    INSERT INTO analytics_rollupstate (day, state, marks, rebuilt_at, source_rows, seconds)
    SELECT day, 'CLEAN', marks, %(at)s, source_rows, %(seconds)s
    FROM unnest(%(days)s::date[], %(marks)s::int[], %(source_rows)s::int[]) AS made (day, marks, source_rows) ORDER BY day
    ON CONFLICT (day) DO UPDATE SET
        state = CASE WHEN analytics_rollupstate.marks = excluded.marks THEN 'CLEAN' ELSE 'DIRTY' END,
        dirtied_at = CASE WHEN analytics_rollupstate.marks = excluded.marks THEN NULL ELSE analytics_rollupstate.dirtied_at END,
        rebuilt_at = excluded.rebuilt_at, source_rows = excluded.source_rows, seconds = excluded.seconds
"""


def mark(*, days: Iterable[date], at: datetime) -> int:
    """Tells that the figures of these days are stale, and how many were marked.

    A day that is not over needs no mark: it is read live, and made once it closes.
    """
    today = shop.day(at)
    over = {day for day in days if day < today}
    if over:
        day_states.mark(RollupState, days=over, at=at)
        purchase_marks.mark(days=over, at=at)
        demand.mark(days=over, at=at)
    return len(over)


@transaction.atomic
def mark_history(*, first: date, last: date, at: datetime) -> int:
    """Marks many days at once, and asks for their figures right away: somebody waits to see what was brought in."""
    marked = mark(days=closing.days(first, last), at=at)
    demand.mark_history(first=first, at=at)
    if marked:
        jobs.request(name=REBUILD_DUE_DAYS, actor=None, at=at)
        jobs.request(name=purchase_marks.MAKE_PURCHASES, actor=None, at=at)
    return marked


def rebuild(*, first: date, last: date, actor: User | None, at: datetime) -> Rebuilt:
    """Makes the figures of these days anew. Refuses days that are not over; each month or so is a transaction of its own."""
    closed = closing.last_closed(at, shop.zone())
    if last > closed:
        raise DayNotOver(
            _("%(day)s is not over yet; the last day with figures is %(closed)s.") % {"day": last, "closed": closed},
            details={"day": str(last), "last_closed": str(closed)},
        )
    log.info("figures of %s to %s asked for anew by user %s", first, last, actor.pk if actor else None)
    return _rebuild_days(closing.days(first, last), at)


def rebuild_due(*, at: datetime, seconds: float = 240) -> Rebuilt:
    """Makes every closed day that is marked or was never made; what is left after `seconds` is due the next time."""
    return _rebuild_days(_due(at), at, seconds)


def rebuild_trailing(*, at: datetime, days: int = TRAILING_DAYS) -> Rebuilt:
    """Makes the last closed days whether or not they are marked."""
    last = closing.last_closed(at, shop.zone())
    return _rebuild_days(closing.days(last - timedelta(days=days - 1), last), at)


def rebuild_everything(*, actor: User | None, at: datetime) -> Rebuilt:
    """Makes every closed day since the shop's records begin, and drops figures of days that lie outside of them."""
    first, last = _first_day(), closing.last_closed(at, shop.zone())
    wanted = closing.days(first, last) if first else []
    log.info("all figures asked for anew by user %s", actor.pk if actor else None)
    _drop_outside(wanted)
    return _rebuild_days(wanted, at)


def _first_day() -> date | None:
    first = extract.first_moment()
    return shop.day(first) if first else None


def _due(at: datetime) -> list[date]:
    last = closing.last_closed(at, shop.zone())
    known = dict(RollupState.objects.filter(day__lte=last).values_list("day", "state"))
    first = min(known) if known else _first_day()
    never_made = [day for day in closing.days(first, last) if day not in known] if first else []
    return never_made + [day for day, state in known.items() if state == RollupState.State.DIRTY]


def _rebuild_days(wanted: list[date], at: datetime, seconds: float | None = None) -> Rebuilt:
    done = Rebuilt()
    for first, last in closing.spans(wanted, MOST_DAYS):
        if seconds is not None and done.seconds >= seconds:
            break
        done += _rebuild_span(first, last, at)
    return done


@transaction.atomic
def _rebuild_span(first: date, last: date, at: datetime) -> Rebuilt:
    """Readers see the former figures of these days or the new ones, never a part of either."""
    began = time.monotonic()
    days = closing.days(first, last)
    _one_at_a_time(days)
    # Read before the source is: a mark that is not in here yet belongs to a change that may not be in the figures either.
    marks = dict(RollupState.objects.filter(day__range=(first, last)).values_list("day", "marks"))
    source_rows = _replace(first, last)
    seconds = time.monotonic() - began
    with connection.cursor() as cursor:
        cursor.execute(
            _SETTLE,
            {
                "days": days,
                "marks": [marks.get(day, 0) for day in days],
                "source_rows": [source_rows.get(day, 0) for day in days],
                "seconds": seconds / len(days),
                "at": at,
            },
        )
    return Rebuilt(len(days), sum(source_rows.values()), seconds)


def _replace(first: date, last: date) -> dict[date, int]:
    """Puts what the source says in the place of what is stored, and tells how many source rows each day has."""
    for rollup in ROLLUPS:
        rollup._default_manager.filter(day__range=(first, last)).delete()
    whole = Period(day_period(first, shop.zone()).starts_at, day_period(last, shop.zone()).ends_at)
    with connection.cursor() as cursor:
        cursor.execute(_REPLACE, extract.span(whole))
        return dict(cursor.fetchall())


def _one_at_a_time(days: list[date]) -> None:
    """Waits for whoever rebuilds any of these days: two that replace the same rows would meet in the unique constraint."""
    locks.days_alone(locks.Lock.ROLLUP_DAYS, days)


@transaction.atomic
def _drop_outside(wanted: list[date]) -> None:
    for table in (*ROLLUPS, RollupState):
        strays = table._default_manager.all()
        if wanted:
            strays = strays.exclude(day__range=(wanted[0], wanted[-1]))
        strays.delete()
