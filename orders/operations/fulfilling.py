"""Picking and shipping. Which warehouse sends what was decided when the stock was reserved; here it only leaves."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from config.kernel import outbox
from config.kernel.errors import Conflict, Invalid
from config.kernel.models import User
from inventory import locking
from inventory.models import Reservation
from inventory.operations import reservations
from inventory.operations.ledger import Document
from orders import numbering
from orders.events import OrderShipped
from orders.models import Fulfillment, FulfillmentLine, Order, OrderEvent, OrderLine
from orders.operations import recording
from orders.queries import documents

# Units of order lines in one parcel, by line.
Contents = dict[int, int]


class NothingToShip(Conflict):
    """No unit of the order is held in this warehouse, or in any."""

    code = "nothing_to_ship"


class TooManyUnits(Conflict):
    """More would leave than is held for the line; `details.lines` says of which and how many are held."""

    code = "too_many_units"


class UnknownLine(Invalid):
    code = "unknown_line"


class SeveralParcels(Invalid):
    """The units lie in several warehouses, and one tracking number cannot stand for several parcels."""

    code = "several_parcels"


class OrderShort(Conflict):
    """Units are missing; find them or cancel them before the order is picked."""

    code = "order_short"


@transaction.atomic
def pick(*, number: str, actor: User | None, at: datetime) -> Order:
    """The goods lie in the parcel."""
    order = recording.locked(number)
    following = recording.state_after(order, "pick")
    if order.is_short:
        raise OrderShort(_("Units of this order are missing. Find them or cancel them first."), details={"number": number})
    order.state = following
    order.save(update_fields=["state"])
    recording.tell(order, OrderEvent.Kind.PICKED, actor=actor, at=at)
    return order


@transaction.atomic
def ship(
    *,
    number: str,
    items: Mapping[int, int] | None = None,
    positions: Mapping[int, int] | None = None,
    warehouse_id: int | None = None,
    carrier: str = "",
    tracking_number: str = "",
    actor: User | None,
    at: datetime,
) -> list[Fulfillment]:
    """Sends `items` (units by order line id) or `positions` (by line position), or everything held.

    One parcel leaves from each warehouse that holds some of it.

    Once every unit has left that is not canceled, the order is shipped; until then partly.
    """
    order = recording.locked(number)
    recording.state_after(order, "ship_part")
    lines = list(order.lines.all())
    parcels = _parcels(_held(order, warehouse_id), lines, _asked(lines, items, positions))
    if tracking_number and len(parcels) > 1:
        raise SeveralParcels(
            _("The units lie in several warehouses. Ship each warehouse's parcel by itself."),
            details={"warehouses": list(parcels)},
        )
    if len(parcels) > 1:
        # All levels at once and in key order; the parcels below would lock them warehouse by warehouse.
        by_id = {line.pk: line for line in lines}
        locking.lock_known((by_id[pk].variant_id, place) for place, contents in parcels.items() for pk in contents)
    sent = [
        _send(order, lines, contents, Fulfillment(
            order=order, number=numbering.next_fulfillment_number(at), warehouse_id=place, carrier=carrier,
            tracking_number=tracking_number, actor=actor, shipped_at=at,
        ), actor, at)
        for place, contents in parcels.items()
    ]  # fmt: skip
    OrderLine.objects.bulk_update(lines, ["shipped"])
    settle(order, lines, at, "ship_part", "ship_rest")
    order.save(update_fields=["state", "shipped_at"])
    return documents.with_lines(sent)


def settle(order: Order, lines: list[OrderLine], at: datetime, part: str, rest: str) -> None:
    """Moves a locked order on, by whether units are still to go. Saves nothing."""
    whole = _is_whole(lines)
    order.state = recording.state_after(order, rest if whole else part)
    if whole:
        order.shipped_at = at


def _is_whole(lines: list[OrderLine]) -> bool:
    """Whether every unit that was not canceled has left."""
    return all(line.shipped + line.canceled == line.quantity for line in lines)


def _held(order: Order, warehouse_id: int | None) -> dict[int, dict[int, int]]:
    """Units held for the order by warehouse and SKU, the preferred warehouse first."""
    document = recording.document(order)
    rows = Reservation.objects.filter(
        document_kind=document.kind, document_number=document.number, state=Reservation.State.ACTIVE
    ).order_by("warehouse__priority", "warehouse_id", "variant_id")  # fmt: skip
    if warehouse_id is not None:
        rows = rows.filter(warehouse=warehouse_id)
    held: dict[int, dict[int, int]] = {}
    for one in rows:
        held.setdefault(one.warehouse_id, {})[one.variant_id] = one.held
    return held


def _parcels(held: Mapping[int, Mapping[int, int]], lines: list[OrderLine], asked: Contents | None) -> dict[int, Contents]:
    """What leaves from which warehouse: for each line as much as asked, or all that is held for it."""
    left = {place: dict(units) for place, units in held.items()}
    parcels: defaultdict[int, Contents] = defaultdict(dict)
    refused = []
    for line in lines:
        open_units = line.quantity - line.shipped - line.canceled
        wanted = open_units if asked is None else asked.get(line.pk, 0)
        missing = wanted
        for place, units in left.items():
            part = min(missing, open_units, units.get(line.variant_id, 0))
            if part > 0:
                parcels[place][line.pk] = part
                units[line.variant_id] -= part
                missing -= part
                open_units -= part
        if asked is not None and missing:
            refused.append({"position": line.position, "sku": line.sku, "asked": wanted, "held": wanted - missing})
    if refused:
        raise TooManyUnits(_("Fewer units are held than shall leave."), details={"lines": refused})
    if not parcels:
        raise NothingToShip(_("No unit of this order is held here."))
    return {place: parcels[place] for place in left if place in parcels}


def _asked(lines: list[OrderLine], items: Mapping[int, int] | None, positions: Mapping[int, int] | None) -> Contents | None:
    if items is None and positions is None:
        return None
    by_key = {line.position if items is None else line.pk: line.pk for line in lines}
    wanted = (positions or {}) if items is None else items
    unknown = sorted(key for key, quantity in wanted.items() if key not in by_key or quantity < 0)
    if unknown:
        raise UnknownLine(_("The order has no such line."), details={"field": "items", "lines": unknown})
    return {by_key[key]: quantity for key, quantity in wanted.items() if quantity}


def _send(
    order: Order, lines: list[OrderLine], contents: Contents, parcel: Fulfillment, actor: User | None, at: datetime
) -> Fulfillment:
    parcel.save(force_insert=True)
    units: defaultdict[tuple[int, int], int] = defaultdict(int)
    told = []
    for line in lines:
        if quantity := contents.get(line.pk, 0):
            line.shipped += quantity
            units[line.variant_id, parcel.warehouse_id] += quantity
            told.append({"sku": line.sku, "quantity": quantity})
    FulfillmentLine.objects.bulk_create(
        FulfillmentLine(fulfillment=parcel, order_line_id=pk, quantity=quantity) for pk, quantity in contents.items()
    )
    recording.tell(
        order, OrderEvent.Kind.SHIPPED, actor=actor, at=at, fulfillment=parcel.number, carrier=parcel.carrier,
        tracking_number=parcel.tracking_number, lines=told, is_part=not _is_whole(lines),
    )  # fmt: skip
    outbox.record(
        OrderShipped(number=order.number, fulfillment=parcel.number, on=recording.day(order.placed_at)), at=at
    )  # fmt: skip
    reservations.consume(
        document=recording.document(order), parcel=Document("SHIPMENT", parcel.number), items=units, actor=actor, at=at
    )
    return parcel
