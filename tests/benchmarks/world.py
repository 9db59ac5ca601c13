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
