"""What lies in a kit, and which kits a SKU is a part of."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import QuerySet

from inventory.models import KitPart, Variant


@dataclass(frozen=True, slots=True)
class Part:
    """`quantity` units of this SKU lie in each unit of the kit."""

    variant_id: int
    sku: str
    name: str
    quantity: int
    list_price: Decimal
    cost: Decimal


def parts_of(kit_ids: Iterable[int]) -> Mapping[int, tuple[Part, ...]]:
    """By kit, its parts in the order of their SKUs. One query."""
    found: defaultdict[int, list[Part]] = defaultdict(list)
    rows = KitPart.objects.filter(kit__in=set(kit_ids)).select_related("part__product").order_by("kit_id", "part__sku")
    for row in rows:
        part = row.part
        name = f"{part.product.name} {part.name}".strip()
        found[row.kit_id].append(Part(part.pk, part.sku, name, row.quantity, part.list_price, part.cost))
    return {kit: tuple(parts) for kit, parts in found.items()}


def around(variant: Variant) -> tuple[QuerySet[KitPart], QuerySet[KitPart]]:
    """What lies in it, and the kits it lies in."""
    rows = KitPart.objects.select_related("kit__product", "part__product")
    return rows.filter(kit=variant).order_by("part__sku"), rows.filter(part=variant).order_by("kit__sku")
