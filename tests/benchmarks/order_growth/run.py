"""Does an order get dearer as orders pile up? Rate with 0, 10,000 and 100,000 open reservations on one SKU, against empty."""

from statistics import median
from typing import Any

from django.db import connection

from config.local.services import Services
from tests.benchmarks import stage, world

SECONDS = 4.0

# Open reservations of documents that never were, in step with their level, so that every promise of the ledger holds.
_PILE = """
    WITH held AS (
        INSERT INTO inventory_reservation (document_kind, document_number, variant_id, warehouse_id, quantity, consumed,
            released, state, reserved_at)
        SELECT 'PILE', 'P' || n, level.variant_id, level.warehouse_id, 1, 0, 0, 'ACTIVE', now()
        FROM generate_series(%s, %s) AS n, inventory_stocklevel AS level
        JOIN inventory_variant AS variant ON variant.id = level.variant_id AND variant.sku = %s
        RETURNING 1)
    UPDATE inventory_stocklevel SET reserved = reserved + (SELECT count(*) FROM held)
    WHERE variant_id = (SELECT id FROM inventory_variant WHERE sku = %s)
"""


def run(services: Services, *, quick: bool) -> dict[str, Any]:
    world.furnish()
    made = world.build()
    world.analyzed()
    rates: dict[int, list[float]] = {}
    piled = 0
    with stage.opened(services, made) as shop:
        shop.drive(path="/api/v1/orders/", clients=8, seconds=2.0, seed=99, hot=True)
        for wanted in (0, 10_000) if quick else (0, 10_000, 100_000):
            if wanted > piled:
                with connection.cursor() as cursor:
                    cursor.execute(_PILE, [piled + 1, wanted, made["skus"][0], made["skus"][0]])
                world.analyzed()
                piled = wanted
            rates[wanted] = [
                shop.drive(path="/api/v1/orders/", clients=8, seconds=SECONDS, seed=wanted + turn, hot=True).rate
                for turn in range(1 if quick else 3)
            ]
    empty = median(rates[0])
    figures = {
        "orders_per_second": {count: round(median(found), 1) for count, found in rates.items()},
        "against_empty": {count: round(median(found) / empty, 3) for count, found in rates.items()},
    }
    print(f"hot SKU, by open reservations: {figures['against_empty']} of the empty rate (first: >= 0.9)")
    return figures
