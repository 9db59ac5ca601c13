"""What is read to judge what may sell out: stock, what is expected to be asked for, and what is on its way."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import F, Q, QuerySet, Sum

from config.kernel import shop
from inventory import lifecycle
from inventory.locking import Place
from inventory.models import (
    PurchaseOrder,
    PurchaseOrderLine,
    ReorderPolicy,
    ReplenishmentProposal,
    Reservation,
    StockLevel,
    StockRisk,
)
from inventory.queries import expected
from inventory.replenishment import Basis
from inventory.risk import Arrival, Standing

DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What is outstanding on one purchase order that may still come, and when it was promised."""

    number: str
    units: int
    on: date


@dataclass(frozen=True, slots=True)
class Situation:
    """One SKU in one warehouse with all that bears on whether it lasts. `margin` is what one unit not sold costs the shop."""

    standing: Standing
    deliveries: Sequence[Delivery]
    waiting: Mapping[str, int]
    has_supplier: bool
    is_on_sale: bool
    margin: float
    basis: Basis


def situations(*, at: datetime) -> dict[Place, Situation]:
    """By place, wherever a reorder policy is enabled. A fixed number of statements, whatever their number."""
    today = shop.day(at)
    places = expected.by_place(at=at)
    coming, waiting = _on_the_way(today)
    asked = _asked(at)
    stock = {
        (variant, warehouse): on_hand - reserved
        for variant, warehouse, on_hand, reserved in StockLevel.objects.values_list(
            "variant_id", "warehouse_id", "on_hand", "reserved"
        )
    }
    found = {}
    for place, one in places.items():
        deliveries = coming.get(place, [])
        found[place] = Situation(
            standing=Standing(
                available=stock.get(place, 0),
                outlook=one.outlook,
                lead=one.lead,
                arrivals=tuple(Arrival(each.units, (each.on - today).days) for each in deliveries),
                asked_last_day=asked.get(place, 0),
            ),
            deliveries=deliveries,
            waiting=waiting.get(place, {}),
            has_supplier=one.has_supplier,
            is_on_sale=one.is_on_sale,
            margin=one.margin,
            basis=one.basis,
        )
    return found


def _on_the_way(today: date) -> tuple[dict[Place, list[Delivery]], dict[Place, dict[str, int]]]:
    """What has been sent to suppliers, and what waits for approval or to be sent."""
    rows = (
        PurchaseOrderLine.objects.filter(
            received__lt=F("quantity"), purchase_order__state__in=[PurchaseOrder.State.DRAFT, *lifecycle.AWAITED]
        )
        .order_by("purchase_order__expected_on", "pk")
        .values_list(
            "variant_id", "purchase_order__warehouse_id", "purchase_order__number", "purchase_order__state",
            "purchase_order__expected_on", F("quantity") - F("received"),
        )
    )  # fmt: skip
    coming: defaultdict[Place, list[Delivery]] = defaultdict(list)
    waiting: defaultdict[Place, dict[str, int]] = defaultdict(dict)
    for variant, warehouse, number, state, expected_on, units in rows:
        if state in (PurchaseOrder.State.SENT, PurchaseOrder.State.PARTLY_RECEIVED):
            coming[variant, warehouse].append(Delivery(number, units, expected_on or today))
        else:
            waiting[variant, warehouse][number] = units
    return coming, waiting


def _asked(at: datetime) -> dict[Place, int]:
    """Units that customers ordered in the last 24 hours and did not give back."""
    rows = (
        Reservation.objects.filter(reserved_at__gt=at - DAY, reserved_at__lte=at)
        .values_list("variant_id", "warehouse_id")
        .annotate(units=Sum(F("quantity") - F("released")))
        .order_by()
    )
    return {(variant, warehouse): units for variant, warehouse, units in rows}


def standing(*, at: datetime) -> QuerySet[StockRisk]:
    """Open risks that nobody has set aside, those that cost most first."""
    aside = Q(set_aside_until__isnull=False, set_aside_until__gt=at)
    open_ones = StockRisk.objects.filter(over_at__isnull=True).exclude(aside)
    return open_ones.select_related("variant__product", "warehouse").order_by("-expected_loss", "-id")


def proposal_of(row: StockRisk) -> ReplenishmentProposal | None:
    """What is proposed to buy against it."""
    rows = ReplenishmentProposal.objects.filter(
        variant=row.variant_id, warehouse=row.warehouse_id, state=ReplenishmentProposal.State.OPEN
    )
    return rows.select_related("offer__supplier").defer("explanation").first()


def policy_of(row: StockRisk) -> ReorderPolicy | None:
    return ReorderPolicy.objects.filter(variant=row.variant_id, warehouse=row.warehouse_id).first()


@dataclass(frozen=True)
class Kept:
    """How the warnings of a time ended."""

    over: int
    sold_out: int


def kept(*, since: datetime, until: datetime) -> Kept:
    over = StockRisk.objects.filter(over_at__gte=since, over_at__lt=until)
    return Kept(over.count(), over.filter(sold_out_at__isnull=False).count())
