"""What the tests of the orders' pages share: who sits at the desk, and orders in every condition."""

import re
from datetime import datetime
from typing import Any

from django.urls import reverse

from config.kernel.roles import Role
from inventory.models import Reservation
from inventory.operations import reservations
from inventory.operations.ledger import Document
from orders.models import Order
from orders.operations import fulfilling, shortage, unmatched
from tests.builders import AT, a_paid_order, a_placed_order, a_stocked_variant
from tests.config.kernel.pages import a_client, a_staff_member, text

CLERK = Role.ORDER_CLERK

__all__ = ["CLERK", "a_client", "a_staff_member", "text"]


def page_of(order: Order) -> str:
    return reverse("admin:orders_order_change", args=[order.pk])


def button(row: Any, name: str) -> str:
    return reverse(f"admin:orders_{row._meta.model_name}_press", args=[row.pk, name])


def seen_on(page: Any) -> str:
    """The version hidden in the page's forms."""
    found = re.search(r'name="seen" value="([^"]*)"', text(page))
    assert found, "the page hides no version"
    return found[1]


def press(client: Any, row: Any, name: str, **typed: Any) -> Any:
    """Opens what the button opens, fills it in and sends it, as a person does."""
    asked = client.get(button(row, name))
    shown = (
        asked if asked.status_code == 200 else client.get(reverse(f"admin:orders_{row._meta.model_name}_change", args=[row.pk]))
    )
    return client.post(button(row, name), {"seen": seen_on(shown), **typed}, follow=True)


def a_picked_order(*wanted: Any, at: datetime = AT, **values: Any) -> Order:
    order = a_paid_order(*wanted, at=at, **values)
    return fulfilling.pick(number=order.number, actor=None, at=at)


def a_short_order(at: datetime = AT, units: int = 2, missing: int = 1) -> Order:
    """Paid, and then some of its units were lost."""
    order = a_paid_order((a_stocked_variant(units), units), at=at)
    held = Reservation.objects.get(document_number=order.number)
    place = (held.variant_id, held.warehouse_id)
    reservations.release(document=Document("ORDER", order.number), items={place: missing})
    shortage.mark(number=order.number, at=at)
    return Order.objects.get(pk=order.pk)


def an_order_with_unmatched_money(at: datetime = AT) -> Order:
    """Paid by card, and then the provider captured the money once more."""
    order = a_paid_order(at=at)
    unmatched.take(
        number=order.number,
        provider="card",
        reference=f"twice-{order.number}",
        amount=order.total,
        paid_at=at,
        actor=None,
        at=at,
    )
    return Order.objects.get(pk=order.pk)


def some_orders(number: int, at: datetime = AT) -> list[Order]:
    variant = a_stocked_variant(number * 2)
    other = a_stocked_variant(number * 2)
    return [a_placed_order((variant, 1), (other, 2), at=at) for _ in range(number)]
