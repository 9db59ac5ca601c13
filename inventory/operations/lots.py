"""Decisions about lots: which SKUs track them, which lots are blocked, what a count by lot finds, what is written off.

Whoever changes what a lot is, or whether there are lots, holds the levels of the SKU in every warehouse, which are made where
they are missing. So whoever holds one of them knows all there is to know of its lots.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from config.kernel import rounds, shop
from config.kernel.errors import Conflict, Invalid, Missing
from config.kernel.models import User
from inventory import locking, numbering
from inventory.locking import Place
from inventory.models import Lot, LotEvent, LotLevel, StockLevel, StockMovement, Variant, Warehouse, WriteOffCause
from inventory.operations import ledger, lotbook, reservations, stock
from inventory.operations.ledger import Change, Document
from inventory.operations.lotbook import LotInvalid, LotUnits
from inventory.operations.stock import LONGEST_REASON, MOST_UNITS, StockMoved

Origin = Lot.Origin
LONGEST_LIFE = lotbook.LONGEST_LIFE


class UnknownLot(Missing):
    code = "unknown_lot"


class LotTermsInvalid(Invalid):
    """The terms by which a SKU tracks lots do not make sense; `details` names the field."""

    code = "lot_terms_invalid"


class LotDecided(Conflict):
    """The lot is blocked already, or free already, or cannot be freed by hand."""

    code = "lot_decided"


class StillThere(Conflict):
    """Units lie there, so their lots cannot be forgotten."""

    code = "still_there"


@transaction.atomic
def track(
    *,
    variant_id: int,
    shelf_life_days: int | None,
    sell_until_days: int,
    opening: str = "",
    opening_expires_on: date | None = None,
    reason: str,
    actor: User | None,
    at: datetime,
) -> Variant:
    """The SKU tracks lots from now on, or by other terms than before.

    What lies there when it begins becomes the lot `opening` in every warehouse; a count by lot may tell it apart later.
    """
    reason = _required(reason)
    _require_terms(shelf_life_days, sell_until_days)
    levels = _locked_everywhere(variant_id)
    variant = Variant.objects.get(pk=variant_id)
    begins = not variant.tracks_lots
    variant.tracks_lots, variant.shelf_life_days, variant.sell_until_days = True, shelf_life_days, sell_until_days
    variant.save(update_fields=["tracks_lots", "shelf_life_days", "sell_until_days"])
    if begins:
        StockLevel.objects.filter(pk__in=[one.pk for one in levels]).update(tracks_lots=True)
        for level in levels:
            level.tracks_lots = True
        _begin(variant, [one for one in levels if one.on_hand], opening.strip(), opening_expires_on, reason, actor, at)
    reservations.hold_lots(levels, at=at, today=shop.day(at))
    return variant


def _begin(
    variant: Variant,
    levels: Sequence[StockLevel],
    code: str,
    expires_on: date | None,
    reason: str,
    actor: User | None,
    at: datetime,
) -> None:
    if not levels:
        return
    if not code or len(code) > lotbook.LONGEST_CODE:
        raise LotTermsInvalid(
            _("Units of it lie there: name the lot that they are, in at most %(most)s characters.")
            % {"most": lotbook.LONGEST_CODE},
            details={"field": "opening"},
        )
    lotbook.require_code(code, field="opening")
    lotbook.require_date(code, expires_on, today=shop.day(at), field="opening_expires_on")
    lot, is_new = Lot.objects.get_or_create(
        variant=variant, code=code, defaults={"expires_on": expires_on, "origin": Origin.OPENING, "first_seen_at": at}
    )
    if not is_new and lot.expires_on != expires_on:
        raise LotTermsInvalid(
            _("Lot %(lot)s is known with another date.") % {"lot": code}, details={"field": "opening", "lot": code}
        )
    changes = []
    for level in levels:
        there = lotbook.opened(level, [lot], at=at)[lot.pk]
        # As if it were sold; what may not be is held back afterwards, where the newest promises give way.
        there.standing = LotLevel.Standing.SELLABLE
        changes.append(lotbook.LotChange(there, level.on_hand))
    lotbook.shift(changes)
    lotbook.write_between(changes, reason=reason, actor=actor, at=at)


@transaction.atomic
def untrack(*, variant_id: int, actor: User | None, at: datetime) -> Variant:
    """The SKU tracks lots no longer. Only while nothing of it lies anywhere; what its lots were stays on record."""
    levels = _locked_everywhere(variant_id)
    if any(one.on_hand for one in levels):
        raise StillThere(_("Units of it still lie there with their lots. Once none do, it may stop tracking lots."))
    StockLevel.objects.filter(pk__in=[one.pk for one in levels]).update(tracks_lots=False, lots_due_on=None)
    Variant.objects.filter(pk=variant_id).update(tracks_lots=False)
    return Variant.objects.get(pk=variant_id)


@transaction.atomic
def block(*, lot_id: int, reason: str, actor: User | None, at: datetime) -> Lot:
    """Nothing of the lot is promised or leaves any more, in no warehouse. Promises that it alone could keep give way."""
    reason = _required(reason)
    lot, levels = _locked(lot_id)
    if lot.is_blocked:
        raise LotDecided(_("Lot %(lot)s is blocked already.") % {"lot": lot.code}, details={"lot": lot.code})
    lot.blocked_at, lot.blocked_by, lot.block_reason = at, actor, reason
    return _decided(lot, levels, LotEvent.Kind.BLOCKED, reason, actor, at)


@transaction.atomic
def free(*, lot_id: int, reason: str, actor: User | None, at: datetime) -> Lot:
    """Takes a block back: the lot is sold again as far as its date allows. Promises that gave way are not made again."""
    reason = _required(reason)
    lot, levels = _locked(lot_id)
    if lot.origin in lotbook.UNSORTED:
        raise LotDecided(_("Nobody knows of which lot these units are. Count by lot to sort them."), details={"lot": lot.code})
    if not lot.is_blocked:
        raise LotDecided(_("Lot %(lot)s is not blocked.") % {"lot": lot.code}, details={"lot": lot.code})
    lot.blocked_at, lot.blocked_by, lot.block_reason = None, None, ""
    return _decided(lot, levels, LotEvent.Kind.FREED, reason, actor, at)


@transaction.atomic
def correct_date(*, lot_id: int, expires_on: date, reason: str, actor: User | None, at: datetime) -> Lot:
    """The date was read or typed wrongly. What follows from it follows at once."""
    reason = _required(reason)
    lot, levels = _locked(lot_id)
    if lot.expires_on == expires_on:
        raise LotInvalid(_("That is the date it has."), details={"field": "expires_on"})
    lotbook.require_date(lot.code, expires_on, today=shop.day(at), field="expires_on")
    told = f"{lot.expires_on or '-'} → {expires_on}: {reason}"[:LONGEST_REASON]
    lot.expires_on = expires_on
    return _decided(lot, levels, LotEvent.Kind.DATED, told, actor, at)


def _decided(lot: Lot, levels: Sequence[StockLevel], kind: LotEvent.Kind, reason: str, actor: User | None, at: datetime) -> Lot:
    lot.save(update_fields=["expires_on", "blocked_at", "blocked_by", "block_reason"])
    LotEvent.objects.create(lot=lot, kind=kind, reason=reason, actor=actor, occurred_at=at)
    reservations.hold_lots(levels, at=at, today=shop.day(at))
    return lot


@transaction.atomic
def count(
    *,
    variant_id: int,
    warehouse_id: int,
    found: Sequence[LotUnits],
    reason: str,
    actor: User | None,
    at: datetime,
    expected: int | None = None,
    limit: Decimal | None = None,
) -> StockMovement | None:
    """What was found of each lot at one place, every lot that lies there named: 0 where none is left.

    What the lots differ in is told of each; what they differ in together corrects the ledger, by one adjustment. `expected` is
    what lay there in all when the count began: where units came or left since, it is refused. `limit` is as in `stock.adjust`.
    Answers the movement, if any.
    """
    reason = _required(reason)
    place = (variant_id, warehouse_id)
    level = locking.lock_known([place]).get(place)
    if level is None or not level.tracks_lots:
        raise LotInvalid(_("This SKU tracks no lots here."), details={"field": "sku"})
    if expected is not None and level.on_hand != expected:
        raise StockMoved(
            _("Units have come or left since you opened the page: %(before)s lay there, now it is %(now)s. Look once more.")
            % {"before": expected, "now": level.on_hand},
            details={"expected": expected, "on_hand": level.on_hand},
        )
    reservations.settle_lots([level], at=at)
    changes = _differences(level, found, at)
    if not any(one.quantity for one in changes):
        return None
    difference = sum(one.quantity for one in changes)
    stock.require_within(limit, {place: difference}, actor, at)
    freed = sum(one.held for one in changes)
    reservations.lose({place: level}, {place: level.on_hand + difference - freed}, at=at)
    movements = ledger.post(
        kind=StockMovement.Kind.ADJUSTMENT,
        document=Document("ADJUSTMENT", numbering.document_number(numbering.ADJUSTMENT, at)),
        changes=[Change(level, on_hand=difference, lots=changes)],
        actor=actor,
        at=at,
        reason=reason,
    )
    if not movements:
        lotbook.write_between(changes, reason=reason, actor=actor, at=at)
    reservations.hold_lots([StockLevel.objects.get(pk=level.pk)], at=at, today=shop.day(at))
    ledger.announce(at=at)
    return movements[0] if movements else None


def _differences(level: StockLevel, found: Sequence[LotUnits], at: datetime) -> list[lotbook.LotChange]:
    counted = {one.code.strip(): one.quantity for one in found}
    if len(counted) != len(found) or not all(counted) or any(len(code) > lotbook.LONGEST_CODE for code in counted):
        raise LotInvalid(_("Name each lot once, by its code."), details={"field": "lots"})
    if any(not 0 <= units <= MOST_UNITS for units in counted.values()):
        raise LotInvalid(_("A counted quantity is not negative."), details={"field": "lots"})
    there = {one.lot.code: one for one in lotbook.at_levels([level])[level.pk]}
    if unnamed := sorted(code for code, one in there.items() if one.quantity and code not in counted):
        raise LotInvalid(
            _("Say how many are left of lot %(lot)s, 0 where there are none.") % {"lot": unnamed[0]},
            details={"field": "lots", "lots": unnamed},
        )
    named = [LotUnits(one.code.strip(), one.quantity, one.expires_on) for one in found if one.quantity]
    lots = lotbook.ensured(level, named, at=at)
    there |= {one.lot.code: one for one in lotbook.opened(level, [lots[one.code] for one in named], at=at).values()}
    changes = []
    for code, units in counted.items():
        if code in there and (difference := units - there[code].quantity):
            row = there[code]
            changes.append(lotbook.into(row, difference) if difference > 0 else lotbook.out_of(row, -difference))
    return changes


@transaction.atomic
def write_off(
    *, lot_id: int, reason: str, actor: User | None, at: datetime, limit: Decimal | None = None
) -> list[StockMovement]:
    """Takes what is held back of the lot off the shelf, in every warehouse: it expired, or is not to be sold again.

    `limit` is as in `stock.adjust`, for all warehouses together.
    """
    reason = _required(reason)
    lot, levels = _locked(lot_id)
    reservations.settle_lots(levels, at=at)
    stocks = lotbook.at_levels(levels)
    held = {
        (level.variant_id, level.warehouse_id): one.held
        for level in levels
        for one in stocks.get(level.pk, ())
        if one.lot_id == lot.pk and one.held
    }
    if not held:
        raise LotDecided(_("Nothing of lot %(lot)s is held back.") % {"lot": lot.code}, details={"lot": lot.code})
    stock.require_within(limit, {place: -units for place, units in held.items()}, actor, at)
    last = lotbook.terms(lot).last_sale_on
    is_too_old = last is not None and last < shop.day(at)
    cause = WriteOffCause.EXPIRED if is_too_old else WriteOffCause.BROKEN
    return [
        stock.write_off(
            variant_id=variant, warehouse_id=warehouse, quantity=units, reason=reason, cause=cause, lot=lot.code,
            actor=actor, at=at,
        )
        for (variant, warehouse), units in held.items()
    ]  # fmt: skip


@dataclass(frozen=True)
class Settled:
    """At how many places something is held back since today, and how many are left to the next round."""

    places: int
    left: int = 0


def settle_due(*, at: datetime, seconds: float = 60) -> Settled:
    """Holds back what may not be sold any more since the day began, each place in a transaction of its own.

    Whoever promises or ships looks by himself first; this is for the figures that people see, and for orders to be told early.
    """
    due = StockLevel.objects.filter(tracks_lots=True, lots_due_on__lte=shop.day(at)).order_by("pk")
    places: list[Place] = list(due.values_list("variant_id", "warehouse_id"))

    def settle(place: Place) -> bool:
        return bool(reservations.settle_lots(locking.lock_known([place]).values(), at=at))

    done = rounds.go(dict.fromkeys(places), settle, seconds=seconds)
    return Settled(done.done, len(done.left) + len(done.stuck))


def _locked(lot_id: int) -> tuple[Lot, list[StockLevel]]:
    """The lot as it is while every level of its SKU is held."""
    variant_id = Lot.objects.filter(pk=lot_id).values_list("variant", flat=True).first()
    if variant_id is None:
        raise UnknownLot(_("There is no such lot."), details={"lot": lot_id})
    levels = _locked_everywhere(variant_id)
    return Lot.objects.select_related("variant").get(pk=lot_id), levels


def _locked_everywhere(variant_id: int) -> list[StockLevel]:
    if not Variant.objects.filter(pk=variant_id).exists():
        raise stock.UnknownPlace(_("There is no such SKU or warehouse."), details={"variants": [variant_id]})
    places = [(variant_id, warehouse) for warehouse in Warehouse.objects.values_list("pk", flat=True)]
    return list(locking.lock_levels(places).values())


def _require_terms(shelf_life_days: int | None, sell_until_days: int) -> None:
    for field, days in (("shelf_life_days", shelf_life_days), ("sell_until_days", sell_until_days)):
        if days is not None and not 0 <= days <= LONGEST_LIFE:
            raise LotTermsInvalid(_("Days lie between 0 and %(most)s.") % {"most": LONGEST_LIFE}, details={"field": field})
    if shelf_life_days is not None and sell_until_days >= shelf_life_days:
        raise LotTermsInvalid(
            _("With so many days left at the last sale, goods could never be sold."), details={"field": "sell_until_days"}
        )


def _required(reason: str) -> str:
    reason = " ".join(reason.split())
    if not reason or len(reason) > LONGEST_REASON:
        raise LotInvalid(_("Say why, in at most %(most)s characters.") % {"most": LONGEST_REASON}, details={"field": "reason"})
    return reason
