"""Orders as a table for a spreadsheet."""

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.http import StreamingHttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from config.kernel.admin import wording
from config.kernel.money import Money
from orders.models import Order

# A spreadsheet opens no more rows with pleasure, and a web process has better things to do.
MOST = 50_000
# What a spreadsheet takes for the beginning of a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def harmless(value: Any) -> Any:
    """A text that a spreadsheet shows and never calculates."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


class _Line:
    """What the csv module writes into; it keeps nothing."""

    def write(self, line: str) -> str:
        return line


def _rows(orders: Iterable[Order]) -> Iterator[list[Any]]:
    yield [
        _("order number"), _("channel"), _("number in the channel"), _("placed at"), _("state"), _("customer id"),
        pgettext("person", "name"), _("what"), _("units"), _("goods after discounts"), _("shipping fee"),
        _("total"), _("paid"), _("refunded"),
    ]  # fmt: skip
    for order in orders:
        lines = list(order.lines.all())
        amounts = (order.lines_total, order.shipping_fee - order.shipping_discount, order.total, order.paid, order.refunded)
        yield [
            order.number,
            order.channel,
            order.external_number or "",
            wording.plain_moment(order.placed_at),
            order.get_state_display(),
            order.customer.external_id if order.customer else "",
            order.customer.name if order.customer else order.ship_to.get("name", ""),
            ", ".join(f"{line.name} × {line.quantity}" for line in lines),
            sum(line.quantity for line in lines),
            *(Money(one, order.currency).as_text() for one in amounts),
        ]


def as_csv(orders: Iterable[Order], at: datetime) -> StreamingHttpResponse:
    """Streamed line by line; begins with the mark by which Excel knows Korean text."""
    writer = csv.writer(_Line())
    lines = (writer.writerow([harmless(cell) for cell in row]) for row in _rows(orders))
    answer = StreamingHttpResponse(_marked(lines), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="orders-{wording.plain_moment(at)[:10]}.csv"'
    answer["Cache-Control"] = "no-store"
    return answer


def _marked(lines: Iterable[str]) -> Iterator[bytes]:
    yield "\ufeff".encode()
    for line in lines:
        yield line.encode()
