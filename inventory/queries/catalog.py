"""The catalog as it is listed: SKUs with what can be promised of each."""

from django.db.models import Case, Exists, F, IntegerField, Min, OuterRef, QuerySet, Subquery, Sum, When
from django.db.models.functions import Coalesce

from inventory.models import KitPart, StockLevel, Variant


def listed() -> QuerySet[Variant]:
    """Every SKU with product and category loaded, and `available`: units in all warehouses that serve orders.

    Of a kit there are as many as its scarcest part allows.
    """
    of_parts = (
        KitPart.objects.filter(kit=OuterRef("pk"))
        .order_by()
        .annotate(there=Coalesce(_units("part"), 0))
        .values("kit")
        .annotate(kits=Min(F("there") / F("quantity")))
        .values("kits")
    )
    return Variant.objects.select_related("product__category").annotate(
        is_kit=Exists(KitPart.objects.filter(kit=OuterRef("pk"))),
        available=Case(
            When(is_kit=True, then=Subquery(of_parts, output_field=IntegerField())),
            default=Coalesce(_units("pk"), 0),
            output_field=IntegerField(),
        ),
    )


def _units(variant: str) -> Subquery:
    return Subquery(
        StockLevel.objects.filter(variant=OuterRef(variant), warehouse__is_active=True)
        .order_by()
        .values("variant")
        .annotate(units=Sum(F("on_hand") - F("reserved")))
        .values("units"),
        output_field=IntegerField(),
    )
