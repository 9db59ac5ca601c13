"""Compares stored figures with the source they were made from."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Q

from analytics import extract
from analytics.models import RollupState
from config.kernel import shop
from config.kernel.business_time import day_period
from config.kernel.models import OutboxDelivery


@dataclass(frozen=True)
class Cell:
    """One figure that differs; a row that one side lacks differs in every column."""

    rollup: str
    key: str
    column: str
    stored: Any
    recounted: Any


@dataclass(frozen=True)
class _Rollup:
    name: str
    table: str
    selection: str
    columns: tuple[str, ...]
    keys: int


_ROLLUPS = (
    _Rollup("hourly sales", "analytics_hourlysales", "hourly", extract.HOURLY, 3),
    _Rollup("daily sales", "analytics_dailysales", "daily", extract.DAILY, 2),
    _Rollup("daily promotions", "analytics_dailypromotion", "promotion", extract.PROMOTION, 2),
    _Rollup("daily stock", "analytics_dailystock", "stock", extract.STOCK, 3),
    _Rollup("daily parcels", "analytics_dailyparcels", "parcels", extract.PARCELS, 3),
    _Rollup("daily outcomes", "analytics_dailyoutcomes", "outcomes", extract.OUTCOMES, 2),
)


def differences(day: date) -> list[Cell]:
    """Every differing cell of a day that still claims to be clean when the comparison ends."""
    before = _claim(day)
    found = [cell for rollup in _ROLLUPS for cell in _compare(rollup, day)] if before else []
    # What changed or was marked meanwhile, or is on its way as an event, is no broken promise: the day is due anyway.
    return found if found and before == _claim(day) and not _on_its_way(day) else []


def disagreements() -> Iterator[tuple[date, str, Any, Any]]:
    """Days whose hourly and whose SKU figures tell different totals: they are made in one statement and cannot."""
    columns = ("units", "gross", "discounts", "returned_units", "returned")
    sums = ", ".join(f"sum({column}) AS {column}" for column in columns)
    pairs = ", ".join(f"hours.{column}, skus.{column}" for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(f"""
            SELECT day, {pairs}
            FROM (SELECT day, {sums} FROM analytics_hourlysales GROUP BY day) AS hours
            FULL JOIN (SELECT day, {sums} FROM analytics_dailysales GROUP BY day) AS skus USING (day)
        """)  # noqa: S608  column names of this file
        for day, *values in cursor.fetchall():
            for column, hours, skus in zip(columns, values[::2], values[1::2], strict=True):
                if (hours or 0) != (skus or 0):
                    yield day, column, hours, skus


def _compare(rollup: _Rollup, day: date) -> Iterator[Cell]:
    columns = ", ".join(rollup.columns)
    statement = f"""
        {extract.SELECTIONS},
        recounted AS (SELECT {columns} FROM {rollup.selection}),
        stored AS (SELECT {columns} FROM {rollup.table} WHERE day = %(day)s)
        (SELECT 'stored', stored.* FROM stored EXCEPT SELECT 'stored', recounted.* FROM recounted)
        UNION ALL
        (SELECT 'recounted', recounted.* FROM recounted EXCEPT SELECT 'recounted', stored.* FROM stored)
    """  # noqa: S608  put together from texts of this app
    sides: dict[str, dict[tuple[Any, ...], tuple[Any, ...]]] = {"stored": {}, "recounted": {}}
    with connection.cursor() as cursor:
        cursor.execute(statement, {**extract.span(day_period(day, shop.zone())), "day": day})
        for side, *values in cursor.fetchall():
            sides[side][tuple(values[: rollup.keys])] = tuple(values[rollup.keys :])
    for key in sorted(sides["stored"].keys() | sides["recounted"].keys(), key=str):
        stored, recounted = sides["stored"].get(key), sides["recounted"].get(key)
        for number, column in enumerate(rollup.columns[rollup.keys :]):
            one, other = stored[number] if stored else None, recounted[number] if recounted else None
            if one != other:
                yield Cell(rollup.name, " ".join(str(part) for part in key[1:]), column, one, other)


def _claim(day: date) -> tuple[Any, ...] | None:
    state = RollupState.objects.filter(pk=day, state=RollupState.State.CLEAN)
    return state.values_list("marks", "rebuilt_at").first()


def _on_its_way(day: date) -> bool:
    """Whether an event that will mark this day has been recorded and not been delivered yet."""
    told = str(day)
    about = Q(event__payload__on=told) | Q(event__payload__returned_on=told)
    about |= Q(event__payload__first_on__lte=told, event__payload__last_on__gte=told)
    pending = OutboxDelivery.objects.filter(state=OutboxDelivery.State.PENDING, subscriber__startswith="analytics.")
    return pending.filter(about).exists()
