"""Events on their way to their subscribers."""

from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateTimeFilter
from unfold.decorators import display

from config.kernel import clock, outbox
from config.kernel.admin import wording
from config.kernel.admin.buttons import ButtonsAdmin, attempt, operation_button
from config.kernel.admin.house import ReadOnlyAdmin
from config.kernel.errors import Conflict
from config.kernel.models import OutboxDelivery

MAY_RETRY = "kernel.change_outboxdelivery"
STATE_COLORS = {
    OutboxDelivery.State.PENDING: "info",
    OutboxDelivery.State.HANDLED: "success",
    OutboxDelivery.State.PARKED: "danger",
}


class AlreadyHandled(Conflict):
    code = "delivery_handled"


def retry_now(delivery: OutboxDelivery) -> str:
    """What to tell whoever asked."""
    if not outbox.retry(delivery.pk, at=clock.now()):
        raise AlreadyHandled(gettext_lazy("This event has been handled meanwhile."))
    return _("The event is due now; a worker delivers it within a minute.")


@admin.register(OutboxDelivery)
class OutboxDeliveryAdmin(ReadOnlyAdmin, ButtonsAdmin):
    list_display = ("topic", "subscriber", "state_label", "recorded", "attempts", "next_attempt", "excerpt")
    list_filter: tuple[Any, ...] = (
        ("state", ChoicesDropdownFilter),
        "subscriber",
        ("next_attempt_at", RangeDateTimeFilter),
    )
    search_fields = ("subscriber", "event__topic")
    search_help_text = gettext_lazy("Search by topic or subscriber")
    list_select_related = ("event",)
    ordering = ("-id",)
    actions = ("retry_selected",)
    fieldsets = (
        (None, {"fields": ("topic", "subscriber", "state_label", "recorded")}),
        (gettext_lazy("Delivery"), {"fields": ("attempts", "next_attempt", "handled", "error_text")}),
        (gettext_lazy("Contents"), {"fields": ("payload_facts",)}),
    )
    readonly_fields = ("topic", "state_label", "recorded", "next_attempt", "handled", "error_text", "payload_facts")

    handled = wording.moment_column("handled_at", gettext_lazy("handled at"))

    def title_of(self, delivery: OutboxDelivery) -> str:
        return f"{delivery.event.topic} → {delivery.subscriber}"

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(MAY_RETRY)

    @display(description=gettext_lazy("topic"), ordering="event__topic")
    def topic(self, delivery: OutboxDelivery) -> str:
        return delivery.event.topic

    @display(description=gettext_lazy("recorded at"))
    def recorded(self, delivery: OutboxDelivery) -> str:
        return wording.moment(delivery.event.recorded_at)

    @display(description=gettext_lazy("state"), ordering="state")
    def state_label(self, delivery: OutboxDelivery) -> str:
        return wording.label(delivery.get_state_display(), STATE_COLORS[OutboxDelivery.State(delivery.state)])

    @display(description=gettext_lazy("next attempt at"), ordering="next_attempt_at")
    def next_attempt(self, delivery: OutboxDelivery) -> str:
        return wording.moment(delivery.next_attempt_at if delivery.state == OutboxDelivery.State.PENDING else None)

    @display(description=gettext_lazy("last error"))
    def excerpt(self, delivery: OutboxDelivery) -> str:
        error = delivery.last_error
        return format_html('<span class="excerpt" title="{}">{}</span>', error[:500], error[:120]) if error else "-"

    @display(description=gettext_lazy("last error"))
    def error_text(self, delivery: OutboxDelivery) -> str:
        return format_html('<pre class="trace">{}</pre>', delivery.last_error) if delivery.last_error else "-"

    @display(description=gettext_lazy("payload"))
    def payload_facts(self, delivery: OutboxDelivery) -> str:
        return wording.facts(delivery.event.payload)

    @operation_button(
        title=gettext_lazy("Try again now"),
        permission=MAY_RETRY,
        icon="replay",
        shown=lambda delivery: delivery.state != OutboxDelivery.State.HANDLED,
    )
    def retry(self, request: HttpRequest, delivery: OutboxDelivery) -> str:
        return retry_now(delivery)

    @admin.action(description=gettext_lazy("Try again now"), permissions=["retry"])
    def retry_selected(self, request: HttpRequest, queryset: QuerySet[OutboxDelivery]) -> None:
        due = 0
        for delivery in queryset.exclude(state=OutboxDelivery.State.HANDLED):
            if attempt(request, partial(retry_now, delivery)):
                self.log_change(request, delivery, str(gettext_lazy("Try again now")))
                due += 1
        messages.success(
            request, ngettext("%(count)s event is due now.", "%(count)s events are due now.", due) % {"count": due}
        )
