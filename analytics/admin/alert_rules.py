"""Rules that watch figures: their list, their form, and a page that tries one on the last 60 days."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from analytics.admin.lines import LabeledForm
from analytics.anomalies.tuning import effective
from analytics.metrics import METRICS, Unit
from analytics.models import AlertRule, EventSource, Webhook
from analytics.operations import alert_rules
from analytics.operations.alert_rules import BadRule
from analytics.queries import alerts
from analytics.words import alerts as words
from analytics.words.figures import figure
from campaigns.models import Segment
from config.kernel import clock
from config.kernel.admin import wording
from config.kernel.admin.buttons import ButtonsAdmin, actor, operation_button
from config.kernel.admin.house import KeptAdmin
from config.kernel.errors import DomainError
from config.kernel.models import User
from inventory.models import Category, Warehouse
from orders.admin import known

MAY_CHANGE = "analytics.change_alertrule"
INCIDENTS_SHOWN = 60
# Parts to choose from; of more there are own pages.
MOST_PARTS = 300


class RuleForm(LabeledForm):
    metric = forms.ChoiceField(label=gettext_lazy("figure"), widget=UnfoldAdminSelectWidget)
    of = forms.ChoiceField(
        label=gettext_lazy("of"),
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text=gettext_lazy("Not every figure can be told apart by every part."),
    )

    class Meta:
        model = AlertRule
        fields = (
            "name", "metric", "of", "window", "kind", "direction", "limit", "minimum", "shifts", "severity", "every", "owner",
            "recipients", "webhooks", "quiet_from", "quiet_until", "cool_down", "escalate_after",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("limit", "minimum"):
            if isinstance(given := self.initial.get(name), Decimal):
                self.initial[name] = f"{given.normalize():f}"
        if "metric" in self.fields:
            metric: Any = self.fields["metric"]
            metric.choices = [(one.code, f"{one.title}") for one in METRICS.values()]
            if self.instance.metric and self.instance.metric not in METRICS:
                metric.choices = [(self.instance.metric, self.instance.metric), *metric.choices]
        if "of" in self.fields:
            of: Any = self.fields["of"]
            of.choices = parts()
            of.initial = f"{self.instance.cut}:{self.instance.part}" if self.instance.cut else ""
        if "window" in self.fields:
            window: Any = self.fields["window"]
            window.choices = [one for one in AlertRule.Window.choices if one[0] != AlertRule.Window.NOW]
        if "recipients" in self.fields:
            people: Any = self.fields["recipients"]
            # Accounts are made on their own page.
            people.widget.can_add_related = False
            people.queryset = User.objects.filter(is_active=True, is_staff=True).order_by("username")
        if "webhooks" in self.fields:
            told: Any = self.fields["webhooks"]
            told.widget.can_add_related = False
            told.queryset = Webhook.objects.order_by("name")

    def values(self) -> dict[str, Any]:
        given = {name: value for name, value in self.cleaned_data.items() if name not in ("recipients", "webhooks", "of")}
        if "of" in self.cleaned_data:
            given["cut"], _between, given["part"] = self.cleaned_data["of"].partition(":")
        return given

    def clean(self) -> dict[str, Any]:
        """What the operation would refuse is told at its field, before anything is written."""
        given: dict[str, Any] = super().clean() or {}
        if self.errors:
            return given
        rule = AlertRule(watch=self.instance.watch, window=self.instance.window, kind=self.instance.kind)
        for name, value in self.values().items():
            setattr(rule, name, value)
        try:
            alert_rules.checked(rule)
        except BadRule as refusal:
            field = str(refusal.details.get("field", ""))
            self.add_error("of" if field == "part" else field if field in self.fields else None, str(refusal))
        return given


def parts() -> list[tuple[str, str]]:
    """Everything, and each part that figures can be told apart by."""
    channels = sorted({*known.CHANNELS, *EventSource.objects.values_list("channel", flat=True)})
    rows: list[tuple[Any, str, QuerySet[Any]]] = [
        (gettext_lazy("Category"), "category", Category.objects.order_by("name", "pk")),
        (gettext_lazy("Warehouse"), "warehouse", Warehouse.objects.order_by("name", "pk")),
        (gettext_lazy("Segment"), "segment", Segment.objects.order_by("name", "pk")),
    ]
    found = [("", str(_("everything"))), *((f"channel:{one}", f"{_('Channel')} · {known.channel(one)}") for one in channels)]
    for title, cut, query in rows:
        found += [(f"{cut}:{pk}", f"{title} · {name}") for pk, name in query.values_list("pk", "name")[:MOST_PARTS]]
    return found


@admin.register(AlertRule)
class AlertRuleAdmin(KeptAdmin, ButtonsAdmin):
    form = RuleForm
    change_form_outer_after_template = "admin/analytics/alertrule/_after.html"
    empty_hint = gettext_lazy("The rules of the house appear with the first check, five minutes after the worker has started.")
    list_display = ("called_label", "watched", "told_when", "severity_label", "state_label", "checked")
    list_filter: tuple[Any, ...] = (("severity", ChoicesDropdownFilter), "is_active")
    search_fields = ("name",)
    search_help_text = gettext_lazy("Search by name")
    ordering = ("-watch", "name", "id")
    sortable_by = ()
    actions = None

    checked = wording.moment_column("checked_at", gettext_lazy("checked at"))

    def title_of(self, row: AlertRule) -> str:
        return words.rule_name(row)

    def get_fieldsets(self, request: HttpRequest, obj: AlertRule | None = None) -> Any:
        writes = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        told = () if obj is None else ("state_label", "checked", "tuned", "error_label")
        if not writes:
            shown = ("called_label", "watched", "told_when", "severity_label", "every", "owner", *told)
            return ((None, {"fields": shown}),)
        own = obj is None or not obj.watch
        what = ("name", "metric", "of", "window", "kind", "direction", "limit", "minimum", "shifts")
        return (
            (pgettext_lazy("section", "What"), {"fields": what if own else ("called_label", "watched", "limit", "minimum")}),
            (gettext_lazy("How often"), {"fields": ("every", "cool_down", *told)}),
            (
                gettext_lazy("Who is told"),
                {"fields": ("severity", "owner", "recipients", "webhooks", ("quiet_from", "quiet_until"), "escalate_after")},
            ),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: AlertRule | None = None) -> Any:
        return ("called_label", "watched", "told_when", "severity_label", "state_label", "checked", "tuned", "error_label")

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> AlertRule:
        """The operation writes it."""
        rule: AlertRule = form.instance
        return rule

    def save_model(self, request: HttpRequest, obj: AlertRule, form: Any, change: bool) -> None:
        told = {"recipients": form.cleaned_data["recipients"], "webhooks": form.cleaned_data["webhooks"]}
        if change:
            alert_rules.change(rule_id=obj.pk, values=form.values(), actor=actor(request), **told)
        else:
            obj.pk = alert_rules.add(values=form.values(), at=clock.now(), **told).pk

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Written with the rule."""

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> HttpResponse:
        rule: AlertRule | None = kwargs.get("obj")
        if rule is not None:
            context |= {
                "try_url": ""
                if rule.watch or not alerts.sees(request.user.has_perm, rule)
                else reverse("admin:analytics_alertrule_try", args=[rule.pk]),
                "incidents_url": f"{reverse('admin:analytics_incident_changelist')}?rule__id__exact={rule.pk}",
            }
        return super().render_change_form(request, context, *args, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        page = path("<path:object_id>/try/", self.admin_site.admin_view(self.try_view), name="analytics_alertrule_try")
        return [page, *super().get_urls()]

    def try_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """How often the rule, as it stands, would have told of something in the last 60 days."""
        rule = self.get_object(request, unquote(object_id))
        if rule is None or rule.watch:
            raise Http404
        if not self.has_view_permission(request, rule) or not alerts.sees(request.user.has_perm, rule):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": f"{self.title_of(rule)} · {_('The last 60 days')}",
            "opts": self.opts,
            "back": reverse("admin:analytics_alertrule_change", args=[rule.pk]),
            "watched": words.what(rule),
            "condition": words.condition(rule, alerts.unit_of(rule)),
            "days": alerts.PREVIEWED.days,
        }
        try:
            context |= tried(rule, alerts.preview(rule, at=clock.now()))
        except DomainError as refusal:
            messages.error(request, str(refusal))
        return TemplateResponse(request, "admin/analytics/alertrule/try.html", context)

    # --- columns

    @display(description=gettext_lazy("name"))
    def called_label(self, row: AlertRule) -> str:
        return words.rule_name(row)

    @display(description=pgettext_lazy("alert", "watched"))
    def watched(self, row: AlertRule) -> str:
        metric = METRICS.get(row.metric)
        if row.watch:
            return words.what(row)
        return f"{metric.title if metric else row.metric} · {row.get_window_display()}"

    @display(description=gettext_lazy("told when"))
    def told_when(self, row: AlertRule) -> str:
        return words.condition(row, alerts.unit_of(row))

    @display(description=gettext_lazy("severity"))
    def severity_label(self, row: AlertRule) -> str:
        return wording.label(row.get_severity_display(), words.COLORS[row.severity])  # type: ignore[index]

    @display(description=gettext_lazy("state"))
    def state_label(self, row: AlertRule) -> str:
        if not row.is_active:
            return wording.label(pgettext_lazy("alert rule", "off"), "")
        if row.last_error:
            return wording.label(pgettext_lazy("alert rule", "cannot be checked"), "danger")
        if row.snoozed_until is not None and row.snoozed_until > clock.now():
            until = wording.plain_moment(row.snoozed_until)
            return wording.label(_("snoozed until %(time)s") % {"time": until}, "warning")
        return wording.label(pgettext_lazy("alert rule", "active"), "success")

    @display(description=gettext_lazy("tuned by answers"))
    def tuned(self, row: AlertRule) -> str:
        if not row.steps:
            return "-"
        limit = figure(Unit.RATE, effective(float(row.limit), row.steps))
        return _("%(steps)s steps: the limit counts as %(limit)s") % {"steps": f"{row.steps:+}", "limit": limit}

    @display(description=gettext_lazy("last error"))
    def error_label(self, row: AlertRule) -> str:
        return row.last_error or "-"

    # --- buttons

    @operation_button(
        title=gettext_lazy("Switch off"), permission=MAY_CHANGE, icon="block", shown=lambda row: row.is_active, danger=True
    )
    def switch_off(self, request: HttpRequest, row: AlertRule) -> str:
        alert_rules.switch(rule_id=row.pk, on=False, actor=actor(request))
        return _("It is not checked any more. An incident that is not over stays until somebody resolves it.")

    @operation_button(
        title=gettext_lazy("Switch on"), permission=MAY_CHANGE, icon="check_circle", shown=lambda row: not row.is_active
    )
    def switch_on(self, request: HttpRequest, row: AlertRule) -> str:
        alert_rules.switch(rule_id=row.pk, on=True, actor=actor(request))
        return _("It is checked again, from the next turn on.")


def tried(rule: AlertRule, found: alerts.Preview) -> dict[str, Any]:
    unit = alerts.unit_of(rule)
    series = [
        {**one.key(), "value": v.value, "center": v.center, "low": v.low, "high": v.high, "alarm": v.is_alarm}
        for one, v in found.moments
    ]
    judged = sum(v.center is not None or rule.kind == AlertRule.Kind.THRESHOLD for _one, v in found.moments)
    return {
        "number": len(found.incidents),
        "judged": judged,
        "slots": len(found.moments),
        "chart": words.of_series(series[-24 * 14 :], unit) if len(series) > 1 else None,
        "chart_title": _("Value against what is usual"),
        "incidents": [
            {
                "when": words.slot(run[0][0].key()),
                "until": words.slot(run[-1][0].key()) if len(run) > 1 else "",
                "value": figure(unit, max(run, key=lambda one: one[1].excess)[1].value),
                "usual": figure(unit, max(run, key=lambda one: one[1].excess)[1].center),
                "change": words.change(vars(max(run, key=lambda one: one[1].excess)[1])),
            }
            for run in reversed(found.incidents)
        ][:INCIDENTS_SHOWN],
    }
