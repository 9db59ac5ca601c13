"""Decisive slots: the hours of the week in which visits end in an order clearly more often, and how that was decided."""

from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from analytics import drawing
from analytics.admin.charts import HOURS_PER_LABEL, hour
from analytics.admin.rhythm_words import share
from analytics.models import SlotConversion, SlotRun
from analytics.queries import hot_slots
from analytics.rhythm import decisive
from analytics.words.figures import day, number, weekday_names
from config.kernel.admin.house import ReadOnlyAdmin
from orders.admin import known


@admin.register(SlotRun)
class SlotRunAdmin(ReadOnlyAdmin):
    """There is one page, of the latest search."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.slots_view)
        return [path("slots/", view, name="analytics_slotrun_slots")]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False

    def slots_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = hot_slots.latest(channel=request.GET.get("channel", "").replace("\0", "")[:20])
        run = found.run
        chosen = request.GET.get("channel", "")
        context = {
            **self.admin_site.each_context(request),
            "title": _("Decisive slots"),
            "run": run,
            "first": day(run.first_on) if run else "",
            "last": day(run.last_on) if run else "",
            "left_out": [day(one) for one in run.left_out] if run else [],
            "channels": [
                {"title": title, "query": urlencode({"channel": code}) if code else "", "is_current": code == chosen}
                for code, title in [("", _("All channels")), *((one, known.channel(one)) for one in found.channels)]
            ],
            "chart": _week(found.slots),
            "decisive": [_row(one) for one in found.decisive],
            "thresholds": {
                "visits": decisive.LEAST_VISITS,
                "ordered": decisive.LEAST_ORDERED,
                "weeks": decisive.LEAST_WEEKS,
                "lift": number(Decimal(str(decisive.LEAST_LIFT)), 1),
                "wrong": share(decisive.FALSE_DISCOVERY),
            },
            "heat_url": reverse("admin:analytics_hourlysales_changelist"),
        }
        return TemplateResponse(request, "admin/analytics/slotrun/slots.html", context)


def _conversion(slot: SlotConversion) -> Decimal:
    return Decimal(slot.ordered) / slot.visits if slot.visits else Decimal(0)


def _percent(value: Decimal | float) -> str:
    return f"{number(Decimal(str(round(float(value) * 100, 1))), 1)}%"


def _week(slots: Any) -> dict[str, Any]:
    """Slots with too few visits are empty: their conversion says nothing."""
    told = [one for one in slots if one.visits >= decisive.LEAST_VISITS]
    most = max((_conversion(one) for one in told), default=Decimal(0))
    names = weekday_names()
    return {
        "cells": [
            {
                "x": one.hour,
                "y": one.weekday,
                "strength": drawing.strength(_conversion(one), most),
                "is_decisive": one.is_decisive,
                "words": _("%(weekday)s %(hour)s: %(ordered)s of %(visits)s visits ordered (%(share)s)")
                % {
                    "weekday": names[one.weekday][1],
                    "hour": hour(one.hour),
                    "ordered": number(one.ordered),
                    "visits": number(one.visits),
                    "share": _percent(_conversion(one)),
                },
            }
            for one in told
        ],
        "untold": 7 * 24 - len(told),
        "weekdays": names,
        "hours": [str(one) for one in range(0, 24, HOURS_PER_LABEL)],
        "legend": [drawing.strength(Decimal(step), Decimal(4)) for step in range(5)],
        "most": _percent(most),
    }


def _row(one: SlotConversion) -> dict[str, Any]:
    return {
        "slot": f"{weekday_names()[one.weekday][1]} {hour(one.hour)}",
        "visits": number(one.visits),
        "ordered": number(one.ordered),
        "conversion": _percent(_conversion(one)),
        "baseline": _percent(one.baseline),
        "lift": f"{one.lift:.1f}" if one.lift else "-",
        "without": f"{one.without_best_week:.1f}" if one.without_best_week else "-",
        "weeks": number(one.weeks),
        "q": f"{one.q:.4f}" if one.q >= 0.0001 else "< 0.0001",
    }
