"""Goods that arrive: what of a delivery goes to the shelf, what was wrong with it, and what becomes of that.

Damaged and wrong goods never enter the sellable stock. They are rows of their own until the supplier has them back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from config.kernel import shop
from config.kernel.errors import Conflict, Missing
from config.kernel.models import User
from config.kernel.money import Money
from inventory import lifecycle, locking, numbering
from inventory.lifecycle import Step
from inventory.models import (
    GoodsReceipt,
    GoodsReceiptLine,
    LandedCost,
    PurchaseOrder,
    PurchaseOrderLine,
    ReceiptDiscrepancy,
    StockMovement,
)
from inventory.operations import approving, catalog, costing, ledger, lotbook, purchase_steps
from inventory.operations.costing import Extra
from inventory.operations.ledger import Change, Document
from inventory.operations.lotbook import LotsUnnamed, LotUnits
from inventory.operations.purchase_steps import MOST_UNITS, PurchaseInvalid
from inventory.queries import lots as lot_queries
from inventory.queries import purchases

Kind, Outcome = ReceiptDiscrepancy.Kind, ReceiptDiscrepancy.Outcome
LONGEST_REASON = 200
LONGEST_ITEM = 100


class DeliveryNoteUsed(Conflict):
    """This delivery note was booked otherwise; `details` names the receipt, what differs, what it booked and what was sent."""

    code = "delivery_note_used"


class OverDelivery(PurchaseInvalid):
    """More came than the supplier's tolerance allows; `details` names the SKU and the most that is taken in unasked."""

    code = "over_delivery"


class SurplusNeedsApproval(Conflict):
    """What came beyond the supplier's tolerance is bought, too: who may not approve a purchase does not agree to it."""

    code = "surplus_needs_approval"
    status = 403


class UnknownDiscrepancy(Missing):
    code = "unknown_discrepancy"


class DiscrepancySettled(Conflict):
    code = "discrepancy_settled"


@dataclass(frozen=True)
class Gap:
    """Something wrong with a delivery. `sku` is of the order where it was ordered; else `item` says what came."""

    kind: str
    quantity: int
    reason: str
    sku: str = ""
    item: str = ""
    outcome: str = Outcome.NONE.value


@transaction.atomic
def receive_goods(
    *,
    number: str,
    delivery_note: str,
    quantities: Mapping[str, int],
    actor: User | None,
    at: datetime,
    gaps: Sequence[Gap] = (),
    extras: Sequence[Extra] = (),
    lots: Mapping[str, Sequence[LotUnits]] | None = None,
    accepts_surplus: bool = False,
) -> GoodsReceipt:
    """Puts a delivery on the shelf: sellable units by SKU, all or part of what was ordered, or more.

    `gaps` say what was wrong with it, `extras` what bringing it here cost. More than the supplier's tolerance allows is refused
    unless somebody `accepts_surplus` who may approve a purchase of so much. The same delivery note with the same quantities
    changes nothing and returns the first receipt, whatever the state: its `received_at` is not `at`. With other quantities or
    discrepancies it is refused, since they may be another parcel, and with costs that were not booked: nothing that is told
    is left out in silence.

    `lots` say, by SKU, of which lots the units are; SKUs that track lots need them, and no others may have them.
    """
    note = delivery_note.strip()
    if not note or len(note) > 64:
        raise PurchaseInvalid(
            _("Enter the number of the delivery note, at most 64 characters."), details={"field": "delivery_note"}
        )
    order = purchase_steps.locked(number)
    known = purchases.receipts().filter(purchase_order=order, delivery_note=note).first()
    if known is not None:
        _require_same(known, quantities, gaps, extras, lots or {})
        return known
    purchase_steps.require(order, Step.RECEIVED)
    by_sku = {line.variant.sku: line for line in purchase_steps.lines_of(order)}
    lines = _lines_received(by_sku, quantities, gaps)
    _require_sensible(gaps, by_sku)
    _require_lots(lines, lots or {}, at)
    surplus = {line: line.received + units - line.quantity for line, units in lines.items()}
    surplus = {line: units for line, units in surplus.items() if units > 0}
    if not accepts_surplus:
        _require_tolerated(order, surplus)
    elif actor is not None and (beyond := _beyond(order, surplus)):
        _require_agreed(order, surplus, beyond, actor)
    receipt = GoodsReceipt.objects.create(
        number=numbering.document_number(numbering.GOODS_RECEIPT, at),
        purchase_order=order,
        delivery_note=note,
        actor=actor,
        received_at=at,
    )
    booked = GoodsReceiptLine.objects.bulk_create(
        GoodsReceiptLine(receipt=receipt, line=line, quantity=units) for line, units in lines.items()
    )
    _write_gaps(receipt, gaps, by_sku, {line: min(units, lines[line]) for line, units in surplus.items()}, at)
    if lines:
        levels = locking.lock_levels((line.variant_id, order.warehouse_id) for line in lines)
        # In one order: whoever makes the same lots of two SKUs in another warehouse waits for the first to end.
        of_lots = {
            line: lotbook.named(
                levels[line.variant_id, order.warehouse_id], (lots or {}).get(line.variant.sku, ()), at=at, line=line
            )
            for line in sorted(lines, key=lambda one: one.variant_id)
        }
        ledger.post(
            kind=StockMovement.Kind.RECEIPT,
            document=Document("RECEIPT", receipt.number),
            changes=[
                Change(
                    levels[line.variant_id, order.warehouse_id], on_hand=units, unit_cost=line.unit_cost,
                    lots=of_lots[line],
                )
                for line, units in lines.items()
            ],
            actor=actor,
            at=at,
        )  # fmt: skip
        for line, units in lines.items():
            line.received += units
        PurchaseOrderLine.objects.bulk_update(lines, ["received"])
        costing.enter(receipt=receipt, lines=booked, at=at)
        costs = {line.variant_id: line.unit_cost for line in lines}
        catalog.change_costs(costs=costs, reason=receipt.number, actor=actor, at=at)
    for extra in extras:
        costing.book(receipt=receipt, extra=extra, actor=actor, at=at)
    tolerance = order.supplier.under_tolerance
    order.state = lifecycle.after_receipt(
        sum(lifecycle.still_missing(line.quantity, line.received, tolerance) for line in by_sku.values())
    )
    order.save(update_fields=["state"])
    over = {line.variant.sku: units for line, units in surplus.items()}
    told: dict[str, Any] = {"receipt": receipt.number, "units": sum(lines.values())}
    told |= {"too_many": over} if over else {}
    told |= {"gaps": [[gap.kind, gap.sku or gap.item, gap.quantity] for gap in gaps]} if gaps else {}
    purchase_steps.tell(order, Step.RECEIVED, actor, at, details=told)
    if lines:
        ledger.announce(at=at)
    return purchases.with_lines(receipt)


@transaction.atomic
def settle(*, discrepancy_id: int, settlement: str, actor: User | None, at: datetime) -> ReceiptDiscrepancy:
    """Notes what became of goods that lay aside for the supplier: sent back, credited, replaced."""
    found = ReceiptDiscrepancy.objects.select_for_update(no_key=True).filter(pk=discrepancy_id).first()
    if found is None:
        raise UnknownDiscrepancy(_("There is no such discrepancy."))
    if found.outcome != Outcome.RETURN or found.settled_at is not None:
        raise DiscrepancySettled(_("Nothing of it is left to settle."))
    settlement = settlement.strip()
    if not settlement or len(settlement) > LONGEST_REASON:
        raise PurchaseInvalid(
            _("Say how it was settled, in at most %(most)s characters.") % {"most": LONGEST_REASON},
            details={"field": "settlement"},
        )
    found.settled_at, found.settled_by, found.settlement = at, actor, settlement
    found.save(update_fields=["settled_at", "settled_by", "settlement"])
    return found


def _lines_received(
    by_sku: Mapping[str, PurchaseOrderLine], quantities: Mapping[str, int], gaps: Sequence[Gap]
) -> dict[PurchaseOrderLine, int]:
    if not quantities and not gaps:
        raise PurchaseInvalid(_("Enter what has come."), details={"field": "quantities"})
    for sku, units in quantities.items():
        _require_ordered(by_sku, sku, "quantities")
        _require_units(sku, units, "quantities")
    return {by_sku[sku]: units for sku, units in quantities.items()}


def _require_lots(lines: Mapping[PurchaseOrderLine, int], lots: Mapping[str, Sequence[LotUnits]], at: datetime) -> None:
    by_sku = {line.variant.sku: (line.variant, units) for line, units in lines.items()}
    for sku, told in lots.items():
        if told and (sku not in by_sku or not by_sku[sku][0].tracks_lots):
            raise PurchaseInvalid(
                _("%(sku)s tracks no lots, or none of it came.") % {"sku": sku}, details={"field": "lots", "sku": sku}
            )
    for sku, (variant, units) in by_sku.items():
        if variant.tracks_lots:
            if not lots.get(sku):
                raise LotsUnnamed(
                    _("%(sku)s tracks lots: say of which lots the units are.") % {"sku": sku},
                    details={"field": "lots", "sku": sku},
                )
            lotbook.require_sensible(sku, lots[sku], units, today=shop.day(at))


def _require_ordered(by_sku: Mapping[str, PurchaseOrderLine], sku: str, field: str) -> None:
    if sku not in by_sku:
        raise PurchaseInvalid(_("%(sku)s is not on this purchase order.") % {"sku": sku}, details={"field": field, "sku": sku})


def _require_units(sku: str, units: int, field: str) -> None:
    if not 1 <= units <= MOST_UNITS:
        raise PurchaseInvalid(
            _("The quantity of %(sku)s lies between 1 and %(most)s.") % {"sku": sku, "most": MOST_UNITS},
            details={"field": field, "sku": sku},
        )


def _require_sensible(gaps: Sequence[Gap], by_sku: Mapping[str, PurchaseOrderLine]) -> None:
    aside = {Kind.DAMAGED, Kind.WRONG}
    for gap in gaps:
        if gap.kind not in (Kind.SHORT, *aside):
            # What is too many is found by counting.
            raise PurchaseInvalid(_("There is no such discrepancy."), details={"field": "kind"})
        if gap.kind == Kind.WRONG:
            if gap.sku or not gap.item.strip() or len(gap.item.strip()) > LONGEST_ITEM:
                raise PurchaseInvalid(
                    _("Say what came though nobody ordered it, in at most %(most)s characters.") % {"most": LONGEST_ITEM},
                    details={"field": "item"},
                )
        else:
            _require_ordered(by_sku, gap.sku, "gaps")
        _require_units(gap.sku or gap.item, gap.quantity, "gaps")
        if (gap.kind in aside) != (gap.outcome in (Outcome.RETURN, Outcome.DISPOSE)):
            raise PurchaseInvalid(
                _("Damaged and wrong goods go back to the supplier or are written off."), details={"field": "outcome"}
            )
        if not gap.reason.strip() or len(gap.reason.strip()) > LONGEST_REASON:
            raise PurchaseInvalid(
                _("Say what was wrong, in at most %(most)s characters.") % {"most": LONGEST_REASON},
                details={"field": "reason"},
            )
    if len({(gap.kind, gap.sku, gap.item.strip()) for gap in gaps}) != len(gaps):
        raise PurchaseInvalid(_("Tell each discrepancy once."), details={"field": "gaps"})


def _beyond(order: PurchaseOrder, surplus: Mapping[PurchaseOrderLine, int]) -> dict[PurchaseOrderLine, int]:
    """Of lines of which more came than the supplier's tolerance allows, how many units are taken in all the same."""
    tolerance = order.supplier.over_tolerance
    if tolerance is None:
        return {}
    welcome = {line: lifecycle.surplus_welcome(line.quantity, tolerance) for line in surplus}
    return {line: welcome[line] for line, units in surplus.items() if units > welcome[line]}


def _require_tolerated(order: PurchaseOrder, surplus: Mapping[PurchaseOrderLine, int]) -> None:
    for line, welcome in _beyond(order, surplus).items():
        raise OverDelivery(
            _("%(units)s of %(sku)s are beyond the order; at most %(welcome)s are taken in. Send the rest back, or agree.")
            % {"units": f"{surplus[line]:,}", "sku": line.variant.sku, "welcome": f"{welcome:,}"},
            details={"field": "quantities", "sku": line.variant.sku, "surplus": surplus[line], "welcome": welcome},
        )


def _require_agreed(
    order: PurchaseOrder, surplus: Mapping[PurchaseOrderLine, int], beyond: Mapping[PurchaseOrderLine, int], actor: User
) -> None:
    """Agreeing to a surplus is approving a purchase: of the order, and of what comes on top."""
    if not actor.has_perm(approving.MAY_APPROVE):
        (line, welcome), *_others = beyond.items()
        raise SurplusNeedsApproval(
            _(
                "More than %(welcome)s units of %(sku)s beyond the order are taken in only by somebody who approves purchase "
                "orders. Book up to there and put the rest aside; they receive it with a delivery note of its own."
            )
            % {"sku": line.variant.sku, "welcome": f"{welcome:,}"},
            details={"field": "accepts_surplus", "sku": line.variant.sku, "welcome": welcome},
        )
    approving.require_within_limit(order, actor, on_top=sum((line.unit_cost * surplus[line] for line in beyond), Decimal(0)))


def _write_gaps(
    receipt: GoodsReceipt,
    gaps: Sequence[Gap],
    by_sku: Mapping[str, PurchaseOrderLine],
    surplus: Mapping[PurchaseOrderLine, int],
    at: datetime,
) -> None:
    rows = [
        ReceiptDiscrepancy(
            receipt=receipt,
            line=by_sku[gap.sku] if gap.sku else None,
            item=gap.item.strip(),
            kind=gap.kind,
            quantity=gap.quantity,
            outcome=gap.outcome,
            reason=gap.reason.strip(),
            found_at=at,
        )
        for gap in gaps
    ]
    rows += [
        ReceiptDiscrepancy(receipt=receipt, line=line, kind=Kind.OVER, quantity=units, found_at=at)
        for line, units in surplus.items()
    ]
    ReceiptDiscrepancy.objects.bulk_create(rows)


def _require_same(
    known: GoodsReceipt,
    quantities: Mapping[str, int],
    gaps: Sequence[Gap],
    extras: Sequence[Extra],
    lots: Mapping[str, Sequence[LotUnits]],
) -> None:
    """What is sent again must be what was booked. Costs may be left out: those that are told must be booked, to the won."""
    booked = dict(known.lines.order_by("pk").values_list("line__variant__sku", "quantity"))
    told = sorted([gap.kind, gap.sku or gap.item.strip(), gap.quantity, gap.outcome] for gap in gaps)
    kept = sorted(
        [one.kind, one.line.variant.sku if one.line else one.item, one.quantity, one.outcome]
        for one in known.discrepancies.select_related("line__variant")
        if one.kind != Kind.OVER
    )
    costs = {_cost_told(one) for one in extras}
    booked_costs = {_cost_told(one) for one in known.landed_costs.all()}
    told_lots = {sku: {one.code: one.quantity for one in units} for sku, units in lots.items() if units}
    booked_lots = lot_queries.of_receipt(known.number) if told_lots else {}
    told_dates = {
        f"{sku} {one.code}": one.expires_on.isoformat() for sku, units in lots.items() for one in units if one.expires_on
    }
    # A date that was corrected since was told as it stood on the note.
    booked_dates = lot_queries.dates_of_receipt(known.number) if told_dates else {}
    told_dates = {name: day for name, day in told_dates.items() if name in booked_dates}
    booked_dates = {name: booked_dates[name] for name in told_dates}
    differs = {
        "units": (booked != dict(quantities), booked, dict(quantities), _("units")),
        "gaps": (told != kept, kept, told, _("discrepancies")),
        "lots": (told_lots != booked_lots, booked_lots, told_lots, pgettext_lazy("stock", "lots")),
        "dates": (told_dates != booked_dates, booked_dates, told_dates, pgettext_lazy("lot", "dates of expiry")),
        "costs": (not costs <= booked_costs, sorted(booked_costs), sorted(costs), pgettext_lazy("landed cost", "costs")),
    }
    wrong = {name: one for name, one in differs.items() if one[0]}
    if not wrong:
        return
    details = {"receipt": known.number, "booked": booked, "sent": dict(quantities), "differs": list(wrong)}
    details |= {name: {"booked": was, "sent": now} for name, (_differs, was, now, _word) in wrong.items() if name != "units"}
    if "units" not in wrong:
        raise DeliveryNoteUsed(
            _(
                "Delivery note %(note)s was booked before as %(receipt)s, but not with these %(what)s: nothing is booked now. "
                "If this is another parcel, add something to the number of the note. Add costs at the goods receipt."
            )
            % {"note": known.delivery_note, "receipt": known.number, "what": ", ".join(str(one[3]) for one in wrong.values())},
            details=details,
        )
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
        details=details,
    )


def _cost_told(cost: Extra | LandedCost) -> tuple[str, str, str, str]:
    return str(cost.kind), cost.reference.strip(), Money(cost.amount, settings.SHOP_CURRENCY).as_text(), str(cost.basis)


def _units_told(quantities: Mapping[str, int]) -> str:
    return ", ".join(f"{sku} × {units}" for sku, units in quantities.items()) or "-"
