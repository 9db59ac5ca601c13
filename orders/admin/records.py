"""Records of what happened to orders, looked at and never typed over: shipments, payments, refunds, the ledger of events."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import display

from campaigns.models.customer import SEES_PERSONAL
from config.kernel.admin import wording
from config.kernel.admin.filters import BusinessDaysFilter
from config.kernel.admin.house import ReadOnlyAdmin, once_per_row
from orders.admin import known, labels, telling
from orders.models import Fulfillment, OrderEvent, Payment, Refund
from orders.queries import records


class OfOrderAdmin(ReadOnlyAdmin):
    """A record that belongs to an order and leads to it."""

    list_select_related: tuple[str, ...] = ("order",)
    # Searched by `records.found`, besides by the order's number; the page shows its search field because there are some.
    search_fields: tuple[str, ...] = ("order__number",)
    searched: tuple[str, ...] = ()

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        return records.found(queryset, term=search_term, names=self.searched), False

    @display(description=gettext_lazy("order"))
    def of_order(self, row: Any) -> str:
        return labels.order_link(row.order)

    @display(description=gettext_lazy("amount"))
    def money(self, row: Any) -> str:
        return wording.amount(row.amount, row.order.currency)

    @display(description=gettext_lazy("provider"))
    def paid_by(self, row: Any) -> str:
        return known.provider(row.provider)

    @display(description=gettext_lazy("staff member"))
    def who(self, row: Any) -> str:
        return wording.actor(row)


@admin.register(Fulfillment)
class FulfillmentAdmin(OfOrderAdmin):
    called = (gettext_lazy("shipment"), gettext_lazy("shipments"))
    list_display = ("number", "of_order", "shipped", "warehouse", "carrier", "tracking_number", "who")
    empty_hint = gettext_lazy("Each parcel that leaves, from the button “Ship” of an order.")
    list_filter: tuple[Any, ...] = (("warehouse", RelatedDropdownFilter), ("shipped_at", BusinessDaysFilter))
    searched = ("number", "tracking_number")
    search_help_text = gettext_lazy("Shipment number, tracking number or order number, in full")
    list_select_related = ("order", "warehouse", "actor")
    ordering = ("-shipped_at", "-id")
    fields = readonly_fields = (
        "number", "of_order", "shipped", "warehouse", "carrier", "tracking_number", "who", "contents", "slip",
    )  # fmt: skip

    shipped = wording.moment_column("shipped_at", gettext_lazy("shipped at"))

    @display(description=gettext_lazy("contents"))
    @once_per_row
    def contents(self, row: Fulfillment) -> str:
        lines = row.lines.select_related("order_line").order_by("order_line__position")
        return labels.listing((line.order_line.sku, line.order_line.name, line.quantity) for line in lines)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [one for one in self.fields if one != "slip" or request.user.has_perm(SEES_PERSONAL)]

    @display(description=gettext_lazy("packing slip"))
    def slip(self, row: Fulfillment) -> str:
        address = reverse("admin:orders_order_packing_slip", args=[row.order_id])
        return format_html('<a class="row-link" href="{}?parcel={}">{}</a>', address, row.number, _("Print"))


@admin.register(Payment)
class PaymentAdmin(OfOrderAdmin):
    list_display = ("reference", "of_order", "paid_by", "money", "paid", "recorded")
    empty_hint = gettext_lazy("Money that came for orders, as the provider reports it or staff record it.")
    list_filter: tuple[Any, ...] = (("paid_at", BusinessDaysFilter),)
    searched = ("reference",)
    search_help_text = gettext_lazy("Payment reference or order number, in full")
    ordering = ("-paid_at", "-id")
    fields = readonly_fields = ("of_order", "paid_by", "reference", "money", "paid", "recorded")

    paid = wording.moment_column("paid_at", gettext_lazy("paid at"))

    def title_of(self, payment: Payment) -> str:
        return f"{known.provider(payment.provider)} {payment.reference}"

    @display(description=gettext_lazy("recorded at"))
    def recorded(self, row: Payment) -> str:
        return wording.moment(row.recorded_at)


@admin.register(Refund)
class RefundAdmin(OfOrderAdmin):
    list_display = ("reference", "of_order", "paid_by", "money", "reason", "who", "refunded")
    empty_hint = gettext_lazy("Money that went back to customers, from the button “Record a refund” of an order.")
    list_filter: tuple[Any, ...] = (("refunded_at", BusinessDaysFilter),)
    searched = ("reference",)
    search_help_text = gettext_lazy("Refund reference or order number, in full")
    list_select_related = ("order", "actor")
    ordering = ("-refunded_at", "-id")
    fields = readonly_fields = ("of_order", "paid_by", "reference", "money", "reason", "who", "refunded")

    refunded = wording.moment_column("refunded_at", gettext_lazy("refunded at"))

    def title_of(self, refund: Refund) -> str:
        return f"{known.provider(refund.provider)} {refund.reference}"


@admin.register(OrderEvent)
class OrderEventAdmin(OfOrderAdmin):
    list_display = ("occurred", "of_order", "kind_label", "who", "reason", "facts")
    empty_hint = gettext_lazy("Whatever happens to orders, from the moment they are placed.")
    list_filter: tuple[Any, ...] = (("occurred_at", BusinessDaysFilter),)
    search_help_text = gettext_lazy("Order number, in full")
    list_select_related = ("order", "actor")
    ordering = ("-occurred_at", "-id")
    fields = readonly_fields = ("of_order", "kind_label", "who", "reason", "facts", "occurred")

    occurred = wording.moment_column("occurred_at", gettext_lazy("occurred at"))

    def title_of(self, event: OrderEvent) -> str:
        return f"{event.order.number} · {telling.what(event)}"

    @display(description=pgettext_lazy("order event", "what happened"))
    def kind_label(self, event: OrderEvent) -> str:
        return labels.badge(telling.what(event), labels.EVENTS.get(OrderEvent.Kind(event.kind), ""))

    @display(description=gettext_lazy("details"))
    def facts(self, event: OrderEvent) -> str:
        return " · ".join(telling.entry(event, event.order).facts) or "-"
