"""The coming weeks of every shelf: what lies there, what comes, what is expected to leave, and when it will not be enough."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection

from inventory import projecting
from inventory.locking import Place
from inventory.projecting import Week
from inventory.queries import expected as outlooks
from inventory.queries import incoming, shelves
from inventory.queries.incoming import Delivery
from inventory.stocking.values import Outlook

WEEKS = 12


@dataclass(frozen=True, slots=True)
class Projected:
    variant_id: int
    sku: str
    name: str
    category_id: int
    warehouse_id: int
    supplier_id: int | None
    weeks: Sequence[Week]
    short_on: date | None


@dataclass(frozen=True, slots=True)
class Load:
    """What the receiving desk of one warehouse expects in one week."""

    warehouse_id: int
    starts_on: date
    orders: int
    lines: int
    units: int


_LEVELS = """
    SELECT variant.id, variant.sku, trim(product.name || ' ' || variant.name), product.category_id, level.warehouse_id,
           offer.supplier_id, level.on_hand, level.reserved
    FROM inventory_stocklevel AS level
    JOIN inventory_variant AS variant ON variant.id = level.variant_id
    JOIN inventory_product AS product ON product.id = variant.product_id
    LEFT JOIN inventory_supplieroffer AS offer ON offer.variant_id = variant.id AND offer.is_preferred
    ORDER BY variant.sku, level.warehouse_id
"""


def projected(
    *,
    today: date,
    weeks: int = WEEKS,
    warehouse_id: int | None = None,
    category_id: int | None = None,
    supplier_id: int | None = None,
) -> list[Projected]:
    """Every place that holds, awaits or is expected to lack something; those that run short first come first."""
    starts = projecting.weeks(today, weeks)
    expected = outlooks.everywhere(as_of=today)
    arrivals: defaultdict[Place, dict[date, int]] = defaultdict(dict)
    for one in _agreed(today):
        days = arrivals[one.place]
        days[one.on] = days.get(one.on, 0) + one.units
    with connection.cursor() as cursor:
        cursor.execute(_LEVELS)
        levels = cursor.fetchall()
    categories = set(shelves.below(category_id)) if category_id else None
    silent = [0.0] * weeks
    memory: dict[Outlook, list[float]] = {}
    found = []
    for variant, sku, name, category, warehouse, supplier, on_hand, reserved in levels:
        if warehouse_id not in (None, warehouse) or supplier_id not in (None, supplier):
            continue
        if categories is not None and category not in categories:
            continue
        place = (variant, warehouse)
        seen = expected.get(place)
        if not on_hand and not arrivals.get(place) and seen is None:
            continue
        if seen is not None and seen not in memory:
            memory[seen] = projecting.expected_by_week(seen, starts)
        demand = silent if seen is None else memory[seen]
        row = projecting.project(
            on_hand=on_hand, reserved=reserved, starts=starts, comes=arrivals.get(place, {}), demand=demand
        )
        found.append(Projected(variant, sku, name, category, warehouse, supplier, row, projecting.first_short(row)))
    return sorted(found, key=lambda one: (one.short_on or date.max, one.sku, one.warehouse_id))


def _agreed(today: date) -> list[Delivery]:
    """Purchases that somebody agreed to, and goods between two warehouses."""
    return [one for one in incoming.deliveries(today=today) if one.is_agreed]


def grouped(rows: Sequence[Projected], by: str) -> dict[Any, list[Week]]:
    """Summed by an attribute of the rows, such as `category_id`."""
    groups: defaultdict[Any, list[Sequence[Week]]] = defaultdict(list)
    for row in rows:
        groups[getattr(row, by)].append(row.weeks)
    return {key: projecting.summed(weeks) for key, weeks in groups.items()}


def receiving_load(*, today: date, weeks: int = WEEKS) -> Mapping[int, list[Load]]:
    """By warehouse, week by week; what is overdue is expected in the first."""
    starts = projecting.weeks(today, weeks)
    end = projecting.week_of(starts[-1]) + timedelta(weeks=1)
    found: defaultdict[int, list[list[Delivery]]] = defaultdict(lambda: [[] for _ in starts])
    for one in _agreed(today):
        if one.on < end:
            found[one.warehouse_id][max(sum(start <= one.on for start in starts) - 1, 0)].append(one)
    return {
        warehouse: [
            Load(warehouse, start, len({one.number for one in week}), len(week), sum(one.units for one in week))
            for start, week in zip(starts, by_week, strict=True)
        ]
        for warehouse, by_week in found.items()
    }
