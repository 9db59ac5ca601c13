"""What goods cost once they are here: the moving average of each SKU, and freight and duty that come with a delivery or later.

One average for all warehouses, and for what is on its way from one to another. Each step of it is a row that says what was
here, what was added, and what came out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.db.models import OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from config.kernel.errors import Conflict, Missing
from config.kernel.models import User
from config.kernel.money import Money, round_half_up
from inventory import costing
from inventory.costing import Arrived
from inventory.lifecycle import Step
from inventory.models import CostEntry, GoodsReceipt, GoodsReceiptLine, LandedCost, LandedCostShare, StockLevel, Variant
from inventory.operations import catalog, purchase_steps
from inventory.operations.purchase_steps import PurchaseInvalid
from inventory.queries import transfers


class UnknownReceipt(Missing):
    code = "unknown_receipt"


class InvoiceBooked(Conflict):
    """This invoice was booked for this delivery with another amount or shared out otherwise; `details` says how."""

    code = "invoice_booked"


@dataclass(frozen=True)
class Extra:
    """Freight, duty or another cost of a delivery. `reference` is the number of the invoice: it counts once."""

    kind: str
    amount: Decimal
    basis: str
    reference: str


@transaction.atomic
def add_cost(*, receipt: str, extra: Extra, actor: User | None, at: datetime) -> LandedCost:
    """Shares a landed cost out over the lines of a delivery, whenever its invoice comes.

    What falls on units that still lie here raises their average cost; what falls on those that have left is kept as a variance.
    The same invoice again changes nothing and answers the first booking.
    """
    found = GoodsReceipt.objects.filter(number=receipt).values_list("purchase_order__number", flat=True).first()
    if found is None:
        raise UnknownReceipt(_("There is no goods receipt %(number)s.") % {"number": receipt}, details={"number": receipt})
    order = purchase_steps.locked(found)
    goods = GoodsReceipt.objects.get(number=receipt)
    reference = extra.reference.strip()
    known = LandedCost.objects.filter(receipt=goods, kind=extra.kind, reference=reference).first()
    if known is not None:
        _require_same(known, extra)
        return known
    purchase_steps.require(order, Step.COSTED)
    booked = book(receipt=goods, extra=extra, actor=actor, at=at)
    told = {"landed_cost": extra.kind, "of_receipt": goods.number, "invoice": reference}
    purchase_steps.tell(order, Step.COSTED, actor, at, details=told)
    return booked


def enter(*, receipt: GoodsReceipt, lines: Sequence[GoodsReceiptLine], at: datetime) -> None:
    """Moves the averages by the units of a delivery, in the transaction that has put them on the shelf."""
    variants = _locked_variants(lines)
    averages, here = _averages(variants), _owned(variants)
    entries = []
    for one in lines:
        pk, cost = one.line.variant_id, one.line.unit_cost
        before = max(here[pk] - one.quantity, 0)
        value = cost * one.quantity
        entries.append(
            CostEntry(
                variant_id=pk,
                receipt=receipt,
                units_before=before,
                average_before=averages[pk],
                units=one.quantity,
                value=value,
                average=costing.moved(before, averages[pk], one.quantity, value),
                occurred_at=at,
            )
        )
    CostEntry.objects.bulk_create(entries)


def book(*, receipt: GoodsReceipt, extra: Extra, actor: User | None, at: datetime) -> LandedCost:
    """Books a new landed cost of a receipt whose purchase order is locked, in the present transaction."""
    lines = list(GoodsReceiptLine.objects.filter(receipt=receipt).select_related("line").order_by("line__variant_id"))
    _require_sense(extra, lines)
    variants = _locked_variants(lines)
    if extra.basis == LandedCost.Basis.WEIGHT:
        _require_weights(variants)
    averages, here = _averages(variants), _owned(variants)
    arrived = [
        Arrived(one.quantity, one.line.unit_cost, variants[one.line.variant_id].weight, here[one.line.variant_id])
        for one in lines
    ]
    shares = costing.shared(Money(extra.amount, settings.SHOP_CURRENCY), extra.basis, arrived)
    booked = LandedCost.objects.create(
        receipt=receipt,
        kind=extra.kind,
        basis=extra.basis,
        amount=extra.amount,
        reference=extra.reference.strip(),
        actor=actor,
        booked_at=at,
    )
    LandedCostShare.objects.bulk_create(
        LandedCostShare(landed_cost=booked, line=one, amount=share.amount, to_stock=share.to_stock, variance=share.variance)
        for one, share in zip(lines, shares, strict=True)
    )
    CostEntry.objects.bulk_create(
        CostEntry(
            variant_id=one.line.variant_id,
            receipt=receipt,
            landed_cost=booked,
            units_before=here[one.line.variant_id],
            average_before=averages[one.line.variant_id],
            units=0,
            value=share.to_stock,
            average=costing.moved(here[one.line.variant_id], averages[one.line.variant_id], 0, share.to_stock),
            occurred_at=at,
        )
        for one, share in zip(lines, shares, strict=True)
        if share.to_stock
    )
    return booked


def _locked_variants(lines: Sequence[GoodsReceiptLine]) -> dict[int, Variant]:
    """Whoever moves an average holds the SKU: two deliveries at once reckon one after the other."""
    wanted = {one.line.variant_id for one in lines}
    return Variant.objects.filter(pk__in=wanted).order_by("pk").select_for_update(no_key=True).in_bulk()


def _averages(variants: Mapping[int, Variant]) -> dict[int, Decimal]:
    """As they stand; a SKU that has none yet begins with its last known cost."""
    last = CostEntry.objects.filter(variant_id__in=variants).order_by("variant_id", "-id").distinct("variant_id")
    return {pk: variant.cost for pk, variant in variants.items()} | dict(last.values_list("variant_id", "average"))


def _owned(variants: Mapping[int, Variant]) -> dict[int, int]:
    """Units in all warehouses and between them, asked for once the SKUs are held: deliveries that came before are seen.

    One statement, hence one moment: what is shipped to another warehouse meanwhile is counted once.
    """
    shelves = StockLevel.objects.filter(variant=OuterRef("pk")).order_by().values("variant")
    moving = transfers.moving().filter(variant=OuterRef("pk")).order_by().values("variant")
    rows = Variant.objects.filter(pk__in=variants).values_list(
        "pk",
        Coalesce(Subquery(shelves.annotate(units=Sum("on_hand")).values("units")), 0)
        + Coalesce(Subquery(moving.annotate(units=Sum(transfers.IN_TRANSIT)).values("units")), 0),
    )
    return dict(rows)


def _require_sense(extra: Extra, lines: Sequence[GoodsReceiptLine]) -> None:
    if extra.kind not in LandedCost.Kind.values:
        raise PurchaseInvalid(_("There is no such kind of cost."), details={"field": "kind"})
    if extra.basis not in LandedCost.Basis.values:
        raise PurchaseInvalid(_("Costs are shared out by value, weight or quantity."), details={"field": "basis"})
    amount = extra.amount
    if not amount.is_finite() or not 0 < amount < catalog.HIGHEST or amount != round_half_up(amount, settings.SHOP_CURRENCY):
        raise PurchaseInvalid(_("Enter an amount above zero, in whole units of the currency."), details={"field": "amount"})
    if not extra.reference.strip() or len(extra.reference.strip()) > 64:
        raise PurchaseInvalid(_("Enter the number of the invoice, at most 64 characters."), details={"field": "reference"})
    if not lines:
        raise PurchaseInvalid(
            _("Nothing of this delivery is on the shelf: there are no goods to carry the cost."), details={"field": "amount"}
        )


def _require_weights(variants: Mapping[int, Variant]) -> None:
    unknown = sorted(one.sku for one in variants.values() if not one.weight)
    if unknown:
        raise PurchaseInvalid(
            _("These SKUs have no weight to share by: %(skus)s.") % {"skus": ", ".join(unknown)},
            details={"field": "basis", "skus": unknown},
        )


def _require_same(known: LandedCost, extra: Extra) -> None:
    if (known.amount, known.basis) != (extra.amount, extra.basis):
        raise InvoiceBooked(
            _("Invoice %(reference)s was booked before with %(amount)s.")
            % {"reference": known.reference, "amount": Money(known.amount, settings.SHOP_CURRENCY).as_text()},
            details={"reference": known.reference, "amount": str(known.amount), "basis": known.basis},
        )
