"""What the goods on the shelves are worth, before tax: now, and at the end of any business day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection
from django.db.models import DecimalField, F, QuerySet, Sum, Value
from django.db.models.functions import Coalesce

from config.kernel import shop
from config.kernel.business_time import day_period
from inventory.models import Warehouse
from inventory.queries import costs, shelves

_AMOUNT: DecimalField = DecimalField(max_digits=24, decimal_places=4)  # type: ignore[type-arg]


def warehouses() -> QuerySet[Warehouse]:
    """Every warehouse with the `units` that lie there and their `value` at cost. One query."""
    worth = Sum(F("levels__on_hand") * costs.now("levels__variant"), output_field=_AMOUNT)
    return Warehouse.objects.annotate(
        units=Coalesce(Sum("levels__on_hand"), 0), value=Coalesce(worth, Value(0), output_field=_AMOUNT)
    )


@dataclass(frozen=True, slots=True)
class Valued:
    """One SKU in one warehouse, or between two of them. `unit_cost` is what it cost then; zero where nobody knows."""

    variant_id: int
    sku: str
    name: str
    category_id: int
    warehouse_id: int | None
    units: int
    unit_cost: Decimal
    is_known: bool

    @property
    def value(self) -> Decimal:
        return self.units * self.unit_cost


# What a unit is valued at then: the moving average as it was last before that day closed. Without any: what the first change of
# the price after that day changed it from; without that, what it costs now.
_COSTS = """
    changed AS (
        SELECT DISTINCT ON (variant_id) variant_id, before FROM inventory_pricechange
        WHERE kind = 'COST' AND occurred_at >= %(end)s ORDER BY variant_id, id
    )
"""
_COST = """
    LEFT JOIN changed ON changed.variant_id = variant.id
    LEFT JOIN LATERAL (
        SELECT entry.average FROM inventory_costentry AS entry
        WHERE entry.variant_id = variant.id AND entry.occurred_at < %(end)s ORDER BY entry.id DESC LIMIT 1
    ) AS averaged ON true
    CROSS JOIN LATERAL (SELECT COALESCE(averaged.average, changed.before, variant.cost) AS unit) AS cost
"""
# Counted back from now: the balance less all that moved since. Only what moved after that day is read, by time; the further
# back, the more.
_AT_THE_END_OF = f"""
    WITH since AS (
        SELECT variant_id, warehouse_id, sum(quantity) AS units FROM inventory_stockmovement
        WHERE occurred_at >= %(end)s GROUP BY 1, 2
    ), {_COSTS}
    SELECT variant.id, variant.sku, trim(product.name || ' ' || variant.name), product.category_id, level.warehouse_id,
           (level.on_hand - COALESCE(since.units, 0))::int, cost.unit, cost.unit > 0
    FROM inventory_stocklevel AS level
    JOIN inventory_variant AS variant ON variant.id = level.variant_id
    JOIN inventory_product AS product ON product.id = variant.product_id
    LEFT JOIN since ON since.variant_id = level.variant_id AND since.warehouse_id = level.warehouse_id
    {_COST}
    WHERE level.on_hand <> COALESCE(since.units, 0)
      AND (%(warehouse)s::bigint IS NULL OR level.warehouse_id = %(warehouse)s)
      AND (%(categories)s::bigint[] IS NULL OR product.category_id = ANY(%(categories)s))
    ORDER BY variant.sku, level.warehouse_id
"""  # noqa: S608  of constants only
# What is on its way now, and what has arrived since, less what has left since.
_BETWEEN_AT_THE_END_OF = f"""
    WITH since AS (
        SELECT variant_id, sum(quantity) AS units FROM inventory_stockmovement
        WHERE occurred_at >= %(end)s AND kind IN ('TRANSFER_OUT', 'TRANSFER_IN') GROUP BY 1
    ), moving AS (
        SELECT variant_id, sum(shipped - received - lost) AS units FROM inventory_transferline
        WHERE shipped > received + lost GROUP BY 1
    ), past AS (
        SELECT variant_id, (COALESCE(moving.units, 0) + COALESCE(since.units, 0))::int AS units
        FROM moving FULL JOIN since USING (variant_id)
    ), {_COSTS}
    SELECT variant.id, variant.sku, trim(product.name || ' ' || variant.name), product.category_id, NULL,
           past.units, cost.unit, cost.unit > 0
    FROM past
    JOIN inventory_variant AS variant ON variant.id = past.variant_id
    JOIN inventory_product AS product ON product.id = variant.product_id
    {_COST}
    WHERE past.units > 0 AND (%(categories)s::bigint[] IS NULL OR product.category_id = ANY(%(categories)s))
    ORDER BY variant.sku
"""  # noqa: S608  of constants only


def at_the_end_of(*, day: date, warehouse_id: int | None = None, category_id: int | None = None) -> list[Valued]:
    """What lay there when this business day closed, SKU by SKU and warehouse by warehouse; what lay nowhere is left out.

    Every entry of the ledger is counted on the business day on which it occurred, also where it was written down later.
    """
    return _valued(_AT_THE_END_OF, day, category_id, warehouse_id)


def between_at_the_end_of(*, day: date, category_id: int | None = None) -> list[Valued]:
    """What had left one warehouse and not arrived in the other when this business day closed, SKU by SKU."""
    return _valued(_BETWEEN_AT_THE_END_OF, day, category_id)


def _valued(query: str, day: date, category_id: int | None, warehouse_id: int | None = None) -> list[Valued]:
    told = {
        "end": day_period(day, shop.zone()).ends_at,
        "warehouse": warehouse_id,
        "categories": shelves.below(category_id) if category_id else None,
    }
    with connection.cursor() as cursor:
        cursor.execute(query, told)
        return [Valued(*row) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class Total:
    units: int
    value: Decimal
    without_cost: int


def total(rows: Sequence[Valued]) -> Total:
    return Total(
        sum(one.units for one in rows),
        sum((one.value for one in rows), Decimal(0)),
        sum(one.units for one in rows if not one.is_known),
    )


@dataclass(frozen=True, slots=True)
class Loss:
    """Units written off by one cause in one warehouse, and what they cost then."""

    cause: str
    warehouse_id: int
    entries: int
    units: int
    value: Decimal


_LOSSES = """
    SELECT movement.cause, movement.warehouse_id, count(*), -sum(movement.quantity)::int,
           -sum(movement.quantity * COALESCE(movement.unit_cost, variant.cost))
    FROM inventory_stockmovement AS movement JOIN inventory_variant AS variant ON variant.id = movement.variant_id
    WHERE movement.kind = 'WRITE_OFF' AND movement.occurred_at >= %(first)s AND movement.occurred_at < %(end)s
    GROUP BY 1, 2 ORDER BY 5 DESC, 1, 2
"""


def losses(*, first_on: date, last_on: date) -> list[Loss]:
    """What was written off on these business days, by cause and warehouse, the dearest first."""
    zone = shop.zone()
    told = {"first": day_period(first_on, zone).starts_at, "end": day_period(last_on, zone).ends_at}
    with connection.cursor() as cursor:
        cursor.execute(_LOSSES, told)
        return [Loss(*row) for row in cursor.fetchall()]
