"""What the tiles of the first page show beside sales: the rhythm of the week, stock that runs out, offers, what to buy."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any

from django.db import connection
from django.db.models import BooleanField, Case, Count, ExpressionWrapper, F, Q, Sum, When, Window
from django.db.models.functions import Coalesce, ExtractIsoWeekDay
from knox.models import AuthToken

from analytics import extract
from analytics.models import DailyPromotion, HourlySales
from analytics.queries.sales import Freshness
from campaigns.models import Promotion
from campaigns.queries import promotions
from campaigns.queries.promotions import State
from config.kernel import shop
from config.kernel.business_time import Period, day_period
from inventory.models import ReplenishmentProposal, StockLevel, Variant, Warehouse
from inventory.queries import incoming
from orders.models import Order

# Whole weeks, so that each weekday stands for as many days.
HEAT_WEEKS = 12
COVER_DAYS = 28
# What lasts longer than this is not at risk: most suppliers deliver within two weeks.
AT_RISK_DAYS = 14


@dataclass(frozen=True)
class HeatCell:
    """An average day: how many orders come in one hour of one weekday (Monday is 0), and what they are worth."""

    weekday: int
    hour: int
    orders: Decimal
    sales: Decimal


@dataclass(frozen=True)
class AtRisk:
    """One SKU in one warehouse that runs out soon. Days are counted at the pace of the last four weeks."""

    level_id: int
    variant_id: int
    sku: str
    name: str
    warehouse: str
    available: int
    incoming: int
    per_day: Decimal
    days: Decimal
    days_with_incoming: Decimal


@dataclass(frozen=True)
class Offer:
    """A promotion that runs or is to come, with its uses by orders that stand. One that runs may be between its windows."""

    promotion: Promotion
    state: State
    orders: int
    amount: Decimal


@dataclass(frozen=True)
class Proposed:
    number: int
    cost: Decimal


@dataclass(frozen=True)
class FirstSteps:
    """What a new shop has and lacks."""

    skus: bool
    warehouses: bool
    stock: bool
    token: bool


def heat(*, fresh: Freshness) -> list[HeatCell]:
    """All 168 hours of an average week, Monday first, from the last twelve weeks of closed days."""
    last = fresh.made_until
    rows = (
        HourlySales.objects.filter(day__gt=last - timedelta(weeks=HEAT_WEEKS), day__lte=last)
        .annotate(weekday=ExtractIsoWeekDay("day"))
        .values_list("weekday", "hour")
        .annotate(placed=Sum("orders"), sold=Sum("gross") - Sum("discounts"))
    )
    found = {(weekday - 1, hour): (Decimal(orders), sales) for weekday, hour, orders, sales in rows}
    nothing = (Decimal(0), Decimal(0))
    return [
        HeatCell(weekday, hour, *(value / HEAT_WEEKS for value in found.get((weekday, hour), nothing)))
        for weekday in range(7)
        for hour in range(24)
    ]


# The pace comes from the figures; what lies there, what is promised and what is on its way is read as it is now.
_AT_RISK = """
    WITH pace AS (
        SELECT variant_id, warehouse_id, sum(shipped)::numeric / %(days)s AS per_day
        FROM analytics_dailystock WHERE day > %(after)s AND day <= %(last)s
        GROUP BY variant_id, warehouse_id HAVING sum(shipped) > 0
    ),
    incoming AS (SELECT variant_id, warehouse_id, on_order + in_transit AS units FROM ({incoming}) AS way)
    SELECT
        level.id, level.variant_id, variant.sku, trim(product.name || ' ' || variant.name), warehouse.name,
        level.on_hand - level.reserved, coalesce(incoming.units, 0)::int, pace.per_day,
        (level.on_hand - level.reserved) / pace.per_day AS days,
        (level.on_hand - level.reserved + coalesce(incoming.units, 0)) / pace.per_day AS days_with_incoming,
        count(*) OVER () AS in_all
    FROM pace
    JOIN inventory_stocklevel AS level USING (variant_id, warehouse_id)
    JOIN inventory_variant AS variant ON variant.id = level.variant_id
    JOIN inventory_product AS product ON product.id = variant.product_id
    JOIN inventory_warehouse AS warehouse ON warehouse.id = level.warehouse_id
    LEFT JOIN incoming USING (variant_id, warehouse_id)
    WHERE (level.on_hand - level.reserved) / pace.per_day < %(at_risk)s
    ORDER BY days_with_incoming, days, pace.per_day DESC, level.id
    LIMIT %(most)s
"""


def at_risk(*, fresh: Freshness, most: int) -> tuple[list[AtRisk], int]:
    """What runs out within two weeks, soonest first even when all that is on its way has come; and how many there are."""
    last = fresh.made_until
    values: dict[str, Any] = {
        "days": COVER_DAYS,
        "after": last - timedelta(days=COVER_DAYS),
        "last": last,
        "at_risk": AT_RISK_DAYS,
        "most": most,
    }
    with connection.cursor() as cursor:
        cursor.execute(_AT_RISK.format(incoming=incoming.STATEMENT), {**values, **incoming.AGREED})
        rows = cursor.fetchall()
    return [AtRisk(*values) for *values, _in_all in rows], rows[0][-1] if rows else 0


def named(variant_ids: list[int]) -> dict[int, Variant]:
    """Variants with all that their titles need, in one statement."""
    return Variant.objects.select_related("product").in_bulk(variant_ids)


def title(variant: Variant) -> str:
    return f"{variant.product.name} {variant.name}".strip()


def offers(*, fresh: Freshness, most: int, at: datetime) -> tuple[list[Offer], int]:
    """Promotions that run, the next to end first, then those to come; and how many there are. Uses count by the orders' days.

    One that is used up gives nothing any more and is left out.
    """
    everything = Promotion.objects.all()
    states = (State.IN_FORCE, State.PAUSED, State.UPCOMING)
    standing = reduce(or_, (promotions.in_state(everything, state, at) for state in states))
    to_come = Q(starts_at__gt=at)
    soonest = Case(When(to_come, then=F("starts_at")), default=F("ends_at"))
    shown = list(
        standing.annotate(to_come=ExpressionWrapper(to_come, BooleanField()), edge=soonest, in_all=Window(Count("*"))).order_by(
            "to_come", F("edge").asc(nulls_last=True), "id"
        )[:most]
    )
    running = [one.pk for one in shown if one.starts_at <= at]
    before = DailyPromotion.objects.filter(promotion__in=running, day__lt=fresh.live_from)
    stored = {
        promotion: (orders, amount)
        for promotion, orders, amount in before.values_list("promotion").annotate(Sum("orders"), Sum("amount"))
    }
    live = _promotions_live(fresh, at) if running else {}
    told = [Offer(one, promotions.state_of(one, at), *_added(stored.get(one.pk), live.get(one.pk))) for one in shown]
    return told, shown[0].in_all if shown else 0


def _added(*pairs: tuple[int, Decimal] | None) -> tuple[int, Decimal]:
    known = [pair for pair in pairs if pair]
    return sum(orders for orders, _ in known), sum((amount for _, amount in known), Decimal(0))


def _promotions_live(fresh: Freshness, at: datetime) -> dict[int, tuple[int, Decimal]]:
    zone = shop.zone()
    starts_at = day_period(fresh.live_from, zone).starts_at
    return extract.promotions(Period(starts_at, day_period(shop.day(at), zone).ends_at))


def proposed() -> Proposed:
    """What the replenishment wants to buy and nobody has decided yet, at what the drafts that it leads to would cost."""
    units, unit_cost = Coalesce("override", "quantity"), Coalesce("line__unit_cost", "offer__unit_cost")
    found = ReplenishmentProposal.objects.filter(state=ReplenishmentProposal.State.OPEN).aggregate(
        number=Count("id"), cost=Sum(units * unit_cost)
    )
    return Proposed(found["number"], found["cost"] or Decimal(0))


def has_orders() -> bool:
    return Order.objects.exists()


def first_steps() -> FirstSteps:
    return FirstSteps(
        skus=Variant.objects.exists(),
        warehouses=Warehouse.objects.exists(),
        stock=StockLevel.objects.filter(on_hand__gt=0).exists(),
        token=AuthToken.objects.exists(),
    )
