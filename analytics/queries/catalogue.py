"""The registry of metrics as people read it: by subject, with what each counts, its unit, its cuts and who answers for it."""

from collections.abc import Iterable
from dataclasses import dataclass
from types import ModuleType

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override, pgettext_lazy

from analytics import metrics as registry
from analytics.metrics import METRICS, Cut, Metric, Unit
from analytics.queries import measuring
from config.kernel.roles import Role

CUTS = {
    Cut.DAY: pgettext_lazy("sales by", "Day"),
    Cut.WEEK: pgettext_lazy("sales by", "Week"),
    Cut.MONTH: pgettext_lazy("sales by", "Month"),
    Cut.HOUR: pgettext_lazy("sales by", "Hour"),
    Cut.WEEKDAY: pgettext_lazy("sales by", "Weekday"),
    Cut.SLOT: pgettext_lazy("sales by", "Weekday and hour"),
    Cut.DAY_HOUR: pgettext_lazy("sales by", "Day and hour"),
    Cut.CHANNEL: pgettext_lazy("sales by", "Channel"),
    Cut.CATEGORY: pgettext_lazy("sales by", "Category"),
    Cut.SKU: pgettext_lazy("sales by", "SKU"),
    Cut.WAREHOUSE: pgettext_lazy("sales by", "Warehouse"),
    Cut.SEGMENT: pgettext_lazy("sales by", "Segment"),
    Cut.GROUPING: pgettext_lazy("sales by", "Origin"),
    Cut.CAMPAIGN: pgettext_lazy("sales by", "Campaign"),
}
# What staff and programs may ask by. Each hour of each day is for alert rules, which look at one after the other.
OFFERED = tuple(cut for cut in CUTS if cut is not Cut.DAY_HOUR)
# What makes the rows of a table; weekdays by hours are a heat map.
IN_ROWS = tuple(cut for cut in OFFERED if cut is not Cut.SLOT)
UNITS = {
    Unit.COUNT: pgettext_lazy("unit", "a count"),
    Unit.MONEY: pgettext_lazy("unit", "an amount in the shop's currency"),
    Unit.SHARE: pgettext_lazy("unit", "a share, 0.031 being 3.1 %"),
    Unit.SECONDS: pgettext_lazy("unit", "seconds"),
    Unit.DAYS: pgettext_lazy("unit", "days"),
    Unit.RATE: pgettext_lazy("unit", "a number with decimals"),
}
SETTLED = gettext_lazy("Nothing is left open: what happens later changes the day it belongs to, and the day is made anew.")


@dataclass(frozen=True)
class Subject:
    code: str
    title: str
    metrics: tuple[Metric, ...]


def subjects() -> list[Subject]:
    """A module of the registry is a subject, which its TITLE names."""
    found = []
    for name, module in vars(registry).items():
        if isinstance(module, ModuleType) and hasattr(module, "METRICS"):
            own: tuple[Metric, ...] = tuple(one for one in module.METRICS if one.code in METRICS)
            found.append(Subject(name, str(module.TITLE), own))
    return found


def cuts_of(metric: Metric) -> list[Cut]:
    return [cut for cut in OFFERED if measuring.can_cut(metric, [cut])]


def facts_about(metric: Metric) -> list[tuple[str, str]]:
    """What stands below a definition: name and text, in the reader's language."""
    return [
        (_("Formula"), metric.formula),
        (_("Unit"), str(UNITS[metric.unit])),
        (_("Days and hours"), settings.BUSINESS_TIME_ZONE),
        (_("What is not over yet"), str(metric.censoring or SETTLED)),
        (_("Today"), _("counts, live") if measuring.knows_open_day(metric) else _("as far as it has been made")),
        (_("Can be cut by"), ", ".join(str(CUTS[cut]) for cut in cuts_of(metric))),
        (_("Answers for it"), str(Role(metric.owner).label)),
    ]


def page() -> str:
    """docs/metrics.md."""
    return "".join(f"{line}\n" for line in _lines())


def _lines() -> Iterable[str]:
    yield from (
        "# Metrics",
        "",
        "Made from the registry (`analytics/metrics/`) by `make docs`; not to be edited by hand. Each figure of a page, a",
        "file, an alert or an answer of the API is one of these, asked for in one place (`analytics/queries/measuring.py`)",
        "and held to a count by hand over the raw rows (`tests/analytics/metrics/`).",
        "",
        "| Code | 한국어 | English | Unit |",
        "| --- | --- | --- | --- |",
    )
    for metric in METRICS.values():
        yield f"| [{metric.code}](#{metric.code}) | {_in('ko', metric)} | {_in('en', metric)} | {metric.unit.value} |"
    with override("en"):
        groups = subjects()
    for group in groups:
        yield from ("", f"## {group.title}")
        for metric in group.metrics:
            yield from ("", f"### {metric.code}")
            for language in ("ko", "en"):
                with override(language):
                    yield from _told(metric)


def _told(metric: Metric) -> Iterable[str]:
    yield ""
    yield f"**{metric.title}**. {metric.counts} {metric.reading}"
    yield ""
    for name, text in facts_about(metric):
        yield f"- {name}: {f'`{text}`' if text == metric.formula else text}"


def _in(language: str, metric: Metric) -> str:
    with override(language):
        return str(metric.title)
