"""The live board: how today goes, refreshed in place every half minute."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from analytics.admin import line_charts, tiles
from analytics.metrics import Cut
from analytics.queries import live, measuring, sales
from analytics.queries.measuring import Row
from analytics.words import figures
from config.kernel import clock

# What the last hours are told by, of the metrics that there are.
OF_HOURS = ("orders", "sales", "visits", "conversion", "carts_left")
SEEN_BY = (tiles.SALES, tiles.STOCK, tiles.PROMOTIONS)


def page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    if not any(request.user.has_perm(one) for one in SEEN_BY):
        raise PermissionDenied
    context |= {"title": _("Live board"), "now_url": reverse("admin:analytics_live_now"), **_now(request, clock.now())}
    return TemplateResponse(request, "analytics/live.html", context)


def now_view(request: HttpRequest) -> HttpResponse:
    """What changes, alone. Whoever was logged out meanwhile is sent to the login page."""
    if not admin.site.has_permission(request):
        return HttpResponse(status=403, headers={"HX-Refresh": "true"})
    if not any(request.user.has_perm(one) for one in SEEN_BY):
        raise PermissionDenied
    return TemplateResponse(request, "analytics/_live.html", _now(request, clock.now()))


def _now(request: HttpRequest, at: datetime) -> dict[str, Any]:
    may, fresh = request.user.has_perm, sales.freshness(at=at)
    return {
        "at": at,
        "today": tiles.today(request, at) if may(tiles.SALES) else None,
        "course": _course(at) if may(tiles.SALES) else None,
        "hours": _hours(request, at),
        "tallies": tiles.tallies(request, at),
        "offers": tiles.offers(request, fresh, at) if may(tiles.PROMOTIONS) else None,
        "risks": tiles.risks(request, fresh) if may(tiles.STOCK) else None,
        "fresh": fresh,
    }


def _course(at: datetime) -> dict[str, Any]:
    found = live.course("sales", at=at)
    rows = [Row(hour, {}, {found.metric.code: value}) for hour, value in enumerate(found.today)]
    chart = line_charts.over_time(
        found.metric,
        Cut.HOUR,
        rows,
        earlier=dict(enumerate(found.usual)) if any(found.usual) else {},
        partners={},
    )
    lines = [line | {"title": _("Usual")} if number else line for number, line in enumerate(chart["lines"])]
    return {"chart": chart | {"words": "", "lines": lines}, "days": found.days}


def _hours(request: HttpRequest, at: datetime) -> dict[str, Any] | None:
    metrics, found = live.hours(OF_HOURS, at=at)
    shown = [one for one in metrics if measuring.sees(request.user.has_perm, one, [Cut.HOUR])]
    if not shown:
        return None
    return {
        "title": _("This hour, from %(hour)s") % {"hour": f"{found.hour:02}:00"},
        "figures": [
            {
                "title": one.title,
                "now": figures.figure(one.unit, found.now.values[one.code]),
                "before": figures.figure(one.unit, found.before.values[one.code]) if found.before else "-",
                "definition": f"{reverse('admin:analytics_definitions')}#{one.code}",
            }
            for one in shown
        ],
    }
