"""The shop's own past as traces for the simulator: units of each SKU and day out of the daily sales."""

from dataclasses import dataclass
from datetime import date

from analytics.models import DailySales

# SKUs that sold on fewer days tell nothing of a policy.
LEAST_DAYS = 10


@dataclass(frozen=True, slots=True)
class Past:
    units: dict[str, list[int]]
    prices: dict[str, float]  # before discounts, the mean over the units


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
