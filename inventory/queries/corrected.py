"""What one person has corrected by hand today: many small corrections are one large one."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from django.db.models import Sum

from config.kernel import shop
from config.kernel.business_time import day_period
from config.kernel.models import User
from inventory.locking import Place
from inventory.models import StockMovement

KINDS = (StockMovement.Kind.ADJUSTMENT, StockMovement.Kind.WRITE_OFF)


def today(*, actor: User | None, variant_ids: Iterable[int], at: datetime) -> dict[Place, int]:
    """Units by place, plus and minus, counts included that were posted by the same person. The system corrects nothing."""
    if actor is None:
        return {}
    since = day_period(shop.day(at), shop.zone()).starts_at
    moved = StockMovement.objects.filter(
        variant__in=set(variant_ids), actor=actor, kind__in=KINDS, occurred_at__gte=since, occurred_at__lte=at
    )
    sums = moved.order_by().values_list("variant_id", "warehouse_id").annotate(Sum("quantity"))
    return {(variant, warehouse): units for variant, warehouse, units in sums}


def worth(*, before: Mapping[Place, int], now: Mapping[Place, int], costs: Mapping[int, Decimal]) -> Decimal:
    """At cost, of the SKUs that are corrected now, together with what was before: a slip that is put right weighs nothing."""
    units: defaultdict[Place, int] = defaultdict(int)
    of_now = {variant for (variant, _warehouse), number in now.items() if number}
    for one in (before, now):
        for place, number in one.items():
            if place[0] in of_now:
                units[place] += number
    return sum((abs(number) * costs[variant] for (variant, _warehouse), number in units.items()), Decimal(0))
