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

# Shipped orders of the past year, a thousand for each customer, with the rows that placing and shipping leave behind them.
_PAST = (
    """
    INSERT INTO orders_order (number, channel, customer_id, state, is_short, refund_due, currency, lines_total, shipping_fee,
        shipping_discount, total, tax, paid, refund_owed, refunded, ship_to, note, placed_at, paid_at, shipped_at)
    SELECT 'PAST-' || n, 'past', customer.id, 'SHIPPED', false, false, 'KRW', 9000, 0, 0, 9000, 818, 9000, 0, 0, '{}', '',
           now() - n * interval '31 seconds', now() - n * interval '31 seconds', now() - n * interval '31 seconds'
    FROM generate_series(1, %(orders)s::int) AS n
    JOIN campaigns_customer AS customer ON customer.external_id = 'bench-' || n %% %(customers)s::int
    """,
    """
    INSERT INTO orders_orderline (order_id, position, variant_id, sku, name, quantity, list_price, gross, discount, total,
        tax_rate, tax, unit_cost, shipped, canceled, short, returned)
    SELECT past.id, 1, variant.id, variant.sku, '', 1, 10000, 10000, 1000, 9000, 10, 818, 4000, 1, 0, 0, 0
    FROM orders_order AS past JOIN inventory_variant AS variant
        ON variant.sku = 'BENCH-' || lpad((past.id %% %(skus)s::int)::text, 5, '0')
    """,
    """
    INSERT INTO orders_orderevent (order_id, kind, reason, details, occurred_at)
    SELECT id, 'PLACED', '', '{}', placed_at FROM orders_order
    """,
    """
    INSERT INTO inventory_reservation (document_kind, document_number, variant_id, warehouse_id, quantity, consumed, released,
        state, reserved_at)
    SELECT 'ORDER', past.number, line.variant_id, (SELECT min(id) FROM inventory_warehouse), 1, 1, 0, 'CONSUMED', past.placed_at
    FROM orders_order AS past JOIN orders_orderline AS line ON line.order_id = past.id
    """,
    """
    INSERT INTO campaigns_redemption (promotion_id, customer_id, document_kind, document_number, amount, state, redeemed_at)
    SELECT (SELECT min(id) FROM campaigns_promotion), customer_id, 'ORDER', number, 1000, 'COUNTED', placed_at FROM orders_order
    """,
)


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
        _remember(orders, len(made["skus"]), made["customers"])
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


def _remember(orders: int, skus: int, customers: int) -> None:
    """Replaces what was placed so far by `orders` of the past."""
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE orders_order, orders_orderline, orders_orderevent, orders_orderdiscount, campaigns_redemption CASCADE"
        )
        cursor.execute("SET statement_timeout = 0")
        for statement in _PAST:
            cursor.execute(statement, {"orders": orders, "skus": skus, "customers": customers})
        cursor.execute("RESET statement_timeout")
    world.analyzed()
