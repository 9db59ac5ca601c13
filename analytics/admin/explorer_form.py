"""What the explorer of metrics asks: which figures, of when, cut how, compared with what, of which part."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.widgets import UnfoldAdminSelectMultipleWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from analytics.admin.periods import PeriodForm, spans
from analytics.comparing import Against
from analytics.metrics import METRICS, Cut, Metric
from analytics.queries import catalogue, measuring, naming
from analytics.queries.exploring import Question
from analytics.queries.measuring import May, Part, sees
from orders.admin import known

MOST_BESIDE = 6
NARROWING = (Cut.CHANNEL, Cut.CATEGORY, Cut.WAREHOUSE, Cut.SEGMENT, Cut.SKU)
AGAINST = (
    (Against.NOTHING.value, pgettext_lazy("compared with", "Nothing")),
    (Against.BEFORE.value, pgettext_lazy("compared with", "The weeks before")),
    (Against.YEAR.value, pgettext_lazy("compared with", "52 weeks before")),
    (Against.FEAST.value, pgettext_lazy("compared with", "Last year, by Seollal and Chuseok")),
)
FORMS = (
    ("line", pgettext_lazy("form of a chart", "One line")),
    ("weeks", pgettext_lazy("form of a chart", "Weeks over each other")),
    ("months", pgettext_lazy("form of a chart", "Months over each other")),
)
USUAL = {"metric": "sales", "by": Cut.DAY.value, "against": Against.NOTHING.value, "form": "line"}


def visible(may: May) -> list[Metric]:
    """The metrics that somebody of these permissions sees, whole or cut somehow."""
    return [one for one in METRICS.values() if any(sees(may, one, cuts) for cuts in ((), *((cut,) for cut in Cut)))]


def grouped(metrics: Iterable[Metric]) -> list[Any]:
    """As a select shows them: by subject."""
    codes = {one.code for one in metrics}
    return [
        (subject.title, [(one.code, str(one.title)) for one in subject.metrics if one.code in codes])
        for subject in catalogue.subjects()
        if any(one.code in codes for one in subject.metrics)
    ]


class QuestionForm(PeriodForm):
    longest_days = 731

    metric = forms.ChoiceField(label=gettext_lazy("Metric"), widget=UnfoldAdminSelectWidget)
    by = forms.ChoiceField(
        label=gettext_lazy("By"),
        choices=[(cut.value, catalogue.CUTS[cut]) for cut in catalogue.IN_ROWS],
        widget=UnfoldAdminSelectWidget,
    )
    against = forms.ChoiceField(label=gettext_lazy("Compared with"), choices=AGAINST, widget=UnfoldAdminSelectWidget)
    form = forms.ChoiceField(label=gettext_lazy("Chart"), choices=FORMS, widget=UnfoldAdminSelectWidget)
    channel = forms.ChoiceField(label=gettext_lazy("channel"), required=False, widget=UnfoldAdminSelectWidget)
    category = forms.ChoiceField(label=gettext_lazy("category"), required=False, widget=UnfoldAdminSelectWidget)
    warehouse = forms.ChoiceField(label=gettext_lazy("warehouse"), required=False, widget=UnfoldAdminSelectWidget)
    segment = forms.ChoiceField(label=gettext_lazy("segment"), required=False, widget=UnfoldAdminSelectWidget)
    sku = forms.CharField(label=gettext_lazy("SKU"), required=False, max_length=64, widget=UnfoldAdminTextInputWidget)
    beside = forms.MultipleChoiceField(
        label=gettext_lazy("Beside it in the table"), required=False, widget=UnfoldAdminSelectMultipleWidget
    )

    MAIN = ("metric", "first", "last", "by", "against", "form")

    def __init__(self, *args: Any, may: May, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.may = may
        seen = visible(may)
        offered = grouped(seen)
        for name in ("metric", "beside"):
            self.fields[name].choices = offered  # type: ignore[attr-defined]
        for cut in NARROWING:
            if not any(measuring.can_cut(one, [cut]) for one in seen):
                del self.fields[cut.value]
                continue
            field = self.fields[cut.value]
            if isinstance(field, forms.ChoiceField):
                field.choices = [("", _("all")), *((one.code, _title(cut, one)) for one in naming.choices(cut))]
        for field in self.fields.values():
            field.label = capfirst(field.label)

    @property
    def main_fields(self) -> list[Any]:
        return [self[name] for name in self.MAIN]

    @property
    def further_fields(self) -> list[Any]:
        return [self[name] for name in self.fields if name not in self.MAIN]

    @property
    def is_narrowed(self) -> bool:
        return any(self.data.get(name) for name in self.fields if name not in self.MAIN)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if len(given.get("beside", ())) > MOST_BESIDE:
            self.add_error("beside", _("Choose at most %(number)s.") % {"number": MOST_BESIDE})
        part, strange = naming.part({cut: given[cut.value] for cut in NARROWING if given.get(cut.value)})
        for cut in strange:
            self.add_error(cut.value, _("There is no such thing here."))
        if not self.errors:
            given["question"] = self._question(given, part)
        return given

    def _question(self, given: dict[str, Any], of: Part) -> Question | None:
        by = Cut(given["by"])
        metric, cuts = METRICS[given["metric"]], (*of.chosen, by)
        if not measuring.can_cut(metric, cuts):
            told = {"metric": metric.title, "cuts": ", ".join(str(catalogue.CUTS[cut]) for cut in cuts)}
            self.add_error("by", _("%(metric)s cannot be told apart by %(cuts)s.") % told)
            return None
        if not sees(self.may, metric, cuts):
            self.add_error("by", _("Your role does not see this figure cut like this."))
            return None
        beside = [METRICS[code] for code in given["beside"] if code != metric.code]
        shown = [one for one in beside if sees(self.may, one, cuts)]
        return Question((metric, *shown), given["first"], given["last"], by, Against(given["against"]), of)


def usual(today: date, may: May) -> dict[str, Any]:
    seen = [one.code for one in visible(may)]
    metric = USUAL["metric"] if USUAL["metric"] in seen or not seen else seen[0]
    return {**USUAL, "metric": metric, "first": (today - timedelta(days=29)).isoformat(), "last": today.isoformat()}


def given(data: Any, today: date, may: May) -> dict[str, Any]:
    """What the address asks, with the usual where it says nothing; a cut the first metric knows."""
    asked = {**usual(today, may), **{name: data[name] for name in data if name != "beside"}}
    asked["beside"] = data.getlist("beside")
    metric = METRICS.get(asked["metric"])
    if metric and "by" not in data:
        cuts = (Cut.DAY, *catalogue.IN_ROWS)
        asked["by"] = next((cut.value for cut in cuts if sees(may, metric, [cut])), asked["by"])
    return asked


def query(asked: dict[str, Any], **changed: Any) -> str:
    """The address's query of the same question, with something changed. What says nothing is left out."""
    wanted = {**asked, **changed}
    return urlencode({name: value for name, value in wanted.items() if value not in ("", [], None)}, doseq=True)


def periods(today: date, asked: dict[str, Any]) -> list[dict[str, Any]]:
    """Periods one click away; all else that is being looked at stays."""
    return [
        {
            "title": title,
            "query": query(asked, first=first.isoformat(), last=last.isoformat()),
            "is_current": (asked.get("first"), asked.get("last")) == (first.isoformat(), last.isoformat()),
        }
        for title, first, last in [(_("Today"), today, today), *spans(today)]
    ]


def _title(cut: Cut, one: naming.Name) -> str:
    return known.channel(one.code) if cut is Cut.CHANNEL else one.title
