"""Goods receipts with what was wrong and what bringing them here cost, and the goods that lie aside for their suppliers."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from config.kernel import clock
from config.kernel.admin import wording
from config.kernel.admin.buttons import ButtonsAdmin, actor, operation_button
from config.kernel.admin.filters import BusinessDaysFilter
from config.kernel.admin.house import ReadOnlyAdmin
from inventory.admin import costs, labels, purchase_forms, telling
from inventory.models import GoodsReceipt, GoodsReceiptLine, ReceiptDiscrepancy
from inventory.operations import costing, receiving
from inventory.operations.costing import Extra
from inventory.queries import costs as cost_queries
from inventory.queries import purchases

MAY_BUY = "inventory.change_purchaseorder"


class ReceiptLineInline(TabularInline):  # type: ignore[misc]
    model = GoodsReceiptLine
    fields = ("sku", "product", "quantity")
    readonly_fields = fields
    extra = 0
    hide_title = True
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[GoodsReceiptLine]:
        lines: QuerySet[GoodsReceiptLine] = super().get_queryset(request)
        return lines.select_related("line__variant__product").order_by("pk")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description=gettext_lazy("SKU"))
    def sku(self, line: GoodsReceiptLine) -> str:
        return labels.variant_link(line.line.variant)

    @display(description=gettext_lazy("product"))
    def product(self, line: GoodsReceiptLine) -> str:
        return labels.variant_name(line.line.variant)


@admin.register(GoodsReceipt)
class GoodsReceiptAdmin(ReadOnlyAdmin, ButtonsAdmin):
    empty_hint = gettext_lazy("Each delivery that was put on the shelf, from the receiving desk.")
    list_display = ("number", "booked", "order", "supplier", "delivery_note", "who")
    list_filter: tuple[Any, ...] = (
        ("purchase_order__supplier", RelatedDropdownFilter),
        ("received_at", BusinessDaysFilter),
    )
    list_select_related = ("purchase_order__supplier", "actor")
    search_fields = ("number__exact", "delivery_note__exact", "purchase_order__number__exact")
    search_help_text = gettext_lazy("The whole number of the receipt, the delivery note or the purchase order")
    ordering = ("-received_at", "-id")
    fields = ("number", "booked", "order", "supplier", "delivery_note", "who")
    readonly_fields = fields
    inlines = (ReceiptLineInline,)
    change_form_outer_after_template = "admin/inventory/goodsreceipt/_record.html"

    booked = wording.moment_column("received_at", gettext_lazy("received at"))

    @display(description=gettext_lazy("purchase order"))
    def order(self, receipt: GoodsReceipt) -> str:
        address = reverse("admin:inventory_purchaseorder_change", args=[receipt.purchase_order_id])
        return format_html('<a class="row-link" href="{}">{}</a>', address, receipt.purchase_order.number)

    @display(description=gettext_lazy("supplier"))
    def supplier(self, receipt: GoodsReceipt) -> str:
        return receipt.purchase_order.supplier.name

    @display(description=pgettext_lazy("goods receipt", "received by"))
    def who(self, receipt: GoodsReceipt) -> str:
        return wording.actor(receipt)

    def version_of(self, receipt: GoodsReceipt) -> str:
        return str(receipt.landed_costs.count())

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> HttpResponse:
        receipt: GoodsReceipt | None = kwargs.get("obj")
        if receipt is not None:
            context |= {
                "gaps": [telling.gap(one) for one in purchases.with_lines(receipt).discrepancies.all()],
                "landed": [telling.landed(one) for one in cost_queries.landed(receipt.pk)] if costs.sees(request) else [],
            }
        page: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return page

    @operation_button(
        title=gettext_lazy("Add freight, duty or other costs"), permission=MAY_BUY, icon="local_shipping",
        form=purchase_forms.LandedCostForm,
        explanation=gettext_lazy(
            "Shared out over the lines of this delivery to the last won. What falls on units that have left already raises no "
            "cost; it is shown as a variance."
        ),
    )  # fmt: skip
    def add_cost(self, request: HttpRequest, receipt: GoodsReceipt, values: dict[str, Any]) -> str:
        booked = costing.add_cost(
            receipt=receipt.number, extra=Extra(values["kind"], values["amount"], values["basis"], values["reference"]),
            actor=actor(request), at=clock.now(),
        )  # fmt: skip
        return _("%(amount)s is shared out over the lines.") % {"amount": wording.amount(booked.amount)}


@admin.register(ReceiptDiscrepancy)
class ReceiptDiscrepancyAdmin(ReadOnlyAdmin, ButtonsAdmin):
    empty_hint = gettext_lazy("What was short, too many, damaged or wrong in a delivery. Goods that lie aside wait here.")
    list_display = ("found", "kind_label", "item_label", "quantity", "outcome_label", "supplier", "receipt_link", "reason")
    list_filter: tuple[Any, ...] = (
        ("kind", ChoicesDropdownFilter),
        ("outcome", ChoicesDropdownFilter),
        ("receipt__purchase_order__supplier", RelatedDropdownFilter),
        ("found_at", BusinessDaysFilter),
    )
    list_select_related = ("receipt__purchase_order__supplier", "line__variant", "settled_by")
    search_fields = ("receipt__number__exact", "receipt__purchase_order__number__exact")
    search_help_text = gettext_lazy("The whole number of the receipt or the purchase order")
    ordering = ("-found_at", "-id")
    fields = (
        *("found", "kind_label", "item_label", "quantity", "reason", "outcome_label", "supplier", "receipt_link"),
        *("settled", "settlement"),
    )
    readonly_fields = fields

    found = wording.moment_column("found_at", gettext_lazy("found at"))
    settled = wording.moment_column("settled_at", gettext_lazy("settled at"))

    def title_of(self, gap: ReceiptDiscrepancy) -> str:
        return f"{gap.get_kind_display()} · {gap.line.variant.sku if gap.line else gap.item}"

    def version_of(self, gap: ReceiptDiscrepancy) -> str:
        return str(gap.settled_at or "")

    @display(description=gettext_lazy("kind"))
    def kind_label(self, gap: ReceiptDiscrepancy) -> str:
        return labels.discrepancy(gap)

    @display(description=gettext_lazy("item"))
    def item_label(self, gap: ReceiptDiscrepancy) -> str:
        return labels.variant_link(gap.line.variant) if gap.line else gap.item

    @display(description=gettext_lazy("what becomes of it"))
    def outcome_label(self, gap: ReceiptDiscrepancy) -> str:
        return labels.outcome(gap)

    @display(description=gettext_lazy("supplier"))
    def supplier(self, gap: ReceiptDiscrepancy) -> str:
        return gap.receipt.purchase_order.supplier.name

    @display(description=gettext_lazy("goods receipt"))
    def receipt_link(self, gap: ReceiptDiscrepancy) -> str:
        address = reverse("admin:inventory_goodsreceipt_change", args=[gap.receipt_id])
        return format_html('<a class="row-link" href="{}">{}</a>', address, gap.receipt.number)

    @operation_button(
        title=gettext_lazy("Settled with the supplier"), permission=MAY_BUY, icon="handshake", form=purchase_forms.SettleForm,
        shown=lambda gap: gap.outcome == ReceiptDiscrepancy.Outcome.RETURN and gap.settled_at is None,
        explanation=gettext_lazy("Once the goods are back, or the supplier has credited or replaced them."),
    )  # fmt: skip
    def settle(self, request: HttpRequest, gap: ReceiptDiscrepancy, values: dict[str, Any]) -> None:
        receiving.settle(discrepancy_id=gap.pk, settlement=values["settlement"], actor=actor(request), at=clock.now())
