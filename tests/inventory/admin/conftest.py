"""One cup on one shelf, from one supplier, with one purchase order."""

from datetime import datetime
from decimal import Decimal

import pytest
from django.test import Client

from config.kernel.roles import Role
from inventory.models import (
    PurchaseOrder,
    StockLevel,
    Supplier,
    Variant,
    Warehouse,
)
from inventory.operations import catalog, counting, purchasing, receiving, reservations, stock
from inventory.operations.ledger import Document
from inventory.operations.purchasing import Wanted
from tests.builders import (
    a_stocked_variant,
    a_supplier,
    a_warehouse,
    an_offer,
)
from tests.inventory.admin.pages import someone


@pytest.fixture
def owner() -> Client:
    return someone(Role.OWNER)


@pytest.fixture
def warehouse() -> Warehouse:
    return a_warehouse("icheon", name="이천 물류센터")


@pytest.fixture
def supplier() -> Supplier:
    return a_supplier(code="dawon", name="다원 도예")


@pytest.fixture
def cup(warehouse: Warehouse, supplier: Supplier) -> Variant:
    cup = a_stocked_variant(10, warehouse, sku="CUP-WHITE", name="흰색")
    an_offer(cup, supplier, unit_cost=Decimal(4_500), lead_time_days=5)
    return cup


@pytest.fixture
def draft(cup: Variant, warehouse: Warehouse, supplier: Supplier, at: datetime) -> PurchaseOrder:
    return purchasing.draft(supplier_id=supplier.pk, warehouse_id=warehouse.pk, lines=[Wanted(cup.pk, 6)], actor=None, at=at)


@pytest.fixture
def sent(draft: PurchaseOrder, at: datetime) -> PurchaseOrder:
    purchasing.approve(number=draft.number, actor=None, at=at)
    return purchasing.send(number=draft.number, actor=None, at=at)


@pytest.fixture
def busy(cup: Variant, warehouse: Warehouse, sent: PurchaseOrder, at: datetime) -> None:
    """At least one row on every page."""
    reservations.reserve(document=Document("ORDER", "261121-000001"), demand={cup.pk: 2}, at=at)
    receiving.receive_goods(number=sent.number, delivery_note="DN-1", quantities={cup.sku: 2}, actor=None, at=at)
    counting.count(warehouse_id=warehouse.pk, lines=[(cup.pk, 12, 11)], note="월말", actor=None, at=at)
    catalog.change_price(variant_id=cup.pk, list_price=Decimal(13_000), reason="인상", actor=None, at=at)
    StockLevel.objects.update(on_hand=12)
    stock.audit(at=at, repair=True)
