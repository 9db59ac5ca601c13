"""Goods that come back: accepted first, then received and looked at. Only what arrived is worth money and stock."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from config.kernel import outbox
from config.kernel.errors import Conflict, Invalid, Missing
from config.kernel.models import User
from config.kernel.money import Money
from inventory.models import Warehouse
from inventory.operations import stock
from inventory.operations.ledger import Document
from orders import numbering
from orders.events import OrderReturned
from orders.models import Order, OrderEvent, OrderLine, Return, ReturnLine
from orders.operations import recording
from orders.queries import documents


class UnknownReturn(Missing):
    code = "return_not_found"


class UnknownWarehouse(Missing):
    code = "warehouse_not_found"


class ReturnClosed(Conflict):
    """It was received or refused before."""

    code = "return_closed"


class TooManyReturned(Conflict):
    """More would come back than left; `details.lines` says of which line, and how many may still come back."""

    code = "too_many_returned"


class ReturnInvalid(Invalid):
    code = "return_invalid"


@transaction.atomic
def accept(
    *, number: str, items: Mapping[int, int], warehouse_id: int, reason: str, actor: User | None, at: datetime
) -> Return:
    """Lets the customer send units back: `items` is units by line position. Units in accepted returns count as on their way."""
    order = recording.locked(number)
    recording.state_after(order, "return")
    if not reason.strip():
        raise ReturnInvalid(_("Say why the goods come back."), details={"field": "reason"})
    if not Warehouse.objects.filter(pk=warehouse_id).exists():
        raise UnknownWarehouse(_("There is no such warehouse."), details={"field": "warehouse"})
    lines = _returnable(order, items)
    accepted = Return.objects.create(
        number=numbering.next_return_number(at),
        order=order,
        warehouse_id=warehouse_id,
        reason=reason.strip(),
        actor=actor,
        accepted_at=at,
    )
    ReturnLine.objects.bulk_create(
        ReturnLine(parent=accepted, order_line=line, variant_id=line.variant_id, quantity=quantity) for line, quantity in lines
    )
    told = [{"sku": line.sku, "quantity": quantity} for line, quantity in lines]
    recording.tell(
        order, OrderEvent.Kind.RETURN_ACCEPTED, actor=actor, at=at, reason=accepted.reason, number=accepted.number, lines=told
    )  # `number` is the return's
    return documents.with_its_lines(accepted)


def _returnable(order: Order, items: Mapping[int, int]) -> list[tuple[OrderLine, int]]:
    lines = {line.position: line for line in order.lines.all()}
    wanted = {position: quantity for position, quantity in items.items() if quantity}
    if not wanted or any(quantity < 0 for quantity in wanted.values()) or set(wanted) - set(lines):
        raise ReturnInvalid(
            _("Name lines of the order, and how many units come back."),
            details={"field": "items", "positions": sorted(set(wanted) - set(lines))},
        )
    coming = dict(
        ReturnLine.objects.filter(parent__order=order, parent__state=Return.State.ACCEPTED)
        .values("order_line_id")
        .annotate(units=Sum("quantity"))
        .values_list("order_line_id", "units")
    )
    left = {
        position: lines[position].shipped - lines[position].returned - coming.get(lines[position].pk, 0) for position in wanted
    }
    refused = [
        {"position": position, "sku": lines[position].sku, "asked": quantity, "left": left[position]}
        for position, quantity in wanted.items()
        if quantity > left[position]
    ]
    if refused:
        raise TooManyReturned(_("More would come back than was shipped."), details={"lines": refused})
    return [(lines[position], quantity) for position, quantity in sorted(wanted.items())]


@transaction.atomic
def receive(*, number: str, restocked: Mapping[int, int], actor: User | None, at: datetime) -> Return:
    """The goods of an accepted return are here. `restocked` says, by line position, how many can be sold again.

    The customer is owed each unit's share of what its line cost; shipping is not given back.
    """
    order, arrived = _locked(number)
    lines = {line.position: (one, line) for one, line in _pairs(arrived)}
    _require_possible({position: one for position, (one, _line) in lines.items()}, restocked)
    back: defaultdict[tuple[int, int], int] = defaultdict(int)
    told = []
    for position, (one, line) in lines.items():
        one.restocked = restocked.get(position, 0)
        one.refund = line.worth(one.quantity, order.currency)
        line.returned += one.quantity
        told.append({"sku": line.sku, "quantity": one.quantity, "restocked": one.restocked})
        if one.restocked:
            back[one.variant_id, arrived.warehouse_id] += one.restocked
    ReturnLine.objects.bulk_update([one for one, _line in lines.values()], ["restocked", "refund"])
    OrderLine.objects.bulk_update([line for _one, line in lines.values()], ["returned"])
    arrived.state, arrived.received_at = Return.State.RECEIVED, at
    arrived.refund = sum((one.refund for one, _line in lines.values()), Decimal(0))
    arrived.save(update_fields=["state", "received_at", "refund"])
    recording.owe(order, arrived.refund)
    order.save(update_fields=["refund_owed", "refund_due"])
    recording.tell(
        order, OrderEvent.Kind.RETURNED, actor=actor, at=at, number=arrived.number, lines=told,
        refund=Money(arrived.refund, order.currency).as_text(),
    )  # fmt: skip
    outbox.record(OrderReturned(number=order.number, on=recording.day(order.placed_at), returned_on=recording.day(at)), at=at)
    if back:
        stock.take_back(
            document=Document("RETURN", arrived.number), items=back, actor=actor, at=at,
            # Looked up only where goods of the return track lots.
            parcels=order.fulfillments.values_list("number", flat=True),
            earlier=order.returns.exclude(pk=arrived.pk).values_list("number", flat=True),
        )  # fmt: skip
    return arrived


def _pairs(parent: Return) -> list[tuple[ReturnLine, OrderLine]]:
    pairs = [(one, one.order_line) for one in parent.lines.all() if one.order_line is not None]
    return sorted(pairs, key=lambda pair: pair[1].position)


@transaction.atomic
def refuse(*, number: str, reason: str, actor: User | None, at: datetime) -> Return:
    """The goods will not be taken back after all; their units may be returned anew."""
    order, refused = _locked(number)
    if not reason.strip():
        raise ReturnInvalid(_("Say why the return is refused."), details={"field": "reason"})
    refused.state = Return.State.REFUSED
    refused.save(update_fields=["state"])
    recording.tell(
        order, OrderEvent.Kind.RETURN_REFUSED, actor=actor, at=at, reason=reason.strip(), number=refused.number
    )  # fmt: skip
    return refused


def _locked(number: str) -> tuple[Order, Return]:
    """The return and, locked before it, its order."""
    order_number = Return.objects.filter(number=number).values_list("order__number", flat=True).first()
    if order_number is None:
        raise UnknownReturn(_("There is no open return %(number)s.") % {"number": number}, details={"number": number})
    order = recording.locked(order_number)
    found = Return.objects.select_for_update(no_key=True).get(number=number)
    if found.state != Return.State.ACCEPTED:
        raise ReturnClosed(
            _("This return is %(state)s already.") % {"state": Return.State(found.state).label},
            details={"number": number, "state": found.state},
        )
    return order, documents.with_its_lines(found)


def _require_possible(lines: Mapping[int, ReturnLine], restocked: Mapping[int, int]) -> None:
    wrong = [
        position
        for position, units in restocked.items()
        if position not in lines or not 0 <= units <= lines[position].quantity
    ]  # fmt: skip
    if wrong:
        raise ReturnInvalid(
            _("At most the units of the return can go back in stock."), details={"field": "restocked", "positions": wrong}
        )
