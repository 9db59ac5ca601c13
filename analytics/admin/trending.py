"""Trending products, each with what its score is made of."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from analytics.behaviour import trending as rule
from analytics.models import TrendingProduct
from analytics.queries import funnel, titles, trending
from analytics.words.figures import number
from config.kernel.admin import wording
from config.kernel.admin.house import ReadOnlyAdmin


class ByCategory(DropdownFilter):  # type: ignore[misc]
    title = gettext_lazy("category")
    parameter_name = "category"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        names = titles.categories(keys=funnel.categories())
        return [(str(pk), name) for pk, name in sorted(names.items(), key=lambda one: one[1])]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        return queryset.filter(variant__product__category=int(chosen)) if chosen in dict(self.lookup_choices) else queryset


@admin.register(TrendingProduct)
class TrendingAdmin(ReadOnlyAdmin):
    list_display = ("rank", "sku", "is_for_sale", "score_of", "views", "wishes", "carts", "orders", "made")
    list_display_links = None
    list_filter: tuple[Any, ...] = (ByCategory,)
    ordering = ("rank",)
    sortable_by = ()
    actions = None
    list_before_template = "admin/analytics/trendingproduct/rule.html"
    empty_hint = gettext_lazy("What shoppers view, wish for, put in the cart and order is ranked here every ten minutes.")

    made = wording.moment_column("made_at", gettext_lazy("made at"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return trending.ranked()

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        told = {
            "weights": {act.name.lower(): act.value for act in rule.Act},
            "half_life": rule.HALF_LIFE.total_seconds() / 3600,
            "window": rule.WINDOW.days,
        }
        page: HttpResponse = super().changelist_view(request, {**(extra_context or {}), **told})
        return page

    @display(description="SKU")
    def sku(self, row: TrendingProduct) -> SafeString:
        name = f"{row.variant.product.name} {row.variant.name}".strip()
        return format_html(
            '<a href="{}">{}</a> <small>{}</small>',
            reverse("admin:inventory_variant_change", args=[row.variant_id]),
            name,
            row.variant.sku,
        )

    @display(
        description=pgettext_lazy("trending", "for sale"),
        label={"yes": "success", "sold_out": "danger", "off": "warning"},
    )
    def is_for_sale(self, row: Any) -> tuple[str, str]:
        if not (row.variant.is_active and row.variant.product.is_active):
            return "off", _("not on sale")
        return ("yes", _("yes")) if row.has_stock else ("sold_out", _("sold out"))

    @display(description=gettext_lazy("score"))
    def score_of(self, row: TrendingProduct) -> str:
        return number_format(row.score, decimal_pos=1)

    @display(description=pgettext_lazy("trending", "views"))
    def views(self, row: TrendingProduct) -> SafeString:
        return _part(row.view_score, row.viewers)

    @display(description=pgettext_lazy("trending", "wishes"))
    def wishes(self, row: TrendingProduct) -> SafeString:
        return _part(row.wish_score, row.wishers)

    @display(description=pgettext_lazy("trending", "carts"))
    def carts(self, row: TrendingProduct) -> SafeString:
        return _part(row.cart_score, row.carters)

    @display(description=pgettext_lazy("trending", "orders"))
    def orders(self, row: TrendingProduct) -> SafeString:
        return _part(row.order_score, row.buyers)


def _part(score: float, people: int) -> SafeString:
    """Of the score, and how many acts of people stand behind it."""
    return format_html("{} <small>({})</small>", number_format(score, decimal_pos=1), number(people))
