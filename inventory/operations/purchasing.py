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
from config.kernel.models import User
from config.kernel.money import Money, format_money
from inventory import lifecycle, locking, numbering
from inventory.lifecycle import Step
from inventory.models import (
    PurchaseOrder,
    PurchaseOrderLine,
    ReplenishmentProposal,
    Supplier,
    SupplierOffer,
    Variant,
    Warehouse,
)
from inventory.operations import approving, catalog
from inventory.operations.purchase_steps import MOST_UNITS, PurchaseInvalid
from inventory.operations.purchase_steps import lines_of as _lines
from inventory.operations.purchase_steps import locked as _locked
from inventory.operations.purchase_steps import require_short as _require_short
from inventory.operations.purchase_steps import tell as _tell
from inventory.queries import purchases
from inventory.queries.purchases import Missed

DAYS_MOST = 3650


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
            % {name: format_money(Money(amount, order.currency)) for name, amount in below.items()},
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
    order.promised_on = order.expected_on
    order.save(update_fields=["state", "sent_at", "expected_on", "promised_on"])
    _tell(order, Step.SENT, actor, at, details={"expected_on": order.expected_on.isoformat()})
    return order


@transaction.atomic
def close(*, number: str, actor: User | None, at: datetime, reason: str = "") -> PurchaseOrder:
    """Settles it: what has not come will not come, and no longer counts as incoming. What is short stays on record.

    Where more is missing than the supplier's tolerance allows, it needs a reason.
    """
    order = _locked(number, Step.CLOSED)
    missing = {line.variant.sku: line.outstanding for line in _lines(order) if line.outstanding}
    tolerance = order.supplier.under_tolerance
    must_come = any(lifecycle.still_missing(line.quantity, line.received, tolerance) for line in _lines(order))
    if must_come and not reason.strip():
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


def _require_buying(supplier: Supplier) -> None:
    if not supplier.is_active:
        raise PurchaseInvalid(
            _("Nothing is bought from %(supplier)s at present.") % {"supplier": supplier.name}, details={"field": "supplier"}
        )


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
    if kits := locking.kits_among(wanted):
        raise PurchaseInvalid(
            _("%(sku)s is a kit and lies nowhere: order its parts.") % {"sku": kits[0]},
            details={"field": "lines", "sku": kits[0]},
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


def _open_proposals(order: PurchaseOrder) -> Any:
    return ReplenishmentProposal.objects.filter(line__purchase_order=order, state=ReplenishmentProposal.State.OPEN)
