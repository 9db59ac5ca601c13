"""What the goods on the shelves are worth, at the last known unit cost of each SKU, before tax."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import DecimalField, F, Sum

from inventory.models import StockLevel


@dataclass(frozen=True)
class Worth:
    warehouse_id: int
    warehouse: str
    units: int
    value: Decimal


def by_warehouse() -> list[Worth]:
    """One row for each warehouse that has anything, in the warehouses' order. One query."""
    rows = (
        StockLevel.objects.filter(on_hand__gt=0)
        .values("warehouse_id", "warehouse__name", "warehouse__priority")
        .annotate(
            units=Sum("on_hand"),
            value=Sum(F("on_hand") * F("variant__cost"), output_field=DecimalField(max_digits=24, decimal_places=4)),
        )
        .order_by("warehouse__priority", "warehouse_id")
    )
    return [Worth(row["warehouse_id"], row["warehouse__name"], row["units"], row["value"]) for row in rows]
