"""A thousand customers, a thousand alike SKUs with stock that never runs out, and twenty promotions of which one applies.

All SKUs cost the same, so every order of three costs the same, and the driver can name the total it expects.
"""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.core.management import call_command
from django.db import connection, transaction

from campaigns.models import Customer, Promotion
from config.kernel import clock, tokens
from config.kernel.models import TokenScope
from inventory import locking
from inventory.models import Product, StockMovement, Variant, Warehouse
from inventory.operations import ledger
from inventory.operations.ledger import Change, Document
from tests import builders

SKUS = 1000
PROMOTIONS = 20
CUSTOMERS = 1000

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


def build(
    *, skus: int = SKUS, promotions: int = PROMOTIONS, on_hand: int = 100_000_000, prefix: str = "BENCH"
) -> dict[str, Any]:
    at = clock.now()
    with transaction.atomic():
        place = Warehouse.objects.filter(code="bench").first() or builders.a_warehouse("bench")
        root = builders.a_category("벤치")
        leaf = builders.a_category("잔", parent=root)
        other = builders.a_product(builders.a_category("다른 것"))
        products = Product.objects.bulk_create(Product(name=f"잔 {number}", category=leaf) for number in range(skus))
        variants = Variant.objects.bulk_create(
            Variant(product=product, sku=f"{prefix}-{number:05}", list_price=Decimal(10_000), cost=Decimal(4_000))
            for number, product in enumerate(products)
        )
        stock(variants, place, on_hand, prefix)
        Customer.objects.bulk_create(
            (Customer(external_id=f"bench-{number}", created_at=at) for number in range(CUSTOMERS)), ignore_conflicts=True
        )
        for number in range(promotions):
            if not number and Promotion.objects.exists():
                continue  # The one that applies stands already.
            promotion = builders.a_promotion(at, name=f"행사 {number}", starts_at=at - timedelta(days=1))
            if number:
                promotion.products.add(other)
    token = tokens.issue(account="bench", scopes=[TokenScope.Scope.INTEGRATION], actor=None, at=at)
    return {"token": token, "skus": [one.sku for one in variants], "total": "30000", "customers": CUSTOMERS}


def stock(variants: list[Variant], place: Warehouse, on_hand: int, document: str) -> None:
    levels = locking.lock_levels([(one.pk, place.pk) for one in variants])
    ledger.post(
        kind=StockMovement.Kind.ADJUSTMENT,
        document=Document("OPENING", document),
        changes=[Change(level, on_hand=on_hand) for level in levels.values()],
        actor=None,
        at=clock.now(),
        reason="opening stock",
    )


def furnish() -> None:
    """What `manage.py prepare` gives an empty database, as the owner."""
    call_command("prepare", app_role="shop_app", verbosity=0)


def analyzed() -> None:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def remember(orders: int) -> None:
    """Gives the shop so many shipped orders of the past, in place of what was placed in it so far.

    All of it lies on disk afterwards: a shop that grew over years has no million rows left to write and to clean up.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE orders_order, orders_orderline, orders_orderevent, orders_orderdiscount, campaigns_redemption CASCADE"
        )
        cursor.execute("SET statement_timeout = 0")
        for statement in _PAST:
            cursor.execute(statement, {"orders": orders, "skus": SKUS, "customers": CUSTOMERS})
        cursor.execute("RESET statement_timeout")
    analyzed()
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
