"""What is on its way to each warehouse: the one place where supply that has not arrived is counted.

A purchase order counts in every open state, also a draft that staff wrote: what somebody means to buy is not bought again. The
draft that the replenishment itself keeps is no supply, because it is what is being thought over.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from django.db import connection

from inventory.models import PurchaseOrder

# From these, goods may still come.
OPEN = (
    PurchaseOrder.State.DRAFT,
    PurchaseOrder.State.APPROVED,
    PurchaseOrder.State.SENT,
    PurchaseOrder.State.PARTLY_RECEIVED,
)
# A table of its own inside of other statements, which need it from the same moment as the levels. Units, by SKU and warehouse.
STATEMENT = """
    SELECT line.variant_id, purchase.warehouse_id,
           SUM(line.quantity - line.received)::int AS on_order, 0 AS in_transit
    FROM inventory_purchaseorderline AS line
    JOIN inventory_purchaseorder AS purchase ON purchase.id = line.purchase_order_id
    WHERE line.received < line.quantity AND purchase.state = ANY(%(open)s)
      AND NOT (purchase.is_proposed AND purchase.state = 'DRAFT')
    GROUP BY 1, 2
"""
GIVEN: Mapping[str, Any] = MappingProxyType({"open": list(OPEN)})


@dataclass(frozen=True, slots=True)
class Incoming:
    on_order: int
    in_transit: int

    @property
    def units(self) -> int:
        return self.on_order + self.in_transit


def incoming(*, variants: Collection[int] | None = None) -> dict[tuple[int, int], Incoming]:
    """By SKU and warehouse what is on its way there; of all SKUs, or of these. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT * FROM ({STATEMENT}) AS incoming WHERE %(variants)s::bigint[] IS NULL OR variant_id = ANY(%(variants)s)",  # noqa: S608
            {**GIVEN, "variants": None if variants is None else list(variants)},
        )
        return {(variant, warehouse): Incoming(*units) for variant, warehouse, *units in cursor.fetchall()}
