"""A purchase order of cups and plates that the supplier has, for the tests of what follows."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from inventory.models import PurchaseOrder, Variant
from inventory.operations import purchasing
from inventory.operations.purchasing import Wanted
from tests.builders import a_supplier, a_variant, a_warehouse


def a_sent_order(at: datetime, *, cups: int = 10, plates: int = 5, **supplier: Any) -> PurchaseOrder:
    """Ten cups at 4,000 and five plates at 12,000, unless something else is said."""
    order = purchasing.draft(
        supplier_id=a_supplier(**{"email": "orders@dawon.example.com"} | supplier).pk,
        warehouse_id=a_warehouse().pk,
        lines=[
            Wanted(a_variant(list_price=11_000, cost=5_000, weight=300).pk, cups, Decimal(4_000)),
            Wanted(a_variant(list_price=33_000, cost=12_000, weight=1_200).pk, plates, Decimal(12_000)),
        ],
        actor=None,
        at=at,
    )
    purchasing.approve(number=order.number, actor=None, at=at)
    return purchasing.send(number=order.number, actor=None, at=at)


def skus(order: PurchaseOrder) -> tuple[str, str]:
    cup, plate = order.lines.order_by("pk").values_list("variant__sku", flat=True)
    return cup, plate


def cup_of(order: PurchaseOrder) -> Variant:
    return order.lines.select_related("variant__product").order_by("pk")[0].variant
