"""Does an order get dearer as orders pile up?

The rate with 0, 10,000 and 100,000 open reservations on one SKU, and with a million orders of the past, against the empty shop.
"""

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
        FROM generate_series(%s::int, %s::int) AS n, inventory_stocklevel AS level
        JOIN inventory_variant AS variant ON variant.id = level.variant_id AND variant.sku = %s
        RETURNING 1)
    UPDATE inventory_stocklevel SET reserved = reserved + (SELECT count(*) FROM held)
    WHERE variant_id = (SELECT id FROM inventory_variant WHERE sku = %s)
"""


def _against(rates: list[float], empty: float) -> float:
    return round(median(rates) / empty, 3)


def run(services: Services, *, quick: bool) -> dict[str, Any]:
    world.furnish()
    made = world.build()
    world.analyzed()
    turns = 1 if quick else 3
    piled: dict[int, list[float]] = {}
    past: dict[int, list[float]] = {}
    there = 0
    with stage.opened(services, made) as shop:

        def rates(*, hot: bool) -> list[float]:
            return [
                shop.drive(path="/api/v1/orders/", clients=8, seconds=SECONDS, seed=turn, hot=hot).rate for turn in range(turns)
            ]

        shop.drive(path="/api/v1/orders/", clients=8, seconds=2.0, seed=99)
        past[0] = rates(hot=False)
        for wanted in (0, 10_000) if quick else (0, 10_000, 100_000):
            if wanted > there:
                with connection.cursor() as cursor:
                    cursor.execute(_PILE, [there + 1, wanted, made["skus"][0], made["skus"][0]])
                world.analyzed()
                there = wanted
            piled[wanted] = rates(hot=True)
        orders = 20_000 if quick else 1_000_000
        world.remember(orders)
        past[orders] = rates(hot=False)
    figures = {
        "by_open_reservations": {count: round(median(found), 1) for count, found in piled.items()},
        "against_none": {count: _against(found, median(piled[0])) for count, found in piled.items()},
        "by_past_orders": {count: round(median(found), 1) for count, found in past.items()},
        "against_empty": {count: _against(found, median(past[0])) for count, found in past.items()},
    }
    print(
        f"orders a second, of the empty rate: by open reservations on the SKU {figures['against_none']}, "
        f"by past orders {figures['against_empty']} (first: >= 0.9)"
    )
    return figures
