"""Ranks what shoppers turn to at present: the whole table is replaced, with what each score is made of.

How many turned to what is counted by hour and SKU with the other figures of the hour (operations/event_figures.py), so ranking
does not grow with the events of a week.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from analytics.behaviour import stages
from analytics.behaviour.kinds import numbers
from analytics.behaviour.trending import HALF_LIFE, MOST, WINDOW, Act
from analytics.models import TrendingProduct
from analytics.operations import locks
from config.kernel import shop


@dataclass(frozen=True)
class Ranked:
    products: int


# What is counted by hour and SKU is kept a day longer than ranking looks back.
KEPT = WINDOW + timedelta(days=1)

_FORGET = "DELETE FROM analytics_hourlyinterest WHERE hour < %(kept_from)s OR (hour >= %(starts_at)s AND hour < %(ends_at)s)"

# People are counted, not acts: each once for a SKU, a kind and an hour.
_PEOPLE = """
    count(DISTINCT e.visitor) FILTER (WHERE e.kind = ANY(%(viewed)s)) AS viewers,
    count(DISTINCT e.visitor) FILTER (WHERE e.kind = ANY(%(wished)s)) AS wishers,
    count(DISTINCT e.visitor) FILTER (WHERE e.kind = ANY(%(carted)s)) AS carters
"""
_COUNTS = "e.traffic = 0 AND e.visitor IS NOT NULL AND e.kind = ANY(%(viewed)s || %(wished)s || %(carted)s)"

_COUNT = f"""
    INSERT INTO analytics_hourlyinterest (hour, variant_id, viewers, wishers, carters)
    SELECT date_trunc('hour', e.occurred_at, %(zone)s), e.variant_id, {_PEOPLE}
    FROM analytics_event AS e JOIN inventory_variant AS v ON v.id = e.variant_id
    WHERE e.occurred_at >= greatest(%(starts_at)s, %(kept_from)s) AND e.occurred_at < %(ends_at)s AND {_COUNTS}
    GROUP BY 1, 2
"""  # noqa: S608  put together from texts of this file

# Few hours are read from their events: the present one, the first, of which a part counts, those of which newly stored events
# are not counted yet, and those that were counted before there were figures by SKU.
_OPEN = """
    WITH due AS (SELECT DISTINCT unnest(coalesce(hours_left, hours)) AS hour FROM analytics_eventbatch WHERE is_pending)
    SELECT hour FROM generate_series(%(first)s::timestamptz, %(last)s::timestamptz, interval '1 hour') AS hour
    WHERE hour IN (%(first)s, %(last)s) OR hour IN (SELECT hour FROM due)
        OR EXISTS (
            SELECT 1 FROM analytics_hourlyevents AS c
            WHERE c.hour = hour.hour AND c.kind = ANY(%(viewed)s || %(wished)s || %(carted)s) AND c.traffic = 0
                AND c.visitors > 0
        ) AND NOT EXISTS (SELECT 1 FROM analytics_hourlyinterest AS i WHERE i.hour = hour.hour)
    ORDER BY hour
"""

# Each hour is read from one place, its figures or its events. The spans of the open ones are written out, so that the database
# knows how little of the events it needs. Guests are told apart by their orders.
_RANK = f"""
    INSERT INTO analytics_trendingproduct (
        variant_id, rank, score, viewers, wishers, carters, buyers, view_score, wish_score, cart_score, order_score, made_at
    )
    WITH done AS (
        SELECT variant_id, hour, viewers, wishers, carters, 0 AS buyers FROM analytics_hourlyinterest
        WHERE hour > %(first)s AND hour < %(last)s AND hour <> ALL(%(open)s)
        UNION ALL
        SELECT e.variant_id, date_trunc('hour', e.occurred_at, %(zone)s), {_PEOPLE}, 0
        FROM analytics_event AS e
        WHERE ({{spans}}) AND e.occurred_at >= %(since)s AND e.occurred_at <= %(at)s AND e.variant_id IS NOT NULL
            AND {_COUNTS}
        GROUP BY 1, 2
        UNION ALL
        SELECT
            l.variant_id, date_trunc('hour', o.placed_at, %(zone)s), 0, 0, 0,
            count(DISTINCT coalesce('c' || o.customer_id, 'o' || o.id))
        FROM orders_order AS o JOIN orders_orderline AS l ON l.order_id = o.id
        WHERE o.placed_at >= %(since)s AND o.placed_at <= %(at)s AND o.state NOT IN ('CANCELED', 'EXPIRED')
            AND l.quantity > l.canceled
        GROUP BY 1, 2
    ),
    worth AS (
        SELECT *, power(0.5::float8, extract(epoch FROM %(at)s::timestamptz - hour)::float8 / %(half_life)s) AS fresh
        FROM done
    ),
    parts AS (
        SELECT
            variant_id, sum(viewers) AS viewers, sum(wishers) AS wishers, sum(carters) AS carters, sum(buyers) AS buyers,
            sum(viewers * fresh) * %(view)s AS view_score, sum(wishers * fresh) * %(wish)s AS wish_score,
            sum(carters * fresh) * %(cart)s AS cart_score, sum(buyers * fresh) * %(order)s AS order_score
        FROM worth GROUP BY variant_id
    ),
    ranked AS (
        SELECT p.*, view_score + wish_score + cart_score + order_score AS score, v.sku
        FROM parts AS p JOIN inventory_variant AS v ON v.id = p.variant_id
    )
    SELECT
        variant_id, row_number() OVER best, score, viewers, wishers, carters, buyers,
        view_score, wish_score, cart_score, order_score, %(at)s
    FROM ranked WINDOW best AS (ORDER BY score DESC, sku) ORDER BY score DESC, sku LIMIT %(most)s
"""  # noqa: S608  put together from texts of this file


def count(*, starts_at: datetime, ends_at: datetime, latest: datetime) -> None:
    """Counts by SKU who turned to it in each of these hours, in the place of what was counted; and drops the hours that lie too
    far before the `latest` one. To be called in the transaction that counts the events of these hours.
    """
    told = _acts() | {"starts_at": starts_at, "ends_at": ends_at, "kept_from": latest - KEPT}
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, told)
        if ends_at > latest - KEPT:
            cursor.execute(_COUNT, told)


@transaction.atomic
def rank(*, at: datetime) -> Ranked:
    """Readers see the former ranks or the new ones."""
    # Two would meet in the unique constraint.
    locks.alone(locks.Lock.TRENDING)
    with connection.cursor() as cursor:
        TrendingProduct.objects.all().delete()
        said = _said(at)
        cursor.execute(_OPEN, said)
        hours = [hour for (hour,) in cursor.fetchall()]
        spans, bounds = _spans(hours)
        cursor.execute(_RANK.format(spans=spans), said | bounds | {"open": hours})
        return Ranked(cursor.rowcount)


def _said(at: datetime) -> dict[str, Any]:
    return {
        **_acts(),
        "at": at,
        "since": at - WINDOW,
        "first": _hour(at - WINDOW),
        "last": _hour(at),
        "half_life": HALF_LIFE.total_seconds(),
        **{act.name.lower(): act.value for act in Act},
        "most": MOST,
    }


def _spans(hours: list[datetime]) -> tuple[str, dict[str, datetime]]:
    """Hours in order, as conditions on spans of hours that follow each other, with what they say."""
    bounds: dict[str, datetime] = {}
    for hour in hours:
        if bounds.get(name := f"until_{len(bounds) // 2 - 1}") == hour:
            bounds[name] = hour + timedelta(hours=1)
        else:
            number = len(bounds) // 2
            bounds |= {f"from_{number}": hour, f"until_{number}": hour + timedelta(hours=1)}
    within = "e.occurred_at >= %(from_{0})s AND e.occurred_at < %(until_{0})s"
    return " OR ".join(within.format(number) for number in range(len(bounds) // 2)), bounds


def _acts() -> dict[str, Any]:
    return {
        "zone": settings.BUSINESS_TIME_ZONE,
        "viewed": stages.VIEWED,
        "wished": numbers("product_wished"),
        "carted": numbers("product_added"),
    }


def _hour(at: datetime) -> datetime:
    return at.astimezone(shop.zone()).replace(minute=0, second=0, microsecond=0)
