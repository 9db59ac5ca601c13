"""Orders whose held stock was lost: marked, then either stock is found again or the missing units are canceled."""

from collections import defaultdict
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from config.kernel import outbox
from config.kernel.errors import Conflict
from config.kernel.models import User
from config.kernel.money import Money
from inventory.models import Reservation
from inventory.operations import reservations
from orders import lifecycle
from orders.events import OrderCanceled
from orders.models import Order, OrderEvent, OrderLine
from orders.operations import canceling, fulfilling, recording


class NotShort(Conflict):
    """Nothing is missing."""

    code = "not_short"


@transaction.atomic
def mark(*, number: str, at: datetime) -> Order | None:
    """Counts anew which units of the order are held nowhere. None for an order that needs no more stock."""
    order = Order.objects.select_for_update(no_key=True).filter(number=number).first()
    if order is None or order.state in lifecycle.OVER:
        return None
    lines = list(order.lines.all())
    held = _held(order)
    missing = []
    for line in lines:
        open_units = line.quantity - line.shipped - line.canceled
        covered = min(open_units, held[line.variant_id])
        held[line.variant_id] -= covered
        if open_units - covered > line.short:
            missing.append({"sku": line.sku, "quantity": open_units - covered - line.short})
        line.short = open_units - covered
    if not missing:
        return order
    OrderLine.objects.bulk_update(lines, ["short"])
    order.is_short = True
    order.save(update_fields=["is_short"])
    recording.tell(order, OrderEvent.Kind.SHORT, actor=None, at=at, lines=missing)
    return order


def _held(order: Order) -> defaultdict[int, int]:
    document = recording.document(order)
    held: defaultdict[int, int] = defaultdict(int)
    for one in Reservation.objects.filter(
        document_kind=document.kind, document_number=document.number, state=Reservation.State.ACTIVE
    ):
        held[one.variant_id] += one.held
    return held


@transaction.atomic
def restock(*, number: str, actor: User | None, at: datetime) -> Order:
    """Holds the missing units again, all of them; refused with `InsufficientStock` while the stock does not allow it."""
    order = recording.locked(number)
    recording.state_after(order, "restock")
    lines = _short_lines(order)
    demand: defaultdict[int, int] = defaultdict(int)
    for line in lines:
        demand[line.variant_id] += line.short
    told = [{"sku": line.sku, "quantity": line.short} for line in lines]
    for line in lines:
        line.short = 0
    OrderLine.objects.bulk_update(lines, ["short"])
    order.is_short = False
    order.save(update_fields=["is_short"])
    recording.tell(order, OrderEvent.Kind.RESTOCKED, actor=actor, at=at, lines=told)
    reservations.reserve(document=recording.document(order), demand=demand, at=at)
    return order


@transaction.atomic
def cancel_missing(*, number: str, reason: str, actor: User | None, at: datetime) -> Order:
    """Gives up the missing units of a paid order; their share of what was paid is due to go back.

    Where nothing else is left to send, the order is shipped, or canceled if nothing ever left.
    """
    canceling.require(reason)
    order = recording.locked(number)
    following = recording.state_after(order, "cancel_missing")
    missing = _short_lines(order)
    if sum(line.short for line in missing) == sum(line.quantity - line.canceled for line in order.lines.all()):
        canceling.end(order, "cancel", OrderEvent.Kind.CANCELED, actor=actor, at=at, reason=reason.strip())
        return order
    worth = Decimal(0)
    told = [{"sku": line.sku, "quantity": line.short} for line in missing]
    for line in missing:
        worth += line.worth(line.short, order.currency)
        line.canceled, line.short = line.canceled + line.short, 0
    OrderLine.objects.bulk_update(missing, ["canceled", "short"])
    order.is_short = False
    lines = list(order.lines.all())
    if order.state == Order.State.PARTLY_SHIPPED:
        fulfilling.settle(order, lines, at, "cancel_missing", "cancel_rest")
    else:
        order.state = following
    recording.owe(order, worth)
    order.save(update_fields=["state", "shipped_at", "is_short", "refund_owed", "refund_due"])
    recording.tell(
        order, OrderEvent.Kind.MISSING_CANCELED, actor=actor, at=at, reason=reason.strip(), lines=told,
        refund=Money(worth, order.currency).as_text(),
    )  # fmt: skip
    outbox.record(OrderCanceled(number=order.number, on=recording.day(order.placed_at)), at=at)
    return order


def _short_lines(order: Order) -> list[OrderLine]:
    lines = [line for line in order.lines.all() if line.short]
    if not lines:
        raise NotShort(_("Nothing is missing from this order."), details={"number": order.number})
    return lines
