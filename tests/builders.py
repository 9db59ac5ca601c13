"""A small believable world for tests. What has a ledger is built through operations, so ledgers are always consistent."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.db import transaction

from campaigns.models import Coupon, Customer, Promotion
from inventory import locking
from inventory.models import (
    Category,
    Product,
    ReorderPolicy,
    StockMovement,
    Supplier,
    SupplierOffer,
    TaxClass,
    Variant,
    Warehouse,
)
from inventory.operations import ledger
from inventory.operations.ledger import Change, Document

AT = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)  # a Friday noon in Seoul

_next = count(1)


def a_category(name: str = "찻잔", parent: Category | None = None) -> Category:
    return Category.objects.create(name=name, code=f"category-{next(_next)}", parent=parent)


def a_product(category: Category | None = None, tax_class: str = TaxClass.STANDARD, **values: Any) -> Product:
    number = next(_next)
    return Product.objects.create(
        name=values.pop("name", f"백자 잔 {number}"), category=category or a_category(), tax_class=tax_class, **values
    )


def a_variant(product: Product | None = None, list_price: Any = 12_000, cost: Any = 5_000, **values: Any) -> Variant:
    sku = values.pop("sku", f"CUP-{next(_next):05}")
    return Variant.objects.create(
        product=product or a_product(), sku=sku, list_price=Decimal(list_price), cost=Decimal(cost), **values
    )


def a_warehouse(code: str = "", priority: int = 100, **values: Any) -> Warehouse:
    code = code or f"w{next(_next)}"
    return Warehouse.objects.create(code=code, name=values.pop("name", f"창고 {code}"), priority=priority, **values)


def stocked(variant: Variant, warehouse: Warehouse, quantity: int, at: datetime = AT) -> None:
    """Puts units on the shelf through the ledger."""
    with transaction.atomic():
        level = locking.lock_levels([(variant.pk, warehouse.pk)])[variant.pk, warehouse.pk]
        ledger.post(
            kind=StockMovement.Kind.ADJUSTMENT,
            document=Document("OPENING", f"T{next(_next)}"),
            changes=[Change(level, on_hand=quantity)],
            actor=None,
            at=at,
            reason="opening stock",
        )


def a_stocked_variant(quantity: int = 10, warehouse: Warehouse | None = None, **values: Any) -> Variant:
    variant = a_variant(**values)
    stocked(variant, warehouse or Warehouse.objects.order_by("priority").first() or a_warehouse(), quantity)
    return variant


def a_supplier(**values: Any) -> Supplier:
    code = values.pop("code", f"supplier-{next(_next)}")
    return Supplier.objects.create(code=code, name=values.pop("name", f"도예 {code}"), **values)


def an_offer(variant: Variant, supplier: Supplier | None = None, **values: Any) -> SupplierOffer:
    terms = {"unit_cost": variant.cost, "lead_time_days": 7, "minimum_quantity": 1, "order_multiple": 1} | values
    return SupplierOffer.objects.create(supplier=supplier or a_supplier(), variant=variant, **terms)


def a_customer(at: datetime = AT, **values: Any) -> Customer:
    external_id = values.pop("external_id", f"customer-{next(_next)}")
    return Customer.objects.create(external_id=external_id, created_at=at, **{"name": "김하늘"} | values)


def a_promotion(at: datetime = AT, **values: Any) -> Promotion:
    """In force around `at` unless told otherwise: ten percent off everything."""
    told = {"name": "겨울맞이", "benefit": Promotion.Benefit.PERCENT, "starts_at": at - timedelta(days=1)} | values
    if told["benefit"] == Promotion.Benefit.PERCENT:
        told.setdefault("percent", Decimal(10))
    return Promotion.objects.create(**told)


def a_coupon(promotion: Promotion | None = None, **values: Any) -> Coupon:
    code = values.pop("code", f"CODE{next(_next)}")
    return Coupon.objects.create(code=code, promotion=promotion or a_promotion(needs_coupon=True), **values)


def shipped(variant: Variant, warehouse: Warehouse, quantity: int, at: datetime) -> None:
    """Sends units to somebody through the ledger."""
    with transaction.atomic():
        level = locking.lock_levels([(variant.pk, warehouse.pk)])[variant.pk, warehouse.pk]
        ledger.post(
            kind=StockMovement.Kind.SHIPMENT,
            document=Document("SHIPMENT", f"T{next(_next)}"),
            changes=[Change(level, on_hand=-quantity)],
            actor=None,
            at=at,
        )


def a_policy(variant: Variant, warehouse: Warehouse, **values: Any) -> ReorderPolicy:
    return ReorderPolicy.objects.create(variant=variant, warehouse=warehouse, **values)
