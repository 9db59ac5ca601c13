"""How far the days of each rollup are made: what lies after that is not nothing, it is not known yet."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Max, Min, Model

from analytics import closing
from analytics.models import RollupState, VisitDay
from analytics.queries import sales
from analytics.queries.sales import Freshness
from config.kernel import shop
from config.kernel.business_time import day_period

# Days that are looked at; what nobody has made for longer is told by the pages of states.
LATELY = timedelta(days=31)


def made_until(state: type[Model], *, at: datetime) -> datetime:
    """The moment up to which everything has been made; `at` itself where nothing waits."""
    if state is VisitDay:
        return _visits(at)
    day = sales.freshness(at=at).live_from if state is RollupState else _unmade(state, at)
    return at if day is None else min(at, day_period(day, shop.zone()).starts_at)


def unmade_from(state: type[Model], *, at: datetime) -> date | None:
    """The first day that is not made, or made in part only; none where nothing waits."""
    until = made_until(state, at=at)
    return None if until == at else shop.day(until)


def freshness(states: Iterable[type[Model]], *, at: datetime) -> Freshness:
    """Of figures made of several, the one that is furthest behind."""
    found = [sales.freshness(at=at) if one is RollupState else _freshness(one, at) for one in states]
    if not found:
        return Freshness(shop.day(at) + timedelta(days=1), shop.day(at), None, 0, 0)
    return Freshness(
        min(one.live_from for one in found),
        min(one.made_until for one in found),
        min((one.made_at for one in found if one.made_at), default=None),
        max(one.dirty_days for one in found),
        max(one.missing_days for one in found),
    )


def _freshness(state: type[Model], at: datetime) -> Freshness:
    rows: Any = state._default_manager
    today = shop.day(at)
    unmade = unmade_from(state, at=at)
    begins = unmade or today + timedelta(days=1)
    missing = 0
    if state is not VisitDay:
        known = set(rows.filter(day__gte=begins).values_list("day", flat=True))
        missing = len([day for day in closing.days(begins, closing.last_closed(at, shop.zone())) if day not in known])
    made_at = rows.aggregate(at=Max("rebuilt_at"))["at"]
    return Freshness(begins, begins - timedelta(days=1), made_at, rows.filter(state="DIRTY").count(), missing)


def _unmade(state: type[Model], at: datetime) -> date | None:
    """Of states that each day has once it is made. The open day counts as made where it is made again and again."""
    rows: Any = state._default_manager
    zone, today = shop.zone(), shop.day(at)
    lately = today - LATELY
    made = {
        day
        for day, rebuilt_at in rows.filter(day__gte=lately, rebuilt_at__isnull=False).values_list("day", "rebuilt_at")
        if day == today or rebuilt_at >= closing.morning(day + timedelta(days=1), zone)
    }
    first = rows.aggregate(first=Min("day"))["first"] or sales.first_day() or today
    return next((day for day in closing.days(min(max(first, lately), today), today) if day not in made), None)


def _visits(at: datetime) -> datetime:
    """Days have a state once something is told of them: one without has no visits. One that waits knows what was before."""
    zone = shop.zone()
    waiting = VisitDay.objects.filter(state=VisitDay.State.DIRTY, day__lte=shop.day(at)).order_by("day")
    for day, rebuilt_at in waiting.values_list("day", "rebuilt_at"):
        begins, ends = (day_period(one, zone).starts_at for one in (day, day + timedelta(days=1)))
        if rebuilt_at is None or rebuilt_at < ends:
            return min(at, max(begins, rebuilt_at or begins))
    return at
