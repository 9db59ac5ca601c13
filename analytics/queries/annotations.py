"""What happened to the shop while its figures moved: promotions that ran, SKUs that ran out, prices that changed."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any

from django.db import connection
from django.db.models import Q

from analytics.metrics import Cut
from analytics.queries.measuring import Part
from analytics.queries.sales import Freshness
from campaigns.models import PromotionOccurrence
from config.kernel import shop
from config.kernel.business_time import day_period
from inventory.models import PriceChange, Variant

# Of each kind; more would hide the line they stand below.
MOST = 25


class Kind(Enum):
    PROMOTION = "promotion"
    STOCK_OUT = "stock_out"  # the last unit of a SKU left all warehouses
    PRICE = "price"


@dataclass(frozen=True)
class Annotation:
    """`row` is the promotion or the SKU that it leads to; `last` is the last day of what went on for several."""

    kind: Kind
    first: date
    last: date
    title: str
    row: int
    detail: tuple[Any, ...] = ()


def of_span(*, first: date, last: date, of: Part, fresh: Freshness, at: datetime) -> list[Annotation]:
    """In the order of time; of each kind the latest ones. Of a category or a SKU only what concerns it."""
    found = [
        *_promotions(first, last, at),
        *_prices(first, last, of),
        *_stock_outs(first, last, of, fresh),
    ]
    return sorted(found, key=lambda one: (one.first, one.kind.value, one.title))


def _promotions(first: date, last: date, at: datetime) -> list[Annotation]:
    zone = shop.zone()
    begins = day_period(first, zone).starts_at
    ends = day_period(last + timedelta(days=1), zone).starts_at
    windows = (
        PromotionOccurrence.objects.select_related("promotion")
        .filter(Q(ended_at__isnull=True) | Q(ended_at__gt=begins), started_at__lt=min(ends, at))
        .order_by("-started_at", "-id")[:MOST]
    )
    return [
        Annotation(
            Kind.PROMOTION,
            max(shop.day(one.started_at), first),
            min(shop.day(one.ended_at - timedelta(microseconds=1)) if one.ended_at else last, last),
            one.promotion.name,
            one.promotion_id,
        )
        for one in windows
    ]


def _prices(first: date, last: date, of: Part) -> list[Annotation]:
    zone = shop.zone()
    found = PriceChange.objects.select_related("variant__product").filter(
        kind=PriceChange.Kind.LIST_PRICE,
        occurred_at__gte=day_period(first, zone).starts_at,
        occurred_at__lt=day_period(last, zone).ends_at,
        **_narrowed(of, "variant_id", "variant__product__category_id"),
    )
    return [
        Annotation(Kind.PRICE, shop.day(one.occurred_at), shop.day(one.occurred_at), _name(one.variant), one.variant_id,
                   (one.before, one.after))
        for one in found.order_by("-occurred_at", "-id")[:MOST]
    ]  # fmt: skip


# What lies there at the end of a day is what lies there now, less all that moved since.
_STOCK_OUTS = """
    WITH standing AS (
        SELECT variant_id, sum(on_hand) AS units FROM inventory_stocklevel
        WHERE %(every)s OR variant_id = ANY(%(variants)s) GROUP BY variant_id
    ),
    since AS (
        SELECT variant_id, sum(quantity) AS units FROM inventory_stockmovement
        WHERE occurred_at >= %(open_from)s GROUP BY variant_id
    ),
    day AS (
        SELECT day, variant_id, sum(received - shipped + taken_back + corrected + moved) AS net
        FROM analytics_dailystock WHERE day >= %(first)s AND day <= %(made_until)s GROUP BY day, variant_id
    ),
    told AS (
        SELECT
            day.day, variant_id, day.net,
            standing.units - coalesce(since.units, 0) - coalesce(sum(day.net) OVER (
                PARTITION BY variant_id ORDER BY day.day DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ), 0) AS left_over
        FROM day JOIN standing USING (variant_id) LEFT JOIN since USING (variant_id)
    )
    SELECT day, variant_id FROM told
    WHERE left_over <= 0 AND left_over - net > 0 AND day <= %(last)s
    ORDER BY day DESC, variant_id LIMIT %(most)s
"""


def _stock_outs(first: date, last: date, of: Part, fresh: Freshness) -> list[Annotation]:
    narrowed = _narrowed(of, "pk", "product__category_id")
    variants = list(Variant.objects.filter(**narrowed).values_list("pk", flat=True)) if narrowed else []
    values: dict[str, Any] = {
        "every": not narrowed,
        "variants": variants,
        "open_from": day_period(fresh.made_until, shop.zone()).ends_at,
        "first": first,
        "last": last,
        "made_until": fresh.made_until,
        "most": MOST,
    }
    with connection.cursor() as cursor:
        cursor.execute(_STOCK_OUTS, values)
        rows = cursor.fetchall()
    named = Variant.objects.select_related("product").in_bulk([variant for _day, variant in rows])
    return [Annotation(Kind.STOCK_OUT, day, day, _name(named[variant]), variant) for day, variant in rows]


def _narrowed(of: Part, sku: str, category: str) -> dict[str, Any]:
    """Lookups by SKU or category; empty where everything is asked."""
    found = {}
    for cut, field in ((Cut.SKU, sku), (Cut.CATEGORY, category)):
        if cut in of.chosen:
            value = of.chosen[cut]
            found[f"{field}__in"] = sorted(value) if isinstance(value, frozenset) else [value]
    return found


def _name(variant: Variant) -> str:
    return f"{variant.product.name} {variant.name}".strip()
