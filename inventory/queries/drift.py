"""Where the balances beside the ledger differ from what the ledger and the reservations add up to. None should."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection

from inventory.locking import Place


@dataclass(frozen=True)
class Difference:
    """One SKU in one warehouse: `on_hand` and `reserved` as kept, `moved` and `held` as recounted."""

    variant_id: int
    warehouse_id: int
    sku: str
    warehouse: str
    on_hand: int
    moved: int
    reserved: int
    held: int

    def __str__(self) -> str:
        return f"{self.sku}@{self.warehouse}"


_DIFFERENCES = """
    WITH ledger AS (
        SELECT variant_id, warehouse_id, sum(quantity) AS moved FROM inventory_stockmovement {movements}
        GROUP BY variant_id, warehouse_id
    ), promised AS (
        SELECT variant_id, warehouse_id, sum(quantity - consumed - released) AS held FROM inventory_reservation
        WHERE state = 'ACTIVE' {reservations} GROUP BY variant_id, warehouse_id
    ), recounted AS (
        SELECT COALESCE(level.variant_id, ledger.variant_id, promised.variant_id) AS variant_id,
               COALESCE(level.warehouse_id, ledger.warehouse_id, promised.warehouse_id) AS warehouse_id,
               COALESCE(level.on_hand, 0) AS on_hand, COALESCE(ledger.moved, 0) AS moved,
               COALESCE(level.reserved, 0) AS reserved, COALESCE(promised.held, 0) AS held
        FROM (SELECT * FROM inventory_stocklevel {levels}) AS level
        FULL JOIN ledger ON (ledger.variant_id, ledger.warehouse_id) = (level.variant_id, level.warehouse_id)
        FULL JOIN promised ON (promised.variant_id, promised.warehouse_id)
            = (COALESCE(level.variant_id, ledger.variant_id), COALESCE(level.warehouse_id, ledger.warehouse_id))
    )
    SELECT recounted.variant_id, recounted.warehouse_id, variant.sku, warehouse.code, on_hand, moved, reserved, held
    FROM recounted
    JOIN inventory_variant AS variant ON variant.id = recounted.variant_id
    JOIN inventory_warehouse AS warehouse ON warehouse.id = recounted.warehouse_id
    WHERE on_hand <> moved OR reserved <> held
    ORDER BY variant.sku, warehouse.code
"""
_EVERYWHERE = _DIFFERENCES.format(levels="", movements="", reservations="")
_AT_ONE_PLACE = _DIFFERENCES.format(
    levels="WHERE (variant_id, warehouse_id) = (%(variant)s, %(warehouse)s)",
    movements="WHERE (variant_id, warehouse_id) = (%(variant)s, %(warehouse)s)",
    reservations="AND (variant_id, warehouse_id) = (%(variant)s, %(warehouse)s)",
)


def differences(*, place: Place | None = None) -> Iterator[Difference]:
    """Every difference, or that of one place. One statement, so all figures are of one moment."""
    with connection.cursor() as cursor:
        if place is None:
            cursor.execute(_EVERYWHERE)
        else:
            cursor.execute(_AT_ONE_PLACE, {"variant": place[0], "warehouse": place[1]})
        for variant, warehouse, sku, code, *figures in cursor.fetchall():
            yield Difference(variant, warehouse, sku, code, *map(int, figures))
