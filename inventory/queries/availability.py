"""What the placing of an order has to know of the SKUs it names, in one query."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection


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
