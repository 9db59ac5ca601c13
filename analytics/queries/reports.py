"""What a report tells: each figure of the period beside the one before, day by day, and how fresh the figures are."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Model

from analytics.metrics import METRICS, Cut, Metric
from analytics.models import ReportPack, RollupState
from analytics.queries import making, measuring
from config.kernel import shop

# A turn that was missed, for no worker was there, is made up for as long.
MADE_UP_FOR = timedelta(days=3)
# Where the figures of the period are not made yet, the report waits for them, but not for ever.
WAITS = timedelta(hours=3)


@dataclass(frozen=True)
class Span:
    first: date
    last: date

    @property
    def before(self) -> "Span":
        """As many days before it; of a month the month before."""
        if self.first.day == 1 and (self.last + timedelta(days=1)).day == 1:
            last = self.first - timedelta(days=1)
            return Span(last.replace(day=1), last)
        days = (self.last - self.first).days + 1
        return Span(self.first - timedelta(days=days), self.last - timedelta(days=days))


def span(period: str, turn: date) -> Span:
    """The closed days a report of this day is about."""
    if period == ReportPack.Period.DAY:
        return Span(turn - timedelta(days=1), turn - timedelta(days=1))
    if period == ReportPack.Period.WEEK:
        monday = turn - timedelta(days=turn.weekday())
        return Span(monday - timedelta(days=7), monday - timedelta(days=1))
    last = turn.replace(day=1) - timedelta(days=1)
    return Span(last.replace(day=1), last)


def turn(pack: ReportPack, at: datetime) -> date | None:
    """The latest day on which the pack was due and may still be made; none where there is none."""
    local = at.astimezone(shop.zone())
    for back in range(MADE_UP_FOR.days + 1):
        day = local.date() - timedelta(days=back)
        fits = {
            ReportPack.Rhythm.DAILY: back == 0,
            ReportPack.Rhythm.WEEKLY: day.weekday() == pack.weekday,
            ReportPack.Rhythm.MONTHLY: day.day == 1,
        }[ReportPack.Rhythm(pack.rhythm)]
        if fits and (back or local.hour >= pack.hour) and day >= shop.day(pack.created_at):
            return day
    return None


def is_made(pack: ReportPack, period: Span, *, at: datetime) -> bool:
    """Whether all figures of the pack are made for the period; the takings, which are read live, too."""
    wanted = _states([METRICS[code] for code in pack.metrics if code in METRICS])
    unmade = [day for one in wanted if (day := making.unmade_from(one, at=at))]
    return all(day > period.last for day in unmade)


def _states(metrics: Iterable[Metric]) -> set[type[Model]]:
    return {RollupState, *(state for one in metrics for state in measuring.states(one))}


def content(pack: ReportPack, period: Span, *, at: datetime) -> dict[str, Any]:
    """Figures of the registry; one it has no longer is left out."""
    metrics = [METRICS[code] for code in pack.metrics if code in METRICS]
    now = measuring.whole(metrics, first=period.first, last=period.last, at=at)
    then = measuring.whole(metrics, first=period.before.first, last=period.before.last, at=at)
    # Of a single day the two weeks up to it are shown.
    first = period.first if period.last > period.first else period.last - timedelta(days=13)
    # What is told of months only stands in the table of days without figures.
    by_day = [one for one in metrics if measuring.can_cut(one, [Cut.DAY])]
    days = measuring.rows(by_day, first=first, last=period.last, by=Cut.DAY, at=at)
    fresh = making.freshness(_states(metrics), at=at)
    return {
        "name": pack.name,
        "before": {"first": period.before.first, "last": period.before.last},
        "figures": [{"code": one.code, "value": now.values[one.code], "before": then.values[one.code]} for one in metrics],
        "days": [{"day": row.key, "values": [row.values.get(one.code) for one in metrics]} for row in days],
        "asked_at": at,
        "made_at": fresh.made_at,
        "dirty_days": fresh.dirty_days,
        "missing_days": fresh.missing_days,
        "open_from": fresh.live_from if fresh.live_from <= period.last else None,
    }
