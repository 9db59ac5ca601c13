"""The one writer of stock levels and movements. Every other operation on stock posts through it, with the levels locked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection
from django.utils.translation import gettext_lazy as _

from config.kernel import outbox, shop
from config.kernel.errors import Conflict
from config.kernel.models import User
from inventory.events import StockChanged
from inventory.models import StockLevel, StockMovement
from inventory.operations import lotbook
from inventory.operations.lotbook import LotChange


class InsufficientStock(Conflict):
    """Fewer units are available than asked for; `details.lines` says of which SKU and how many."""

    code = "insufficient_stock"


@dataclass(frozen=True)
class Document:
    """The voucher behind a change of stock: `kind` from a short list (ORDER, SHIPMENT, RECEIPT ...), `number` unique in it."""

    kind: str
    number: str


@dataclass(frozen=True)
class Change:
    """What one operation does to one locked level. Where it tracks lots, `lots` say of which the units of `on_hand` are."""

    level: StockLevel
    on_hand: int = 0
    reserved: int = 0
    unit_cost: Decimal | None = None
    lots: Sequence[LotChange] = ()

    @property
    def held(self) -> int:
        """How many more units of its lots are held back, as a reservation of their own."""
        return sum(one.held for one in self.lots)


# Subselects hide from the planner how many changes there are: knowing it, it would plan every single execution anew.
_SHIFT = """
    UPDATE inventory_stocklevel AS level
    SET on_hand = level.on_hand + change.on_hand, reserved = level.reserved + change.reserved
    FROM unnest((SELECT %s::bigint[]), (SELECT %s::int[]), (SELECT %s::int[])) AS change (id, on_hand, reserved)
    WHERE level.id = change.id
      AND level.on_hand + change.on_hand >= 0
      AND level.reserved + change.reserved BETWEEN 0 AND level.on_hand + change.on_hand
"""


def shift(changes: Sequence[Change]) -> None:
    """Applies the changes to their levels, guarded: none is applied that would break a promise.

    Raises where the guard held one back, and the transaction of the caller must not go on: the others were applied.
    """
    if not changes:
        return
    columns = (
        [one.level.pk for one in changes],
        [one.on_hand for one in changes],
        [one.reserved + one.held for one in changes],
    )
    with connection.cursor() as cursor:
        cursor.execute(_SHIFT, columns)
        applied = cursor.rowcount
    if applied != len(changes):
        raise InsufficientStock(
            _("The stock has changed meanwhile."), details={"levels": [one.level.pk for one in changes], "applied": applied}
        )


def post(
    *,
    kind: StockMovement.Kind,
    document: Document,
    changes: Sequence[Change],
    actor: User | None,
    at: datetime,
    reason: str = "",
    cause: str = "",
) -> list[StockMovement]:
    """Writes one ledger entry for each change of `on_hand` and applies the changes to their levels.

    `cause` is one of `WriteOffCause`, for write-offs. Entries of SKUs that track lots say of which lots they are.
    """
    for one in changes:
        lotbook.require_named(one.level, one.on_hand, one.lots)
    movements = StockMovement.objects.bulk_create(
        StockMovement(
            variant_id=one.level.variant_id,
            warehouse_id=one.level.warehouse_id,
            kind=kind,
            quantity=one.on_hand,
            document_kind=document.kind,
            document_number=document.number,
            reason=reason,
            cause=cause,
            actor=actor,
            unit_cost=one.unit_cost,
            occurred_at=at,
        )
        for one in changes
        if one.on_hand
    )
    shift(changes)
    _write_lots(movements, changes, at)
    return movements


def _write_lots(movements: Sequence[StockMovement], changes: Sequence[Change], at: datetime) -> None:
    of_lots = [one for one in changes if one.lots]
    if not of_lots:
        return
    lotbook.shift([lot for one in of_lots for lot in one.lots])
    places = {(one.level.variant_id, one.level.warehouse_id): one.lots for one in of_lots}
    moved = [one for one in movements if (one.variant_id, one.warehouse_id) in places]
    lotbook.write(moved, places, at=at)
    for one in of_lots:
        lotbook.hold(one.level, one.held, gone=one.on_hand < 0, at=at)
        lotbook.expect(one.level, one.lots, at=at)


def announce(*, at: datetime) -> None:
    """Tells, once for each operation that posted, that the figures of this business day are stale."""
    day = shop.day(at)
    outbox.record(StockChanged(on=day.isoformat()), at=at)
