"""One question about metrics, answered whole: over time, against an earlier span, what happened and what made the change."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from analytics import changes, closing, comparing, holidays
from analytics.comparing import Against
from analytics.metrics import Cut, Metric
from analytics.queries import annotations, contributing, measuring, sales
from analytics.queries.annotations import Annotation
from analytics.queries.contributing import Contribution
from analytics.queries.measuring import May, Part, Row
from analytics.queries.sales import Freshness
from config.kernel import shop

TIMES = (Cut.DAY, Cut.WEEK, Cut.MONTH, Cut.HOUR, Cut.WEEKDAY)
# By what a change is explained, the first that is possible.
EXPLAINED_BY = (Cut.CATEGORY, Cut.CHANNEL, Cut.SKU, Cut.WAREHOUSE)


@dataclass(frozen=True)
class Question:
    """The first metric is drawn and compared; those beside it share its table."""

    metrics: tuple[Metric, ...]
    first: date
    last: date
    by: Cut
    against: Against = Against.NOTHING
    of: Part = field(default_factory=Part)

    @property
    def metric(self) -> Metric:
        return self.metrics[0]

    @property
    def cuts(self) -> tuple[Cut, ...]:
        return (*self.of.chosen, self.by)


@dataclass(frozen=True)
class Answer:
    """`earlier` and `partner` are by the key of a row: what its figure was in the earlier span, and of which day."""

    rows: list[Row]
    whole: Row
    earlier: Mapping[Any, Decimal | None]
    partners: Mapping[Any, date]
    earlier_span: tuple[date, date] | None
    earlier_whole: Decimal | None
    slots: list[Row]
    changes: list[changes.Change]
    annotations: list[Annotation]
    explained_by: Cut | None
    contributions: list[Contribution]
    fresh: Freshness


def answer(asked: Question, *, may: May, at: datetime) -> Answer:
    """What is told beyond the question, by other cuts, is told to those who see the figure cut like that."""
    fresh = measuring.freshness(asked.metric, asked.cuts, at=at)
    scope: dict[str, Any] = {"of": asked.of, "at": at}
    rows = measuring.rows(asked.metrics, first=asked.first, last=asked.last, by=asked.by, **scope)
    whole = measuring.whole(asked.metrics, first=asked.first, last=asked.last, over=asked.by, **scope)
    span = earlier_span(asked, fresh, at=at)
    earlier, partners, earlier_whole = _compared(asked, rows, span, at)
    slots = []
    if measuring.sees(may, asked.metric, [*asked.of.chosen, Cut.SLOT]):
        slots = measuring.rows([asked.metric], first=asked.first, last=asked.last, by=Cut.SLOT, **scope)
    by = next((one for one in EXPLAINED_BY if measuring.sees(may, asked.metric, [*asked.of.chosen, one])), None)
    found: list[Contribution] = []
    if by and (before := earlier_span(replace(asked, by=by), fresh, at=at)):
        now = (asked.first, _reach(replace(asked, by=by), fresh, at))
        found = contributing.contributions(asked.metric, by=by, span=now, earlier=before, **scope) or []
    happened = (
        annotations.of_span(
            first=asked.first, last=min(asked.last, shop.day(at)), of=asked.of, fresh=sales.freshness(at=at), at=at
        )
        if asked.by in (Cut.DAY, Cut.WEEK)
        else []
    )
    return Answer(
        rows, whole, earlier, partners, span, earlier_whole, slots, _changes(asked, rows, at), happened, by, found, fresh
    )


def earlier_span(asked: Question, fresh: Freshness, *, at: datetime) -> tuple[date, date] | None:
    """The span that is compared with, as long as the asked one as far as its figures reach."""
    if asked.against is Against.NOTHING:
        return None
    last = _reach(asked, fresh, at)
    first, until = (_earlier(asked, day, last) for day in (asked.first, last))
    return min(first, until), max(first, until)


def _reach(asked: Question, fresh: Freshness, at: datetime) -> date:
    """The last day that the figures can know, one day at least."""
    today = shop.day(at) if measuring.knows_open_day(asked.metric, asked.cuts) else fresh.made_until
    return max(min(asked.last, today), asked.first)


def _earlier(asked: Question, day: date, last: date) -> date:
    days = (last - asked.first).days + 1
    feasts = holidays.feasts(range(asked.first.year - 1, last.year + 1)) if asked.against is Against.FEAST else {}
    return comparing.earlier(day, asked.against, days=days, feasts=feasts)


def _compared(
    asked: Question, rows: list[Row], span: tuple[date, date] | None, at: datetime
) -> tuple[dict[Any, Decimal | None], dict[Any, date], Decimal | None]:
    if span is None:
        return {}, {}, None
    code = asked.metric.code
    scope: dict[str, Any] = {"of": asked.of, "at": at}
    whole = measuring.whole([asked.metric], first=span[0], last=span[1], over=asked.by, **scope).values[code]
    if asked.by is Cut.DAY:
        partners = {row.key: _earlier(asked, row.key, max(one.key for one in rows)) for row in rows}
        first, last = min(partners.values(), default=span[0]), max(partners.values(), default=span[1])
        found = {
            row.key: row.values[code] for row in measuring.rows([asked.metric], first=first, last=last, by=Cut.DAY, **scope)
        }
        return {day: found.get(partner) for day, partner in partners.items()}, partners, whole
    before = measuring.rows([asked.metric], first=span[0], last=span[1], by=asked.by, **scope)
    if asked.by in (Cut.WEEK, Cut.MONTH):
        # The first week with the first, though they are other weeks.
        pairs = list(zip(rows, before, strict=False))
        return (
            {row.key: one.values[code] for row, one in pairs},
            {row.key: one.key for row, one in pairs},
            whole,
        )
    return {row.key: row.values[code] for row in before}, {}, whole


def _changes(asked: Question, rows: list[Row], at: datetime) -> list[changes.Change]:
    """Of closed days only: the open one would look like a fall."""
    if asked.by is not Cut.DAY:
        return []
    closed = closing.last_closed(at, shop.zone())
    values = [row.values[asked.metric.code] for row in rows if row.key <= closed]
    known = [float(value) for value in values if value is not None]
    return changes.changes(known) if len(known) == len(values) else []


def days_of(asked: Question, key: Any) -> tuple[date, date]:
    """The days of the span that a row of the answer is about."""
    if asked.by is Cut.DAY:
        return key, key
    if asked.by is Cut.WEEK:
        return max(key, asked.first), min(key + timedelta(days=6), asked.last)
    if asked.by is Cut.MONTH:
        after = (key.replace(day=1) + timedelta(days=32)).replace(day=1)
        return max(key, asked.first), min(after - timedelta(days=1), asked.last)
    return asked.first, asked.last
