"""One offer of a supplier with its price breaks, and its lead time as promised and as it is."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import display

from config.kernel.admin import wording
from inventory.admin import labels
from inventory.admin.auditing import NamedInAudit
from inventory.admin.saving import AmountFormField
from inventory.models import PriceBreak, SupplierOffer


class BreakForm(forms.ModelForm):  # type: ignore[type-arg]
    unit_cost = AmountFormField(label=gettext_lazy("unit cost"), exact=True)

    class Meta:
        model = PriceBreak
        fields = ("from_quantity", "unit_cost")


class BreakInline(TabularInline):  # type: ignore[misc]
    model = PriceBreak
    form = BreakForm
    fields = ("from_quantity", "unit_cost")
    ordering = ("from_quantity",)
    extra = 0
    hide_title = True
    tab = False


@admin.register(SupplierOffer)
class SupplierOfferAdmin(NamedInAudit):
    empty_hint = gettext_lazy("Each SKU a supplier sells. Offers are entered on the supplier's page; price breaks here.")
    list_display = (
        "sku",
        "product",
        "supplier",
        "cost",
        "promised",
        "learned",
        "minimum_quantity",
        "order_multiple",
        "is_preferred",
    )
    list_filter: tuple[Any, ...] = (("supplier", RelatedDropdownFilter), "is_preferred")
    list_select_related = ("variant__product", "supplier", "lead_time")
    search_fields = ("variant__sku__istartswith", "variant__product__name")
    search_help_text = gettext_lazy("Search by SKU or product")
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("sku", "product", "supplier", "cost", "is_preferred")}),
        (gettext_lazy("Terms"), {"fields": ("promised", "learned", "minimum_quantity", "order_multiple")}),
    )
    readonly_fields = (
        *("sku", "product", "supplier", "cost", "promised", "learned"),
        *("minimum_quantity", "order_multiple", "is_preferred"),
    )
    inlines = (BreakInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[SupplierOffer]:
        offers: QuerySet[SupplierOffer] = super().get_queryset(request)
        return offers.select_related("variant__product", "supplier", "lead_time")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Offers are written on the page of their supplier."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def title_of(self, offer: SupplierOffer) -> str:
        return f"{offer.supplier} · {offer.variant}"

    @display(description=gettext_lazy("SKU"))
    def sku(self, offer: SupplierOffer) -> str:
        return offer.variant.sku

    @display(description=gettext_lazy("product"))
    def product(self, offer: SupplierOffer) -> str:
        return labels.variant_name(offer.variant)

    @display(description=gettext_lazy("unit cost"), ordering="unit_cost")
    def cost(self, offer: SupplierOffer) -> str:
        return wording.amount(offer.unit_cost)

    @display(description=gettext_lazy("days promised"))
    def promised(self, offer: SupplierOffer) -> str:
        return str(offer.lead_time_days)

    @display(description=gettext_lazy("days reckoned with"))
    def learned(self, offer: SupplierOffer) -> str:
        found = getattr(offer, "lead_time", None)
        return "-" if found is None else f"{found.mean:.1f} ± {found.deviation:.1f}"
