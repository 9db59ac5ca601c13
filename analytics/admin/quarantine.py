"""Events that could not be read: why, what they look like, and the button that reads them again."""

import json
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from analytics.admin.event_words import REASONS, reason
from analytics.behaviour import reading
from analytics.models import EventSource, QuarantinedEvent
from analytics.operations import quarantine
from analytics.operations.event_months import QUARANTINE_KEPT
from analytics.operations.quarantine import ReadAgain
from analytics.words.figures import number
from campaigns.models.customer import SEES_PERSONAL
from config.kernel.admin import wording
from config.kernel.admin.buttons import ButtonsAdmin, actor, attempt, operation_button
from config.kernel.admin.filters import BusinessDaysFilter
from config.kernel.admin.house import ReadOnlyAdmin

MAY_READ_AGAIN = "analytics.change_quarantinedevent"
READ_AGAIN = gettext_lazy("Read again")


class ByReason(DropdownFilter):  # type: ignore[misc]
    title = gettext_lazy("reason")
    parameter_name = "reason"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(code, str(title)) for code, title in REASONS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(reason=self.value()) if self.value() else queryset


class BySource(DropdownFilter):  # type: ignore[misc]
    title = gettext_lazy("event source")
    parameter_name = "source"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(pk), name) for pk, name in EventSource.objects.order_by("name", "pk").values_list("pk", "name")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value() or ""
        return queryset.filter(source=int(chosen)) if chosen.isdecimal() and len(chosen) < 6 else queryset


@admin.register(QuarantinedEvent)
class QuarantineAdmin(ReadOnlyAdmin, ButtonsAdmin):
    list_display = ("received", "source_name", "reason_words", "details")
    list_display_links = ("received",)
    list_filter: tuple[Any, ...] = (ByReason, BySource, ("received_at", BusinessDaysFilter))
    list_select_related = ("source",)
    ordering = ("-received_at", "-id")
    actions = ("read_selected_again",)
    readonly_fields = ("received", "source_name", "reason_words", "details", "contents", "kept_for")
    fields = readonly_fields

    received = wording.moment_column("received_at", pgettext_lazy("event", "received at"))

    def title_of(self, row: QuarantinedEvent) -> str:
        return f"{wording.plain_moment(row.received_at)} · {reason(row.reason)}"

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What was sent may hold anything, also a name or a phone number."""
        if request.user.has_perm(SEES_PERSONAL):
            return self.fields
        return [name if name != "contents" else "hidden_contents" for name in self.fields]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.get_fields(request, obj)

    def has_read_again_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(MAY_READ_AGAIN)

    @display(description=gettext_lazy("event source"))
    def source_name(self, row: QuarantinedEvent) -> str:
        return row.source.name

    @display(description=gettext_lazy("reason"), ordering="reason")
    def reason_words(self, row: QuarantinedEvent) -> str:
        return reason(row.reason)

    @display(description=gettext_lazy("details"))
    def details(self, row: QuarantinedEvent) -> str:
        return format_html('<code class="breaks">{}</code>', row.told) if row.told else "-"

    @display(description=gettext_lazy("as it came"))
    def contents(self, row: QuarantinedEvent) -> str:
        if reading.is_whole(row.raw, row.digest):
            return format_html('<pre class="trace"><code>{}</code></pre>', pretty(row.raw))
        cut = _("It was longer than %(most)s characters: only its beginning was kept, so it cannot be read again.") % {
            "most": number(reading.LONGEST_RAW)
        }
        return format_html('<p class="explanation">{}</p><pre class="trace"><code>{}</code></pre>', cut, row.raw)

    @display(description=gettext_lazy("as it came"))
    def hidden_contents(self, row: QuarantinedEvent) -> str:
        return _("What was sent may hold personal data: it is shown to those who have the right to see them.")

    @display(description=gettext_lazy("kept for"))
    def kept_for(self, row: QuarantinedEvent) -> str:
        return _("%(days)s days") % {"days": QUARANTINE_KEPT.days}

    # --- reading again

    @operation_button(
        title=READ_AGAIN,
        permission=MAY_READ_AGAIN,
        icon="replay",
        shown=lambda row: reading.is_whole(row.raw, row.digest),
    )
    def read_again(self, request: HttpRequest, row: QuarantinedEvent) -> str:
        return told(quarantine.read_again(ids=[row.pk]))

    def _back(self, row: QuarantinedEvent) -> HttpResponse:
        """What could be read is here no more."""
        if QuarantinedEvent.objects.filter(pk=row.pk).exists():
            return super()._back(row)
        return HttpResponseRedirect(reverse("admin:analytics_quarantinedevent_changelist"))

    @admin.action(description=READ_AGAIN, permissions=["read_again"])
    def read_selected_again(self, request: HttpRequest, queryset: QuerySet[QuarantinedEvent]) -> None:
        chosen: Any = list(queryset[: quarantine.MOST_AT_ONCE + 1])
        read = attempt(request, lambda: quarantine.read_again(ids=[row.pk for row in chosen]))
        if read is None:
            return
        LogEntry.objects.log_actions(actor(request).pk, chosen, CHANGE, wording.untranslated(READ_AGAIN))
        (messages.success if not read.value.left else messages.warning)(request, told(read.value))


def told(read: ReadAgain) -> str:
    """What became of events that were read again."""
    said = []
    if read.stored:
        said.append(_("%(count)s stored.") % {"count": number(read.stored)})
    if read.doubled:
        said.append(_("%(count)s had been stored before.") % {"count": number(read.doubled)})
    if read.left:
        why = f" ({reason(read.reason)})" if read.reason else ""
        said.append(_("%(count)s still cannot be read%(why)s.") % {"count": number(read.left), "why": why})
    return " ".join(said) or _("Somebody else has read it meanwhile.")


def pretty(raw: str) -> str:
    """JSON as people read it; half of a pair of signs stays as it was written, since no page can hold it."""
    try:
        text = json.dumps(json.loads(raw), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return raw
    return text.encode("utf-8", "backslashreplace").decode()
