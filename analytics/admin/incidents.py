"""The worklist of incidents, and the page of each: what was found and why, what is done about it, and who was told."""

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from analytics.admin import drilling
from analytics.metrics import METRICS, Cut, Unit
from analytics.models import AlertRule, Incident, IncidentEntry
from analytics.operations import alert_rules, incidents
from analytics.queries import alerts
from analytics.queries.measuring import May
from analytics.queries.watches import WATCHES
from analytics.words import alerts as words
from analytics.words.figures import figure
from config.kernel import clock
from config.kernel.admin import wording
from config.kernel.admin.buttons import ButtonForm, ButtonsAdmin, ReasonForm, actor, operation_button, reason_field
from config.kernel.admin.filters import BusinessDaysFilter
from config.kernel.admin.house import ReadOnlyAdmin
from config.kernel.models import User

MAY_ACT = "analytics.change_incident"
STATE_COLORS = {Incident.State.OPEN: "danger", Incident.State.ACKNOWLEDGED: "warning", Incident.State.RESOLVED: "success"}
STORY_SHOWN = 200
HOURS = ((1, 1), (4, 4), (24, 24), (72, 72), (168, 168))
SHOWN_ON_HOME = 5
WITH_FIGURES = (IncidentEntry.Kind.OPENED, IncidentEntry.Kind.WORSENED, IncidentEntry.Kind.BACK_TO_NORMAL)


def is_standing(incident: Incident) -> bool:
    return incident.state != Incident.State.RESOLVED


class CommentForm(ButtonForm):
    reason = reason_field(longest=1000, help_text="")


class AnswerForm(ButtonForm):
    reason = reason_field(required=False)


class SnoozeForm(ReasonForm):
    hours = forms.TypedChoiceField(label=gettext_lazy("for how many hours"), choices=HOURS, coerce=int, initial=24)

    field_order = ("hours", "reason")


class AssignForm(ReasonForm):
    to = forms.ModelChoiceField(label=gettext_lazy("assigned to"), queryset=User.objects.none())

    field_order = ("to", "reason")

    def prepare(self, row: Any) -> None:
        field: Any = self.fields["to"]
        field.queryset = User.objects.filter(is_active=True, is_staff=True).order_by("username")
        field.required = True


@admin.register(Incident)
class IncidentAdmin(ReadOnlyAdmin, ButtonsAdmin):
    change_form_outer_after_template = "admin/analytics/incident/_story.html"
    empty_hint = gettext_lazy("What the alert rules find appears here, the open ones first. They are checked every 5 minutes.")
    list_display = ("found", "state_label", "severity_label", "opened", "last_seen", "worst", "assignee")
    list_filter: tuple[Any, ...] = (
        ("state", ChoicesDropdownFilter), ("severity", ChoicesDropdownFilter), ("opened_at", BusinessDaysFilter),
    )  # fmt: skip
    list_select_related = ("rule", "assignee")
    also_narrowed_by = ("rule__id__exact",)
    ordering = ("is_over", "-opened_at", "-id")
    sortable_by = ()
    actions = None
    fields = ("found", "state_label", "severity_label", "opened", "last_seen", "worst", "assignee", "answer_label")
    readonly_fields = fields

    opened = wording.moment_column("opened_at", gettext_lazy("opened at"))
    last_seen = wording.moment_column("seen_at", gettext_lazy("last seen"))

    def title_of(self, row: Incident) -> str:
        return f"{words.rule_name(row.rule)} · {wording.plain_moment(row.opened_at)}"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Incident]:
        rows: QuerySet[Incident] = super().get_queryset(request)
        return rows.select_related("rule", "assignee")

    @display(description=pgettext_lazy("incident", "found"))
    def found(self, row: Incident) -> str:
        return words.rule_name(row.rule)

    @display(description=gettext_lazy("state"))
    def state_label(self, row: Incident) -> str:
        return wording.label(row.get_state_display(), STATE_COLORS[Incident.State(row.state)])

    @display(description=gettext_lazy("severity"))
    def severity_label(self, row: Incident) -> str:
        return wording.label(row.get_severity_display(), words.COLORS[row.severity])  # type: ignore[index]

    @display(description=gettext_lazy("worst value"))
    def worst(self, row: Incident) -> str:
        return figure(alerts.unit_of(row.rule), row.peak)

    def get_list_display(self, request: HttpRequest) -> Any:
        """Of what this person's role does not see the list tells only that it was found."""

        @display(description=gettext_lazy("worst value"))
        def worst(row: Incident) -> str:
            return self.worst(row) if alerts.sees(request.user.has_perm, row.rule) else "-"

        return tuple(worst if name == "worst" else name for name in super().get_list_display(request))

    def get_fields(self, request: HttpRequest, obj: Incident | None = None) -> Any:
        sees = obj is None or alerts.sees(request.user.has_perm, obj.rule)
        return tuple(name for name in self.fields if sees or name != "worst")

    @display(description=gettext_lazy("answer"))
    def answer_label(self, row: Incident) -> str:
        return str(row.get_answer_display()) if row.answer else "-"

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> HttpResponse:
        row: Incident | None = kwargs.get("obj")
        if row is not None:
            context |= told(request, row)
        return super().render_change_form(request, context, *args, **kwargs)

    # --- buttons

    @operation_button(
        title=gettext_lazy("Acknowledge"),
        permission=MAY_ACT,
        icon="front_hand",
        shown=lambda row: row.state == Incident.State.OPEN,
    )
    def acknowledge(self, request: HttpRequest, row: Incident) -> str:
        incidents.acknowledge(incident_id=row.pk, actor=actor(request), at=clock.now())
        return _("You have it now.")

    @operation_button(
        title=gettext_lazy("Assign"), permission=MAY_ACT, icon="person_add", shown=is_standing, form=AssignForm,
        explanation=gettext_lazy("Whoever is given it is told by mail."), quiet=lambda row: True,
    )  # fmt: skip
    def assign(self, request: HttpRequest, row: Incident, values: dict[str, Any]) -> None:
        incidents.assign(incident_id=row.pk, to=values["to"], reason=values["reason"], actor=actor(request), at=clock.now())

    @operation_button(
        title=pgettext_lazy("incident", "Comment"), permission=MAY_ACT, icon="comment", form=CommentForm,
        quiet=lambda row: True,
    )  # fmt: skip
    def comment(self, request: HttpRequest, row: Incident, values: dict[str, Any]) -> None:
        incidents.comment(incident_id=row.pk, text=values["reason"], actor=actor(request), at=clock.now())

    @operation_button(
        title=gettext_lazy("Snooze the rule"), permission=MAY_ACT, icon="snooze", shown=is_standing, form=SnoozeForm,
        explanation=gettext_lazy("Until then the rule opens nothing new and tells nobody. This incident stays as it is."),
        quiet=lambda row: True,
    )  # fmt: skip
    def snooze(self, request: HttpRequest, row: Incident, values: dict[str, Any]) -> None:
        at = clock.now()
        until = at + timedelta(hours=values["hours"])
        alert_rules.snooze(rule_id=row.rule_id, until=until, reason=values["reason"], actor=actor(request), at=at)

    @operation_button(
        title=gettext_lazy("Resolve"), permission=MAY_ACT, icon="check_circle", shown=is_standing, form=ReasonForm,
        explanation=gettext_lazy("If it goes on, a new incident is opened after the rule's cool-down."),
    )  # fmt: skip
    def resolve(self, request: HttpRequest, row: Incident, values: dict[str, Any]) -> None:
        incidents.resolve(incident_id=row.pk, reason=values["reason"], actor=actor(request), at=clock.now())

    @operation_button(
        title=gettext_lazy("Not an issue"), permission=MAY_ACT, icon="thumb_down", shown=lambda row: not row.answer,
        form=AnswerForm,
        explanation=gettext_lazy(
            "It ends with that, and the rule becomes less eager: its limit rises by 15%. Fixed numbers stay as they are."
        ),
        quiet=lambda row: True,
    )  # fmt: skip
    def no_issue(self, request: HttpRequest, row: Incident, values: dict[str, Any]) -> None:
        self._answer(request, row, Incident.Answer.NO_ISSUE, values["reason"])

    @operation_button(
        title=gettext_lazy("Good catch"), permission=MAY_ACT, icon="thumb_up", shown=lambda row: not row.answer,
        form=AnswerForm,
        explanation=gettext_lazy(
            "The rule becomes more watchful: its limit falls by 15%. Fixed numbers stay as they are."
        ),
        quiet=lambda row: True,
    )  # fmt: skip
    def good_catch(self, request: HttpRequest, row: Incident, values: dict[str, Any]) -> None:
        self._answer(request, row, Incident.Answer.GOOD_CATCH, values["reason"])

    def _answer(self, request: HttpRequest, row: Incident, given: str, reason: str) -> None:
        incidents.answer(incident_id=row.pk, given=given, reason=reason, actor=actor(request), at=clock.now())


def told(request: HttpRequest, row: Incident) -> dict[str, Any]:
    """Everything below the fields, as finished values."""
    rule, unit, evidence, may = row.rule, alerts.unit_of(row.rule), row.evidence, request.user.has_perm
    sees = alerts.sees(may, rule)
    entries = row.entries.select_related("actor").order_by("pk")[:STORY_SHOWN]
    metric = METRICS.get(rule.metric)
    return {
        "sentence": words.sentence(rule, evidence) if sees else words.kept_back(rule),
        "watched": words.what(rule),
        "condition": words.condition(rule, unit),
        "reading": str(metric.counts) if metric else "",
        "chart": words.chart(evidence, unit) if sees else None,
        "numbers": numbers(rule, evidence, may),
        "stock": words.stock_of(evidence) if sees else [],
        "rows_url": rows_url(request, rule, evidence),
        "rule_url": reverse("admin:analytics_alertrule_change", args=[rule.pk])
        if request.user.has_perm("analytics.view_alertrule")
        else "",
        "definitions_url": reverse("admin:analytics_definitions"),
        "story": [
            {
                "at": one.at,
                "title": one.get_kind_display(),
                "detail": words.entry(one, unit) if sees or one.kind not in WITH_FIGURES else "",
                "text": one.text,
                "actor": wording.actor(one) if one.actor_id else "",
                "color": {"OPENED": "danger", "WORSENED": "danger", "RESOLVED": "success", "BACK_TO_NORMAL": "success"}.get(
                    one.kind, ""
                ),
            }
            for one in entries
        ],
        "notices": [
            {
                "to": str(one.recipient or one.webhook or "-"),
                "occasion": words.occasion(one),
                "why": words.why(one),
                "state": one.get_state_display(),
                "trouble": words.trouble(one),
                "at": one.sent_at or one.due_at,
            }
            for one in row.notices.select_related("recipient", "webhook", "entry").order_by("pk")[:STORY_SHOWN]
        ],
    }


def numbers(rule: AlertRule, evidence: dict[str, Any], may: May) -> list[tuple[str, str]]:
    """Inputs of the verdict, each by its name, down to what somebody of these permissions sees."""
    when = [(_("When"), words.slot(evidence["slot"]))] if evidence.get("slot") else []
    seen = _verdict(rule, evidence, may) if alerts.sees(may, rule) else []
    found = [*when, *seen]
    if evidence.get("made_at"):
        found.append((_("Figures made at"), wording.plain_moment(datetime.fromisoformat(evidence["made_at"]))))
    if evidence.get("asked_at"):
        found.append((_("Asked at"), wording.plain_moment(datetime.fromisoformat(evidence["asked_at"]))))
    return found


def _verdict(rule: AlertRule, evidence: dict[str, Any], may: May) -> list[tuple[str, str]]:
    unit = alerts.unit_of(rule)
    found = [(_("Value"), figure(unit, evidence.get("value")))]
    if evidence.get("center") is not None:
        found.append((_("Usual"), figure(unit, evidence["center"])))
        found.append((_("Change"), words.change(evidence)))
    if evidence.get("low") is not None:
        found.append((_("Would not have been told from"), figure(unit, evidence["low"])))
    if evidence.get("high") is not None:
        found.append((_("Would not have been told up to"), figure(unit, evidence["high"])))
    if rule.kind == AlertRule.Kind.ANOMALY:
        found.append((_("Standard deviations"), figure(Unit.RATE, evidence.get("score"))))
    if evidence.get("volume") is not None and alerts.sees_volume(may, rule):
        found.append((_("Rests on"), figure(Unit.COUNT, evidence["volume"])))
    compared = [one["value"] for one in evidence.get("comparable", [])]
    if compared:
        found.append((_("Compared with"), " · ".join(figure(unit, one) for one in compared)))
    return found + words.facts_of(evidence)


def rows_url(request: HttpRequest, rule: AlertRule, evidence: dict[str, Any]) -> str:
    """Where the rows lie of which the figure is made; empty for those who may not see them."""
    if rule.watch in WATCHES:
        page, permission, query = WATCHES[rule.watch].page
        if not request.user.has_perm(permission):
            return ""
        asked = query(datetime.fromisoformat(evidence["asked_at"]))
        return reverse(f"admin:{page}") + (f"?{urlencode(asked)}" if asked else "")
    metric, slot = METRICS.get(rule.metric), evidence.get("slot")
    if not slot or metric is None:
        return ""
    day = date.fromisoformat(slot["day"])
    weekly = {Cut.SLOT: (day.weekday(), slot["hour"])} if slot.get("hour") is not None else {}
    chosen = {**({Cut(rule.cut): alerts.key_of(rule)} if rule.cut else {}), **weekly}
    return drilling.rows_of(request, metric, first=day, last=day, chosen=chosen)


def home(request: HttpRequest) -> dict[str, Any] | None:
    """The bell of the first page: what is open, the gravest first; nothing for those who may not see it."""
    if not request.user.has_perm("analytics.view_incident"):
        return None
    standing = list(
        Incident.objects.filter(is_over=False).select_related("rule").order_by("is_over", "-opened_at", "-id")[:100]
    )
    grave = {severity: place for place, severity in enumerate(("CRITICAL", "WARNING", "INFO"))}
    standing.sort(key=lambda one: (grave[one.severity], one.state != Incident.State.OPEN))
    return {
        "number": len(standing),
        "url": reverse("admin:analytics_incident_changelist"),
        "rows": [
            {
                "title": words.rule_name(one.rule),
                "severity": one.get_severity_display(),
                "color": {"danger": "bad", "warning": "bad"}.get(words.COLORS[one.severity], "quiet"),  # type: ignore[index]
                "state": one.get_state_display(),
                "opened_at": one.opened_at,
                "url": reverse("admin:analytics_incident_change", args=[one.pk]),
            }
            for one in standing[:SHOWN_ON_HOME]
        ],
    }
