"""Ranks what shoppers turn to at present: the whole table is replaced, with what each score is made of."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from analytics.behaviour import stages
from analytics.behaviour.kinds import numbers
from analytics.behaviour.trending import HALF_LIFE, MOST, WINDOW, Act
from analytics.models import TrendingProduct
from analytics.operations import locks


@dataclass(frozen=True)
class Ranked:
    products: int


# People are counted, not acts: each once for a SKU, a kind and an hour. Guests are told apart by their orders.
_RANK = """
    INSERT INTO analytics_trendingproduct (
        variant_id, rank, score, viewers, wishers, carters, buyers, view_score, wish_score, cart_score, order_score, made_at
    )
    WITH done AS (
        SELECT
            variant_id, date_trunc('hour', occurred_at, %(zone)s) AS hour,
            CASE WHEN kind = ANY(%(viewed)s) THEN 'view' WHEN kind = ANY(%(wished)s) THEN 'wish' ELSE 'cart' END AS act,
            count(DISTINCT visitor) AS people
        FROM analytics_event
        WHERE occurred_at >= %(since)s AND occurred_at <= %(at)s AND traffic = 0 AND visitor IS NOT NULL
            AND variant_id IS NOT NULL AND kind = ANY(%(viewed)s || %(wished)s || %(carted)s)
        GROUP BY 1, 2, 3
        UNION ALL
        SELECT
            l.variant_id, date_trunc('hour', o.placed_at, %(zone)s), 'order',
            count(DISTINCT coalesce('c' || o.customer_id, 'o' || o.id))
        FROM orders_order AS o JOIN orders_orderline AS l ON l.order_id = o.id
        WHERE o.placed_at >= %(since)s AND o.placed_at <= %(at)s AND o.state NOT IN ('CANCELED', 'EXPIRED')
            AND l.quantity > l.canceled
        GROUP BY 1, 2
    ),
    worth AS (
        SELECT *, people * power(0.5::float8, extract(epoch FROM %(at)s::timestamptz - hour)::float8 / %(half_life)s) AS fresh
        FROM done
    ),
    parts AS (
        SELECT
            variant_id,
            coalesce(sum(people) FILTER (WHERE act = 'view'), 0) AS viewers,
            coalesce(sum(people) FILTER (WHERE act = 'wish'), 0) AS wishers,
            coalesce(sum(people) FILTER (WHERE act = 'cart'), 0) AS carters,
            coalesce(sum(people) FILTER (WHERE act = 'order'), 0) AS buyers,
            coalesce(sum(fresh) FILTER (WHERE act = 'view'), 0) * %(view)s AS view_score,
            coalesce(sum(fresh) FILTER (WHERE act = 'wish'), 0) * %(wish)s AS wish_score,
            coalesce(sum(fresh) FILTER (WHERE act = 'cart'), 0) * %(cart)s AS cart_score,
            coalesce(sum(fresh) FILTER (WHERE act = 'order'), 0) * %(order)s AS order_score
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
"""


@transaction.atomic
def rank(*, at: datetime) -> Ranked:
    """Readers see the former ranks or the new ones."""
    # Two would meet in the unique constraint.
    locks.alone(locks.Lock.TRENDING)
    with connection.cursor() as cursor:
        TrendingProduct.objects.all().delete()
        cursor.execute(_RANK, _said(at))
        return Ranked(cursor.rowcount)


def _said(at: datetime) -> dict[str, Any]:
    return {
        "at": at,
        "since": at - WINDOW,
        "zone": settings.BUSINESS_TIME_ZONE,
        "half_life": HALF_LIFE.total_seconds(),
        "viewed": stages.VIEWED,
        "wished": numbers("product_wished"),
        "carted": numbers("product_added"),
        **{act.name.lower(): act.value for act in Act},
        "most": MOST,
    }
