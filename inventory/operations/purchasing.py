"""The life of a purchase order, from draft to closed. Each step locks the order, leaves a line in its timeline, and says who.

What is allowed in which state is the table in inventory/lifecycle.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from config.kernel import shop, versions
from config.kernel.errors import Conflict, Invalid, Missing
from config.kernel.models import User
from config.kernel.money import Money
from inventory import lifecycle, locking, numbering
from inventory.lifecycle import Step
from inventory.models import (
    GoodsReceipt,
    GoodsReceiptLine,
    PurchaseOrder,
    PurchaseOrderEvent,
    PurchaseOrderLine,
    ReplenishmentProposal,
    StockMovement,
    Supplier,
    SupplierOffer,
    Variant,
    Warehouse,
)
from inventory.operations import approving, catalog, ledger
from inventory.operations.ledger import Change, Document
from inventory.queries import purchases
from inventory.queries.purchases import Missed

MOST_UNITS = 10_000_000
LONGEST_TEXT = 300
DAYS_MOST = 3650


class UnknownPurchaseOrder(Missing):
    code = "unknown_purchase_order"


class TransitionRefused(Conflict):
    """The purchase order's state does not allow the step; `details` names both."""

    code = "transition_refused"


class PurchaseInvalid(Invalid):
    """The lines, the supplier or the receipt do not make sense; `details` names the field, and the SKU where there is one."""

    code = "purchase_invalid"


class DeliveryNoteUsed(Conflict):
    """This delivery note was booked with other quantities; `details` names the receipt, what it booked and what was sent."""

    code = "delivery_note_used"


class TermsMissed(PurchaseInvalid):
    """Quantities the supplier does not sell. `details.lines` names SKU, MOQ, pack, and what could be ordered instead."""

    code = "supplier_terms_missed"


@dataclass(frozen=True)
class Wanted:
    """One line to buy. Without `unit_cost` the supplier's offer counts, and without an offer the SKU's last cost."""

    variant_id: int
    quantity: int
    unit_cost: Decimal | None = None


@transaction.atomic
def draft(
    *,
    supplier_id: int,
    warehouse_id: int,
    lines: Sequence[Wanted],
    actor: User | None,
    at: datetime,
    note: str = "",
    is_proposed: bool = False,
) -> PurchaseOrder:
    """Writes down what to buy from one supplier for one warehouse. Costs are kept as of now."""
    supplier = Supplier.objects.filter(pk=supplier_id).first()
    if supplier is None:
        raise PurchaseInvalid(_("There is no such supplier."), details={"field": "supplier"})
    if not Warehouse.objects.filter(pk=warehouse_id).exists():
        raise PurchaseInvalid(_("There is no such warehouse."), details={"field": "warehouse"})
    _require_buying(supplier)
    _require_short(note, "note")
    order = PurchaseOrder.objects.create(
        number=numbering.document_number(numbering.PURCHASE_ORDER, at),
        supplier=supplier,
        warehouse_id=warehouse_id,
        currency=settings.SHOP_CURRENCY,
        is_proposed=is_proposed,
        actor=actor,
        note=note.strip(),
        drafted_at=at,
    )
    _write_lines(order, lines)
    _tell(order, Step.DRAFTED, actor, at, details={"lines": len(lines)})
    return order


@transaction.atomic
def change_lines(
    *,
    number: str,
    lines: Sequence[Wanted],
    actor: User | None,
    at: datetime,
    reason: str = "",
    seen: str | None = None,
) -> PurchaseOrder:
    """Replaces what a draft asks for. A SKU that stays keeps its line, and with it the proposal it came from.

    `seen` is the version on the page where somebody wrote the lines: what the replenishment or somebody else put there
    meanwhile is not taken out unread.
    """
    order = _locked(number, Step.CHANGED)
    if seen is not None:
        versions.require_seen(now=purchases.version(order), seen=seen)
    before = _written(order)
    _write_lines(order, lines)
    after = _written(order)
    if before != after:
        _tell(order, Step.CHANGED, actor, at, reason=reason, details={"before": before, "after": after})
    return order


@transaction.atomic
def approve(*, number: str, actor: User | None, at: datetime, reason: str = "", by_itself: bool = False) -> PurchaseOrder:
    """Agrees to spend the money. The proposals it came from count as ordered.

    Lines below the MOQ or beside the packs of the supplier, and less than its minimum order value, are refused, unless a
    `reason` says that it sells them all the same. `by_itself` tells the timeline that nobody was asked, within the limits.
    """
    order = _locked(number, Step.APPROVED)
    _require_buying(order.supplier)
    if not order.lines.exists():
        raise PurchaseInvalid(_("A purchase order needs at least one line."), details={"field": "lines"})
    approving.require_within_limit(order, actor)
    missed = purchases.terms_missed(order=order)
    if missed and not reason.strip():
        raise TermsMissed(
            _("The supplier does not sell these quantities. %(lines)s Change the lines, or approve them with a reason.")
            % {"lines": " ".join(told_missed(one) for one in missed)},
            details={"field": "quantity", "lines": [asdict(one) for one in missed]},
        )
    below = approving.missing_to_minimum(order)
    if below and not reason.strip():
        raise TermsMissed(
            _("The supplier takes orders from %(minimum)s on; %(missing)s are missing. Add lines, or approve with a reason.")
            % {name: Money(amount, order.currency).as_text() for name, amount in below.items()},
            details={"field": "lines", **{name: Money(amount, order.currency).as_text() for name, amount in below.items()}},
        )
    order.state, order.approved_at, order.approved_by = PurchaseOrder.State.APPROVED, at, actor
    order.save(update_fields=["state", "approved_at", "approved_by"])
    _open_proposals(order).update(state=ReplenishmentProposal.State.ORDERED, decided_by=actor, decided_at=at)
    told: dict[str, Any] = {"terms_missed": {one.sku: one.quantity for one in missed}} if missed else {}
    told |= {"by_itself": True} if by_itself else {}
    _tell(order, Step.APPROVED, actor, at, reason=reason, details=told)
    return order


@transaction.atomic
def send(*, number: str, actor: User | None, at: datetime, expected_on: date | None = None) -> PurchaseOrder:
    """Notes that the supplier has it. Without `expected_on` the goods are expected after the longest lead time of its lines."""
    order = _locked(number, Step.SENT)
    today = shop.day(at)
    if expected_on is not None and not today <= expected_on <= today + timedelta(days=DAYS_MOST):
        raise PurchaseInvalid(_("Goods are expected today or later."), details={"field": "expected_on"})
    order.state, order.sent_at = PurchaseOrder.State.SENT, at
    order.expected_on = expected_on or today + timedelta(days=_lead_time(order))
    order.save(update_fields=["state", "sent_at", "expected_on"])
    _tell(order, Step.SENT, actor, at, details={"expected_on": order.expected_on.isoformat()})
    return order


@transaction.atomic
def receive_goods(
    *, number: str, delivery_note: str, quantities: Mapping[str, int], actor: User | None, at: datetime
) -> GoodsReceipt:
    """Puts a delivery on the shelf: units by SKU, all or part of what was ordered, or more.

    The same delivery note with the same quantities changes nothing and returns the first receipt, whatever the state: its
    `received_at` is not `at`. With other quantities it is refused, since they may be another parcel.
    """
    note = delivery_note.strip()
    if not note or len(note) > 64:
        raise PurchaseInvalid(
            _("Enter the number of the delivery note, at most 64 characters."), details={"field": "delivery_note"}
        )
    order = _locked(number)
    known = purchases.receipts().filter(purchase_order=order, delivery_note=note).first()
    if known is not None:
        _require_same(known, quantities)
        return known
    _require(order, Step.RECEIVED)
    lines = _lines_received(order, quantities)
    receipt = GoodsReceipt.objects.create(
        number=numbering.document_number(numbering.GOODS_RECEIPT, at),
        purchase_order=order,
        delivery_note=note,
        actor=actor,
        received_at=at,
    )
    GoodsReceiptLine.objects.bulk_create(
        GoodsReceiptLine(receipt=receipt, line=line, quantity=units) for line, units in lines.items()
    )
    levels = locking.lock_levels((line.variant_id, order.warehouse_id) for line in lines)
    ledger.post(
        kind=StockMovement.Kind.RECEIPT,
        document=Document("RECEIPT", receipt.number),
        changes=[
            Change(levels[line.variant_id, order.warehouse_id], on_hand=units, unit_cost=line.unit_cost)
            for line, units in lines.items()
        ],
        actor=actor,
        at=at,
    )
    for line, units in lines.items():
        line.received += units
    PurchaseOrderLine.objects.bulk_update(lines, ["received"])
    catalog.change_costs(costs={line.variant_id: line.unit_cost for line in lines}, reason=receipt.number, actor=actor, at=at)
    order.state = lifecycle.after_receipt(sum(line.outstanding for line in order.lines.all()))
    order.save(update_fields=["state"])
    over = {line.variant.sku: line.received - line.quantity for line in lines if line.received > line.quantity}
    _tell(
        order,
        Step.RECEIVED,
        actor,
        at,
        details={"receipt": receipt.number, "units": sum(lines.values())} | ({"too_many": over} if over else {}),
    )
    ledger.announce(at=at)
    return purchases.with_lines(receipt)


@transaction.atomic
def close(*, number: str, actor: User | None, at: datetime, reason: str = "") -> PurchaseOrder:
    """Settles it: what has not come will not come, and no longer counts as incoming."""
    order = _locked(number, Step.CLOSED)
    missing = {line.variant.sku: line.outstanding for line in _lines(order) if line.outstanding}
    if missing and not reason.strip():
        raise PurchaseInvalid(
            _("Not everything has come: say why you close it."), details={"field": "reason", "missing": missing}
        )
    order.state, order.closed_at = PurchaseOrder.State.CLOSED, at
    order.save(update_fields=["state", "closed_at"])
    _tell(order, Step.CLOSED, actor, at, reason=reason, details={"missing": missing} if missing else {})
    return order


@transaction.atomic
def cancel(*, number: str, reason: str, actor: User | None, at: datetime) -> PurchaseOrder:
    """Gives it up before anything has come. Open proposals it came from count as dismissed, for the same reason."""
    order = _locked(number, Step.CANCELED)
    if not reason.strip():
        raise PurchaseInvalid(_("Say why the purchase order is canceled."), details={"field": "reason"})
    _require_short(reason, "reason")
    order.state, order.closed_at = PurchaseOrder.State.CANCELED, at
    order.save(update_fields=["state", "closed_at"])
    _open_proposals(order).update(
        state=ReplenishmentProposal.State.DISMISSED, decided_by=actor, decided_at=at, reason=reason.strip()
    )
    _tell(order, Step.CANCELED, actor, at, reason=reason)
    return order


def told_missed(one: Missed) -> str:
    return _(
        "%(sku)s: %(quantity)s ordered, but the MOQ is %(minimum)s and a pack holds %(multiple)s; "
        "the next quantity is %(orderable)s."
    ) % {
        "sku": one.sku,
        "quantity": f"{one.quantity:,}",
        "minimum": f"{one.minimum_quantity:,}",
        "multiple": f"{one.order_multiple:,}",
        "orderable": f"{one.orderable:,}",
    }


def _locked(number: str, step: Step | None = None) -> PurchaseOrder:
    """The purchase order, locked before anything else is."""
    order = (
        PurchaseOrder.objects.select_for_update(of=("self",), no_key=True)
        .select_related("supplier")
        .filter(number=number)
        .first()
    )
    if order is None:
        raise UnknownPurchaseOrder(_("There is no purchase order %(number)s.") % {"number": number}, details={"number": number})
    if step is not None:
        _require(order, step)
    return order


def _require(order: PurchaseOrder, step: Step) -> None:
    if not lifecycle.allows(order.state, step):
        raise TransitionRefused(
            _("Purchase order %(number)s is “%(state)s”: this is not possible now.")
            % {"number": order.number, "state": order.get_state_display()},
            details={"number": order.number, "state": order.state, "step": step.value},
        )


def _require_buying(supplier: Supplier) -> None:
    if not supplier.is_active:
        raise PurchaseInvalid(
            _("Nothing is bought from %(supplier)s at present.") % {"supplier": supplier.name}, details={"field": "supplier"}
        )


def _lines(order: PurchaseOrder) -> list[PurchaseOrderLine]:
    return list(order.lines.select_related("variant").order_by("pk"))


def _written(order: PurchaseOrder) -> dict[str, str]:
    return {line.variant.sku: f"{line.quantity} x {line.unit_cost.normalize():f}" for line in _lines(order)}


def _write_lines(order: PurchaseOrder, lines: Sequence[Wanted]) -> None:
    wanted = {one.variant_id: one for one in lines}
    if not lines or len(wanted) != len(lines):
        raise PurchaseInvalid(_("Order each SKU once, and at least one."), details={"field": "lines"})
    skus = dict(Variant.objects.filter(pk__in=wanted).values_list("pk", "sku"))
    for one in lines:
        if one.variant_id not in skus:
            raise PurchaseInvalid(_("There is no such SKU."), details={"field": "lines", "variant": one.variant_id})
        if not 1 <= one.quantity <= MOST_UNITS:
            raise PurchaseInvalid(
                _("The quantity of %(sku)s lies between 1 and %(most)s.") % {"sku": skus[one.variant_id], "most": MOST_UNITS},
                details={"field": "quantity", "sku": skus[one.variant_id]},
            )
        if one.unit_cost is not None and not (one.unit_cost.is_finite() and 0 <= one.unit_cost < catalog.HIGHEST):
            raise PurchaseInvalid(
                _("The unit cost of %(sku)s is zero or more.") % {"sku": skus[one.variant_id]},
                details={"field": "unit_cost", "sku": skus[one.variant_id]},
            )
    costs = _costs(order, wanted)
    kept = {line.variant_id: line for line in order.lines.all()}
    order.lines.exclude(variant_id__in=wanted).delete()
    for variant_id, one in wanted.items():
        if variant_id in kept:
            kept[variant_id].quantity, kept[variant_id].unit_cost = one.quantity, costs[variant_id]
    stay = [line for variant_id, line in kept.items() if variant_id in wanted]
    PurchaseOrderLine.objects.bulk_update(stay, ["quantity", "unit_cost"])
    PurchaseOrderLine.objects.bulk_create(
        PurchaseOrderLine(purchase_order=order, variant_id=variant_id, quantity=one.quantity, unit_cost=costs[variant_id])
        for variant_id, one in wanted.items()
        if variant_id not in kept
    )


def _costs(order: PurchaseOrder, wanted: Mapping[int, Wanted]) -> dict[int, Decimal]:
    costs = dict(Variant.objects.filter(pk__in=wanted).values_list("pk", "cost"))
    offers = SupplierOffer.objects.filter(supplier_id=order.supplier_id, variant_id__in=wanted)
    costs |= dict(offers.values_list("variant_id", "unit_cost"))
    return costs | {pk: one.unit_cost for pk, one in wanted.items() if one.unit_cost is not None}


def _lead_time(order: PurchaseOrder) -> int:
    days = SupplierOffer.objects.filter(
        supplier_id=order.supplier_id, variant_id__in=order.lines.values("variant_id")
    ).values_list("lead_time_days", flat=True)
    return max(days, default=0)


def _lines_received(order: PurchaseOrder, quantities: Mapping[str, int]) -> dict[PurchaseOrderLine, int]:
    by_sku = {line.variant.sku: line for line in _lines(order)}
    if not quantities:
        raise PurchaseInvalid(_("Enter what has come."), details={"field": "quantities"})
    for sku, units in quantities.items():
        if sku not in by_sku:
            raise PurchaseInvalid(
                _("%(sku)s is not on this purchase order.") % {"sku": sku}, details={"field": "quantities", "sku": sku}
            )
        if not 1 <= units <= MOST_UNITS:
            raise PurchaseInvalid(
                _("The quantity of %(sku)s lies between 1 and %(most)s.") % {"sku": sku, "most": MOST_UNITS},
                details={"field": "quantities", "sku": sku},
            )
    return {by_sku[sku]: units for sku, units in quantities.items()}


def _require_same(known: GoodsReceipt, quantities: Mapping[str, int]) -> None:
    booked = dict(known.lines.order_by("pk").values_list("line__variant__sku", "quantity"))
    if booked == dict(quantities):
        return
    raise DeliveryNoteUsed(
        _(
            "Delivery note %(note)s was booked before as %(receipt)s with %(booked)s; now it says %(sent)s. "
            "If this is another parcel, add something to the number of the note."
        )
        % {
            "note": known.delivery_note,
            "receipt": known.number,
            "booked": _units_told(booked),
            "sent": _units_told(quantities),
        },
        details={"receipt": known.number, "booked": booked, "sent": dict(quantities)},
    )


def _units_told(quantities: Mapping[str, int]) -> str:
    return ", ".join(f"{sku} × {units}" for sku, units in quantities.items())


def _open_proposals(order: PurchaseOrder) -> Any:
    return ReplenishmentProposal.objects.filter(line__purchase_order=order, state=ReplenishmentProposal.State.OPEN)


def _require_short(text: str, field: str) -> None:
    if len(text.strip()) > LONGEST_TEXT:
        raise PurchaseInvalid(_("At most %(most)s characters, please.") % {"most": LONGEST_TEXT}, details={"field": field})


def _tell(
    order: PurchaseOrder,
    step: Step,
    actor: User | None,
    at: datetime,
    *,
    reason: str = "",
    details: Mapping[str, Any] | None = None,
) -> None:
    _require_short(reason, "reason")
    PurchaseOrderEvent.objects.create(
        purchase_order=order,
        kind=step.value,
        actor=actor,
        reason=reason.strip(),
        details=dict(details or {}),
        occurred_at=at,
    )
