"""Products by the codes that staff know them by."""

from collections.abc import Sequence

from inventory.models import Variant


def products_of(skus: Sequence[str]) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """The products that these SKUs belong to, and the SKUs that do not exist."""
    found = dict(Variant.objects.filter(sku__in=skus).values_list("sku", "product_id"))
    return tuple(sorted(set(found.values()))), tuple(sku for sku in dict.fromkeys(skus) if sku not in found)


def skus_of(products: Sequence[int]) -> list[str]:
    """One SKU for each product, its first."""
    rows = Variant.objects.filter(product__in=products).order_by("product_id", "pk").distinct("product_id")
    return sorted(rows.values_list("sku", flat=True))
