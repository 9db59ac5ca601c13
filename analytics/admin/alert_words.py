"""How rules, incidents, notices and reports read, on pages and in mails."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext, pgettext_lazy

from analytics import drawing
from analytics.admin import wording
from analytics.admin.wording import figure
from analytics.anomalies import judging
from analytics.metrics import METRICS, Cut, Metric, Unit
from analytics.models import AlertRule, Incident, IncidentEntry, Notice, Report, Severity
from analytics.queries import alerts, measuring, titles
from analytics.queries.measuring import May
from analytics.queries.watches import WATCHES
from campaigns.models import Segment
from config.kernel import workbooks
from config.kernel.admin import codes
from config.kernel.money import Money
from config.kernel.roles import Role
from inventory.models import Warehouse
from orders.admin import known

COLORS = {Severity.CRITICAL: "danger", Severity.WARNING: "warning", Severity.INFO: "info"}
LABELS = 5
FACTS = {
    "orders": pgettext_lazy("evidence", "orders placed"),
    "unpaid": pgettext_lazy("evidence", "of these unpaid"),
    "minutes": pgettext_lazy("evidence", "minutes since the last order"),
    "expected": pgettext_lazy("evidence", "orders that usually come in so long"),
    "audits": pgettext_lazy("evidence", "audits that found something"),
    "levels": pgettext_lazy("evidence", "stock levels promised twice"),
    "waiting": pgettext_lazy("evidence", "jobs nobody takes"),
    "running": pgettext_lazy("evidence", "jobs that run too long"),
    "failed": pgettext_lazy("evidence", "jobs failed within the hour"),
    "quarantined": pgettext_lazy("evidence", "events in quarantine"),
    "events": pgettext_lazy("evidence", "events of the hour"),
    "since": pgettext_lazy("evidence", "the oldest waits since"),
}


def rule_name(rule: AlertRule) -> str:
    """A rule of the house by what it watches, in the reader's language; others as staff called them."""
    return str(WATCHES[rule.watch].title) if rule.watch in WATCHES else rule.name


def what(rule: AlertRule) -> str:
    """What a rule watches."""
    if rule.watch:
        return str(WATCHES[rule.watch].reading) if rule.watch in WATCHES else rule.watch
    metric = METRICS.get(rule.metric)
    title = str(metric.title) if metric else rule.metric
    return f"{title} · {part(rule.cut, rule.part)}" if rule.cut else title


def part(cut: str, key: str) -> str:
    if cut == Cut.CHANNEL.value:
        return known.channel(key)
    if cut == Cut.CATEGORY.value:
        return titles.categories(keys=[int(key)]).get(int(key), key)
    if cut == Cut.WAREHOUSE.value:
        return Warehouse.objects.filter(pk=int(key)).values_list("name", flat=True).first() or key
    if cut == Cut.SEGMENT.value:
        return Segment.objects.filter(pk=int(key)).values_list("name", flat=True).first() or key
    return key


def condition(rule: AlertRule, unit: Unit) -> str:
    """When it is worth an alarm, in words."""
    if rule.kind == AlertRule.Kind.THRESHOLD:
        limit = figure(unit, rule.limit)
        if rule.direction == AlertRule.Direction.DOWN:
            return _("below %(limit)s") % {"limit": limit}
        return _("above %(limit)s") % {"limit": limit}
    limit = number_format(rule.limit.normalize())
    told = {
        ("RELATIVE", "UP"): _("more than %(limit)s%% above what is usual"),
        ("RELATIVE", "DOWN"): _("more than %(limit)s%% below what is usual"),
        ("RELATIVE", "BOTH"): _("more than %(limit)s%% away from what is usual"),
        ("ANOMALY", "UP"): _("more than %(limit)s standard deviations above what is usual"),
        ("ANOMALY", "DOWN"): _("more than %(limit)s standard deviations below what is usual"),
        ("ANOMALY", "BOTH"): _("more than %(limit)s standard deviations away from what is usual"),
    }
    return told[rule.kind, rule.direction] % {"limit": limit}


def slot(told: Mapping[str, Any]) -> str:
    day = wording.day(date.fromisoformat(told["day"]))
    return f"{day} {told['hour']:02}:00" if told.get("hour") is not None else day


def sentence(rule: AlertRule, evidence: Mapping[str, Any]) -> str:
    """What was found, in one plain sentence."""
    unit = (
        WATCHES[rule.watch].unit
        if rule.watch in WATCHES
        else METRICS[rule.metric].unit
        if rule.metric in METRICS
        else Unit.RATE
    )
    value = figure(unit, evidence.get("value"))
    if rule.watch:
        facts = " · ".join(f"{name} {shown}" for name, shown in facts_of(evidence))
        return _("%(what)s: %(value)s, told from %(limit)s on.") % {
            "what": rule_name(rule),
            "value": value,
            "limit": figure(unit, evidence.get("limit")),
        } + (f" ({facts})" if facts else "")
    words = {
        "what": what(rule),
        "when": slot(evidence["slot"]),
        "value": value,
        "usual": figure(unit, evidence.get("center")),
    }
    why = evidence.get("why")
    if rule.kind == AlertRule.Kind.THRESHOLD:
        words["limit"] = figure(unit, evidence.get("limit"))
        if why == judging.Why.BELOW.value:
            return _("%(what)s of %(when)s: %(value)s, below %(limit)s.") % words
        return _("%(what)s of %(when)s: %(value)s, above %(limit)s.") % words
    if why in (judging.Why.RISEN.value, judging.Why.FALLEN.value):
        return _("%(what)s has moved to another level: %(value)s on %(when)s, usual were %(usual)s.") % words
    return _("%(what)s of %(when)s: %(value)s, usual are %(usual)s (%(change)s).") % {**words, "change": change(evidence)}


def kept_back(rule: AlertRule) -> str:
    """For those who may know that something was found, but not the figures."""
    return _("%(what)s: something was found. Your role does not see its figures.") % {"what": what(rule)}


def change(evidence: Mapping[str, Any]) -> str:
    value, center = evidence.get("value"), evidence.get("center")
    if value is None or not center:
        return "-"
    return f"{number_format(Decimal(str((value - center) / abs(center) * 100)), decimal_pos=0, force_grouping=True)}%"


def facts_of(evidence: Mapping[str, Any]) -> list[tuple[str, str]]:
    found = []
    for name, value in sorted((evidence.get("facts") or {}).items(), key=lambda one: list(FACTS).index(one[0])):
        shown = codes.moment(datetime.fromisoformat(value)) if name == "since" else number_format(value)
        found.append((str(FACTS[name]), shown))
    return found


def entry(one: IncidentEntry, unit: Unit) -> str:
    """What a line of the story adds to its kind."""
    told = one.details
    if one.kind in (IncidentEntry.Kind.OPENED, IncidentEntry.Kind.WORSENED, IncidentEntry.Kind.BACK_TO_NORMAL):
        return figure(unit, told.get("value"))
    if one.kind == IncidentEntry.Kind.ASSIGNED:
        return str(told.get("to", ""))
    if one.kind == IncidentEntry.Kind.SNOOZED:
        return _("until %(time)s") % {"time": codes.moment(datetime.fromisoformat(told["until"]))}
    if one.kind == IncidentEntry.Kind.ESCALATED:
        return _("nobody had acknowledged it in %(minutes)s minutes") % {"minutes": told.get("minutes")}
    if one.kind == IncidentEntry.Kind.ANSWERED:
        answer = str(Incident.Answer(told["answer"]).label)
        if told["steps"] == told["steps_before"]:
            return answer
        if told["steps"] > told["steps_before"]:
            return f"{answer} · {_('the limit was raised by a step')}"
        return f"{answer} · {_('the limit was lowered by a step')}"
    return ""


def why(notice: Notice) -> str:
    """Why this person was told."""
    if notice.why.startswith("role:"):
        role = notice.why.removeprefix("role:")
        return _("responsible role %(role)s, or named in the rule") % {"role": Role(role).label if role in Role else role}
    return {
        "owners": _("nobody acknowledged it in time, so the owners are told"),
        "assigned": _("it was assigned to them"),
        "recipient": _("recipient of the report pack"),
    }.get(notice.why, notice.why)


def trouble(notice: Notice) -> str:
    return {
        "no_mail_server": _("no mail server is set up"),
        "no_address": _("no e-mail address is known"),
        "died": _("the worker died while sending; it is not repeated"),
    }.get(notice.error, notice.error)


# --- the chart -------------------------------------------------------------------------------------------------------------


def chart(evidence: Mapping[str, Any], unit: Unit) -> dict[str, Any] | None:
    """The value against the band of what would not have been an alarm."""
    series = evidence.get("series") or []
    if len(series) < 2:
        return None
    return of_series(series, unit)


def of_series(series: Sequence[Mapping[str, Any]], unit: Unit) -> dict[str, Any]:
    def column(name: str) -> list[Decimal | None]:
        return [None if one.get(name) is None else Decimal(str(round(one[name], 4))) for one in series]

    values, lows, highs = column("value"), column("low"), column("high")
    lows = [None if one is None else max(one, Decimal(0)) for one in lows]
    shown = [value if value is not None else Decimal(0) for value in values]
    drawn = drawing.chart(shown, column("center"), lows, highs)
    by_hour = series[-1].get("hour") is not None
    days = [wording.short_day(date.fromisoformat(one["day"])) for one in series]
    names = [f"{day} {one['hour']:02}:00" if by_hour else day for day, one in zip(days, series, strict=True)]
    return {
        "drawn": drawn,
        "width": drawing.WIDTH,
        "height": drawing.HEIGHT,
        "bands": _bands(drawn, lows, highs),
        "ticks": [wording.tick(unit, tick) for tick in drawn.ticks],
        "labels": [names[number] for number in drawing.evenly(len(names), LABELS)],
        "slots": [
            {
                "left": place.left,
                "width": place.width,
                "words": f"{slot(one)} · {figure(unit, one.get('value'))}"
                + (f" · {_('usual')} {figure(unit, one['center'])}" if one.get("center") is not None else ""),
                "is_alarm": bool(one.get("alarm")),
            }
            for place, one in zip(drawn.slots, series, strict=True)
        ],
        "has_band": any(one is not None for one in [*lows, *highs]),
    }


def _bands(drawn: drawing.Chart, lows: list[Decimal | None], highs: list[Decimal | None]) -> list[dict[str, str]]:
    """One rectangle for each slot, from the highest usual value down to the lowest."""
    top, bottom = drawn.ticks[0], drawn.ticks[-1]

    def y(value: Decimal) -> Decimal:
        return drawing.HEIGHT - (max(min(value, top), bottom) - bottom) / (top - bottom) * drawing.HEIGHT

    found = []
    for place, low, high in zip(drawn.slots, lows, highs, strict=True):
        if low is None and high is None:
            continue
        above, below = y(top if high is None else high), y(bottom if low is None else low)
        found.append(
            {"x": place.left, "width": place.width, "y": f"{above:.2f}", "height": f"{max(below - above, Decimal(1)):.2f}"}
        )
    return found


# --- mails and files ----------------------------------------------------------------------------------------------------


def mail(notice: Notice) -> tuple[str, str, list[tuple[str, bytes, str]]]:
    """Subject, text and files of a notice, in the shop's language or the pack's."""
    report = notice.report
    with override(report.language if report else settings.LANGUAGE_CODE):
        return _of_report(report, notice) if report else _of_incident(notice)


def _may(notice: Notice) -> May:
    """What the recipient may see at the time of sending."""
    person = notice.recipient
    return person.has_perm if person is not None else lambda _permission: False


def _of_incident(notice: Notice) -> tuple[str, str, list[tuple[str, bytes, str]]]:
    incident = notice.incident
    assert incident is not None  # noqa: S101  the database sees to it that a notice has one of the two
    rule = incident.rule
    subject = f"[{settings.SHOP_NAME}] {incident.get_severity_display()} · {rule_name(rule)}"
    if notice.occasion != Notice.Occasion.OPENED:
        subject = f"{subject} · {notice.get_occasion_display()}"
    lines = [
        sentence(rule, incident.evidence) if alerts.sees(_may(notice), rule) else kept_back(rule),
        "",
        f"{_('Opened')}: {codes.moment(incident.opened_at)}",
        f"{pgettext('notice', 'Why you are told')}: {why(notice)}",
        settings.SHOP_URL + reverse("admin:analytics_incident_change", args=[incident.pk]),
    ]
    return subject, "\n".join(lines), []


def _of_report(report: Report, notice: Notice) -> tuple[str, str, list[tuple[str, bytes, str]]]:
    name = report.content["name"]
    subject = f"[{settings.SHOP_NAME}] {name} · {period(report)}"
    lines = [f"{name} · {period(report)}", ""]
    may = _may(notice)
    lines += [f"{one['title']}: {one['value']} ({one['change'] or '-'})" for one in figures(report, may)]
    lines += ["", *freshness(report, may), settings.SHOP_URL + reverse("admin:analytics_report_change", args=[report.pk])]
    return subject, "\n".join(lines), [(f"{file_name(report)}.xlsx", workbook(report, may), workbooks.CONTENT_TYPE)]


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
        against = wording.against(now, before) if now is not None and before is not None else {}
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


def freshness(report: Report, may: May) -> list[str]:
    told = report.content
    lines = [_("As the figures stood at %(time)s.") % {"time": codes.moment(datetime.fromisoformat(told["asked_at"]))}]
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
