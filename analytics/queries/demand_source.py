"""What a day's demand is, as one selection from the tables of the lower apps. The same text makes the days and recounts them.

Everything it looks at beside the orders of the day itself is settled when the day closes: which warehouse held the goods first,
what the SKU's lines were like in the months before. A closed day changes only by what is told: cancels, returns, late history.
"""

import hashlib
from datetime import date
from typing import Any

from analytics.models import ServedRegion
from config.kernel import shop
from config.kernel.business_time import day_period
from inventory.models import Warehouse

# Raised when the selection below changes: all days are made anew then.
VERSION = 2
# A line is of a bulk order if it asks for more than so many times what 19 of 20 of the SKU's lines asked for, and for more
# than so many units. Of fewer lines than these in the half year before its month nothing is known, and none is called bulk.
BULK_TIMES, BULK_UNITS, BULK_LINES = 4, 10, 8
# A shelf on which nothing has moved for so long is no longer called sold out: nobody means to sell from it.
FORGOTTEN_DAYS = 182

COLUMNS = (
    *("day", "variant_id", "warehouse_id", "lines", "units", "bulk_units", "promoted_units", "returned_units", "sold_out"),
)
SELECTION = """
    sold AS (
        SELECT o.id, o.number, (o.placed_at AT TIME ZONE %(zone)s)::date AS day, region.warehouse_id
        FROM orders_order AS o LEFT JOIN LATERAL (
            SELECT r.warehouse_id FROM analytics_servedregion AS r
            WHERE r.postal_prefix <> '' AND starts_with(o.ship_to ->> 'postal_code', r.postal_prefix)
                OR r.province <> '' AND starts_with(o.ship_to ->> 'address', r.province)
            ORDER BY r.priority, length(r.postal_prefix) DESC, length(r.province) DESC, r.id LIMIT 1
        ) AS region ON true
        WHERE o.placed_at >= %(starts_at)s AND o.placed_at < %(ends_at)s AND o.state NOT IN ('CANCELED', 'EXPIRED')
    ),
    -- Since when which SKU is kept where; asked for only where regions are told apart.
    kept AS MATERIALIZED (
        SELECT variant_id, warehouse_id, min(occurred_at) AS since FROM inventory_stockmovement
        WHERE EXISTS (SELECT FROM analytics_servedregion) GROUP BY 1, 2
    ),
    -- A region's warehouse that never had the SKU, while others have it, serves nobody with it.
    asked AS (
        SELECT
            sold.day, sold.number, l.id, l.variant_id, l.quantity, l.canceled,
            CASE WHEN here.since < day.ends_at OR coalesce(anywhere.since >= day.ends_at, true) THEN sold.warehouse_id END
                AS warehouse_id
        FROM sold JOIN orders_orderline AS l ON l.order_id = sold.id
        CROSS JOIN LATERAL (SELECT (sold.day + 1)::timestamp AT TIME ZONE %(zone)s AS ends_at) AS day
        LEFT JOIN kept AS here ON here.variant_id = l.variant_id AND here.warehouse_id = sold.warehouse_id
        LEFT JOIN (SELECT variant_id, min(since) AS since FROM kept GROUP BY 1) AS anywhere
            ON anywhere.variant_id = l.variant_id
        WHERE l.quantity > l.canceled
    ),
    line AS (
        SELECT
            l.day, l.id, l.variant_id, l.quantity, l.quantity - l.canceled AS units,
            coalesce(l.warehouse_id, held.warehouse_id, sent.warehouse_id, %(otherwise)s) AS warehouse_id,
            EXISTS (SELECT FROM orders_orderdiscount AS d WHERE d.line_id = l.id) AS promoted
        FROM asked AS l
        LEFT JOIN LATERAL (
            SELECT r.warehouse_id FROM inventory_reservation AS r
            WHERE r.document_number = l.number AND r.document_kind = 'ORDER' AND r.variant_id = l.variant_id
            ORDER BY r.id LIMIT 1
        ) AS held ON l.warehouse_id IS NULL
        LEFT JOIN LATERAL (
            SELECT f.warehouse_id FROM orders_fulfillmentline AS s JOIN orders_fulfillment AS f ON f.id = s.fulfillment_id
            WHERE s.order_line_id = l.id ORDER BY f.id LIMIT 1
        ) AS sent ON l.warehouse_id IS NULL AND held.warehouse_id IS NULL
    ),
    large AS (
        SELECT DISTINCT variant_id, date_trunc('month', day)::date AS month FROM line WHERE quantity > %(bulk_units)s
    ),
    usual AS (
        SELECT large.variant_id, large.month, percentile_disc(0.95) WITHIN GROUP (ORDER BY l.quantity) AS most
        FROM large
        JOIN orders_orderline AS l ON l.variant_id = large.variant_id
        JOIN orders_order AS o ON o.id = l.order_id
            AND o.placed_at >= (large.month - interval '6 months') AT TIME ZONE %(zone)s
            AND o.placed_at < large.month::timestamp AT TIME ZONE %(zone)s
        GROUP BY 1, 2 HAVING count(*) >= %(bulk_lines)s
    ),
    told AS (
        SELECT
            line.day, line.variant_id, line.warehouse_id, line.units, line.promoted,
            usual.most IS NOT NULL AND line.quantity > greatest(%(bulk_times)s * usual.most, %(bulk_units)s) AS bulk,
            coalesce((
                SELECT sum(b.quantity) FROM orders_returnline AS b JOIN orders_return AS r ON r.id = b.parent_id
                WHERE b.order_line_id = line.id AND r.state = 'RECEIVED'
            ), 0) AS returned
        FROM line
        LEFT JOIN usual ON usual.variant_id = line.variant_id AND usual.month = date_trunc('month', line.day)::date
        WHERE line.warehouse_id IS NOT NULL
    ),
    wanted AS (
        SELECT
            day, variant_id, warehouse_id, count(*)::int AS lines,
            coalesce(sum(units) FILTER (WHERE NOT bulk), 0)::int AS units,
            coalesce(sum(units) FILTER (WHERE bulk), 0)::int AS bulk_units,
            coalesce(sum(units) FILTER (WHERE promoted AND NOT bulk), 0)::int AS promoted_units,
            sum(returned)::int AS returned_units
        FROM told GROUP BY 1, 2, 3
    ),
    moved AS (
        SELECT id, variant_id, warehouse_id, occurred_at, quantity FROM inventory_stockmovement
        WHERE occurred_at >= %(starts_at)s
    ),
    -- On hand when the span began: the present level less everything that has moved since.
    opening AS (
        SELECT level.variant_id, level.warehouse_id, level.on_hand - coalesce(since.quantity, 0) AS on_hand
        FROM inventory_stocklevel AS level LEFT JOIN (
            SELECT variant_id, warehouse_id, sum(quantity) AS quantity FROM moved GROUP BY 1, 2
        ) AS since USING (variant_id, warehouse_id)
    ),
    point AS (
        SELECT
            opening.variant_id, opening.warehouse_id, %(starts_at)s AS at, 0::bigint AS place, opening.on_hand, NULL AS moved_at
        FROM opening
        UNION ALL
        SELECT
            moved.variant_id, moved.warehouse_id, moved.occurred_at, moved.id,
            opening.on_hand + sum(moved.quantity) OVER (
                PARTITION BY moved.variant_id, moved.warehouse_id ORDER BY moved.occurred_at, moved.id
            ),
            moved.occurred_at
        FROM moved JOIN opening USING (variant_id, warehouse_id)
        WHERE moved.occurred_at < %(ends_at)s
    ),
    stretch AS (
        SELECT
            variant_id, warehouse_id, on_hand, moved_at, at AS began_at,
            lead(at, 1, %(ends_at)s) OVER (PARTITION BY variant_id, warehouse_id ORDER BY at, place) AS ended_at
        FROM point
    ),
    empty AS (
        SELECT stretch.variant_id, stretch.warehouse_id, began_at, ended_at, coalesce(moved_at, (
            SELECT m.occurred_at FROM inventory_stockmovement AS m
            WHERE m.variant_id = stretch.variant_id AND m.warehouse_id = stretch.warehouse_id AND m.occurred_at < %(starts_at)s
            ORDER BY m.occurred_at DESC LIMIT 1
        )) AS moved_at
        FROM stretch WHERE on_hand <= 0 AND ended_at > began_at
    ),
    sold_out AS (
        SELECT day.this AS day, variant_id, warehouse_id, round(sum(
            extract(epoch FROM least(ended_at, day.ends_at) - greatest(began_at, day.starts_at))
            / extract(epoch FROM day.ends_at - day.starts_at)
        ), 3) AS share
        FROM empty CROSS JOIN LATERAL (
            SELECT
                one::date AS this, one AT TIME ZONE %(zone)s AS starts_at,
                (one + interval '1 day') AT TIME ZONE %(zone)s AS ends_at
            FROM generate_series(
                (began_at AT TIME ZONE %(zone)s)::date::timestamp, ended_at AT TIME ZONE %(zone)s, interval '1 day'
            ) AS one
        ) AS day
        WHERE moved_at IS NOT NULL AND day.ends_at > began_at AND day.starts_at < ended_at
            AND day.starts_at < moved_at + make_interval(days => %(forgotten_days)s)
        GROUP BY 1, 2, 3
    ),
    demand AS MATERIALIZED (
        SELECT
            day, variant_id, warehouse_id, coalesce(lines, 0) AS lines, coalesce(units, 0) AS units,
            coalesce(bulk_units, 0) AS bulk_units, coalesce(promoted_units, 0) AS promoted_units,
            coalesce(returned_units, 0) AS returned_units, least(coalesce(share, 0), 1) AS sold_out
        FROM wanted FULL JOIN sold_out USING (day, variant_id, warehouse_id)
        WHERE wanted.day IS NOT NULL OR share > 0
    )
"""


def given(first: date, last: date) -> dict[str, Any]:
    """What the text above is to be given for some days."""
    zone = shop.zone()
    return {
        "starts_at": day_period(first, zone).starts_at,
        "ends_at": day_period(last, zone).ends_at,
        "zone": zone.key,
        "otherwise": otherwise(),
        "bulk_times": BULK_TIMES,
        "bulk_units": BULK_UNITS,
        "bulk_lines": BULK_LINES,
        "forgotten_days": FORGOTTEN_DAYS,
    }


def otherwise() -> int | None:
    """Where a line belongs that no region names and that nobody has held or sent: where most would come from."""
    return Warehouse.objects.order_by("priority", "pk").values_list("pk", flat=True).first()


def rules() -> str:
    """Stands for all by which days are made and that staff may change: days made by something else are due."""
    regions = ServedRegion.objects.order_by("pk").values_list("pk", "postal_prefix", "province", "priority", "warehouse_id")
    told = repr((VERSION, otherwise(), list(regions)))
    return hashlib.md5(told.encode(), usedforsecurity=False).hexdigest()
