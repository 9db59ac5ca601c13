"""What staff did in the back-office."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateTimeFilter
from unfold.decorators import display

from config.kernel.admin import wording
from config.kernel.admin.house import ReadOnlyAdmin

VERBS = {ADDITION: gettext_lazy("added"), CHANGE: gettext_lazy("changed"), DELETION: gettext_lazy("deleted")}
COLORS = {ADDITION: "success", CHANGE: "info", DELETION: "danger"}


@admin.register(LogEntry)
class AuditAdmin(ReadOnlyAdmin):
    called = (gettext_lazy("audit entry"), gettext_lazy("audit"))
    list_display = ("acted", "who", "verb", "subject", "named", "message")
    empty_hint = gettext_lazy("What staff change on these pages, with who did it and when.")
    list_filter: tuple[Any, ...] = (
        ("action_flag", ChoicesDropdownFilter),
        ("action_time", RangeDateTimeFilter),
    )
    search_fields = ("object_repr", "user__username", "user__last_name", "user__first_name")
    search_help_text = gettext_lazy("Search by staff or object")
    list_select_related = ("user", "content_type")
    ordering = ("-id",)
    fields = ("acted", "who", "verb", "subject", "named", "message")
    readonly_fields = fields

    acted = wording.moment_column("action_time", gettext_lazy("time"))

    def title_of(self, entry: LogEntry) -> str:
        return f"{wording.changer(entry)} · {wording.plain_moment(entry.action_time)}"

    @display(description=gettext_lazy("staff member"), ordering="user__username")
    def who(self, entry: LogEntry) -> str:
        return wording.changer(entry)

    @display(description=gettext_lazy("action"), ordering="action_flag")
    def verb(self, entry: LogEntry) -> str:
        return wording.label(VERBS[entry.action_flag], COLORS[entry.action_flag])

    @display(description=gettext_lazy("kind"))
    def subject(self, entry: LogEntry) -> str:
        return wording.model_title(entry.content_type.model_class() if entry.content_type else None)

    @display(description=LogEntry._meta.get_field("object_repr").verbose_name)
    def named(self, entry: LogEntry) -> str:
        return wording.changed(entry)

    @display(description=gettext_lazy("details"))
    def message(self, entry: LogEntry) -> str:
        return wording.change(entry) or "-"
