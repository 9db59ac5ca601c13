"""What a unit of a SKU costs on average, how it came to that, and what is left of its list price."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import Coalesce

from config.kernel.money import Money
from inventory import costing
from inventory.costing import Margin
from inventory.models import CostEntry, KitPart, LandedCost, Variant

LAST = 8


@dataclass(frozen=True)
class Cost:
    """`average` is the last known cost while nothing was received; then `is_known` is False."""

    average: Decimal
    is_known: bool
    margin: Margin
    steps: Iterable[CostEntry]


def of_variant(variant: Variant) -> Cost:
    """One query for the steps; the product of the SKU must be loaded."""
    steps = list(CostEntry.objects.filter(variant=variant).select_related("receipt", "landed_cost").order_by("-id")[:LAST])
    average = steps[0].average if steps else variant.cost
    price = Money(variant.list_price, settings.SHOP_CURRENCY)
    return Cost(average, bool(steps), costing.margin(price, variant.product.tax_class, average), steps)


def of_kit(variant: Variant) -> Cost:
    """A kit is never received: it costs what its parts do. The product of the SKU must be loaded."""
    parts = KitPart.objects.filter(kit=variant).values_list("quantity", now("part"))
    average = sum((units * cost for units, cost in parts), Decimal(0))
    price = Money(variant.list_price, settings.SHOP_CURRENCY)
    return Cost(average, True, costing.margin(price, variant.product.tax_class, average), [])


def now(variant: str) -> Coalesce:
    """What a unit is valued at, as part of a query: the average, else the last known cost. `variant` is the way to the SKU."""
    last = CostEntry.objects.filter(variant=OuterRef(variant)).order_by("-id").values("average")[:1]
    return Coalesce(Subquery(last), F(f"{variant}__cost"))


def landed(receipt_id: int) -> list[LandedCost]:
    """The landed costs of a receipt with their shares by line."""
    return list(
        LandedCost.objects.filter(receipt_id=receipt_id)
        .select_related("actor")
        .prefetch_related("shares__line__line__variant")
        .order_by("pk")
    )
