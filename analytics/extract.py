"""The single door through which the tables of the lower apps are read for figures.

Each text below selects from the source what one rollup stores, for a half-open span of moments. The same text fills the
rollup, recounts it for the audit, and serves the open day live, so that the three can never count differently.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection

from analytics.figures import Figures
from config.kernel.business_time import Period

# Of a line with canceled units the rest counts, and its amounts in proportion. Most lines are whole: they are not rounded.
_KEPT = "CASE WHEN l.canceled = 0 THEN l.{0} ELSE round(l.{0} * (l.quantity - l.canceled) / l.quantity, 4) END"

_SOURCE = f"""
    sold AS (
        SELECT
            o.id, o.placed_at AT TIME ZONE %(zone)s AS moment, o.channel, o.tax,
            o.shipping_fee - o.shipping_discount AS shipping
        FROM orders_order AS o
        WHERE o.placed_at >= %(starts_at)s AND o.placed_at < %(ends_at)s AND o.state NOT IN ('CANCELED', 'EXPIRED')
    ),
    line AS (
        SELECT
            sold.id AS order_id, sold.moment::date AS day, l.variant_id, l.quantity - l.canceled AS units,
            {_KEPT.format("gross")} AS gross, {_KEPT.format("discount")} AS discount, {_KEPT.format("tax")} AS tax,
            l.tax AS whole_tax, (l.quantity - l.canceled) * l.unit_cost AS cost
        FROM sold JOIN orders_orderline AS l ON l.order_id = sold.id
    ),
    came_back AS (
        SELECT
            r.received_at AT TIME ZONE %(zone)s AS moment, coalesce(o.channel, '') AS channel,
            b.variant_id, b.quantity, b.refund,
            coalesce(round(b.refund * l.tax_rate / (100 + l.tax_rate), 4), 0) AS tax,
            coalesce(b.restocked * l.unit_cost, 0) AS cost
        FROM orders_return AS r
        JOIN orders_returnline AS b ON b.parent_id = r.id
        LEFT JOIN orders_orderline AS l ON l.id = b.order_line_id
        LEFT JOIN orders_order AS o ON o.id = r.order_id
        WHERE r.state = 'RECEIVED' AND r.received_at >= %(starts_at)s AND r.received_at < %(ends_at)s
    )"""  # noqa: S608  put together from this file's own text

# The columns each selection gives, in order; the last is how many source rows stand behind the row.
HOURLY = ("day", "hour", "channel", "orders", "units", "gross", "discounts", "shipping", "tax", "returned_units", "returned")
_HOURLY = """
    SELECT
        moment::date AS day, extract(hour FROM moment)::smallint AS hour, channel,
        sum(orders)::int AS orders, sum(units)::int AS units, sum(gross) AS gross, sum(discounts) AS discounts,
        sum(shipping) AS shipping, sum(tax) AS tax, sum(returned_units)::int AS returned_units, sum(returned) AS returned,
        sum(source_rows)::int AS source_rows
    FROM (
        SELECT
            sold.moment, sold.channel, 1 AS orders, coalesce(goods.units, 0) AS units, coalesce(goods.gross, 0) AS gross,
            coalesce(goods.discounts, 0) AS discounts, sold.shipping, sold.tax - coalesce(goods.canceled_tax, 0) AS tax,
            0 AS returned_units, 0 AS returned, 1 + coalesce(goods.lines, 0) AS source_rows
        FROM sold LEFT JOIN (
            SELECT
                order_id, sum(units) AS units, sum(gross) AS gross, sum(discount) AS discounts,
                sum(whole_tax - tax) AS canceled_tax, count(*) AS lines
            FROM line GROUP BY order_id
        ) AS goods ON goods.order_id = sold.id
        UNION ALL
        SELECT moment, channel, 0, 0, 0, 0, 0, 0, quantity, refund, 1 FROM came_back
    ) AS fact
    GROUP BY 1, 2, 3
"""

DAILY = (
    *("day", "variant_id", "units", "gross", "discounts", "tax", "cost"),
    *("returned_units", "returned", "returned_tax", "returned_cost"),
)
_DAILY = """
    SELECT
        day, variant_id, sum(units)::int AS units, sum(gross) AS gross, sum(discount) AS discounts, sum(tax) AS tax,
        sum(cost) AS cost, sum(returned_units)::int AS returned_units, sum(returned) AS returned,
        sum(returned_tax) AS returned_tax, sum(returned_cost) AS returned_cost
    FROM (
        SELECT
            day, variant_id, units, gross, discount, tax, cost,
            0 AS returned_units, 0 AS returned, 0 AS returned_tax, 0 AS returned_cost
        FROM line
        UNION ALL
        SELECT moment::date, variant_id, 0, 0, 0, 0, 0, quantity, refund, tax, cost FROM came_back
    ) AS fact
    GROUP BY 1, 2
"""

PROMOTION = ("day", "promotion_id", "orders", "amount")
_PROMOTION = """
    SELECT
        sold.moment::date AS day, d.promotion_id, count(DISTINCT sold.id)::int AS orders,
        sum(
            CASE WHEN l.canceled > 0 THEN round(d.amount * (l.quantity - l.canceled) / l.quantity, 4) ELSE d.amount END
        ) AS amount
    FROM sold JOIN orders_orderdiscount AS d ON d.order_id = sold.id LEFT JOIN orders_orderline AS l ON l.id = d.line_id
    GROUP BY 1, 2
"""

STOCK = ("day", "variant_id", "warehouse_id", "received", "shipped", "taken_back", "corrected", "moved")
_STOCK = """
    SELECT
        (occurred_at AT TIME ZONE %(zone)s)::date AS day, variant_id, warehouse_id,
        coalesce(sum(quantity) FILTER (WHERE kind = 'RECEIPT'), 0)::int AS received,
        coalesce(-sum(quantity) FILTER (WHERE kind = 'SHIPMENT'), 0)::int AS shipped,
        coalesce(sum(quantity) FILTER (WHERE kind = 'RETURN'), 0)::int AS taken_back,
        coalesce(sum(quantity) FILTER (WHERE kind IN ('ADJUSTMENT', 'WRITE_OFF')), 0)::int AS corrected,
        coalesce(sum(quantity) FILTER (WHERE kind IN ('TRANSFER_IN', 'TRANSFER_OUT')), 0)::int AS moved,
        count(*)::int AS source_rows
    FROM inventory_stockmovement
    WHERE occurred_at >= %(starts_at)s AND occurred_at < %(ends_at)s
    GROUP BY 1, 2, 3
"""

PARCELS = ("day", "channel", "warehouse_id", "parcels", "units", "due", "on_time", "paid", "waited_seconds")
_PARCELS = """
    SELECT
        (f.shipped_at AT TIME ZONE %(zone)s)::date AS day, o.channel, f.warehouse_id,
        count(*)::int AS parcels, coalesce(sum(goods.units), 0)::int AS units,
        count(o.ship_due_at)::int AS due, (count(*) FILTER (WHERE f.shipped_at <= o.ship_due_at))::int AS on_time,
        count(o.paid_at)::int AS paid,
        coalesce(sum(floor(extract(epoch FROM f.shipped_at - o.paid_at))), 0)::bigint AS waited_seconds
    FROM orders_fulfillment AS f
    JOIN orders_order AS o ON o.id = f.order_id
    LEFT JOIN LATERAL (
        SELECT sum(l.quantity) AS units FROM orders_fulfillmentline AS l WHERE l.fulfillment_id = f.id
    ) AS goods ON true
    WHERE f.shipped_at >= %(starts_at)s AND f.shipped_at < %(ends_at)s
    GROUP BY 1, 2, 3
"""

OUTCOMES = (
    *("day", "channel", "placed", "canceled", "expired"),
    *("begun", "begun_units", "begun_left_units", "begun_whole"),
)
# An order begins to leave on the day of its first parcel; what else leaves on that day counts with it.
_OUTCOMES = """
    SELECT
        day, channel, sum(placed)::int AS placed, sum(canceled)::int AS canceled, sum(expired)::int AS expired,
        sum(begun)::int AS begun, sum(ordered)::int AS begun_units, sum(gone)::int AS begun_left_units,
        (count(*) FILTER (WHERE begun = 1 AND gone >= ordered))::int AS begun_whole
    FROM (
        SELECT
            (placed_at AT TIME ZONE %(zone)s)::date AS day, channel, 1 AS placed, (state = 'CANCELED')::int AS canceled,
            (state = 'EXPIRED')::int AS expired, 0 AS begun, 0 AS ordered, 0 AS gone
        FROM orders_order WHERE placed_at >= %(starts_at)s AND placed_at < %(ends_at)s
        UNION ALL
        SELECT gone.day, o.channel, 0, 0, 0, 1, ordered.units, gone.units
        FROM (
            SELECT f.order_id, (f.shipped_at AT TIME ZONE %(zone)s)::date AS day, sum(l.quantity) AS units
            FROM orders_fulfillment AS f JOIN orders_fulfillmentline AS l ON l.fulfillment_id = f.id
            WHERE f.shipped_at >= %(starts_at)s AND f.shipped_at < %(ends_at)s
            GROUP BY 1, 2
        ) AS gone
        JOIN orders_order AS o ON o.id = gone.order_id
        JOIN LATERAL (SELECT sum(l.quantity) AS units FROM orders_orderline AS l WHERE l.order_id = o.id) AS ordered ON true
        WHERE NOT EXISTS (
            SELECT FROM orders_fulfillment AS e
            WHERE e.order_id = o.id AND (e.shipped_at AT TIME ZONE %(zone)s)::date < gone.day
        )
    ) AS fact
    GROUP BY 1, 2
"""

# One statement looks at the source once: these selections can never see different moments of it.
SELECTIONS = f"""
    WITH {_SOURCE},
    hourly AS MATERIALIZED ({_HOURLY}),
    daily AS MATERIALIZED ({_DAILY}),
    promotion AS MATERIALIZED ({_PROMOTION}),
    stock AS MATERIALIZED ({_STOCK}),
    parcels AS MATERIALIZED ({_PARCELS}),
    outcomes AS MATERIALIZED ({_OUTCOMES})"""


def span(period: Period) -> dict[str, Any]:
    """What the texts above are to be given for a period."""
    return {"starts_at": period.starts_at, "ends_at": period.ends_at, "zone": settings.BUSINESS_TIME_ZONE}


@dataclass(frozen=True)
class HourOfChannel:
    day: date
    hour: int
    channel: str
    figures: Figures


def hours(period: Period) -> Iterator[HourOfChannel]:
    """The sales of a period straight from the source, by business day, hour and channel. Meant for a day or so."""
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {_SOURCE} SELECT {', '.join(HOURLY)} FROM ({_HOURLY}) AS hourly", span(period))  # noqa: S608
        for day, hour, channel, *facts in cursor.fetchall():
            yield HourOfChannel(day, hour, channel, Figures(*facts))


def promotions(period: Period) -> dict[int, tuple[int, Decimal]]:
    """In how many orders of a period each promotion was given, and how much it gave away. Meant for a day or so."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH {_SOURCE} SELECT promotion_id, sum(orders)::int, sum(amount)
            FROM ({_PROMOTION}) AS promotion GROUP BY promotion_id
            """,  # noqa: S608
            span(period),
        )
        return {promotion: (orders, amount) for promotion, orders, amount in cursor.fetchall()}


def first_moment() -> datetime | None:
    """When the shop's records begin: its first order, return or movement of goods."""
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT least(
                (SELECT min(placed_at) FROM orders_order),
                (SELECT min(received_at) FROM orders_return),
                (SELECT min(occurred_at) FROM inventory_stockmovement)
            )
        """)
        row = cursor.fetchone()
    first: datetime | None = row[0] if row else None
    return first
