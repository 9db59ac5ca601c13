"""How well demand is forecast, what is expected of each category next to what came, and the weeks in which most is sold."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget

from analytics import drawing
from analytics.admin import demand_words as words
from analytics.admin import periods, targets
from analytics.admin.charts import LABELS
from analytics.admin.periods import PeriodForm
from analytics.models import ForecastRun, ForecastScore, MethodChange
from analytics.operations.expectations import REFEREE
from analytics.queries import forecasts, titles
from analytics.queries.forecasts import Accuracy, Season
from analytics.words.figures import brief, day, money, number, short_day
from config.kernel import clock, shop
from config.kernel.admin.house import ReadOnlyAdmin

SPANS = (("7", gettext_lazy("7 days ahead")), ("28", gettext_lazy("28 days ahead")))
# A bound that is meant for 97.5 % of cases is as meant from here to there.
AS_MEANT = (0.96, 0.985)


class AccuracyForm(PeriodForm):
    days = forms.ChoiceField(label=gettext_lazy("Held against"), choices=SPANS, widget=UnfoldAdminSelectWidget)


@admin.register(ForecastScore)
class ForecastScoreAdmin(ReadOnlyAdmin):
    """There is one page, of all methods and classes."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.changelist_view)
        return [path("", view, name="analytics_forecastscore_changelist")]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        last = shop.day(clock.now()) - timedelta(days=1)
        form = AccuracyForm({**periods.usual(last, days=90), "days": "7", **request.GET.dict()})
        shown: dict[str, Any] = {}
        if form.is_valid():
            given = form.cleaned_data
            asked = {"days": int(given["days"]), "first": given["first"], "last": given["last"]}
            shown = {
                "rows": [_accuracy(one) for one in forecasts.accuracy(**asked)],
                "chart": _evenings(forecasts.by_evening(**asked)),
                "is_week": given["days"] == "7",
            }
        context = {
            **self.admin_site.each_context(request),
            "title": _("Forecast accuracy"),
            "opts": self.opts,
            "form": form,
            "periods": periods.links(periods.spans(last), form),
            "choices": [
                {
                    "class": words.demand_class(one.demand_class),
                    "method": words.method(one.method),
                    "since": day(one.since),
                    "because": words.because(one),
                }
                for one in forecasts.choices()
            ],
            "changes": [
                {
                    "at": one.changed_at,
                    "class": words.demand_class(one.demand_class),
                    "former": words.method(one.former) if one.former else "",
                    "method": words.method(one.method),
                    "cause": MethodChange.Cause(one.cause).label,
                    "because": words.because(one),
                }
                for one in forecasts.changes()
            ],
            **shown,
        }
        return TemplateResponse(request, "analytics/forecast_accuracy.html", context)


def _accuracy(one: Accuracy) -> dict[str, Any]:
    own, referee = one.wape, one.referee_wape
    return {
        "class": words.demand_class(one.demand_class),
        "method": words.method(one.method),
        "origins": number(one.origins),
        "series": number(one.series),
        "units": number(one.units),
        "wape": words.percent(own),
        "referee": words.percent(referee),
        # The referee is no worse than itself: as a method it knows of weekdays and closed days besides.
        "is_worse": own is not None and referee is not None and own > referee and one.method != REFEREE,
        "bias": words.percent(one.bias, signed=True),
        "rmsse": words.factor(one.rmsse),
        "coverage": words.percent(one.coverage),
        "is_off": one.coverage is not None and not AS_MEANT[0] <= one.coverage <= AS_MEANT[1],
    }


def _evenings(found: Sequence[tuple[date, float | None, float | None]]) -> dict[str, Any] | None:
    if len(found) < 2:
        return None
    own, referee = ([None if one is None else Decimal(str(round(one * 100, 1))) for one in side] for side in zip(
        *((mine, plain) for _origin, mine, plain in found), strict=True
    ))  # fmt: skip
    drawn = drawing.chart(own, referee)
    return {
        "title": _("Units missed, of 100 wanted, by evening"),
        "drawn": drawn,
        "lines": [
            {"title": _("As forecast"), "css": "line", "path": drawn.lines[0]},
            {"title": _("The plain average"), "css": "earlier", "path": drawn.lines[1]},
        ],
        "slots": [
            {
                "left": slot.left,
                "width": slot.width,
                "words": " · ".join(
                    [
                        day(origin),
                        f"{_('As forecast')} {words.percent(mine)}",
                        f"{_('The plain average')} {words.percent(plain)}",
                    ]
                ),
            }
            for slot, (origin, mine, plain) in zip(drawn.slots, found, strict=True)
        ],
        "ticks": [f"{number(tick)} %" for tick in drawn.ticks],
        "labels": [short_day(found[place][0]) for place in drawing.evenly(len(found), LABELS)],
        "width": drawing.WIDTH,
        "height": drawing.HEIGHT,
        "words": _("Both on the same SKUs and days; the lower line is the better one."),
    }


@admin.register(ForecastRun)
class ForecastRunAdmin(ReadOnlyAdmin):
    """What a night's forecasts add up to; its own rows are not shown."""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("sales/", wrap(self.sales_view), name="analytics_forecastrun_sales"),
            path("peaks/", wrap(self.peaks_view), name="analytics_forecastrun_peaks"),
        ]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False

    def sales_view(self, request: HttpRequest) -> HttpResponse:
        self._require(request)
        run = forecasts.latest_run()
        context = {
            **self.admin_site.each_context(request),
            "title": _("Sales forecast"),
            **targets.section(request),
            **(_sales(run) if run else {}),
        }
        return TemplateResponse(request, "analytics/sales_forecast.html", context)

    def peaks_view(self, request: HttpRequest) -> HttpResponse:
        self._require(request)
        last = shop.day(clock.now()) - timedelta(days=1)
        found = forecasts.seasons(last=last)
        names = titles.categories(keys=[one.key for one in found])
        context = {
            **self.admin_site.each_context(request),
            "title": _("Peak weeks"),
            "rows": [_season(one, names, last) for one in found],
            "weeks": len(found[0].weeks) if found else 0,
            "from_times": number(Decimal(str(forecasts.PEAK_FROM)), 1),
        }
        return TemplateResponse(request, "analytics/peak_weeks.html", context)

    def _require(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied


def _sales(run: ForecastRun) -> dict[str, Any]:
    """Each category: what came in the last four weeks beside what had been expected of them, and what is expected now."""
    days = forecasts.MONTH
    whole = next(iter(forecasts.sums(origin=run.origin, days=days)), None)
    coming = {one.key: one for one in forecasts.sums(origin=run.origin, days=days, by="category")}
    came = forecasts.sold(first=run.origin - timedelta(days=days - 1), last=run.origin)
    span = days
    evening = forecasts.evening_before(until=run.origin, days=days)
    if evening is None:
        span, evening = forecasts.WEEK, forecasts.evening_before(until=run.origin, days=forecasts.WEEK)
    held = forecasts.held(origin=evening, days=span) if evening else {}
    keys = [one for one in coming if one is not None] + [one for one in came if one not in coming]
    names = titles.categories(keys=keys)
    return {
        "origin": day(run.origin),
        "days": days,
        "span": span if evening else 0,
        "evening": day(evening) if evening else "",
        "rows": [_category(names.get(one, "-"), coming.get(one), came.get(one), held.get(one)) for one in keys],
        "total": _category(
            _("Total"),
            whole,
            (sum(units for units, _amount in came.values()), sum((amount for _units, amount in came.values()), Decimal(0))),
            None,
        )
        | _held(
            sum(one.expected for one in held.values()),
            sum(one.spread**2 for one in held.values()) ** 0.5,
            sum(one.units for one in held.values()),
            is_known=bool(held),
        ),
    }


def _category(
    name: str, coming: forecasts.Sum | None, came: tuple[int, Decimal] | None, held: forecasts.Held | None
) -> dict[str, Any]:
    return {
        "name": name,
        "came": number(came[0]) if came else "0",
        "came_amount": money(came[1]) if came else "-",
        "coming": number(round(coming.units)) if coming else "-",
        "range": f"{number(round(coming.lower))} – {number(round(coming.upper))}" if coming else "",
        "amount": money(coming.amount) if coming else "-",
        **(_held(held.expected, held.spread, held.units) if held else _held(0, 0, 0, is_known=False)),
    }


def _held(expected: float, spread: float, units: int, *, is_known: bool = True) -> dict[str, Any]:
    if not is_known:
        return {"expected": "-", "happened": "-", "off": "", "is_out": False}
    return {
        "expected": number(round(expected)),
        "happened": number(units),
        "off": words.percent(units / expected - 1, signed=True) if expected else "",
        "is_out": abs(units - expected) > 1.959964 * spread,
    }


def _season(one: Season, names: dict[int, str], last: date) -> dict[str, Any]:
    strongest = one.strongest(last)
    drawn = drawing.chart([Decimal(units) for _monday, units in one.weeks])
    peaks = {peak.week for peak in one.peaks}
    return {
        "name": names.get(one.key, "-"),
        "usual": number(round(one.usual)),
        "peaks": [
            {
                "week": _week(peak.week),
                "units": number(peak.units),
                "times": words.factor(peak.times),
            }
            for peak in one.peaks
        ],
        "again": {"day": day(strongest[0]), "times": words.factor(strongest[1])} if strongest else None,
        "title": _("Units by week"),
        "area": drawn.areas[0],
        "line": drawn.lines[0],
        "slots": [
            {
                "left": slot.left,
                "width": slot.width,
                "is_peak": monday in peaks,
                "words": f"{_week(monday)} · {number(units)}",
            }
            for slot, (monday, units) in zip(drawn.slots, one.weeks, strict=True)
        ],
        "ticks": [brief(tick) for tick in drawn.ticks],
        "labels": [short_day(one.weeks[place][0]) for place in drawing.evenly(len(one.weeks), LABELS)],
        "width": drawing.WIDTH,
        "height": drawing.HEIGHT,
    }


def _week(monday: date) -> str:
    """2026-09-21 to 27, or over the end of a month."""
    return f"{short_day(monday)} – {short_day(monday + timedelta(days=6))}"
