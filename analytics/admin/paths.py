"""The ways visits take: where they begin, what they do one after the other, and how many buy after just that."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget

from analytics import drawing
from analytics.admin import periods, visit_list
from analytics.admin.periods import PeriodForm
from analytics.behaviour import paths as rule
from analytics.behaviour.funnel import Step
from analytics.metrics.behaviour import LEAST_VISITS
from analytics.models import DailyVisitPath
from analytics.models.interest import STEPS
from analytics.queries import funnel, paths
from analytics.queries.paths import Beginning
from analytics.words import figures
from campaigns.models import Segment
from config.kernel import clock, shop
from config.kernel.admin import downloading
from config.kernel.admin.house import ReadOnlyAdmin
from orders.admin import known

# On the page; the file has them all.
MOST = 25
# Segments are told by the visits of their members.
MAY_SEE_VISITS = "analytics.view_visit"
ACTS = dict(zip(rule.ACTS, (STEPS[step] for step in Step if step is not Step.EXPLORE), strict=True))
LANDINGS = {
    rule.FIRST_PAGE: pgettext_lazy("landing page", "first page"),
    rule.ALONE: pgettext_lazy("landing page", "another page"),
    "": pgettext_lazy("landing page", "no page told"),
}


class PathsForm(PeriodForm):
    channel = forms.ChoiceField(label=gettext_lazy("Channel"), required=False, widget=UnfoldAdminSelectWidget)
    segment = forms.TypedChoiceField(
        label=gettext_lazy("Segment"), required=False, coerce=int, empty_value=None, widget=UnfoldAdminSelectWidget
    )

    def __init__(self, *args: Any, sees_visits: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        channels: Any = self.fields["channel"]
        channels.choices = [("", _("all")), *((one, known.channel(one)) for one in funnel.channels())]
        if sees_visits:
            segments: Any = self.fields["segment"]
            segments.choices = [("", _("all")), *Segment.objects.values_list("pk", "name")]
        else:
            del self.fields["segment"]


@admin.register(DailyVisitPath)
class DailyVisitPathAdmin(ReadOnlyAdmin):
    def get_urls(self) -> list[URLPattern]:
        """Their rows are sums: there is no page of one."""
        wrap = self.admin_site.admin_view
        return [
            path("", wrap(self.changelist_view), name="analytics_dailyvisitpath_changelist"),
            path("paths.csv", wrap(self.csv_view), name="analytics_paths_csv"),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        self._require(request)
        at = clock.now()
        form = _asked(request, at)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Ways of visits"),
            "opts": self.opts,
            "form": form,
            "periods": periods.near(shop.day(at), form),
            "fresh": funnel.freshness(),
            "least": LEAST_VISITS,
            "most": MOST,
            "most_visits": figures.number(paths.MOST_VISITS),
            **(_shown(request, form) if form.is_valid() else {}),
        }
        return TemplateResponse(request, "admin/analytics/dailyvisitpath/paths.html", context)

    def csv_view(self, request: HttpRequest) -> HttpResponseBase:
        self._require(request)
        form = _asked(request, clock.now())
        if not form.is_valid():
            return periods.refused(form)
        found = paths.found(**form.cleaned_data)
        rows = [
            [_landing(one.landing), _written(one.acts), one.visits, one.bought, round(one.bought / one.visits, 4)]
            for one in paths.beginnings(found.ways)
        ]
        heading = [_("begins on"), pgettext("way of a visit", "then"), _("visits"), _("bought"), _("share that bought")]
        name = f"paths-{form.cleaned_data['first']:%Y%m%d}-{form.cleaned_data['last']:%Y%m%d}"
        return downloading.as_csv(
            request, name=name, heading=heading, rows=rows, number=len(rows), of=DailyVisitPath, called=name
        )

    def _require(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied


def _asked(request: HttpRequest, at: datetime) -> PathsForm:
    told = {**periods.usual(shop.day(at)), **request.GET.dict()}
    return PathsForm(told, sees_visits=request.user.has_perm(MAY_SEE_VISITS))


def _shown(request: HttpRequest, form: PathsForm) -> dict[str, Any]:
    given = form.cleaned_data
    found = paths.found(**given)
    told = paths.beginnings(found.ways)
    narrowed = {
        "started_at_from": given["first"].isoformat(),
        "started_at_to": given["last"].isoformat(),
        "channel": given["channel"],
        "segment": given.get("segment"),
    }
    bought = sorted((one for one in told if one.bought), key=lambda one: -one.bought)
    return {
        "visits": figures.number(found.visits),
        "bought": figures.share(funnel.share(found.bought, found.visits)),
        "is_cut": found.is_cut,
        "tables": [
            {"title": _("Most taken"), "rows": _rows(request, told, found.visits, narrowed), "is_more": len(told) > MOST},
            {
                "title": _("Before orders"),
                "rows": _rows(request, bought, found.visits, narrowed),
                "is_more": len(bought) > MOST,
            },
        ],
        "csv_url": f"{reverse('admin:analytics_paths_csv')}?{form.asked()}",
    }


def _rows(request: HttpRequest, told: Sequence[Beginning], visits: int, narrowed: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "steps": [_landing(one.landing), *(ACTS[name] for name in one.acts)],
            "visits": figures.number(one.visits),
            "url": visit_list.address(request, **narrowed, way=visit_list.way(one.landing, one.acts)),
            "share": figures.share(funnel.share(one.visits, visits)),
            "width": drawing.length(funnel.share(one.visits, visits)),
            "bought": figures.number(one.bought),
            "bought_url": visit_list.address(
                request, **narrowed, way=visit_list.way(one.landing, one.acts), furthest=Step.BUY.value
            )
            if one.bought
            else "",
            "bought_share": figures.share(funnel.share(one.bought, one.visits)),
            "is_small": one.visits < LEAST_VISITS,
        }
        for one in told[:MOST]
    ]


def _landing(landing: str) -> str:
    return str(LANDINGS[landing]) if landing in LANDINGS else f"{landing}…"


def _written(acts: Iterable[str]) -> str:
    return " > ".join(str(ACTS[name]) for name in acts)
