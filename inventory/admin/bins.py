"""Bins: which there are in a warehouse, and what has its place in them; labels to print for the shelves."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import display

from config.kernel.admin.house import HouseAdmin
from inventory.admin.auditing import NamedInAudit
from inventory.admin.sku_fields import SkuInline
from inventory.models import Bin, BinPlace

MOST_LABELS = 500


class PlaceInline(SkuInline):
    model = BinPlace
    fields = ("variant", "is_default")
    extra = 0
    hide_title = True
    verbose_name = gettext_lazy("SKU")
    verbose_name_plural = gettext_lazy("SKUs")

    def get_queryset(self, request: HttpRequest) -> QuerySet[BinPlace]:
        rows: QuerySet[BinPlace] = super().get_queryset(request)
        return rows.select_related("variant__product", "bin").order_by("variant__sku")


@admin.register(Bin)
class BinAdmin(NamedInAudit, HouseAdmin):
    empty_hint = gettext_lazy("Where things lie in a warehouse. Picking lists and count sheets follow the codes.")
    list_display = ("code", "warehouse", "holds", "note", "is_active")
    list_filter: tuple[Any, ...] = (("warehouse", RelatedDropdownFilter), "is_active")
    list_select_related = ("warehouse",)
    search_fields = ("code__istartswith", "places__variant__sku__istartswith")
    search_help_text = gettext_lazy("How the code or a SKU begins")
    ordering = ("warehouse__priority", "warehouse_id", "code")
    fields = ("warehouse", "code", "note", "is_active")
    inlines = (PlaceInline,)
    change_list_template = "admin/inventory/bin/change_list.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Bin]:
        rows: QuerySet[Bin] = super().get_queryset(request)
        return rows.annotate(skus=Count("places"))

    def title_of(self, row: Bin) -> str:
        return f"{row.warehouse.name} · {row.code}"

    def get_readonly_fields(self, request: HttpRequest, obj: Bin | None = None) -> tuple[str, ...]:
        """A bin does not move to another warehouse: what has its place there would move with it."""
        return ("warehouse",) if obj else ()

    def get_urls(self) -> list[URLPattern]:
        labels = path("labels/", self.admin_site.admin_view(self.labels_view), name="inventory_bin_labels")
        return [labels, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        asked = request.GET.urlencode()
        more = {"labels_url": reverse("admin:inventory_bin_labels") + (f"?{asked}" if asked else "")}
        page: HttpResponse = super().changelist_view(request, {**more, **(extra_context or {})})
        return page

    def labels_view(self, request: HttpRequest) -> HttpResponse:
        """A sheet of labels for the bins of the list as it is narrowed, to print and cut."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        bins = self.get_changelist_instance(request).queryset[:MOST_LABELS]
        context = {**self.admin_site.each_context(request), "title": _("Labels of bins"), "bins": bins}
        return TemplateResponse(request, "admin/inventory/bin/labels.html", context)

    @display(description=pgettext_lazy("bin", "SKUs"))
    def holds(self, row: Bin) -> str:
        return f"{row.skus:,}"  # type: ignore[attr-defined]  # annotated by the query
