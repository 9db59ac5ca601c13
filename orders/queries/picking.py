"""What to fetch from which shelf: the picking list of a warehouse, and what goes into the parcels of one order."""

from collections.abc import Collection
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import F

from inventory.models import Reservation, Variant, Warehouse
from inventory.queries import bins, lots
from orders import lifecycle
from orders.models import Fulfillment, Order, OrderLine
from orders.queries.worklists import DOCUMENT

# More orders than this nobody fetches in one round.
ROUND = 200
# Lots that a line of the list names.
MOST_LOTS = 3


@dataclass(frozen=True)
class Pick:
    """One SKU to fetch, and for which orders how many of it."""

    variant: Variant
    orders: list[tuple[str, int]] = field(default_factory=list)
    # Where it lies, as people walk: "A-03-2".
    bin: str = ""
    # Where it tracks lots: those to take from, the first one first.
    lots: tuple[str, ...] = ()

    @property
    def units(self) -> int:
        return sum(units for _, units in self.orders)


@dataclass(frozen=True)
class PickingList:
    warehouse: Warehouse
    picks: list[Pick]

    @property
    def units(self) -> int:
        return sum(pick.units for pick in self.picks)

    @property
    def orders(self) -> int:
        return len({number for pick in self.picks for number, _ in pick.orders})


def waiting(*, warehouse: Warehouse | None = None) -> list[str]:
    """Numbers of the orders to pick next, those due first, at most one round."""
    orders = Order.objects.filter(state=Order.State.PAID)
    if warehouse is not None:
        held = Reservation.objects.filter(document_kind=DOCUMENT, warehouse=warehouse, state=Reservation.State.ACTIVE).values(
            "document_number"
        )
        orders = orders.filter(number__in=held)
    return list(orders.order_by("ship_due_at", "id").values_list("number", flat=True)[:ROUND])


def picking_lists(*, numbers: Collection[str], warehouse: Warehouse | None = None) -> list[PickingList]:
    """One list per warehouse that holds units for these orders, SKU by SKU in the order of their bins."""
    rows = (
        Reservation.objects.filter(document_kind=DOCUMENT, document_number__in=list(numbers), state=Reservation.State.ACTIVE)
        .select_related("variant__product", "warehouse")
        .annotate(units=F("quantity") - F("consumed") - F("released"))
        .order_by("warehouse__priority", "warehouse_id", "variant__sku", "document_number")
    )
    if warehouse is not None:
        rows = rows.filter(warehouse=warehouse)
    found: dict[int, PickingList] = {}
    picks: dict[tuple[int, int], Pick] = {}
    places = {(row.variant_id, row.warehouse_id) for row in rows}
    codes, first = bins.codes(places=places), lots.first_out(places)
    for row in rows:
        sheet = found.setdefault(row.warehouse_id, PickingList(row.warehouse, []))
        pick = picks.get((row.warehouse_id, row.variant_id))
        if pick is None:
            pick = picks[row.warehouse_id, row.variant_id] = Pick(
                row.variant,
                bin=codes.get((row.variant_id, row.warehouse_id), ""),
                lots=tuple(first.get((row.variant_id, row.warehouse_id), ())[:MOST_LOTS]),
            )
            sheet.picks.append(pick)
        pick.orders.append((row.document_number, row.units))
    for sheet in found.values():
        sheet.picks.sort(key=lambda pick: (not pick.bin, pick.bin, pick.variant.sku))
    return list(found.values())


@dataclass(frozen=True)
class Packed:
    """Units of one line, and their share of what it costs. What lies in a single shipment has no price of its own."""

    line: OrderLine
    units: int
    total: Decimal | None = None


@dataclass(frozen=True)
class PackingSlip:
    """What lies in a parcel: of one shipment, or of what is still to go when none is named; of all of it, once it has left."""

    order: Order
    fulfillment: Fulfillment | None
    packed: list[Packed]

    @property
    def units(self) -> int:
        return sum(one.units for one in self.packed)

    @property
    def total(self) -> Decimal | None:
        """What all of it costs together; of a single shipment nobody can say."""
        return None if self.fulfillment else sum((one.total or Decimal(0) for one in self.packed), Decimal(0))


def packing_slip(*, order: Order, fulfillment: Fulfillment | None = None) -> PackingSlip:
    if fulfillment is not None:
        rows = fulfillment.lines.select_related("order_line").order_by("order_line__position")
        return PackingSlip(order, fulfillment, [Packed(row.order_line, row.quantity) for row in rows])
    lines = list(order.lines.order_by("position"))
    waiting = [line.quantity - line.shipped - line.canceled - line.short for line in lines]
    contents = zip(lines, waiting if any(waiting) else [line.shipped for line in lines], strict=True)
    return PackingSlip(order, None, [_priced(order, line, units) for line, units in contents if units])


def _priced(order: Order, line: OrderLine, units: int) -> Packed:
    """The last units of a line are what its other units leave of its total."""
    before = line.quantity - units
    worth = lifecycle.share(total=line.total, quantity=line.quantity, before=before, units=units, currency=order.currency)
    return Packed(line, units, worth)
