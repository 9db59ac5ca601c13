"""The shop's own past as traces for the simulator: units of each SKU and day out of the daily sales."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import Sum

from analytics.models import DailyDemand, DailySales

# SKUs that sold on fewer days tell nothing of a policy.
LEAST_DAYS = 10


@dataclass(frozen=True, slots=True)
class Past:
    units: dict[str, list[int]]
    prices: dict[str, float]  # before discounts, the mean over the units
    cost_share: float | None = None  # what the goods cost, of the prices; None where nothing is known of costs


def daily(*, first: date, last: date) -> Past:
    """Of the SKUs that sold on `LEAST_DAYS` days at least."""
    length = (last - first).days + 1
    units: dict[str, list[int]] = {}
    gross: dict[str, float] = {}
    rows = (
        DailySales.objects.filter(day__gte=first, day__lte=last, units__gt=0)
        .values_list("variant__sku", "day", "units", "gross")
        .order_by("variant_id", "day")
    )
    for sku, day, sold, amount in rows.iterator():
        units.setdefault(sku, [0] * length)[(day - first).days] += sold
        gross[sku] = gross.get(sku, 0.0) + float(amount)
    kept = {sku: days for sku, days in units.items() if sum(map(bool, days)) >= LEAST_DAYS and gross[sku] > 0}
    return Past(kept, {sku: gross[sku] / sum(days) for sku, days in kept.items()})


def earning(
    *, first: date, last: date, categories: Collection[int] | None = None, warehouse_id: int | None = None, most: int
) -> Past:
    """The same at prices that the shop keeps: after discounts and without tax, with what the goods cost.

    Of a warehouse, units are those wanted there. Kept are the `most` SKUs of the highest takings.
    """
    sales = DailySales.objects.filter(day__gte=first, day__lte=last, units__gt=0)
    wanted = DailyDemand.objects.filter(day__gte=first, day__lte=last, units__gt=0)
    if categories is not None:
        sales = sales.filter(variant__product__category__in=categories)
        wanted = wanted.filter(variant__product__category__in=categories)
    sums = {
        variant: (sku, int(sold), float(gross - discounts - tax), float(cost))
        for variant, sku, sold, gross, discounts, tax, cost in sales.values_list("variant", "variant__sku").annotate(
            Sum("units"), Sum("gross"), Sum("discounts"), Sum("tax"), Sum("cost")
        )
    }
    days = sales if warehouse_id is None else wanted.filter(warehouse_id=warehouse_id)
    length = (last - first).days + 1
    units: dict[int, list[int]] = {}
    for variant, day, sold in days.values_list("variant", "day", "units").iterator():
        units.setdefault(variant, [0] * length)[(day - first).days] += sold
    prices = {variant: net / sold for variant, (_sku, sold, net, _cost) in sums.items() if net > 0}
    told = [variant for variant, row in units.items() if variant in prices and sum(map(bool, row)) >= LEAST_DAYS]
    kept = sorted(told, key=lambda variant: (-prices[variant] * sum(units[variant]), variant))[:most]
    takings, costs = (sum(sums[variant][place] for variant in kept) for place in (2, 3))
    return Past(
        {sums[variant][0]: units[variant] for variant in kept},
        {sums[variant][0]: prices[variant] for variant in kept},
        costs / takings if takings > 0 and costs > 0 else None,
    )
