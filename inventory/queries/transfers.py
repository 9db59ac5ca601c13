"""Transfer orders with all that hangs on them, and what is between two shelves."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import DecimalField, F, OuterRef, Prefetch, QuerySet, Subquery, Sum, prefetch_related_objects

from inventory.models import TransferEvent, TransferLine, TransferOrder, TransferProposal, TransferReceipt, TransferReceiptLine
from inventory.queries import costs

State = TransferOrder.State
# Something has left and not all of it has arrived.
UNDER_WAY = (State.SHIPPED, State.PARTLY_RECEIVED)
IN_TRANSIT = F("shipped") - F("received") - F("lost")


def in_full() -> QuerySet[TransferOrder]:
    """With lines, arrivals, timeline and the proposals it came from, each in the order in which they came."""
    return TransferOrder.objects.select_related("from_warehouse", "to_warehouse", "actor").prefetch_related(
        Prefetch("lines", TransferLine.objects.select_related("variant__product").order_by("pk")),
        Prefetch(
            "receipts",
            TransferReceipt.objects.select_related("actor").prefetch_related(_receipt_lines()).order_by("pk"),
        ),
        Prefetch("timeline", TransferEvent.objects.select_related("actor").order_by("pk")),
        Prefetch("proposals", TransferProposal.objects.select_related("variant").order_by("pk")),
    )


def with_lines(receipt: TransferReceipt) -> TransferReceipt:
    """The same arrival, with all that is told of it at hand."""
    prefetch_related_objects([receipt], _receipt_lines())
    return receipt


def _receipt_lines() -> "Prefetch[str]":
    return Prefetch("lines", TransferReceiptLine.objects.select_related("line__variant").order_by("pk"))


def listed() -> QuerySet[TransferOrder]:
    """With the `units` planned, those that `left`, `arrived` and were `lost_units`, of the whole order."""
    lines = TransferLine.objects.filter(transfer=OuterRef("pk")).order_by().values("transfer")
    return TransferOrder.objects.select_related("from_warehouse", "to_warehouse", "actor").annotate(
        units=Subquery(lines.annotate(sum=Sum("quantity")).values("sum")),
        left=Subquery(lines.annotate(sum=Sum("shipped")).values("sum")),
        arrived=Subquery(lines.annotate(sum=Sum("received")).values("sum")),
        lost_units=Subquery(lines.annotate(sum=Sum("lost")).values("sum")),
    )


def awaited() -> QuerySet[TransferOrder]:
    """What is under way, the longest overdue first."""
    return listed().filter(state__in=UNDER_WAY).order_by("expected_on", "id")


def version(order: TransferOrder) -> str:
    """What changes with everything that happens to a transfer order, its lines included."""
    return f"{order.state}:{order.timeline.count()}"


def moving() -> QuerySet[TransferLine]:
    """The lines of which units are between two shelves."""
    return TransferLine.objects.filter(shipped__gt=F("received") + F("lost"), transfer__state__in=UNDER_WAY)


@dataclass(frozen=True)
class Afloat:
    """What is between two shelves, of all warehouses together."""

    units: int
    value: Decimal


def afloat() -> Afloat:
    """Its units, and their value at what those on the shelves are valued at."""
    amount: DecimalField = DecimalField(max_digits=24, decimal_places=4)  # type: ignore[type-arg]
    sums = moving().aggregate(units=Sum(IN_TRANSIT), value=Sum(IN_TRANSIT * costs.now("variant"), output_field=amount))
    return Afloat(sums["units"] or 0, sums["value"] or Decimal(0))
