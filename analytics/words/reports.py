"""How reports read: their figures, their days, how fresh they are, and their workbook."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from analytics.metrics import METRICS, Cut, Metric, Unit
from analytics.models import Report
from analytics.queries import measuring
from analytics.queries.measuring import May
from analytics.words import figures as wording
from analytics.words.figures import figure
from config.kernel import workbooks
from config.kernel.money import Money


def file_name(report: Report) -> str:
    return f"report-{report.pk}-{report.first:%Y%m%d}-{report.last:%Y%m%d}"


def period(report: Report) -> str:
    return f"{report.first:%Y-%m-%d}" if report.first == report.last else f"{report.first:%Y-%m-%d} – {report.last:%Y-%m-%d}"


def shown(report: Report, may: May) -> list[tuple[int, Metric]]:
    """Which figures of a report, by their place in it, the registry still has and somebody of these permissions sees."""
    found = []
    for place, one in enumerate(report.content["figures"]):
        metric = METRICS.get(one["code"])
        if metric and all(measuring.sees(may, metric, cuts) for cuts in ((), (Cut.DAY,)) if measuring.can_cut(metric, cuts)):
            found.append((place, metric))
    return found


def figures(report: Report, may: May) -> list[dict[str, str]]:
    found = []
    for place, metric in shown(report, may):
        one = report.content["figures"][place]
        now, before = (None if one[name] is None else Decimal(one[name]) for name in ("value", "before"))
        against = wording.against(now, before, metric.unit) if now is not None and before is not None else {}
        found.append(
            {
                "title": str(metric.title),
                "value": figure(metric.unit, now),
                "before": figure(metric.unit, before),
                "change": against.get("text", ""),
                "direction": against.get("direction", "none"),
                "words": against.get("words", ""),
                "counts": str(metric.counts),
            }
        )
    return found


def days(report: Report, may: May) -> dict[str, Any]:
    """The table day by day."""
    metrics = shown(report, may)
    return {
        "titles": [str(metric.title) for _place, metric in metrics],
        "rows": [
            {
                "day": wording.day(date.fromisoformat(row["day"])),
                "cells": [figure(metric.unit, row["values"][place]) for place, metric in metrics],
            }
            for row in report.content["days"]
        ],
    }


def before(report: Report) -> str:
    """The period it is compared with."""
    told = report.content["before"]
    return f"{told['first']} – {told['last']}" if told["first"] != told["last"] else str(told["first"])


def curves(report: Report, may: May) -> list[tuple[str, Unit, list[str], list[Decimal | None]]]:
    """Each figure's title and unit with its days and values, for charts."""
    rows = report.content["days"]
    names = [wording.short_day(date.fromisoformat(row["day"])) for row in rows]
    return [
        (
            str(metric.title),
            metric.unit,
            names,
            [None if row["values"][place] is None else Decimal(row["values"][place]) for row in rows],
        )
        for place, metric in shown(report, may)
    ]


def freshness(report: Report, may: May) -> list[str]:
    told = report.content
    lines = [_("As the figures stood at %(time)s.") % {"time": wording.moment(datetime.fromisoformat(told["asked_at"]))}]
    if told["open_from"]:
        lines.append(_("Days from %(day)s on were not closed or not yet made, and may change.") % {"day": told["open_from"]})
    if told["dirty_days"] or told["missing_days"]:
        number = told["dirty_days"] + told["missing_days"]
        lines.append(_("%(number)s days wait for their figures to be made anew.") % {"number": number})
    known = [one for one in told["figures"] if one["code"] in METRICS]
    if kept := len(known) - len(shown(report, may)):
        lines.append(_("Figures your role does not see: %(number)s.") % {"number": kept})
    return lines


def workbook(report: Report, may: May) -> bytes:
    """The same figures as an Excel workbook: the period first, then day by day."""
    metrics = shown(report, may)
    heading = [period(report), *(str(metric.title) for _place, metric in metrics)]

    def row(name: str, values: list[Any]) -> list[Any]:
        return [name, *(_plain(metric.unit, values[place]) for place, metric in metrics)]

    rows = [
        row(_("The period"), [one["value"] for one in report.content["figures"]]),
        row(_("The period before"), [one["before"] for one in report.content["figures"]]),
        *(row(one["day"], one["values"]) for one in report.content["days"]),
        [],
        *([line] for line in freshness(report, may)),
    ]
    return workbooks.written(title=report.content["name"], heading=heading, rows=rows)


def _plain(unit: Unit, value: str | None) -> Decimal | None:
    if value is None:
        return None
    if unit is Unit.MONEY:
        return Money(Decimal(value), settings.SHOP_CURRENCY).quantized().amount
    return Decimal(value).quantize(Decimal("0.000001")).normalize()
