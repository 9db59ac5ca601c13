"""Suppliers, what each offers at which terms, and how each delivered."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.kernel import clock
from config.kernel.admin.house import HouseAdmin
from inventory.admin import costs, scores, supplier_terms
from inventory.admin.saving import AmountFormField
from inventory.admin.sku_fields import SkuInline, SkuRowForm
from inventory.admin.supplier_terms import SupplierTermsForm
from inventory.models import Supplier, SupplierOffer
from inventory.queries import suppliers


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
        (None, {"fields": ("name", "code", "email", "language", "is_active")}),
        (gettext_lazy("Terms"), {"fields": supplier_terms.FIELDS}),
        (gettext_lazy("Deliveries"), {"fields": ("over_tolerance", "under_tolerance")}),
    )
    inlines = (OfferInline,)
    change_form_outer_before_template = "admin/inventory/supplier/_score.html"
    change_form_outer_after_template = "admin/inventory/supplier/_deliveries.html"

    def get_urls(self) -> list[URLPattern]:
        scored = path("scores/", self.admin_site.admin_view(self.scores_view), name="inventory_supplier_scores")
        return [scored, *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> HttpResponse:
        supplier: Supplier | None = kwargs.get("obj")
        if supplier is not None:
            at, sees_costs = clock.now(), costs.sees(request)
            score = suppliers.scores(at=at, supplier_id=supplier.pk).get(supplier.pk)
            context |= {
                "score": scores.told(score, sees_costs=sees_costs) if score else None,
                "deliveries": [scores.delivery(one) for one in suppliers.deliveries(supplier_id=supplier.pk, at=at)],
            }
        page: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return page

    def scores_view(self, request: HttpRequest) -> HttpResponse:
        """Every supplier beside the others, the best first; each leads to the deliveries that say so."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = suppliers.scores(at=clock.now())
        sees_costs = costs.sees(request)
        rows = [
            {
                "supplier": one,
                "url": reverse("admin:inventory_supplier_change", args=[one.pk]) + "#score",
                "score": scores.told(found[one.pk], sees_costs=sees_costs) if one.pk in found else None,
                "order": -(found[one.pk].total or 0) if one.pk in found else 1,
            }
            for one in suppliers.listed()
        ]
        context = {
            **self.admin_site.each_context(request),
            "title": _("Supplier scores"),
            "rows": sorted(rows, key=lambda row: row["order"]),
            "sees_costs": sees_costs,
        }
        return TemplateResponse(request, "admin/inventory/supplier/scores.html", context)
