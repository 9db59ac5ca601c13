"""Past purchases and stock counts, written in bulk. Each answers the ledger entries it causes, to be written with the rest.

Whoever calls these writes the entries with `history.write_stock` in the same transaction; a paper without its entries would
break the promise that the ledger explains every unit.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from config.kernel import bulk, shop
from config.kernel.business_time import business_day
from inventory import counting, lifecycle, numbering
from inventory.lifecycle import Step
from inventory.models import (
    GoodsReceipt,
    GoodsReceiptLine,
    PurchaseOrder,
    PurchaseOrderEvent,
    PurchaseOrderLine,
    StockCount,
    StockCountEntry,
    StockCountLine,
    StockMovement,
    Variant,
)
from inventory.operations.history import ImpossibleHistory, PastMovement
from inventory.operations.ledger import Document

NUMBERS = "inventory_document_number"


@dataclass(frozen=True, slots=True)
class PastPurchaseLine:
    variant_id: int
    quantity: int
    unit_cost: Decimal


@dataclass(frozen=True, slots=True)
class PastReceipt:
    """`units` is what came, by variant."""

    delivery_note: str
    received_at: datetime
    units: Mapping[int, int]
    actor_id: int | None = None


@dataclass(frozen=True, slots=True)
class PastPurchase:
    """How far it got is told by the moments that are filled."""

    supplier_id: int
    warehouse_id: int
    lines: tuple[PastPurchaseLine, ...]
    drafted_at: datetime
    approved_at: datetime | None = None
    sent_at: datetime | None = None
    expected_on: date | None = None
    receipts: tuple[PastReceipt, ...] = ()
    closed_at: datetime | None = None
    reason: str = ""
    note: str = ""
    actor_id: int | None = None


@dataclass(frozen=True, slots=True)
class PastCount:
    """`lines` are (variant, expected, counted); what differs corrects the ledger."""

    warehouse_id: int
    counted_at: datetime
    lines: tuple[tuple[int, int, int], ...]
    note: str = ""
    actor_id: int | None = None


@transaction.atomic
def write_purchases(*, purchases: Sequence[PastPurchase]) -> list[PastMovement]:
    """Writes purchase orders with their receipts and timelines; answers the entries the receipts cause."""
    zone = shop.zone()
    keys = iter(bulk.take_ids(PurchaseOrder, len(purchases)))
    line_keys = iter(bulk.take_ids(PurchaseOrderLine, sum(len(one.lines) for one in purchases)))
    receipts = sum(len(one.receipts) for one in purchases)
    receipt_keys = iter(bulk.take_ids(GoodsReceipt, receipts))
    running = iter(bulk.take_numbers(NUMBERS, len(purchases) + receipts))
    rows: defaultdict[type, list[tuple[Any, ...]]] = defaultdict(list)
    movements: list[PastMovement] = []

    def number(prefix: str, at: datetime) -> str:
        return f"{prefix}-{business_day(at, zone):%y%m%d}-{next(running):06}"

    for one in purchases:
        pk = next(keys)
        received: defaultdict[int, int] = defaultdict(int)
        own = number(numbering.PURCHASE_ORDER, one.drafted_at)
        lines = {line.variant_id: (next(line_keys), line) for line in one.lines}
        told = _steps(one)
        for receipt in one.receipts:
            receipt_key, name = next(receipt_keys), number(numbering.GOODS_RECEIPT, receipt.received_at)
            rows[GoodsReceipt].append(
                (receipt_key, name, pk, receipt.delivery_note, receipt.actor_id, receipt.received_at)
            )  # fmt: skip
            for variant_id, units in receipt.units.items():
                received[variant_id] += units
                line_key, line = lines[variant_id]
                rows[GoodsReceiptLine].append((receipt_key, line_key, units))
                movements.append(
                    PastMovement(
                        variant_id, one.warehouse_id, StockMovement.Kind.RECEIPT.value, units, Document("RECEIPT", name),
                        receipt.received_at, unit_cost=line.unit_cost, actor_id=receipt.actor_id,
                    )
                )  # fmt: skip
            details = {"receipt": name, "units": sum(receipt.units.values())}
            told.append((receipt.received_at, Step.RECEIVED, receipt.actor_id, "", details))
        outstanding = sum(max(line.quantity - received[line.variant_id], 0) for line in one.lines)
        rows[PurchaseOrder].append(
            (
                pk, own, one.supplier_id, one.warehouse_id, _state(one, outstanding), settings.SHOP_CURRENCY, one.actor_id,
                one.note, one.drafted_at, one.approved_at, one.actor_id if one.approved_at else None, one.sent_at,
                one.expected_on if one.sent_at else None, one.expected_on if one.sent_at else None, one.closed_at,
            )
        )  # fmt: skip
        rows[PurchaseOrderLine] += [
            (key, pk, variant_id, line.quantity, received[variant_id], line.unit_cost)
            for variant_id, (key, line) in lines.items()
        ]
        told.sort(key=lambda entry: entry[0])
        rows[PurchaseOrderEvent] += [
            (pk, step.value, actor_id, reason, json.dumps(details), at) for at, step, actor_id, reason, details in told
        ]

    for model, columns in _COLUMNS.items():
        bulk.copy(model, columns, rows[model])
    return movements


_COLUMNS: dict[type, tuple[str, ...]] = {
    PurchaseOrder: (
        "id", "number", "supplier_id", "warehouse_id", "state", "currency", "actor_id", "note", "drafted_at", "approved_at",
        "approved_by_id", "sent_at", "expected_on", "promised_on", "closed_at",
    ),
    PurchaseOrderLine: ("id", "purchase_order_id", "variant_id", "quantity", "received", "unit_cost"),
    GoodsReceipt: ("id", "number", "purchase_order_id", "delivery_note", "actor_id", "received_at"),
    GoodsReceiptLine: ("receipt_id", "line_id", "quantity"),
    PurchaseOrderEvent: ("purchase_order_id", "kind", "actor_id", "reason", "details", "occurred_at"),
}  # fmt: skip


def _steps(one: PastPurchase) -> list[tuple[datetime, Step, int | None, str, dict[str, Any]]]:
    told: list[tuple[datetime, Step, int | None, str, dict[str, Any]]] = [
        (one.drafted_at, Step.DRAFTED, one.actor_id, "", {"lines": len(one.lines)})
    ]
    if one.approved_at:
        told.append((one.approved_at, Step.APPROVED, one.actor_id, "", {}))
    if one.sent_at and one.expected_on:
        told.append((one.sent_at, Step.SENT, one.actor_id, "", {"expected_on": one.expected_on.isoformat()}))
    if one.closed_at:
        told.append((one.closed_at, Step.CLOSED if one.receipts else Step.CANCELED, one.actor_id, one.reason, {}))
    return told


def _state(one: PastPurchase, outstanding: int) -> str:
    states = PurchaseOrder.State
    if one.receipts and not one.sent_at:
        raise ImpossibleHistory(
            _("Goods came for a purchase order that was never sent."),
            details={"delivery_note": one.receipts[0].delivery_note},
        )
    if one.closed_at:
        return (states.CLOSED if one.receipts else states.CANCELED).value
    if one.receipts:
        return lifecycle.after_receipt(outstanding)
    if one.sent_at:
        return states.SENT.value
    return (states.APPROVED if one.approved_at else states.DRAFT).value


@transaction.atomic
def write_counts(*, counts: Sequence[PastCount]) -> list[PastMovement]:
    """Writes stock counts; answers the corrections they cause."""
    zone = shop.zone()
    keys = bulk.take_ids(StockCount, len(counts))
    line_keys = iter(bulk.take_ids(StockCountLine, sum(len(one.lines) for one in counts)))
    running = bulk.take_numbers(NUMBERS, len(counts))
    costs = dict(Variant.objects.values_list("pk", "cost"))
    units, value = settings.STOCK_COUNT_TOLERANCE_UNITS, settings.STOCK_COUNT_TOLERANCE_VALUE
    heads, lines, entries, movements = [], [], [], []
    for pk, count, one in zip(keys, running, counts, strict=True):
        number = f"{numbering.STOCK_COUNT}-{business_day(one.counted_at, zone):%y%m%d}-{count:06}"
        heads.append(
            (pk, number, one.warehouse_id, StockCount.State.POSTED.value, StockCount.Basis.QUICK.value, "", False, 1,
             one.counted_at, one.counted_at, one.actor_id, one.note, units, value, one.counted_at, one.actor_id, "")
        )  # fmt: skip
        for variant_id, expected, counted in one.lines:
            line, cost = next(line_keys), costs[variant_id]
            beyond = counting.differs(expected=expected, counted=counted, unit_cost=cost, units=units, value=value)
            doubt = StockCountLine.Doubt.DIFFERS.value if beyond else ""
            lines.append(
                (line, pk, variant_id, expected, counted, one.counted_at, 1, 1, doubt, 0, 0, 0, cost, False)
            )  # fmt: skip
            entries.append((line, 1, expected, counted, 0, one.actor_id, one.counted_at))
            if counted != expected:
                movements.append(
                    PastMovement(
                        variant_id, one.warehouse_id, StockMovement.Kind.ADJUSTMENT.value, counted - expected,
                        Document("COUNT", number), one.counted_at, reason=one.note, actor_id=one.actor_id,
                    )
                )  # fmt: skip
    bulk.copy(
        StockCount,
        ("id", "number", "warehouse_id", "state", "basis", "scope", "is_blind", "round", "opened_at", "counted_at",
         "actor_id", "note", "tolerance_units", "tolerance_value", "decided_at", "decided_by_id", "reason"),
        heads,
    )  # fmt: skip
    bulk.copy(
        StockCountLine,
        ("id", "count_id", "variant_id", "expected", "counted", "counted_at", "round", "asked_round", "doubt", "mark",
         "moved_while", "moved_since", "unit_cost", "was_unexpected"),
        lines,
    )  # fmt: skip
    told = ("line_id", "round", "expected", "counted", "moved_while", "actor_id", "entered_at")
    bulk.copy(StockCountEntry, told, entries)
    return movements
