"""Makes the purchases of closed business days, what follows from them by day, and the newcomers whose outcome they are.

A day, or a cohort, is replaced as a whole from its source. One at a time: what a day says of the day before must not change
meanwhile. What is marked while a day is made stays marked. See docs/algorithms/purchases.md.
"""

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, Min, Model, OuterRef, Q, QuerySet

from analytics import closing, extract
from analytics.behaviour.kinds import numbers
from analytics.models import (
    CohortDay,
    CohortMonth,
    DailyBuying,
    DailyCustomer,
    DailyReturn,
    DailyTiming,
    Newcomer,
    Purchase,
    PurchaseDay,
    Touch,
    Visit,
)
from analytics.operations import purchase_keeping, purchase_marks
from analytics.operations import purchase_statements as said
from analytics.operations.visits import personal_from
from config.kernel import shop
from config.kernel.business_time import day_period

MOST_DAYS = 31
TRAILING_DAYS = 7
BY_DAY = (Purchase, Touch, DailyCustomer, DailyBuying, DailyReturn, DailyTiming)
BY_COHORT = (Newcomer, CohortMonth)
# What a frozen day keeps: figures by day that rest on visits, and what purchases tell of the visits before them.
_OF_VISITS = (DailyReturn, DailyTiming)
_SEEN = {
    "visitor": None, "first_seen_at": None, "visit_started_at": None, "carted_at": None,
    "touch_kind": "", "touch_code": "", "touched_at": None,
}  # fmt: skip
# For how long it is watched whether somebody orders: after a first visit, after a first order.
WATCHED = {Newcomer.Since.VISIT: timedelta(days=90), Newcomer.Since.ORDER: timedelta(days=365)}


@dataclass(frozen=True)
class Rebuilt:
    days: int = 0
    purchases: int = 0
    cohorts: int = 0
    seconds: float = 0.0

    def __add__(self, other: "Rebuilt") -> "Rebuilt":
        return Rebuilt(
            self.days + other.days,
            self.purchases + other.purchases,
            self.cohorts + other.cohorts,
            self.seconds + other.seconds,
        )


@dataclass(frozen=True)
class _Order:
    """What others read of a purchase: where it differs, newcomers and next orders are stale."""

    order_id: int
    day: date
    customer_id: int | None
    visitor: int | None
    channel: str
    placed_at: datetime
    sales: Decimal
    is_first_order: bool | None
    first_seen_at: datetime | None
    visit_started_at: datetime | None


@dataclass(frozen=True)
class _Customer:
    """What others read of a customer's day."""

    customer_id: int
    day: date
    orders: int
    gross: Decimal
    discounts: Decimal
    returned: Decimal


@dataclass(frozen=True)
class _Told:
    """What is stored of a span of days."""

    orders: frozenset[_Order]
    customers: frozenset[_Customer]


_SETTLE_DAYS = """
    INSERT INTO analytics_purchaseday (day, state, marks, rebuilt_at, source_rows, is_kept)
    SELECT day, 'CLEAN', marks, %(at)s, source_rows, day = ANY(%(kept)s::date[])
    FROM unnest(%(days)s::date[], %(marks)s::int[], %(source_rows)s::int[]) AS made (day, marks, source_rows) ORDER BY day
    ON CONFLICT (day) DO UPDATE SET
        state = CASE WHEN analytics_purchaseday.marks = excluded.marks THEN 'CLEAN' ELSE 'DIRTY' END,
        dirtied_at = CASE WHEN analytics_purchaseday.marks = excluded.marks THEN NULL ELSE analytics_purchaseday.dirtied_at END,
        rebuilt_at = excluded.rebuilt_at, source_rows = excluded.source_rows, is_kept = excluded.is_kept
"""

_SETTLE_COHORTS = """
    INSERT INTO analytics_cohortday (day, state, marks, rebuilt_at, seen_until, is_kept)
    SELECT day, 'CLEAN', marks, %(at)s, %(until)s, day = ANY(%(kept)s::date[])
    FROM unnest(%(days)s::date[], %(marks)s::int[]) AS made (day, marks)
    ORDER BY day
    ON CONFLICT (day) DO UPDATE SET
        state = CASE WHEN analytics_cohortday.marks = excluded.marks THEN 'CLEAN' ELSE 'DIRTY' END,
        dirtied_at = CASE WHEN analytics_cohortday.marks = excluded.marks THEN NULL ELSE analytics_cohortday.dirtied_at END,
        rebuilt_at = excluded.rebuilt_at, seen_until = excluded.seen_until, is_kept = excluded.is_kept
"""


def rebuild_due(*, at: datetime, seconds: float = 240) -> Rebuilt:
    """Makes every closed day that is marked or was never made, the latest first, then the newcomers that are due."""
    done = _rebuild(_due_days(at), at, seconds)
    if done.seconds < seconds:
        # Making a day marks the next orders of those who have other orders now.
        done += _rebuild(_due_days(at), at, seconds - done.seconds)
    return done + _rebuild_cohorts(_due_cohorts(at), at, seconds - done.seconds)


def rebuild_trailing(*, at: datetime, days: int = TRAILING_DAYS) -> Rebuilt:
    """Makes the last closed days whether or not they are marked, and the newcomers that are due."""
    last = closing.last_closed(at, shop.zone())
    return _rebuild(closing.days(last - timedelta(days=days - 1), last), at) + _rebuild_cohorts(_due_cohorts(at), at)


def rebuild_days(*, first: date | None, last: date | None, at: datetime) -> Rebuilt:
    """Makes closed days anew, both included, and their newcomers; without bounds all, and drops what lies outside."""
    begins = first or _first_day()
    ends = min(last or closing.last_closed(at, shop.zone()), closing.last_closed(at, shop.zone()))
    wanted = closing.days(begins, ends) if begins else []
    if first is None and last is None:
        _drop_outside(wanted)
    return _rebuild(wanted, at) + _rebuild_cohorts({*wanted, *_due_cohorts(at)}, at)


def _first_day() -> date | None:
    orders = extract.first_moment()
    days = [shop.day(orders) if orders else None, Visit.objects.aggregate(least=Min("day"))["least"]]
    return min((day for day in days if day), default=None)


def _due_days(at: datetime) -> list[date]:
    last, first = closing.last_closed(at, shop.zone()), _first_day()
    known = dict(PurchaseDay.objects.filter(day__lte=last).values_list("day", "state"))
    never_made = [day for day in closing.days(first, last) if day not in known] if first else []
    return never_made + [day for day, state in known.items() if state == PurchaseDay.State.DIRTY]


def _due_cohorts(at: datetime) -> list[date]:
    """Marked, never made, or still watched while a day has closed since."""
    last, first = closing.last_closed(at, shop.zone()), _first_day()
    until = _ends_at(last)
    watched = last - max(WATCHED.values()) - timedelta(days=1)
    known = {day: (state, seen) for day, state, seen in CohortDay.objects.values_list("day", "state", "seen_until")}
    due = []
    for day in closing.days(first, last) if first else []:
        state, seen = known.get(day, (CohortDay.State.DIRTY, None))
        if state == CohortDay.State.DIRTY or (day >= watched and (seen is None or seen < until)):
            due.append(day)
    # Marked for what lies there no longer: of a day before the first there is nothing to count, which must be stored, too.
    return due + [day for day, (state, _seen) in known.items() if state == CohortDay.State.DIRTY and first and day < first]


def _rebuild(wanted: Iterable[date], at: datetime, seconds: float | None = None) -> Rebuilt:
    done = Rebuilt()
    for first, last in reversed(list(closing.spans(list(wanted), MOST_DAYS))):
        if seconds is not None and done.seconds >= seconds:
            break
        done += _rebuild_span(first, last, at)
    return done


@transaction.atomic
def _rebuild_span(first: date, last: date, at: datetime) -> Rebuilt:
    """Readers see what these days said before or what they say now, never a part of either."""
    began = time.monotonic()
    purchase_marks.alone()
    # Read before the source is: a mark that is not in here yet belongs to a change that may not be in the figures either.
    known = _known(PurchaseDay, first, last, at)
    before, seen = _told(first, last), _seen(known.frozen, personal_from(at))
    _drop(BY_DAY, first, last, known.frozen)
    _touches_before(first, at)
    span = _span(first, last) | {"frozen": known.frozen}
    with connection.cursor() as cursor:
        for statement in (said.TOUCHES, said.PURCHASES, said.BUYING, said.CUSTOMERS):
            cursor.execute(statement, span)
    _as_they_were(known.frozen, seen)
    after = _told(first, last)
    with connection.cursor() as cursor:
        customers = sorted({one.customer_id for one in before.customers | after.customers})
        cursor.execute(said.SINCE_BEFORE, span | {"customers": customers})
    _make_returns(first, last, before.orders | after.orders, at)
    orders = Counter(one.day for one in after.orders)
    days = closing.days(first, last)
    with connection.cursor() as cursor:
        cursor.execute(
            _SETTLE_DAYS,
            {
                "days": days,
                "marks": [known.marks.get(day, 0) for day in days],
                "source_rows": [orders[day] for day in days],
                "kept": known.kept,
                "at": at,
            },
        )
    # All it marks lies after these days, or is a state of newcomers: locks of states are taken in one order everywhere.
    _mark_what_follows(before, after, span, at)
    return Rebuilt(len(days), len(after.orders), 0, time.monotonic() - began)


def _touches_before(first: date, at: datetime) -> None:
    """Clicks count for a week. Of days in it that are due themselves, and are made after these, they are not there yet."""
    begins, ends = first - said.CLICKS_COUNT_FOR, first - timedelta(days=1)
    fine = PurchaseDay.objects.filter(day__range=(begins, ends), state=PurchaseDay.State.CLEAN).values_list("day", flat=True)
    left = {*fine, *_known(PurchaseDay, begins, ends, at).kept}
    for since, until in closing.spans([day for day in closing.days(begins, ends) if day not in left], MOST_DAYS):
        _drop([Touch], since, until, [])
        with connection.cursor() as cursor:
            cursor.execute(said.TOUCHES, _span(since, until))


def _told(first: date, last: date) -> _Told:
    return _Told(*(_stored(model, of, first, last) for model, of in ((Purchase, _Order), (DailyCustomer, _Customer))))


def _stored(model: type[Model], of: type[Any], first: date, last: date) -> frozenset[Any]:
    rows = model._default_manager.filter(day__range=(first, last)).values_list(*(one.name for one in fields(of)))
    return frozenset(of(*row) for row in rows)


def _make_returns(first: date, last: date, orders: Iterable[_Order], at: datetime) -> None:
    """Of the span, and of a day beside it in whose visits some of its orders were placed: a moment before or after midnight."""
    placed_in = {shop.day(one.visit_started_at) for one in orders if one.visit_started_at}
    beside = PurchaseDay.objects.filter(day__in={day for day in placed_in if not first <= day <= last})
    for begins, ends in [(first, last), *((one.day, one.day) for one in beside)]:
        frozen = _known(PurchaseDay, begins, ends, at).frozen
        _drop([DailyReturn], begins, ends, frozen)
        with connection.cursor() as cursor:
            cursor.execute(said.RETURNS, _span(begins, ends) | {"frozen": frozen})


def _mark_what_follows(before: _Told, after: _Told, span: dict[str, Any], at: datetime) -> None:
    """Newcomers who did something else than was told before, and the next orders of customers who have other orders now."""
    orders, customers = before.orders ^ after.orders, before.customers ^ after.customers
    if not orders and not customers:
        return
    buyers = {one.customer_id for one in orders} | {one.customer_id for one in customers}
    given = {
        "customers": sorted(one for one in buyers if one is not None),
        "visitors": sorted({one.visitor for one in orders if one.visitor is not None}),
        **span,
    }
    with connection.cursor() as cursor:
        cursor.execute(said.NEXT_ORDERS, given)
        next_orders = [day for (day,) in cursor.fetchall() if day]
        cursor.execute(said.COHORTS_OF, given)
        cohorts = {day for (day,) in cursor.fetchall() if day}
    cohorts |= {one.day for one in orders} | {shop.day(one.first_seen_at) for one in orders if one.first_seen_at}
    ids_before, ids_after = ({(one.order_id, one.placed_at) for one in told.orders} for told in (before, after))
    if ids_before != ids_after:
        purchase_marks.mark(days=next_orders, at=at)
    purchase_marks.mark_cohorts(days=cohorts, at=at)


def _rebuild_cohorts(wanted: Iterable[date], at: datetime, seconds: float | None = None) -> Rebuilt:
    done = Rebuilt()
    for first, last in reversed(list(closing.spans(list(wanted), MOST_DAYS))):
        if seconds is not None and done.seconds >= seconds:
            break
        done += _rebuild_cohort_span(first, last, at)
    return done


@transaction.atomic
def _rebuild_cohort_span(first: date, last: date, at: datetime) -> Rebuilt:
    began = time.monotonic()
    purchase_marks.alone()
    known = _known(CohortDay, first, last, at)
    CohortMonth.objects.filter(day__range=(first, last)).delete()
    newcomers = Newcomer.objects.filter(day__range=(first, last))
    newcomers.exclude(since=Newcomer.Since.VISIT, day__in=known.frozen).delete()
    closed = closing.last_closed(at, shop.zone())
    until, days = _ends_at(closed), closing.days(first, last)
    given = _span(first, last) | {"until": until, "until_day": closed, "frozen": known.frozen}
    with connection.cursor() as cursor:
        for since, statement in ((Newcomer.Since.VISIT, said.FIRST_VISITS), (Newcomer.Since.ORDER, said.FIRST_ORDERS)):
            cursor.execute(statement, given | {"since": since.value, "watched": WATCHED[since]})
        cursor.execute(said.COHORT_MONTHS, given)
        marks = [known.marks.get(day, 0) for day in days]
        cursor.execute(_SETTLE_COHORTS, {"days": days, "marks": marks, "kept": known.kept, "at": at, "until": until})
    return Rebuilt(0, 0, len(days), time.monotonic() - began)


def _ends_at(day: date) -> datetime:
    return day_period(day + timedelta(days=1), shop.zone()).starts_at


def _span(first: date, last: date) -> dict[str, Any]:
    days, zone = closing.days(first, last), shop.zone()
    return {
        "first": first,
        "last": last,
        "starts_at": day_period(first, zone).starts_at,
        "ends_at": _ends_at(last),
        "zone": settings.BUSINESS_TIME_ZONE,
        "days": days,
        "midnights": [day_period(day, zone).starts_at for day in days],
        "kind_names": [kind for kind, told in said.KINDS.items() for _number in told],
        "kind_numbers": [number for told in said.KINDS.values() for number in told],
        "clicks": list(said.CLICKS),
        "added": numbers("product_added"),
        "looks_back": purchase_keeping.looks_back(),
        "most_days": purchase_keeping.looks_back().days,
    }


def _drop(tables: Iterable[type[Model]], first: date, last: date, frozen: list[date]) -> None:
    for table in tables:
        rows = table._default_manager.filter(day__range=(first, last))
        (rows.exclude(day__in=frozen) if table in _OF_VISITS else rows).delete()


@dataclass(frozen=True)
class _Known:
    """What is known of the states of a span of days. Days that are kept and were made are frozen."""

    marks: dict[date, int]
    kept: list[date]
    frozen: list[date]


def _known(states: type[PurchaseDay] | type[CohortDay], first: date, last: date, at: datetime) -> _Known:
    rows: list[Any] = list(states._default_manager.filter(day__range=(first, last)).order_by("day"))
    whole_from = personal_from(at) + purchase_keeping.looks_back()
    kept = {day for day in closing.days(first, last) if day < whole_from} | {row.day for row in rows if row.is_kept}
    frozen = [row.day for row in rows if row.day in kept and row.rebuilt_at is not None]
    return _Known({row.day: row.marks for row in rows}, sorted(kept), frozen)


def _seen(days: list[date], personal_from: date) -> list[Purchase]:
    """Purchases of these days that tell of visits, as far as these are neither forgotten nor erased."""
    if not days:
        return []
    # Whoever was erased has other visits now: what told of the former ones goes.
    visit = Visit.objects.filter(visitor=OuterRef("visitor"), started_at=OuterRef("visit_started_at"))
    known = Purchase.objects.filter(Q(visitor=None) | Exists(visit), day__in=days, day__gte=personal_from)
    found = list(known.exclude(customer__erased_at__isnull=False))
    for one in found:
        if one.first_seen_at and shop.day(one.first_seen_at) < personal_from:
            one.first_seen_at = None
    return [one for one in found if any(getattr(one, name) for name in _SEEN)]


def _as_they_were(days: list[date], seen: list[Purchase]) -> None:
    """Purchases of these days tell of visits what they told before."""
    if days:
        Purchase.objects.filter(day__in=days).update(**_SEEN)
        Purchase.objects.bulk_update(seen, list(_SEEN), batch_size=1_000)


@transaction.atomic
def _drop_outside(wanted: list[date]) -> None:
    purchase_marks.alone()
    # What rests on forgotten visits cannot be made again.
    kept = [
        day for states in (PurchaseDay, CohortDay) for day in states.objects.filter(is_kept=True).values_list("day", flat=True)
    ]
    for table in (*BY_DAY, *BY_COHORT, PurchaseDay, CohortDay):
        strays: QuerySet[Any] = table._default_manager.all()
        if wanted:
            strays = strays.exclude(day__range=(wanted[0], wanted[-1]))
        strays.exclude(day__in=kept).delete()
