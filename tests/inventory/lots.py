"""A SKU that tracks lots, what came of it, and what lies there."""

from datetime import date, datetime
from typing import Any

from inventory.models import Lot, LotLevel, PurchaseOrder, StockLevel, Variant, Warehouse
from inventory.operations import lots, purchasing, receiving
from inventory.operations.lotbook import LotUnits
from inventory.operations.purchasing import Wanted
from tests.builders import a_supplier, a_variant


def a_tea(at: datetime, **terms: Any) -> Variant:
    """Sold until three days before it expires, unless told otherwise."""
    told: dict[str, Any] = {"shelf_life_days": None, "sell_until_days": 3} | terms
    return lots.track(variant_id=a_variant(sku=told.pop("sku", "TEA")).pk, reason="식품", actor=None, at=at, **told)


def sent_order(tea: Variant, warehouse: Warehouse, at: datetime, units: int = 1000) -> PurchaseOrder:
    order = purchasing.draft(
        supplier_id=a_supplier().pk, warehouse_id=warehouse.pk, lines=[Wanted(tea.pk, units, tea.cost)], actor=None, at=at
    )
    purchasing.approve(number=order.number, reason="시험", actor=None, at=at)
    return purchasing.send(number=order.number, expected_on=None, actor=None, at=at)


def receive(order: PurchaseOrder, tea: Variant, note: str, at: datetime, **units: tuple[int, date | None]) -> None:
    """Lots by code: units and date."""
    receiving.receive_goods(
        number=order.number, delivery_note=note, actor=None, at=at, accepts_surplus=True,
        quantities={tea.sku: sum(number for number, _day in units.values())},
        lots={tea.sku: [LotUnits(code, number, day) for code, (number, day) in units.items()]},
    )  # fmt: skip


def lying(tea: Variant) -> dict[str, tuple[int, int]]:
    """Units and held units by lot."""
    rows = LotLevel.objects.filter(lot__variant=tea, quantity__gt=0).select_related("lot").order_by("lot__code")
    return {one.lot.code: (one.quantity, one.held) for one in rows}


def balance(tea: Variant) -> tuple[int, int]:
    """On hand and available."""
    level = StockLevel.objects.filter(variant=tea).order_by("-on_hand").first()
    assert level is not None
    return level.on_hand, level.available


def lot(code: str) -> Lot:
    return Lot.objects.get(code=code)
