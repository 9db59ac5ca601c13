"""Who logged in, who failed to, and who is locked out."""

from typing import Any

import axes.admin  # noqa: F401  registers the three models, which are taken over below
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.conf import settings
from django.contrib import admin
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.decorators import display

from config.kernel.admin import wording
from config.kernel.admin.house import ReadOnlyAdmin

for model in (AccessAttempt, AccessLog, AccessFailureLog):
    admin.site.unregister(model)


class LoginsAdmin(ReadOnlyAdmin):
    search_fields = ("username", "ip_address")
    search_help_text = gettext_lazy("Search by name or address")
    list_filter: tuple[Any, ...] = (("attempt_time", RangeDateTimeFilter),)
    ordering = ("-id",)
    readonly_fields: tuple[str, ...] = ("tried",)
    tried = wording.moment_column("attempt_time", gettext_lazy("Attempt Time"))

    @display(description=gettext_lazy("User Agent"))
    def browser(self, entry: Any) -> str:
        return format_html('<span class="excerpt" title="{}">{}</span>', entry.user_agent, entry.user_agent)

    def title_of(self, entry: Any) -> str:
        return f"{entry.username} · {wording.plain_moment(entry.attempt_time)}"


@admin.register(AccessAttempt)
class AccessAttemptAdmin(LoginsAdmin):
    empty_hint = gettext_lazy("Names that failed to log in lately, until they succeed.")
    list_display = ("username", "ip_address", "tried", "failures_since_start", "standing", "browser")
    fields = ("username", "ip_address", "tried", "failures_since_start", "standing", "path_info", "user_agent")
    readonly_fields = ("tried", "standing")

    @display(description=gettext_lazy("state"), ordering="failures_since_start")
    def standing(self, attempt: AccessAttempt) -> str:
        left = settings.AXES_FAILURE_LIMIT - attempt.failures_since_start
        if left <= 0:
            return wording.label(_("locked out"), "danger")
        return wording.label(ngettext("%(number)s attempt left", "%(number)s attempts left", left) % {"number": left}, "info")


@admin.register(AccessLog)
class AccessLogAdmin(LoginsAdmin):
    empty_hint = gettext_lazy("Every login of staff, once somebody logs in.")
    list_display = ("username", "ip_address", "tried", "left", "browser")
    fields = ("username", "ip_address", "tried", "left", "path_info", "user_agent")
    readonly_fields = ("tried", "left")
    left = wording.moment_column("logout_time", gettext_lazy("Logout Time"))


@admin.register(AccessFailureLog)
class AccessFailureLogAdmin(LoginsAdmin):
    empty_hint = gettext_lazy("Every failed attempt to log in.")
    list_display = ("username", "ip_address", "tried", "locked_out", "path_info")
    fields = ("username", "ip_address", "tried", "locked_out", "path_info", "user_agent")
