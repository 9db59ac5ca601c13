"""What a rule sees at a moment: the figure in its slot, those of the weeks before, and the verdict with its evidence."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Min, Model
from django.utils.translation import gettext as _

from analytics import closing, holidays
from analytics.anomalies import judging
from analytics.anomalies.judging import Terms, Verdict
from analytics.anomalies.seasonal import WEEKS, Point
from analytics.anomalies.tuning import effective
from analytics.metrics import METRICS, Cut, Metric, Unit
from analytics.models import AlertRule, Notice, VisitDay
from analytics.queries import facts, making, measuring, naming, watches
from analytics.queries.measuring import May, Part
from config.kernel import shop
from config.kernel.business_time import day_period
from config.kernel.errors import Invalid

# Beside the weeks that make a slot usual, those in which the noise of the figure shows.
LEARNED = timedelta(weeks=WEEKS + 3)
PREVIEWED = timedelta(days=60)
# What the chart of an incident shows.
SHOWN_HOURS, SHOWN_DAYS = 48, 42
SUNDAY = 6
KEEPS = "analytics.change_alertrule"
# Keys of parts that are rows are numbers, the others codes.
OF_ROWS = (Cut.CATEGORY, Cut.SKU, Cut.WAREHOUSE, Cut.SEGMENT)


class UnknownFigure(Invalid):
    code = "unknown_figure"


@dataclass(frozen=True)
class Moment:
    """One slot of the past: its day, its hour where hours are watched, and what was counted in it."""

    day: date
    hour: int | None
    point: Point

    def key(self) -> dict[str, Any]:
        return {"day": self.day.isoformat(), **({"hour": self.hour} if self.hour is not None else {})}


@dataclass(frozen=True)
class Observation:
    """What a rule sees. `evidence` is kept with the incident: every number the verdict was made of."""

    verdict: Verdict
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Preview:
    """What a rule would have done: each slot with its verdict, and the runs of alarms that would have been incidents."""

    moments: list[tuple[Moment, Verdict]]
    incidents: list[list[tuple[Moment, Verdict]]]


def terms_of(rule: AlertRule) -> Terms:
    return Terms(
        judging.Kind(rule.kind),
        judging.Direction(rule.direction),
        float(rule.limit),
        steps=rule.steps,
        minimum=float(rule.minimum),
        shifts=rule.shifts,
    )


def metric_of(rule: AlertRule) -> Metric:
    """Raises `UnknownFigure` where the registry has it no longer."""
    if rule.metric not in METRICS:
        raise UnknownFigure(_("There is no such figure: %(code)s.") % {"code": rule.metric}, details={"field": "metric"})
    return METRICS[rule.metric]


def part_of(rule: AlertRule) -> Part:
    if not rule.cut:
        return measuring.EVERYTHING
    told = {Cut(rule.cut): key_of(rule)}
    found, strange = naming.part(told)
    return Part({**found.chosen, **{one: told[one] for one in strange}})


def cuts_of(rule: AlertRule) -> tuple[Cut, ...]:
    """By what a rule's figure is told apart: its part, and each day or hour."""
    time_cut = Cut.DAY_HOUR if rule.window == AlertRule.Window.HOUR else Cut.DAY
    return (*([Cut(rule.cut)] if rule.cut else []), time_cut)


def sees(may: May, rule: AlertRule) -> bool:
    """Whether somebody may see the figures of a rule, not only that it found something. The shop's own works are no secret;
    what the registry knows no longer is for those who keep the rules.
    """
    if rule.watch:
        return True
    metric = METRICS.get(rule.metric)
    if metric is None or not measuring.can_cut(metric, cuts_of(rule)):
        return may(KEEPS)
    return measuring.sees(may, metric, cuts_of(rule))


def sees_volume(may: May, rule: AlertRule) -> bool:
    """Whether somebody may see also on how many it rests."""
    if rule.watch:
        return True
    metric = METRICS.get(rule.metric)
    counted = volume_metric(metric, [Cut(rule.cut)] if rule.cut else []) if metric else None
    return counted is not None and measuring.sees(may, counted, cuts_of(rule))


def key_of(rule: AlertRule) -> str | int:
    """The part that a rule with a cut is about."""
    return int(rule.part) if Cut(rule.cut) in OF_ROWS else rule.part


def unit_of(rule: AlertRule) -> Unit:
    if rule.watch in watches.WATCHES:
        return watches.WATCHES[rule.watch].unit
    return METRICS[rule.metric].unit if rule.metric in METRICS else Unit.RATE


def observe(rule: AlertRule, *, at: datetime) -> Observation:
    if rule.watch:
        return _of_the_house(rule, at)
    moments = history(rule, at=at, since=LEARNED)
    terms = terms_of(rule)
    verdicts = judging.verdicts(terms, [one.point for one in moments])
    if not moments:
        return Observation(Verdict(judging.Why.TOO_LITTLE_PAST, None))
    return Observation(verdicts[-1], _evidence(rule, moments, verdicts, at))


def preview(rule: AlertRule, *, at: datetime) -> Preview:
    """The last 60 days as the rule would have seen them, each slot with what came before it only."""
    moments = history(rule, at=at, since=LEARNED + PREVIEWED)
    verdicts = judging.verdicts(terms_of(rule), [one.point for one in moments])
    since = shop.day(at) - PREVIEWED
    shown = [(one, verdict) for one, verdict in zip(moments, verdicts, strict=True) if one.day >= since]
    return Preview(shown, _runs(rule, shown))


def history(rule: AlertRule, *, at: datetime, since: timedelta) -> list[Moment]:
    """Slots up to the last one that is over and made, from the first in which anything was counted."""
    metric, part = metric_of(rule), part_of(rule)
    counted = volume_metric(metric, part.chosen)
    asked = [metric] if counted is None or counted is metric else [metric, counted]
    hourly = rule.window == AlertRule.Window.HOUR
    over = (_counted_until(asked, at).astimezone(shop.zone()) - timedelta(hours=1)) if hourly else None
    last = over.date() if over else closing.last_closed(at, shop.zone())
    first = last - since
    found = measuring.rows(asked, first=first, last=last, by=Cut.DAY_HOUR if hourly else Cut.DAY, of=part, at=at)
    made_until = min((making.made_until(one, at=at) for one in _states(asked, rule)), default=at)
    off = holidays.between(first, last, "en")
    moments: list[Moment] = []
    for row in found:
        day, hour = row.key if hourly else (row.key, None)
        if over and (day, hour) > (over.date(), over.hour):
            break
        if made_until < _ends_at(day, hour):
            # What nobody has made yet says nothing, and looks like a fall.
            break
        weekday = SUNDAY if day in off else day.weekday()
        volume = None if counted is None else _float(row.values[counted.code])
        point = Point((weekday, hour), _float(row.values[metric.code]), volume)
        if moments or point.value or point.volume:
            moments.append(Moment(day, hour, point))
    return moments


def _counted_until(asked: Sequence[Metric], at: datetime) -> datetime:
    """Up to when hours are judged. Visits are made every few minutes from events that take a while to come in: they are judged
    an hour later, and not beyond the first that is told and not made yet.
    """
    if not any(fact in facts.VISITS.facts for one in asked for fact in one.facts):
        return at
    stale = VisitDay.objects.filter(state=VisitDay.State.DIRTY, day__gte=shop.day(at) - timedelta(days=1), dirtied_at__lt=at)
    since = stale.aggregate(least=Min("dirtied_at"))["least"]
    return (since or at) - timedelta(hours=1)


def _ends_at(day: date, hour: int | None) -> datetime:
    if hour is None:
        return day_period(day + timedelta(days=1), shop.zone()).starts_at
    return day_period(day, shop.zone()).starts_at + timedelta(hours=hour + 1)


def _states(metrics: Iterable[Metric], rule: AlertRule) -> set[type[Model]]:
    return {state for one in metrics for state in measuring.states(one, cuts_of(rule))}


def volume_metric(metric: Metric, cuts: Iterable[Cut] = ()) -> Metric | None:
    """The count a figure rests on: itself, what it is divided by, or the orders; none where no count can be told."""
    if metric.unit is Unit.COUNT:
        return metric
    by_fact = {one.facts[0]: one for one in METRICS.values() if one.unit is Unit.COUNT and one.adds_up}
    if metric.facts and metric.facts[-1] in by_fact:
        return by_fact[metric.facts[-1]]
    for code in ("orders", "units"):
        if metric.facts and measuring.can_cut(METRICS[code], cuts):
            return METRICS[code]
    return None


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _runs(rule: AlertRule, shown: Sequence[tuple[Moment, Verdict]]) -> list[list[tuple[Moment, Verdict]]]:
    """Alarms of slots that follow each other, with as much calm between as the cool-down lasts, are one incident."""
    found: list[list[tuple[Moment, Verdict]]] = []
    ended: datetime | None = None
    for one, verdict in shown:
        if not verdict.is_alarm:
            continue
        starts = datetime.combine(one.day, time(one.hour or 0), tzinfo=shop.zone())
        width = timedelta(hours=1) if one.hour is not None else timedelta(days=1)
        if ended is not None and starts - ended <= timedelta(minutes=rule.cool_down):
            found[-1].append((one, verdict))
        else:
            found.append([(one, verdict)])
        ended = starts + width
    return found


def _of_the_house(rule: AlertRule, at: datetime) -> Observation:
    watch = watches.WATCHES.get(rule.watch)
    if watch is None:
        raise UnknownFigure(_("There is no such figure: %(code)s.") % {"code": rule.watch})
    seen = watch.ask(at)
    found = judging.verdicts(terms_of(rule), [Point(0, seen.value, seen.volume)])[0]
    told = {"watch": rule.watch, "asked_at": at, "facts": dict(seen.facts), "stock": list(seen.stock), **_numbers(rule, found)}
    return Observation(found, told)


def _evidence(rule: AlertRule, moments: list[Moment], verdicts: list[Verdict], at: datetime) -> dict[str, Any]:
    now, found = moments[-1], verdicts[-1]
    comparable = [one for one in moments[:-1] if one.point.slot == now.point.slot][-WEEKS:]
    shown = SHOWN_HOURS if rule.window == AlertRule.Window.HOUR else SHOWN_DAYS
    fresh = measuring.freshness(metric_of(rule), cuts_of(rule), at=at)
    return {
        "metric": rule.metric,
        "cut": rule.cut,
        "part": rule.part,
        "window": rule.window,
        "asked_at": at,
        "made_at": fresh.made_at,
        "live_from": fresh.live_from,
        "slot": now.key(),
        "comparable": [{**one.key(), "value": one.point.value} for one in comparable],
        "series": [
            {**one.key(), "value": verdict.value, "center": verdict.center, "low": verdict.low, "high": verdict.high}
            for one, verdict in list(zip(moments, verdicts, strict=True))[-shown:]
        ],
        **_numbers(rule, found),
    }


def _numbers(rule: AlertRule, found: Verdict) -> dict[str, Any]:
    return {
        "kind": rule.kind,
        "direction": rule.direction,
        "limit": float(rule.limit),
        "steps": rule.steps,
        "effective": effective(float(rule.limit), rule.steps) if rule.kind != AlertRule.Kind.THRESHOLD else float(rule.limit),
        "minimum": float(rule.minimum),
        "why": found.why.value,
        "value": found.value,
        "volume": found.volume,
        "center": found.center,
        "low": found.low,
        "high": found.high,
        "score": round(found.score, 2),
        "shift": round(found.shift, 2),
        "excess": round(found.excess, 3),
    }


def number_of(notice: Notice) -> int:
    """The how manieth message it is that its webhook is told of the incident."""
    told = Notice.objects.filter(webhook=notice.webhook_id, incident=notice.incident_id, pk__lte=notice.pk)
    return told.count()
