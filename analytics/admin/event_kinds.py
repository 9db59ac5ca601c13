"""The kinds of events: those every shop has, to be read, and the shop's own, defined version by version."""

import json
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from analytics.admin.event_words import KINDS
from analytics.admin.lines import LabeledForm, LinesField
from analytics.api.admission import KEPT_SECONDS
from analytics.behaviour.kinds import BUILT_IN, Kind
from analytics.models import EventKind
from analytics.operations import event_kinds
from config.kernel import clock
from config.kernel.admin import wording
from config.kernel.admin.buttons import ButtonsAdmin, actor, operation_button
from config.kernel.admin.house import KeptAdmin

MAY_CHANGE = "analytics.change_eventkind"


class SchemasField(forms.CharField):
    """A JSON object as it is typed. What nests too deeply for a reader of JSON is no JSON either."""

    def __init__(self, **kwargs: Any) -> None:
        widget = UnfoldAdminTextareaWidget(attrs={"rows": 12, "spellcheck": "false", "class": "schemas"})
        super().__init__(**{"max_length": event_kinds.LONGEST_TEXT, "widget": widget, "required": False, **kwargs})

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        try:
            return json.loads(text) if text else {}
        except (ValueError, RecursionError) as error:
            where = f" ({error.lineno}:{error.colno})" if isinstance(error, json.JSONDecodeError) else ""
            raise forms.ValidationError(_("This is no valid JSON.") + where) from None

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) else json.dumps(value or {}, ensure_ascii=False, indent=2)

    def run_validators(self, value: Any) -> None:
        """Those of a text look at what was typed, which `to_python` has read."""

    def clean(self, value: Any) -> Any:
        if isinstance(value, str):
            super().run_validators(value)
        return super().clean(value)


class KindForm(LabeledForm):
    properties = SchemasField(
        label=gettext_lazy("properties"),
        help_text=gettext_lazy('A JSON Schema for each: {"pages": {"type": "integer"}}. What is not named here is refused.'),
    )
    required = LinesField(label=gettext_lazy("required properties"), help_text=gettext_lazy("One a line."))

    class Meta:
        model = EventKind
        fields = ("name", "properties", "required")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if self.errors:
            return given
        try:
            event_kinds.check(name=given["name"], properties=given["properties"], required=given["required"])
        except event_kinds.BadKind as refusal:
            self.add_error(refusal.details["field"], str(refusal))
        return given


@admin.register(EventKind)
class EventKindAdmin(KeptAdmin, ButtonsAdmin):
    form = KindForm
    list_display = ("name", "version", "property_names", "state_label", "created")
    search_fields = ("name",)
    search_help_text = gettext_lazy("Search by name")
    ordering = ("name", "-version")
    actions = None
    change_list_template = "admin/analytics/eventkind/change_list.html"

    created = wording.moment_column("created_at", gettext_lazy("defined at"))

    def get_fieldsets(self, request: HttpRequest, obj: EventKind | None = None) -> Any:
        if obj is None:
            return ((None, {"fields": ("name", "properties", "required"), "description": self.DEFINING}),)
        return ((None, {"fields": ("name", "version", "state_label", "schema", "required_names", "created")}),)

    DEFINING = gettext_lazy(
        "A name that exists already gets its next version. A version never changes, so that what was stored by it stays "
        "readable; an older one can be switched off."
    )

    def get_readonly_fields(self, request: HttpRequest, obj: EventKind | None = None) -> Any:
        return () if obj is None else ("name", "version", "state_label", "schema", "required_names", "created")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A version never changes; whether it is taken in is said by its buttons."""
        return False

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The next version begins as the latest one was."""
        name = request.GET.get("name", "").replace("\0", "")
        latest = EventKind.objects.filter(name=name).order_by("-version").first() if name else None
        if latest is None:
            return {"name": name}
        return {"name": name, "properties": latest.properties, "required": latest.required}

    def save_model(self, request: HttpRequest, obj: EventKind, form: Any, change: bool) -> None:
        given = form.cleaned_data
        made = event_kinds.define(
            name=given["name"], properties=given["properties"], required=given["required"], actor=actor(request), at=clock.now()
        )
        obj.pk, obj.version = made.pk, made.version

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        more = {"built_in_url": reverse("admin:analytics_eventkind_built_in"), **(extra_context or {})}
        page: HttpResponse = super().changelist_view(request, more)
        return page

    def get_urls(self) -> list[URLPattern]:
        built_in = path("built-in/", self.admin_site.admin_view(self.built_in_view), name="analytics_eventkind_built_in")
        return [built_in, *super().get_urls()]

    def built_in_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": _("Built-in kinds of events"),
            "kinds": [told(kind) for kind in BUILT_IN],
            "own_url": reverse("admin:analytics_eventkind_changelist"),
        }
        return TemplateResponse(request, "admin/analytics/eventkind/built_in.html", context)

    @display(description=gettext_lazy("properties"))
    def property_names(self, kind: EventKind) -> str:
        names = [f"{name} *" if name in kind.required else name for name in kind.properties]
        return ", ".join(names[:6]) + (f" +{len(names) - 6}" if len(names) > 6 else "") or "-"

    @display(description=gettext_lazy("state"), ordering="is_active")
    def state_label(self, kind: EventKind) -> str:
        if kind.is_active:
            return wording.label(pgettext_lazy("kind of event", "taken in"), "success")
        return wording.label(pgettext_lazy("kind of event", "kept apart"), "")

    @display(description=gettext_lazy("properties"))
    def schema(self, kind: EventKind) -> str:
        return format_html(
            '<pre class="trace"><code>{}</code></pre>', json.dumps(kind.properties, ensure_ascii=False, indent=2)
        )

    @display(description=gettext_lazy("required properties"))
    def required_names(self, kind: EventKind) -> str:
        return ", ".join(kind.required) or "-"

    # --- buttons

    @operation_button(
        title=gettext_lazy("Take in"),
        permission=MAY_CHANGE,
        icon="check_circle",
        shown=lambda kind: not kind.is_active,
    )
    def take_in(self, request: HttpRequest, kind: EventKind) -> str:
        event_kinds.switch(number=kind.pk, on=True, actor=actor(request))
        return _("Events of this version are taken in, at the latest in %(seconds)s seconds.") % {
            "seconds": round(KEPT_SECONDS)
        }

    @operation_button(
        title=gettext_lazy("Keep apart"),
        permission=MAY_CHANGE,
        icon="block",
        shown=lambda kind: kind.is_active,
        danger=True,
    )
    def keep_apart(self, request: HttpRequest, kind: EventKind) -> str:
        event_kinds.switch(number=kind.pk, on=False, actor=actor(request))
        return _("Events of this version go to the quarantine, at the latest in %(seconds)s seconds.") % {
            "seconds": round(KEPT_SECONDS)
        }


def told(kind: Kind) -> dict[str, Any]:
    """A kind as the page of the built-in ones shows it."""
    return {
        "name": kind.name,
        "title": KINDS[kind.name],
        "version": kind.version,
        "properties": [
            {"name": name, "is_required": name in kind.required, "schema": json.dumps(schema, ensure_ascii=False)}
            for name, schema in kind.properties.items()
        ],
    }
