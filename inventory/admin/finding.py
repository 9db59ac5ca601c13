"""Searching and narrowing the lists of stock, each way served by an index."""

from typing import Any

from django.db.models import F, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.contrib.filters.admin import DropdownFilter

from config.kernel.admin.house import HouseAdmin
from inventory.models import Category
from inventory.queries import shelves


class FoundBySkuOrDocument(HouseAdmin):
    """Lists of a million rows with a SKU and a document each: found by the whole number, or by how the SKU begins."""

    search_fields = ("document_number",)
    search_help_text = gettext_lazy("SKU, or the whole number of the document")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[Any, bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        # Looked up first: joined by their SKU, rarely moved ones would be sought through the whole table.
        return queryset.filter(Q(document_number=term) | Q(variant_id__in=shelves.variants_called(term))), False


class ByCategory(DropdownFilter):  # type: ignore[misc]
    """A category and all below it. `path` leads from the row to its category."""

    title = gettext_lazy("category")
    parameter_name = "category"
    path = "variant__product__category"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        known = Category.objects.select_related("parent__parent")
        return sorted(((str(one.pk), one.path) for one in known), key=lambda pair: pair[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = str(self.value() or "")
        return queryset.filter(**{f"{self.path}__in": shelves.below(int(value))}) if value.isdecimal() else queryset


class ByAvailability(DropdownFilter):  # type: ignore[misc]
    title = gettext_lazy("availability")
    parameter_name = "availability"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("out", gettext_lazy("sold out")),
            ("some", pgettext_lazy("stock", "available")),
            ("reserved", gettext_lazy("with reservations")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        narrowed = {
            "out": Q(on_hand__lte=F("reserved")),
            "some": Q(on_hand__gt=F("reserved")),
            "reserved": Q(reserved__gt=0),
        }
        return queryset.filter(narrowed.get(str(self.value()), Q()))
