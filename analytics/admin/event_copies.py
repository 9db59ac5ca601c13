"""Which days of shoppers' events lie in the second store, whether both say the same, and what is behind."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateFilter
from unfold.decorators import display

from analytics import stores
from analytics.admin.wording import address
from analytics.models import EventCopy
from analytics.queries import event_copying
from analytics.words import figures as words
from analytics.words.figures import day, number
from config.kernel.admin import wording
from config.kernel.admin.house import ReadOnlyAdmin

STATES = {
    EventCopy.State.DIRTY: (pgettext_lazy("copy of a day", "due again"), "warning"),
    EventCopy.State.CLEAN: (pgettext_lazy("copy of a day", "copied"), "success"),
}
PAGE = ("analytics_eventcopy_changelist", "analytics.view_eventcopy")


@admin.register(EventCopy)
class EventCopyAdmin(ReadOnlyAdmin):
    empty_hint = gettext_lazy("Closed days are copied here where the shop has ClickHouse (EVENTS_STORE).")
    list_display = ("business_day", "state_label", "copied", "rows", "compared", "is_equal", "left")
    list_filter = (("state", ChoicesDropdownFilter), ("day", RangeDateFilter))
    ordering = ("-day",)
    fields = ("business_day", "state_label", "copied", "rows", "took", "compared", "is_equal", "left")
    readonly_fields = fields

    copied = wording.moment_column("rebuilt_at", gettext_lazy("copied at"))
    compared = wording.moment_column("compared_at", gettext_lazy("compared at"))
    left = wording.moment_column("left_at", pgettext_lazy("events", "left the database at"))

    def title_of(self, row: EventCopy) -> str:
        return day(row.day)

    @display(description=gettext_lazy("business day"), ordering="day")
    def business_day(self, row: EventCopy) -> str:
        return day(row.day)

    @display(description=gettext_lazy("state"), ordering="state")
    def state_label(self, row: EventCopy) -> str:
        title, color = STATES[EventCopy.State(row.state)]
        return wording.label(title, color)

    @display(description=gettext_lazy("events"), ordering="source_rows")
    def rows(self, row: EventCopy) -> str:
        return "-" if row.source_rows is None else number(row.source_rows)

    @display(description=gettext_lazy("took"))
    def took(self, row: EventCopy) -> str:
        return wording.duration(row.seconds)


def told(request: HttpRequest, at: datetime) -> dict[str, Any] | None:
    """For the page on quality; None where there is no second store."""
    if not stores.is_second():
        return None
    found = event_copying.standing(at=at)
    return {
        "url": address(request, *PAGE),
        "copied_until": words.day(found.copied_until) if found.copied_until else "",
        "days_behind": number(found.days_behind),
        "is_behind": found.days_behind > 1,
        "due": number(found.due),
        "compared_at": found.compared_at,
        "compared_day": words.day(found.compared_day) if found.compared_day else "",
        "is_equal": found.is_equal,
        "unequal": number(found.unequal),
        "left": number(found.left),
    }
