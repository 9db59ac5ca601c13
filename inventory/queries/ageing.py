"""Goods that lie too long, or too many of them: how old, how much beyond what is expected, and what might be done."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db import connection

from config.kernel import shop
from inventory import ageing
from inventory.ageing import Facts, Suggestion
from inventory.locking import Place
from inventory.models import ExcessDismissal, Warehouse
from inventory.projecting import expected_over
from inventory.queries import expected, incoming, shelves

COVER_DAYS = 90


@dataclass(frozen=True, slots=True)
class Aged:
    """One SKU in one warehouse. `value` and `excess_value` are at today's unit cost."""

    variant_id: int
    sku: str
    name: str
    category_id: int
    warehouse_id: int
    on_hand: int
    reserved: int
    unit_cost: Decimal
    buckets: Sequence[int]
    mean_age: int | None
    youngest_days: int | None
    last_receipt_days: int | None
    per_day: float
    expected: float
    excess: int
    incoming: int
    suggestion: Suggestion | None
    # What the neediest other warehouse lacks.
    lacking: int = 0
    dismissed: str = ""

    @property
    def value(self) -> Decimal:
        return self.on_hand * self.unit_cost

    @property
    def excess_value(self) -> Decimal:
        return self.excess * self.unit_cost


# The newest arrivals of a place until they cover what lies there; the others are gone, first in, first out. An adjustment is
# an arrival only where it opened the books.
_LYING = """
    WITH arrival AS (
        SELECT movement.variant_id, movement.warehouse_id, movement.occurred_at, movement.quantity, movement.kind,
               level.on_hand, sum(movement.quantity) OVER (
                   PARTITION BY movement.variant_id, movement.warehouse_id
                   ORDER BY movement.occurred_at DESC, movement.id DESC
               ) - movement.quantity AS newer
        FROM inventory_stockmovement AS movement
        JOIN inventory_stocklevel AS level
            ON level.variant_id = movement.variant_id AND level.warehouse_id = movement.warehouse_id
        WHERE movement.quantity > 0 AND level.on_hand > 0
          AND (movement.kind IN ('RECEIPT', 'TRANSFER_IN') OR movement.kind = 'ADJUSTMENT' AND document_kind = 'OPENING')
    )
    SELECT variant_id, warehouse_id,
           array_agg((occurred_at AT TIME ZONE %(zone)s)::date ORDER BY occurred_at DESC),
           array_agg(quantity ORDER BY occurred_at DESC),
           (max(occurred_at) FILTER (WHERE kind = 'RECEIPT') AT TIME ZONE %(zone)s)::date
    FROM arrival WHERE newer < on_hand GROUP BY 1, 2
"""
_LEVELS = """
    SELECT variant.id, variant.sku, trim(product.name || ' ' || variant.name), product.category_id, level.warehouse_id,
           level.on_hand, level.reserved, variant.cost
    FROM inventory_stocklevel AS level
    JOIN inventory_variant AS variant ON variant.id = level.variant_id
    JOIN inventory_product AS product ON product.id = variant.product_id
"""


class _Level(NamedTuple):
    variant: int
    sku: str
    name: str
    category: int
    warehouse: int
    on_hand: int
    reserved: int
    cost: Decimal


class _Arrival(NamedTuple):
    """When what lies there came, the newest first, and when the supplier delivered last."""

    layers: Sequence[tuple[date, int]] = ()
    last_receipt: date | None = None


def aged(*, today: date, days: int = COVER_DAYS, warehouse_id: int | None = None, category_id: int | None = None) -> list[Aged]:
    """All that lies there, what ties up most value beyond the expected demand of `days` first.

    The other warehouses are always looked at: what is too much here may be lacking there.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LEVELS)
        levels = [_Level(*row) for row in cursor.fetchall()]
        cursor.execute(_LYING, {"zone": shop.zone().key})
        arrivals = {
            (variant, warehouse): _Arrival(list(zip(moments, units, strict=True)), last)
            for variant, warehouse, moments, units, last in cursor.fetchall()
        }
    coming = incoming.agreed()
    wanted = {place: expected_over(one, 0, days) for place, one in expected.everywhere(as_of=today).items()}
    elsewhere = _lacking(levels, coming, wanted)
    decided = _dismissals()
    categories = set(shelves.below(category_id)) if category_id else None
    found = []
    for level in levels:
        if level.on_hand <= 0 or warehouse_id not in (None, level.warehouse):
            continue
        if categories is not None and level.category not in categories:
            continue
        place = (level.variant, level.warehouse)
        found.append(
            _aged(
                level, arrivals.get(place, _Arrival()), coming.get(place, 0), wanted.get(place, 0.0),
                elsewhere.get(level.variant, {}), decided.get(place), today, days,
            )
        )  # fmt: skip
    return sorted(found, key=lambda one: (-one.excess_value, -one.value, one.sku, one.warehouse_id))


def _aged(
    level: _Level,
    arrival: _Arrival,
    incoming: int,
    expected: float,
    elsewhere: Mapping[int, int],
    earlier: ExcessDismissal | None,
    today: date,
    days: int,
) -> Aged:
    lying = ageing.layers(level.on_hand, arrival.layers)
    youngest = lying[0].came_on if lying else None
    beyond = ageing.excess(on_hand=level.on_hand, reserved=level.reserved, expected=expected)
    others = {place: units for place, units in elsewhere.items() if place != level.warehouse}
    neediest = max(others, key=lambda place: others[place], default=None)
    facts = Facts(
        on_hand=level.on_hand, reserved=level.reserved, excess=beyond, per_day=expected / days, incoming=incoming,
        lacking=others[neediest] if neediest is not None else 0, lacking_warehouse=neediest,
        youngest_days=(today - youngest).days if youngest else None,
        last_receipt_days=(today - arrival.last_receipt).days if arrival.last_receipt else None,
    )  # fmt: skip
    suggestion = ageing.suggest(facts)
    stands = bool(earlier and suggestion and ageing.is_dismissed(suggestion, action=earlier.action, units=earlier.units))
    return Aged(
        level.variant, level.sku, level.name, level.category, level.warehouse, level.on_hand, level.reserved, level.cost,
        ageing.buckets(lying, today), ageing.mean_age(lying, today), facts.youngest_days, facts.last_receipt_days,
        facts.per_day, expected, beyond, incoming, suggestion, facts.lacking, earlier.reason if earlier and stands else "",
    )  # fmt: skip


def _lacking(
    levels: Sequence[_Level], coming: Mapping[Place, int], expected_there: Mapping[Place, float]
) -> Mapping[int, Mapping[int, int]]:
    """By SKU, what each warehouse that serves orders will lack; also one where nothing lies and something is expected."""
    there = {(one.variant, one.warehouse): one for one in levels}
    serving = set(Warehouse.objects.filter(is_active=True).values_list("pk", flat=True))
    found: defaultdict[int, dict[int, int]] = defaultdict(dict)
    for place, wanted in expected_there.items():
        level = there.get(place)
        lack = ageing.lacks(
            on_hand=level.on_hand if level else 0, reserved=level.reserved if level else 0, incoming=coming.get(place, 0),
            expected=wanted,
        )  # fmt: skip
        if lack and place[1] in serving:
            found[place[0]][place[1]] = lack
    return found


def _dismissals() -> dict[Place, ExcessDismissal]:
    """The last decision about each place."""
    latest = ExcessDismissal.objects.order_by("variant_id", "warehouse_id", "-id").distinct("variant_id", "warehouse_id")
    return {(one.variant_id, one.warehouse_id): one for one in latest}


def one(*, variant_id: int, warehouse_id: int, today: date, days: int = COVER_DAYS) -> Aged | None:
    """What is told of a single place, by the same rule."""
    rows = aged(today=today, days=days, warehouse_id=warehouse_id)
    return next((row for row in rows if row.variant_id == variant_id), None)
