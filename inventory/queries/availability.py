"""What can be promised: what lies there less what is promised, and what is on its way. Each answer costs one query."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import F, Sum

from inventory import lifecycle
from inventory.locking import Place
from inventory.models import Category, PurchaseOrderLine, StockLevel, Variant


@dataclass(frozen=True)
class Standing:
    """Units of one SKU in one warehouse, or in several together."""

    on_hand: int = 0
    reserved: int = 0

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved


@dataclass(frozen=True)
class Listed:
    """One SKU as the placing of an order needs it. `category_path` holds the category and all above it."""

    variant: Variant
    on_sale: bool
    category_path: frozenset[int]


def by_sku(skus: Iterable[str]) -> Mapping[str, Listed]:
    """The SKUs that exist, with product and categories loaded; the others are left out."""
    rows = Variant.objects.filter(sku__in=set(skus)).select_related("product__category__parent__parent")
    return {
        row.sku: Listed(row, row.is_active and row.product.is_active, frozenset(_path(row.product.category))) for row in rows
    }


def _path(category: Category) -> Iterable[int]:
    """At most three steps, each of them loaded: categories lie no deeper."""
    yield category.pk
    for _step in range(2):
        if category.parent is None:
            return
        category = category.parent
        yield category.pk


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
    """Units still outstanding on approved purchase orders, per SKU and warehouse."""
    rows = (
        PurchaseOrderLine.objects.filter(
            variant_id__in=set(variant_ids),
            received__lt=F("quantity"),
            purchase_order__state__in=lifecycle.AWAITED,
        )
        .values_list("variant_id", "purchase_order__warehouse_id")
        .annotate(units=Sum(F("quantity") - F("received")))
    )
    return {(variant, warehouse): units for variant, warehouse, units in rows}
