"""How orders look on the page: the colors of their states, their flags, and the words of the timeline."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import ngettext

from campaigns.models import Customer
from config.kernel.admin import wording
from orders.models import Order, OrderEvent, OrderLine, Return
from orders.queries import worklists

STATES = {
    Order.State.PLACED: "warning",
    Order.State.PAID: "info",
    Order.State.PICKED: "primary",
    Order.State.PARTLY_SHIPPED: "primary",
    Order.State.SHIPPED: "success",
    Order.State.CANCELED: "",
    Order.State.EXPIRED: "",
}
RETURNS = {Return.State.ACCEPTED: "warning", Return.State.RECEIVED: "success", Return.State.REFUSED: ""}
EVENTS = {
    OrderEvent.Kind.PAID: "success",
    OrderEvent.Kind.SHIPPED: "success",
    OrderEvent.Kind.RESTOCKED: "success",
    OrderEvent.Kind.PAID_LATE: "danger",
    OrderEvent.Kind.CANCELED: "danger",
    OrderEvent.Kind.EXPIRED: "danger",
    OrderEvent.Kind.SHORT: "danger",
    OrderEvent.Kind.MISSING_CANCELED: "danger",
    OrderEvent.Kind.UNMATCHED: "danger",
    OrderEvent.Kind.SETTLED: "success",
}


# A list shows the same few badges on every row, and rendering one costs more than anything else in the row.
badge = lru_cache(maxsize=512)(wording.label)


def state(order: Order) -> str:
    return badge(str(order.get_state_display()), STATES[Order.State(order.state)])


def return_state(parcel: Return) -> str:
    return badge(str(parcel.get_state_display()), RETURNS[Return.State(parcel.state)])


def flags(order: Order, at: datetime) -> Iterator[str]:
    """What is wrong with an order: it is late, units are missing, money must go back, or came that it does not owe."""
    if worklists.is_late(order, at=at):
        yield str(worklists.TITLES["late"])
    if order.is_short:
        yield str(worklists.TITLES["short"])
    if order.refund_due:
        yield str(worklists.TITLES["refund_due"])
    if order.has_unmatched:
        yield str(worklists.TITLES["unmatched"])


def flag_labels(order: Order, at: datetime) -> str:
    return format_html_join(" ", "{}", ((mark_safe(badge(flag, "danger")),) for flag in flags(order, at)))  # noqa: S308


def contents(lines: list[OrderLine]) -> str:
    """The first line's name, and how many more there are."""
    if not lines:
        return "-"
    more = len(lines) - 1
    if not more:
        return lines[0].name
    return ngettext("%(name)s and %(more)s more", "%(name)s and %(more)s more", more) % {"name": lines[0].name, "more": more}


def person(customer: Customer, *, in_full: bool) -> str:
    """A customer's name; the storefront's id for somebody is no secret."""
    return (customer.name if in_full else wording.masked(customer.name)) or customer.external_id


def buyer(order: Order, *, in_full: bool) -> str:
    """Whom the order belongs to; without a customer, to whom it goes."""
    if order.customer is not None:
        return person(order.customer, in_full=in_full)
    name = str(order.ship_to.get("name") or "")
    return (name if in_full else wording.masked(name)) or "-"


def order_link(order: Order | None) -> str:
    if order is None:
        return "-"
    return format_html(
        '<a class="row-link" href="{}">{}</a>', reverse("admin:orders_order_change", args=[order.pk]), order.number
    )


def listing(rows: Iterable[tuple[str, str, Any]]) -> str:
    """SKU, name and units, line by line."""
    return format_html_join("", '<div class="fact"><span>{}</span><b>{} × {}</b></div>', rows) or "-"
