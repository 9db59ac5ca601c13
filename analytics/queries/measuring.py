"""Asks for metrics: over a span of business days, cut by time or by what it happened to, of everything or of a part.

Every page, file, alert and API answer about a metric comes from here, so no two of them can count differently.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import DateField, F, Model, Q, QuerySet, Sum
from django.db.models.functions import ExtractIsoWeekDay, TruncMonth, TruncWeek
from django.utils.translation import gettext as _

from analytics import closing
from analytics.metrics import (
    Cut,
    Metric,
    behaviour,
)
from analytics.models import AttributionDay, RollupState, VisitDay
from analytics.queries import (
    click_to_order,
    making,
    sales,
    visitors,
)
from analytics.queries.facts import Source, source_of
from analytics.queries.sales import Freshness
from config.kernel import shop
from config.kernel.errors import Invalid

NOTHING = Decimal(0)

# Whether somebody has a permission.
May = Callable[[str], bool]


class CutRefused(Invalid):
    """The figure cannot be told apart by this; the sums it is made of are not kept that way."""

    code = "cut_refused"


@dataclass(frozen=True)
class Part:
    """Of what is asked: where one of these says something, only that counts. A frozenset says several at once."""

    chosen: Mapping[Cut, Any] = field(default_factory=dict)


EVERYTHING = Part()


@dataclass(frozen=True)
class Row:
    """`key` is what the cut tells apart: a date, an hour, a slot (weekday, hour), a channel's code, the id of a row; none of
    the whole. `values` are figures by the metrics' codes, none where one cannot be told. A fact that two metrics take from
    different places, of which one does not know the open day, is shown as the first of them has it.
    """

    key: Any
    facts: Mapping[str, Decimal]
    values: Mapping[str, Decimal | None]


@dataclass(frozen=True)
class Question:
    """How a figure is asked for that sums cannot make, what tells it apart, who may see it, and which days it knows."""

    ask: Callable[..., Mapping[Any, Decimal | None]]
    cuts: frozenset[Cut]
    permission: str
    state: type[Model]


# By the name in `Metric.asked`. Whoever knows how to ask adds to it.
ASKED: dict[str, Question] = {
    behaviour.DAILY_VISITORS: Question(visitors.daily, visitors.CUTS, visitors.PERMISSION, VisitDay),
    "click_to_order": Question(click_to_order.asked, click_to_order.CUTS, click_to_order.PERMISSION, AttributionDay),
}


@dataclass(frozen=True)
class _Plan:
    """From where a metric's facts come, and up to which day: all of them know the days up to it."""

    metric: Metric
    sources: Mapping[Source, frozenset[str]]
    until: date
    # From here on a day without a row is one that nobody has made yet.
    unmade_from: date | None


def rows(metrics: Sequence[Metric], *, first: date, last: date, by: Cut, at: datetime, of: Part = EVERYTHING) -> list[Row]:
    """One row for each key of the cut, in the order of time where it cuts time: then none is left out, else those that hold
    something. Days after `at` are not there, and a period that has not begun has no rows; a day whose figures are not made
    yet has none.
    """
    last = min(last, shop.day(at))
    if first > last:
        return []
    plans, folded = _facts(metrics, first, last, by, of, at)
    asked = _asked(metrics, first, last, by, of, at)
    happened = {*(key for found in folded.values() for key in found), *(key for found in asked.values() for key in found)}
    keys = _keys(by, first, last) or sorted(happened, key=lambda key: (key is not None, key))
    return [_row(plans, folded, key, {code: found.get(key) for code, found in asked.items()}, by, first) for key in keys]


def whole(
    metrics: Sequence[Metric],
    *,
    first: date,
    last: date,
    at: datetime,
    of: Part = EVERYTHING,
    over: Cut | None = None,
) -> Row:
    """The figures of the whole span in one row; of the rows that are cut by `over`, which may know closed days only. Of a
    period that has not begun nothing can be told.
    """
    last = min(last, shop.day(at))
    if first > last:
        facts = {name: NOTHING for one in metrics for name in one.facts}
        return Row(None, facts, {one.code: None for one in metrics})
    plans, folded = _facts(metrics, first, last, None, of, at, over)
    asked = _asked(metrics, first, last, None, of, at)
    return _row(plans, folded, None, {code: found.get(None) for code, found in asked.items()}, None, first)


def can_cut(metric: Metric, cuts: Iterable[Cut]) -> bool:
    """Whether the metric can be told apart by all of these at once."""
    wanted = frozenset(cuts)
    if metric.asked:
        return wanted <= ASKED[metric.asked].cuts
    try:
        return bool(_sources(metric, wanted))
    except CutRefused:
        return False


def permissions(metric: Metric, cuts: Iterable[Cut] = ()) -> frozenset[str]:
    """What one must be allowed to see for this figure: the rows of each rollup that it is made of."""
    if metric.asked:
        return frozenset({ASKED[metric.asked].permission})
    return frozenset(source.permission for source in _sources(metric, frozenset(cuts)))


def sees(may: May, metric: Metric, cuts: Iterable[Cut] = ()) -> bool:
    """Whether the figure, cut like this, is for these permissions; one that cannot be cut so is for nobody."""
    cut = tuple(cuts)
    return can_cut(metric, cut) and all(may(one) for one in permissions(metric, cut))


def knows_open_day(metric: Metric, cuts: Iterable[Cut] = ()) -> bool:
    """Whether the figure holds what happened today so far."""
    return not metric.asked and not any(source.closed_only for source in _sources(metric, frozenset(cuts)))


def states(metric: Metric, cuts: Iterable[Cut] = ()) -> frozenset[type[Model]]:
    """What tells which days of the figure are made; nothing for what is read live or told by hand."""
    if metric.asked:
        return frozenset({ASKED[metric.asked].state})
    return frozenset(source.state for source in _sources(metric, frozenset(cuts)) if source.state and not source.live)


def freshness(metric: Metric, cuts: Iterable[Cut] = (), *, at: datetime) -> Freshness:
    """How far the figure reaches; of one that is read live, how far the closed days do."""
    cut = frozenset(cuts)
    is_live = not metric.asked and any(source.live for source in _sources(metric, cut))
    return making.freshness([*states(metric, cut), *([RollupState] if is_live else [])], at=at)


def _asked(
    metrics: Sequence[Metric], first: date, last: date, by: Cut | None, of: Part, at: datetime
) -> dict[str, Mapping[Any, Decimal | None]]:
    return {
        one.code: ASKED[one.asked].ask(metric=one, first=first, last=last, by=by, of=of, at=at) for one in metrics if one.asked
    }


def _row(
    plans: Sequence[_Plan],
    folded: Mapping[tuple[Source, date], Mapping[Any, Mapping[str, Decimal]]],
    key: Any,
    asked: Mapping[str, Decimal | None],
    by: Cut | None,
    first: date,
) -> Row:
    facts: dict[str, Decimal] = {}
    values: dict[str, Decimal | None] = dict(asked)
    for plan in plans:
        own: dict[str, Decimal] = {}
        for source, names in plan.sources.items():
            found = folded[source, plan.until].get(key, {})
            own |= {name: found.get(name, NOTHING) for name in names}
        facts = own | facts
        since = key if by is Cut.DAY else first
        is_unmade = plan.unmade_from is not None and since >= plan.unmade_from and not any(own.values())
        values[plan.metric.code] = None if is_unmade or plan.metric.value is None else plan.metric.value(own)
    return Row(key, facts, values)


def _sources(metric: Metric, cuts: frozenset[Cut]) -> dict[Source, frozenset[str]]:
    """Which facts of the metric come from where: all from one place if one has them, so that they are of one moment."""
    one = source_of(metric.facts, cuts)
    if one:
        return {one: frozenset(metric.facts)}
    found: dict[Source, set[str]] = defaultdict(set)
    for name in metric.facts:
        source = source_of([name], cuts)
        if source is None:
            raise CutRefused(
                _("%(metric)s cannot be told apart by %(cuts)s.")
                % {"metric": metric.title, "cuts": ", ".join(sorted(cut.value for cut in cuts))},
                details={"metric": metric.code, "cuts": sorted(cut.value for cut in cuts)},
            )
        found[source].add(name)
    return {source: frozenset(names) for source, names in found.items()}


def _facts(
    metrics: Sequence[Metric], first: date, last: date, by: Cut | None, of: Part, at: datetime, over: Cut | None = None
) -> tuple[list[_Plan], dict[tuple[Source, date], dict[Any, dict[str, Decimal]]]]:
    cuts = frozenset([*of.chosen, *(one for one in (by, over) if one)])
    sources = {one.code: _sources(one, cuts) for one in metrics if not one.asked}
    if not sources:
        return [], {}
    live_from = sales.freshness(at=at).live_from
    states = {source.state for found in sources.values() for source in found if source.state and not source.live}
    unmade = {one: live_from if one is RollupState else making.unmade_from(one, at=at) for one in states}
    plans = [_plan(one, sources[one.code], last, unmade) for one in metrics if not one.asked]
    wanted: dict[tuple[Source, date], set[str]] = defaultdict(set)
    for plan in plans:
        for source, names in plan.sources.items():
            wanted[source, plan.until] |= names
    return plans, {
        (source, until): _of_source(source, sorted(names), first, until, by, of, live_from)
        for (source, until), names in wanted.items()
    }


def _plan(
    metric: Metric, sources: Mapping[Source, frozenset[str]], last: date, unmade: Mapping[type[Model], date | None]
) -> _Plan:
    known = [(one, day) for one in sources if one.state and not one.live and (day := unmade[one.state])]
    # Facts of several places are of the same days, or a share of them would be neither of today nor of yesterday.
    closed = [day for one, day in known if one.closed_only]
    until = min(last, min(closed) - timedelta(days=1)) if closed and len(sources) > 1 else last
    return _Plan(metric, sources, until, min((day for _source, day in known), default=None))


def _of_source(
    source: Source, names: list[str], first: date, last: date, by: Cut | None, of: Part, live_from: date
) -> dict[Any, dict[str, Decimal]]:
    stored_last = min(last, live_from - timedelta(days=1)) if source.live else last
    stored = source.rows().filter(day__gte=first, day__lte=stored_last).filter(_chosen(source, of))
    found: dict[Any, dict[str, Decimal]] = {}
    for *key, facts in _summed(stored, source, names, by):
        found[_key(key)] = facts
    if source.live and live_from <= last:
        for day, hour, told, facts in source.live(max(first, live_from), last):
            if all(_live_key(cut, day, hour, told) in _several(value) for cut, value in of.chosen.items()):
                sums = found.setdefault(_live_key(by, day, hour, told), dict.fromkeys(names, NOTHING))
                for name in names:
                    sums[name] = sums.get(name, NOTHING) + facts[name]
    return found


def _several(value: Any) -> frozenset[Any]:
    return value if isinstance(value, frozenset) else frozenset([value])


def _chosen(source: Source, of: Part) -> Q:
    """Which stored rows count."""
    asked = Q()
    for cut, value in of.chosen.items():
        several = _several(value)
        if cut in source.cuts:
            asked &= Q(**{f"{source.cuts[cut]}__in": sorted(several)})
        else:
            asked &= reduce(or_, (Q(**_OF_TIME[cut](one)) for one in several), Q(pk__in=[]))
    return asked


_OF_TIME: dict[Cut, Callable[[Any], dict[str, Any]]] = {
    Cut.DAY: lambda day: {"day": day},
    Cut.WEEK: lambda day: {"day__gte": day, "day__lt": day + timedelta(weeks=1)},
    Cut.MONTH: lambda day: {"day__year": day.year, "day__month": day.month},
    Cut.WEEKDAY: lambda weekday: {"day__iso_week_day": weekday + 1},
    Cut.HOUR: lambda hour: {"hour": hour},
    Cut.SLOT: lambda slot: {"day__iso_week_day": slot[0] + 1, "hour": slot[1]},
}


def _key(parts: list[Any]) -> Any:
    return tuple(parts) if len(parts) > 1 else parts[0] if parts else None


def _summed(stored: QuerySet[Any], source: Source, names: list[str], by: Cut | None) -> Iterable[tuple[Any, ...]]:
    groups = _groups(by, source)
    sums = {f"sum_{name}": Sum(source.facts[name]) for name in names}
    if not groups:
        told = stored.aggregate(**sums)
        yield ({name: Decimal(told[f"sum_{name}"] or 0) for name in names},)
        return
    grouped = stored.annotate(**groups).order_by().values(*groups).annotate(**sums)
    for told in grouped:
        key = [told[name] - 1 if name == "cut_weekday" else told[name] for name in groups]
        yield (*key, {name: Decimal(told[f"sum_{name}"] or 0) for name in names})


def _groups(by: Cut | None, source: Source) -> dict[str, Any]:
    groups: dict[Cut, dict[str, Any]] = {
        Cut.DAY: {"cut_day": F("day")},
        Cut.WEEK: {"cut_week": TruncWeek("day", output_field=DateField())},
        Cut.MONTH: {"cut_month": TruncMonth("day", output_field=DateField())},
        Cut.HOUR: {"cut_hour": F("hour")},
        Cut.WEEKDAY: {"cut_weekday": ExtractIsoWeekDay("day")},
        Cut.SLOT: {"cut_weekday": ExtractIsoWeekDay("day"), "cut_hour": F("hour")},
        Cut.DAY_HOUR: {"cut_day": F("day"), "cut_hour": F("hour")},
    }
    if by is None:
        return {}
    return groups[by] if by in groups else {f"cut_{by.value}": F(source.cuts[by])}


def _live_key(by: Cut | None, day: date, hour: int, told: Mapping[str, Any]) -> Any:
    keys: dict[Cut, Any] = {
        Cut.DAY: day,
        Cut.WEEK: day - timedelta(days=day.weekday()),
        Cut.MONTH: day.replace(day=1),
        Cut.HOUR: hour,
        Cut.WEEKDAY: day.weekday(),
        Cut.SLOT: (day.weekday(), hour),
        Cut.DAY_HOUR: (day, hour),
    }
    if by is None:
        return None
    return keys[by] if by in keys else told[by.value]


def _keys(by: Cut, first: date, last: date) -> list[Any]:
    """Every key of a cut of time, those on which nothing happened too; none for other cuts."""
    days = closing.days(first, last)
    every: dict[Cut, Callable[[], list[Any]]] = {
        Cut.DAY: lambda: days,
        Cut.WEEK: lambda: sorted({day - timedelta(days=day.weekday()) for day in days}),
        Cut.MONTH: lambda: sorted({day.replace(day=1) for day in days}),
        Cut.HOUR: lambda: list(range(24)),
        Cut.WEEKDAY: lambda: list(range(7)),
        Cut.SLOT: lambda: [(weekday, hour) for weekday in range(7) for hour in range(24)],
        Cut.DAY_HOUR: lambda: [(day, hour) for day in days for hour in range(24)],
    }
    return every[by]() if by in every else []
