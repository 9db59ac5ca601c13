"""What trends, with what can be bought of it at this moment."""

from typing import Any

from django.db.models import Exists, F, OuterRef, QuerySet

from analytics.models import TrendingProduct
from inventory.models import StockLevel


def ranked() -> QuerySet[Any]:
    """In the order of rank, each with `has_stock`: whether orders may take a unit of it right now."""
    units = StockLevel.objects.filter(variant=OuterRef("variant_id"), warehouse__is_active=True, on_hand__gt=F("reserved"))
    rows = TrendingProduct.objects.select_related("variant__product__category").annotate(has_stock=Exists(units))
    return rows.order_by("rank")


def for_sale() -> QuerySet[Any]:
    """Those a shop front can show: on sale, and not sold out."""
    return ranked().filter(variant__is_active=True, variant__product__is_active=True, has_stock=True)
