"""Which SKUs a counter wants to see, and what the system believes lies there."""

from collections.abc import Collection
from dataclasses import dataclass

from inventory.models import StockLevel, Variant
from inventory.queries import shelves

# More lines than one person counts before something moves.
MOST = 200


@dataclass(frozen=True)
class Line:
    """`expected` is the quantity on the counter's screen, against which the count is compared later."""

    variant: Variant
    expected: int
    reserved: int


def by_sku(skus: Collection[str]) -> tuple[list[int], list[str]]:
    """The ids of these SKUs in the order given, and the codes that do not exist."""
    known = dict(Variant.objects.filter(sku__in=skus).values_list("sku", "pk"))
    return [known[sku] for sku in skus if sku in known], [sku for sku in skus if sku not in known]


def in_category(*, category_id: int, warehouse_id: int) -> list[int]:
    """SKUs of the category and of those below it that ever lay in the warehouse; `MOST` + 1 of them tell of more."""
    return list(
        StockLevel.objects.filter(warehouse_id=warehouse_id, variant__product__category__in=shelves.below(category_id))
        .order_by("variant__sku")
        .values_list("variant_id", flat=True)[: MOST + 1]
    )


def lines(*, warehouse_id: int, variant_ids: Collection[int]) -> list[Line]:
    """One line for each SKU, in the order given; what never lay there is expected to be none."""
    variants = Variant.objects.select_related("product").in_bulk(variant_ids)
    levels = {one.variant_id: one for one in StockLevel.objects.filter(warehouse_id=warehouse_id, variant_id__in=variant_ids)}
    empty = StockLevel()
    return [
        Line(variants[pk], levels.get(pk, empty).on_hand, levels.get(pk, empty).reserved)
        for pk in variant_ids
        if pk in variants
    ]
