"""The funnel: how far visits come, where and why they leave, against the period before; and when of the week they buy."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget

from analytics import drawing
from analytics.admin import charts, periods, visit_list
from analytics.admin.periods import PeriodForm
from analytics.behaviour.funnel import Step
from analytics.metrics import METRICS, Cut
from analytics.metrics.behaviour import LEAST_VISITS
from analytics.models import DailyFunnel
from analytics.models.interest import REASONS, STEPS
from analytics.queries import funnel, measuring, titles
from analytics.queries.funnel import Stage
from analytics.queries.measuring import Part
from analytics.words import figures
from config.kernel import clock, shop
from config.kernel.admin import downloading
from config.kernel.admin.house import ReadOnlyAdmin
from orders.admin import known

# Of a period with less than this part of the visits most were never told: the source was new, or away.
COMPARED_FROM = 10


class FunnelForm(PeriodForm):
    channel = forms.ChoiceField(label=gettext_lazy("Channel"), required=False, widget=UnfoldAdminSelectWidget)
    category = forms.TypedChoiceField(
        label=gettext_lazy("Category"), required=False, coerce=int, empty_value=None, widget=UnfoldAdminSelectWidget
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        channels: Any = self.fields["channel"]
        channels.choices = [("", _("all")), *((one, known.channel(one)) for one in funnel.channels())]
        names = titles.categories(keys=funnel.categories())
        categories: Any = self.fields["category"]
        categories.choices = [("", _("all")), *sorted(names.items(), key=lambda one: one[1])]


@admin.register(DailyFunnel)
class FunnelAdmin(ReadOnlyAdmin):
    list_select_related = ("category",)

    def get_urls(self) -> list[URLPattern]:
        file = path("funnel.csv", self.admin_site.admin_view(self.csv_view), name="analytics_funnel_csv")
        return [file, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        self._require(request)
        at = clock.now()
        form = FunnelForm({**periods.usual(shop.day(at)), **request.GET.dict()})
        context = {
            **self.admin_site.each_context(request),
            "title": _("Funnel"),
            "opts": self.opts,
            "form": form,
            "periods": periods.near(shop.day(at), form),
            "fresh": funnel.freshness(),
            "definitions_url": reverse("admin:analytics_definitions"),
            "least": LEAST_VISITS,
            "reasons": [str(title) for title in REASONS.values()],
            **(_shown(request, form, at) if form.is_valid() else {}),
        }
        return TemplateResponse(request, "admin/analytics/dailyfunnel/funnel.html", context)

    def csv_view(self, request: HttpRequest) -> HttpResponseBase:
        self._require(request)
        form = FunnelForm(request.GET)
        if not form.is_valid():
            return periods.refused(form)
        given = form.cleaned_data
        earlier = dict(zip(("first", "last"), funnel.before(given["first"], given["last"]), strict=True))
        rows = list(_lines(funnel.funnel(**given), funnel.funnel(**{**given, **earlier})))
        heading = [_("step"), _("reason to leave"), _("visits"), _("of the step before"), _("of the first"), _("period before")]
        name = f"funnel-{given['first']:%Y%m%d}-{given['last']:%Y%m%d}"
        return downloading.as_csv(request, name=name, heading=heading, rows=rows, number=len(rows), of=DailyFunnel, called=name)

    def _require(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied


def _shown(request: HttpRequest, form: FunnelForm, at: datetime) -> dict[str, Any]:
    given = form.cleaned_data
    first, last = given["first"], given["last"]
    earlier_first, earlier_last = funnel.before(first, last)
    stages = funnel.funnel(**given)
    earlier = funnel.funnel(**{**given, "first": earlier_first, "last": earlier_last})
    is_comparable = earlier[0].reached >= max(LEAST_VISITS, stages[0].reached // COMPARED_FROM)
    narrowed = {
        "started_at_from": first.isoformat(),
        "started_at_to": last.isoformat(),
        "channel": given["channel"],
        "category": given["category"],
    }
    return {
        "steps": [_step(request, number, stages, earlier, narrowed, is_comparable) for number in range(len(stages))],
        "left": [_left(request, stage, narrowed) for stage in stages if stage.left],
        "before": f"{figures.day(earlier_first)} – {figures.day(earlier_last)}",
        "is_comparable": is_comparable,
        "is_small": stages[0].reached < LEAST_VISITS,
        "is_of_category": given["category"] is not None,
        "week": None if given["category"] is not None else week(request, first, last, at, narrowed),
        "csv_url": f"{reverse('admin:analytics_funnel_csv')}?{form.asked()}",
    }


def _step(
    request: HttpRequest,
    number: int,
    stages: Sequence[Stage],
    earlier: Sequence[Stage],
    narrowed: dict[str, Any],
    is_comparable: bool,
) -> dict[str, Any]:
    stage, first = stages[number], stages[0]
    of_first = funnel.share(stage.reached, first.reached)
    reached = {} if stage.step is Step.EXPLORE else {"reached": stage.step.value}
    return {
        "title": STEPS[stage.step],
        "reached": figures.number(stage.reached),
        "url": visit_list.address(request, **narrowed, **reached) if stage.reached else "",
        "of_before": figures.share(funnel.share(stage.reached, stages[number - 1].reached)) if number else "",
        "of_first": figures.share(of_first),
        "width": drawing.length(of_first),
        "before": figures.number(earlier[number].reached),
        "share_before": figures.share(funnel.share(earlier[number].reached, earlier[0].reached)),
        "change": figures.against(Decimal(stage.reached), Decimal(earlier[number].reached)) if is_comparable else None,
    }


def _left(request: HttpRequest, stage: Stage, narrowed: dict[str, Any]) -> dict[str, Any]:
    furthest = {"furthest": stage.step.value}
    return {
        "title": STEPS[stage.step],
        "visits": figures.number(stage.left),
        "url": visit_list.address(request, **narrowed, **furthest),
        "reasons": [
            {
                "title": REASONS[reason],
                "visits": figures.number(visits),
                "share": figures.share(funnel.share(visits, stage.left)),
                "width": drawing.length(funnel.share(visits, stage.left)),
                "url": visit_list.address(request, **narrowed, **furthest, reason=reason.value),
            }
            for reason, visits in sorted(stage.reasons, key=lambda one: -one[1])
        ],
    }


def week(request: HttpRequest, first: date, last: date, at: datetime, narrowed: dict[str, Any]) -> dict[str, Any]:
    """Conversion by weekday and hour. An hour of few visits says nothing, and is shown so."""
    metrics = [METRICS["conversion"], METRICS["visits"]]
    of = Part({Cut.CHANNEL: narrowed["channel"]} if narrowed["channel"] else {})
    slots = measuring.rows(metrics, first=first, last=last, by=Cut.SLOT, at=at, of=of)
    told = [one for one in slots if one.facts["visits"] >= LEAST_VISITS]
    most = max((one.values["conversion"] or Decimal(0) for one in told), default=Decimal(0))
    best = max(told, key=lambda one: one.values["conversion"] or 0, default=None)
    names = figures.weekday_names()
    cells = []
    for one in slots:
        weekday, hour = one.key
        conversion, visits = one.values["conversion"] or Decimal(0), one.facts["visits"]
        is_small = visits < LEAST_VISITS
        cells.append(
            {
                "x": hour,
                "y": weekday,
                "is_small": is_small,
                "strength": "0" if is_small else drawing.strength(conversion, most),
                "url": visit_list.address(request, **narrowed, slot=f"{weekday}-{hour}") if visits else "",
                "words": (
                    _("%(weekday)s %(hour)s: %(visits)s visits, too few to tell")
                    if is_small
                    else _("%(weekday)s %(hour)s: %(share)s of %(visits)s visits")
                )
                % {
                    "weekday": names[weekday][1],
                    "hour": charts.hour(hour),
                    "share": figures.share(conversion),
                    "visits": figures.number(visits),
                },
            }
        )
    return {
        "cells": cells,
        "weekdays": names,
        "hours": [str(hour) for hour in range(0, 24, charts.HOURS_PER_LABEL)],
        "legend": [drawing.strength(Decimal(step), Decimal(4)) for step in range(5)],
        "most": figures.share(most),
        "few": len(slots) - len(told),
        "is_known": bool(told),
        "words": _("Best: %(weekday)s %(hour)s.") % {"weekday": names[best.key[0]][1], "hour": charts.hour(best.key[1])}
        if best and most
        else "",
    }


def _lines(stages: Sequence[Stage], earlier: Sequence[Stage]) -> Iterator[list[Any]]:
    for number, stage in enumerate(stages):
        above = stages[number - 1].reached if number else 0
        shares = (funnel.share(stage.reached, above), funnel.share(stage.reached, stages[0].reached))
        plain = ["" if one is None else round(one, 4) for one in shares]
        yield [str(STEPS[stage.step]), "", stage.reached, *plain, earlier[number].reached]
        was = dict(earlier[number].reasons)
        for reason, visits in stage.reasons:
            yield [str(STEPS[stage.step]), str(REASONS[reason]), visits, "", "", was.get(reason, 0)]
