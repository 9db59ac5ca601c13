"""The demo's year, told day by day: who ordered what when, and what became of it up to the last moment of the story.

Each order's whole life is drawn when it is placed and cut where the story ends, so that orders of the last days are in the
middle of theirs. Stock is real: what is not there is not sold. Nothing here touches the database.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from itertools import accumulate
from random import Random

from campaigns.pricing import engine, schedule
from campaigns.pricing.values import Basket, BasketLine, Discount, Quote
from config.kernel.business_time import day_period
from orders.past import PastDiscount, PastLine, PastOrder
from orders.seeding.assortment import Shelf
from orders.seeding.lives import Lives, Share, Terms
from orders.seeding.offers import Standing
from orders.seeding.seasons import Day, moments
from orders.seeding.shelves import Shelves

# Lines of an order times units of a line.
UNITS_IN_AN_ORDER = 2.2 * 1.28


@dataclass(frozen=True)
class Offered:
    """One SKU on sale; `group` is its top category, `path` the category and all above it."""

    variant_id: int
    product_id: int
    sku: str
    name: str
    list_price: Decimal
    cost: Decimal
    tax_rate: Decimal
    path: frozenset[int]
    codes: frozenset[str]
    group: str
    shelf: Shelf
    popularity: float


@dataclass(frozen=True)
class Repricing:
    """One SKU, by its place in the assortment, whose list price changes."""

    item: int
    before: Decimal
    after: Decimal
    at: datetime
    reason: str


@dataclass(frozen=True)
class Shopper:
    customer_id: int
    joined_at: datetime
    ship_to: Mapping[str, str]
    segments: frozenset[int]


class Story:
    def __init__(
        self,
        *,
        offered: Sequence[Offered],
        shoppers: Sequence[Shopper],
        standing: Sequence[Standing],
        shelves: Shelves,
        days: Sequence[Day],
        calendar: Sequence[Day],
        orders: Sequence[int],
        repriced: Sequence[Repricing],
        terms: Terms,
        staff: Mapping[str, int],
        until: datetime,
        draw: Random,
    ) -> None:
        """`shoppers` in the order in which they joined, the regulars first; `orders` is the number for each day; `calendar`
        reaches beyond the days at both ends; `repriced` in order of time: until then the price before holds.
        """
        self.offered = list(offered)
        self._repriced = deque(repriced)
        for one in reversed(repriced):
            self._price(one.item, one.before)
        self.shoppers = shoppers
        self.standing = standing
        self.shelves = shelves
        self.days = days
        self.orders = orders
        self.terms = terms
        self.until = until
        self.draw = draw
        self.began = day_period(days[0].on, terms.zone).starts_at
        self.lives = Lives(shelves, calendar, terms, staff, until, draw)
        self._by_id = {one.rule.promotion_id: one for one in standing}
        self._all = range(len(offered))
        self._of_group = {
            group: [number for number, one in enumerate(offered) if one.group == group]
            for group in {one.group for one in offered}
        }
        self._basket_lines: dict[tuple[int, int], BasketLine] = {}
        self._joined = 0
        self._fresh: deque[int] = deque()
        self._known: list[int] = []
        self._recent: deque[int] = deque(maxlen=4000)
        self._ordered: set[int] = set()

    def tell(self) -> Iterator[list[PastOrder]]:
        """The orders of each day, in order of time; the shelves know what else happened."""
        plain = [self._weight(one) for one in self.offered]
        average = sum(self.orders) / max(sum(day.volume for day in self.days), 1)
        for place, (day, number) in enumerate(zip(self.days, self.orders, strict=True)):
            period = day_period(day.on, self.terms.zone)
            starts_at, ends_at = period.starts_at, period.ends_at or self.until
            season = [weight * one.shelf.season[day.on.month - 1] for weight, one in zip(plain, self.offered, strict=True)]
            usual = average * day.volume / (1 + 0.65 * day.gift) * UNITS_IN_AN_ORDER / sum(season)
            # Buyers see a feast coming, though not quite how large it gets.
            coming = 0.7 * max(later.gift for later in self.days[place : place + 16])
            rates = [
                weight * usual * (1 + (one.shelf.gift - 1) * coming) for weight, one in zip(season, self.offered, strict=True)
            ]
            if day is self.days[0]:
                self.shelves.open(rates, starts_at)
            today = [one for one in self.standing if one.may_hold(starts_at, ends_at)]
            self._draw_weights(day, season, today)
            if not day.is_closed:
                self.shelves.plan(day.on, starts_at, rates)
            told = []
            for at in moments(day.on, number, self.terms.zone, self.draw, self.until):
                order = self._order(at, today)
                if order is not None:
                    told.append(order)
            self.shelves.until(min(ends_at, self.until))
            yield told

    # What is wanted

    def _weight(self, one: Offered) -> float:
        # Dear things sell less often.
        return one.popularity * float((20_000 / (float(one.list_price) + 8_000)) ** 0.35)

    def _draw_weights(self, day: Day, season: Sequence[float], today: Sequence[Standing]) -> None:
        weights = []
        for weight, one in zip(season, self.offered, strict=True):
            lift = 1 + (one.shelf.gift - 1) * day.gift
            for offer in today:
                if offer.offer.lift != 1 and (not offer.offer.weekdays or day.on.weekday() in offer.offer.weekdays):
                    covered = one.codes.intersection(offer.offer.categories) if offer.offer.categories else True
                    lift *= offer.offer.lift if covered else 1
            weights.append(weight * lift)
        self._weights = list(accumulate(weights))
        self._group_weights = {
            group: list(accumulate(weights[number] for number in members)) for group, members in self._of_group.items()
        }

    def _wanted(self) -> dict[int, int]:
        """Units by item. Further lines often come from the same corner of the shop as the first."""
        draw = self.draw
        lines = draw.choices((1, 2, 3, 4, 5, 6), (37, 28, 18, 10, 5, 2))[0]
        first = draw.choices(self._all, cum_weights=self._weights)[0]
        wanted = {first: 0}
        group = self.offered[first].group
        for _ in range(lines - 1):
            if draw.random() < 0.45:
                wanted[draw.choices(self._of_group[group], cum_weights=self._group_weights[group])[0]] = 0
            else:
                wanted[draw.choices(self._all, cum_weights=self._weights)[0]] = 0
        for item in wanted:
            wanted[item] = draw.choices((1, 2, 3, 4), (78, 16, 4, 2))[0]
        return wanted

    def _shopper(self, at: datetime) -> Shopper | None:
        """Newcomers order soon after they joined; of the others, who ordered lately orders again most."""
        while self._joined < len(self.shoppers) and self.shoppers[self._joined].joined_at <= at:
            (self._fresh if self.shoppers[self._joined].joined_at > self.began else self._known).append(self._joined)
            self._joined += 1
        draw = self.draw
        chance = draw.random()
        if chance < 0.05 or not (self._fresh or self._known):
            return None
        if self._fresh and chance < 0.75:
            number = self._fresh.popleft()
            self._known.append(number)
        elif self._recent and chance < 0.60:
            number = self._recent[draw.randrange(len(self._recent))]
        elif self._known:
            number = self._known[draw.randrange(len(self._known))]
        else:
            number = self._fresh.popleft()
            self._known.append(number)
        self._recent.append(number)
        return self.shoppers[number]

    # One order

    def _price(self, item: int, list_price: Decimal) -> None:
        self.offered[item] = replace(self.offered[item], list_price=list_price)

    def _reprice(self, at: datetime) -> None:
        """What changed before this moment, changes."""
        while self._repriced and self._repriced[0].at <= at:
            one = self._repriced.popleft()
            self._price(one.item, one.after)
            self._basket_lines.clear()

    def _order(self, at: datetime, today: Sequence[Standing]) -> PastOrder | None:
        self.shelves.until(at)
        self._reprice(at)
        draw = self.draw
        shopper = self._shopper(at)
        demand = {}
        for item, units in self._wanted().items():
            free = self.shelves.free(item)
            if free >= units:
                demand[item] = units
            elif free and draw.random() < 0.5:
                demand[item] = free
        if not demand:
            # Nothing of what was wanted is there: a sale lost.
            return None
        quote = self._quote(demand, shopper, at, today)
        for one in quote.discounts:
            self._by_id[one.promotion_id].use(shopper.customer_id if shopper else None, one.amount)
        if shopper:
            self._ordered.add(shopper.customer_id)
        phone = draw.random() < 0.06
        draft = {
            "channel": "phone" if phone else draw.choices(("storefront", "mobile"), (62, 38))[0],
            "currency": quote.currency,
            "placed_at": at,
            "external_number": None if phone else f"{at:%y%m%d%H%M%S}{draw.randrange(100_000):05}",
            "customer_id": shopper.customer_id if shopper else None,
            "shipping_fee": quote.shipping_fee,
            "shipping_discounts": tuple(_discount(one, one.amount) for one in quote.discounts if one.on_shipping),
            "shipping_tax": quote.shipping_tax,
            "ship_to": (shopper or draw.choice(self.shoppers)).ship_to,
            "note": "부재 시 문 앞에 놓아 주세요." if draw.random() < 0.08 else "",
        }
        positions = {item: position for position, item in enumerate(demand, 1)}
        shares = [Share(positions[item], slot, units) for item, slot, units in self.shelves.reserve(demand)]
        chances = [self.offered[item].shelf.returned for item in demand]
        return self.lives.live(draft, quote.total, self._lines(demand, quote), shares, chances)

    def _quote(self, demand: Mapping[int, int], shopper: Shopper | None, at: datetime, today: Sequence[Standing]) -> Quote:
        terms = self.terms
        lines = tuple(self._basket_line(item, units) for item, units in demand.items())
        goods = sum((line.list_price * line.quantity for line in lines), Decimal(0))
        fee = Decimal(0) if goods >= terms.free_shipping_from > 0 else terms.shipping_fee
        keys = {}
        rules = []
        customer_id = shopper.customer_id if shopper else None
        segments = shopper.segments if shopper else frozenset()
        path = frozenset().union(*(line.category_path for line in lines))
        is_first_order = customer_id not in self._ordered
        for one in today:
            if not one.offer.needs_coupon:
                if one.may_matter(path, segments, is_first_order):
                    rules.append(one.rule_for(customer_id))
            elif shopper and goods >= one.offer.minimum_amount and self.draw.random() < one.offer.taken:
                key = one.key()
                rule = one.rule_for(customer_id)
                if key and rule.left_for_customer != 0 and schedule.in_force(rule, at, terms.zone):
                    keys[key.code] = key
                    rules.append(rule)
        basket = Basket(
            lines=lines,
            codes=tuple(keys),
            customer_id=customer_id,
            segments=segments,
            is_first_order=is_first_order,
            shipping_fee=fee,
        )
        return engine.quote(
            basket, rules, keys, at=at, zone=terms.zone, currency=terms.currency, shipping_tax_rate=terms.shipping_tax_rate
        )

    def _basket_line(self, item: int, units: int) -> BasketLine:
        line = self._basket_lines.get((item, units))
        if line is None:
            one = self.offered[item]
            line = BasketLine(one.sku, units, one.list_price, one.product_id, one.path, one.tax_rate)
            self._basket_lines[item, units] = line
        return line

    def _lines(self, demand: Mapping[int, int], quote: Quote) -> tuple[PastLine, ...]:
        lines = []
        for place, (item, priced) in enumerate(zip(demand, quote.lines, strict=True)):
            one = self.offered[item]
            discounts = (
                tuple(_discount(off, off.shares[place]) for off in quote.discounts if off.shares[place])
                if priced.discount
                else ()
            )
            lines.append(
                PastLine(
                    one.variant_id, one.sku, one.name, priced.quantity, one.list_price, one.tax_rate, priced.tax, one.cost,
                    gross=priced.gross, discounts=discounts,
                )
            )  # fmt: skip
        return tuple(lines)


def _discount(one: Discount, amount: Decimal) -> PastDiscount:
    return PastDiscount(one.promotion_id, one.version, one.name, amount, one.coupon_id, one.code)
