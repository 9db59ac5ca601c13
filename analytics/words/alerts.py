"""How rules, incidents and notices read, on pages and in mails."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from analytics import drawing
from analytics.anomalies import judging
from analytics.metrics import METRICS, Cut, Unit
from analytics.models import AlertRule, Incident, IncidentEntry, Notice, Severity
from analytics.queries import titles
from analytics.queries.watches import WATCHES
from analytics.words import figures as wording
from analytics.words.figures import figure
from config.kernel.roles import Role
from inventory.models import StockRisk
from orders import known

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
    "matches": pgettext_lazy("evidence", "matches of the last hour"),
    "rules": pgettext_lazy("evidence", "behavior rules that found them"),
    "paused": pgettext_lazy("evidence", "webhooks paused after failures"),
    "untold": pgettext_lazy("evidence", "messages that wait for them"),
    "mails_failed": pgettext_lazy("evidence", "purchase orders whose mail failed"),
    "mails_unsure": pgettext_lazy("evidence", "purchase orders of whose mail it is unknown whether it went out"),
    "risks": pgettext_lazy("evidence", "SKUs in a warehouse that may sell out"),
    "sold_out": pgettext_lazy("evidence", "of these sold out already"),
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
        return titles.warehouse(int(key)) or key
    if cut == Cut.SEGMENT.value:
        return titles.segment(int(key)) or key
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
        shown = wording.moment(datetime.fromisoformat(value)) if name == "since" else number_format(value)
        found.append((str(FACTS[name]), shown))
    return found


def stock_of(evidence: Mapping[str, Any]) -> list[str]:
    """The gravest stock-out risks, each with the next step."""
    return [
        _("%(sku)s · %(warehouse)s: %(risk)s, %(cover)s days of cover. Next step: %(step)s.")
        % {
            "sku": one["sku"],
            "warehouse": one["warehouse"],
            "risk": StockRisk.Level(one["level"]).label,
            "cover": "-" if one["days_of_cover"] is None else number_format(one["days_of_cover"], decimal_pos=1),
            "step": StockRisk.Action(one["action"]).label,
        }
        for one in evidence.get("stock") or []
    ]


def entry(one: IncidentEntry, unit: Unit) -> str:
    """What a line of the story adds to its kind."""
    told = one.details
    if one.kind in (IncidentEntry.Kind.OPENED, IncidentEntry.Kind.WORSENED, IncidentEntry.Kind.BACK_TO_NORMAL):
        return figure(unit, told.get("value"))
    if one.kind == IncidentEntry.Kind.ASSIGNED:
        return str(told.get("to", ""))
    if one.kind == IncidentEntry.Kind.SNOOZED:
        return _("until %(time)s") % {"time": wording.moment(datetime.fromisoformat(told["until"]))}
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


def occasion(notice: Notice) -> str:
    """What has happened; of an incident that got worse, its line of the story says so."""
    if notice.entry is not None and notice.entry.kind == IncidentEntry.Kind.WORSENED:
        return notice.entry.get_kind_display()
    return notice.get_occasion_display()


def why(notice: Notice) -> str:
    """Why this person was told."""
    if notice.why.startswith("role:"):
        role = notice.why.removeprefix("role:")
        return _("responsible role %(role)s, or named in the rule") % {"role": Role(role).label if role in Role else role}
    return {
        "owners": _("nobody acknowledged it in time, so the owners are told"),
        "assigned": _("it was assigned to them"),
        "recipient": _("recipient of the report pack"),
        "webhook": _("named in the rule"),
    }.get(notice.why, notice.why)


def trouble(notice: Notice) -> str:
    return {
        "no_mail_server": _("no mail server is set up"),
        "no_address": _("no e-mail address is known"),
        "died": _("the worker died while sending; it is sent again")
        if notice.webhook_id
        else _("the worker died while sending; it is not repeated"),
    }.get(notice.error) or post_trouble(notice.error)


def post_trouble(code: str) -> str:
    """Why a webhook did not take what was sent."""
    if code.startswith("http_3"):
        return _("it answered with a redirect, which is not followed: %(status)s") % {"status": code.removeprefix("http_")}
    if code.startswith("http_"):
        return _("it answered with status %(status)s") % {"status": code.removeprefix("http_")}
    return {
        "timeout": _("no answer in time"),
        "no_connection": _("no connection"),
        "tls": _("its certificate is not trusted"),
        "unresolved": _("its name is not known on the internet"),
        "private_address": _("its address leads into a network that is not public"),
        "not_https": _("its address does not begin with https://"),
        "bad_url": _("its address cannot be posted to"),
        "too_long": _("the message is too long"),
        "too_old": _("older than three days, and not sent any more"),
    }.get(code, code)


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
