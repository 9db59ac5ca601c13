"""The terms that the plans of one run are made with, read at once: offers, breaks, lead times, classes, cost figures."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.db.models import DecimalField, F, Sum

from config.kernel import shop
from config.kernel.business_time import Period, day_period
from config.kernel.money import Money
from inventory import costing
from inventory.models import (
    LearnedLeadTime,
    Mode,
    PriceBreak,
    PurchaseOrder,
    PurchaseOrderLine,
    ReorderPolicy,
    ServiceClass,
    StockClass,
    StockingRules,
    SupplierOffer,
    Variant,
)
from inventory.order_days import OrderDays, order_days
from inventory.replenishment import Terms

# Without a class and without a word of staff: nineteen times of twenty.
USUAL_LEVEL = Decimal("0.95")
USUAL_MODE = Mode.APPROVE


class Source(StrEnum):
    """Who says what service is promised."""

    POLICY = "POLICY"  # staff, for this SKU in this warehouse
    CLASS = "CLASS"  # the table of classes
    USUAL = "USUAL"  # nobody yet


class Learned(StrEnum):
    """Where the lead time comes from."""

    OFFER = "OFFER"  # from deliveries of this SKU by this supplier
    SUPPLIER = "SUPPLIER"  # from its other deliveries, in proportion to the promise
    PROMISE = "PROMISE"  # nothing came yet: as promised


@dataclass(frozen=True, slots=True)
class Lead:
    mean: float
    deviation: float
    promised: int
    receipts: int
    source: Learned


@dataclass(frozen=True, slots=True)
class Service:
    level: Decimal
    mode: Mode
    source: Source
    name: str  # of the class, such as AX; empty where there is none


def rules() -> StockingRules:
    """What the shop reckons with; the usual figures where nobody has looked at them yet."""
    return StockingRules.objects.filter(pk=StockingRules.ONLY).first() or StockingRules(pk=StockingRules.ONLY)


class Book:
    """Read in a fixed number of statements. `variants` narrows what is read to these SKUs."""

    def __init__(self, at: datetime, variants: Collection[int] | None = None) -> None:
        self._local = at.astimezone(shop.zone())
        self._calendars: dict[int, OrderDays] = {}
        self.rules = rules()
        offers = SupplierOffer.objects.filter(is_preferred=True, supplier__is_active=True)
        classes = StockClass.objects.all()
        if variants is not None:
            offers, classes = offers.filter(variant__in=variants), classes.filter(variant__in=variants)
        self.offers = {offer.variant_id: offer for offer in offers.select_related("supplier")}
        self._classes = {
            (variant, warehouse): abc + xyz
            for variant, warehouse, abc, xyz in classes.values_list("variant", "warehouse", "abc", "xyz")
        }
        self._services = {f"{one.abc}{one.xyz}": one for one in ServiceClass.objects.all()}
        self._of_offers: dict[int, LearnedLeadTime] = {}
        self._of_suppliers: dict[int, LearnedLeadTime] = {}
        for learned in LearnedLeadTime.objects.all():
            if learned.offer_id is None:
                self._of_suppliers[learned.supplier_id] = learned
            else:
                self._of_offers[learned.offer_id] = learned
        self._breaks: defaultdict[int, list[tuple[int, Decimal]]] = defaultdict(list)
        breaks = PriceBreak.objects.filter(offer__is_preferred=True).order_by("from_quantity")
        for offer, quantity, cost in breaks.values_list("offer", "from_quantity", "unit_cost"):
            self._breaks[offer].append((quantity, cost))

    def service(self, policy: ReorderPolicy) -> Service:
        name = self._classes.get((policy.variant_id, policy.warehouse_id), "")
        promised = self._services.get(name)
        mode = Mode(policy.mode) if policy.mode else Mode(promised.mode) if promised else USUAL_MODE
        if policy.service_level is not None:
            return Service(policy.service_level, mode, Source.POLICY, name)
        if promised is not None:
            return Service(promised.service_level, mode, Source.CLASS, name)
        return Service(USUAL_LEVEL, mode, Source.USUAL, name)

    def lead(self, offer: SupplierOffer) -> Lead:
        promised = offer.lead_time_days
        own, whole = self._of_offers.get(offer.pk), self._of_suppliers.get(offer.supplier_id)
        if own is not None:
            return Lead(own.mean, own.deviation, promised, own.receipts, Learned.OFFER)
        if whole is not None and whole.promised > 0:
            scale = promised / whole.promised
            mean, deviation = round(whole.mean * scale, 1), round(whole.deviation * scale, 2)
            return Lead(mean, deviation, promised, whole.receipts, Learned.SUPPLIER)
        return Lead(promised, 0.0, promised, 0, Learned.PROMISE)

    def days(self, offer: SupplierOffer) -> OrderDays:
        supplier = offer.supplier
        if supplier.pk not in self._calendars:
            self._calendars[supplier.pk] = order_days(supplier.order_weekdays, supplier.order_cutoff, self._local)
        return self._calendars[supplier.pk]

    def prices(self, offer: SupplierOffer) -> list[tuple[int, Decimal]]:
        """What each unit costs from which quantity on, the smallest first."""
        return [(1, offer.unit_cost), *self._breaks.get(offer.pk, ())]

    def terms(self, policy: ReorderPolicy, offer: SupplierOffer, service: Service, lead: Lead) -> Terms:
        cost = float(offer.unit_cost)
        return Terms(
            lead_time_days=lead.mean,
            cover_days=policy.review_days,
            service_level=float(service.level),
            minimum_stock=policy.minimum_stock,
            maximum_stock=policy.maximum_stock,
            minimum_quantity=offer.minimum_quantity,
            order_multiple=offer.order_multiple,
            lead_time_deviation=lead.deviation,
            review_days=self.days(offer).review_days,
            lots=policy.form == ReorderPolicy.Form.LOTS,
            by_cost=policy.sizing == ReorderPolicy.Sizing.COSTS,
            unit_cost=cost,
            margin=margin(policy.variant, offer.unit_cost),
            holding_rate=float(self.rules.holding_rate),
            order_cost=float(self.rules.order_line_cost),
            breaks=[(quantity, float(cost)) for quantity, cost in self._breaks.get(offer.pk, ())],
        )


def margin(variant: Variant, cost: Decimal) -> float:
    """What a sold unit earns, for the rules of stocking; nothing where it is sold at a loss."""
    price = Money(variant.list_price, settings.SHOP_CURRENCY)
    return float(max(costing.margin(price, variant.product.tax_class, cost).amount, Decimal(0)))


def month_of(day: date) -> Period:
    """From the first of the month to the first of the next, in the shop's time."""
    zone = shop.zone()
    first = day.replace(day=1)
    after = (first + timedelta(days=32)).replace(day=1)
    return Period(day_period(first, zone).starts_at, day_period(after, zone).starts_at)


def amount_of(lines: Any) -> Decimal:
    """What these lines of purchase orders cost together."""
    total = Sum(F("quantity") * F("unit_cost"), output_field=DecimalField(max_digits=24, decimal_places=4))
    found: Decimal | None = lines.aggregate(total=total)["total"]
    return found or Decimal(0)


def spent(*, at: datetime) -> Decimal:
    """What purchase orders of this month cost together: approved ones, and drafts that staff wrote in it."""
    month = month_of(shop.day(at))
    lines = PurchaseOrderLine.objects.exclude(purchase_order__state=PurchaseOrder.State.CANCELED)
    approved = lines.filter(purchase_order__approved_at__gte=month.starts_at, purchase_order__approved_at__lt=month.ends_at)
    drafts = lines.filter(
        purchase_order__state=PurchaseOrder.State.DRAFT,
        purchase_order__is_proposed=False,
        purchase_order__drafted_at__gte=month.starts_at,
    )
    return amount_of(approved) + amount_of(drafts)
