"""Two stages of stock: reserve, then consume or release. Only consuming moves goods, and only then the ledger hears of it.

A reservation is written only under the lock of its level, so whoever holds the levels sees its reservations stand still.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from config.kernel import outbox, rounds, shop
from config.kernel.errors import Conflict, Invalid
from config.kernel.models import User
from inventory import locking, lots, sourcing
from inventory.events import ReservationsLost
from inventory.locking import Place
from inventory.models import LotLevel, Reservation, StockLevel, StockMovement, Variant
from inventory.operations import ledger, lotbook
from inventory.operations.ledger import Change, Document, InsufficientStock
from inventory.operations.lotbook import LotChange
from inventory.sourcing import Allocation

# More than a round gets done: what is due beyond waits for the next one.
MOST = 20_000


class NotReserved(Conflict):
    """The document does not hold these units, or holds them no longer."""

    code = "not_reserved"


class QuantityInvalid(Invalid):
    """Units are counted from one; `details` names what was asked for."""

    code = "quantity_invalid"


# A document that holds some units of a SKU already, and reserves more, holds the sum in the same row.
_HOLD = """
    INSERT INTO inventory_reservation AS held (
        document_kind, document_number, variant_id, warehouse_id, quantity, consumed, released, state, expires_at, reserved_at
    )
    SELECT %s, %s, wanted.variant_id, wanted.warehouse_id, wanted.quantity, 0, 0, 'ACTIVE', %s, %s
    FROM jsonb_to_recordset(%s::jsonb) AS wanted (variant_id bigint, warehouse_id bigint, quantity int)
    ON CONFLICT (document_kind, document_number, variant_id, warehouse_id) WHERE state = 'ACTIVE'
    DO UPDATE SET quantity = held.quantity + EXCLUDED.quantity,
                  expires_at = EXCLUDED.expires_at, reserved_at = EXCLUDED.reserved_at
"""


def reserve(
    *, document: Document, demand: Mapping[int, int], at: datetime, expires_at: datetime | None = None
) -> tuple[Allocation, ...]:
    """Holds `demand` (units by variant id) for the document, all of it or nothing.

    Locks the levels of these SKUs in every serving warehouse until the transaction ends, so it belongs at its end. Refuses
    before it writes anything, with what is available of each SKU that is short.
    """
    _require_positive(demand)
    # Three statements, for this is the path of every order: a savepoint would add two and protect nothing, since a refusal
    # comes before the first write.
    with nullcontext() if connection.in_atomic_block else transaction.atomic():
        levels = locking.lock_for_sale(demand)
        settle_lots(levels, at=at)
        by_place = {(one.variant_id, one.warehouse_id): one for one in levels}
        preferred = list(dict.fromkeys(one.warehouse_id for one in levels))
        plan = sourcing.plan(demand, {place: one.available for place, one in by_place.items()}, preferred)
        if plan.short:
            raise InsufficientStock(_("There is not enough stock."), details={"lines": _short_lines(plan.short, demand)})
        ledger.shift([Change(by_place[one.variant_id, one.warehouse_id], reserved=one.quantity) for one in plan.allocations])
        _hold(document, plan.allocations, at, expires_at)
    return plan.allocations


def _hold(document: Document, allocations: Sequence[Allocation], at: datetime, expires_at: datetime | None) -> None:
    wanted = [{"variant_id": one.variant_id, "warehouse_id": one.warehouse_id, "quantity": one.quantity} for one in allocations]
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, [document.kind, document.number, expires_at, at, json.dumps(wanted)])


def _short_lines(short: Mapping[int, int], demand: Mapping[int, int]) -> list[dict[str, object]]:
    skus = dict(Variant.objects.filter(pk__in=short).values_list("pk", "sku"))
    return [
        {"sku": skus.get(pk, ""), "requested": demand[pk], "available": demand[pk] - missing} for pk, missing in short.items()
    ]


@transaction.atomic
def consume(
    *,
    document: Document,
    parcel: Document,
    items: Mapping[Place, int],
    actor: User | None,
    at: datetime,
) -> list[StockMovement]:
    """Ships reserved units: `items` is units by (variant id, warehouse id), `parcel` the shipment that carries them."""
    _require_positive(items)
    levels = locking.lock_known(items)
    settle_lots(levels.values(), at=at)
    held = {_place(one): one for one in _active(document, items)}
    _require_held(held, items)
    for place, quantity in items.items():
        held[place].consumed += quantity
        _settle(held[place], Reservation.State.CONSUMED)
    Reservation.objects.bulk_update([held[place] for place in items], ["consumed", "state"])
    stocks = lotbook.at_levels(levels.values())
    changes = [
        Change(
            levels[place], on_hand=-quantity, reserved=-quantity,
            lots=lotbook.taken(levels[place], stocks.get(levels[place].pk, ()), quantity),
        )
        for place, quantity in items.items()
    ]  # fmt: skip
    movements = ledger.post(kind=StockMovement.Kind.SHIPMENT, document=parcel, changes=changes, actor=actor, at=at)
    ledger.announce(at=at)
    return movements


@transaction.atomic
def release(*, document: Document, items: Mapping[Place, int] | None = None, expired: bool = False) -> dict[Place, int]:
    """Gives held units back and returns them: all of the document's, and nothing held is no error; or just `items`."""
    if items is not None:
        _require_positive(items)
    places = {_place(one) for one in _active(document)} if items is None else set(items)
    if not places:
        return {}
    levels = locking.lock_known(places)
    # Read again: only under the lock of their levels do reservations stand still.
    held = {_place(one): one for one in _active(document, places)}
    if items is None:
        items = {place: one.held for place, one in held.items()}
    _require_held(held, items)
    _give_back(
        {held[place]: quantity for place, quantity in items.items()},
        levels,
        Reservation.State.EXPIRED if expired else Reservation.State.RELEASED,
    )
    _hold_released(levels, held.values())
    return dict(items)


def _require_positive(units: Mapping[int, int] | Mapping[Place, int]) -> None:
    wrong = {str(key): quantity for key, quantity in units.items() if quantity <= 0}
    if wrong:
        raise QuantityInvalid(_("A quantity must be at least 1."), details={"quantities": wrong})


def _require_held(held: Mapping[Place, Reservation], items: Mapping[Place, int]) -> None:
    for place, quantity in items.items():
        here = held[place].held if place in held else 0
        if here < quantity:
            raise NotReserved(
                _("The document does not hold that many units."),
                details={"variant": place[0], "warehouse": place[1], "requested": quantity, "held": here},
            )


def _place(reservation: Reservation) -> Place:
    return reservation.variant_id, reservation.warehouse_id


def _active(document: Document, places: Iterable[Place] | None = None) -> list[Reservation]:
    rows = Reservation.objects.filter(
        document_kind=document.kind, document_number=document.number, state=Reservation.State.ACTIVE
    )
    wanted = None if places is None else set(places)
    return [one for one in rows if wanted is None or _place(one) in wanted]


def _give_back(given: Mapping[Reservation, int], levels: Mapping[Place, StockLevel], end: Reservation.State) -> None:
    """Releases units of these reservations, whose levels are locked."""
    for reservation, quantity in given.items():
        reservation.released += quantity
        _settle(reservation, end)
    Reservation.objects.bulk_update(given, ["released", "state"])
    units: defaultdict[Place, int] = defaultdict(int)
    for reservation, quantity in given.items():
        units[_place(reservation)] += quantity
    ledger.shift([Change(levels[place], reserved=-quantity) for place, quantity in units.items()])


def _settle(reservation: Reservation, end: Reservation.State) -> None:
    if reservation.held == 0:
        reservation.state = end


def lose(levels: Mapping[Place, StockLevel], remaining: Mapping[Place, int], *, at: datetime) -> int:
    """Makes room where less lies (`remaining`) than is reserved: the newest reservations lose their units, and are told of.

    For operations that lower stock, inside their transaction and with the levels locked; it keeps `levels` in step. Returns
    the units lost.
    """
    short = {place: lack for place, left in remaining.items() if (lack := levels[place].reserved - left) > 0}
    if not short:
        return 0
    victims: dict[Reservation, int] = {}
    for one in _newest_first(short):
        units = min(one.held, short[_place(one)])
        if units:
            victims[one] = units
            short[_place(one)] -= units
    _give_back(victims, levels, Reservation.State.RELEASED)
    lost: defaultdict[tuple[str, str, int], int] = defaultdict(int)
    for one, units in victims.items():
        levels[_place(one)].reserved -= units
        lost[one.document_kind, one.document_number, one.variant_id] += units
    outbox.record(*(ReservationsLost(*key, quantity=units) for key, units in lost.items()), at=at)
    return sum(victims.values())


def _newest_first(places: Iterable[Place]) -> QuerySet[Reservation]:
    rows = Reservation.objects.filter(locking.at(places), state=Reservation.State.ACTIVE)
    # What is held back of lots was promised to nobody.
    return rows.exclude(document_kind=lotbook.HELD).order_by("-reserved_at", "-id")


@dataclass(frozen=True)
class Expired:
    """How many documents gave back what they held, how many are `left` to the next round, and which could not."""

    expired: int
    left: int = 0
    stuck: tuple[str, ...] = ()


def expire_due(*, at: datetime, but_not: Iterable[str] = (), most: int = MOST, seconds: float = 30) -> Expired:
    """Releases reservations whose time is over, each document in a transaction of its own, until `seconds` have passed.

    `but_not` names the kinds of documents that expire in their own app, together with what else hangs on them.
    """
    due = (
        Reservation.objects.filter(state=Reservation.State.ACTIVE, expires_at__lte=at)
        .exclude(document_kind__in=list(but_not))
        .order_by("expires_at", "id")
        .values_list("document_kind", "document_number")[:most]
    )
    documents = dict.fromkeys(Document(*key) for key in due)
    done = rounds.go(documents, lambda document: _expire(document, at), seconds=seconds)
    return Expired(done.done, len(done.left), tuple(f"{one.kind} {one.number}" for one in done.stuck))


def _expire(document: Document, at: datetime) -> bool:
    levels = locking.lock_known({_place(one) for one in _active(document)})
    # Asked again under the lock: it may have been prolonged, consumed or released meanwhile.
    due = [one for one in _active(document, levels) if one.expires_at is not None and one.expires_at <= at]
    _give_back({one: one.held for one in due}, levels, Reservation.State.EXPIRED)
    _hold_released(levels, due)
    return bool(due)


def settle_lots(levels: Iterable[StockLevel], *, at: datetime) -> int:
    """Of these locked levels, holds back what may be sold no longer since the day began; answers at how many there was any.

    Whoever promises or ships units asks here first, so nothing that has expired is promised or leaves, whatever the nightly
    job did. Levels without lots, and those at which no date has passed, cost nothing.
    """
    dated = [(one.lots_due_on, one) for one in levels if one.lots_due_on is not None]
    if not dated:
        return 0
    today = shop.day(at)
    due = [one for day, one in dated if day <= today]
    hold_lots(due, at=at, today=today)
    return len(due)


def hold_lots(levels: Iterable[StockLevel], *, at: datetime, today: date | None) -> None:
    """Brings what is held back at these locked levels to what it must be: by the calendar of `today`, or, without one, as the
    lots stand. Where less remains than is promised, the newest reservations give way. It keeps the levels in step.
    """
    for level in levels:
        if level.tracks_lots:
            _hold_lots(level, lotbook.at_levels([level])[level.pk], at, today)


def _hold_lots(level: StockLevel, stocks: Sequence[LotLevel], at: datetime, today: date | None) -> None:
    held = sum(one.held for one in stocks)
    if today is not None:
        for one in stocks:
            one.standing = lotbook.terms(one.lot).standing(today).value
        level.lots_due_on = min(
            (day for one in stocks if one.quantity and (day := lotbook.terms(one.lot).changes_on(today))), default=None
        )
        StockLevel.objects.filter(pk=level.pk).update(lots_due_on=level.lots_due_on)
    wanted = lots.hold(lotbook.batches(stocks), promised=level.reserved - held)
    more = sum(wanted.held.values()) - held
    place = (level.variant_id, level.warehouse_id)
    if wanted.lost:
        lose({place: level}, {place: level.reserved - wanted.lost}, at=at)
        _hold_lots(level, stocks, at, None)
        return
    changes = [LotChange(one, 0, wanted.held.get(one.lot_id, 0) - one.held) for one in stocks]
    lotbook.shift(changes)
    if more:
        ledger.shift([Change(level, reserved=more)])
        lotbook.hold(level, more, gone=False, at=at)
        level.reserved += more


def _hold_released(levels: Mapping[Place, StockLevel], given: Iterable[Reservation]) -> None:
    """What was promised of a lot that is not sold any more is not promised anew."""
    touched = {_place(one): one.reserved_at for one in given if levels[_place(one)].tracks_lots}
    for place, since in touched.items():
        level = StockLevel.objects.get(pk=levels[place].pk)
        hold_lots([level], at=since, today=None)
