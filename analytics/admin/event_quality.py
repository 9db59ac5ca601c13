"""The quality of the data: what each source told day by day, which days cannot be trusted and why; and the batches."""

from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.decorators import display

from analytics.admin import event_copies
from analytics.admin.event_words import reason
from analytics.admin.quarantine import BySource
from analytics.admin.wording import address
from analytics.behaviour import quality
from analytics.models import EventBatch
from analytics.operations.event_months import BATCHES_KEPT, QUARANTINE_KEPT
from analytics.queries import event_quality
from analytics.queries.event_quality import Day, Standing
from analytics.words import figures as words
from config.kernel import clock, shop
from config.kernel.admin import wording
from config.kernel.admin.filters import BusinessDaysFilter
from config.kernel.admin.house import ReadOnlyAdmin

# As long as what could not be read is kept.
DAYS = QUARANTINE_KEPT.days
# Counting runs every minute.
OVERDUE = timedelta(minutes=10)
QUARANTINE_PAGE = ("analytics_quarantinedevent_changelist", "analytics.view_quarantinedevent")
BATCHES_PAGE = ("analytics_eventbatch_changelist", "analytics.view_eventbatch")
SOURCE_PAGE = ("analytics_eventsource_change", "analytics.view_eventsource")

TROUBLES: dict[str, Any] = {
    quality.IS_INCOMPLETE: pgettext_lazy("bad day", "too few events"),
    quality.IS_QUARANTINED: pgettext_lazy("bad day", "too many in quarantine"),
    quality.IS_SILENT: pgettext_lazy("bad day", "a long silence"),
}


@admin.register(EventBatch)
class EventBatchAdmin(ReadOnlyAdmin):
    list_display = ("received", "source_name", "stored", "doubled", "quarantined", "bots", "late", "is_counted")
    list_filter: tuple[Any, ...] = (BySource, ("received_at", BusinessDaysFilter))
    list_select_related = ("source",)
    ordering = ("-id",)
    sortable_by = ()
    actions = None
    fields = ("received", "source_name", "stored", "doubled", "quarantined", "bots", "late", "is_counted", "in_hours")
    readonly_fields = fields

    received = wording.moment_column("received_at", pgettext_lazy("event", "received at"))

    def title_of(self, batch: EventBatch) -> str:
        return f"{wording.plain_moment(batch.received_at)} · {batch.source.name}"

    def get_urls(self) -> list[URLPattern]:
        page = path("quality/", self.admin_site.admin_view(self.quality_view), name="analytics_eventbatch_quality")
        return [page, *super().get_urls()]

    @display(description=gettext_lazy("event source"))
    def source_name(self, batch: EventBatch) -> str:
        return batch.source.name

    @display(description=gettext_lazy("in the figures"), boolean=True)
    def is_counted(self, batch: EventBatch) -> bool:
        return not batch.is_pending

    @display(description=gettext_lazy("hours"))
    def in_hours(self, batch: EventBatch) -> str:
        return ", ".join(wording.plain_moment(hour) for hour in sorted(batch.hours)) or "-"

    def quality_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        at = clock.now()
        today = shop.day(at)
        found = event_quality.standings(first=today - timedelta(days=DAYS - 1), last=today, at=at)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Data quality"),
            "days": DAYS,
            "sources": [told(request, one, today, at) for one in found],
            "troubles": [
                {"title": TROUBLES[code], "number": number} for code, number in event_quality.kinds_of_trouble(found).items()
            ],
            "limits": limits(),
            "copies": event_copies.told(request, at),
            "kept": {
                "events": settings.EVENTS_KEPT_DAYS,
                "personal": settings.EVENTS_PERSONAL_DAYS,
                "batches": BATCHES_KEPT.days,
                "quarantine": QUARANTINE_KEPT.days,
            },
        }
        return TemplateResponse(request, "admin/analytics/eventbatch/quality.html", context)


def told(request: HttpRequest, one: Standing, today: date, at: datetime) -> dict[str, Any]:
    """A source as the page shows it."""
    return {
        "name": one.source.name,
        "url": address(request, *SOURCE_PAGE, one.source.pk),
        "is_active": one.source.is_active,
        "last_at": one.last_at,
        "lag": span(at - one.last_at) if one.last_at else "",
        "pending": words.number(one.pending),
        "pending_for": span(at - one.pending_since) if one.pending_since else "",
        "is_overdue": one.pending_since is not None and at - one.pending_since > OVERDUE,
        "rows": [row(request, day, today) for day in one.days],
    }


def row(request: HttpRequest, one: Day, today: date) -> dict[str, Any]:
    received = one.received
    that_day: dict[str, Any] = {
        "source": one.source_id,
        "received_at_from": one.day.isoformat(),
        "received_at_to": one.day.isoformat(),
    }
    return {
        "day": words.day(one.day),
        "is_open": one.day == today,
        "batches": words.number(received.batches),
        "batches_url": address(request, *BATCHES_PAGE, **that_day) if received.batches else "",
        "stored": words.number(received.stored),
        "events": words.number(received.events),
        "completeness": words.share(received.completeness, 0),
        "doubled": words.share(received.doubled_share),
        "quarantined": words.share(received.quarantined_share),
        "quarantined_url": address(request, *QUARANTINE_PAGE, **that_day) if one.reasons else "",
        "reasons": [
            {
                "title": reason(code),
                "number": words.number(number),
                "url": address(request, *QUARANTINE_PAGE, **that_day, reason=code),
            }
            for code, number in one.reasons
        ],
        "not_shoppers": words.share(received.not_shoppers_share),
        "late": words.share(received.late_share),
        "silence": span(received.silence),
        "troubles": [TROUBLES[code] for code in one.troubles],
    }


def limits() -> list[str]:
    """What makes a day a bad one, as the thresholds say."""
    return [
        _("%(title)s: under %(share)s of the median of the same weekday in the %(weeks)s weeks before")
        % {"title": TROUBLES[quality.IS_INCOMPLETE], "share": words.share(quality.INCOMPLETE, 0), "weeks": quality.WEEKS},
        _("%(title)s: more than %(share)s of what was received")
        % {"title": TROUBLES[quality.IS_QUARANTINED], "share": words.share(quality.TOO_MANY_QUARANTINED, 0)},
        _("%(title)s: more than %(hours)s hours without a batch between %(opens)s and %(closes)s")
        % {
            "title": TROUBLES[quality.IS_SILENT],
            "hours": quality.SILENT // timedelta(hours=1),
            "opens": f"{quality.OPENS:%H:%M}",
            "closes": f"{quality.CLOSES:%H:%M}",
        },
    ]


def span(value: timedelta) -> str:
    """Days and hours, hours and minutes, or minutes alone."""
    minutes = max(int(value.total_seconds()) // 60, 0)
    if minutes >= 48 * 60:
        return _("%(days)s d %(hours)s h") % {"days": minutes // 1440, "hours": minutes % 1440 // 60}
    if minutes >= 60:
        return _("%(hours)s h %(minutes)s min") % {"hours": minutes // 60, "minutes": minutes % 60}
    return _("%(minutes)s min") % {"minutes": minutes}
