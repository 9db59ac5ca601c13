"""What can be promised: what lies there less what is promised, and what is on its way. Most answers cost one query."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection
from django.db.models import F, Sum

from inventory import lifecycle
from inventory.locking import Place
from inventory.models import PurchaseOrderLine, StockLevel
from inventory.queries import transfers


@dataclass(frozen=True)
class Standing:
    """Units of one SKU in one warehouse, or in several together."""

    on_hand: int = 0
    reserved: int = 0

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved


@dataclass(frozen=True, slots=True)
class Listed:
    """One SKU as the placing of an order needs it. `category_path` holds the category and all above it."""

    variant_id: int
    sku: str
    name: str
    list_price: Decimal
    cost: Decimal
    product_id: int
    tax_class: str
    on_sale: bool
    category_path: frozenset[int]
    is_kit: bool


# Three levels, for categories lie no deeper. By hand, because every order asks it.
_LISTED = """
    SELECT v.id, v.sku, trim(p.name || ' ' || v.name), v.list_price, v.cost, v.product_id, p.tax_class,
           v.is_active AND p.is_active, EXISTS (SELECT FROM inventory_kitpart WHERE kit_id = v.id),
           c.id, c.parent_id, above.parent_id
    FROM inventory_variant AS v
    JOIN inventory_product AS p ON p.id = v.product_id
    JOIN inventory_category AS c ON c.id = p.category_id
    LEFT JOIN inventory_category AS above ON above.id = c.parent_id
    WHERE v.sku = ANY(%s)
"""


def by_sku(skus: Iterable[str]) -> Mapping[str, Listed]:
    """The SKUs that exist; the others are left out."""
    with connection.cursor() as cursor:
        cursor.execute(_LISTED, [list(set(skus))])
        rows = cursor.fetchall()
    found = {}
    for pk, sku, name, list_price, cost, product_id, tax_class, on_sale, is_kit, *path in rows:
        categories = frozenset(category for category in path if category is not None)
        found[sku] = Listed(pk, sku, name, list_price, cost, product_id, tax_class, on_sale, categories, is_kit)
    return found


def available(variant_ids: Iterable[int]) -> dict[int, int]:
    """Units that orders may still take, in all warehouses that serve orders. Every SKU asked for is in the answer."""
    wanted = set(variant_ids)
    sums = (
        StockLevel.objects.filter(variant_id__in=wanted, warehouse__is_active=True)
        .values_list("variant_id")
        .annotate(units=Sum(F("on_hand") - F("reserved")))
    )
    return dict.fromkeys(wanted, 0) | dict(sums)


def by_place(variant_ids: Iterable[int]) -> dict[Place, Standing]:
    """Per SKU and warehouse, warehouses that serve no orders included; a place where nothing ever lay is left out."""
    rows = StockLevel.objects.filter(variant_id__in=set(variant_ids)).values_list(
        "variant_id", "warehouse_id", "on_hand", "reserved"
    )
    return {(variant, warehouse): Standing(on_hand, reserved) for variant, warehouse, on_hand, reserved in rows}


def incoming(variant_ids: Iterable[int]) -> dict[Place, int]:
    """Units that are coming, per SKU and warehouse: outstanding on approved purchase orders, or in transit from another one."""
    wanted = set(variant_ids)
    rows = (
        PurchaseOrderLine.objects.filter(
            variant_id__in=wanted,
            received__lt=F("quantity"),
            purchase_order__state__in=lifecycle.AWAITED,
        )
        .values_list("variant_id", "purchase_order__warehouse_id")
        .annotate(units=Sum(F("quantity") - F("received")))
    )
    bought = Counter({(variant, warehouse): units for variant, warehouse, units in rows})
    return dict(bought + Counter(transfers.in_transit(wanted)))
