"""Purchase orders with all that hangs on them, in a fixed number of queries."""

from django.db.models import Prefetch, QuerySet

from inventory.models import GoodsReceipt, GoodsReceiptLine, PurchaseOrder, PurchaseOrderEvent, PurchaseOrderLine


def in_full() -> QuerySet[PurchaseOrder]:
    """With lines, receipts and timeline, each in the order in which they came."""
    receipt_lines = GoodsReceiptLine.objects.select_related("line__variant").order_by("pk")
    return PurchaseOrder.objects.select_related("supplier", "warehouse", "actor", "approved_by").prefetch_related(
        Prefetch("lines", PurchaseOrderLine.objects.select_related("variant__product").order_by("pk")),
        Prefetch(
            "receipts",
            GoodsReceipt.objects.select_related("actor").prefetch_related(Prefetch("lines", receipt_lines)).order_by("pk"),
        ),
        Prefetch("timeline", PurchaseOrderEvent.objects.select_related("actor").order_by("pk")),
    )
