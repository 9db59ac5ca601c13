"""What left each shelf day by day, on which days it stood empty, and what lies there and is on order now.

Demand is what was shipped. Canceled orders never ship, so they are no demand; a return is none either, and does not take the
sale back: the customer wanted the goods on that day, and what came back lies on the shelf and is counted there. Transfers,
write-offs and corrections are nobody's demand.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection

from config.kernel import shop
from config.kernel.business_time import day_period
from inventory.queries import incoming
from inventory.replenishment import LONG_WINDOW_DAYS, WINDOW_DAYS, Demand, Position, days_that_count

# One statement, hence one snapshot: goods that are received meanwhile are counted on the shelf or on the way, never as neither.
# What was on hand when a day ended is counted back from now: the level less everything that moved on later days. What was
# reserved then cannot be recounted, because a reservation does not keep when it ended; so an empty shelf is one with nothing
# on hand.
_RECORDED = """
    WITH policy AS ({places}), day AS (
        SELECT generate_series(%(first)s::date, %(last)s::date, interval '1 day')::date AS day
    ), moved AS (
        SELECT policy.id, (movement.occurred_at AT TIME ZONE %(zone)s)::date AS day,
               SUM(movement.quantity) AS change,
               COALESCE(-SUM(movement.quantity) FILTER (WHERE movement.kind = 'SHIPMENT'), 0) AS shipped
        FROM inventory_stockmovement AS movement
        JOIN policy ON policy.variant_id = movement.variant_id AND policy.warehouse_id = movement.warehouse_id
        WHERE movement.occurred_at >= %(starts_at)s
        GROUP BY 1, 2
    ), since AS (
        SELECT id, SUM(change) AS change FROM moved WHERE day > %(last)s::date GROUP BY id
    ), closed AS (
        SELECT policy.id, day.day, COALESCE(moved.shipped, 0) AS shipped,
               COALESCE(level.on_hand, 0) - COALESCE(since.change, 0)
               - COALESCE(SUM(moved.change) OVER (
                   PARTITION BY policy.id ORDER BY day.day DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
               ), 0) AS on_hand
        FROM policy
        CROSS JOIN day
        LEFT JOIN moved ON moved.id = policy.id AND moved.day = day.day
        LEFT JOIN since ON since.id = policy.id
        LEFT JOIN inventory_stocklevel AS level
            ON level.variant_id = policy.variant_id AND level.warehouse_id = policy.warehouse_id
    ), daily AS (
        SELECT id, array_agg(shipped::int ORDER BY day) AS shipped, array_agg(on_hand <= 0 ORDER BY day) AS sold_out
        FROM closed GROUP BY id
    ), incoming AS ({incoming})
    SELECT policy.id, daily.shipped, daily.sold_out,
           COALESCE(level.on_hand, 0), COALESCE(level.reserved, 0),
           COALESCE(incoming.on_order, 0), COALESCE(incoming.in_transit, 0)
    FROM policy
    JOIN daily ON daily.id = policy.id
    LEFT JOIN incoming ON incoming.variant_id = policy.variant_id AND incoming.warehouse_id = policy.warehouse_id
    LEFT JOIN inventory_stocklevel AS level
        ON level.variant_id = policy.variant_id AND level.warehouse_id = policy.warehouse_id
"""
_OF_POLICIES = """
    SELECT id, variant_id, warehouse_id FROM inventory_reorderpolicy
    WHERE CASE WHEN %(policies)s::bigint[] IS NULL THEN is_enabled ELSE id = ANY(%(policies)s) END
"""
# Stock levels from which something was shipped: of the others nothing is expected.
_OF_LEVELS = """
    SELECT id, variant_id, warehouse_id FROM inventory_stocklevel
    WHERE id = ANY(%(levels)s) AND (variant_id, warehouse_id) IN (
        SELECT variant_id, warehouse_id FROM inventory_stockmovement
        WHERE kind = 'SHIPMENT' AND occurred_at >= %(starts_at)s AND occurred_at < %(ends_at)s
    )
"""
# The same moment without its past, for those whose demand is known otherwise.
_POSITIONS = """
    WITH incoming AS ({incoming})
    SELECT policy.id, COALESCE(level.on_hand, 0), COALESCE(level.reserved, 0),
           COALESCE(incoming.on_order, 0), COALESCE(incoming.in_transit, 0)
    FROM inventory_reorderpolicy AS policy
    LEFT JOIN incoming ON incoming.variant_id = policy.variant_id AND incoming.warehouse_id = policy.warehouse_id
    LEFT JOIN inventory_stocklevel AS level
        ON level.variant_id = policy.variant_id AND level.warehouse_id = policy.warehouse_id
    WHERE policy.id = ANY(%(policies)s)
"""


@dataclass(frozen=True, slots=True)
class Recorded:
    demand: Demand
    position: Position


def recorded(*, last_on: date, policies: Collection[int] | None = None, days: int = WINDOW_DAYS) -> dict[int, Recorded]:
    """By policy: the demand of the `days` closed business days up to `last_on`, and the stock position of this moment.

    Without `policies`, of all that are enabled. One statement, whatever their number.
    """
    return _recorded(_OF_POLICIES, {"policies": None if policies is None else list(policies)}, last_on, days)


def telling(*, last_on: date, policies: Collection[int]) -> dict[int, Recorded]:
    """The same, looked at as far back as it takes: the long window where no day of the short one counts. Two statements."""
    books = recorded(last_on=last_on, policies=policies) if policies else {}
    empty = [policy for policy, book in books.items() if not days_that_count(book.demand)]
    return books | recorded(last_on=last_on, policies=empty, days=LONG_WINDOW_DAYS) if empty else books


def of_levels(*, last_on: date, levels: Collection[int]) -> dict[int, Recorded]:
    """The same by stock level, of those among `levels` that shipped something. One statement."""
    return _recorded(_OF_LEVELS, {"levels": list(levels)}, last_on, WINDOW_DAYS)


def _recorded(places: str, which: Mapping[str, Any], last_on: date, days: int) -> dict[int, Recorded]:
    zone = shop.zone()
    first_on = last_on - timedelta(days=days - 1)
    given = {
        "first": first_on,
        "last": last_on,
        "starts_at": day_period(first_on, zone).starts_at,
        "ends_at": day_period(last_on, zone).ends_at,
        "zone": zone.key,
        **which,
        **incoming.GIVEN,
    }
    with connection.cursor() as cursor:
        cursor.execute(_RECORDED.format(places=places, incoming=incoming.STATEMENT), given)
        return {
            policy: Recorded(Demand(tuple(shipped), tuple(sold_out)), Position(*stock))
            for policy, shipped, sold_out, *stock in cursor.fetchall()
        }


def positions(*, policies: Collection[int]) -> dict[int, Position]:
    """By policy the stock position of this moment. One statement, whatever their number."""
    with connection.cursor() as cursor:
        cursor.execute(_POSITIONS.format(incoming=incoming.STATEMENT), {"policies": list(policies), **incoming.GIVEN})
        return {policy: Position(*stock) for policy, *stock in cursor.fetchall()}
