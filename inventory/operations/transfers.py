"""The life of a transfer order: drafted, shipped, received in one arrival or several, closed or canceled.

Shipping is not receiving. What has left one shelf and lies on no other is in transit and belongs to the order: for each line,
shipped = received + lost + in transit. Each step locks the order first and the stock levels last, leaves a line in its
timeline, and posts to the ledger under a document of its own: the order for what leaves, an arrival for what comes, a loss for
what never came.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from config.kernel import shop, versions
from config.kernel.errors import Conflict, Invalid, Missing
from config.kernel.models import User
from inventory import locking, numbering
from inventory import lots as lot_rules
from inventory.locking import Place
from inventory.models import (
    Lane,
    Lot,
    StockLevel,
    StockMovement,
    TransferEvent,
    TransferLine,
    TransferOrder,
    TransferProposal,
    TransferReceipt,
    TransferReceiptLine,
    Variant,
    Warehouse,
    WriteOffCause,
)
from inventory.operations import ledger, lotbook, reservations
from inventory.operations.ledger import Change, Document, InsufficientStock
from inventory.operations.lotbook import LotChange
from inventory.operations.stock import MOST_UNITS, StockMoved
from inventory.queries import transfers as queries

# What the documents of a transfer are called in the ledger.
OUT, ARRIVAL, LOSS = "TRANSFER", "TRANSFER_RECEIPT", "TRANSFER_LOSS"
LONGEST_REASON = 200
DAYS_MOST = 365
State = TransferOrder.State
Kind = StockMovement.Kind


class Step(StrEnum):
    """What one may do with a transfer order; each leaves an entry of that name in its timeline."""

    DRAFTED = "DRAFTED"
    CHANGED = "CHANGED"
    SHIPPED = "SHIPPED"
    RECEIVED = "RECEIVED"
    CLOSED = "CLOSED"
    CANCELED = "CANCELED"


_ALLOWED: Mapping[str, frozenset[Step]] = {
    "DRAFT": frozenset({Step.CHANGED, Step.SHIPPED, Step.CANCELED}),
    "SHIPPED": frozenset({Step.RECEIVED, Step.CLOSED}),
    "PARTLY_RECEIVED": frozenset({Step.RECEIVED, Step.CLOSED}),
    "RECEIVED": frozenset(),
    "CLOSED": frozenset(),
    "CANCELED": frozenset(),
}


class UnknownTransfer(Missing):
    code = "unknown_transfer"


class TransferRefused(Conflict):
    """The transfer order's state does not allow the step; `details` names both."""

    code = "transition_refused"


class TransferInvalid(Invalid):
    """The warehouses, lines or quantities do not make sense; `details` names the field, and the SKU where there is one."""

    code = "transfer_invalid"


class MoreThanShipped(TransferInvalid):
    """More units came than are in transit: the sender miscounted. `details.lines` names each SKU with both figures."""

    code = "more_than_shipped"


@dataclass(frozen=True)
class Wanted:
    variant_id: int
    quantity: int


def allows(state: str, step: Step) -> bool:
    return step in _ALLOWED[state]


@transaction.atomic
def draft(
    *,
    from_warehouse_id: int,
    to_warehouse_id: int,
    lines: Sequence[Wanted],
    reason: str,
    actor: User | None,
    at: datetime,
    is_proposed: bool = False,
) -> TransferOrder:
    """Writes down what shall go from one warehouse to another. No stock is touched."""
    order = _begin(from_warehouse_id, to_warehouse_id, reason, actor, at, is_proposed=is_proposed)
    _write_lines(order, lines)
    _tell(order, Step.DRAFTED, actor, at, details={"lines": len(lines)})
    return order


@transaction.atomic
def change_lines(
    *, number: str, lines: Sequence[Wanted], actor: User | None, at: datetime, seen: str | None = None
) -> TransferOrder:
    """Replaces what a draft says. `seen` is the version on the page where somebody wrote the lines."""
    order = _locked(number, Step.CHANGED)
    if seen is not None:
        versions.require_seen(now=queries.version(order), seen=seen)
    before = {line.variant.sku: line.quantity for line in _lines(order)}
    _write_lines(order, lines)
    after = {line.variant.sku: line.quantity for line in _lines(order)}
    if before != after:
        _tell(order, Step.CHANGED, actor, at, details={"before": before, "after": after})
    return order


@transaction.atomic
def ship(
    *,
    number: str,
    actor: User | None,
    at: datetime,
    quantities: Mapping[str, int] | None = None,
    expected_on: date | None = None,
) -> TransferOrder:
    """Takes the goods off the sender's shelf: all that was planned, or the units by SKU that `quantities` says.

    What is not shipped now does not go with this order. Without `expected_on` the goods are expected after the lane's days.
    """
    order = _locked(number, Step.SHIPPED)
    lines = _lines(order)
    units = _shipped(lines, quantities)
    today = shop.day(at)
    if expected_on is not None and not today <= expected_on <= today + timedelta(days=DAYS_MOST):
        raise TransferInvalid(_("Goods are expected today or later."), details={"field": "expected_on"})
    order.expected_on = expected_on or today + timedelta(days=_lane_days(order))
    levels = locking.lock_levels((line.variant_id, order.from_warehouse_id) for line in units)
    _send_off(order, units, levels, actor, at)
    ledger.announce(at=at)
    return order


@transaction.atomic
def receive(*, number: str, quantities: Mapping[str, int], actor: User | None, at: datetime) -> TransferReceipt:
    """Puts what arrived on the receiver's shelf: units by SKU, all or a part of what is in transit."""
    order = _locked(number, Step.RECEIVED)
    units = _arrived(order, quantities)
    levels = locking.lock_levels((line.variant_id, order.to_warehouse_id) for line in units)
    receipt = _take_in(order, units, levels, actor, at)
    ledger.announce(at=at)
    return queries.with_lines(receipt)


@transaction.atomic
def close(*, number: str, reason: str, actor: User | None, at: datetime) -> TransferOrder:
    """Settles it: what is still in transit will not come and is written off, for a reason, under a document of its own.

    In the ledger the lost units arrive and are written off in the same moment, so that what left is there to the unit and the
    loss stands among the write-offs.
    """
    order = _locked(number, Step.CLOSED)
    reason = _required(reason)
    lost = {line: line.in_transit for line in _lines(order) if line.in_transit}
    levels = locking.lock_levels((line.variant_id, order.to_warehouse_id) for line in lost)
    document = Document(LOSS, numbering.document_number(numbering.TRANSFER_LOSS, at))
    came = _arriving_lots(order, lost, levels, at)
    for kind, sign in ((Kind.TRANSFER_IN, 1), (Kind.WRITE_OFF, -1)):
        changes = [
            Change(
                levels[line.variant_id, order.to_warehouse_id], on_hand=sign * units, unit_cost=line.unit_cost,
                lots=[LotChange(one.stock, sign * one.quantity, sign * one.held) for one in came.get(line, ())],
            )
            for line, units in lost.items()
        ]  # fmt: skip
        cause = WriteOffCause.LOST if kind == Kind.WRITE_OFF else ""
        ledger.post(kind=kind, document=document, changes=changes, actor=actor, at=at, reason=reason, cause=cause)
    for line, units in lost.items():
        line.lost += units
    TransferLine.objects.bulk_update(lost, ["lost"])
    order.state, order.closed_at = State.CLOSED, at
    order.save(update_fields=["state", "closed_at"])
    told = {"loss": document.number, "lost": {line.variant.sku: units for line, units in lost.items()}}
    _tell(order, Step.CLOSED, actor, at, reason=reason, details=told)
    ledger.announce(at=at)
    return order


@transaction.atomic
def cancel(*, number: str, reason: str, actor: User | None, at: datetime) -> TransferOrder:
    """Gives it up before anything has left. The proposals it came from count as dismissed, for the same reason."""
    order = _locked(number, Step.CANCELED)
    reason = _required(reason)
    order.state, order.closed_at = State.CANCELED, at
    order.save(update_fields=["state", "closed_at"])
    order.proposals.filter(state=TransferProposal.State.ORDERED).update(
        state=TransferProposal.State.DISMISSED, reason=reason, decided_by=actor, decided_at=at
    )
    _tell(order, Step.CANCELED, actor, at, reason=reason)
    return order


@transaction.atomic
def move(
    *,
    variant_id: int,
    from_warehouse_id: int,
    to_warehouse_id: int,
    quantity: int,
    reason: str,
    actor: User | None,
    at: datetime,
    expected: int | None = None,
) -> TransferOrder:
    """Ships and receives in one deed, for goods that are carried across while one waits. Reserved units stay where they are.

    `expected` is what lay in the first warehouse when somebody decided on it: where units came or left since, it is refused.
    """
    order = _begin(from_warehouse_id, to_warehouse_id, reason, actor, at)
    _write_lines(order, [Wanted(variant_id, quantity)])
    _tell(order, Step.DRAFTED, actor, at, details={"lines": 1})
    units = {line: line.quantity for line in _lines(order)}
    source, target = (variant_id, from_warehouse_id), (variant_id, to_warehouse_id)
    levels = locking.lock_levels([source, target])
    there = levels[source].on_hand
    if expected is not None and there != expected:
        raise StockMoved(
            _("Units have come or left since you opened the page: %(before)s lay there, now it is %(now)s. Look once more.")
            % {"before": expected, "now": there},
            details={"expected": expected, "on_hand": there},
        )
    order.expected_on = shop.day(at)
    _send_off(order, units, levels, actor, at)
    _take_in(order, units, levels, actor, at)
    ledger.announce(at=at)
    return order


def _begin(
    from_warehouse_id: int, to_warehouse_id: int, reason: str, actor: User | None, at: datetime, *, is_proposed: bool = False
) -> TransferOrder:
    if from_warehouse_id == to_warehouse_id:
        raise TransferInvalid(_("Choose two different warehouses."), details={"field": "to_warehouse"})
    known = set(Warehouse.objects.filter(pk__in=[from_warehouse_id, to_warehouse_id]).values_list("pk", flat=True))
    for field, pk in (("from_warehouse", from_warehouse_id), ("to_warehouse", to_warehouse_id)):
        if pk not in known:
            raise TransferInvalid(_("There is no such warehouse."), details={"field": field})
    return TransferOrder.objects.create(
        number=numbering.document_number(numbering.TRANSFER, at),
        from_warehouse_id=from_warehouse_id,
        to_warehouse_id=to_warehouse_id,
        reason=_required(reason),
        is_proposed=is_proposed,
        actor=actor,
        drafted_at=at,
    )


def _locked(number: str, step: Step) -> TransferOrder:
    """The transfer order, locked before anything else is."""
    order = TransferOrder.objects.select_for_update(of=("self",), no_key=True).filter(number=number).first()
    if order is None:
        raise UnknownTransfer(_("There is no transfer order %(number)s.") % {"number": number}, details={"number": number})
    if not allows(order.state, step):
        raise TransferRefused(
            _("Transfer order %(number)s is “%(state)s”: this is not possible now.")
            % {"number": order.number, "state": order.get_state_display()},
            details={"number": order.number, "state": order.state, "step": step.value},
        )
    return order


def _lines(order: TransferOrder) -> list[TransferLine]:
    return list(order.lines.select_related("variant").order_by("pk"))


def _write_lines(order: TransferOrder, lines: Sequence[Wanted]) -> None:
    wanted = {one.variant_id: one.quantity for one in lines}
    if not lines or len(wanted) != len(lines):
        raise TransferInvalid(_("Move each SKU once, and at least one."), details={"field": "lines"})
    skus = dict(Variant.objects.filter(pk__in=wanted).values_list("pk", "sku"))
    for variant_id, quantity in wanted.items():
        if variant_id not in skus:
            raise TransferInvalid(_("There is no such SKU."), details={"field": "lines", "variant": variant_id})
        _require_units(quantity, skus[variant_id], least=1, most=MOST_UNITS)
    if kits := locking.kits_among(wanted):
        raise TransferInvalid(
            _("%(sku)s is a kit and lies nowhere: move its parts.") % {"sku": kits[0]},
            details={"field": "lines", "sku": kits[0]},
        )
    kept = {line.variant_id: line for line in order.lines.all()}
    order.lines.exclude(variant_id__in=wanted).delete()
    stay = [line for variant_id, line in kept.items() if variant_id in wanted]
    for line in stay:
        line.quantity = wanted[line.variant_id]
    TransferLine.objects.bulk_update(stay, ["quantity"])
    TransferLine.objects.bulk_create(
        TransferLine(transfer=order, variant_id=variant_id, quantity=quantity)
        for variant_id, quantity in wanted.items()
        if variant_id not in kept
    )


def _shipped(lines: Sequence[TransferLine], quantities: Mapping[str, int] | None) -> dict[TransferLine, int]:
    if quantities is None:
        return {line: line.quantity for line in lines}
    by_sku = _known(lines, quantities)
    for sku, number in quantities.items():
        _require_units(number, sku, least=0, most=by_sku[sku].quantity)
    units = {by_sku[sku]: number for sku, number in quantities.items() if number}
    if not units:
        raise TransferInvalid(_("Enter what leaves."), details={"field": "lines"})
    return units


def _arrived(order: TransferOrder, quantities: Mapping[str, int]) -> dict[TransferLine, int]:
    lines = _lines(order)
    by_sku = _known(lines, quantities)
    for sku, number in quantities.items():
        _require_units(number, sku, least=0, most=MOST_UNITS)
    units = {by_sku[sku]: number for sku, number in quantities.items() if number}
    if not units:
        raise TransferInvalid(_("Enter what has come."), details={"field": "lines"})
    beyond = {line: number for line, number in units.items() if number > line.in_transit}
    if beyond:
        line = next(iter(beyond))
        raise MoreThanShipped(
            _(
                "Only %(in_transit)s units of %(sku)s are in transit. If more came, the sender miscounted: receive what was "
                "shipped, and count the SKU in both warehouses."
            )
            % {"in_transit": line.in_transit, "sku": line.variant.sku},
            details={
                "field": "lines",
                "lines": [
                    {"sku": line.variant.sku, "in_transit": line.in_transit, "arrived": number}
                    for line, number in beyond.items()
                ],
            },
        )
    return units


def _known(lines: Sequence[TransferLine], quantities: Mapping[str, int]) -> dict[str, TransferLine]:
    by_sku = {line.variant.sku: line for line in lines}
    unknown = sorted(set(quantities) - set(by_sku))
    if unknown:
        raise TransferInvalid(
            _("%(sku)s is not on this transfer order.") % {"sku": unknown[0]}, details={"field": "lines", "skus": unknown}
        )
    return by_sku


def _send_off(
    order: TransferOrder,
    units: Mapping[TransferLine, int],
    levels: Mapping[Place, StockLevel],
    actor: User | None,
    at: datetime,
) -> None:
    """Off the sender's shelf, with the levels locked. Only what is not promised to orders may go."""
    here = {line: levels[line.variant_id, order.from_warehouse_id] for line in units}
    reservations.settle_lots(here.values(), at=at)
    short = [
        {"sku": line.variant.sku, "requested": number, "available": here[line].available}
        for line, number in units.items()
        if here[line].available < number
    ]
    if short:
        raise InsufficientStock(
            _("Only %(available)s units of %(sku)s can be taken.")
            % {"available": short[0]["available"], "sku": short[0]["sku"]},
            details={"lines": short},
        )
    stocks = lotbook.at_levels(here.values())
    for line, number in units.items():
        line.shipped, line.unit_cost = number, line.variant.cost
    ledger.post(
        kind=Kind.TRANSFER_OUT,
        document=Document(OUT, order.number),
        changes=[
            Change(
                here[line], on_hand=-number, unit_cost=line.unit_cost,
                lots=lotbook.taken(here[line], stocks.get(here[line].pk, ()), number, sellable_only=True),
            )
            for line, number in units.items()
        ],
        actor=actor,
        at=at,
        reason=order.reason,
    )  # fmt: skip
    TransferLine.objects.bulk_update(units, ["shipped", "unit_cost"])
    order.state, order.shipped_at = State.SHIPPED, at
    order.save(update_fields=["state", "shipped_at", "expected_on"])
    held = {line.variant.sku: line.quantity - number for line, number in units.items() if number < line.quantity}
    told: dict[str, Any] = {"units": sum(units.values()), "expected_on": order.expected_on.isoformat()}  # type: ignore[union-attr]
    _tell(order, Step.SHIPPED, actor, at, details=told | ({"held_back": held} if held else {}))


def _take_in(
    order: TransferOrder,
    units: Mapping[TransferLine, int],
    levels: Mapping[Place, StockLevel],
    actor: User | None,
    at: datetime,
) -> TransferReceipt:
    """Onto the receiver's shelf, with the levels locked."""
    receipt = TransferReceipt.objects.create(
        number=numbering.document_number(numbering.TRANSFER_RECEIPT, at), transfer=order, actor=actor, received_at=at
    )
    TransferReceiptLine.objects.bulk_create(
        TransferReceiptLine(receipt=receipt, line=line, quantity=number) for line, number in units.items()
    )
    lots = _arriving_lots(order, units, levels, at)
    ledger.post(
        kind=Kind.TRANSFER_IN,
        document=Document(ARRIVAL, receipt.number),
        changes=[
            Change(
                levels[line.variant_id, order.to_warehouse_id], on_hand=number, unit_cost=line.unit_cost,
                lots=lots.get(line, ()),
            )
            for line, number in units.items()
        ],
        actor=actor,
        at=at,
        reason=order.reason,
    )  # fmt: skip
    for line, number in units.items():
        line.received += number
    TransferLine.objects.bulk_update(units, ["received"])
    missing = sum(line.in_transit for line in order.lines.all())
    order.state = State.PARTLY_RECEIVED if missing else State.RECEIVED
    order.closed_at = None if missing else at
    order.save(update_fields=["state", "closed_at"])
    told = {"receipt": receipt.number, "units": sum(units.values())}
    _tell(order, Step.RECEIVED, actor, at, details=told | ({"in_transit": missing} if missing else {}))
    return receipt


def _arriving_lots(
    order: TransferOrder, units: Mapping[TransferLine, int], levels: Mapping[Place, StockLevel], at: datetime
) -> dict[TransferLine, list[LotChange]]:
    """Of which lots these units are: those that left and are still on their way, the first to expire first.

    What left before the SKU tracked lots goes to a lot that is blocked until somebody counts by lot.
    """
    with_lots = [line for line in units if levels[line.variant_id, order.to_warehouse_id].tracks_lots]
    if not with_lots:
        return {}
    variants = {line.variant_id for line in with_lots}
    left = lotbook.of_documents(OUT, [order.number], variants)
    came = lotbook.of_documents(ARRIVAL, order.receipts.values_list("number", flat=True), variants)
    found = {}
    # In one order: lots of unknown goods are made here, in another warehouse perhaps at the same moment.
    for line in sorted(with_lots, key=lambda one: one.variant_id):
        level = levels[line.variant_id, order.to_warehouse_id]
        under_way = {
            lot: -gone - came.get(line.variant_id, {}).get(lot, 0) for lot, gone in left.get(line.variant_id, {}).items()
        }
        known = lotbook.by_expiry(under_way)
        shares = lot_rules.returned(under_way, [one.pk for one in known], units[line])
        stocks = lotbook.opened(level, [one for one in known if one.pk in shares], at=at)
        found[line] = [lotbook.into(stocks[lot], part) for lot, part in shares.items()]
        if rest := units[line] - sum(shares.values()):
            found[line].append(lotbook.into(lotbook.unsorted(level, Lot.Origin.RETURNED, at=at), rest))
    return found


def _lane_days(order: TransferOrder) -> int:
    lane = Lane.objects.filter(from_warehouse=order.from_warehouse_id, to_warehouse=order.to_warehouse_id)
    return lane.values_list("days", flat=True).first() or 0


def _required(reason: str) -> str:
    reason = " ".join(reason.split())
    if not reason:
        raise TransferInvalid(_("Say why: whoever looks later wants to know."), details={"field": "reason"})
    if len(reason) > LONGEST_REASON:
        raise TransferInvalid(_("The reason is too long."), details={"field": "reason", "longest": LONGEST_REASON})
    return reason


def _require_units(units: int, sku: str, *, least: int, most: int) -> None:
    if not least <= units <= most:
        raise TransferInvalid(
            _("The quantity of %(sku)s lies between %(least)s and %(most)s.") % {"sku": sku, "least": least, "most": most},
            details={"field": "quantity", "sku": sku},
        )


def _tell(
    order: TransferOrder,
    step: Step,
    actor: User | None,
    at: datetime,
    *,
    reason: str = "",
    details: Mapping[str, Any] | None = None,
) -> None:
    TransferEvent.objects.create(
        transfer=order, kind=step.value, actor=actor, reason=reason, details=dict(details or {}), occurred_at=at
    )
