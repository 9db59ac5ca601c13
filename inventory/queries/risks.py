"""What is read to judge what may sell out: stock, what is expected to be asked for, and what is on its way."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import F, Q, QuerySet, Sum

from config.kernel import shop
from inventory.locking import Place
from inventory.models import ReorderPolicy, ReplenishmentProposal, Reservation, StockLevel, StockRisk
from inventory.queries import expected, incoming
from inventory.queries.incoming import Delivery
from inventory.replenishment import Basis
from inventory.risk import Arrival, Standing

DAY = timedelta(hours=24)


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
    """What suppliers and other warehouses have sent or been told to send, and what waits for approval or to be sent."""
    coming: defaultdict[Place, list[Delivery]] = defaultdict(list)
    waiting: defaultdict[Place, dict[str, int]] = defaultdict(dict)
    for one in incoming.deliveries(today=today):
        if one.is_coming:
            coming[one.place].append(one)
        else:
            waiting[one.place][one.number] = one.units
    return coming, waiting


def _asked(at: datetime) -> dict[Place, int]:
    """Units that customers ordered in the last 24 hours and did not give back."""
    rows = (
        Reservation.objects.filter(reserved_at__gt=at - DAY, reserved_at__lte=at)
        .exclude(document_kind="LOTS")  # held back because it expired or is blocked: nobody asked for it
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
