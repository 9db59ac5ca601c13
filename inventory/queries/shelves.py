"""What staff see of the stock: levels with what is incoming, and what moved last."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from inventory.models import Category, PriceChange, Reservation, StockLevel, StockMovement, Variant
from inventory.queries import incoming

LAST = 12


def levels() -> QuerySet[StockLevel]:
    """Every level with SKU, product and warehouse loaded, and `incoming`: units outstanding on approved purchase orders, and
    those in transit from another warehouse.
    """
    return StockLevel.objects.select_related("variant__product", "warehouse").annotate(incoming=incoming.of_level())


@dataclass(frozen=True)
class Shelf:
    """One SKU in one warehouse."""

    warehouse: str
    level_id: int | None
    on_hand: int = 0
    reserved: int = 0
    incoming: int = 0

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved


@dataclass(frozen=True)
class Story:
    """What the page of a SKU shows beside its form."""

    shelves: list[Shelf]
    movements: Iterable[StockMovement]
    price_changes: Iterable[PriceChange]


def of_variant(variant: Variant) -> Story:
    """Where its units lie and come from, its last movements and its last prices. Four queries."""
    coming = {warehouse: units for (_variant, warehouse), units in incoming.agreed(variants=[variant.pk]).items()}
    rows = (
        StockLevel.objects.filter(variant=variant).select_related("warehouse").order_by("warehouse__priority", "warehouse_id")
    )
    return Story(
        [Shelf(one.warehouse.name, one.pk, one.on_hand, one.reserved, coming.get(one.warehouse_id, 0)) for one in rows],
        StockMovement.objects.filter(variant=variant)
        .select_related("warehouse", "actor")
        .order_by("-occurred_at", "-id")[:LAST],
        PriceChange.objects.filter(variant=variant).select_related("actor").order_by("-id")[:LAST],
    )


@dataclass(frozen=True)
class Standing:
    """What the page of one level shows: for whom units are held, and what moved last."""

    held: Iterable[Reservation]
    movements: Iterable[StockMovement]


def of_level(level: StockLevel) -> Standing:
    held = Reservation.objects.filter(
        variant_id=level.variant_id, warehouse_id=level.warehouse_id, state=Reservation.State.ACTIVE
    ).order_by("reserved_at", "id")
    moved = StockMovement.objects.filter(variant_id=level.variant_id, warehouse_id=level.warehouse_id).select_related("actor")
    return Standing(held[:50], moved.order_by("-occurred_at", "-id")[:LAST])


def below(category_id: int) -> list[int]:
    """The category and every category below it: at most three deep, so two steps find them all."""
    return list(
        Category.objects.filter(Q(pk=category_id) | Q(parent_id=category_id) | Q(parent__parent_id=category_id)).values_list(
            "pk", flat=True
        )
    )


def variants_called(term: str) -> list[int]:
    """Up to two hundred SKUs that begin with the term, for lists that are searched by SKU through an index."""
    return list(Variant.objects.filter(sku__istartswith=term).values_list("pk", flat=True)[:200])
