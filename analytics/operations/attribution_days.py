"""Tells which business days' origins of orders are stale. Marking is all that is done here: operations/attribution makes them.

A day's orders look back over the visits of `ATTRIBUTION_DAYS`, so visits made anew make the days after them stale as well.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Min

from analytics import closing
from analytics.models import AttributionDay, OrderTouch, VisitDay
from analytics.operations import day_states
from config.kernel import shop

# The orders of whoever these visitors are, as far as the visits reach; and those told in the visits, of the days beside too.
_DAYS_OF_VISITORS = """
    SELECT (o.placed_at AT TIME ZONE %(zone)s)::date AS day
    FROM analytics_visit AS v
    JOIN orders_order AS o
        ON o.customer_id = v.customer_id AND o.placed_at >= v.started_at AND o.placed_at <= v.started_at + %(window)s
    WHERE v.visitor = ANY(%(visitors)s)
    UNION
    SELECT told.day
    FROM analytics_visit AS v, LATERAL (VALUES (v.day), (v.day - 1), (v.day + 1)) AS told (day)
    WHERE v.visitor = ANY(%(visitors)s) AND v.ordered_at IS NOT NULL
"""

# Whoever's first order falls away has another first order.
_NEXT_ORDER = """
    SELECT (next.placed_at AT TIME ZONE %(zone)s)::date
    FROM orders_order AS gone
    JOIN LATERAL (
        SELECT o.placed_at FROM orders_order AS o
        WHERE o.customer_id = gone.customer_id AND (o.placed_at, o.id) > (gone.placed_at, gone.id)
            AND o.state NOT IN ('CANCELED', 'EXPIRED')
        ORDER BY o.placed_at, o.id LIMIT 1
    ) AS next ON true
    WHERE gone.number = %(number)s
"""


def window() -> timedelta:
    """For how long before an order a visit counts."""
    return timedelta(days=settings.ATTRIBUTION_DAYS)


def mark(*, days: Iterable[date], at: datetime) -> None:
    """Tells that the origins of these days are stale."""
    day_states.mark(AttributionDay, days=days, at=at, but_kept=True)


def visits_made(*, day: date, at: datetime) -> None:
    """The visits of a day were made anew: an order of the day beside may be told in them, and orders look back on them."""
    last = max(day, min(day + max(window(), timedelta(days=1)), shop.day(at)))
    mark(days=_that_have_origins(closing.days(day - timedelta(days=1), last)), at=at)


def days_of_visitors(visitors: list[int]) -> set[date]:
    """The days of orders that depend on whose visits those of these visitors are. To be asked before and after it changes."""
    asked: dict[str, Any] = {"visitors": visitors, "window": window(), "zone": settings.BUSINESS_TIME_ZONE}
    with connection.cursor() as cursor:
        cursor.execute(_DAYS_OF_VISITORS, asked)
        return {day for (day,) in cursor.fetchall()}


def order_changed(*, number: str, on: date, at: datetime) -> None:
    """An order was canceled or came back. Days that were never made are marked, too: one may be in the making."""
    with connection.cursor() as cursor:
        cursor.execute(_NEXT_ORDER, {"number": number, "zone": settings.BUSINESS_TIME_ZONE})
        later = [day for (day,) in cursor.fetchall()]
    mark(days=_that_have_origins([on, *later]), at=at)


def history_written(*, first: date, at: datetime) -> None:
    """Orders of the past came in: whoever bought then is no new customer later."""
    mark(days=_that_have_origins(closing.days(first, shop.day(at))), at=at)


def keep(*, before: date) -> None:
    """Leaves the days as they were made whose orders look back beyond this day, where visits tell no longer whose they were.

    Which visits led to a certain order is forgotten with them.
    """
    due = AttributionDay.objects.filter(day__lt=before + window(), rebuilt_at__isnull=False, is_kept=False)
    with transaction.atomic():
        # In the order in which others mark them.
        kept = list(due.select_for_update(no_key=True).order_by("day").values_list("day", flat=True))
        AttributionDay.objects.filter(day__in=kept).update(is_kept=True, state=AttributionDay.State.CLEAN, dirtied_at=None)
    OrderTouch.objects.filter(day__lt=before + window()).delete()


def _that_have_origins(days: list[date]) -> list[date]:
    """Before the first day of which visits are known there are none."""
    first = VisitDay.objects.aggregate(least=Min("day"))["least"]
    return [day for day in days if first is not None and day >= first]
