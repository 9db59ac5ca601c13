"""On which days which products were, or will be, cheaper for everybody: causes of demand that are known beforehand.

Told by the promotions' own schedules and never by what was sold: a day on which more is sold is more likely to show a discount.
Promotions by coupon, for a segment or for first orders reach few, and free shipping makes no product cheaper.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time

from django.db.models import Q

from analytics import closing
from campaigns.models import Promotion
from campaigns.pricing import schedule
from config.kernel import shop
from config.kernel.business_time import day_period
from inventory.models import Category

# A promotion of some hours counts for the day if one of these is among them.
HOURS = (10, 15, 20)


@dataclass(frozen=True)
class Reach:
    """The days of one promotion, by place in the window; of no products and categories it is for everything."""

    days: frozenset[int]
    is_for_all: bool
    products: frozenset[int]
    categories: frozenset[int]

    def holds_for(self, product_id: int, category_id: int) -> bool:
        return self.is_for_all or product_id in self.products or category_id in self.categories


class Promoted:
    """Answers for a product and its category; those alike share one answer."""

    def __init__(self, reaches: list[Reach], days: int) -> None:
        self._reaches, self._days = reaches, days
        self._known: dict[tuple[int, int], list[bool]] = {}

    def of(self, product_id: int, category_id: int) -> list[bool]:
        key = (product_id, category_id)
        if key not in self._known:
            marked: set[int] = set()
            for one in self._reaches:
                if one.holds_for(product_id, category_id):
                    marked |= one.days
            self._known[key] = [day in marked for day in range(self._days)]
        return self._known[key]


def between(*, first: date, last: date) -> Promoted:
    """Of every day from the first to the last, which may lie ahead."""
    zone = shop.zone()
    days = closing.days(first, last)
    begins, ends = day_period(first, zone).starts_at, day_period(last, zone).ends_at
    running = Promotion.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=begins),
        is_enabled=True,
        starts_at__lt=ends,
        needs_coupon=False,
        segment=None,
        first_order_only=False,
    ).exclude(benefit=Promotion.Benefit.FREE_SHIPPING)
    moments = [[datetime.combine(day, time(hour), tzinfo=zone) for hour in HOURS] for day in days]
    children = _children()
    reaches = []
    for one in running.prefetch_related("products", "categories"):
        held = frozenset(
            place for place, hours in enumerate(moments) if any(schedule.in_force(one, moment, zone) for moment in hours)
        )
        below = _below(children, [category.pk for category in one.categories.all()])
        products = frozenset(product.pk for product in one.products.all())
        if held:
            reaches.append(Reach(held, one.covers == Promotion.Covers.EVERYTHING, products, below))
    return Promoted(reaches, len(days))


def _children() -> dict[int | None, list[int]]:
    found: dict[int | None, list[int]] = defaultdict(list)
    for key, parent in Category.objects.values_list("pk", "parent_id"):
        found[parent].append(key)
    return found


def _below(children: dict[int | None, list[int]], keys: list[int]) -> frozenset[int]:
    """The categories and all that lie in them."""
    found: set[int] = set()
    left = list(keys)
    while left:
        key = left.pop()
        if key not in found:
            found.add(key)
            left += children.get(key, [])
    return frozenset(found)
