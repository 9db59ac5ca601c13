"""The open day while it goes on: hour by hour against comparable days, and what the last hours brought."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from analytics import holidays
from analytics.metrics import METRICS, Cut, Metric
from analytics.queries import measuring
from analytics.queries.measuring import Part, Row
from config.kernel import shop

WEEKS = 8
# A mean of fewer days is an anecdote.
FEWEST = 2
NOTHING = Decimal(0)


@dataclass(frozen=True)
class Course:
    """Sums up to each hour, today's as far as it has gone; `usual` is the mean of comparable days, none where there are few."""

    metric: Metric
    today: list[Decimal | None]
    usual: list[Decimal | None]
    days: int


@dataclass(frozen=True)
class Hours:
    """The figures of this hour so far and of the one before."""

    hour: int
    now: Row
    before: Row | None


def comparable(day: date) -> list[date]:
    """The same weekday of the last eight weeks, feasts and other holidays left out: they are no usual days."""
    days = [day - timedelta(weeks=week) for week in range(1, WEEKS + 1)]
    off = holidays.between(days[-1], days[0], "ko")
    return [one for one in days if one not in off]


def course(code: str, *, at: datetime) -> Course:
    metric, day, hour = METRICS[code], shop.day(at), at.astimezone(shop.zone()).hour
    days = comparable(day)
    today = _by_hour(metric, day, day, Part(), at)
    happened, usual = 0, [NOTHING] * 24
    if days:
        of = Part({Cut.DAY: frozenset(days)})
        usual = _by_hour(metric, days[-1], days[0], of, at)
        by_day = measuring.rows([metric], first=days[-1], last=days[0], by=Cut.DAY, of=of, at=at)
        # Days before the shop began are no comparison.
        happened = sum(bool(row.values[metric.code]) for row in by_day)
    return Course(
        metric,
        [value if number <= hour else None for number, value in enumerate(_summed(today))],
        [value / happened if happened >= FEWEST else None for value in _summed(usual)],
        happened,
    )


def hours(codes: Sequence[str], *, at: datetime) -> tuple[list[Metric], Hours]:
    """Of the metrics that there are; one that is not kept by hour is left out."""
    metrics = [METRICS[code] for code in codes if code in METRICS and measuring.can_cut(METRICS[code], [Cut.HOUR])]
    day, hour = shop.day(at), at.astimezone(shop.zone()).hour
    rows = measuring.rows(metrics, first=day, last=day, by=Cut.HOUR, at=at)
    return metrics, Hours(hour, rows[hour], rows[hour - 1] if hour else None)


def _by_hour(metric: Metric, first: date, last: date, of: Part, at: datetime) -> list[Decimal]:
    found: list[Any] = measuring.rows([metric], first=first, last=last, by=Cut.HOUR, of=of, at=at)
    return [row.values[metric.code] or NOTHING for row in found]


def _summed(values: Sequence[Decimal]) -> list[Decimal]:
    found, so_far = [], NOTHING
    for value in values:
        so_far += value
        found.append(so_far)
    return found
