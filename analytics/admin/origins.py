"""The page that tells where customers come from: origins and campaigns, models beside each other, paths; and each touch."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
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
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from analytics.admin import periods
from analytics.admin.event_quality import span
from analytics.admin.periods import PLAIN, PeriodForm
from analytics.admin.wording import address
from analytics.behaviour.crediting import GAP, Model
from analytics.metrics import METRICS, Cut, Unit
from analytics.metrics.attribution import MODELS
from analytics.models import DailyAttribution, OrderTouch
from analytics.models.attribution import Grouping
from analytics.queries import attribution, measuring
from analytics.queries.measuring import Row
from analytics.words import figures as words
from analytics.words.figures import plain
from config.kernel import clock, shop
from config.kernel.admin import downloading, wording
from config.kernel.admin.house import ReadOnlyAdmin
from orders.admin import known

TITLES = dict(Grouping.choices)
# On the page; the file has them all.
MOST_LINES, MOST_PATHS = 200, 15
SPEND_PAGE = ("analytics_adspend_changelist", "analytics.view_adspend")
TOUCHES_PAGE = ("analytics_ordertouch_changelist", "analytics.view_ordertouch")
BRIEF = {
    "attributed_orders": pgettext_lazy("figure", "Orders"),
    "attributed_net": pgettext_lazy("figure", "Net sales"),
    "attributed_new_customers": pgettext_lazy("figure", "New customers"),
    "cost_per_order": pgettext_lazy("figure", "Cost per order"),
    "return_on_ad_spend": pgettext_lazy("figure", "Return on ad spend"),
}
# Left out where there is little room.
NARROW = ("origin_visits", "attributed_new_customers", "assisted_orders", "ad_spend", "cost_per_order")


class OriginsForm(PeriodForm):
    longest_days = 731
    model = forms.ChoiceField(
        label=pgettext_lazy("attribution", "Orders are owed"),
        choices=[(model.value, title) for model, title in MODELS.items()],
        widget=UnfoldAdminSelectWidget,
    )
    channel = forms.ChoiceField(label=gettext_lazy("Channel"), required=False, widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, channels: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = self.fields["channel"]
        assert isinstance(offered, forms.ChoiceField)  # noqa: S101
        offered.choices = [("", _("All")), *((one, known.channel(one)) for one in channels)]


@admin.register(DailyAttribution)
class DailyAttributionAdmin(ReadOnlyAdmin):
    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [path("origins.csv", wrap(self.csv_view), name="analytics_origins_csv"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        self._require(request)
        at = clock.now()
        form = asked(request, at)
        shown: dict[str, Any] = {"fresh": None}
        if form.is_valid():
            given = form.cleaned_data
            shown = page(request, **given, at=at)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Where customers come from"),
            "opts": self.opts,
            "form": form,
            "periods": periods.near(shop.day(at), form),
            "window": settings.ATTRIBUTION_DAYS,
            "few": attribution.FEW,
            "definitions_url": reverse("admin:analytics_definitions"),
            **shown,
        }
        return TemplateResponse(request, "admin/analytics/dailyattribution/origins.html", context)

    def csv_view(self, request: HttpRequest) -> HttpResponseBase:
        self._require(request)
        at = clock.now()
        form = asked(request, at)
        if not form.is_valid():
            return periods.refused(form)
        given = form.cleaned_data
        model = Model(given.pop("model"))
        codes = _codes(request, model, given["channel"])
        found = attribution.lines(**given, by=Cut.CAMPAIGN, model=model, at=at)
        heading = [
            *(str(one) for one in (_("Origin"), _("Source"), _("Campaign"))),
            *(str(METRICS[code].title) for code in codes),
        ]
        rows = [[*_named(row.key), *(plain(METRICS[code].unit, row.values[code]) for code in codes)] for row in found]
        name = f"origins-{model.value}-{given['first']:%Y%m%d}-{given['last']:%Y%m%d}"
        try:
            return downloading.as_csv(
                request, name=name, heading=heading, rows=rows, number=len(rows), of=DailyAttribution, called=name
            )
        except downloading.TooManyRows as refusal:
            return HttpResponse(str(refusal), status=refusal.status, content_type=PLAIN)

    def _require(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied


@admin.register(OrderTouch)
class OrderTouchAdmin(ReadOnlyAdmin):
    list_display = ("on", "order_link", "visited", "origin", "campaign_words", "part", "channel_title")
    list_filter: tuple[Any, ...] = (("day", RangeDateFilter), ("grouping", ChoicesDropdownFilter))
    list_select_related = ("order",)
    also_narrowed_by = ("campaign_key",)
    ordering = ("-day", "-id")
    sortable_by = ()
    actions = None
    fields = ("on", "order_link", "visited", "origin", "campaign_words", "part", "channel_title")
    readonly_fields = fields
    empty_hint = gettext_lazy("Each visit before an order, within the window, of the order's own customer.")

    visited = wording.moment_column("at", pgettext_lazy("touch", "visited at"))

    def title_of(self, touch: OrderTouch) -> str:
        return f"{touch.order.number} · {touch.position}"

    @display(description=gettext_lazy("day of the order"))
    def on(self, touch: OrderTouch) -> str:
        return words.day(touch.day)

    @display(description=gettext_lazy("order"))
    def order_link(self, touch: OrderTouch) -> str:
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:orders_order_change", args=[touch.order_id]), touch.order.number
        )

    @display(description=pgettext_lazy("visit", "origin"))
    def origin(self, touch: OrderTouch) -> str:
        return str(TITLES[touch.grouping])

    @display(description=pgettext_lazy("campaign", "campaign"))
    def campaign_words(self, touch: OrderTouch) -> str:
        return " · ".join(one for one in (touch.source, touch.medium, touch.campaign) if one) or "-"

    @display(description=pgettext_lazy("touch", "part"))
    def part(self, touch: OrderTouch) -> str:
        if not touch.counts:
            return str(pgettext_lazy("touch", "does not count"))
        ends = [
            str(title)
            for is_so, title in (
                (touch.is_first, pgettext_lazy("touch", "first")),
                (touch.is_last, pgettext_lazy("touch", "last")),
            )
            if is_so
        ]
        return ", ".join(ends) or str(pgettext_lazy("touch", "in between"))

    @display(description=gettext_lazy("channel"))
    def channel_title(self, touch: OrderTouch) -> str:
        return str(known.channel(touch.channel))


def asked(request: HttpRequest, at: datetime) -> OriginsForm:
    today = shop.day(at)
    usual = {"first": (today - timedelta(days=29)).isoformat(), "last": today.isoformat(), "model": Model.LAST.value}
    told = {**usual, **request.GET.dict()}
    return OriginsForm(told, channels=attribution.channels(first=today - timedelta(days=OriginsForm.longest_days), last=today))


def page(request: HttpRequest, *, first: date, last: date, model: str, channel: str, at: datetime) -> dict[str, Any]:
    chosen: dict[str, Any] = {"first": first, "last": last, "channel": channel}
    by = Model(model)
    period: dict[str, Any] = {"day_from": first.isoformat(), "day_to": last.isoformat()}
    codes = _codes(request, by, channel)
    origins = attribution.lines(**chosen, by=Cut.GROUPING, model=by, at=at)
    campaigns = attribution.lines(**chosen, by=Cut.CAMPAIGN, model=by, at=at)
    query = {"first": first.isoformat(), "last": last.isoformat(), "model": model, "channel": channel}
    of_origin: dict[str, list[dict[str, Any]]] = {}
    for row in campaigns[:MOST_LINES]:
        grouping, source, campaign = row.key.split("/", 2)
        if source or campaign:
            touches = address(request, *TOUCHES_PAGE, campaign_key=row.key, **period)
            of_origin.setdefault(grouping, []).append(
                {
                    "name": " · ".join(one for one in (source, campaign) if one),
                    **_cells(request, row, codes, by, touches, period),
                }
            )
    return {
        "columns": [{"title": _brief(code), "wide": code.startswith(NARROW)} for code in codes],
        "total": _cells(request, attribution.total(**chosen, model=by, at=at), codes, by, "", period),
        "rows": [
            {
                "name": TITLES[row.key],
                "campaigns": of_origin.get(row.key, []),
                **_cells(request, row, codes, by, address(request, *TOUCHES_PAGE, grouping__exact=row.key, **period), period),
            }
            for row in origins
        ],
        "is_cut": len(campaigns) > MOST_LINES,
        "most": MOST_LINES,
        "models": [{"title": title, "is_current": one == by} for one, title in MODELS.items()],
        "compared": [_compared(row) for row in attribution.compared(**chosen, at=at)],
        "paths": [
            {
                "steps": [TITLES.get(step, "…") if step != GAP else "…" for step in one.steps],
                "orders": words.number(one.orders),
                "net": words.money(one.net),
            }
            for one in attribution.paths(**chosen, most=MOST_PATHS)
        ],
        "fresh": attribution.freshness(first=first, last=last),
        "has_spend": attribution.has_spend(channel),
        "csv_url": f"{reverse('admin:analytics_origins_csv')}?{urlencode(query)}",
        "spend_url": address(request, *SPEND_PAGE),
    }


def _codes(request: HttpRequest, model: Model, channel: str) -> list[str]:
    """The figures of the table that are told of the channel, down to what this person may see."""
    cuts = [Cut.CAMPAIGN, *([Cut.CHANNEL] if channel else [])]
    return [code for code in attribution.codes(model) if measuring.sees(request.user.has_perm, METRICS[code], cuts)]


def _cells(
    request: HttpRequest, row: Row, codes: Iterable[str], model: Model, touches: str, period: dict[str, Any]
) -> dict[str, Any]:
    orders = row.values[f"attributed_orders_{model.value}"] or Decimal(0)
    query: dict[str, Any] = _spend_of(row.key) | period
    spend = address(request, *SPEND_PAGE, **query) if row.values.get("ad_spend") else ""
    urls = {f"attributed_orders_{model.value}": touches if orders else "", "ad_spend": spend}
    median, p90 = (row.values[code] for code in attribution.TIMES)
    return {
        "cells": [
            {"text": shown(code, row.values[code]), "url": urls.get(code, ""), "wide": code.startswith(NARROW)}
            for code in codes
        ],
        "is_small": 0 < orders < attribution.FEW,
        "median": span(timedelta(seconds=float(median))) if median is not None else "-",
        "p90": span(timedelta(seconds=float(p90))) if p90 is not None else "-",
    }


def _spend_of(key: Any) -> dict[str, Any]:
    if key is None:
        return {}
    return {"campaign_key": key} if "/" in key else {"grouping__exact": key}


def _compared(row: Row) -> dict[str, Any]:
    return {
        "name": TITLES[row.key],
        "cells": [
            {
                "orders": _orders(row.values[f"attributed_orders_{model.value}"] or Decimal(0)),
                "net": words.money(row.values[f"attributed_net_{model.value}"]),
            }
            for model in MODELS
        ],
    }


def _orders(value: Decimal) -> str:
    return ngettext("%(orders)s order", "%(orders)s orders", 1 if value == 1 else 2) % {"orders": shown("orders", value)}


def _brief(code: str) -> Any:
    """The figure's name without the model, which was chosen above the table."""
    return next((title for name, title in BRIEF.items() if code.startswith(name)), METRICS[code].title)


def shown(code: str, value: Decimal | None) -> str:
    """A figure as the page shows it; shares of orders with one digit where they are none whole."""
    if value is None:
        return "-"
    unit = METRICS[code].unit if code in METRICS else Unit.RATE
    if code == "ad_spend" and not value:
        return "-"
    if unit == Unit.MONEY:
        return words.money(value)
    if code.startswith("return_on_ad_spend"):
        return f"{words.number(value * 100)}%"
    return words.number(value, 0 if value == value.to_integral() else 1)


def _named(key: str) -> list[str]:
    grouping, source, campaign = key.split("/", 2)
    return [str(TITLES[grouping]), source, campaign]
