"""What a demo means to sell: each topmost category and the shop, this month and the next, by what was sold lately."""

from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal

from django.db import transaction
from django.db.models import Sum

from analytics import aiming
from analytics.models import DailySales, SalesTarget
from analytics.operations import targets
from config.kernel import shop
from inventory.models import Category

LATELY_DAYS = 28
# More than lately in each of these months; categories reach out further, the fewer the larger they are.
GROWTH = (Decimal("1.02"), Decimal("1.10"))
SPREAD = (Decimal("0.96"), Decimal("1.00"), Decimal("1.08"))
STEP, WHOLE_STEP = Decimal(100_000), Decimal(1_000_000)


@transaction.atomic
def furnish(*, at: datetime) -> int:
    """Into a shop that has figures and no targets; tells how many it set."""
    if SalesTarget.objects.exists():
        return 0
    present = shop.day(at).replace(day=1)
    last = shop.day(at) - timedelta(days=1)
    rows = DailySales.objects.filter(day__gt=last - timedelta(days=LATELY_DAYS), day__lte=last).values_list(
        "variant__product__category_id"
    )
    sold = {key: aiming.Figures(came=net, came_units=units) for key, net, units in rows.annotate(Sum("net"), Sum("units"))}
    parents = dict(Category.objects.values_list("pk", "parent_id"))
    tops = [one for one in aiming.rows(parents, sold, ()) if one.depth == 0 and one.figures.came > 0]
    written = 0
    for number, growth in enumerate(GROWTH):
        month = aiming.next_month(present, number)
        times = growth * aiming.end_of(month).day / LATELY_DAYS
        for place, one in enumerate(tops):
            amount = _up(one.figures.came * times * SPREAD[place % len(SPREAD)], STEP)
            targets.add_target(month=month, category_id=one.key, amount=amount, units=None, actor=None, at=at)
            written += 1
        if tops:
            whole = sum((one.figures for one in tops), aiming.Figures())
            targets.add_target(
                month=month,
                category_id=None,
                amount=_up(whole.came * times, WHOLE_STEP),
                units=int(_up(whole.came_units * times, Decimal(100))),
                actor=None,
                at=at,
            )
            written += 1
    return written


def _up(amount: Decimal, step: Decimal) -> Decimal:
    return (amount / step).to_integral_value(ROUND_CEILING) * step
