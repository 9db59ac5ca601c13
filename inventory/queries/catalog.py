"""The catalog as it is listed: SKUs with what can be promised of each."""

from django.db.models import F, IntegerField, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from inventory.models import StockLevel, Variant


def listed() -> QuerySet[Variant]:
    """Every SKU with product and category loaded, and `available`: units in all warehouses that serve orders."""
    units = (
        StockLevel.objects.filter(variant=OuterRef("pk"), warehouse__is_active=True)
        .order_by()
        .values("variant")
        .annotate(units=Sum(F("on_hand") - F("reserved")))
        .values("units")
    )
    return Variant.objects.select_related("product__category").annotate(
        available=Coalesce(Subquery(units, output_field=IntegerField()), 0)
    )
