"""A shop's past, written in bulk: catalog, ledger, levels and reservations as the daily operations would have left them.

For the demo's seed and for imports. Nothing is announced here: whoever writes a past tells the apps above about its days.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from config.kernel import bulk
from config.kernel.errors import Invalid
from inventory import locking
from inventory.models import PriceChange, Product, Reservation, StockLevel, StockMovement, TaxClass, Variant
from inventory.operations import ledger
from inventory.operations.ledger import Change, Document

# How many offenders a refusal names.
MOST_NAMED = 20


class ImpossibleHistory(Invalid):
    """What is told cannot have happened; `details` names the SKU or the document, and the moment."""

    code = "impossible_history"


@dataclass(frozen=True, slots=True)
class PastVariant:
    sku: str
    name: str
    list_price: Decimal
    cost: Decimal = Decimal(0)
    barcode: str | None = None
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class PastProduct:
    name: str
    category_id: int
    variants: tuple[PastVariant, ...]
    created_at: datetime
    tax_class: str = TaxClass.STANDARD.value
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class PastPrice:
    """A list price that was changed. The catalog is written with the last one."""

    variant_id: int
    before: Decimal
    after: Decimal
    reason: str
    occurred_at: datetime
    actor_id: int | None = None


@dataclass(frozen=True, slots=True)
class PastMovement:
    """One signed entry of the ledger. The document is the receipt, parcel or count that caused it."""

    variant_id: int
    warehouse_id: int
    kind: str
    quantity: int
    document: Document
    occurred_at: datetime
    reason: str = ""
    unit_cost: Decimal | None = None
    actor_id: int | None = None
    cause: str = ""


@dataclass(frozen=True, slots=True)
class PastReservation:
    """Units once promised to a document. What was neither consumed nor released is still held."""

    document: Document
    variant_id: int
    warehouse_id: int
    quantity: int
    reserved_at: datetime
    consumed: int = 0
    released: int = 0
    expires_at: datetime | None = None
    expired: bool = False

    @property
    def held(self) -> int:
        return self.quantity - self.consumed - self.released

    @property
    def state(self) -> str:
        if self.held:
            return Reservation.State.ACTIVE.value
        if self.expired:
            return Reservation.State.EXPIRED.value
        return Reservation.State.RELEASED.value if self.released else Reservation.State.CONSUMED.value


@transaction.atomic
def write_catalog(*, products: Sequence[PastProduct]) -> Mapping[str, int]:
    """Writes products with their variants; answers the variants' ids by SKU."""
    bulk.unhurried()
    product_ids = bulk.take_ids(Product, len(products))
    bulk.copy(
        Product,
        ("id", "name", "category_id", "tax_class", "is_active", "created_at"),
        (
            (pk, one.name, one.category_id, one.tax_class, one.is_active, one.created_at)
            for pk, one in zip(product_ids, products, strict=True)
        ),
    )
    variants = [(pk, one) for pk, product in zip(product_ids, products, strict=True) for one in product.variants]
    variant_ids = bulk.take_ids(Variant, len(variants))
    bulk.copy(
        Variant,
        ("id", "product_id", "sku", "barcode", "name", "list_price", "cost", "is_active"),
        (
            (pk, product_id, one.sku, one.barcode, one.name, one.list_price, one.cost, one.is_active)
            for pk, (product_id, one) in zip(variant_ids, variants, strict=True)
        ),
    )
    return {one.sku: pk for pk, (_product, one) in zip(variant_ids, variants, strict=True)}


@transaction.atomic
def write_prices(*, changes: Sequence[PastPrice]) -> int:
    """Writes changes of list prices in order of time; the last one of each SKU must end at its price. Answers their number."""
    changes = sorted(changes, key=lambda one: one.occurred_at)
    shown = dict(Variant.objects.filter(pk__in={one.variant_id for one in changes}).values_list("pk", "list_price"))
    wrong = [pk for pk, last in {one.variant_id: one.after for one in changes}.items() if shown.get(pk) != last]
    if wrong:
        skus = _skus(wrong)
        raise ImpossibleHistory(
            _("The last price on record is not the price it has: %(sku)s.") % {"sku": skus.get(wrong[0], wrong[0])},
            details={"skus": sorted(skus.values())[:MOST_NAMED]},
        )
    PriceChange.objects.bulk_create(
        PriceChange(
            variant_id=one.variant_id, kind=PriceChange.Kind.LIST_PRICE, before=one.before, after=one.after,
            reason=one.reason, actor_id=one.actor_id, occurred_at=one.occurred_at,
        )
        for one in changes
    )  # fmt: skip
    return len(changes)


@transaction.atomic
def write_stock(*, movements: Sequence[PastMovement], reservations: Sequence[PastReservation] = ()) -> int:
    """Writes ledger entries in order of time, and reservations, and brings the levels to what they come to.

    The running balance starts at what lies there now; a history in which it falls below zero, or in which more stays
    held than lies there, is refused and nothing is written. Answers the number of entries.
    """
    bulk.unhurried()
    ordered = sorted(movements, key=lambda one: one.occurred_at)
    held: defaultdict[tuple[int, int], int] = defaultdict(int)
    for promise in reservations:
        if promise.held:
            held[promise.variant_id, promise.warehouse_id] += promise.held
    places = {(one.variant_id, one.warehouse_id) for one in ordered} | set(held)
    levels = locking.lock_levels(places)
    _refuse_lots(levels.values())
    before = {place: level.on_hand for place, level in levels.items()}
    after = _running(ordered, before)
    _refuse_overheld({place: after[place] - levels[place].reserved - held[place] for place in places})

    bulk.copy(
        StockMovement,
        (
            "variant_id", "warehouse_id", "kind", "quantity", "document_kind", "document_number", "reason", "actor_id",
            "unit_cost", "occurred_at", "cause",
        ),
        (
            (
                one.variant_id, one.warehouse_id, one.kind, one.quantity, one.document.kind, one.document.number, one.reason,
                one.actor_id, one.unit_cost, one.occurred_at, one.cause,
            )
            for one in ordered
        ),
    )  # fmt: skip
    bulk.copy(
        Reservation,
        (
            "document_kind", "document_number", "variant_id", "warehouse_id", "quantity", "consumed", "released", "state",
            "expires_at", "reserved_at",
        ),
        (
            (
                one.document.kind, one.document.number, one.variant_id, one.warehouse_id, one.quantity, one.consumed,
                one.released, one.state, one.expires_at, one.reserved_at,
            )
            for one in reservations
        ),
    )  # fmt: skip
    ledger.shift(
        [
            Change(levels[place], on_hand=after[place] - before[place], reserved=held[place])
            for place in sorted(places)
            if after[place] != before[place] or held[place]
        ]
    )
    return len(ordered)


def _refuse_lots(levels: Iterable[StockLevel]) -> None:
    """The past says nothing of lots: it is written before a SKU begins to track them."""
    skus = _skus(one.variant_id for one in levels if one.tracks_lots)
    if skus:
        raise ImpossibleHistory(
            _("%(sku)s tracks lots, and the past knows none. Import it before lots are tracked.") % {"sku": min(skus.values())},
            details={"skus": sorted(skus.values())[:MOST_NAMED]},
        )


def _running(ordered: Sequence[PastMovement], before: Mapping[tuple[int, int], int]) -> dict[tuple[int, int], int]:
    balance = dict(before)
    broken: dict[tuple[int, int], tuple[PastMovement, int]] = {}
    for one in ordered:
        place = one.variant_id, one.warehouse_id
        balance[place] += one.quantity
        if balance[place] < 0 and place not in broken:
            broken[place] = one, balance[place]
    if broken:
        skus = _skus(variant for variant, _warehouse in broken)
        raise ImpossibleHistory(
            _("More units left than were there: %(sku)s on %(moment)s.")
            % {"sku": skus[next(iter(broken))[0]], "moment": next(iter(broken.values()))[0].occurred_at.isoformat()},
            details={
                "lines": [
                    {
                        "sku": skus[one.variant_id],
                        "warehouse": one.warehouse_id,
                        "document": one.document.number,
                        "occurred_at": one.occurred_at.isoformat(),
                        "on_hand": left,
                    }
                    for one, left in list(broken.values())[:MOST_NAMED]
                ]
            },
        )
    return balance


def _refuse_overheld(free: Mapping[tuple[int, int], int]) -> None:
    broken = {place: left for place, left in free.items() if left < 0}
    if broken:
        skus = _skus(variant for variant, _warehouse in broken)
        raise ImpossibleHistory(
            _("More units are held than are there: %(sku)s.") % {"sku": skus[next(iter(broken))[0]]},
            details={
                "lines": [
                    {"sku": skus[variant], "warehouse": warehouse, "available": left}
                    for (variant, warehouse), left in list(broken.items())[:MOST_NAMED]
                ]
            },
        )


def _skus(variant_ids: Iterable[int]) -> dict[int, str]:
    return dict(Variant.objects.filter(pk__in=list(variant_ids)).values_list("pk", "sku"))
