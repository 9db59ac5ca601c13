"""What if: staff play their own past with another service level, lead time or costs, and read what would have come of it."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from analytics.admin import what_if_words as words
from analytics.models import Simulation
from analytics.operations import simulations
from analytics.operations.simulations import Question
from analytics.queries import buying_terms
from config.kernel import clock
from config.kernel.admin import downloading, slips, wording
from config.kernel.admin.buttons import ButtonForm, actor, attempt
from config.kernel.admin.house import ReadOnlyAdmin, Titled
from inventory.admin import costs, reports
from inventory.admin.policies import SERVICE_LEVEL, PercentField
from inventory.admin.reckoning import RateField
from inventory.admin.saving import AmountFormField
from inventory.models import StockingRules, Warehouse

State = Simulation.State
MAY_ASK = "analytics.add_simulation"
COLORS = {State.REQUESTED: "info", State.DONE: "success", State.FAILED: "danger"}
SPANS = (
    ("56", gettext_lazy("the last 8 weeks")),
    ("91", gettext_lazy("the last 13 weeks")),
    ("122", gettext_lazy("the last four months")),
    ("182", gettext_lazy("the last half year")),
)
USUAL_SPAN = "91"
ALL = gettext_lazy("All")
COSTLY = ("order_cost", "holding_rate")


class QuestionForm(ButtonForm):
    service_level = PercentField(
        label=SERVICE_LEVEL, required=False, max_value=Decimal("99.9"), widget=forms.NumberInput,
        help_text=gettext_lazy("Chance that stock lasts until the goods come. Empty: what costs ask for, SKU by SKU."),
    )  # fmt: skip
    lead_days = forms.IntegerField(
        label=gettext_lazy("lead time in days"), min_value=1, max_value=simulations.LONGEST_LEAD,
        help_text=gettext_lazy("From the order to the goods on the shelf, the same for all SKUs."),
    )  # fmt: skip
    order_cost = AmountFormField(
        label=gettext_lazy("cost for each order line"), help_text=StockingRules._meta.get_field("order_line_cost").help_text
    )
    holding_rate = RateField(
        label=gettext_lazy("Holding rate in percent a year"), help_text=StockingRules._meta.get_field("holding_rate").help_text
    )
    days = forms.ChoiceField(
        label=pgettext_lazy("simulation", "played over"), choices=SPANS, initial=USUAL_SPAN,
        help_text=gettext_lazy("The half year before it is what the rules begin with."),
    )  # fmt: skip
    category = forms.ChoiceField(label=gettext_lazy("category"), required=False)
    warehouse = forms.ChoiceField(label=gettext_lazy("warehouse"), required=False)
    abc = forms.ChoiceField(
        label=gettext_lazy("turnover class"), required=False, choices=(("", ALL), ("A", "A"), ("B", "B"), ("C", "C"))
    )
    fed = forms.ChoiceField(
        label=pgettext_lazy("simulation", "learned from"), choices=Simulation.Fed.choices, initial=Simulation.Fed.SALES,
        help_text=gettext_lazy("In life nobody knows what was asked for while the shelf was empty."),
    )  # fmt: skip

    def __init__(self, *args: Any, sees_costs: bool, **kwargs: Any) -> None:
        self._sees_costs = sees_costs
        super().__init__(*args, **kwargs)

    def prepare(self, row: buying_terms.Today) -> None:
        self.fields["service_level"].initial = row.service_level
        for name in ("lead_days", *COSTLY):
            self.fields[name].initial = getattr(row, name)
        if not self._sees_costs:
            for name in COSTLY:
                del self.fields[name]
        paths = sorted(reports.category_paths().items(), key=lambda one: str(one[1]))
        self.fields["category"].choices = [("", ALL), *paths]  # type: ignore[attr-defined]
        self.fields["warehouse"].choices = [("", ALL), *reports.names(Warehouse).items()]  # type: ignore[attr-defined]

    @property
    def question(self) -> Question:
        given = self.cleaned_data
        return Question(
            service_level=given["service_level"],
            lead_days=given["lead_days"],
            order_cost=given.get("order_cost", self.row.order_cost),
            holding_rate=given.get("holding_rate", self.row.holding_rate),
            days=int(given["days"]),
            fed=given["fed"],
            category_id=int(given["category"]) if given["category"] else None,
            warehouse_id=int(given["warehouse"]) if given["warehouse"] else None,
            abc=given["abc"],
        )


@admin.register(Simulation)
class SimulationAdmin(ReadOnlyAdmin):
    list_display = ("asked", "level", "lead_days", "span", "state_label", "by", "took")
    list_select_related = ("asked_by",)
    list_filter = (("state", ChoicesDropdownFilter),)
    ordering = ("-asked_at", "-id")
    empty_hint = gettext_lazy(
        "Ask what another service level or lead time would have cost: the shop's past is played with it, nothing is ordered."
    )

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("ask/", wrap(self.ask_view), name="analytics_simulation_ask"),
            path("<int:simulation_id>/csv/", wrap(self.csv_view), name="analytics_simulation_csv"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The list tells nothing of the answers."""
        return super().get_queryset(request).defer("result")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        page: HttpResponse = super().changelist_view(request, {"ask_url": _ask_url(request), **(extra_context or {})})
        return page

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = self._row(object_id)
        sees = costs.sees(request)
        context = {
            **self.admin_site.each_context(request),
            "title": _("What if"),
            "subtitle": wording.plain_moment(row.asked_at),
            "opts": self.opts,
            "original": Titled(row, self.opts, self.title_of(row)),
            "sees_costs": sees,
            "terms": words.terms(row, sees_costs=sees),
            "scope": words.scope(row, sees_costs=sees),
            "failure": row.get_failure_display() if row.failure else "",
            "ask_url": _ask_url(request),
            "again_url": request.path,
            **(self._answer(row, sees_costs=sees) if row.state == State.DONE else {}),
        }
        return TemplateResponse(request, "admin/analytics/simulation/result.html", context)

    def _answer(self, row: Simulation, *, sees_costs: bool) -> dict[str, Any]:
        chart, points = words.curve(row, sees_costs=sees_costs)
        class_columns, classes = words.by_class(row, sees_costs=sees_costs)
        return {
            "sentences": words.sentences(row, sees_costs=sees_costs),
            "columns": [words.rule(name) for name in words.POLICIES],
            "rows": words.comparison(row, sees_costs=sees_costs),
            "chart": chart,
            "points": points,
            "class_columns": class_columns,
            "classes": classes,
            "csv_url": reverse("admin:analytics_simulation_csv", args=[row.pk]),
        }

    def ask_view(self, request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm(MAY_ASK):
            raise PermissionDenied
        form = QuestionForm(request.POST or None, row=buying_terms.today(), sees_costs=costs.sees(request))
        if request.method == "POST" and form.is_valid():
            try:
                asked = attempt(request, lambda: slips.spend(request, lambda: self._ask(request, form)))
            except slips.Spent as repeated:
                messages.warning(request, str(repeated))
                return HttpResponseRedirect(reverse("admin:analytics_simulation_changelist"))
            if asked:
                return HttpResponseRedirect(reverse("admin:analytics_simulation_change", args=[asked.value.pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": _("What if"),
            "form": form,
            "explanation": _(
                "The shop's own past is played with these terms, day by day, and held against the terms of today and the rule "
                "of textbooks. Nothing is ordered and nothing is changed."
            ),
            "submit": _("Play it"),
            "back": reverse("admin:analytics_simulation_changelist"),
            "hidden": {slips.FIELD: slips.kept(request)},
        }
        return TemplateResponse(request, "admin/_form_page.html", context)

    def _ask(self, request: HttpRequest, form: QuestionForm) -> Simulation:
        return simulations.ask(question=form.question, actor=actor(request), at=clock.now())

    def csv_view(self, request: HttpRequest, simulation_id: int) -> HttpResponseBase:
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = self._row(str(simulation_id))
        if row.state != State.DONE:
            raise Http404
        heading, rows = words.table(row, sees_costs=costs.sees(request))
        name = f"what-if-{row.pk}"
        return downloading.as_csv(request, name=name, heading=heading, rows=rows, number=len(rows), of=row, called=name)

    def _row(self, key: str) -> Simulation:
        rows = Simulation.objects.select_related("asked_by", "warehouse", "category__parent__parent")
        row = rows.filter(pk=int(key)).first() if key.isdecimal() and len(key) < len(str(2**63)) else None
        if row is None:
            raise Http404
        return row

    def title_of(self, row: Simulation) -> str:
        return wording.plain_moment(row.asked_at)

    @display(description=gettext_lazy("asked at"), ordering="asked_at")
    def asked(self, row: Simulation) -> str:
        return wording.moment(row.asked_at)

    @display(description=gettext_lazy("service level"))
    def level(self, row: Simulation) -> str:
        return words.level(row.service_level)

    @display(description=pgettext_lazy("simulation", "days played"))
    def span(self, row: Simulation) -> str:
        return str((row.last - row.first + timedelta(days=1)).days)

    @display(description=gettext_lazy("state"))
    def state_label(self, row: Simulation) -> str:
        return wording.label(row.get_state_display(), COLORS[State(row.state)])

    @display(description=gettext_lazy("asked by"))
    def by(self, row: Simulation) -> str:
        return str(row.asked_by) if row.asked_by else "-"

    @display(description=pgettext_lazy("simulation", "took"))
    def took(self, row: Simulation) -> str:
        return wording.duration(row.seconds)


def _ask_url(request: HttpRequest) -> str:
    return reverse("admin:analytics_simulation_ask") if request.user.has_perm(MAY_ASK) else ""
