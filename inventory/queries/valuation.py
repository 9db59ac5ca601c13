"""What the goods on the shelves are worth, at the last known unit cost of each SKU, before tax."""

from django.db.models import DecimalField, F, QuerySet, Sum, Value
from django.db.models.functions import Coalesce

from inventory.models import Warehouse

_AMOUNT: DecimalField = DecimalField(max_digits=24, decimal_places=4)  # type: ignore[type-arg]


def warehouses() -> QuerySet[Warehouse]:
    """Every warehouse with the `units` that lie there and their `value` at cost. One query."""
    worth = Sum(F("levels__on_hand") * F("levels__variant__cost"), output_field=_AMOUNT)
    return Warehouse.objects.annotate(
        units=Coalesce(Sum("levels__on_hand"), 0), value=Coalesce(worth, Value(0), output_field=_AMOUNT)
    )
