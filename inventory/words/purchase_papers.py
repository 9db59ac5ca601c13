"""A purchase order as the supplier reads it: the document on paper, the table of its lines, the mail that brings both."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext

from config.kernel import pdf, shop
from config.kernel.money import Money, format_money, round_half_up
from inventory.models import PurchaseMail, PurchaseOrder, PurchaseOrderLine
from inventory.queries import purchases, supplier_links

Attached = tuple[str, bytes, str]


class PaperMissing(Exception):
    """No document can be made here: the package that draws it is not installed."""


def name_language(code: str) -> str:
    return str(dict(settings.LANGUAGES)[code])


def file_name(order: PurchaseOrder) -> str:
    return order.number


def paper(order: PurchaseOrder, language: str) -> bytes:
    """The whole document; the same order is the same file, whenever it is made."""
    with override(language):
        return _paper(order, language)


def _paper(order: PurchaseOrder, language: str) -> bytes:
    if not pdf.is_there():
        raise PaperMissing(pdf.PACKAGE)
    from reportlab.platypus import Paragraph, Spacer

    styles = pdf.styles()
    heading = f"{_('Purchase order')} {order.number}"
    lines = list(order.lines.select_related("variant__product").order_by("pk"))
    story: list[Any] = [
        Paragraph(pdf.text(settings.SHOP_NAME), styles["quiet"]),
        Paragraph(pdf.text(heading), styles["title"]),
        *(Paragraph(pdf.text(f"{title}: {value}"), styles["text"]) for title, value in _facts(order)),
        Spacer(0, 12),
        _lines(order, lines, styles),
        Spacer(0, 8),
        Paragraph(pdf.text(_("Amounts are before tax.")), styles["quiet"]),
    ]
    footer = f"{settings.SHOP_NAME} · {order.number}"
    return pdf.built(story, heading=heading, footer=footer, language=language)


def _facts(order: PurchaseOrder) -> Iterator[tuple[str, str]]:
    yield pgettext("document", "To"), order.supplier.name
    yield _("Deliver to"), order.warehouse.name
    yield _("Date"), f"{shop.day(order.sent_at or order.approved_at or order.drafted_at):%Y-%m-%d}"
    if order.expected_on:
        yield _("Expected on"), f"{order.expected_on:%Y-%m-%d}"
    if order.state == PurchaseOrder.State.DRAFT:
        yield pgettext("document", "State"), _("draft, not yet an order")
    elif order.state == PurchaseOrder.State.CANCELED:
        yield pgettext("document", "State"), _("canceled")


def _lines(order: PurchaseOrder, lines: Sequence[PurchaseOrderLine], styles: dict[str, Any]) -> Any:
    heads = [_("SKU"), _("Product"), _("Quantity"), _("Unit cost"), _("Amount")]
    total = sum((line.quantity * line.unit_cost for line in lines), Decimal(0))
    rows = [
        [line.variant.sku, _name(line), f"{line.quantity:,}", _money(line.unit_cost, order),
         _money(line.quantity * line.unit_cost, order)]
        for line in lines
    ]  # fmt: skip
    units = sum(line.quantity for line in lines)
    rows.append([pgettext("document", "Total"), "", f"{units:,}", "", _money(round_half_up(total, order.currency), order)])
    widths = [pdf.ROOM * share for share in (0.2, 0.38, 0.1, 0.15, 0.17)]
    return pdf.table(heads, rows, widths, styles, names=2)


def _name(line: PurchaseOrderLine) -> str:
    variant = line.variant
    return f"{variant.product.name} · {variant.name}" if variant.name else variant.product.name


def _money(amount: Decimal, order: PurchaseOrder) -> str:
    return format_money(Money(amount, order.currency))


def heading_of_table() -> list[str]:
    return [_("SKU"), _("Barcode"), _("Product"), _("Quantity"), _("Unit cost"), _("Currency")]


def rows_of_table(order: PurchaseOrder) -> Iterator[list[object]]:
    for line in order.lines.select_related("variant__product").order_by("pk"):
        cost = Money(line.unit_cost, order.currency).as_text()
        yield [line.variant.sku, line.variant.barcode or "", _name(line), line.quantity, cost, order.currency]


def link(order: PurchaseOrder, due: PurchaseMail, at: datetime) -> str:
    """Where the supplier confirms without logging in."""
    token = supplier_links.token(number=order.number, mail_id=due.pk, at=at)
    return str(settings.SHOP_URL) + reverse("confirm-purchase", args=[token])


def mail(due: PurchaseMail, at: datetime) -> tuple[str, str, list[Attached]]:
    """Subject, text and the document of a mail, in the language of the supplier."""
    order = purchases.in_full().get(pk=due.purchase_order_id)
    with override(due.language):
        subject = f"[{settings.SHOP_NAME}] {_('Purchase order')} {order.number}"
        lines = [
            _("Dear %(supplier)s,") % {"supplier": order.supplier.name},
            "",
            _("please find our purchase order %(number)s attached.") % {"number": order.number},
            "",
            *(f"- {line.variant.sku} · {_name(line)}: {line.quantity:,}" for line in order.lines.all()),
            "",
            _("Please confirm quantities and days here, without logging in, within 30 days:"),
            link(order, due, at),
            "",
            settings.SHOP_NAME,
        ]
        return subject, "\n".join(lines), [(f"{file_name(order)}.pdf", _paper(order, due.language), pdf.CONTENT_TYPE)]
