"""Orders as a table for a spreadsheet."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from config.kernel.admin import wording
from config.kernel.money import Money
from orders.admin import known
from orders.models import Order


def heading() -> list[str]:
    return [
        _("order number"), _("channel"), _("number in the channel"), _("placed at"), _("state"), _("customer id"),
        pgettext("person", "name"), _("what"), _("units"), _("goods after discounts"), _("shipping fee"),
        _("total"), _("paid"), _("refunded"),
    ]  # fmt: skip


def row(order: Order, *, in_full: bool) -> list[Any]:
    lines = list(order.lines.all())
    name = order.customer.name if order.customer else str(order.ship_to.get("name", ""))
    amounts = (order.lines_total, order.shipping_fee - order.shipping_discount, order.total, order.paid, order.refunded)
    return [
        order.number,
        known.channel(order.channel),
        order.external_number or "",
        wording.plain_moment(order.placed_at),
        order.get_state_display(),
        order.customer.external_id if order.customer else "",
        name if in_full else wording.masked(name),
        ", ".join(f"{line.name} × {line.quantity}" for line in lines),
        sum(line.quantity for line in lines),
        *(Money(one, order.currency).as_text() for one in amounts),
    ]
