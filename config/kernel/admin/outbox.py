"""Events on their way to their subscribers."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter, RangeDateTimeFilter
from unfold.decorators import display

from config.kernel import clock, outbox
from config.kernel.admin import codes, wording
from config.kernel.admin.buttons import ButtonsAdmin, actor, attempt, operation_button
from config.kernel.admin.house import ReadOnlyAdmin
from config.kernel.models import OutboxDelivery

MAY_RETRY = "kernel.change_outboxdelivery"
STATE_COLORS = {
    OutboxDelivery.State.PENDING: "info",
    OutboxDelivery.State.HANDLED: "success",
    OutboxDelivery.State.PARKED: "danger",
}


class BySubscriber(DropdownFilter):  # type: ignore[misc]
    title = gettext_lazy("subscriber")
    parameter_name = "subscriber"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return codes.subscribers()

    def queryset(self, request: HttpRequest, queryset: QuerySet[OutboxDelivery]) -> QuerySet[OutboxDelivery]:
        return queryset.filter(subscriber=self.value()) if self.value() else queryset


@admin.register(OutboxDelivery)
class OutboxDeliveryAdmin(ReadOnlyAdmin, ButtonsAdmin):
    list_display = ("topic", "handler", "state_label", "recorded", "attempts", "next_attempt", "excerpt")
    empty_hint = gettext_lazy("What one part of the shop tells another: an order placed, goods received. It comes by itself.")
    list_filter: tuple[Any, ...] = (
        ("state", ChoicesDropdownFilter),
        BySubscriber,
        ("next_attempt_at", RangeDateTimeFilter),
    )
    also_narrowed_by = ("next_attempt_at__lte",)
    search_fields = ("subscriber", "event__topic")
    search_help_text = gettext_lazy("Search by the code of the event or of its subscriber")
    list_select_related = ("event",)
    ordering = ("-id",)
    actions = ("retry_selected",)
    fieldsets = (
        (None, {"fields": ("topic", "handler", "state_label", "recorded")}),
        (gettext_lazy("Delivery"), {"fields": ("attempts", "next_attempt", "handled", "error_text")}),
        (gettext_lazy("Contents"), {"fields": ("payload_facts", "code")}),
    )
    readonly_fields = (
        "topic", "handler", "state_label", "recorded", "next_attempt", "handled", "error_text", "payload_facts", "code",
    )  # fmt: skip

    handled = wording.moment_column("handled_at", gettext_lazy("handled at"))

    def title_of(self, delivery: OutboxDelivery) -> str:
        return f"{codes.topic(delivery.event.topic)} → {codes.subscriber(delivery.subscriber)}"

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(MAY_RETRY)

    @display(description=gettext_lazy("topic"), ordering="event__topic")
    def topic(self, delivery: OutboxDelivery) -> str:
        return codes.topic(delivery.event.topic)

    @display(description=gettext_lazy("subscriber"), ordering="subscriber")
    def handler(self, delivery: OutboxDelivery) -> str:
        return codes.subscriber(delivery.subscriber)

    @display(description=gettext_lazy("code"))
    def code(self, delivery: OutboxDelivery) -> str:
        return f"{delivery.event.topic} → {delivery.subscriber}"

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
        return wording.excerpt(delivery.last_error)

    @display(description=gettext_lazy("last error"))
    def error_text(self, delivery: OutboxDelivery) -> str:
        return wording.trace(delivery.last_error)

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
        outbox.retry(delivery_ids=[delivery.pk], actor=actor(request), at=clock.now())
        return _("The event is due now; a worker delivers it within a minute.")

    @admin.action(description=gettext_lazy("Try again now"), permissions=["retry"])
    def retry_selected(self, request: HttpRequest, queryset: QuerySet[OutboxDelivery]) -> None:
        chosen = list(queryset)
        ids = [delivery.pk for delivery in chosen]
        made = attempt(request, lambda: outbox.retry(delivery_ids=ids, actor=actor(request), at=clock.now()))
        if made is None:
            return
        waiting: Any = [delivery for delivery in chosen if delivery.state != OutboxDelivery.State.HANDLED]
        LogEntry.objects.log_actions(actor(request).pk, waiting, CHANGE, wording.untranslated(gettext_lazy("Try again now")))
        told = ngettext("%(count)s event is due now.", "%(count)s events are due now.", made.value)
        messages.success(request, told % {"count": made.value})
