"""What moved at a place after a certain moment, told by the ledger's own numbers.

Whoever writes to the ledger holds the lock of the level, from before the entry gets its number until it is committed. So the
numbers at one place rise in the order in which the entries become visible, and "after" is exact, however many write at once.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

# A transaction that posts is never older than this. It bounds how far back an index is read, not what is promised.
LONGEST = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Standing:
    """What lies at a place, and the last entry of the ledger that made it so (0: none within a day)."""

    on_hand: int
    mark: int


@dataclass(frozen=True, slots=True)
class Since:
    """What happened after a mark: the net of units by kind of movement."""

    by_kind: Mapping[str, int]

    @property
    def units(self) -> int:
        return sum(self.by_kind.values())


# One statement, hence one snapshot: the balance and the mark belong together.
_STANDING = """
    SELECT wanted.variant_id, COALESCE(level.on_hand, 0), COALESCE((
        SELECT max(movement.id) FROM inventory_stockmovement AS movement
        WHERE movement.variant_id = wanted.variant_id AND movement.warehouse_id = %(warehouse)s
          AND movement.occurred_at >= %(since)s
    ), 0)
    FROM unnest(%(variants)s::bigint[]) AS wanted (variant_id)
    LEFT JOIN inventory_stocklevel AS level
        ON level.variant_id = wanted.variant_id AND level.warehouse_id = %(warehouse)s
"""
_SINCE = """
    SELECT wanted.variant_id, movement.kind, sum(movement.quantity)::int
    FROM unnest(%(variants)s::bigint[], %(marks)s::bigint[], %(moments)s::timestamptz[]) AS wanted (variant_id, mark, moment)
    JOIN inventory_stockmovement AS movement
        ON movement.variant_id = wanted.variant_id AND movement.warehouse_id = %(warehouse)s
       AND movement.id > wanted.mark AND movement.occurred_at >= wanted.moment
    GROUP BY 1, 2
    ORDER BY 1, 2
"""


def standing(*, warehouse_id: int, variant_ids: Collection[int], at: datetime) -> dict[int, Standing]:
    """By SKU, of this moment."""
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, {"warehouse": warehouse_id, "variants": list(variant_ids), "since": at - LONGEST})
        return {variant: Standing(on_hand, mark) for variant, on_hand, mark in cursor.fetchall()}


def since(*, warehouse_id: int, marks: Mapping[int, tuple[int, datetime]]) -> dict[int, Since]:
    """By SKU, what moved after its mark, which was read at that moment. What did not move is left out."""
    told: dict[str, Any] = {
        "warehouse": warehouse_id,
        "variants": list(marks),
        "marks": [mark for mark, _moment in marks.values()],
        "moments": [moment - LONGEST for _mark, moment in marks.values()],
    }
    found: dict[int, dict[str, int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_SINCE, told)
        for variant, kind, units in cursor.fetchall():
            found.setdefault(variant, {})[kind] = units
    return {variant: Since(by_kind) for variant, by_kind in found.items()}
