"""Suppliers, and what each offers at which terms."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from config.kernel.admin.house import HouseAdmin
from inventory.admin import supplier_terms
from inventory.admin.saving import AmountFormField
from inventory.admin.sku_fields import SkuInline, SkuRowForm
from inventory.admin.supplier_terms import SupplierTermsForm
from inventory.models import Supplier, SupplierOffer


class OfferForm(SkuRowForm):
    unit_cost = AmountFormField(label=gettext_lazy("unit cost"), exact=True)


class OfferInline(SkuInline):
    model = SupplierOffer
    form = OfferForm
    fields = ("variant", "unit_cost", "lead_time_days", "minimum_quantity", "order_multiple", "is_preferred")
    extra = 0
    hide_title = True
    # Suppliers may offer thousands of SKUs: a page of them at a time.
    per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[SupplierOffer]:
        offers: QuerySet[SupplierOffer] = super().get_queryset(request)
        return offers.select_related("variant").order_by("variant__sku", "id")


@admin.register(Supplier)
class SupplierAdmin(HouseAdmin):
    empty_hint = gettext_lazy("Whom the shop buys from, and each SKU they offer with its terms.")
    list_display = ("name", "code", "email", "is_active")
    list_filter: tuple[Any, ...] = ("is_active",)
    search_fields = ("name", "code", "email")
    search_help_text = gettext_lazy("Search by name, code or email")
    ordering = ("name", "id")
    form = SupplierTermsForm
    fieldsets: tuple[Any, ...] = (
        (None, {"fields": ("name", "code", "email", "is_active")}),
        (gettext_lazy("Terms"), {"fields": supplier_terms.FIELDS}),
    )
    inlines = (OfferInline,)
