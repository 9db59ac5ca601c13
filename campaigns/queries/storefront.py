"""What a storefront may show of the offers."""

from datetime import datetime

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet

from campaigns.models import Promotion
from campaigns.queries import promotions
from inventory.models import Variant


def in_force(*, at: datetime) -> QuerySet[Promotion]:
    """Promotions in force at `at`, with the SKUs of their chosen products. Three queries for a page, whatever its length."""
    chosen = Variant.objects.filter(
        product__in=Promotion.products.through.objects.filter(promotion=OuterRef(OuterRef("pk"))).values("product")
    )
    return (
        promotions.in_force(at)
        .select_related("segment")
        .prefetch_related("categories")
        .annotate(skus=ArraySubquery(chosen.order_by("sku").values("sku")))
    )
