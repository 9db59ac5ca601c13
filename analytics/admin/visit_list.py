"""The visits behind a number of the funnel: narrowed by day, step, reason, channel, category, or an hour of the week."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import ExtractHour, ExtractIsoWeekDay
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from analytics.admin import charts
from analytics.admin.wording import address as leading
from analytics.behaviour import paths as rule
from analytics.behaviour.funnel import Reason, Step
from analytics.models import Visit
from analytics.models.interest import REASONS, STEPS
from analytics.queries import funnel, paths, titles
from analytics.words import figures as words
from campaigns.models import Segment
from config.kernel import shop
from config.kernel.admin import wording
from config.kernel.admin.filters import BusinessDaysFilter
from config.kernel.admin.house import ReadOnlyAdmin
from orders.admin import known


class ByReached(DropdownFilter):  # type: ignore[misc]
    title = gettext_lazy("came at least as far as")
    parameter_name = "reached"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        return [(str(step.value), title) for step, title in STEPS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Visit]) -> QuerySet[Visit]:
        chosen = self.value()
        return queryset.filter(step__gte=int(chosen)) if chosen in {str(step.value) for step in STEPS} else queryset


class ByFurthest(ByReached):
    title = gettext_lazy("furthest step")
    parameter_name = "furthest"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Visit]) -> QuerySet[Visit]:
        chosen = self.value()
        return queryset.filter(step=int(chosen)) if chosen in {str(step.value) for step in STEPS} else queryset


class ByReason(DropdownFilter):  # type: ignore[misc]
    title = gettext_lazy("reason to leave")
    parameter_name = "reason"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        return [(reason.value, title) for reason, title in REASONS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Visit]) -> QuerySet[Visit]:
        chosen = self.value()
        return queryset.filter(reason=chosen) if chosen in {reason.value for reason in REASONS} else queryset


class ByChannel(DropdownFilter):  # type: ignore[misc]
    title = gettext_lazy("channel")
    parameter_name = "channel"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        return [(one, known.channel(one)) for one in funnel.channels()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Visit]) -> QuerySet[Visit]:
        chosen = self.value()
        return queryset.filter(source__channel=chosen) if chosen in dict(self.lookup_choices) else queryset


class ByCategory(DropdownFilter):  # type: ignore[misc]
    title = gettext_lazy("category viewed")
    parameter_name = "category"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        names = titles.categories(keys=funnel.categories())
        return [(str(pk), name) for pk, name in sorted(names.items(), key=lambda one: one[1])]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Visit]) -> QuerySet[Visit]:
        chosen = self.value()
        return queryset.filter(categories__contains=[int(chosen)]) if chosen in dict(self.lookup_choices) else queryset


class BySlot(DropdownFilter):  # type: ignore[misc]
    """A weekday (Monday is 0) and an hour of the shop's time, such as 4-20. Other pages lead here with it."""

    title = gettext_lazy("weekday and hour")
    parameter_name = "slot"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        asked = request.GET.get(self.parameter_name, "")
        slot = _slot(asked)
        return [(asked, f"{words.weekday_names()[slot[0]][1]} {charts.hour(slot[1])}")] if slot else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Visit]) -> QuerySet[Visit]:
        slot = _slot(self.value() or "")
        if slot is None:
            return queryset
        by_slot = queryset.annotate(on_weekday=ExtractIsoWeekDay("day"), at_hour=ExtractHour("started_at", tzinfo=shop.zone()))
        return by_slot.filter(on_weekday=slot[0] + 1, at_hour=slot[1])


class BySegment(DropdownFilter):  # type: ignore[misc]
    """Of who is a member now."""

    title = gettext_lazy("segment")
    parameter_name = "segment"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        return [(str(pk), name) for pk, name in Segment.objects.values_list("pk", "name")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Visit]) -> QuerySet[Visit]:
        chosen = self.value()
        if chosen not in dict(self.lookup_choices):
            return queryset
        return queryset.filter(customer__memberships__segment_id=int(chosen))


class ByWay(DropdownFilter):  # type: ignore[misc]
    """Where visits began and what they did up to an order: /products/|viewed>compared. Another page leads here with it."""

    title = pgettext_lazy("visit", "way")
    parameter_name = "way"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        asked = request.GET.get(self.parameter_name, "")
        return [(asked, asked.replace("|", " > ", 1))] if _way(asked) else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Visit]) -> QuerySet[Visit]:
        asked = _way(self.value() or "")
        return queryset if asked is None else queryset.filter(paths.of_way(*asked, any_end=True))


class VisitList(ReadOnlyAdmin):
    list_display = ("started", "lasted", "whose", "came_from", "furthest", "why", "pages", "products", "added", "told")
    list_display_links = None
    list_filter: tuple[Any, ...] = (
        ("started_at", BusinessDaysFilter),
        *(ByReached, ByFurthest, ByReason, ByChannel, ByCategory, BySlot, BySegment, ByWay),
    )
    list_select_related = ("source", "customer")
    ordering = ("-started_at", "-id")
    sortable_by = ()
    actions = None
    empty_hint = gettext_lazy("Visits are found every five minutes in what event sources tell.")

    started = wording.moment_column("started_at", gettext_lazy("started at"))

    @display(description=pgettext_lazy("visit", "lasted"))
    def lasted(self, visit: Visit) -> str:
        return _("%(minutes)s min") % {"minutes": words.number((visit.ended_at - visit.started_at) // timedelta(minutes=1))}

    @display(description=gettext_lazy("events"))
    def told(self, visit: Visit) -> str:
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:analytics_visit_events", args=[visit.pk]), words.number(visit.events)
        )

    @display(description=gettext_lazy("customer"))
    def whose(self, visit: Visit) -> str:
        if visit.customer is None:
            return "-"
        return format_html(
            '<a href="{}">{}</a>',
            reverse("admin:analytics_visit_journey", args=[visit.customer.pk]),
            visit.customer.external_id,
        )

    @display(description=gettext_lazy("channel"))
    def came_from(self, visit: Visit) -> str:
        return known.channel(visit.source.channel)

    @display(description=gettext_lazy("furthest step"))
    def furthest(self, visit: Visit) -> str:
        return str(STEPS[Step(visit.step)])

    @display(description=gettext_lazy("reason to leave"))
    def why(self, visit: Visit) -> str:
        return str(REASONS[Reason(visit.reason)]) if visit.reason else "-"


def _slot(text: str) -> tuple[int, int] | None:
    """A weekday and an hour; none where it names neither."""
    weekday, _dash, hour = text.partition("-")
    if not (weekday.isascii() and weekday.isdecimal() and hour.isascii() and hour.isdecimal() and len(text) <= 5):
        return None
    return (int(weekday), int(hour)) if int(weekday) < 7 and int(hour) < 24 else None


def way(landing: str, acts: Iterable[str]) -> str:
    """As the list is narrowed by it."""
    return f"{landing}|{rule.written(list(acts))}"


def _way(text: str) -> tuple[str, list[str]] | None:
    """A landing and acts; none where it names neither."""
    landing, bar, acts = text.partition("|")
    names = rule.read(acts)
    return None if not bar or names is None or "\0" in landing else (landing, names)


def address(request: HttpRequest, **narrowed: Any) -> str:
    """Where these visits are listed, for those who may see visits."""
    said = {name: value for name, value in narrowed.items() if value not in ("", None)}
    return leading(request, "analytics_visit_changelist", "analytics.view_visit", **said)
