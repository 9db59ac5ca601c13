"""What is expected to be asked for: the one door through which stock work looks ahead.

Today it is the recorded demand: what each shelf shipped on average over the last weeks on which goods lay there.
"""

from collections.abc import Mapping
from datetime import date, timedelta

from django.db import connection

from config.kernel import shop
from config.kernel.business_time import day_period
from inventory.locking import Place
from inventory.stocking.values import Outlook

LOOKED_BACK = 84  # twelve weeks: enough for slow goods, few enough to notice a change
# A SKU that has lain there for less than this long is divided by it all the same.
FEW_DAYS = 14

_SHIPPED = """
    SELECT movement.variant_id, movement.warehouse_id, -sum(movement.quantity)::int, min(movement.occurred_at)
    FROM inventory_stockmovement AS movement
    WHERE movement.kind = 'SHIPMENT' AND movement.occurred_at >= %(first)s AND movement.occurred_at < %(end)s
    GROUP BY 1, 2
"""
_FIRST_CAME = """
    SELECT movement.variant_id, movement.warehouse_id, min(movement.occurred_at)
    FROM inventory_stockmovement AS movement
    WHERE movement.occurred_at >= %(first)s AND movement.occurred_at < %(end)s
      AND movement.kind IN ('RECEIPT', 'TRANSFER_IN', 'ADJUSTMENT') AND movement.quantity > 0
      AND NOT EXISTS (
          SELECT FROM inventory_stockmovement AS before
          WHERE before.variant_id = movement.variant_id AND before.warehouse_id = movement.warehouse_id
            AND before.occurred_at < %(first)s
      )
    GROUP BY 1, 2
"""


def outlooks(*, last_on: date) -> Mapping[Place, Outlook]:
    """By SKU and warehouse, seen from the end of `last_on`. A place that shipped nothing is left out: nothing is expected."""
    zone = shop.zone()
    first_on = last_on - timedelta(days=LOOKED_BACK - 1)
    told = {"first": day_period(first_on, zone).starts_at, "end": day_period(last_on, zone).ends_at}
    with connection.cursor() as cursor:
        cursor.execute(_SHIPPED, told)
        shipped = cursor.fetchall()
        cursor.execute(_FIRST_CAME, told)
        began = {(variant, warehouse): shop.day(at) for variant, warehouse, at in cursor.fetchall()}
    found = {}
    for variant, warehouse, units, _first in shipped:
        days = (last_on - began.get((variant, warehouse), first_on)).days + 1
        found[variant, warehouse] = Outlook(daily=(units / max(days, FEW_DAYS),) * 7)
    return found
