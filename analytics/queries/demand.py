"""Demand as it was: the series that a forecast reads, and what pages and category sums are made of."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.db.models import Sum

from analytics import closing, holidays
from analytics.models import DailyDemand
from analytics.queries import promoted_days
from analytics.queries.promoted_days import Promoted
from config.kernel import shop

# A day on which a shelf was empty for longer than this says how much was wanted at least, not how much was.
SOLD_OUT_FROM = 0.5

# What is planned for but was never wanted in the window is told as well, with the day since which it could have been.
_SERIES = """
    WITH wanted AS (
        SELECT
            d.variant_id, d.warehouse_id,
            array_agg(d.day - %(first)s::date) FILTER (WHERE d.units > 0) AS days,
            array_agg(d.units) FILTER (WHERE d.units > 0) AS units,
            array_agg(d.day - %(first)s::date) FILTER (WHERE d.sold_out >= %(sold_out)s) AS sold_out
        FROM analytics_dailydemand AS d
        WHERE {chosen} AND d.day BETWEEN %(first)s AND %(last)s
        GROUP BY d.variant_id, d.warehouse_id
    ), planned AS (
        SELECT d.variant_id, d.warehouse_id FROM inventory_reorderpolicy AS d WHERE {chosen} AND d.is_enabled
    )
    SELECT
        variant_id, warehouse_id, p.id, p.category_id, v.list_price::float8,
        CASE WHEN wanted.days IS NULL THEN coalesce((
            SELECT (min(m.occurred_at) AT TIME ZONE %(zone)s)::date FROM inventory_stockmovement AS m
            WHERE m.variant_id = v.id AND m.warehouse_id = planned.warehouse_id
        ), %(last)s::date + 1) - %(first)s::date END,
        coalesce(wanted.days, '{{}}'), coalesce(wanted.units, '{{}}'), coalesce(wanted.sold_out, '{{}}')
    FROM wanted FULL JOIN planned USING (variant_id, warehouse_id)
    JOIN inventory_variant AS v ON v.id = variant_id JOIN inventory_product AS p ON p.id = v.product_id
    WHERE wanted.days IS NOT NULL OR planned.variant_id IS NOT NULL AND v.is_active
    ORDER BY variant_id, warehouse_id
"""
_FROM_TO, _AMONG = "d.variant_id BETWEEN %(from)s AND %(to)s", "d.variant_id = ANY(%(among)s)"

# Which SKUs have how many series at most, in the order of their keys.
_WANTED = """
    SELECT variant_id, count(DISTINCT warehouse_id)::int FROM (
        SELECT DISTINCT variant_id, warehouse_id FROM analytics_dailydemand WHERE day BETWEEN %s AND %s AND units > 0
        UNION ALL
        SELECT variant_id, warehouse_id FROM inventory_reorderpolicy WHERE is_enabled
    ) AS known GROUP BY variant_id ORDER BY variant_id
"""


@dataclass(frozen=True, slots=True)
class Series:
    """One SKU in one warehouse: units by day, and on which of the days it was sold out.

    `since` is the day of the window from which on it could be wanted, of what never was; of the others the first sale tells.
    """

    variant_id: int
    warehouse_id: int
    product_id: int
    category_id: int
    price: float
    since: int | None
    units: list[float]
    sold_out: list[bool]


@dataclass(frozen=True, slots=True)
class Calendar:
    """Days of a window and as many coming ones as were asked for. Whether a coming day is closed is not known."""

    first: date
    last: date
    closed: list[bool]
    holiday: list[bool]
    promoted: Promoted

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


def calendar(*, first: date, last: date, ahead: int) -> Calendar:
    """Closed are days on which nobody ordered anything, once somebody had."""
    traded = set(DailyDemand.objects.filter(day__range=(first, last), lines__gt=0).values_list("day", flat=True).distinct())
    opened = min(traded, default=last)
    off = holidays.between(first, last + timedelta(days=ahead), "en")
    return Calendar(
        first,
        last,
        [day not in traded and day >= opened for day in closing.days(first, last)],
        [day in off for day in closing.days(first, last + timedelta(days=ahead))],
        promoted_days.between(first=first, last=last + timedelta(days=ahead)),
    )


def wanted(*, first: date, last: date) -> list[tuple[int, int]]:
    """Which SKUs were wanted in these days, or are planned for, and in how many warehouses."""
    with connection.cursor() as cursor:
        cursor.execute(_WANTED, [first, last])
        return list(cursor.fetchall())


def series(*, first: date, last: date, variants: tuple[int, int]) -> list[Series]:
    """Of the SKUs from one key to another all that were wanted in these days, or are planned for, whole in memory."""
    return _read(_FROM_TO, first, last, {"from": variants[0], "to": variants[1]})


def sample(*, first: date, last: date, variants: Sequence[int]) -> list[Series]:
    """The same of some SKUs."""
    return _read(_AMONG, first, last, {"among": list(variants)})


def _read(chosen: str, first: date, last: date, given: dict[str, Any]) -> list[Series]:
    days = (last - first).days + 1
    asked = {"first": first, "last": last, "zone": shop.zone().key, "sold_out": SOLD_OUT_FROM, **given}
    with connection.cursor() as cursor:
        cursor.execute(_SERIES.format(chosen=chosen), asked)
        return [
            Series(
                variant, warehouse, product, category, price, None if since is None else min(max(since, 0), days),
                _spread(days, on, units), _marked(days, out),
            )
            for variant, warehouse, product, category, price, since, on, units, out in cursor.fetchall()
        ]  # fmt: skip


def _spread(days: int, on: Iterable[int], units: Iterable[int]) -> list[float]:
    row = [0.0] * days
    for day, count in zip(on, units, strict=True):
        row[day] = float(count)
    return row


def _marked(days: int, on: Iterable[int]) -> list[bool]:
    row = [False] * days
    for day in on:
        row[day] = True
    return row


@dataclass(frozen=True, slots=True)
class Past:
    """What one SKU's page shows of each day."""

    day: date
    units: int
    bulk_units: int = 0
    returned_units: int = 0
    promoted_units: int = 0
    sold_out: float = 0.0

    @property
    def is_hidden(self) -> bool:
        return self.sold_out >= SOLD_OUT_FROM


def past(*, variant_id: int, warehouse_id: int, first: date, last: date) -> list[Past]:
    """Every day of the period, also those with nothing to say."""
    rows = DailyDemand.objects.filter(variant_id=variant_id, warehouse_id=warehouse_id, day__range=(first, last))
    told = {
        row.day: Past(
            row.day, row.units, row.bulk_units, row.returned_units, row.promoted_units, float(row.sold_out)
        )
        for row in rows
    }  # fmt: skip
    return [told.get(day) or Past(day, 0) for day in closing.days(first, last)]


@dataclass(frozen=True, slots=True)
class Weeks:
    """Units by week of one category, or of the shop: each week by its Monday."""

    key: int | None
    units: dict[date, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.units.values())


def weeks_by_category(*, first: date, last: date, bulk: bool = True) -> list[Weeks]:
    """Units wanted by week and category, the largest first. With bulk orders it is what was sold."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT
                p.category_id, date_trunc('week', d.day)::date,
                sum(d.units + CASE WHEN %(bulk)s THEN d.bulk_units ELSE 0 END)::int
            FROM analytics_dailydemand AS d
            JOIN inventory_variant AS v ON v.id = d.variant_id JOIN inventory_product AS p ON p.id = v.product_id
            WHERE d.day BETWEEN %(first)s AND %(last)s AND d.units + d.bulk_units > 0 GROUP BY 1, 2
            """,
            {"first": first, "last": last, "bulk": bulk},
        )
        found: dict[int, dict[date, int]] = defaultdict(dict)
        for category, week, units in cursor.fetchall():
            found[category][week] = units
    return sorted((Weeks(key, units) for key, units in found.items()), key=lambda one: (-one.total, one.key or 0))


def total(*, first: date, last: date, variants: Sequence[int] | None = None) -> int:
    rows = DailyDemand.objects.filter(day__range=(first, last))
    if variants is not None:
        rows = rows.filter(variant_id__in=variants)
    return int(rows.aggregate(units=Sum("units"))["units"] or 0)
