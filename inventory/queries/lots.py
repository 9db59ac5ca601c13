"""Lots as staff see them: where each lies, what became of it, what expires next and whether it sells in time."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from django.db.models import F, IntegerField, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from inventory import lots as rule
from inventory.locking import Place
from inventory.lots import Standing, Terms
from inventory.models import Lot, LotEntry, LotEvent, LotLevel, StockMovement
from inventory.projecting import expected_over
from inventory.queries import expected, shelves

LAST = 50
# So far ahead the page of what expires looks.
AHEAD_DAYS = 30


def of_receipt(number: str) -> dict[str, dict[str, int]]:
    """Units by lot that a goods receipt brought, by SKU."""
    rows = LotEntry.objects.filter(movement__document_kind="RECEIPT", movement__document_number=number)
    found: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for sku, code, units in rows.values_list("lot__variant__sku", "lot__code", "quantity").order_by("pk"):
        found[sku][code] = units
    return dict(found)


def dates_of_receipt(number: str) -> dict[str, str]:
    """When the lots of a goods receipt expire, by SKU and code; those whose date was corrected are left out."""
    rows = (
        Lot.objects.filter(entries__movement__document_kind="RECEIPT", entries__movement__document_number=number)
        .exclude(events__kind=LotEvent.Kind.DATED)
        .values_list("variant__sku", "code", "expires_on")
    )
    return {f"{sku} {code}": day.isoformat() if day else "" for sku, code, day in rows}


def listed() -> QuerySet[Lot]:
    """Every lot with its SKU, and `units` and `held` of it in all warehouses."""
    rows = LotLevel.objects.filter(lot=OuterRef("pk")).order_by().values("lot")
    units = Subquery(rows.annotate(units=Sum("quantity")).values("units"), output_field=IntegerField())
    held = Subquery(rows.annotate(units=Sum("held")).values("units"), output_field=IntegerField())
    return Lot.objects.select_related("variant__product", "supplier", "line__purchase_order", "blocked_by").annotate(
        units=Coalesce(units, 0), held=Coalesce(held, 0)
    )


@dataclass(frozen=True)
class Story:
    """What the page of a lot shows."""

    levels: Iterable[LotLevel]
    entries: Iterable[LotEntry]
    events: Iterable[LotEvent]
    sent: int


def of_lot(lot: Lot) -> Story:
    """Four queries."""
    entries = LotEntry.objects.filter(lot=lot)
    sent = entries.filter(movement__kind=StockMovement.Kind.SHIPMENT).aggregate(units=Sum("quantity"))["units"] or 0
    return Story(
        LotLevel.objects.filter(lot=lot, quantity__gt=0)
        .select_related("level__warehouse")
        .order_by("level__warehouse__priority", "level__warehouse_id"),
        entries.select_related("movement__actor", "actor", "level__warehouse").order_by("-id")[:LAST],
        LotEvent.objects.filter(lot=lot).select_related("actor").order_by("-id")[:LAST],
        -sent,
    )  # fmt: skip


def sent(lot_id: int) -> list[tuple[str, int]]:
    """The parcels in which units of the lot left, the latest first, and how many."""
    rows = LotEntry.objects.filter(lot=lot_id, movement__kind=StockMovement.Kind.SHIPMENT).order_by("-id")
    return [(number, -units) for number, units in rows.values_list("movement__document_number", "quantity")]


def came_back(lot_id: int) -> dict[str, int]:
    """Units of the lot that came back, by the number of the return."""
    rows = LotEntry.objects.filter(lot=lot_id, movement__kind=StockMovement.Kind.RETURN)
    return dict(rows.values_list("movement__document_number").annotate(units=Sum("quantity")).order_by())


def at_place(variant_id: int, warehouse_id: int) -> QuerySet[LotLevel]:
    """The lots that lie there, first to expire first."""
    rows = LotLevel.objects.filter(level__variant=variant_id, level__warehouse=warehouse_id, quantity__gt=0)
    return rows.select_related("lot").order_by(F("lot__expires_on").asc(nulls_last=True), "lot_id")


def first_out(places: Collection[Place]) -> dict[Place, list[str]]:
    """From which lots the next units at these places leave, in order; places without lots are left out. One query."""
    rows = LotLevel.objects.filter(
        level__variant__in={variant for variant, _w in places},
        level__warehouse__in={warehouse for _v, warehouse in places},
        quantity__gt=F("held"),
    ).order_by(F("lot__expires_on").asc(nulls_last=True), "lot_id")
    found: defaultdict[Place, list[str]] = defaultdict(list)
    for variant, warehouse, code in rows.values_list("level__variant", "level__warehouse", "lot__code"):
        if (variant, warehouse) in places:
            found[variant, warehouse].append(code)
    return dict(found)


class Action(StrEnum):
    """What might be done about a lot that expires soon; the first that applies."""

    WRITE_OFF = "WRITE_OFF"  # held back: nothing of it is sold any more
    SORT = "SORT"  # nobody knows of which lot the units are
    TRANSFER = "TRANSFER"  # another warehouse would sell in time what is left over here
    MARKDOWN = "MARKDOWN"  # it does not sell in time at the present pace
    NONE = ""  # it sells in time


@dataclass(frozen=True)
class Expiring:
    """One lot in one warehouse. `days` are left until its last day of sale, that day included; `sells` of its units are
    expected to sell by then, after the lots that leave before it. `value` is at today's unit cost.
    """

    lot_id: int
    code: str
    variant_id: int
    sku: str
    name: str
    warehouse_id: int
    level_id: int
    expires_on: date | None
    days: int | None
    quantity: int
    held: int
    standing: Standing
    is_blocked: bool
    sells: float
    unit_cost: Decimal
    action: Action
    to_warehouse: int | None = None

    @property
    def left_over(self) -> int:
        """Units that are likely not to sell in time."""
        return self.quantity if self.standing == Standing.HELD else max(self.quantity - round(self.sells), 0)

    @property
    def value(self) -> Decimal:
        return self.quantity * self.unit_cost

    @property
    def value_left_over(self) -> Decimal:
        return self.left_over * self.unit_cost


def expiring(
    *, today: date, days: int = AHEAD_DAYS, warehouse_id: int | None = None, category_id: int | None = None
) -> list[Expiring]:
    """Lots that are held back, or whose last day of sale is at most `days` away; the soonest first.

    A fixed number of statements. Demand is what the plans expect, and each place serves the lot first that expires first.
    """
    rows = list(
        LotLevel.objects.filter(quantity__gt=0)
        .select_related("lot__variant__product", "level")
        .order_by("level_id", F("lot__expires_on").asc(nulls_last=True), "lot_id")
    )
    tracked = {row.lot.variant_id for row in rows}
    outlooks = {
        place: [expected_over(outlook, day, 1) for day in range(days + 1)]
        for place, outlook in expected.everywhere(as_of=today).items()
        if place[0] in tracked
    } if rows else {}  # fmt: skip
    by_level: defaultdict[int, list[LotLevel]] = defaultdict(list)
    for row in rows:
        by_level[row.level_id].append(row)
    sells = {row.pk: units for lots in by_level.values() for row, units in _selling(lots, outlooks, today)}
    spare = _spare(by_level.values(), sells, outlooks, today)
    categories = set(shelves.below(category_id)) if category_id else None
    found = [
        one
        for row in rows
        if (one := _told(row, sells.get(row.pk, 0.0), spare, today))
        and (row.standing != Standing.SELLABLE or (one.days is not None and one.days <= days))
        and warehouse_id in (None, one.warehouse_id)
        and (categories is None or row.lot.variant.product.category_id in categories)
    ]
    return sorted(found, key=lambda one: (one.expires_on or date.min, one.lot_id, one.warehouse_id))


def _days_left(row: LotLevel, today: date) -> int | None:
    last = Terms(row.lot.expires_on, row.lot.variant.sell_until_days).last_sale_on
    return None if last is None else (last - today).days + 1


def _selling(lots: list[LotLevel], outlooks: Mapping[Place, list[float]], today: date) -> Iterable[tuple[LotLevel, float]]:
    sold = [row for row in lots if row.standing != Standing.HELD]
    daily = outlooks.get((lots[0].level.variant_id, lots[0].level.warehouse_id), [])
    left = [(row.quantity - row.held, days if (days := _days_left(row, today)) is not None else len(daily)) for row in sold]
    return zip(sold, rule.sold_in_time(left, daily), strict=True)


def _spare(
    levels: Iterable[list[LotLevel]], sells: Mapping[int, float], outlooks: Mapping[Place, list[float]], today: date
) -> dict[int, list[tuple[float, int]]]:
    """By SKU, what each warehouse is expected to be asked for beyond all that its own lots will sell, the most first."""
    covered: defaultdict[Place, float] = defaultdict(float)
    for lots in levels:
        for row in lots:
            covered[row.level.variant_id, row.level.warehouse_id] += row.quantity if row.standing == Standing.SELLABLE else 0
    found: defaultdict[int, list[tuple[float, int]]] = defaultdict(list)
    for (variant, warehouse), daily in outlooks.items():
        beyond = sum(daily) - covered[variant, warehouse]
        if beyond >= 1:
            found[variant].append((beyond, warehouse))
    return {variant: sorted(ones, reverse=True) for variant, ones in found.items()}


def _told(row: LotLevel, sells: float, spare: Mapping[int, list[tuple[float, int]]], today: date) -> Expiring:
    lot, standing = row.lot, Standing(row.standing)
    here = row.level.warehouse_id
    left_over = row.quantity - round(sells)
    other = next((warehouse for _units, warehouse in spare.get(lot.variant_id, ()) if warehouse != here), None)
    if lot.origin in (Lot.Origin.FOUND, Lot.Origin.RETURNED):
        action = Action.SORT
    elif standing == Standing.HELD or (standing == Standing.LEAVING and row.held):
        action = Action.WRITE_OFF
    elif left_over <= 0 or standing == Standing.LEAVING:
        action = Action.NONE
    else:
        action = Action.MARKDOWN if other is None else Action.TRANSFER
    return Expiring(
        lot_id=lot.pk, code=lot.code, variant_id=lot.variant_id, sku=lot.variant.sku,
        name=f"{lot.variant.product.name} {lot.variant.name}".strip(), warehouse_id=here, level_id=row.level_id,
        expires_on=lot.expires_on, days=_days_left(row, today), quantity=row.quantity, held=row.held, standing=standing,
        is_blocked=lot.is_blocked, sells=sells, unit_cost=lot.variant.cost, action=action,
        to_warehouse=other if action == Action.TRANSFER else None,
    )  # fmt: skip
