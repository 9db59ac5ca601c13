"""Cohorts: what customers did in the months after their first order, by the month of it."""

from datetime import date, timedelta
from decimal import Decimal
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

from analytics import cohorts, drawing
from analytics.admin.periods import PLAIN
from analytics.admin.wording import address
from analytics.cohorts import Cohort
from analytics.models import CohortMonth
from analytics.queries import purchase_times
from analytics.words import figures
from config.kernel import clock, shop
from config.kernel.admin import downloading
from config.kernel.admin.house import ReadOnlyAdmin
from config.kernel.money import Money
from orders.admin import known

ROWS = "analytics_purchase_changelist", "analytics.view_purchase"
SHOWN = (
    ("retention", pgettext_lazy("cohort", "Retention")),
    ("customers", pgettext_lazy("cohort", "Customers who ordered")),
    ("net", pgettext_lazy("cohort", "Net sales per customer so far")),
)
SPANS = (("6", gettext_lazy("6 months")), ("12", gettext_lazy("12 months")), ("24", gettext_lazy("24 months")))


class CohortForm(forms.Form):
    show = forms.ChoiceField(label=gettext_lazy("Figure"), choices=SHOWN, widget=UnfoldAdminSelectWidget)
    months = forms.ChoiceField(label=gettext_lazy("Period"), choices=SPANS, widget=UnfoldAdminSelectWidget)
    channel = forms.ChoiceField(label=gettext_lazy("Channel"), required=False, widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        every = [("", _("All"))]
        self.fields["channel"].choices = [  # type: ignore[attr-defined]
            *every,
            *((one, known.channel(one)) for one in purchase_times.channels_of_orders()),
        ]


@admin.register(CohortMonth)
class CohortMonthAdmin(ReadOnlyAdmin):
    def get_urls(self) -> list[URLPattern]:
        """Their rows are sums: there is no page of one."""
        wrap = self.admin_site.admin_view
        return [
            path("", wrap(self.changelist_view), name="analytics_cohortmonth_changelist"),
            path("cohorts.csv", wrap(self.csv_view), name="analytics_cohorts_csv"),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        self._require(request)
        form = CohortForm({"show": "retention", "months": "12", **request.GET.dict()})
        shown: dict[str, Any] = {}
        if form.is_valid():
            given = form.cleaned_data
            chosen = {name: given[name] for name in ("show", "months", "channel")}
            shown = {
                "table": _table(request, _asked(given), **chosen),
                "csv_url": f"{reverse('admin:analytics_cohorts_csv')}?{urlencode(chosen)}",
            }
        context = {
            **self.admin_site.each_context(request),
            "title": _("Cohorts"),
            "opts": self.opts,
            "form": form,
            "fresh": purchase_times.freshness(),
            "few": cohorts.FEW,
            "definitions_url": reverse("admin:analytics_definitions"),
            **shown,
        }
        return TemplateResponse(request, "analytics/cohorts.html", context)

    def csv_view(self, request: HttpRequest) -> HttpResponseBase:
        self._require(request)
        form = CohortForm(request.GET)
        if not form.is_valid():
            return HttpResponse(_("Choose what is to be told."), status=400, content_type=PLAIN)
        heading = [
            _("Month of the first order"), _("Customers"), _("Months since"), pgettext_lazy("cohort", "Customers who ordered"),
            pgettext_lazy("cohort", "Retention"), pgettext_lazy("figure", "Orders"), pgettext_lazy("figure", "Net sales"),
        ]  # fmt: skip
        rows = [
            [f"{one.month:%Y-%m}", one.customers, months, cell.customers, _rounded(one.retention(months)), cell.orders,
             _paid(cell.net)]
            for one in _asked(form.cleaned_data)
            for months, cell in one.cells.items()
        ]  # fmt: skip
        name = f"cohorts-{shop.day(clock.now()):%Y%m%d}"
        return downloading.as_csv(request, name=name, heading=heading, rows=rows, number=len(rows), of=CohortMonth, called=name)

    def _require(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied


def _asked(given: dict[str, Any]) -> list[Cohort]:
    today = shop.day(clock.now())
    first = cohorts.month_after(today, 1 - int(given["months"]))
    return purchase_times.cohort_table(first=first, last=today, channel=given["channel"])


def _table(request: HttpRequest, found: list[Cohort], *, show: str, months: str, channel: str) -> dict[str, Any]:
    width = max((len(one.cells) for one in found), default=0)
    most = max((one.net_per_customer(number) or Decimal(0) for one in found for number in one.cells), default=Decimal(0))
    return {
        "title": dict(SHOWN)[show],
        "months": list(range(width)),
        "rows": [
            {
                "month": f"{one.month:%Y-%m}",
                "customers": figures.number(one.customers),
                "is_small": one.is_small,
                "cells": [_cell(request, one, number, show, channel, most) for number in range(len(one.cells))],
                "rest": range(width - len(one.cells)),
            }
            for one in reversed(found)
        ],
    }


def _cell(request: HttpRequest, one: Cohort, months: int, show: str, channel: str, most: Decimal) -> dict[str, Any]:
    cell = one.cells[months]
    share, net = one.retention(months) or Decimal(0), one.net_per_customer(months)
    texts = {
        "retention": figures.share(share, 0 if share == 1 else 1),
        "customers": figures.number(cell.customers),
        "net": figures.money(net),
    }
    # Few shops see more than half of their customers again in a month.
    deep = min(share * 2, Decimal(1))
    month = cohorts.month_after(one.month, months)
    ends: date = cohorts.month_after(month, 1) - timedelta(days=1)
    # The orders' own channel may be another than that of the first one, so the rows are of all channels.
    return {
        "text": texts[show],
        "strength": drawing.strength(net or Decimal(0), most) if show == "net" else drawing.strength(deep, Decimal(1)),
        "words": _("%(month)s, %(months)s months after: %(customers)s of %(all)s customers, %(orders)s orders")
        % {
            "month": f"{one.month:%Y-%m}",
            "months": months,
            "customers": figures.number(cell.customers),
            "all": figures.number(one.customers),
            "orders": figures.number(cell.orders),
        },
        "url": address(
            request, *ROWS, cohort=f"{one.month:%Y-%m}", placed_at_from=month.isoformat(), placed_at_to=ends.isoformat()
        )
        if cell.customers
        else "",
    }  # fmt: skip


def _rounded(value: Decimal | None) -> Decimal | None:
    return None if value is None else round(value, 4)


def _paid(value: Decimal) -> Decimal:
    return Money(value, settings.SHOP_CURRENCY).quantized().amount
