"""Sales of a period: closed days from the figures, the open day live from the source, through one face."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Max, Min, Q, QuerySet, Sum

from analytics import closing, extract, projection
from analytics.extract import HourOfChannel
from analytics.figures import Figures, total
from analytics.models import DailySales, HourlySales, RollupState
from config.kernel import shop
from config.kernel.business_time import Period, day_period

FACTS = ("orders", "units", "gross", "discounts", "shipping", "tax", "returned_units", "returned")
SKU_FACTS = ("units", "gross", "discounts", "returned_units", "returned", "net", "profit")
# Earlier days of the same weekday that a projection asks.
WEEKS_ASKED = 8
# So many closed days are read live where nobody made their figures; further back that would cost too much.
MOST_LIVE_DAYS = 7


@dataclass(frozen=True)
class Freshness:
    """How far the figures reach: days before `live_from` are stored, from then on the source is read.

    `made_until` is the latest day with figures, though one before it may lack them; the day before `live_from` while none has.
    `dirty_days` have changed since their figures were made, `missing_days` are closed and have none.
    """

    live_from: date
    made_until: date
    made_at: datetime | None
    dirty_days: int
    missing_days: int


@dataclass(frozen=True)
class Today:
    """Both sides up to the same time of day; `before` is the same weekday a week ago."""

    day: date
    figures: Figures
    before: Figures
    projection: projection.Projection | None


@dataclass(frozen=True)
class SkuSales:
    """What one SKU, or one category, sold in a period of closed days."""

    key: int
    units: int
    gross: Decimal
    discounts: Decimal
    returned_units: int
    returned: Decimal
    net: Decimal
    profit: Decimal


NOTHING = SkuSales(0, 0, Decimal(0), Decimal(0), 0, Decimal(0), Decimal(0), Decimal(0))


def freshness(*, at: datetime) -> Freshness:
    today = shop.day(at)
    closed = closing.last_closed(at, shop.zone())
    lately = today - timedelta(days=MOST_LIVE_DAYS)
    known = RollupState.objects.filter(day__lte=closed).aggregate(
        dirty=Count("day", filter=Q(state=RollupState.State.DIRTY)),
        made_at=Max("rebuilt_at"),
        made_until=Max("day", filter=Q(rebuilt_at__isnull=False)),
        days=Count("day"),
        first=Min("day"),
        made=ArrayAgg("day", filter=Q(day__gte=lately, rebuilt_at__isnull=False), default=[]),
    )
    first = known["first"] or first_day()
    # Right after midnight yesterday has no figures yet, and no later day has any while no worker is there to make them.
    begins = min(max(first or today, lately), today)
    unmade = [day for day in closing.days(begins, today) if day not in known["made"]]
    missing = len(closing.days(first, closed)) - known["days"] if first else 0
    made_until = known["made_until"] or unmade[0] - timedelta(days=1)
    return Freshness(unmade[0], made_until, known["made_at"], known["dirty"], max(missing, 0))


def first_day() -> date | None:
    """Of the first order."""
    first = extract.first_moment()
    return shop.day(first) if first else None


def by_day(*, first: date, last: date, fresh: Freshness, at: datetime) -> list[tuple[date, Figures]]:
    """Every day of the period, also those without sales."""
    found = _sum(_hours(first, last, fresh, at), lambda one: one.day)
    return [(day, found.get(day, Figures())) for day in closing.days(first, last)]


def by_hour(*, first: date, last: date, fresh: Freshness, at: datetime) -> list[tuple[int, Figures]]:
    """Each of the 24 hours of a day, summed over the period."""
    found = _sum(_hours(first, last, fresh, at), lambda one: one.hour)
    return [(hour, found.get(hour, Figures())) for hour in range(24)]


def by_channel(*, first: date, last: date, fresh: Freshness, at: datetime) -> list[tuple[str, Figures]]:
    """The best-selling channel first; an empty name stands for returns without a sale."""
    found = _sum(_hours(first, last, fresh, at), lambda one: one.channel)
    return sorted(found.items(), key=lambda one: (-one[1].net, one[0]))


def of_skus(*, first: date, last: date) -> SkuSales:
    """What all SKUs sold together. Closed days only."""
    rows = DailySales.objects.filter(day__range=(first, last))
    summed = rows.aggregate(**{f"{column}_sum": Sum(column) for column in SKU_FACTS})
    found = {column: summed[f"{column}_sum"] for column in SKU_FACTS}
    return replace(NOTHING, **{column: value for column, value in found.items() if value is not None})


def by_sku(*, first: date, last: date, most: int) -> list[SkuSales]:
    """The best-selling SKUs by net sales. Closed days only."""
    return _top(DailySales.objects.filter(day__range=(first, last)), "variant_id", most)


def by_category(*, first: date, last: date, most: int) -> list[SkuSales]:
    """The best-selling categories by net sales. Closed days only."""
    return _top(DailySales.objects.filter(day__range=(first, last)), "variant__product__category_id", most)


def today(*, at: datetime) -> Today:
    """The open day so far against the same weekday a week ago up to the same time, and where it may end."""
    local = at.astimezone(shop.zone())
    day = local.date()
    figures, before = (total(one.figures for one in _until(of, at)) for of in (day, day - timedelta(days=7)))
    earlier = [day - timedelta(weeks=week) for week in range(1, WEEKS_ASKED + 1)]
    hours: dict[date, dict[int, Decimal]] = defaultdict(dict)
    rows = HourlySales.objects.filter(day__in=earlier).values("day", "hour").annotate(sold=Sum("gross") - Sum("discounts"))
    for row in rows:
        hours[row["day"]][row["hour"]] = row["sold"]
    shares = [share for one in hours.values() if (share := projection.share_by(one, local.time())) is not None]
    return Today(day, figures, before, projection.project(figures.sales, shares))


def _until(day: date, at: datetime) -> Iterable[HourOfChannel]:
    """A day from the source, up to the time of day that it is at `at`."""
    starts_at = day_period(day, shop.zone()).starts_at
    ends_at = datetime.combine(day, at.astimezone(shop.zone()).time(), tzinfo=shop.zone())
    # What was placed at this very moment has happened, so the end is the next moment that can be told apart.
    return extract.hours(Period(starts_at, ends_at + timedelta(microseconds=1)))


def _hours(first: date, last: date, fresh: Freshness, at: datetime) -> Iterable[HourOfChannel]:
    stored = HourlySales.objects.filter(day__gte=first, day__lte=min(last, fresh.live_from - timedelta(days=1)))
    for day, hour, channel, *facts in stored.values_list("day", "hour", "channel", *FACTS):
        yield HourOfChannel(day, hour, channel, Figures(*facts))
    live_first, live_last = max(first, fresh.live_from), min(last, shop.day(at))
    if live_first <= live_last:
        zone = shop.zone()
        yield from extract.hours(Period(day_period(live_first, zone).starts_at, day_period(live_last, zone).ends_at))


def _sum(rows: Iterable[HourOfChannel], key: Callable[[HourOfChannel], Any]) -> dict[Any, Figures]:
    found: dict[Any, Figures] = defaultdict(Figures)
    for one in rows:
        found[key(one)] += one.figures
    return found


def _top(rows: QuerySet[DailySales], key: str, most: int) -> list[SkuSales]:
    summed: Any = rows.values(key).annotate(**{f"{column}_sum": Sum(column) for column in SKU_FACTS})
    return [
        SkuSales(row[key], *(row[f"{column}_sum"] for column in SKU_FACTS)) for row in summed.order_by("-net_sum", key)[:most]
    ]
