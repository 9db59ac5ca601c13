"""What every change of an order has in common: the row is locked first, the table of states is asked, the timeline is told."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from config.kernel import shop
from config.kernel.errors import Missing
from config.kernel.models import User
from inventory.operations.ledger import Document
from orders import lifecycle
from orders.models import Order, OrderEvent


class UnknownOrder(Missing):
    code = "order_not_found"


def locked(number: str) -> Order:
    """The order, locked until the transaction ends: before coupons, reservations and stock, which come in this order."""
    order = Order.objects.select_for_update(no_key=True).filter(number=number).first()
    if order is None:
        raise unknown(number)
    return order


def unknown(number: str) -> UnknownOrder:
    return UnknownOrder(_("There is no order %(number)s.") % {"number": number}, details={"number": number})


def state_after(order: Order, action: str) -> str:
    """The state that follows; raises `TransitionRefused` in words for people."""
    try:
        return lifecycle.after(order.state, action)
    except lifecycle.TransitionRefused as refusal:
        raise lifecycle.TransitionRefused(
            _("This cannot be done with an order in the state “%(state)s”.") % {"state": Order.State(order.state).label},
            details={"number": order.number, **refusal.details},
        ) from None


def tell(
    order: Order, kind: OrderEvent.Kind, *, actor: User | None, at: datetime, reason: str = "", **details: Any
) -> OrderEvent:
    """Appends to the order's timeline."""
    return OrderEvent.objects.create(order=order, kind=kind, actor=actor, reason=reason, details=details, occurred_at=at)


def owe(order: Order, amount: Decimal) -> None:
    """So much more must go back, never more in all than was paid. Saves nothing."""
    order.refund_owed = min(order.refund_owed + amount, order.paid)
    order.refund_due = order.refund_owed > order.refunded


def document(order: Order) -> Document:
    """The order as the voucher of its reservations and redemptions."""
    return Document("ORDER", order.number)


def day(at: datetime) -> str:
    """The business day, as events tell it."""
    return shop.day(at).isoformat()
