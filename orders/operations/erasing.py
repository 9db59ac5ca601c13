"""Takes what tells who somebody is off their orders. Numbers, goods and amounts stay: the law asks for them for years."""

from collections.abc import Sequence

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from config.kernel.errors import Conflict
from orders.models import Order, Return

OVER = (Order.State.SHIPPED, Order.State.CANCELED, Order.State.EXPIRED)


class OrdersOpen(Conflict):
    """Whoever still gets goods or money must be known; `details` names the orders."""

    code = "orders_open"


@transaction.atomic
def lock_closed(*, customer_id: int) -> Sequence[str]:
    """The numbers of the customer's orders, locked; refused while one of them waits for anything."""
    orders = Order.objects.filter(customer_id=customer_id).order_by("pk")
    # Locked first: whoever takes goods back or pays holds the order.
    numbers = [order.number for order in orders.select_for_update(of=("self",), no_key=True).only("number")]
    coming = Return.objects.filter(order=OuterRef("pk"), state=Return.State.ACCEPTED)
    waits = ~Q(state__in=OVER) | Q(refund_due=True) | Q(has_unmatched=True) | Exists(coming)
    if waiting := list(orders.filter(waits).values_list("number", flat=True)[:20]):
        raise OrdersOpen(
            _("Orders of this customer are still open: %(numbers)s.") % {"numbers": ", ".join(waiting)},
            details={"orders": waiting},
        )
    return numbers


@transaction.atomic
def erase(*, customer_id: int) -> None:
    """Blanks addresses, notes and whatever staff wrote. The customer must be erased already: the database makes sure of it."""
    Order.objects.filter(customer_id=customer_id).update(ship_to={}, note="")
    Return.objects.filter(order__customer_id=customer_id).update(reason="")
    with connection.cursor() as cursor:
        cursor.execute("SELECT orders_erase_texts(%s)", [customer_id])
