"""The types of buyers: how many there are of each, how that changed, what the rules are, and what to do about each type."""

from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from analytics import drawing
from analytics.admin import rhythm_words as words
from analytics.admin.charts import LABELS
from analytics.admin.wording import address
from analytics.models import BuyerType, Playbook
from analytics.queries import rhythm
from analytics.queries.rhythm import Counts
from analytics.words.figures import day, number, short_day
from config.kernel.admin.house import KeptAdmin

# Fewer customers of a type say little.
SMALL = 30
LIST = ("analytics_customerrhythm_changelist", "analytics.view_customerrhythm")


@admin.register(Playbook)
class PlaybookAdmin(KeptAdmin):
    list_display = ("buyer_type", "text")
    ordering = ("buyer_type",)
    sortable_by = ()
    actions = None
    fields = ("buyer_type", "text")
    readonly_fields = ("buyer_type",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """There are as many as there are types."""
        return False

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.types_view)
        return [path("types/", view, name="analytics_playbook_types"), *super().get_urls()]

    def types_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = rhythm.counts()
        context = {
            **self.admin_site.each_context(request),
            "title": _("Buyer types"),
            "types": [_type(request, one, found) for one in BuyerType],
            "chart": _chart(found) if found.days else None,
            "rules": words.rules(),
            "read_on": day(found.run.as_of) if found.run else "",
            "read_at": found.run.ended_at if found.run else None,
            "left_out": [day(one) for one in found.run.left_out] if found.run else [],
        }
        return TemplateResponse(request, "admin/analytics/playbook/types.html", context)


def _type(request: HttpRequest, one: BuyerType, found: Counts) -> dict[str, Any]:
    counted = found.latest.get(one.value)
    whole = sum(row.customers for row in found.latest.values())
    playbook = next((row for row in found.playbooks if row.buyer_type == one.value), None)
    return {
        "code": one.value.lower(),
        "title": one.label,
        "customers": number(counted.customers) if counted else "-",
        "share": words.share(counted.customers / whole) if counted and whole else "",
        "is_small": counted is not None and counted.customers < SMALL,
        "url": address(request, *LIST, type=one.value),
        "due": number(counted.due) if counted else "-",
        "due_url": address(request, *LIST, type=one.value, need="due"),
        "declining": number(counted.declining) if counted else "-",
        "declining_url": address(request, *LIST, type=one.value, need="declines"),
        "lines": playbook.text.splitlines() if playbook else [],
        "edit_url": address(request, "analytics_playbook_change", "analytics.change_playbook", one.value) if playbook else "",
    }


def _chart(found: Counts) -> dict[str, Any]:
    # Most customers are of no type yet: their line would press the others flat. Each day's words tell their number.
    kinds = [kind for kind in BuyerType.values if kind != BuyerType.UNKNOWN]
    series = [[None if one is None else Decimal(one) for one in found.by_type[kind]] for kind in kinds]
    drawn = drawing.chart(*series)
    slots = []
    for place, slot in enumerate(drawn.slots):
        told = [
            f"{BuyerType(kind).label} {number(found.by_type[kind][place] or 0)}"
            for kind in BuyerType.values
            if found.by_type[kind][place] is not None
        ]
        slots.append({"left": slot.left, "width": slot.width, "words": " · ".join([day(found.days[place]), *told])})
    return {
        "drawn": drawn,
        "lines": [
            {"code": kind.lower(), "title": BuyerType(kind).label, "path": path}
            for kind, path in zip(kinds, drawn.lines, strict=True)
        ],
        "slots": slots,
        "ticks": [number(tick) for tick in drawn.ticks],
        "labels": [short_day(found.days[place]) for place in drawing.evenly(len(found.days), LABELS)],
        "width": drawing.WIDTH,
        "height": drawing.HEIGHT,
        "is_short": len(found.days) < 2,
    }
