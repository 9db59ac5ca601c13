"""Learns each night which SKUs matter most and which sell steadily."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from config.kernel import shop
from config.kernel.business_time import day_period
from inventory.classing import WEEKS, Classed, Sold, classed
from inventory.models import StockClass

_AT_ONCE = 2000
# Weeks are counted back from the last closed day. One pass over the shipments of half a year.
_SOLD = """
    WITH weekly AS (
        SELECT movement.variant_id, movement.warehouse_id,
               (%(last)s::date - (movement.occurred_at AT TIME ZONE %(zone)s)::date) / 7 AS week,
               -SUM(movement.quantity) AS units
        FROM inventory_stockmovement AS movement
        WHERE movement.kind = 'SHIPMENT' AND movement.occurred_at >= %(starts_at)s AND movement.occurred_at < %(ends_at)s
        GROUP BY 1, 2, 3
    ), sold AS (
        SELECT variant_id, warehouse_id, SUM(units)::bigint AS units, SUM(units * units)::bigint AS squares
        FROM weekly GROUP BY 1, 2
    )
    SELECT policy.variant_id, policy.warehouse_id, COALESCE(sold.units, 0), COALESCE(sold.squares, 0),
           COALESCE(sold.units, 0) * variant.list_price
    FROM inventory_reorderpolicy AS policy
    JOIN inventory_variant AS variant ON variant.id = policy.variant_id
    LEFT JOIN sold ON sold.variant_id = policy.variant_id AND sold.warehouse_id = policy.warehouse_id
"""


@dataclass(frozen=True)
class Learned:
    classed: int
    changed: int
    classes: Mapping[str, int] = field(default_factory=dict)


@transaction.atomic
def learn(*, at: datetime) -> Learned:
    """Gives every SKU with a reorder policy its class from the last 26 weeks. Writes only what differs."""
    found = classed(_sold(at))
    standing = {(one.variant_id, one.warehouse_id): one for one in StockClass.objects.all().iterator(chunk_size=_AT_ONCE)}
    changed = [
        row for row in (_row(one, at) for one in found) if _differs(standing.get((row.variant_id, row.warehouse_id)), row)
    ]
    StockClass.objects.bulk_create(
        changed,
        batch_size=_AT_ONCE,
        update_conflicts=True,
        unique_fields=["variant", "warehouse"],
        update_fields=["abc", "xyz", "turnover", "share_above", "weekly_mean", "variation", "learned_at"],
    )
    return Learned(len(found), len(changed), dict(sorted(Counter(one.abc + one.xyz for one in found).items())))


def _sold(at: datetime) -> list[Sold]:
    zone = shop.zone()
    last = shop.day(at) - timedelta(days=1)
    given: dict[str, Any] = {
        "last": last,
        "zone": zone.key,
        "starts_at": day_period(last - timedelta(days=7 * WEEKS - 1), zone).starts_at,
        "ends_at": day_period(last, zone).ends_at,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SOLD, given)
        return [
            Sold((variant, warehouse), float(turnover), units, squares)
            for variant, warehouse, units, squares, turnover in cursor.fetchall()
        ]


def _row(one: Classed, at: datetime) -> StockClass:
    return StockClass(
        variant_id=one.place[0],
        warehouse_id=one.place[1],
        abc=one.abc,
        xyz=one.xyz,
        turnover=Decimal(str(round(one.turnover, 4))),
        share_above=one.share_above,
        weekly_mean=one.weekly_mean,
        variation=one.variation,
        learned_at=at,
    )


def _differs(standing: StockClass | None, row: StockClass) -> bool:
    names = ("abc", "xyz", "turnover", "share_above", "weekly_mean", "variation")
    return standing is None or any(getattr(standing, name) != getattr(row, name) for name in names)
