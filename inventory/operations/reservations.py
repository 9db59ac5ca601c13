"""Two stages of stock: reserve, then consume or release. Only consuming moves goods, and only then the ledger hears of it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from config.kernel.errors import Conflict
from config.kernel.models import User
from inventory import locking, sourcing
from inventory.models import Reservation, StockMovement, Variant
from inventory.operations import ledger
from inventory.operations.ledger import Change, Document, InsufficientStock
from inventory.sourcing import Allocation


class NotReserved(Conflict):
    """The document does not hold these units, or holds them no longer."""

    code = "not_reserved"


@transaction.atomic
def reserve(
    *, document: Document, demand: Mapping[int, int], at: datetime, expires_at: datetime | None = None
) -> tuple[Allocation, ...]:
    """Holds `demand` (units by variant id) for the document, all of it or nothing.

    Locks the levels of these SKUs in every serving warehouse until the transaction ends, so it belongs at its end.
    """
    levels = locking.lock_for_sale(demand)
    by_place = {(one.variant_id, one.warehouse_id): one for one in levels}
    preferred = sorted({(one.warehouse.priority, one.warehouse_id) for one in levels})
    plan = sourcing.plan(
        demand, {place: one.available for place, one in by_place.items()}, [warehouse for _, warehouse in preferred]
    )
    if plan.short:
        raise InsufficientStock(_("There is not enough stock."), details={"lines": _short_lines(plan.short, demand)})
    ledger.shift([Change(by_place[one.variant_id, one.warehouse_id], reserved=one.quantity) for one in plan.allocations])
    Reservation.objects.bulk_create(
        Reservation(
            document_kind=document.kind,
            document_number=document.number,
            variant_id=one.variant_id,
            warehouse_id=one.warehouse_id,
            quantity=one.quantity,
            expires_at=expires_at,
            reserved_at=at,
        )
        for one in plan.allocations
    )
    return plan.allocations


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
    items: Mapping[tuple[int, int], int],
    actor: User | None,
    at: datetime,
) -> list[StockMovement]:
    """Ships reserved units: `items` is units by (variant id, warehouse id), `parcel` the shipment that carries them."""
    held = _held(document, items)
    levels = locking.lock_levels(items)
    for place, quantity in items.items():
        reservation = held.get(place)
        if reservation is None or reservation.held < quantity:
            raise NotReserved(
                _("The document does not hold that many units."),
                details={"variant": place[0], "warehouse": place[1], "held": reservation.held if reservation else 0},
            )
        reservation.consumed += quantity
        _settle(reservation, Reservation.State.CONSUMED)
    Reservation.objects.bulk_update(held.values(), ["consumed", "state"])
    changes = [Change(levels[place], on_hand=-quantity, reserved=-quantity) for place, quantity in items.items()]
    return ledger.post(kind=StockMovement.Kind.SHIPMENT, document=parcel, changes=changes, actor=actor, at=at)


@transaction.atomic
def release(
    *, document: Document, items: Mapping[tuple[int, int], int] | None = None, expired: bool = False
) -> dict[tuple[int, int], int]:
    """Gives held units back, all of the document's or just `items`; returns what was given back. Nothing held is no error."""
    held = _held(document, items)
    if not held:
        return {}
    levels = locking.lock_levels(held)
    given: dict[tuple[int, int], int] = {}
    for place, reservation in held.items():
        quantity = reservation.held if items is None else items[place]
        if quantity > reservation.held:
            raise NotReserved(_("The document does not hold that many units."), details={"held": reservation.held})
        reservation.released += quantity
        _settle(reservation, Reservation.State.EXPIRED if expired else Reservation.State.RELEASED)
        given[place] = quantity
    Reservation.objects.bulk_update(held.values(), ["released", "state"])
    ledger.shift([Change(levels[place], reserved=-quantity) for place, quantity in given.items()])
    return given


def _held(document: Document, places: Iterable[tuple[int, int]] | None) -> dict[tuple[int, int], Reservation]:
    """The document's active reservations, locked in key order before any level is."""
    rows = Reservation.objects.filter(
        document_kind=document.kind, document_number=document.number, state=Reservation.State.ACTIVE
    ).order_by("pk").select_for_update(no_key=True)  # fmt: skip
    wanted = None if places is None else set(places)
    return {
        (one.variant_id, one.warehouse_id): one
        for one in rows
        if wanted is None or (one.variant_id, one.warehouse_id) in wanted
    }


def _settle(reservation: Reservation, end: Reservation.State) -> None:
    if reservation.held == 0:
        reservation.state = end


def expire_due(*, at: datetime, but_not: Iterable[str] = (), most: int = 500) -> int:
    """Releases reservations whose time is over, each document in a transaction of its own.

    `but_not` names the kinds of documents that expire in their own app, together with what else hangs on them.
    """
    due = (
        Reservation.objects.filter(state=Reservation.State.ACTIVE, expires_at__lte=at)
        .exclude(document_kind__in=list(but_not))
        .order_by("expires_at", "id")
        .values_list("document_kind", "document_number")[:most]
    )
    documents: defaultdict[tuple[str, str], int] = defaultdict(int)
    for key in due:
        documents[key] += 1
    return sum(bool(release(document=Document(*key), expired=True)) for key in documents)
