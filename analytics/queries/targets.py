"""A month of sales next to its target: net sales of closed days, what is expected of the others, by category and in all.

What is expected is worth its list price, as on the page of the forecast, times the share of list prices that was left after
discounts and returns lately: a target is of net sales. Each category has its own share; the shop is the sum of categories.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Sum

from analytics import aiming
from analytics.aiming import Figures, Row, Span
from analytics.models import DailySales, SalesTarget
from analytics.queries import forecasts, sales
from inventory.models import Category

# Long enough for returns to come back, and for promotions to come and go.
KEPT_DAYS = 84
CATEGORY = "variant__product__category_id"


@dataclass(frozen=True)
class Month:
    """`targets` by category's key, that of the shop under None. `kept` is what is left of list prices in the whole shop."""

    span: Span
    whole: Figures
    rows: Sequence[Row]
    targets: Mapping[int | None, SalesTarget]
    names: Mapping[int, str]
    of_categories: Decimal | None
    kept: Decimal | None


def month(*, first: date, at: datetime) -> Month:
    """Of the month that begins with this day."""
    closed = sales.freshness(at=at).made_until
    run = forecasts.latest_run()
    span = aiming.span(first, closed=closed, origin=run.origin if run else None, horizon=forecasts.MONTH)
    targets = {one.category_id: one for one in SalesTarget.objects.filter(month=first)}
    tree = {key: (parent, name) for key, parent, name in Category.objects.values_list("pk", "parent_id", "name")}
    parents = {key: parent for key, (parent, _name) in tree.items()}
    own: dict[int, Figures] = defaultdict(Figures)
    if span.counted is not None:
        for key, net, units in _sold(first, span.counted):
            own[key] += Figures(came=net, came_units=units)
    share = None
    if run is not None and span.begins is not None and span.reaches is not None:
        shares, share = _kept(closed)
        skip, days = (span.begins - run.origin).days - 1, (span.reaches - run.origin).days
        for one in forecasts.sums(origin=run.origin, days=days, skip=skip, by="category"):
            stays = shares.get(one.key or 0, share if share is not None else Decimal(1))
            own[one.key or 0] += Figures(
                coming=one.amount * stays, coming_units=one.units, variance=one.amount_variance * float(stays) ** 2
            )
    keys = [key for key in targets if key is not None]
    outer = aiming.outermost(parents, keys)
    return Month(
        span,
        sum(own.values(), Figures()),
        aiming.rows(parents, own, keys),
        targets,
        {key: name for key, (_parent, name) in tree.items()},
        sum((targets[key].amount for key in outer), Decimal(0)) if outer else None,
        share,
    )


def _sold(first: date, last: date) -> list[tuple[int, Decimal, int]]:
    """Of each category its net sales and the units ordered."""
    rows = DailySales.objects.filter(day__range=(first, last)).values_list(CATEGORY)
    return [(key, net, units) for key, net, units in rows.annotate(Sum("net"), Sum("units"))]


def _kept(closed: date) -> tuple[dict[int, Decimal], Decimal | None]:
    """Of each category that sold lately, and of the shop, the share of list prices that was left."""
    rows = DailySales.objects.filter(day__gt=closed - timedelta(days=KEPT_DAYS), day__lte=closed).values_list(CATEGORY)
    found = [(key, gross, net) for key, gross, net in rows.annotate(Sum("gross"), Sum("net"))]
    shares = {key: share for key, gross, net in found if (share := aiming.kept(gross, net)) is not None}
    nothing = Decimal(0)
    return shares, aiming.kept(
        sum((gross for _key, gross, _net in found), nothing), sum((net for _key, _gross, net in found), nothing)
    )
