"""The draft purchase orders of the replenishment: one for each supplier and warehouse, their lines written many at a time.

Drafts that staff wrote are not touched here; `is_proposed` tells them apart.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from django.conf import settings

from config.kernel.models import User
from inventory import numbering
from inventory.lifecycle import Step
from inventory.models import PurchaseOrder, PurchaseOrderEvent, PurchaseOrderLine, SupplierOffer


class Drafts:
    """Drafts that are locked until the transaction ends. Changes are collected, and written together by `write`."""

    def __init__(self, orders: Iterable[PurchaseOrder], actor: User | None, at: datetime) -> None:
        self._orders = {(one.supplier_id, one.warehouse_id): one for one in orders}
        lines = PurchaseOrderLine.objects.filter(purchase_order__in=[one.pk for one in self._orders.values()])
        self._lines = {(one.purchase_order_id, one.variant_id): one for one in lines}
        self._actor, self._at = actor, at
        self._new: list[PurchaseOrderLine] = []
        self._changed: dict[int, PurchaseOrderLine] = {}
        self._dropped: dict[int, PurchaseOrderLine] = {}
        self._told: defaultdict[int, Counter[str]] = defaultdict(Counter)
        self.opened: list[PurchaseOrder] = []
        self.canceled: list[PurchaseOrder] = []

    @classmethod
    def locked(cls, *, actor: User | None, at: datetime, line_id: int | None = None) -> "Drafts":
        """All of them in key order, or just the one that holds this line."""
        orders = PurchaseOrder.objects.filter(state=PurchaseOrder.State.DRAFT, is_proposed=True)
        if line_id is not None:
            orders = orders.filter(pk__in=PurchaseOrderLine.objects.filter(pk=line_id).values("purchase_order"))
        return cls(orders.order_by("pk").select_for_update(no_key=True), actor, at)

    @property
    def touched(self) -> set[int]:
        """The drafts whose lines were written, those that were canceled left out."""
        return set(self._told) - {one.pk for one in self.canceled}

    def line(self, offer: SupplierOffer, warehouse_id: int) -> PurchaseOrderLine | None:
        order = self._orders.get((offer.supplier_id, warehouse_id))
        return None if order is None else self._lines.get((order.pk, offer.variant_id))

    def put(
        self, offer: SupplierOffer, warehouse_id: int, units: int, *, unit_cost: Decimal | None = None
    ) -> PurchaseOrderLine:
        """The line with these units, at the offer's cost unless told otherwise; it is saved by `write`."""
        unit_cost = offer.unit_cost if unit_cost is None else unit_cost
        order = self._orders.get((offer.supplier_id, warehouse_id)) or self._open(offer.supplier_id, warehouse_id)
        line = self._lines.get((order.pk, offer.variant_id))
        if line is None:
            line = PurchaseOrderLine(purchase_order=order, variant_id=offer.variant_id, quantity=units, unit_cost=unit_cost)
            self._lines[order.pk, offer.variant_id] = line
            self._new.append(line)
            return line
        self._dropped.pop(line.pk, None)
        if (line.quantity, line.unit_cost) != (units, unit_cost):
            line.quantity, line.unit_cost = units, unit_cost
            self._changed[line.pk] = line
        return line

    def drop(self, line: PurchaseOrderLine) -> None:
        self._dropped[line.pk] = line

    def write(self) -> None:
        """Writes what was collected, cancels drafts that hold nothing any more, and tells each draft's timeline."""
        PurchaseOrderLine.objects.filter(pk__in=list(self._dropped)).delete()
        PurchaseOrderLine.objects.bulk_update(self._changed.values(), ["quantity", "unit_cost"], batch_size=500)
        PurchaseOrderLine.objects.bulk_create(self._new, batch_size=1000)
        for word, lines in (("added", self._new), ("changed", self._changed.values()), ("removed", self._dropped.values())):
            for line in lines:
                self._told[line.purchase_order_id][word] += 1
        self._cancel_empty()
        self._tell()

    def _open(self, supplier_id: int, warehouse_id: int) -> PurchaseOrder:
        order = PurchaseOrder.objects.create(
            number=numbering.document_number(numbering.PURCHASE_ORDER, self._at),
            supplier_id=supplier_id,
            warehouse_id=warehouse_id,
            currency=settings.SHOP_CURRENCY,
            is_proposed=True,
            actor=self._actor,
            drafted_at=self._at,
        )
        self._orders[supplier_id, warehouse_id] = order
        self.opened.append(order)
        return order

    def _cancel_empty(self) -> None:
        left = {one.purchase_order_id for one in self._lines.values() if one.pk not in self._dropped}
        self.canceled = [one for one in self._orders.values() if one.pk not in left]
        for order in self.canceled:
            order.state, order.closed_at = PurchaseOrder.State.CANCELED, self._at
            order.save(update_fields=["state", "closed_at"])

    def _tell(self) -> None:
        opened, canceled = {one.pk for one in self.opened}, {one.pk for one in self.canceled}
        events = []
        for order in self._orders.values():
            changes = dict(self._told.get(order.pk, {}))
            kind = Step.CANCELED if order.pk in canceled else Step.DRAFTED if order.pk in opened else Step.CHANGED
            if changes or kind is not Step.CHANGED:
                events.append(
                    PurchaseOrderEvent(
                        purchase_order=order, kind=kind.value, actor=self._actor, details=changes, occurred_at=self._at
                    )
                )
        PurchaseOrderEvent.objects.bulk_create(events)
