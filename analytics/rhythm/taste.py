"""What somebody buys: the price band against the shop's own prices, how often with a coupon, and which categories."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from statistics import median

from analytics.rhythm.cycles import Cycle, cycle

# Fewer orders say nothing about taste.
LEAST_ORDERS = 3
MOST_CATEGORIES = 5


class Band(Enum):
    """Where the customer's median price lies among the prices of all lines the shop sold: thirds of them."""

    LOW = "low"
    MIDDLE = "middle"
    HIGH = "high"


@dataclass(frozen=True)
class Order:
    """One order that stands: the categories and the paid prices per unit of its lines, and whether a coupon was used."""

    at: datetime
    day: date
    categories: tuple[int, ...]
    prices: tuple[float, ...]
    with_coupon: bool


@dataclass(frozen=True)
class Liked:
    """A category, in how many orders it was bought, and the customer's cycle in it where the gaps are enough."""

    category: int
    orders: int
    cycle: Cycle | None


@dataclass(frozen=True)
class Taste:
    orders: int
    median_price: float | None
    band: Band | None
    coupon_orders: int
    categories: tuple[Liked, ...]


def taste(orders: Sequence[Order], thirds: tuple[float, float] | None) -> Taste:
    """`thirds` are the two prices that part the shop's lines into thirds; none where it sold nothing."""
    prices = [price for order in orders for price in order.prices]
    middle = median(prices) if prices else None
    band = None
    if middle is not None and thirds is not None and len(orders) >= LEAST_ORDERS:
        band = Band.LOW if middle < thirds[0] else Band.MIDDLE if middle <= thirds[1] else Band.HIGH
    counted = Counter(category for order in orders for category in set(order.categories))
    best = sorted(counted.items(), key=lambda one: (-one[1], one[0]))[:MOST_CATEGORIES]
    return Taste(
        orders=len(orders),
        median_price=middle,
        band=band,
        coupon_orders=sum(order.with_coupon for order in orders),
        categories=tuple(
            Liked(category, number, cycle([order.day for order in orders if category in order.categories]))
            for category, number in best
        ),
    )
