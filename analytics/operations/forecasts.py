"""A night of forecasts: begun once, done in chunks by whatever workers there are, ended by whoever does the last chunk.

All progress lies in the database. A night that was broken off goes on where it stopped: chunks that are done stay done, and one
that was being done is done anew as a whole. See docs/algorithms/demand.md.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from importlib.util import find_spec

from django.db import transaction

from analytics import expecting
from analytics.models import DemandForecast, DemandSeries, ForecastChunk, ForecastRun, MethodChoice
from analytics.operations import demand, demand_overrides, expectations, forecast_scores, locks
from analytics.operations.expectations import WINDOW_DAYS, Expected
from analytics.queries import demand as recorded
from config.kernel import bulk, jobs
from config.kernel.errors import Missing

# The jobs of analytics/tasks.py, and the one below that buys by what is expected.
FORECAST_DEMAND = "analytics.forecast_demand"
FORECAST_CHUNK = "analytics.forecast_chunk"
END_FORECASTS = "analytics.end_forecasts"
PROPOSE = "inventory.propose_replenishment"
# SKUs in warehouses that are forecast together.
AT_ONCE = 2_000
# What must be installed for it.
EXTRA = "forecast"
# Evenings are kept until the four weeks they spoke of are over and judged.
KEPT_DAYS = 35
RUNS_KEPT = timedelta(days=90)


class UnknownRun(Missing):
    code = "forecast_run_not_found"


@dataclass(frozen=True)
class Begun:
    """`extra` names what is not installed; nothing was begun then."""

    run: ForecastRun | None = None
    chunks: int = 0
    extra: str = ""


def begin(*, at: datetime) -> Begun:
    """Begins the night's forecasts, or goes on with them; asks for every chunk that is not done. Safe to repeat."""
    if not is_installed():
        return Begun(extra=EXTRA)
    demand.rebuild_due(at=at)
    run = _run(demand.yesterday(at=at), at)
    return Begun(run, 0 if run.ended_at else _ask(run, at))


def night(*, origin: date | None = None, at: datetime) -> int:
    """A whole night in this process, of an earlier evening too; how many forecasts it made. What was forecast of a later
    evening stays the latest.
    """
    demand.rebuild_due(at=at)
    run = _run(origin or demand.yesterday(at=at), at)
    numbers = run.chunks.filter(done_at=None).order_by("number").values_list("number", flat=True)
    made = sum(_chunk(run.pk, number, at) for number in numbers)
    end(run_id=run.pk, at=at)
    return made


def is_installed() -> bool:
    return all(find_spec(one) is not None for one in ("numpy", "scipy"))


@transaction.atomic
def _run(origin: date, at: datetime) -> ForecastRun:
    locks.alone(locks.Lock.FORECASTS)
    if known := ForecastRun.objects.filter(origin=origin).first():
        return known
    first = origin - timedelta(days=WINDOW_DAYS - 1)
    wanted = recorded.wanted(first=first, last=origin)
    variants = [variant for variant, _count in wanted]
    if origin.day == 1 or not MethodChoice.objects.exists():
        forecast_scores.choose_by(expectations.tried(first=first, last=origin, variants=variants), since=origin, at=at)
    # A year repeats itself slowly: what it repeats is looked for once a month.
    before = ForecastRun.objects.filter(origin__lt=origin).order_by("-origin").first()
    if before and before.origin.replace(day=1) == origin.replace(day=1):
        seasons = expectations.known_seasons(before.pooled)
    else:
        seasons = expectations.seasons(last=origin)
    pooled = expectations.prepare(first=first, last=origin, variants=variants, seasons=seasons)
    run = ForecastRun.objects.create(origin=origin, began_at=at, pooled=pooled)
    ForecastChunk.objects.bulk_create(
        ForecastChunk(run=run, number=number, first_variant=begin, last_variant=end)
        for number, (begin, end) in enumerate(_cut(wanted), 1)
    )
    return run


def _cut(wanted: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """SKUs in order as spans of about as many series each; a SKU is never parted."""
    begin, count = None, 0
    for variant, places in wanted:
        begin = variant if begin is None else begin
        count += places
        if count >= AT_ONCE:
            yield begin, variant
            begin, count = None, 0
    if begin is not None:
        yield begin, wanted[-1][0]


@transaction.atomic
def _ask(run: ForecastRun, at: datetime) -> int:
    left = list(run.chunks.filter(done_at=None).order_by("number").values_list("number", flat=True))
    for number in left:
        jobs.request(name=FORECAST_CHUNK, arguments={"run": run.pk, "number": number}, actor=None, at=at)
    if not left:
        jobs.request(name=END_FORECASTS, arguments={"run": run.pk}, actor=None, at=at)
    return len(left)


def chunk(*, run_id: int, number: int, at: datetime) -> int:
    """Forecasts one chunk and advises the replenishment of it, at once or not at all; how many forecasts that are."""
    made = _chunk(run_id, number, at)
    _end_if_last(run_id, at)
    return made


@transaction.atomic
def _chunk(run_id: int, number: int, at: datetime) -> int:
    began = time.monotonic()
    part = ForecastChunk.objects.select_for_update(no_key=True, of=("self",)).select_related("run")
    row = part.filter(run_id=run_id, number=number).first()
    if row is None:
        raise UnknownRun(f"There is no part {number} of the forecasts {run_id}.", details={"run": run_id, "number": number})
    if row.done_at is not None:
        return 0
    origin = row.run.origin
    first = origin - timedelta(days=WINDOW_DAYS - 1)
    found = expectations.expect(
        first=first,
        last=origin,
        variants=(row.first_variant, row.last_variant),
        pooled=row.run.pooled,
        methods=dict(MethodChoice.objects.values_list("demand_class", "method")),
    )
    series = _write(found, origin)
    if origin == demand.yesterday(at=at):
        demand_overrides.advise(series=series, at=at)
    row.done_at, row.series, row.seconds = at, len(series), time.monotonic() - began
    row.save(update_fields=["done_at", "series", "seconds"])
    return len(series)


def _write(found: list[Expected], origin: date) -> list[DemandSeries]:
    """The latest forecast of each SKU, and beside it what is kept to be judged."""
    series = _latest(found, origin)
    bulk.put(
        [
            DemandForecast(
                series=row,
                origin=origin,
                demand_class=one.demand_class,
                method=one.method,
                week=one.week,
                week_units=one.week_units,
                month_units=one.month_units,
                week_upper=expecting.bound(one.week_units, one.dispersion),
                month_upper=expecting.bound(one.month_units, one.dispersion),
                plain=one.plain,
                scale=one.scale,
            )
            for row, one in zip(series, found, strict=True)
        ],
        unique=("series_id", "origin"),
        replace=False,
    )
    return series


def _latest(found: list[Expected], origin: date) -> list[DemandSeries]:
    """The rows of these SKUs, told anew unless a later evening has told them already."""
    rows = [
        DemandSeries(
            variant_id=one.variant_id,
            warehouse_id=one.warehouse_id,
            origin=origin,
            demand_class=one.demand_class,
            method=one.method,
            daily=one.daily,
            dispersion=one.dispersion,
            level=one.level,
            trend=one.trend,
            weekdays=one.weekdays,
            week_units=one.week_units,
            month_units=one.month_units,
        )
        for one in found
    ]
    if not ForecastRun.objects.filter(origin__gt=origin).exists():
        bulk.put(rows, unique=("variant_id", "warehouse_id"))
        return rows
    bulk.put(rows, unique=("variant_id", "warehouse_id"), replace=False)
    known = DemandSeries.objects.filter(variant__in={one.variant_id for one in found})
    by_place = {(row.variant_id, row.warehouse_id): row for row in known}
    return [by_place[one.variant_id, one.warehouse_id] for one in found]


@transaction.atomic
def _end_if_last(run_id: int, at: datetime) -> None:
    """Whoever finds nothing left asks for the end. Two who find it at once ask twice, which does no harm."""
    locks.alone(locks.Lock.FORECASTS)
    run = ForecastRun.objects.filter(pk=run_id, ended_at=None).first()
    if run is not None and not run.chunks.filter(done_at=None).exists():
        jobs.request(name=END_FORECASTS, arguments={"run": run_id}, actor=None, at=at)


@transaction.atomic
def end(*, run_id: int, at: datetime) -> bool:
    """Holds earlier evenings against what happened, lets methods that failed go, drops what is judged, and has the
    replenishment propose by the new advice. Says whether there was anything to end.
    """
    locks.alone(locks.Lock.FORECASTS)
    run = ForecastRun.objects.filter(pk=run_id, ended_at=None).first()
    if run is None or run.chunks.filter(done_at=None).exists():
        return False
    forecast_scores.score_due(until=run.origin)
    forecast_scores.judge(at=at)
    DemandForecast.objects.filter(origin__lt=run.origin - timedelta(days=KEPT_DAYS)).delete()
    ForecastRun.objects.filter(began_at__lt=at - RUNS_KEPT).delete()
    demand_overrides.end_over(at=at)
    run.ended_at = at
    run.save(update_fields=["ended_at"])
    if run.origin == demand.yesterday(at=at):
        jobs.request(name=PROPOSE, actor=None, at=at)
    return True
