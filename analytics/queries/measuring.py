"""Asks for metrics: over a span of business days, cut by time or by what it happened to, of everything or of a part.

Every page, file, alert and API answer about a metric comes from here, so no two of them can count differently.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import DateField, F, QuerySet, Sum
from django.db.models.functions import ExtractIsoWeekDay, TruncMonth, TruncWeek
from django.utils.translation import gettext as _

from analytics import closing
from analytics.metrics import Cut, Metric
from analytics.queries import click_to_order, sales
from analytics.queries.facts import Source, source_of
from config.kernel import shop
from config.kernel.errors import Invalid

NOTHING = Decimal(0)


class CutRefused(Invalid):
    """The figure cannot be told apart by this; the sums it is made of are not kept that way."""

    code = "cut_refused"


@dataclass(frozen=True)
class Part:
    """Of what is asked: where one of these says something, only that counts."""

    chosen: Mapping[Cut, Any] = field(default_factory=dict)


EVERYTHING = Part()


@dataclass(frozen=True)
class Row:
    """`key` is what the cut tells apart: a date, an hour, a slot (weekday, hour), a channel's code, the id of a row; none of
    the whole. `values` are figures by the metrics' codes, none where one cannot be told.
    """

    key: Any
    facts: Mapping[str, Decimal]
    values: Mapping[str, Decimal | None]


# How figures are asked for that sums cannot make, by the name in `Metric.asked`.
Asked = Callable[..., Mapping[Any, Decimal | None]]
ASKED: dict[str, Asked] = {"click_to_order": click_to_order.asked}


def rows(metrics: Sequence[Metric], *, first: date, last: date, by: Cut, at: datetime, of: Part = EVERYTHING) -> list[Row]:
    """One row for each key of the cut, in the order of time where it cuts time: then none is left out, else those that hold
    something. Days after `at` are not there.
    """
    last = min(last, shop.day(at))
    folded = _facts(metrics, first, last, by, of, at)
    asked = {
        one.code: ASKED[one.asked](metric=one, first=first, last=last, by=by, of=of, at=at) for one in metrics if one.asked
    }
    keys = _keys(by, first, last) or sorted({*folded, *(key for found in asked.values() for key in found)}, key=str)
    return [_row(metrics, key, folded.get(key, {}), {code: found.get(key) for code, found in asked.items()}) for key in keys]


def whole(metrics: Sequence[Metric], *, first: date, last: date, at: datetime, of: Part = EVERYTHING) -> Row:
    """The figures of the whole span in one row."""
    last = min(last, shop.day(at))
    folded = _facts(metrics, first, last, None, of, at)
    asked = {
        one.code: ASKED[one.asked](metric=one, first=first, last=last, by=None, of=of, at=at).get(None)
        for one in metrics
        if one.asked
    }
    return _row(metrics, None, folded.get(None, {}), asked)


def can_cut(metric: Metric, cuts: Iterable[Cut]) -> bool:
    """Whether the metric can be told apart by all of these at once."""
    try:
        return bool(metric.asked) or bool(_sources(metric, frozenset(cuts)))
    except CutRefused:
        return False


def _row(metrics: Sequence[Metric], key: Any, facts: Mapping[str, Decimal], asked: Mapping[str, Decimal | None]) -> Row:
    known = {name: facts.get(name, NOTHING) for one in metrics for name in one.facts}
    values = {one.code: one.value(known) if one.value else asked.get(one.code) for one in metrics}
    return Row(key, known, values)


def _sources(metric: Metric, cuts: frozenset[Cut]) -> dict[Source, set[str]]:
    """Which facts of the metric come from where: all from one place if one has them, so that they are of one moment."""
    one = source_of(metric.facts, cuts)
    if one:
        return {one: set(metric.facts)}
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
    return found


def _facts(
    metrics: Sequence[Metric], first: date, last: date, by: Cut | None, of: Part, at: datetime
) -> dict[Any, dict[str, Decimal]]:
    cuts = frozenset([*of.chosen, *([by] if by else [])])
    wanted: dict[Source, set[str]] = defaultdict(set)
    for metric in metrics:
        if not metric.asked:
            for source, names in _sources(metric, cuts).items():
                wanted[source] |= names
    folded: dict[Any, dict[str, Decimal]] = defaultdict(dict)
    for source, names in wanted.items():
        for key, facts in _of_source(source, sorted(names), first, last, by, of, at).items():
            folded[key] |= facts
    return folded


def _of_source(
    source: Source, names: list[str], first: date, last: date, by: Cut | None, of: Part, at: datetime
) -> dict[Any, dict[str, Decimal]]:
    live_from = sales.freshness(at=at).live_from if source.live else last + timedelta(days=1)
    stored = source.rows().filter(day__gte=first, day__lte=min(last, live_from - timedelta(days=1)))
    stored = stored.filter(**{source.cuts[cut]: value for cut, value in of.chosen.items()})
    found: dict[Any, dict[str, Decimal]] = {}
    for *key, facts in _summed(stored, source, names, by):
        found[_key(key)] = facts
    if source.live and live_from <= last:
        for day, hour, told, facts in source.live(max(first, live_from), last):
            if all(told.get(cut.value) == value for cut, value in of.chosen.items()):
                sums = found.setdefault(_live_key(by, day, hour, told), dict.fromkeys(names, NOTHING))
                for name in names:
                    sums[name] = sums.get(name, NOTHING) + facts[name]
    return found


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
    }
    return every[by]() if by in every else []
