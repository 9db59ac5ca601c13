"""Corrections of stock by people: adjust, write off, take back; and the audit that recounts the balances.

Each posts to the ledger with a document of its own. Where less lies than was believed, the newest reservations give way.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from config.kernel.errors import Conflict, Invalid, Missing, Stale
from config.kernel.models import User
from inventory import locking, lots, numbering
from inventory.locking import Place
from inventory.models import Lot, StockLevel, StockMovement, StockRepair, Variant, Warehouse, WriteOffCause
from inventory.operations import ledger, lotbook, reservations
from inventory.operations.ledger import Change, Document, InsufficientStock
from inventory.operations.lotbook import LotChange
from inventory.queries import corrected, drift
from inventory.queries.drift import Difference

# More units than any shelf holds: a slip of the keyboard, not a quantity.
MOST_UNITS = 10_000_000
LONGEST_REASON = 200


class ReasonMissing(Invalid):
    """Stock is corrected by hand only with a reason."""

    code = "reason_missing"


class ReasonTooLong(Invalid):
    code = "reason_too_long"


class CorrectionBeyondLimit(Conflict):
    """The correction is worth more than whoever may correct decides on alone."""

    code = "correction_beyond_limit"
    status = 403


class UnknownPlace(Missing):
    """There is no such SKU or warehouse."""

    code = "unknown_place"


class StockMoved(Stale):
    """Units came or left since the page that asks was shown; `details` says what was seen there, and what lies there now."""

    code = "stock_moved"


@transaction.atomic
def adjust(
    *,
    variant_id: int,
    warehouse_id: int,
    quantity: int,
    reason: str,
    actor: User | None,
    at: datetime,
    expected: int | None = None,
    limit: Decimal | None = None,
    lot: str = "",
) -> StockMovement:
    """Corrects what lies there by `quantity`, signed. Taking what is reserved releases the newest reservations.

    `expected` is what lay there when somebody decided on it: two who saw the same miscount do not both correct it. `limit` is
    what all of a day's corrections of the SKU by this person may come to at cost. Where the SKU tracks lots, `lot` is the code
    of the one that is corrected.
    """
    if quantity == 0:
        raise reservations.QuantityInvalid(_("An adjustment changes the quantity."), details={"field": "quantity"})
    kind = StockMovement.Kind.ADJUSTMENT
    return _correct(
        kind, numbering.ADJUSTMENT, (variant_id, warehouse_id), quantity, reason, actor, at, expected, limit, lot=lot
    )  # fmt: skip


@transaction.atomic
def write_off(
    *,
    variant_id: int,
    warehouse_id: int,
    quantity: int,
    reason: str,
    actor: User | None,
    at: datetime,
    expected: int | None = None,
    limit: Decimal | None = None,
    cause: WriteOffCause | None = None,
    lot: str = "",
) -> StockMovement:
    """Takes lost, broken or expired units off the shelf. Taking what is reserved releases the newest reservations.

    `cause` is from the closed list that the report of losses sums up by. `expected`, `limit` and `lot` are as in `adjust`.
    """
    _require_units(quantity)
    kind = StockMovement.Kind.WRITE_OFF
    return _correct(
        kind, numbering.WRITE_OFF, (variant_id, warehouse_id), -quantity, reason, actor, at, expected, limit, cause, lot
    )


def _correct(
    kind: StockMovement.Kind,
    prefix: str,
    place: Place,
    quantity: int,
    reason: str,
    actor: User | None,
    at: datetime,
    expected: int | None,
    limit: Decimal | None,
    cause: WriteOffCause | None = None,
    lot: str = "",
) -> StockMovement:
    reason = _required(reason)
    _require_units(abs(quantity))
    _require_known([place])
    level = locking.lock_levels([place])[place]
    _require_expected(level, expected)
    require_within(limit, {place: quantity}, actor, at)
    if level.on_hand + quantity < 0:
        raise _too_few({place: -quantity}, {place: level.on_hand})
    changes = _of_lot(level, quantity, lot, at)
    freed = sum(one.held for one in changes)
    reservations.lose({place: level}, {place: level.on_hand + quantity - freed}, at=at)
    document = Document(kind.value, numbering.document_number(prefix, at))
    # What is lost is lost at what it cost then.
    cost = Variant.objects.values_list("cost", flat=True).get(pk=place[0]) if kind == StockMovement.Kind.WRITE_OFF else None
    (movement,) = ledger.post(
        kind=kind, document=document, changes=[Change(level, on_hand=quantity, unit_cost=cost, lots=changes)], actor=actor,
        at=at, reason=reason, cause=cause or "",
    )  # fmt: skip
    if changes:
        reservations.hold_lots([StockLevel.objects.get(pk=level.pk)], at=at, today=None)
    ledger.announce(at=at)
    return movement


def _of_lot(level: StockLevel, quantity: int, code: str, at: datetime) -> list[LotChange]:
    """The one lot that a correction names, where lots are tracked."""
    if not level.tracks_lots:
        return []
    if not code:
        lotbook.require_named(level, quantity, ())
    lot = Lot.objects.filter(variant=level.variant_id, code=code, levels__level=level).select_related("variant").first()
    if lot is None:
        raise UnknownPlace(
            _("No lot %(lot)s of it ever lay there. Count by lot to name a new one.") % {"lot": code},
            details={"field": "lot", "lot": code},
        )
    row = lotbook.opened(level, [lot], at=at)[lot.pk]
    return [lotbook.into(row, quantity) if quantity > 0 else lotbook.out_of(row, -quantity)]


@transaction.atomic
def take_back(
    *,
    document: Document,
    items: Mapping[Place, int],
    actor: User | None,
    at: datetime,
    parcels: Iterable[str] = (),
    earlier: Iterable[str] = (),
) -> list[StockMovement]:
    """Puts units that customers sent back on the shelf again. `items` is units by (variant id, warehouse id).

    Units of lots go back to the lots that left in `parcels` and have not come back in `earlier` returns, the first to expire
    first. They are read only where lots are tracked. What was sent from no lot goes to one that is blocked until it is sorted.
    """
    for quantity in items.values():
        _require_units(quantity)
    if not items:
        return []
    _require_known(items)
    levels = locking.lock_levels(items)
    with_lots = {place: units for place, units in items.items() if levels[place].tracks_lots}
    back = _back_to_lots(levels, with_lots, parcels, earlier, at) if with_lots else {}
    changes = [Change(levels[place], on_hand=quantity, lots=back.get(place, ())) for place, quantity in items.items()]
    movements = ledger.post(kind=StockMovement.Kind.RETURN, document=document, changes=changes, actor=actor, at=at)
    ledger.announce(at=at)
    return movements


def _back_to_lots(
    levels: Mapping[Place, StockLevel], items: Mapping[Place, int], parcels: Iterable[str], earlier: Iterable[str], at: datetime
) -> dict[Place, list[LotChange]]:
    variants = {variant for variant, _warehouse in items}
    sent = lotbook.of_documents("SHIPMENT", parcels, variants)
    came = lotbook.of_documents("RETURN", earlier, variants)
    found = {}
    # In one order: lots of unknown goods are made here, in another warehouse perhaps at the same moment.
    for place, units in sorted(items.items()):
        out = {lot: -gone - came.get(place[0], {}).get(lot, 0) for lot, gone in sent.get(place[0], {}).items()}
        known = lotbook.by_expiry(out)
        shares = lots.returned(out, [one.pk for one in known], units)
        stocks = lotbook.opened(levels[place], [one for one in known if one.pk in shares], at=at)
        found[place] = [lotbook.into(stocks[lot], part) for lot, part in shares.items()]
        if rest := units - sum(shares.values()):
            found[place].append(lotbook.into(lotbook.unsorted(levels[place], Lot.Origin.RETURNED, at=at), rest))
    return found


@dataclass(frozen=True)
class Audited:
    """What the audit found, and which of it was put right; the rest needs a person."""

    differences: tuple[Difference, ...]
    repaired: tuple[Difference, ...] = ()


def audit(*, at: datetime, repair: bool = False, actor: User | None = None) -> Audited:
    """Recounts every level from the ledger and the reservations and names each difference.

    The ledger is the truth: a repair moves the balance, never the ledger, each place in a transaction of its own and counted
    again under its lock, and on record with the one who asked for it. Where the ledger itself is below zero there is no
    balance to move to.
    """
    found = tuple(drift.differences())
    if not repair:
        return Audited(found)
    return Audited(found, tuple(one for one in found if _repair(one, actor, at)))


@transaction.atomic
def _repair(difference: Difference, actor: User | None, at: datetime) -> bool:
    place = (difference.variant_id, difference.warehouse_id)
    level = locking.lock_levels([place])[place]
    now = next(iter(drift.differences(place=place)), None)
    if now is None or now.moved < 0:
        return False
    # First the balance of the reservations, within what either figure allows; then what lies there decides who gives way.
    ledger.shift([Change(level, on_hand=max(now.moved, now.held) - now.on_hand, reserved=now.held - now.reserved)])
    level.on_hand, level.reserved = max(now.moved, now.held), now.held
    reservations.lose({place: level}, {place: now.moved}, at=at)
    ledger.shift([Change(level, on_hand=now.moved - level.on_hand)])
    StockRepair.objects.create(
        variant_id=level.variant_id,
        warehouse_id=level.warehouse_id,
        on_hand_before=now.on_hand,
        on_hand_after=now.moved,
        reserved_before=now.reserved,
        reserved_after=level.reserved,
        actor=actor,
        repaired_at=at,
    )
    return True


def _required(reason: str) -> str:
    reason = reason.strip()
    if not reason:
        raise ReasonMissing(_("Say why the stock is corrected."), details={"field": "reason"})
    if len(reason) > LONGEST_REASON:
        raise ReasonTooLong(
            _("A reason has at most %(most)s characters.") % {"most": LONGEST_REASON}, details={"field": "reason"}
        )
    return reason


def _require_units(quantity: int) -> None:
    if not 1 <= quantity <= MOST_UNITS:
        raise reservations.QuantityInvalid(
            _("A quantity lies between 1 and %(most)s.") % {"most": MOST_UNITS},
            details={"field": "quantity", "quantity": quantity},
        )


def _require_known(places: Mapping[Place, int] | Sequence[Place]) -> None:
    variants, warehouses = {variant for variant, _w in places}, {warehouse for _v, warehouse in places}
    known_variants = set(Variant.objects.filter(pk__in=variants).values_list("pk", flat=True))
    known_warehouses = set(Warehouse.objects.filter(pk__in=warehouses).values_list("pk", flat=True))
    if variants - known_variants or warehouses - known_warehouses:
        raise UnknownPlace(
            _("There is no such SKU or warehouse."),
            details={"variants": sorted(variants - known_variants), "warehouses": sorted(warehouses - known_warehouses)},
        )


def _require_expected(level: StockLevel, expected: int | None) -> None:
    if expected is not None and level.on_hand != expected:
        raise StockMoved(
            _("Units have come or left since you opened the page: %(before)s lay there, now it is %(now)s. Look once more.")
            % {"before": expected, "now": level.on_hand},
            details={"expected": expected, "on_hand": level.on_hand},
        )


def require_within(limit: Decimal | None, units: Mapping[Place, int], actor: User | None, at: datetime) -> None:
    """Judged under the lock of the level, so that two pages at once do not each stay below it."""
    if limit is None:
        return
    costs = dict(Variant.objects.filter(pk__in={variant for variant, _w in units}).values_list("pk", "cost"))
    before = corrected.today(actor=actor, variant_ids=costs, at=at)
    if corrected.worth(before=before, now=units, costs=costs) > limit:
        raise CorrectionBeyondLimit(
            _(
                "With what you have corrected of this SKU today, it is worth more than you may decide on alone. "
                "Count the SKU: somebody else approves what differs."
            )
            if before
            else _(
                "The correction is worth more than you may decide on alone. Count the SKU: somebody else approves what differs."
            )
        )


def _too_few(wanted: Mapping[Place, int], available: Mapping[Place, int]) -> InsufficientStock:
    skus = _skus(wanted)
    lines = [
        {"sku": skus[place[0]], "requested": quantity, "available": available[place]} for place, quantity in wanted.items()
    ]
    return InsufficientStock(
        _("Only %(available)s units of %(sku)s can be taken.") % {"available": lines[0]["available"], "sku": lines[0]["sku"]},
        details={"lines": lines},
    )


def _skus(places: Mapping[Place, int]) -> dict[int, str]:
    return dict(Variant.objects.filter(pk__in={variant for variant, _w in places}).values_list("pk", "sku"))
