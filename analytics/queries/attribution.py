"""What the page of origins shows: lines of campaigns, models beside each other, and the paths to orders."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Max, Min, Q, Sum

from analytics.behaviour.crediting import Model
from analytics.metrics import METRICS, Cut
from analytics.models import AdSpend, AttributionDay, DailyAttribution, DailyPath
from analytics.queries import measuring
from analytics.queries.measuring import Part, Row

# Below so many orders a figure may be chance.
FEW = 30
TIMES = ("click_to_order_median", "click_to_order_p90")


@dataclass(frozen=True)
class Freshness:
    """`first` is the first day of which origins are known, `spend_until` the last one with spend."""

    first: date | None
    made_at: datetime | None
    stale_days: int
    spend_until: date | None


@dataclass(frozen=True)
class Path:
    steps: tuple[str, ...]
    orders: int
    net: Decimal


def codes(model: Model) -> tuple[str, ...]:
    """The metrics of the page's table by this model, in its order."""
    name = model.value
    return (
        "origin_visits", f"attributed_orders_{name}", f"attributed_net_{name}", f"attributed_new_customers_{name}",
        "assisted_orders", "ad_spend", f"cost_per_order_{name}", f"return_on_ad_spend_{name}",
    )  # fmt: skip


def has_spend(channel: str) -> bool:
    """What advertising cost is not told by channel."""
    return not channel


def lines(*, first: date, last: date, by: Cut, model: Model, channel: str, at: datetime) -> list[Row]:
    """One row for each origin, or each campaign; the most net sales first."""
    wanted = [METRICS[code] for code in (*_told(model, channel), *TIMES)]
    found = measuring.rows(wanted, first=first, last=last, by=by, at=at, of=_part(channel))
    net = f"attributed_net_{model.value}"
    return sorted(found, key=lambda row: (-(row.values[net] or 0), -(row.values["origin_visits"] or 0), str(row.key)))


def total(*, first: date, last: date, model: Model, channel: str, at: datetime) -> Row:
    wanted = [METRICS[code] for code in (*_told(model, channel), *TIMES)]
    return measuring.whole(wanted, first=first, last=last, at=at, of=_part(channel))


def compared(*, first: date, last: date, channel: str, at: datetime) -> list[Row]:
    """Orders and net sales of each origin by every model."""
    wanted = [METRICS[f"attributed_{what}_{model.value}"] for what in ("orders", "net") for model in Model]
    found = measuring.rows(wanted, first=first, last=last, by=Cut.GROUPING, at=at, of=_part(channel))
    owed = [row for row in found if any(row.values.values())]
    return sorted(owed, key=lambda row: (-(row.values["attributed_net_last"] or 0), str(row.key)))


def paths(*, first: date, last: date, channel: str, most: int) -> list[Path]:
    """The paths with the most orders."""
    rows = DailyPath.objects.filter(day__gte=first, day__lte=last)
    if channel:
        rows = rows.filter(channel=channel)
    told = rows.values("path").annotate(orders_sum=Sum("orders"), net_sum=Sum("net"))
    best = told.order_by("-orders_sum", "path").values_list("path", "orders_sum", "net_sum")[:most]
    return [Path(tuple(path.split(">")), orders, net) for path, orders, net in best]


def channels(*, first: date, last: date) -> list[str]:
    rows = DailyAttribution.objects.filter(day__gte=first, day__lte=last)
    return sorted(rows.order_by().values_list("channel", flat=True).distinct())


def freshness(*, first: date, last: date) -> Freshness:
    known = AttributionDay.objects.aggregate(
        first=Min("day"),
        made_at=Max("rebuilt_at"),
        stale=Count("day", filter=Q(state=AttributionDay.State.DIRTY, day__gte=first, day__lte=last)),
    )
    until: Any = AdSpend.objects.aggregate(until=Max("day"))["until"]
    return Freshness(known["first"], known["made_at"], known["stale"], until)


def _told(model: Model, channel: str) -> list[str]:
    return [code for code in codes(model) if has_spend(channel) or "ad_cost" not in METRICS[code].facts]


def _part(channel: str) -> Part:
    return Part({Cut.CHANNEL: channel} if channel else {})
