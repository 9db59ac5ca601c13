"""Purchase orders with all that hangs on them, in a fixed number of queries."""

from dataclasses import dataclass

from django.db.models import DecimalField, F, OuterRef, Prefetch, QuerySet, Subquery, Sum, prefetch_related_objects

from inventory.models import (
    GoodsReceipt,
    GoodsReceiptLine,
    PurchaseMail,
    PurchaseOrder,
    PurchaseOrderEvent,
    PurchaseOrderLine,
    ReceiptDiscrepancy,
    SupplierConfirmation,
    SupplierConfirmationLine,
    SupplierOffer,
)
from inventory.replenishment import orderable

State = PurchaseOrder.State


@dataclass(frozen=True)
class Missed:
    """A line that asks for a quantity its supplier does not sell."""

    sku: str
    quantity: int
    minimum_quantity: int
    order_multiple: int
    orderable: int


def in_full() -> QuerySet[PurchaseOrder]:
    """With lines, receipts, confirmations and timeline, each in the order in which they came."""
    return PurchaseOrder.objects.select_related("supplier", "warehouse", "actor", "approved_by").prefetch_related(
        Prefetch("lines", PurchaseOrderLine.objects.select_related("variant__product").order_by("pk")),
        Prefetch("receipts", receipts().select_related("actor").order_by("pk")),
        Prefetch("confirmations", _confirmations()),
        Prefetch("timeline", PurchaseOrderEvent.objects.select_related("actor").order_by("pk")),
    )


def receipts() -> QuerySet[GoodsReceipt]:
    return GoodsReceipt.objects.prefetch_related(_receipt_lines(), _discrepancies())


def with_lines(receipt: GoodsReceipt) -> GoodsReceipt:
    """The same receipt, with all that is told of it at hand."""
    prefetch_related_objects([receipt], _receipt_lines(), _discrepancies())
    return receipt


def _confirmations() -> QuerySet[SupplierConfirmation]:
    lines = SupplierConfirmationLine.objects.select_related("line__variant").order_by("pk")
    return SupplierConfirmation.objects.select_related("actor").prefetch_related(Prefetch("lines", lines)).order_by("pk")


def mails(order: PurchaseOrder) -> list[PurchaseMail]:
    """What was mailed of it, the latest first."""
    return list(PurchaseMail.objects.filter(purchase_order=order).order_by("-pk")[:5])


def _discrepancies() -> "Prefetch[str]":
    rows = ReceiptDiscrepancy.objects.select_related("line__variant__product", "settled_by").order_by("pk")
    return Prefetch("discrepancies", rows)


def _receipt_lines() -> "Prefetch[str]":
    return Prefetch("lines", GoodsReceiptLine.objects.select_related("line__variant").order_by("pk"))


def whole(pk: int) -> PurchaseOrder | None:
    """With supplier and warehouse, for its papers."""
    return PurchaseOrder.objects.select_related("supplier", "warehouse").filter(pk=pk).first()


def by_number(number: str) -> PurchaseOrder | None:
    return PurchaseOrder.objects.select_related("supplier", "warehouse").filter(number=number).first()


def listed() -> QuerySet[PurchaseOrder]:
    """With the `units` ordered, those that have `arrived`, and the `amount` of the whole order."""
    lines = PurchaseOrderLine.objects.filter(purchase_order=OuterRef("pk")).order_by().values("purchase_order")
    amount = Sum(F("quantity") * F("unit_cost"), output_field=DecimalField(max_digits=24, decimal_places=4))
    return PurchaseOrder.objects.select_related("supplier", "warehouse", "actor", "approved_by").annotate(
        units=Subquery(lines.annotate(sum=Sum("quantity")).values("sum")),
        arrived=Subquery(lines.annotate(sum=Sum("received")).values("sum")),
        amount=Subquery(lines.annotate(sum=amount).values("sum")),
    )


def terms_missed(*, order: PurchaseOrder) -> list[Missed]:
    """Lines below the supplier's MOQ or beside its packs, in their order. A SKU without an offer has no terms to miss."""
    wanted = dict(order.lines.order_by("pk").values_list("variant_id", "quantity"))
    offers = SupplierOffer.objects.filter(supplier_id=order.supplier_id, variant_id__in=wanted).select_related("variant")
    terms = {offer.variant_id: offer for offer in offers}
    found = [_against(terms[variant_id], quantity) for variant_id, quantity in wanted.items() if variant_id in terms]
    return [one for one in found if one.orderable != one.quantity]


def _against(offer: SupplierOffer, quantity: int) -> Missed:
    minimum, multiple = offer.minimum_quantity, offer.order_multiple
    return Missed(offer.variant.sku, quantity, minimum, multiple, orderable(quantity, minimum, multiple))


def awaited() -> QuerySet[PurchaseOrder]:
    """What the receiving desk waits for: sent and not complete, the longest overdue first."""
    return listed().filter(state__in=[State.SENT, State.PARTLY_RECEIVED]).order_by("expected_on", "id")


def version(order: PurchaseOrder) -> str:
    """What changes with everything that happens to a purchase order, its lines included."""
    return f"{order.state}:{order.timeline.count()}"
