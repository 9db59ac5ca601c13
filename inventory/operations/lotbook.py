"""The book of lots: what lies of each lot at a place, written in the transaction of the ledger and under the lock of its level.

Where a SKU tracks lots, the units of its lots add up to what lies there, and every movement says of which lots it is. Lots
are read under the lock of any one of their levels; whoever changes what a lot is (`operations/lots.py`) holds all levels of
its SKU.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from config.kernel import shop
from config.kernel.errors import Conflict, Invalid
from config.kernel.models import User
from inventory import lots as rule
from inventory.lots import Batch, Standing, Terms
from inventory.models import Lot, LotEntry, LotLevel, PurchaseOrderLine, Reservation, StockLevel, StockMovement

# The document that holds what is expired or blocked: a reservation like any other, so that nobody else promises it.
HELD = "LOTS"
LONGEST_CODE = 40
# In days. A date further away is a slip, or stands for goods that never expire.
LONGEST_LIFE = 36_500
# Lots of units of which nobody knows where they belong: counting by lot sorts them, nothing else frees them.
UNSORTED = (Lot.Origin.FOUND, Lot.Origin.RETURNED)


class LotsUnnamed(Invalid):
    """The SKU tracks lots, and it was not said of which lots the units are; `details` names the SKU."""

    code = "lots_unnamed"


class LotInvalid(Invalid):
    """A lot, its date or its units do not make sense; `details` names the field, and the SKU and lot where there is one."""

    code = "lot_invalid"


class LotShort(Conflict):
    """Fewer units of the lot lie there than shall leave."""

    code = "lot_short"


@dataclass(frozen=True)
class LotUnits:
    """Units of one lot, as somebody tells them. Without a date, the lot's own or that of the SKU's shelf life."""

    code: str
    quantity: int
    expires_on: date | None = None


@dataclass(frozen=True)
class LotChange:
    """What a change of a level does to one lot there: `held` units of it are no longer, or newly, held back."""

    stock: LotLevel
    quantity: int
    held: int = 0


def at_levels(levels: Iterable[StockLevel]) -> dict[int, list[LotLevel]]:
    """The lots that lie at these locked levels, by level; levels that track none are left out."""
    found: dict[int, list[LotLevel]] = {one.pk: [] for one in levels if one.tracks_lots}
    if found:
        for stock in LotLevel.objects.filter(level__in=found, quantity__gt=0).select_related("lot__variant").order_by("lot_id"):
            found[stock.level_id].append(stock)
    return found


def batches(stocks: Iterable[LotLevel]) -> list[Batch]:
    return [
        Batch(one.lot_id, one.lot.expires_on, one.quantity, one.held, Standing(one.standing)) for one in stocks if one.quantity
    ]


def terms(lot: Lot) -> Terms:
    return Terms(lot.expires_on, lot.variant.sell_until_days, lot.is_blocked)


def taken(level: StockLevel, stocks: Sequence[LotLevel], units: int, *, sellable_only: bool = False) -> list[LotChange]:
    """First expired, first out: the lots that `units` leave from. What is held back stays."""
    if not level.tracks_lots:
        return []
    picked = rule.pick(batches(stocks), units, sellable_only=sellable_only)
    _require_enough(level, picked, units)
    return [LotChange(one, -picked[one.lot_id]) for one in stocks if one.lot_id in picked]


def lost(level: StockLevel, stocks: Sequence[LotLevel], units: int) -> list[LotChange]:
    """The lots that are thought to be short where a count found `units` fewer and nobody says of which lot."""
    short = rule.missing(batches(stocks), units)
    _require_enough(level, short, units)
    return [
        LotChange(one, -units, -max(units - (one.quantity - one.held), 0))
        for one in stocks
        if (units := short.get(one.lot_id, 0))
    ]


def _require_enough(level: StockLevel, found: Mapping[int, int], units: int) -> None:
    if sum(found.values()) != units:
        raise LotShort(
            _("The lots have changed meanwhile. Look once more."), details={"level": level.pk, "found": sum(found.values())}
        )


def out_of(stock: LotLevel, units: int) -> LotChange:
    """Takes units of one lot that somebody named, first those that are held back: they were promised to nobody."""
    if stock.quantity < units:
        raise LotShort(
            _("Only %(there)s units of lot %(lot)s lie there.") % {"there": f"{stock.quantity:,}", "lot": stock.lot.code},
            details={"field": "lot", "lot": stock.lot.code, "quantity": stock.quantity},
        )
    return LotChange(stock, -units, -min(stock.held, units))


def into(stock: LotLevel, units: int) -> LotChange:
    """Puts units into a lot. Of one that is not sold they are held back at once."""
    return LotChange(stock, units, 0 if stock.standing == Standing.SELLABLE else units)


def named(
    level: StockLevel,
    told: Sequence[LotUnits],
    *,
    at: datetime,
    line: PurchaseOrderLine | None = None,
) -> list[LotChange]:
    """Puts units into the lots that a delivery names; lots that are new are made. The level is locked."""
    if not told:
        return []
    if not level.tracks_lots:
        raise LotInvalid(
            _("%(sku)s tracks lots no longer.") % {"sku": level.variant.sku},
            details={"field": "lots", "sku": level.variant.sku},
        )
    lots = ensured(level, told, at=at, line=line)
    for code, lot in lots.items():
        _require_unexpired(lot.variant.sku, code, lot.expires_on, shop.day(at))
    stocks = opened(level, lots.values(), at=at)
    return [into(stocks[lots[one.code].pk], one.quantity) for one in told]


def ensured(
    level: StockLevel, told: Sequence[LotUnits], *, at: datetime, line: PurchaseOrderLine | None = None
) -> dict[str, Lot]:
    """The lots of these codes, made where they are new. A new one needs a date, its own or by the shelf life of its SKU."""
    variant_id = level.variant_id
    wanted = {one.code: one for one in told}
    known = set(Lot.objects.filter(variant=variant_id, code__in=wanted).values_list("code", flat=True))
    dates = {code: one.expires_on or _by_shelf_life(level, at) for code, one in wanted.items() if code not in known}
    if undated := sorted(code for code, day in dates.items() if day is None):
        raise LotInvalid(
            _("Say when lot %(lot)s of %(sku)s expires.") % {"lot": undated[0], "sku": level.variant.sku},
            details={"field": "lots", "sku": level.variant.sku, "lot": undated[0]},
        )
    for code, day in dates.items():
        require_code(code, field="lots")
        require_date(code, day, today=shop.day(at), field="lots")
    # In one order, whoever else makes the same lots at the same moment in another warehouse.
    Lot.objects.bulk_create(
        (
            Lot(
                variant_id=variant_id, code=code, expires_on=day, first_seen_at=at, line=line,
                supplier_id=line.purchase_order.supplier_id if line else None,
            )
            for code, day in sorted(dates.items())
        ),
        ignore_conflicts=True,
    )  # fmt: skip
    lots = {one.code: one for one in Lot.objects.filter(variant=variant_id, code__in=wanted).select_related("variant")}
    for code, one in wanted.items():
        known_day = lots[code].expires_on
        if one.expires_on is not None and known_day != one.expires_on:
            raise LotInvalid(
                _("Lot %(lot)s of %(sku)s expires on %(known)s, not on %(told)s.")
                % {
                    "lot": code, "sku": lots[code].variant.sku, "told": one.expires_on.isoformat(),
                    "known": known_day.isoformat() if known_day else _("no date"),
                },
                details={"field": "lots", "sku": lots[code].variant.sku, "lot": code},
            )  # fmt: skip
    return lots


def _by_shelf_life(level: StockLevel, at: datetime) -> date | None:
    days = level.variant.shelf_life_days
    return None if days is None else shop.day(at) + timedelta(days=days)


def unsorted(level: StockLevel, origin: Lot.Origin, *, at: datetime) -> LotLevel:
    """The lot for units of which nobody knows where they belong. It is blocked: they are sold once they are counted by lot."""
    Lot.objects.bulk_create(
        [Lot(variant_id=level.variant_id, code=origin.value, origin=origin, first_seen_at=at, blocked_at=at)],
        ignore_conflicts=True,
    )
    lot = Lot.objects.select_related("variant").get(variant=level.variant_id, code=origin.value)
    return opened(level, [lot], at=at)[lot.pk]


def opened(level: StockLevel, lots: Iterable[Lot], *, at: datetime) -> dict[int, LotLevel]:
    """Their rows at this locked level; missing ones are made, empty. By lot."""
    wanted = {one.pk: one for one in lots}
    today = shop.day(at)
    found = {one.lot_id: one for one in LotLevel.objects.filter(level=level, lot__in=wanted)}
    made = LotLevel.objects.bulk_create(
        LotLevel(lot=lot, level=level, standing=terms(lot).standing(today).value)
        for pk, lot in sorted(wanted.items())
        if pk not in found
    )
    found |= {one.lot_id: one for one in made}
    for pk, stock in found.items():
        stock.lot = wanted[pk]
        if not stock.quantity:
            # Nothing lay there, so nobody looked at it as its days passed.
            stock.standing = terms(stock.lot).standing(today).value
    return found


_SHIFT = """
    UPDATE inventory_lotlevel AS stock
    SET quantity = stock.quantity + change.quantity, held = stock.held + change.held, standing = change.standing
    FROM unnest((SELECT %s::bigint[]), (SELECT %s::int[]), (SELECT %s::int[]), (SELECT %s::text[]))
        AS change (id, quantity, held, standing)
    WHERE stock.id = change.id
      AND stock.held + change.held BETWEEN 0 AND stock.quantity + change.quantity
"""


def shift(changes: Sequence[LotChange]) -> None:
    """Applies the changes to their lots, guarded as the levels are; the rows in memory follow."""
    if not changes:
        return
    columns = (
        [one.stock.pk for one in changes],
        [one.quantity for one in changes],
        [one.held for one in changes],
        [one.stock.standing for one in changes],
    )
    with connection.cursor() as cursor:
        cursor.execute(_SHIFT, columns)
        applied = cursor.rowcount
    if applied != len(changes):
        raise LotShort(_("The lots have changed meanwhile. Look once more."), details={"applied": applied})
    for one in changes:
        one.stock.quantity += one.quantity
        one.stock.held += one.held


def require_sensible(sku: str, told: Sequence[LotUnits], units: int, *, today: date) -> None:
    """Each lot once, in units that add up to what came, none of them expired already."""
    for one in told:
        if not one.code or len(one.code) > LONGEST_CODE:
            raise LotInvalid(
                _("A lot of %(sku)s has a code of at most %(most)s characters.") % {"sku": sku, "most": LONGEST_CODE},
                details={"field": "lots", "sku": sku},
            )
        if one.quantity < 1:
            raise LotInvalid(
                _("A lot of %(sku)s has at least one unit: %(lot)s.") % {"sku": sku, "lot": one.code},
                details={"field": "lots", "sku": sku, "lot": one.code},
            )
        require_code(one.code, field="lots")
        _require_unexpired(sku, one.code, one.expires_on, today)
    if len({one.code for one in told}) != len(told):
        raise LotInvalid(_("Name each lot of %(sku)s once.") % {"sku": sku}, details={"field": "lots", "sku": sku})
    if (found := sum(one.quantity for one in told)) != units:
        raise LotInvalid(
            _("The lots of %(sku)s come to %(lots)s units, not to %(units)s.") % {"sku": sku, "lots": found, "units": units},
            details={"field": "lots", "sku": sku, "lots": found, "units": units},
        )


def require_code(code: str, *, field: str) -> None:
    """Nobody calls a lot by the name of those that are unknown."""
    if code in UNSORTED:
        raise LotInvalid(
            _("%(lot)s is what goods of an unknown lot are called. Choose another name.") % {"lot": code},
            details={"field": field, "lot": code},
        )


def require_date(code: str, day: date | None, *, today: date, field: str) -> None:
    if day is not None and abs((day - today).days) > LONGEST_LIFE:
        raise LotInvalid(
            _("Lot %(lot)s cannot expire on %(day)s: that is more than %(most)s days away.")
            % {"lot": code, "most": f"{LONGEST_LIFE:,}", "day": day.isoformat()},
            details={"field": field, "lot": code},
        )


def _require_unexpired(sku: str, code: str, expires_on: date | None, today: date) -> None:
    if expires_on is not None and expires_on < today:
        raise LotInvalid(
            _("Lot %(lot)s of %(sku)s has expired already. Note it as damaged: it does not go on the shelf.")
            % {"sku": sku, "lot": code},
            details={"field": "lots", "sku": sku, "lot": code},
        )


def require_named(level: StockLevel, units: int, changes: Sequence[LotChange]) -> None:
    """Where lots are tracked, the lots of a change are all of it."""
    if level.tracks_lots and sum(one.quantity for one in changes) != units:
        raise LotsUnnamed(
            _("%(sku)s tracks lots: say of which lots the units are.") % {"sku": level.variant.sku},
            details={"field": "lots", "sku": level.variant.sku},
        )


def write(movements: Sequence[StockMovement], changes: Mapping[tuple[int, int], Sequence[LotChange]], *, at: datetime) -> None:
    """One entry for each lot of each movement; `changes` by place."""
    rows = [
        LotEntry(lot_id=one.stock.lot_id, level_id=one.stock.level_id, movement=movement, quantity=one.quantity, occurred_at=at,
                 actor=movement.actor)
        for movement in movements
        for one in changes[movement.variant_id, movement.warehouse_id]
        if one.quantity
    ]  # fmt: skip
    LotEntry.objects.bulk_create(rows)


def expect(level: StockLevel, changes: Sequence[LotChange], *, at: datetime) -> None:
    """Notes at the level when the first of these lots may be sold no longer, if that is sooner than what is noted."""
    today = shop.day(at)
    days = [day for one in changes if one.quantity > 0 and (day := terms(one.stock.lot).changes_on(today))]
    if days and (level.lots_due_on is None or min(days) < level.lots_due_on):
        level.lots_due_on = min(days)
        StockLevel.objects.filter(pk=level.pk).update(lots_due_on=level.lots_due_on)


def write_between(changes: Sequence[LotChange], *, reason: str, actor: User | None, at: datetime) -> None:
    """From lots to others at the same place, which is no movement: the changes, applied already, add up to nothing."""
    LotEntry.objects.bulk_create(
        LotEntry(
            lot_id=one.stock.lot_id, level_id=one.stock.level_id, quantity=one.quantity, reason=reason, actor=actor,
            occurred_at=at,
        )
        for one in changes
        if one.quantity
    )  # fmt: skip


def hold(level: StockLevel, units: int, *, gone: bool, at: datetime) -> None:
    """Keeps the reservation of what is held back in step: `units` more or, below zero, fewer: they are `gone`, or free."""
    if not units:
        return
    row = held_by_lots(level)
    if row is None:
        Reservation.objects.create(
            document_kind=HELD, document_number=str(level.pk), variant_id=level.variant_id, warehouse_id=level.warehouse_id,
            quantity=units, reserved_at=at,
        )  # fmt: skip
        return
    if units > 0:
        row.quantity += units
    elif gone:
        row.consumed -= units
    else:
        row.released -= units
    if row.held == 0:
        row.state = Reservation.State.CONSUMED if gone else Reservation.State.RELEASED
    row.save(update_fields=["quantity", "consumed", "released", "state"])


def held_by_lots(level: StockLevel) -> Reservation | None:
    return Reservation.objects.filter(
        document_kind=HELD, variant=level.variant_id, warehouse=level.warehouse_id, state=Reservation.State.ACTIVE
    ).first()


def of_documents(kind: str, numbers: Iterable[str], variants: Collection[int]) -> dict[int, dict[int, int]]:
    """Units by lot that the movements of these documents brought (or, below zero, took), by SKU."""
    rows = (
        LotEntry.objects.filter(
            movement__document_kind=kind, movement__document_number__in=list(numbers), movement__variant__in=variants
        )
        .values_list("movement__variant", "lot")
        .annotate(units=Sum("quantity"))
        .order_by()
    )
    found: defaultdict[int, dict[int, int]] = defaultdict(dict)
    for variant, lot, units in rows:
        found[variant][lot] = units
    return found


def by_expiry(lot_ids: Iterable[int]) -> list[Lot]:
    lots = Lot.objects.filter(pk__in=list(lot_ids)).select_related("variant")
    return sorted(lots, key=lambda one: (one.expires_on or date.max, one.pk))
