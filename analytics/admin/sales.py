"""The sales page: a period, cut by day, hour, channel, category or SKU, as table, chart and file; and what the figures mean."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget

from analytics.admin import charts, explorer, live, periods, tiles
from analytics.admin.periods import PLAIN, PeriodForm
from analytics.definitions import OTHERS, TITLES
from analytics.figures import Figures, total
from analytics.models import HourlySales
from analytics.queries import catalogue, sales, titles
from analytics.queries.sales import Freshness, SkuSales
from analytics.words import figures as words
from analytics.words.figures import money, number
from config.kernel import clock, exporting, shop
from config.kernel.admin import downloading
from config.kernel.admin.house import ReadOnlyAdmin
from config.kernel.money import Money
from orders.admin import known

# On the page; the file has them all.
MOST_ROWS = 500
BY = (
    ("day", pgettext_lazy("sales by", "Day")),
    ("hour", pgettext_lazy("sales by", "Hour")),
    ("channel", pgettext_lazy("sales by", "Channel")),
    ("category", pgettext_lazy("sales by", "Category")),
    ("sku", pgettext_lazy("sales by", "SKU")),
)


class SalesForm(PeriodForm):
    longest_days = 731
    by = forms.ChoiceField(label=gettext_lazy("By"), choices=BY, widget=UnfoldAdminSelectWidget)


@dataclass(frozen=True)
class Column:
    """`value` takes the raw figure out of a row; `shown` puts it into words."""

    code: str
    title: Any
    value: Callable[[Any], Any]
    shown: Callable[[Any], str] = money
    wide: bool = False


def _columns(*codes: str, wide: Sequence[str] = ()) -> tuple[Column, ...]:
    counted = ("orders", "units", "returned_units")
    titles = {**TITLES, "returned_units": pgettext_lazy("figure", "Returned units")}
    return tuple(
        Column(code, titles[code], attrgetter(code), number if code in counted else money, code in wide) for code in codes
    )


OF_HOURS = _columns(
    "orders", "units", "gross", "discounts", "sales", "returned", "net", "shipping", "tax", "average_order",
    wide=("units", "gross", "discounts", "sales", "returned", "shipping", "tax", "average_order"),
)  # fmt: skip
OF_SKUS = _columns(
    "units", "gross", "discounts", "returned_units", "returned", "net", "profit",
    wide=("gross", "discounts", "returned_units", "returned"),
)  # fmt: skip


@dataclass(frozen=True)
class Table:
    """One cut of a period, still as raw figures."""

    heading: str
    columns: tuple[Column, ...]
    rows: list[tuple[Any, Any]]
    names: Callable[[Any], str]
    total: Any
    closed_only: bool = False
    # How many rows are shown where there are more.
    cut: int = 0


@admin.register(HourlySales)
class HourlySalesAdmin(ReadOnlyAdmin):
    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("sales.csv", wrap(self.csv_view), name="analytics_sales_csv"),
            path("today/", today_view, name="analytics_today"),
            path("definitions/", wrap(self.definitions_view), name="analytics_definitions"),
            path("live/", wrap(self.live_view), name="analytics_live"),
            path("live/now/", live.now_view, name="analytics_live_now"),
            path("metrics/", wrap(self.explorer_view), name="analytics_explorer"),
            path("metrics.csv", wrap(self.explorer_csv_view), name="analytics_explorer_csv"),
            path("metrics.xlsx", wrap(self.explorer_xlsx_view), name="analytics_explorer_xlsx"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        self._require(request)
        at = clock.now()
        today = shop.day(at)
        form = SalesForm({**periods.usual(today), "by": "day", **request.GET.dict()})
        fresh = sales.freshness(at=at)
        shown: dict[str, Any] = {}
        if form.is_valid():
            given = form.cleaned_data
            table = cut(**given, fresh=fresh, at=at, most=MOST_ROWS)
            chosen = {"first": given["first"].isoformat(), "last": given["last"].isoformat(), "by": given["by"]}
            shown = {
                "table": _in_words(table),
                "explorer_url": f"{reverse('admin:analytics_explorer')}?{urlencode({'metric': 'net', **chosen})}",
                "csv_url": f"{reverse('admin:analytics_sales_csv')}?{urlencode(chosen)}",
            }
        context = {
            **self.admin_site.each_context(request),
            "title": _("Sales"),
            "opts": self.opts,
            "form": form,
            "periods": periods.near(today, form),
            "fresh": fresh,
            "definitions_url": reverse("admin:analytics_definitions"),
            **shown,
        }
        return TemplateResponse(request, "analytics/sales.html", context)

    def csv_view(self, request: HttpRequest) -> HttpResponseBase:
        self._require(request)
        form = SalesForm(request.GET)
        if not form.is_valid():
            return periods.refused(form)
        given, at = form.cleaned_data, clock.now()
        table = cut(**given, fresh=sales.freshness(at=at), at=at, most=exporting.MOST_ROWS + 1)
        heading = [table.heading, *(str(column.title) for column in table.columns)]
        rows = [[table.names(key), *(_plain(column, figures) for column in table.columns)] for key, figures in table.rows]
        name = f"sales-{given['by']}-{given['first']:%Y%m%d}-{given['last']:%Y%m%d}"
        try:
            return downloading.as_csv(
                request, name=name, heading=heading, rows=rows, number=len(rows), of=HourlySales, called=name
            )
        except downloading.TooManyRows as refusal:
            return HttpResponse(str(refusal), status=refusal.status, content_type=PLAIN)

    def definitions_view(self, request: HttpRequest) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _("How this is counted"),
            "subjects": [
                {
                    "title": subject.title,
                    "metrics": [{"metric": one, "facts": catalogue.facts_about(one)} for one in subject.metrics],
                }
                for subject in catalogue.subjects()
            ],
            "others": OTHERS,
            "zone": settings.BUSINESS_TIME_ZONE,
        }
        return TemplateResponse(request, "analytics/definitions.html", context)

    def live_view(self, request: HttpRequest) -> HttpResponse:
        return live.page(request, self.admin_site.each_context(request))

    def explorer_view(self, request: HttpRequest) -> HttpResponse:
        return explorer.page(request, self.admin_site.each_context(request))

    def explorer_csv_view(self, request: HttpRequest) -> HttpResponseBase:
        return explorer.file(request, as_workbook=False)

    def explorer_xlsx_view(self, request: HttpRequest) -> HttpResponseBase:
        return explorer.file(request, as_workbook=True)

    def _require(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied


def today_view(request: HttpRequest) -> HttpResponse:
    """The tile of today alone, asked for every minute. Whoever was logged out meanwhile is sent to the login page."""
    if not admin.site.has_permission(request):
        return HttpResponse(status=403, headers={"HX-Refresh": "true"})
    if not request.user.has_perm(tiles.SALES):
        raise PermissionDenied
    return TemplateResponse(request, "analytics/_today.html", {"today": tiles.today(request, clock.now())})


def cut(*, first: date, last: date, by: str, fresh: Freshness, at: datetime, most: int) -> Table:
    """The period as rows of one kind: of SKUs and categories the best `most`, and the total of all."""
    period: dict[str, Any] = {"first": first, "last": last}
    if by in ("category", "sku"):
        found = (sales.by_sku if by == "sku" else sales.by_category)(**period, most=most + 1)
        is_cut, found = len(found) > most, found[:most]
        names = (titles.skus if by == "sku" else titles.categories)(keys=[one.key for one in found])
        rows = [(one.key, one) for one in found]
        whole = sales.of_skus(**period) if is_cut else _sum(found)
        return Table(str(dict(BY)[by]), OF_SKUS, rows, names.__getitem__, whole, closed_only=True, cut=most if is_cut else 0)
    live = {**period, "fresh": fresh, "at": at}
    cuts: dict[str, tuple[Any, Callable[[Any], str]]] = {
        "day": (sales.by_day, words.day),
        "hour": (sales.by_hour, charts.hour),
        "channel": (sales.by_channel, lambda name: known.channel(name) if name else _("without a sale on record")),
    }
    ask, name = cuts[by]
    many: list[tuple[Any, Figures]] = ask(**live)
    return Table(str(dict(BY)[by]), OF_HOURS, many, name, total(figures for _key, figures in many))


def _sum(found: Sequence[SkuSales]) -> SkuSales:
    return SkuSales(
        0, *(sum((getattr(one, column) for one in found), getattr(sales.NOTHING, column)) for column in sales.SKU_FACTS)
    )


def _plain(column: Column, figures: Any) -> Any:
    value = column.value(figures)
    return Money(value, settings.SHOP_CURRENCY).quantized().amount if isinstance(value, Decimal) else value


def _in_words(table: Table) -> dict[str, Any]:
    def cells(figures: Any) -> list[dict[str, Any]]:
        return [{"text": column.shown(column.value(figures)), "wide": column.wide} for column in table.columns]

    newest_first = table.rows[::-1] if table.columns is OF_HOURS and table.names is words.day else table.rows
    return {
        "heading": table.heading,
        "columns": table.columns,
        "rows": [{"name": table.names(key), "cells": cells(figures)} for key, figures in newest_first],
        "total": cells(table.total),
        "closed_only": table.closed_only,
        "cut": table.cut,
    }
