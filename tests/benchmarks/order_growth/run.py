"""Does an order get dearer as orders pile up?

SKUs with 0, 10,000 and 100,000 open reservations in turn; then few and a million orders of the past, each beside the bare view.
"""

from statistics import median
from typing import Any

from django.db import connection

from config.local.services import Services
from tests.benchmarks import limit, stage, world

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


PILES = (0, 10_000, 100_000)
# On empty tables the database plans as if they stayed empty, so the small past is not none.
SMALL, LARGE = 20_000, 1_000_000


def run(services: Services, *, quick: bool) -> dict[str, Any]:
    rounds, large, piles = (1, 40_000, PILES[:2]) if quick else (3, LARGE, PILES)
    world.furnish()
    limit.prepare()
    made = world.build()
    world.remember(SMALL)
    # Each pile lies on a SKU of its own, so that they can be measured in turn.
    hot, rest = made["skus"][: len(piles)], made["skus"][len(piles) :]
    for sku, wanted in zip(hot, piles, strict=True):
        with connection.cursor() as cursor:
            cursor.execute(_PILE, [1, wanted, sku, sku])
    world.analyzed()
    piled: dict[int, list[stage.Drive]] = {wanted: [] for wanted in piles}
    past: dict[int, list[tuple[stage.Drive, float]]] = {}
    with stage.opened(services, made) as shop:

        def orders(number: int, **more: Any) -> stage.Drive:
            return shop.drive(path="/api/v1/orders/", clients=8, seconds=SECONDS, seed=number, **more)

        def beside_the_bare_view(number: int) -> tuple[stage.Drive, float]:
            bare = shop.drive(path="/api/v1/bare/", clients=8, seconds=SECONDS, seed=number, bare=True)
            return orders(number, skus=rest), bare.rate

        orders(99, skus=rest)
        for number in range(rounds):
            for sku, wanted in zip(hot, piles, strict=True):
                piled[wanted].append(orders(number, hot=True, skus=[sku, *rest]))
        for count in (SMALL, large):
            if count != SMALL:
                world.remember(count)
            orders(98, skus=rest)
            past[count] = [beside_the_bare_view(number) for number in range(rounds)]
    none = piled[0]
    small = median(one.rate / bare for one, bare in past[SMALL])
    figures = {
        "by_open_reservations": {count: round(median(one.rate for one in found), 1) for count, found in piled.items()},
        "against_none": {
            count: round(median(one.rate / other.rate for one, other in zip(found, none, strict=True)), 3)
            for count, found in piled.items()
        },
        "cpu_ms_by_open_reservations": {count: round(median(one.cpu_ms for one in found), 2) for count, found in piled.items()},
        "by_past_orders": {count: round(median(one.rate for one, _ in found), 1) for count, found in past.items()},
        "against_few_beside_the_bare_view": {
            count: round(median(one.rate / bare for one, bare in found) / small, 3) for count, found in past.items()
        },
        "cpu_ms_by_past_orders": {count: round(median(one.cpu_ms for one, _ in found), 2) for count, found in past.items()},
    }
    print(
        f"of the rate without: by open reservations on the SKU {figures['against_none']}, "
        f"by past orders {figures['against_few_beside_the_bare_view']} (first: >= 0.9)"
    )
    return figures
