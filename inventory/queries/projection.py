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
from inventory.queries import outlook, shelves
from inventory.stocking.values import Outlook

WEEKS = 12
# A purchase order without a day, of a SKU that nobody offers.
USUAL_LEAD_DAYS = 14


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


@dataclass(frozen=True, slots=True)
class Coming:
    """Units on their way to one place, by the day on which they are expected. `order` is the purchase order's key."""

    variant_id: int
    warehouse_id: int
    on: date
    units: int
    order: int


_LEVELS = """
    SELECT variant.id, variant.sku, trim(product.name || ' ' || variant.name), product.category_id, level.warehouse_id,
           offer.supplier_id, level.on_hand, level.reserved
    FROM inventory_stocklevel AS level
    JOIN inventory_variant AS variant ON variant.id = level.variant_id
    JOIN inventory_product AS product ON product.id = variant.product_id
    LEFT JOIN inventory_supplieroffer AS offer ON offer.variant_id = variant.id AND offer.is_preferred
    ORDER BY variant.sku, level.warehouse_id
"""
# Approved and not sent yet has no day: it is expected a lead time from now.
_COMING = """
    SELECT line.variant_id, purchase.warehouse_id,
           COALESCE(purchase.expected_on, %(today)s::date + COALESCE(offer.lead_time_days, %(usual)s)),
           line.quantity - line.received, purchase.id
    FROM inventory_purchaseorderline AS line
    JOIN inventory_purchaseorder AS purchase ON purchase.id = line.purchase_order_id
    LEFT JOIN inventory_supplieroffer AS offer
        ON offer.variant_id = line.variant_id AND offer.supplier_id = purchase.supplier_id
    WHERE line.received < line.quantity AND purchase.state IN ('APPROVED', 'SENT', 'PARTLY_RECEIVED')
"""


def coming(*, today: date) -> list[Coming]:
    """The one door for all that is on its way: outstanding units of purchase orders that somebody agreed to."""
    with connection.cursor() as cursor:
        cursor.execute(_COMING, {"today": today, "usual": USUAL_LEAD_DAYS})
        return [Coming(*row) for row in cursor.fetchall()]


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
    expected = outlook.outlooks(last_on=today - timedelta(days=1))
    arrivals: defaultdict[Place, dict[date, int]] = defaultdict(dict)
    for one in coming(today=today):
        days = arrivals[one.variant_id, one.warehouse_id]
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
    found: defaultdict[int, list[list[Coming]]] = defaultdict(lambda: [[] for _ in starts])
    for one in coming(today=today):
        if one.on < end:
            found[one.warehouse_id][max(sum(start <= one.on for start in starts) - 1, 0)].append(one)
    return {
        warehouse: [
            Load(warehouse, start, len({one.order for one in week}), len(week), sum(one.units for one in week))
            for start, week in zip(starts, by_week, strict=True)
        ]
        for warehouse, by_week in found.items()
    }
