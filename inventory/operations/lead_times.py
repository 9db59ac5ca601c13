"""Learns each night how long suppliers really take: from sending a purchase order to the first useful part on the shelf."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean, pstdev

from django.db import connection, transaction

from inventory.models import LearnedLeadTime
from inventory.stocking.lead_times import learned

# So far back receipts count: a supplier of two years ago is another one.
DAYS = 365
# A line has come when this part of it has: a few units ahead fill no shelf, a missing rest does not keep it empty.
USEFUL_SHARE = 0.5
_AT_ONCE = 2000
_FIGURES = ("receipts", "observed_mean", "observed_deviation", "promised", "mean", "deviation")
# Of each line that was sent: the days until so many units of it had come that they were of use.
_TOOK = """
    WITH come AS (
        SELECT line.id, line.purchase_order_id, line.quantity, line.variant_id,
               purchase.supplier_id, purchase.sent_at, receipt.received_at,
               SUM(part.quantity) OVER (PARTITION BY line.id ORDER BY receipt.received_at, receipt.id) AS units
        FROM inventory_goodsreceiptline AS part
        JOIN inventory_goodsreceipt AS receipt ON receipt.id = part.receipt_id
        JOIN inventory_purchaseorderline AS line ON line.id = part.line_id
        JOIN inventory_purchaseorder AS purchase ON purchase.id = line.purchase_order_id
        WHERE purchase.sent_at >= %(since)s AND receipt.received_at < %(until)s AND receipt.received_at >= purchase.sent_at
    )
    SELECT come.supplier_id, come.purchase_order_id, offer.id, offer.lead_time_days,
           EXTRACT(EPOCH FROM MIN(come.received_at) - MIN(come.sent_at))::float / 86400
    FROM come
    JOIN inventory_supplieroffer AS offer ON offer.supplier_id = come.supplier_id AND offer.variant_id = come.variant_id
    WHERE come.units >= come.quantity * %(useful)s
    GROUP BY come.id, come.supplier_id, come.purchase_order_id, offer.id, offer.lead_time_days
    ORDER BY come.supplier_id, offer.id, come.id
"""


@dataclass(frozen=True)
class Learned:
    suppliers: int
    offers: int
    forgotten: int


@transaction.atomic
def learn(*, at: datetime) -> Learned:
    """By supplier, each purchase order once, drawn to the mean promise of what came; by offer, drawn to its own promise."""
    of_offers: defaultdict[tuple[int, int], list[float]] = defaultdict(list)
    of_orders: defaultdict[tuple[int, int], list[tuple[float, int]]] = defaultdict(list)
    promised: dict[int, int] = {}
    with connection.cursor() as cursor:
        cursor.execute(_TOOK, {"since": at - timedelta(days=DAYS), "until": at, "useful": USEFUL_SHARE})
        for supplier, order, offer, promise, days in cursor.fetchall():
            of_offers[supplier, offer].append(days)
            of_orders[supplier, order].append((days, promise))
            promised[offer] = promise
    of_suppliers: defaultdict[int, list[tuple[float, float]]] = defaultdict(list)
    for (supplier, _order), took in of_orders.items():
        of_suppliers[supplier].append((fmean(days for days, _promise in took), fmean(promise for _days, promise in took)))
    rows = [
        _row(supplier, None, [days for days, _promise in took], fmean(promise for _days, promise in took), at)
        for supplier, took in of_suppliers.items()
    ]
    rows += [_row(supplier, offer, took, promised[offer], at) for (supplier, offer), took in of_offers.items()]
    forgotten = _write(rows)
    return Learned(len(of_suppliers), len(of_offers), forgotten)


def _row(supplier_id: int, offer_id: int | None, took: list[float], promised: float, at: datetime) -> LearnedLeadTime:
    reckoned = learned(took, promised)
    return LearnedLeadTime(
        supplier_id=supplier_id,
        offer_id=offer_id,
        receipts=len(took),
        observed_mean=round(fmean(took), 2),
        observed_deviation=round(pstdev(took), 2),
        promised=round(promised, 2),
        mean=round(reckoned.mean, 1),
        deviation=round(reckoned.deviation, 2),
        learned_at=at,
    )


def _write(rows: Iterable[LearnedLeadTime]) -> int:
    """What differs from what stands; what nothing was learned of any more goes, and is counted."""
    standing = {(one.supplier_id, one.offer_id): one for one in LearnedLeadTime.objects.all()}
    new, changed = [], []
    for row in rows:
        before = standing.pop((row.supplier_id, row.offer_id), None)
        if before is None:
            new.append(row)
        elif any(getattr(before, name) != getattr(row, name) for name in _FIGURES):
            row.pk = before.pk
            changed.append(row)
    LearnedLeadTime.objects.filter(pk__in=[one.pk for one in standing.values()]).delete()
    LearnedLeadTime.objects.bulk_update(changed, [*_FIGURES, "learned_at"], batch_size=_AT_ONCE)
    LearnedLeadTime.objects.bulk_create(new, batch_size=_AT_ONCE)
    return len(standing)
