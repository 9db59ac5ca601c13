"""How suppliers delivered in the last twelve months, in two statements for all; the rule is inventory/scoring.py."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection

from config.kernel import shop
from inventory import lifecycle, scoring
from inventory.models import PurchaseOrder, Supplier
from inventory.scoring import Delivered, Priced, Score

DAYS = 365
# A purchase order has come when this part of its units has: a few units ahead of the parcel are of no use.
USEFUL_SHARE = 0.5
# So many purchase orders stand on the page of a supplier; the score counts all.
SHOWN = 50
_SETTLED = [state for state in PurchaseOrder.State.values if not lifecycle.allows(state, lifecycle.Step.RECEIVED)]


@dataclass(frozen=True)
class Delivery:
    """One purchase order behind a score, and the first of its receipts."""

    order_id: int
    number: str
    sent_on: date
    went: Delivered
    is_decided: bool
    receipts: list[tuple[int, str]]

    @property
    def on_time(self) -> float | None:
        return self.went.in_time / self.went.ordered if self.went.ordered else None


_DELIVERED = """
    WITH purchase AS (
        SELECT id, number, supplier_id, state, sent_at, (sent_at AT TIME ZONE %(zone)s)::date AS sent_on,
               COALESCE(promised_on, expected_on, (sent_at AT TIME ZONE %(zone)s)::date) AS promised_on
        FROM inventory_purchaseorder
        WHERE sent_at >= %(since)s AND sent_at <= %(until)s AND state <> 'CANCELED'
          AND (%(supplier)s::bigint IS NULL OR supplier_id = %(supplier)s)
    ), part AS (
        SELECT line.purchase_order_id, line.id AS line_id, part.quantity, receipt.received_at,
               (receipt.received_at AT TIME ZONE %(zone)s)::date AS came_on
        FROM purchase
        JOIN inventory_purchaseorderline AS line ON line.purchase_order_id = purchase.id
        JOIN inventory_goodsreceiptline AS part ON part.line_id = line.id
        JOIN inventory_goodsreceipt AS receipt ON receipt.id = part.receipt_id
    ), line AS (
        SELECT line.purchase_order_id, line.quantity AS ordered,
               LEAST(line.quantity, COALESCE(SUM(part.quantity), 0)) AS good,
               LEAST(line.quantity, COALESCE(
                   SUM(part.quantity) FILTER (WHERE part.came_on <= purchase.promised_on), 0)) AS in_time
        FROM purchase
        JOIN inventory_purchaseorderline AS line ON line.purchase_order_id = purchase.id
        LEFT JOIN part ON part.line_id = line.id
        GROUP BY line.id, line.purchase_order_id, line.quantity
    ), whole AS (
        SELECT purchase_order_id, SUM(ordered)::int AS ordered, SUM(good)::int AS good, SUM(in_time)::int AS in_time
        FROM line GROUP BY 1
    ), running AS (
        SELECT purchase_order_id, came_on,
               SUM(quantity) OVER (PARTITION BY purchase_order_id ORDER BY received_at, line_id) AS units
        FROM part
    ), useful AS (
        SELECT running.purchase_order_id, MIN(running.came_on) AS came_on
        FROM running JOIN whole ON whole.purchase_order_id = running.purchase_order_id
        WHERE running.units >= whole.ordered * %(useful)s
        GROUP BY 1
    ), wrong AS (
        SELECT receipt.purchase_order_id,
               SUM(gap.quantity) FILTER (WHERE gap.kind = 'DAMAGED')::int AS damaged,
               SUM(gap.quantity) FILTER (WHERE gap.kind = 'WRONG')::int AS wrong,
               SUM(gap.quantity) FILTER (WHERE gap.kind = 'SHORT')::int AS short
        FROM purchase
        JOIN inventory_goodsreceipt AS receipt ON receipt.purchase_order_id = purchase.id
        JOIN inventory_receiptdiscrepancy AS gap ON gap.receipt_id = receipt.id
        GROUP BY 1
    )
    SELECT purchase.supplier_id, purchase.id, purchase.number, purchase.sent_on, purchase.promised_on,
           purchase.state = ANY(%(settled)s), whole.ordered, whole.good, whole.in_time,
           COALESCE(wrong.damaged, 0), COALESCE(wrong.wrong, 0), COALESCE(wrong.short, 0),
           useful.came_on - purchase.sent_on, purchase.promised_on - purchase.sent_on
    FROM purchase
    JOIN whole ON whole.purchase_order_id = purchase.id
    LEFT JOIN useful ON useful.purchase_order_id = purchase.id
    LEFT JOIN wrong ON wrong.purchase_order_id = purchase.id
    ORDER BY purchase.sent_at DESC, purchase.id DESC
"""

_PRICED = """
    SELECT purchase.supplier_id,
           (array_agg(line.unit_cost ORDER BY purchase.sent_at, line.id))[1]::float,
           (array_agg(line.unit_cost ORDER BY purchase.sent_at DESC, line.id DESC))[1]::float,
           SUM(line.quantity)::int
    FROM inventory_purchaseorder AS purchase
    JOIN inventory_purchaseorderline AS line ON line.purchase_order_id = purchase.id
    WHERE purchase.sent_at >= %(since)s AND purchase.sent_at <= %(until)s AND purchase.state <> 'CANCELED'
      AND (%(supplier)s::bigint IS NULL OR purchase.supplier_id = %(supplier)s)
    GROUP BY purchase.supplier_id, line.variant_id
"""


def scores(*, at: datetime, supplier_id: int | None = None) -> dict[int, Score]:
    """By supplier; one of whom nothing was bought in the time is left out."""
    delivered: defaultdict[int, list[Delivered]] = defaultdict(list)
    for supplier, _order, _number, _sent, went in _deliveries(at, supplier_id):
        delivered[supplier].append(went)
    priced: defaultdict[int, list[Priced]] = defaultdict(list)
    for supplier, first, last, units in _rows(_PRICED, at, supplier_id):
        priced[supplier].append(Priced(first, last, units))
    today = shop.day(at)
    return {supplier: scoring.score(told, priced[supplier], today=today) for supplier, told in delivered.items()}


def deliveries(*, supplier_id: int, at: datetime) -> list[Delivery]:
    """What the score of one supplier is made of, the latest first, with the receipts that say so."""
    today = shop.day(at)
    found = list(_deliveries(at, supplier_id))[:SHOWN]
    receipts: defaultdict[int, list[tuple[int, str]]] = defaultdict(list)
    rows = PurchaseOrder.objects.filter(pk__in=[order for _supplier, order, *_rest in found], receipts__isnull=False)
    for order, pk, number in rows.order_by("receipts__pk").values_list("pk", "receipts__pk", "receipts__number"):
        receipts[order].append((pk, number))
    return [
        Delivery(order, number, sent_on, went, scoring.is_decided(went, today), receipts[order])
        for _supplier, order, number, sent_on, went in found
    ]


def listed() -> list[Supplier]:
    return list(Supplier.objects.order_by("name", "id")[:500])


def _deliveries(at: datetime, supplier_id: int | None) -> Iterator[tuple[int, int, str, date, Delivered]]:
    for row in _rows(_DELIVERED, at, supplier_id):
        (
            supplier,
            order,
            number,
            sent_on,
            promised_on,
            settled,
            ordered,
            good,
            in_time,
            damaged,
            wrong,
            short,
            took,
            promised,
        ) = row
        went = Delivered(
            ordered=ordered,
            good=good,
            in_time=in_time,
            damaged=damaged,
            wrong=wrong,
            short=short,
            promised_on=promised_on,
            is_settled=settled,
            lead_days=took,
            promised_days=promised,
        )
        yield supplier, order, number, sent_on, went


def _rows(statement: str, at: datetime, supplier_id: int | None) -> list[tuple[Any, ...]]:
    asked: dict[str, Any] = {
        "zone": shop.zone().key,
        "since": at - timedelta(days=DAYS),
        "until": at,
        "supplier": supplier_id,
        "useful": USEFUL_SHARE,
        "settled": _SETTLED,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, asked)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
