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
from orders.models import Order
from orders.operations import fulfilling, paying, placing
from orders.operations.placing import Buyer
from orders.queries import quoting

SHIP_TO = {"name": "김하늘", "phone": "010-0000-0001", "postal_code": "04524", "address": "서울특별시 중구 세종대로 110"}
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
    """In force around `at` unless told otherwise: ten percent off everything, or off the `products` and `categories` given."""
    products, categories = values.pop("products", ()), values.pop("categories", ())
    if products or categories:
        values.setdefault("covers", Promotion.Covers.CHOSEN)
    told = {"name": "겨울맞이", "benefit": Promotion.Benefit.PERCENT, "starts_at": at - timedelta(days=1)} | values
    if told["benefit"] == Promotion.Benefit.PERCENT:
        told.setdefault("percent", Decimal(10))
    promotion = Promotion.objects.create(**told)
    promotion.products.set(products)
    promotion.categories.set(categories)
    return promotion


def a_coupon(promotion: Promotion | None = None, **values: Any) -> Coupon:
    code = values.pop("code", f"CODE{next(_next)}")
    told = {"promotion": promotion or a_promotion(needs_coupon=True), "made_at": AT} | values
    return Coupon.objects.create(code=code, **told)


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


def a_placed_order(*wanted: tuple[Variant, int], at: datetime = AT, **values: Any) -> Order:
    """Placed as the storefront would, at whatever it costs."""
    lines = [(variant.sku, quantity) for variant, quantity in wanted] or [(a_stocked_variant().sku, 1)]
    customer: Buyer | None = values.pop("customer", None)
    codes = values.pop("codes", ())
    quote = quoting.quote(lines=lines, codes=codes, customer_external_id=customer.external_id if customer else None, at=at)
    told = {"channel": "web", "ship_to": SHIP_TO, "expected_total": quote.total, "actor": None} | values
    return placing.place_order(lines=lines, codes=codes, customer=customer, at=at, **told)


def a_paid_order(*wanted: tuple[Variant, int], at: datetime = AT, **values: Any) -> Order:
    order = a_placed_order(*wanted, at=at, **values)
    if order.state == Order.State.PLACED:
        paying.record_payment(
            number=order.number,
            provider="card",
            reference=f"pay-{order.number}",
            amount=order.total,
            paid_at=at,
            actor=None,
            at=at,
        )
    return Order.objects.get(pk=order.pk)


def a_shipped_order(*wanted: tuple[Variant, int], at: datetime = AT, **values: Any) -> Order:
    order = a_paid_order(*wanted, at=at, **values)
    fulfilling.ship(number=order.number, actor=None, at=at)
    return Order.objects.get(pk=order.pk)
