"""Where events are told from: what each source may do, what it has told lately, and how it is connected."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.decorators import display
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from analytics.admin.lines import LabeledForm, LinesField
from analytics.api.admission import KEPT_SECONDS
from analytics.models import EventSource
from analytics.operations import event_sources
from analytics.operations.event_months import QUARANTINE_KEPT
from analytics.queries import event_sources as queries
from analytics.queries.event_sources import Heard
from analytics.words import figures as words
from config.kernel import clock
from config.kernel.admin import wording
from config.kernel.admin.buttons import ButtonsAdmin, ReasonForm, actor, operation_button
from config.kernel.admin.house import HouseChangeList, KeptAdmin
from orders.admin import known

MAY_CHANGE = "analytics.change_eventsource"


class SourceForm(LabeledForm):
    origins = LinesField(
        label=gettext_lazy("addresses of the shop front"),
        help_text=gettext_lazy(
            "One a line, such as https://shop.example. Browsers may send from these pages only; empty: from any."
        ),
    )
    internal_networks = LinesField(
        label=gettext_lazy("networks of the shop's own people"),
        help_text=gettext_lazy("One a line, such as 203.0.113.0/24. What comes from there is kept, but counts in no figure."),
    )
    requests_a_minute = forms.IntegerField(
        label=gettext_lazy("requests a minute"),
        min_value=1,
        max_value=1_000_000,
        widget=UnfoldAdminIntegerFieldWidget,
        initial=6_000,
        help_text=gettext_lazy("More are refused for the rest of the minute; browsers keep their events and try again."),
    )

    def clean_origins(self) -> list[str]:
        return self._checked(event_sources.checked_origins, "origins")

    def clean_internal_networks(self) -> list[str]:
        return self._checked(event_sources.checked_networks, "internal_networks")

    def _checked(self, check: Any, name: str) -> list[str]:
        try:
            found: list[str] = check(self.cleaned_data[name])
        except event_sources.BadSource as refusal:
            raise forms.ValidationError(str(refusal)) from None
        return found


class SourcesList(HouseChangeList):
    """What the sources of the page told lately is asked for once."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        told_by(self.result_list)


def told_by(sources: Any) -> None:
    heard = queries.heard(at=clock.now())
    for source in sources:
        source.heard = heard.get(source.pk, Heard())


@admin.register(EventSource)
class EventSourceAdmin(KeptAdmin, ButtonsAdmin):
    form = SourceForm
    change_form_outer_after_template = "admin/analytics/eventsource/_connecting.html"
    list_display = ("name", "nature_label", "channel_label", "state_label", "events_lately", "last_event")
    ordering = ("name", "id")
    actions = None

    def get_fieldsets(self, request: HttpRequest, obj: EventSource | None = None) -> Any:
        told = () if obj is None else ("state_label", "events_lately", "last_event")
        key = () if obj is None or obj.nature == EventSource.Nature.SERVER else ("key",)
        return (
            (None, {"fields": ("name", "code", "nature", "channel", *key, *told)}),
            (
                gettext_lazy("What it may do"),
                {"fields": ("origins", "internal_networks", "requests_a_minute")},
            ),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: EventSource | None = None) -> Any:
        """Servers name a source by its code; and its nature says whether its key is public."""
        return () if obj is None else ("code", "nature", "key", "state_label", "events_lately", "last_event")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[HouseChangeList]:
        return SourcesList

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> EventSource | None:
        source: EventSource | None = super().get_object(request, object_id, from_field)
        if source is not None and not request.path.endswith("/history/") and "/press/" not in request.path:
            told_by([source])
        return source

    def save_model(self, request: HttpRequest, obj: EventSource, form: Any, change: bool) -> None:
        given = form.cleaned_data
        told = {
            name: given[name] for name in ("name", "channel", "origins", "internal_networks", "requests_a_minute")
        }  # fmt: skip
        if change:
            event_sources.change(source_id=obj.pk, actor=actor(request), **told)
        else:
            obj.pk = event_sources.add(code=given["code"], nature=given["nature"], at=clock.now(), **told).pk

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> HttpResponse:
        source: EventSource | None = kwargs.get("obj")
        if source is not None:
            context |= connecting(request, source)
        return super().render_change_form(request, context, *args, **kwargs)

    @display(description=pgettext_lazy("event source", "kind"), ordering="nature")
    def nature_label(self, source: EventSource) -> str:
        return source.get_nature_display()

    @display(description=gettext_lazy("channel"), ordering="channel")
    def channel_label(self, source: EventSource) -> str:
        return known.channel(source.channel)

    @display(description=gettext_lazy("state"), ordering="is_active")
    def state_label(self, source: EventSource) -> str:
        if source.is_active:
            return wording.label(pgettext_lazy("event source", "active"), "success")
        return wording.label(pgettext_lazy("event source", "off"), "")

    @display(description=gettext_lazy("events of the last 24 hours"))
    def events_lately(self, source: EventSource) -> str:
        return words.number(source.heard.events)  # type: ignore[attr-defined]  # set for each shown source

    @display(description=gettext_lazy("last event"))
    def last_event(self, source: EventSource) -> str:
        return wording.moment(source.heard.last_at)  # type: ignore[attr-defined]

    # --- buttons

    @operation_button(
        title=gettext_lazy("Switch off"),
        permission=MAY_CHANGE,
        icon="block",
        shown=lambda source: source.is_active,
        danger=True,
    )
    def switch_off(self, request: HttpRequest, source: EventSource) -> str:
        event_sources.switch(source_id=source.pk, on=False, actor=actor(request))
        return _("What it tells is refused, at the latest in %(seconds)s seconds.") % {"seconds": round(KEPT_SECONDS)}

    @operation_button(
        title=gettext_lazy("Switch on"),
        permission=MAY_CHANGE,
        icon="check_circle",
        shown=lambda source: not source.is_active,
    )
    def switch_on(self, request: HttpRequest, source: EventSource) -> str:
        event_sources.switch(source_id=source.pk, on=True, actor=actor(request))
        return _("What it tells is taken in again.")

    @operation_button(
        title=gettext_lazy("New key"),
        permission=MAY_CHANGE,
        icon="key",
        shown=lambda source: source.nature == EventSource.Nature.BROWSER,
        form=ReasonForm,
        explanation=gettext_lazy(
            "The old key stops at once: until its pages carry the new one, the shop front tells nothing. "
            "The reason is kept in the history of this source."
        ),
        danger=True,
    )
    def renew_key(self, request: HttpRequest, source: EventSource, values: dict[str, Any]) -> str:
        event_sources.renew_key(source_id=source.pk, actor=actor(request))
        self.log_change(request, source, values["reason"])
        return _("The old key stops, at the latest in %(seconds)s seconds. Put the new one into the shop front.") % {
            "seconds": round(KEPT_SECONDS)
        }


def connecting(request: HttpRequest, source: EventSource) -> dict[str, Any]:
    """What a developer copies to connect this source."""
    home = request.build_absolute_uri("/").rstrip("/")
    script = f"{home}{reverse('events-script')}?{urlencode({'key': source.key})}"
    body = (
        '{"consent": true, "visitor": "0196f0c2-5d0e-7f1c-8a51-7c2b9f1e3d20", "customer": "C-1024", '
        '"events": [{"id": "0196f0c2-7b1e-7c3a-9d2e-5a1f0b6c8d4e", '
        f'"at": "{clock.now():%Y-%m-%dT%H:%M:%SZ}", "kind": "order_completed", "properties": {{"order": "261122-000123"}}}}]}}'
    )
    return {
        "is_server": source.nature == EventSource.Nature.SERVER,
        "tag": f'<script async src="{script}"></script>',
        "home": home,
        "proof": f'curl "{home}{reverse("events-proof")}?customer=C-1024" \\\n  -H "Authorization: Token …"',
        "curl": (
            f'curl "{home}{reverse("events")}?{urlencode({"source": source.code})}" \\\n  -H "Authorization: Token …" \\\n'
            f"  -H \"Content-Type: application/json\" \\\n  -d '{body}'"
        ),
        "kinds_url": reverse("admin:analytics_eventkind_built_in"),
        "personal_days": settings.EVENTS_PERSONAL_DAYS,
        "kept_days": settings.EVENTS_KEPT_DAYS,
        "quarantine_days": QUARANTINE_KEPT.days,
    }
