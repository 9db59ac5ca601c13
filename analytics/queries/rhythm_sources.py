"""What the rhythm of customers is read from: their orders and visits, what they are compared with, and who is to be read."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection

from analytics.operations.visits import personal_from
from analytics.queries import event_quality
from analytics.rhythm import preference
from analytics.rhythm.decisive import Counted
from analytics.rhythm.reading import Shop, Story, Visited
from analytics.rhythm.taste import Order
from campaigns.models import Customer
from config.kernel import shop
from config.kernel.business_time import day_period

# Older orders and visits tell of another time.
ORDERS_BACK = timedelta(days=730)
VISITS_BACK = timedelta(days=365)
# What the shop itself is measured by.
SHOP_BACK = timedelta(days=182)
# Batches, by which bad days are told, are not kept longer than this.
TRUSTED_BACK = timedelta(days=90)
# A figure that was made at a moment may have been committed some time later.
LATE_BY = timedelta(hours=1)

_ORDERS = """
    SELECT o.customer_id, o.placed_at,
        array_agg(DISTINCT p.category_id ORDER BY p.category_id) FILTER (WHERE p.category_id IS NOT NULL),
        array_agg((l.total / l.quantity)::float ORDER BY l.position) FILTER (WHERE l.quantity > l.canceled),
        EXISTS (SELECT FROM orders_orderdiscount AS d WHERE d.order_id = o.id AND d.code <> '')
    FROM orders_order AS o
    LEFT JOIN orders_orderline AS l ON l.order_id = o.id
    LEFT JOIN inventory_variant AS v ON v.id = l.variant_id AND l.quantity > l.canceled
    LEFT JOIN inventory_product AS p ON p.id = v.product_id
    WHERE o.customer_id = ANY(%(customers)s) AND o.placed_at >= %(since)s AND o.placed_at < %(until)s
        AND o.state NOT IN ('CANCELED', 'EXPIRED')
    GROUP BY o.id ORDER BY o.customer_id, o.placed_at, o.id
"""

_VISITS = """
    SELECT customer_id, day, started_at, viewed_at, products, active_seconds::float, ordered_at IS NOT NULL
    FROM analytics_visit
    WHERE customer_id = ANY(%(customers)s) AND started_at >= %(since)s AND started_at < %(until)s
    ORDER BY customer_id, started_at, visitor
"""

_USUAL = """
    SELECT hour, extract(isodow FROM day)::int - 1, sum(orders)::float FROM analytics_hourlysales
    WHERE day > %(since)s AND day <= %(until)s GROUP BY 1, 2
"""

_THIRDS = """
    SELECT percentile_cont(ARRAY[1/3.0, 2/3.0]) WITHIN GROUP (ORDER BY ((gross - discounts) / units)::float)
    FROM analytics_dailysales WHERE day > %(since)s AND day <= %(until)s AND units > 0
"""

# Whom anything new was told of: orders and visits of the days that were made anew, visitors who became known, customers who
# did; and whoever's own day has come. Rows of customers whose `due_from` has come are settled by their dates alone.
_CHANGED = """
    SELECT o.customer_id AS id FROM orders_order AS o JOIN analytics_rollupstate AS s
        ON s.rebuilt_at >= %(since)s
        AND o.placed_at >= (s.day::timestamp AT TIME ZONE %(zone)s)
        AND o.placed_at < ((s.day + 1)::timestamp AT TIME ZONE %(zone)s)
    WHERE o.customer_id IS NOT NULL
    UNION
    SELECT v.customer_id FROM analytics_visit AS v JOIN analytics_visitday AS s ON s.day = v.day AND s.rebuilt_at >= %(since)s
    WHERE v.customer_id IS NOT NULL
    UNION
    SELECT c.id FROM analytics_knownvisitor AS k
        JOIN analytics_knownvisitor AS other ON other.visitor = k.visitor
        JOIN campaigns_customer AS c ON c.external_id = other.external_id
    WHERE k.settled_at >= %(since)s
    UNION
    SELECT id FROM campaigns_customer WHERE created_at >= %(since)s
    UNION
    SELECT customer_id FROM analytics_customerrhythm WHERE review_on <= %(on)s
"""

_ALL = """
    SELECT customer_id AS id FROM orders_order WHERE customer_id IS NOT NULL
    UNION
    SELECT customer_id FROM analytics_visit WHERE customer_id IS NOT NULL
    UNION
    SELECT customer_id FROM analytics_customerrhythm
"""

_KNOWN = "SELECT id FROM ({found}) AS found JOIN campaigns_customer AS c USING (id) WHERE c.erased_at IS NULL ORDER BY 1"

_SLOTS = """
    SELECT channel, extract(isodow FROM day)::int - 1, hour, (%(last)s::date - day) / 7, sum(visits)::int, sum(ordered)::int
    FROM analytics_hourlyvisits
    WHERE day BETWEEN %(first)s AND %(last)s AND NOT day = ANY(%(left_out)s::date[])
    GROUP BY 1, 2, 3, 4
"""


def changed(*, since: datetime | None, on: date) -> Iterator[int]:
    """Customers to be read as of a day: all of them without `since`."""
    with connection.cursor() as cursor:
        if since is None:
            cursor.execute(_KNOWN.format(found=_ALL))
        else:
            cursor.execute(
                _KNOWN.format(found=_CHANGED), {"since": since - LATE_BY, "on": on, "zone": settings.BUSINESS_TIME_ZONE}
            )
        rows = cursor.fetchall()
    return (customer for (customer,) in rows)


def known(customers: Collection[int]) -> list[int]:
    """Those of them who were not erased."""
    return list(Customer.objects.filter(pk__in=customers, erased_at=None).order_by("pk").values_list("pk", flat=True))


def compared_with(*, on: date, at: datetime) -> Shop:
    """The shop's own hours, weekdays and prices up to a day, and the days nobody is judged by."""
    span = {"since": on - SHOP_BACK, "until": on}
    by_hour: dict[int, float] = defaultdict(float)
    by_weekday: dict[int, float] = defaultdict(float)
    with connection.cursor() as cursor:
        cursor.execute(_USUAL, span)
        for hour, weekday, orders in cursor.fetchall():
            by_hour[hour] += orders
            by_weekday[weekday] += orders
        cursor.execute(_THIRDS, span)
        (thirds,) = cursor.fetchone()
    return Shop(
        usual=preference.usual(by_hour, by_weekday),
        thirds=(thirds[0], thirds[1]) if thirds else None,
        left_out=untrusted(first=on - TRUSTED_BACK + timedelta(days=1), last=on, at=at),
    )


def untrusted(*, first: date, last: date, at: datetime) -> frozenset[date]:
    """Days on which some source cannot be trusted. What was not told then is no sign of anything."""
    first = max(first, shop.day(at) - TRUSTED_BACK)
    return frozenset(day for _source, day in event_quality.bad_days(first=first, last=last, at=at))


def stories(customers: Collection[int], *, on: date, at: datetime) -> dict[int, Story]:
    """The orders and visits of these customers up to the end of a day; whoever has none is told with none."""
    zone = shop.zone()
    ends_at = day_period(on, zone).ends_at
    assert ends_at is not None  # noqa: S101  days end
    orders: dict[int, list[Order]] = defaultdict(list)
    visits: dict[int, list[Visited]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_ORDERS, {"customers": list(customers), "since": ends_at - ORDERS_BACK, "until": ends_at})
        for customer, placed_at, categories, prices, with_coupon in cursor.fetchall():
            local = placed_at.astimezone(zone)
            orders[customer].append(
                Order(local, local.date(), tuple(categories or ()), tuple(prices or ()), with_coupon)
            )  # fmt: skip
        since = max(ends_at - VISITS_BACK, day_period(personal_from(at), zone).starts_at)
        cursor.execute(_VISITS, {"customers": list(customers), "since": since, "until": ends_at})
        for customer, day, started_at, viewed_at, products, active, has_ordered in cursor.fetchall():
            local = started_at.astimezone(zone)
            visits[customer].append(
                Visited(day, local, viewed_at and viewed_at.astimezone(zone), products, active, has_ordered)
            )  # fmt: skip
    return {one: Story(orders[one], visits[one]) for one in customers}


def slots(*, first: date, last: date, left_out: Collection[date]) -> list[Counted]:
    """Visits by the hour in which they began, and how many of them ordered; weeks are counted back from the last day."""
    given: dict[str, Any] = {"first": first, "last": last, "left_out": sorted(left_out)}
    with connection.cursor() as cursor:
        cursor.execute(_SLOTS, given)
        return [Counted(*row) for row in cursor.fetchall()]
