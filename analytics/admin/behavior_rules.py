"""Rules over what shoppers do within a while, and what they matched, with its inputs and the way to the journey."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from analytics.admin.event_words import KINDS
from analytics.admin.lines import LabeledForm
from analytics.admin.wording import address
from analytics.models import EventKind, EventMatch, EventRule
from analytics.operations import event_rules
from analytics.operations.event_rules import BadEventRule
from analytics.queries import windows
from analytics.words.figures import number
from config.kernel import clock
from config.kernel.admin import wording
from config.kernel.admin.buttons import ButtonsAdmin, ReasonForm, actor, operation_button
from config.kernel.admin.filters import BusinessDaysFilter
from config.kernel.admin.house import KeptAdmin, ReadOnlyAdmin
from orders.known import provider

MAY_CHANGE = "analytics.change_eventrule"
MAY_SETTLE = "analytics.change_eventmatch"
SHOWN = 50


def act_title(name: str) -> str:
    return str(KINDS.get(name, name))


def acts(kept: str = "") -> list[tuple[str, str]]:
    """Kinds that are taken in, and the one that a rule rests on, which may have been switched off since."""
    own = EventKind.objects.filter(Q(is_active=True) | Q(name=kept)).order_by("name").values_list("name", flat=True).distinct()
    return [*((name, str(title)) for name, title in KINDS.items()), *((name, name) for name in own)]


def in_words(rule: EventRule) -> str:
    """What the rule looks for, as one line."""
    said = _("%(act)s %(times)s times within %(minutes)s min") % {
        "act": act_title(rule.act),
        "times": number(rule.at_least),
        "minutes": number(rule.within),
    }
    parts = [said, str(rule.get_subject_display())]
    if rule.same_sku:
        parts.append(_("the same SKU"))
    if rule.unless:
        parts.append(_("unless: %(act)s") % {"act": act_title(rule.unless)})
    return " · ".join(parts)


def whose(match: EventMatch) -> str:
    """The subject in words, without a name."""
    key = windows.read_key(match.subject)
    told = []
    if key.customer is not None:
        told.append(_("customer %(number)s") % {"number": match.customer.external_id if match.customer else key.customer})
    if key.visitor is not None:
        told.append(_("visitor %(number)s") % {"number": f"{key.visitor & 0xFFFFFFFFFFFFFFFF:016x}"[:8]})
    if key.variant is not None:
        told.append(match.variant.sku if match.variant else str(key.variant))
    if key.method:
        told.append(provider(key.method))
    return " · ".join(told)


class RuleForm(LabeledForm):
    act = forms.ChoiceField(label=gettext_lazy("act"), widget=UnfoldAdminSelectWidget)
    unless = forms.ChoiceField(
        label=gettext_lazy("unless"),
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text=gettext_lazy(
            "What the same person must not have done in that time. A completed order is also one that the shop has."
        ),
    )

    class Meta:
        model = EventRule
        fields = event_rules.WRITTEN

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, more in (("act", []), ("unless", [("", "-")])):
            if name in self.fields:
                field: Any = self.fields[name]
                field.choices = [*more, *acts(getattr(self.instance, name))]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if not self.errors:
            try:
                event_rules.checked(EventRule(**given))
            except BadEventRule as refusal:
                self.add_error(str(refusal.details["field"]), str(refusal))
        return given


@admin.register(EventRule)
class EventRuleAdmin(KeptAdmin, ButtonsAdmin):
    form = RuleForm
    change_form_outer_after_template = "admin/analytics/eventrule/_after.html"
    empty_hint = gettext_lazy("Such as: the same product viewed three times within a day, and not bought.")
    list_display = ("name", "looked_for", "state_label", "checked")
    ordering = ("name", "id")
    sortable_by = ()
    actions = None

    checked = wording.moment_column("evaluated_at", gettext_lazy("checked at"))

    def get_fieldsets(self, request: HttpRequest, obj: EventRule | None = None) -> Any:
        told = () if obj is None else ("looked_for", "version", "state_label", "checked", "error_label")
        return (
            (
                pgettext_lazy("section", "What"),
                {"fields": ("name", "act", "at_least", "within", "subject", "same_sku", "unless")},
            ),
            (gettext_lazy("And then"), {"fields": ("cooldown", "alarms", "starts_at", "ends_at", *told)}),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: EventRule | None = None) -> Any:
        return ("looked_for", "version", "state_label", "checked", "error_label")

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> EventRule:
        """The operation writes it."""
        rule: EventRule = form.instance
        return rule

    def save_model(self, request: HttpRequest, obj: EventRule, form: Any, change: bool) -> None:
        given = {name: form.cleaned_data[name] for name in event_rules.WRITTEN}
        if change:
            event_rules.change(rule_id=obj.pk, values=given, actor=actor(request), at=clock.now())
        else:
            obj.pk = event_rules.add(values=given, at=clock.now()).pk

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """There is nothing beside it."""

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> HttpResponse:
        rule: EventRule | None = kwargs.get("obj")
        if rule is not None:
            matches = address(request, "analytics_eventmatch_changelist", "analytics.view_eventmatch", rule__id__exact=rule.pk)
            context |= {"try_url": reverse("admin:analytics_eventrule_try", args=[rule.pk]), "matches_url": matches}
        return super().render_change_form(request, context, *args, **kwargs)

    # --- trying it

    def get_urls(self) -> list[URLPattern]:
        page = path("<path:object_id>/try/", self.admin_site.admin_view(self.try_view), name="analytics_eventrule_try")
        return [page, *super().get_urls()]

    def try_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What the rule, as it stands, would have found in the last 7 days."""
        rule = self.get_object(request, unquote(object_id))
        if rule is None:
            raise Http404
        if not self.has_view_permission(request, rule):
            raise PermissionDenied
        found = windows.preview(rule, at=clock.now())
        latest = sorted((one.at for told in found.matches.values() for one in told), reverse=True)
        days: dict[str, int] = {}
        for moment in latest:
            day = wording.plain_moment(moment)[:10]
            days[day] = days.get(day, 0) + 1
        context = {
            **self.admin_site.each_context(request),
            "title": f"{rule.name} · {_('The last 7 days')}",
            "opts": self.opts,
            "back": reverse("admin:analytics_eventrule_change", args=[rule.pk]),
            "looked_for": in_words(rule),
            "number": number(found.number),
            "subjects": number(len(found.matches)),
            "is_cut": found.is_cut,
            "read": found.days,
            "is_short": found.days < windows.PREVIEWED.days,
            "most": number(windows.MOST_SUBJECTS),
            "most_acts": number(windows.MOST_ACTS),
            "days": [(day, number(count)) for day, count in days.items()],
        }
        return TemplateResponse(request, "admin/analytics/eventrule/try.html", context)

    # --- columns

    @display(description=gettext_lazy("looked for"))
    def looked_for(self, rule: EventRule) -> str:
        return in_words(rule)

    @display(description=gettext_lazy("state"))
    def state_label(self, rule: EventRule) -> str:
        if not rule.is_active:
            return wording.label(pgettext_lazy("alert rule", "off"), "")
        if rule.last_error:
            return wording.label(pgettext_lazy("alert rule", "cannot be checked"), "danger")
        return wording.label(pgettext_lazy("alert rule", "active"), "success")

    @display(description=gettext_lazy("last error"))
    def error_label(self, rule: EventRule) -> str:
        return rule.last_error or "-"

    # --- buttons

    @operation_button(
        title=gettext_lazy("Switch off"), permission=MAY_CHANGE, icon="block", shown=lambda row: row.is_active, danger=True
    )
    def switch_off(self, request: HttpRequest, rule: EventRule) -> str:
        event_rules.switch(rule_id=rule.pk, on=False, actor=actor(request), at=clock.now())
        return _("It looks for nothing any more. What it found stays.")

    @operation_button(
        title=gettext_lazy("Switch on"), permission=MAY_CHANGE, icon="check_circle", shown=lambda row: not row.is_active
    )
    def switch_on(self, request: HttpRequest, rule: EventRule) -> str:
        event_rules.switch(rule_id=rule.pk, on=True, actor=actor(request), at=clock.now())
        return _("It looks again, at what is done from now on.")


class BySettled(admin.SimpleListFilter):
    title = gettext_lazy("dismissed")
    parameter_name = "dismissed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", _("No")), ("yes", _("Yes"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[EventMatch]) -> QuerySet[EventMatch]:
        return queryset.filter(dismissed_at__isnull=self.value() == "no") if self.value() in ("no", "yes") else queryset


@admin.register(EventMatch)
class EventMatchAdmin(ReadOnlyAdmin, ButtonsAdmin):
    change_form_outer_after_template = "admin/analytics/eventmatch/_inputs.html"
    empty_hint = gettext_lazy("What behavior rules find appears here. They are checked every 5 minutes.")
    list_display = ("matched", "rule", "subject_label", "acts", "state_label")
    list_filter: tuple[Any, ...] = (BySettled, ("matched_at", BusinessDaysFilter))
    list_select_related = ("rule", "customer", "variant")
    also_narrowed_by = ("rule__id__exact",)
    ordering = ("-matched_at", "-id")
    sortable_by = ()
    actions = None
    fields = (
        "matched",
        "found",
        "rule",
        "version",
        "subject_label",
        "journey",
        "acts",
        "state_label",
        "dismissed_by",
        "reason",
    )
    readonly_fields = fields

    matched = wording.moment_column("matched_at", gettext_lazy("matched at"))
    found = wording.moment_column("found_at", gettext_lazy("found at"))

    def title_of(self, row: EventMatch) -> str:
        return f"{row.rule.name} · {wording.plain_moment(row.matched_at)}"

    def get_queryset(self, request: HttpRequest) -> QuerySet[EventMatch]:
        rows: QuerySet[EventMatch] = super().get_queryset(request)
        return rows.select_related("rule", "customer", "variant", "dismissed_by")

    def get_fields(self, request: HttpRequest, obj: EventMatch | None = None) -> Any:
        """The way to the journey is for those who may go there."""
        may = obj is not None and obj.customer_id is not None and request.user.has_perm("analytics.view_visit")
        return tuple(name for name in self.fields if may or name != "journey")

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> HttpResponse:
        match: EventMatch | None = kwargs.get("obj")
        if match is not None:
            rule = EventRule(**match.inputs["terms"])
            context |= {
                "looked_for": in_words(rule),
                "inputs": [
                    {"at": wording.plain_moment(datetime.fromisoformat(one["at"])), "id": one["id"]}
                    for one in match.inputs["acts"][-SHOWN:]
                ],
                "left_out": number(match.count - len(match.inputs["acts"])) if match.count > len(match.inputs["acts"]) else "",
            }
        return super().render_change_form(request, context, *args, **kwargs)

    # --- columns

    @display(description=gettext_lazy("subject"))
    def subject_label(self, match: EventMatch) -> str:
        return whose(match)

    @display(description=gettext_lazy("journey"))
    def journey(self, match: EventMatch) -> str:
        where = reverse("admin:analytics_visit_journey", args=[match.customer_id])
        return format_html('<a href="{}">{}</a>', where, _("Show the journey"))

    @display(description=gettext_lazy("acts"))
    def acts(self, match: EventMatch) -> str:
        return number(match.count)

    @display(description=gettext_lazy("state"))
    def state_label(self, match: EventMatch) -> str:
        if match.dismissed_at is not None:
            return wording.label(pgettext_lazy("match", "dismissed"), "")
        return wording.label(pgettext_lazy("match", "stands"), "success")

    # --- buttons

    @operation_button(
        title=pgettext_lazy("match", "Dismiss"), permission=MAY_SETTLE, icon="thumb_down", form=ReasonForm,
        shown=lambda row: row.dismissed_at is None,
        explanation=gettext_lazy("It stays in the list with your reason, and can be taken back."),
    )  # fmt: skip
    def dismiss(self, request: HttpRequest, match: EventMatch, values: dict[str, Any]) -> None:
        event_rules.dismiss(match_id=match.pk, reason=values["reason"], actor=actor(request), at=clock.now())

    @operation_button(
        title=pgettext_lazy("match", "Take the dismissal back"), permission=MAY_SETTLE, icon="undo",
        shown=lambda row: row.dismissed_at is not None,
    )  # fmt: skip
    def restore(self, request: HttpRequest, match: EventMatch) -> str:
        event_rules.restore(match_id=match.pk, actor=actor(request))
        return _("The match stands again.")
