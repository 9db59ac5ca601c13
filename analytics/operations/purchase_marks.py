"""Tells that purchases of business days, or their newcomers, are stale. Small statements that wait for nobody's rebuild."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import connection

from analytics.models import CohortDay, PurchaseDay
from analytics.operations import day_states, locks
from config.kernel import shop
from config.kernel.business_time import day_period

# The job of analytics/tasks.py that makes what is marked.
MAKE_PURCHASES = "analytics.make_purchases"

# What later days say of the people of one: from when they were first seen, and how long they had been away.
_AFTER_VISITS = """
    WITH person AS (SELECT DISTINCT customer_id, visitor FROM analytics_visit WHERE day = %(day)s)
    SELECT (
        SELECT min(w.day) FROM analytics_visit AS w WHERE w.customer_id = p.customer_id AND w.started_at >= %(ends_at)s
    ) FROM person AS p WHERE p.customer_id IS NOT NULL
    UNION
    SELECT (
        SELECT min(w.day) FROM analytics_visit AS w
        WHERE w.visitor = p.visitor AND w.customer_id IS NULL AND w.started_at >= %(ends_at)s
    ) FROM person AS p WHERE p.customer_id IS NULL
    UNION
    SELECT (
        SELECT min(d.day) FROM analytics_dailycustomer AS d WHERE d.customer_id = p.customer_id AND d.day > %(day)s
    ) FROM person AS p WHERE p.customer_id IS NOT NULL
    UNION
    SELECT b.day FROM person AS p JOIN analytics_purchase AS b ON b.customer_id = p.customer_id
    WHERE b.placed_at >= %(ends_at)s AND (b.first_seen_at IS NULL OR b.first_seen_at >= %(starts_at)s)
    UNION
    SELECT b.day FROM person AS p JOIN analytics_purchase AS b ON b.visitor = p.visitor
    WHERE b.placed_at >= %(ends_at)s AND (b.first_seen_at IS NULL OR b.first_seen_at >= %(starts_at)s)
    UNION
    SELECT day FROM analytics_purchase WHERE first_seen_at >= %(starts_at)s AND first_seen_at < %(ends_at)s
    UNION
    -- Clicks count for a week; an order may be told a moment before or after midnight.
    SELECT generate_series(%(day)s::date - 1, %(day)s::date + 7, interval '1 day')::date
"""

# An order told a moment after midnight is one of the day before.
_TELLS_YESTERDAY = """
    SELECT EXISTS (
        SELECT 1 FROM analytics_visit AS v CROSS JOIN unnest(v.orders) AS told (number)
        JOIN orders_order AS o ON o.number = told.number
        WHERE v.day = %(day)s AND v.ordered_at IS NOT NULL AND o.placed_at < %(starts_at)s
    )
"""

_OF_VISITORS = """
    SELECT day FROM analytics_visit WHERE visitor = ANY(%(visitors)s)
    UNION
    SELECT b.day FROM analytics_purchase AS b WHERE b.visitor = ANY(%(visitors)s)
    UNION
    SELECT b.day FROM analytics_purchase AS b WHERE b.customer_id IN (
        SELECT customer_id FROM analytics_visit WHERE visitor = ANY(%(visitors)s)
        UNION SELECT customer_id FROM analytics_knownvisitor WHERE visitor = ANY(%(visitors)s)
    )
"""


# With the hash by which analytics_erase_visits numbers the visits anew, so that they still find each other.
_RENUMBER = (
    """
    UPDATE analytics_purchase AS p SET visitor = hashtextextended(p.visitor || %(salt)s::text, 0)
    FROM analytics_visit AS v
    WHERE v.customer_id = %(customer)s AND p.visitor = v.visitor AND p.visit_started_at = v.started_at
    """,
    """
    UPDATE analytics_touch AS t SET visitor = hashtextextended(t.visitor || %(salt)s::text, 0)
    FROM analytics_visit AS v
    WHERE v.customer_id = %(customer)s AND t.visitor = v.visitor AND t.at BETWEEN v.started_at AND v.ended_at
    """,
)


def alone() -> None:
    """No purchases are made until the present transaction ends. To be asked for before any row is locked."""
    locks.alone(locks.Lock.PURCHASES)


def mark(*, days: Iterable[date], at: datetime) -> None:
    """The orders, returns or visits of these days have changed. A day that is not over needs no mark, and bears one well."""
    day_states.mark(PurchaseDay, days=days, at=at)


def mark_cohorts(*, days: Iterable[date], at: datetime) -> None:
    day_states.mark(CohortDay, days=days, at=at)


def visits_made(*, day: date, at: datetime) -> None:
    """To be called in the transaction that has replaced the visits of a day.

    Nothing rests on an open day, which is made every few minutes, but orders of the day before that are told in it.
    """
    period = day_period(day, shop.zone())
    if day >= shop.day(at):
        with connection.cursor() as cursor:
            cursor.execute(_TELLS_YESTERDAY, {"day": day, "starts_at": period.starts_at})
            (tells,) = cursor.fetchone()
        if tells:
            mark(days=[day - timedelta(days=1)], at=at)
        return
    with connection.cursor() as cursor:
        cursor.execute(_AFTER_VISITS, {"day": day, "starts_at": period.starts_at, "ends_at": period.ends_at})
        stale = _until(cursor.fetchall(), at)
    mark(days=stale, at=at)
    mark_cohorts(days=stale, at=at)


def visitors_renamed(*, visitors: list[int], at: datetime) -> None:
    """To be called in the transaction that has told the visits of these visitors as whom they are known."""
    with connection.cursor() as cursor:
        cursor.execute(_OF_VISITORS, {"visitors": visitors})
        stale = _until(cursor.fetchall(), at)
    mark(days=stale, at=at)
    mark_cohorts(days=stale, at=at)


def visits_erased(*, customer_id: int, visitors: list[int], salt: str, at: datetime) -> None:
    """To be called before the visits of this customer get other numbers, with those they have. Purchases and clicks get the
    same numbers at once, and all that was made of whose the visits were is marked.
    """
    visitors_renamed(visitors=visitors, at=at)
    with connection.cursor() as cursor:
        for statement in _RENUMBER:
            cursor.execute(statement, {"customer": customer_id, "salt": salt})


def visits_forgotten(*, before: date) -> None:
    """Takes off purchases which browser they were placed with, and since when a customer was seen there, at once and in place:
    no day is made anew for it. Before the states of days are locked, as those who make purchases do.
    """
    starts_at = day_period(before, shop.zone()).starts_at
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM analytics_touch WHERE day < %s", [before])
        cursor.execute(
            """
            UPDATE analytics_purchase SET
                visitor = NULL, visit_started_at = NULL, carted_at = NULL, first_seen_at = NULL,
                touch_kind = '', touch_code = '', touched_at = NULL
            WHERE day < %s AND (visitor IS NOT NULL OR first_seen_at IS NOT NULL OR touched_at IS NOT NULL)
            """,
            [before],
        )
        cursor.execute("UPDATE analytics_purchase SET first_seen_at = NULL WHERE first_seen_at < %s", [starts_at])


def _until(found: list[tuple[date | None]], at: datetime) -> list[date]:
    today = shop.day(at)
    return [day for (day,) in found if day is not None and day <= today]
