"""Ending an order before anything left: stock and coupons go back, and money that came is due to go back."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from campaigns.operations import coupons
from config.kernel import outbox, rounds
from config.kernel.errors import Invalid
from config.kernel.models import User
from inventory.operations import reservations
from orders.events import OrderCanceled
from orders.models import Order, OrderEvent, OrderLine
from orders.operations import recording

# More than a round gets done: what is due beyond waits for the next one.
MOST = 20_000


class ReasonMissing(Invalid):
    code = "reason_missing"


@transaction.atomic
def cancel(*, number: str, reason: str, actor: User | None, at: datetime) -> Order:
    """Ends an order of which nothing has left yet. What was paid for it is due to go back."""
    require(reason)
    order = recording.locked(number)
    end(order, "cancel", OrderEvent.Kind.CANCELED, actor=actor, at=at, reason=reason.strip())
    return order


@transaction.atomic
def withdraw(*, number: str, customer_external_id: str, reason: str, actor: User | None, at: datetime) -> Order:
    """The customer's own change of mind, possible until the order is paid. Another customer's order is not found."""
    require(reason)
    order = recording.locked(number)
    if order.customer is None or order.customer.external_id != customer_external_id:
        raise recording.unknown(number)
    end(order, "withdraw", OrderEvent.Kind.CANCELED, actor=actor, at=at, reason=reason.strip())
    return order


def end(
    order: Order, action: str, kind: OrderEvent.Kind, *, actor: User | None, at: datetime, reason: str = ""
) -> None:  # fmt: skip
    """Ends an order that is locked: units not shipped count as canceled, coupons and stock are given back in lock order."""
    order.state = recording.state_after(order, action)
    order.is_short = False
    order.closed_at = at
    recording.owe(order, order.paid)
    order.save(update_fields=["state", "is_short", "closed_at", "refund_owed", "refund_due"])
    lines = list(order.lines.all())
    for line in lines:
        line.canceled, line.short = line.quantity - line.shipped, 0
    OrderLine.objects.bulk_update(lines, ["canceled", "short"])
    recording.tell(order, kind, actor=actor, at=at, reason=reason)
    outbox.record(OrderCanceled(number=order.number, on=recording.day(order.placed_at)), at=at)
    document = recording.document(order)
    coupons.release(document_kind=document.kind, document_number=document.number)
    reservations.release(document=document, expired=kind == OrderEvent.Kind.EXPIRED)


@dataclass(frozen=True)
class Expired:
    """How one round of the sweep went; `left` orders are for the next round, `stuck` names those that could not expire."""

    expired: int
    left: int = 0
    stuck: tuple[str, ...] = ()


def expire_due(*, at: datetime, most: int = MOST, seconds: float = 30) -> Expired:
    """Expires orders whose time to pay is over, each in a transaction of its own, oldest first, until `seconds` have passed."""
    due = Order.objects.filter(state=Order.State.PLACED, payment_due_at__lte=at).order_by("payment_due_at", "id")
    numbers = list(due.values_list("number", flat=True)[:most])
    done = rounds.go(numbers, lambda number: _expire(number, at), seconds=seconds)
    return Expired(done.done, len(done.left), done.stuck)


def _expire(number: str, at: datetime) -> bool:
    """Looks again under the lock, for the payment may have come; an order that somebody works on is left to the next round."""
    order = (
        Order.objects.select_for_update(skip_locked=True, no_key=True)
        .filter(number=number, state=Order.State.PLACED, payment_due_at__lte=at)
        .first()
    )
    if order is None:
        return False
    end(order, "expire", OrderEvent.Kind.EXPIRED, actor=None, at=at)
    return True


def require(reason: str) -> None:
    """Nobody cancels without saying why."""
    if not reason.strip():
        raise ReasonMissing(_("Say why the order is canceled."), details={"field": "reason"})
