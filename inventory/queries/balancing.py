"""What the balancing has to weigh tonight: goods, where they lie, what is expected of them, and the ways between warehouses."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from statistics import pvariance

from django.db.models import F, Q

from inventory import lifecycle
from inventory.balancing.values import Goods, Site, Way
from inventory.locking import Place
from inventory.models import (
    Lane,
    PurchaseOrder,
    PurchaseOrderLine,
    ReorderPolicy,
    SupplierOffer,
    TransferLine,
    TransferOrder,
    TransferProposal,
)
from inventory.queries import demand, expected, terms, transfers
from inventory.queries.transfers import IN_TRANSIT
from inventory.replenishment import FEW_DAYS, LONG_WINDOW_DAYS, Demand, days_that_count
from inventory.stocking.values import Outlook

# Goods do not travel to and fro: after a move, so many days pass before one the other way.
HYSTERESIS = timedelta(days=14)
# Beyond its supplier's lead time a shortage is bought away; so many days more are looked at, within these bounds.
BEYOND_LEAD_DAYS = 7
SHORTEST, LONGEST, USUAL = 14, 56, 28

Arrivals = defaultdict[Place, list[tuple[int, int]]]


@dataclass(frozen=True)
class Situation:
    """`goods` and `ways` are what the rules weigh. `lanes` by key, `reserved` and `on_hand` are kept for the explanation."""

    goods: list[Goods]
    ways: list[Way]
    lanes: Mapping[int, Lane]
    costs: Mapping[int, Decimal]


def situation(*, as_of: date, at: datetime) -> Situation:
    """From demand of the days before `as_of` and the stock of this moment. Nine queries, whatever the number of SKUs.

    Only places with an enabled reorder policy take part: elsewhere nobody has said that the SKU shall lie there.
    """
    lanes = {lane.pk: lane for lane in Lane.objects.filter(is_active=True).order_by("pk")}
    warehouses = {key for lane in lanes.values() for key in (lane.from_warehouse_id, lane.to_warehouse_id)}
    policies = list(
        ReorderPolicy.objects.filter(is_enabled=True, warehouse_id__in=warehouses)
        .filter(variant__is_active=True, variant__product__is_active=True)
        .select_related("variant__product")
        .order_by("variant_id", "warehouse_id")
    )
    by_variant: defaultdict[int, list[ReorderPolicy]] = defaultdict(list)
    for policy in policies:
        by_variant[policy.variant_id].append(policy)
    for alone in [key for key, places in by_variant.items() if len(places) < 2]:
        del by_variant[alone]
    if not by_variant:
        return Situation([], [_way(lane) for lane in lanes.values()], lanes, {})
    chosen = [policy for places in by_variant.values() for policy in places]
    books = demand.recorded(last_on=as_of - timedelta(days=1), policies=[policy.pk for policy in chosen])
    told = outlooks(chosen, books, as_of)
    lead_times = dict(SupplierOffer.objects.filter(is_preferred=True).values_list("variant_id", "lead_time_days"))
    arrivals, leaving = _under_way(as_of, lead_times)
    blocked = _blocked(lanes, at)
    goods, costs = [], {}
    for variant_id, places in by_variant.items():
        variant = places[0].variant
        sites = {}
        for policy in places:
            position, place = books[policy.pk].position, (variant_id, policy.warehouse_id)
            free = max(position.on_hand - position.reserved - leaving.get(place, 0), 0)
            coming = tuple(sorted(arrivals.get(place, ())))
            most = policy.maximum_stock
            room = None if most is None else max(most - free - sum(units for _day, units in coming), 0)
            sites[policy.warehouse_id] = Site(free, told[place], coming, keep=policy.minimum_stock, room=room)
        lead = lead_times.get(variant_id)
        horizon = USUAL if lead is None else min(max(lead + BEYOND_LEAD_DAYS, SHORTEST), LONGEST)
        goods.append(
            Goods(variant_id, terms.margin(variant, variant.cost), horizon, sites, frozenset(blocked.get(variant_id, ())))
        )
        costs[variant_id] = variant.cost
    return Situation(goods, [_way(lane) for lane in lanes.values()], lanes, costs)


def outlooks(policies: Iterable[ReorderPolicy], books: Mapping[int, demand.Recorded], as_of: date) -> dict[Place, Outlook]:
    """What is expected to be asked for: as fresh advice says, else the mean of the days that tell about demand."""
    ordered, advice = list(policies), expected.advised(as_of=as_of)
    empty = [one.pk for one in ordered if not days_that_count(books[one.pk].demand)]
    longer = demand.recorded(last_on=as_of - timedelta(days=1), policies=empty, days=LONG_WINDOW_DAYS) if empty else {}
    places = {(one.variant_id, one.warehouse_id): longer.get(one.pk, books[one.pk]).demand for one in ordered}
    return {place: advice.get(place) or _outlook(recorded) for place, recorded in places.items()}


def _outlook(recorded: Demand) -> Outlook:
    counted = days_that_count(recorded)
    mean = round(sum(counted) / max(len(counted), FEW_DAYS), 4)
    scattered = pvariance(counted) / mean if mean and len(counted) >= FEW_DAYS else 1.0
    return Outlook((mean,), round(max(scattered, 1.0), 4))


def _way(lane: Lane) -> Way:
    return Way(
        key=lane.pk,
        source=lane.from_warehouse_id,
        target=lane.to_warehouse_id,
        days=lane.days,
        unit_cost=float(lane.cost_per_unit),
        shipment_cost=float(lane.cost_per_shipment),
        lot=lane.lot,
        most=lane.most_units,
        cover_days=lane.cover_days,
    )


def _under_way(as_of: date, lead_times: Mapping[int, int]) -> tuple[Arrivals, dict[Place, int]]:
    """What will arrive where, by days from now, and what drafts of transfers will take from where.

    What is overdue is awaited tomorrow. Purchases without a day arrive after the lead time, transfers after their lane's days.
    """
    arrivals: Arrivals = defaultdict(list)
    leaving: defaultdict[Place, int] = defaultdict(int)
    bought = PurchaseOrderLine.objects.filter(
        received__lt=F("quantity"), purchase_order__state__in=(PurchaseOrder.State.DRAFT, *lifecycle.AWAITED)
    )
    columns = ("variant_id", "purchase_order__warehouse_id", "purchase_order__expected_on", "quantity", "received")
    for variant, warehouse, expected_on, quantity, received in bought.values_list(*columns):
        days = (expected_on - as_of).days if expected_on else lead_times.get(variant, USUAL)
        arrivals[variant, warehouse].append((max(days, 1), quantity - received))
    moving = transfers.moving().annotate(units=IN_TRANSIT)
    for variant, warehouse, expected_on, units in moving.values_list(
        "variant_id", "transfer__to_warehouse_id", "transfer__expected_on", "units"
    ):
        arrivals[variant, warehouse].append((max((expected_on - as_of).days, 1) if expected_on else 1, units))
    for variant, source, target, units in _promised():
        leaving[variant, source] += units
        arrivals[variant, target].append((1, units))
    return arrivals, dict(leaving)


def _promised() -> list[tuple[int, int, int, int]]:
    """Units that drafts of transfers, and open proposals with a quantity set by staff, will move."""
    drafted = TransferLine.objects.filter(transfer__state=TransferOrder.State.DRAFT).values_list(
        "variant_id", "transfer__from_warehouse_id", "transfer__to_warehouse_id", "quantity"
    )
    set_by_staff = TransferProposal.objects.filter(state=TransferProposal.State.OPEN, override__isnull=False).values_list(
        "variant_id", "lane__from_warehouse_id", "lane__to_warehouse_id", "override"
    )
    return [*drafted, *set_by_staff]  # type: ignore[list-item]  # an override that is not null


def _blocked(lanes: Mapping[int, Lane], at: datetime) -> dict[int, set[int]]:
    """By SKU, the lanes it must not take now: against a move of the last fourteen days, or where staff have decided."""
    by_ends = {(lane.from_warehouse_id, lane.to_warehouse_id): key for key, lane in lanes.items()}
    blocked: defaultdict[int, set[int]] = defaultdict(set)
    moved = TransferLine.objects.filter(
        Q(transfer__state=TransferOrder.State.DRAFT) | Q(transfer__shipped_at__gt=at - HYSTERESIS, shipped__gt=0)
    )
    ends = ("variant_id", "transfer__from_warehouse_id", "transfer__to_warehouse_id")
    decided = TransferProposal.objects.filter(
        Q(state=TransferProposal.State.DISMISSED, decided_at__gt=at - HYSTERESIS)
        | Q(state=TransferProposal.State.OPEN, override__isnull=False)
    )
    for variant, source, target in moved.values_list(*ends).distinct():
        back = by_ends.get((target, source))
        if back is not None:
            blocked[variant].add(back)
    for variant, key, source, target, state in decided.values_list(
        "variant_id", "lane_id", "lane__from_warehouse_id", "lane__to_warehouse_id", "state"
    ):
        blocked[variant].add(key)
        back = by_ends.get((target, source))
        if back is not None and state == TransferProposal.State.OPEN:
            blocked[variant].add(back)
    return blocked
