"""Customers whose clicks are planted: of each it is known what kind of buyer they are, and of each moment how near to buying.

Three kinds of noise: purchases in another manner, purchases that no visit tells of, and visits that lead nowhere.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from analytics.behaviour.kinds import numbers
from analytics.behaviour.stages import Seen, Stage, moments
from analytics.rhythm.buyers import BuyerType
from analytics.rhythm.decisive import Counted
from analytics.rhythm.reading import Story, Visited
from analytics.rhythm.taste import Order

SEOUL = ZoneInfo("Asia/Seoul")
BEGINS = datetime(2025, 11, 1, tzinfo=SEOUL)
DAYS = 360
OTHERWISE, UNSEEN = 0.12, 0.12
PAGE, VIEW, REVIEWS, ADD, CART, CHECKOUT, ORDERED = (
    numbers(kind)[0]
    for kind in (
        *("page_viewed", "product_viewed", "reviews_viewed", "product_added", "cart_viewed", "checkout_started"),
        "order_completed",
    )
)


@dataclass
class Planted:
    """One customer: visits as their events, and orders."""

    kind: BuyerType
    visits: list[list[Seen]] = field(default_factory=list)
    orders: list[datetime] = field(default_factory=list)

    def story(self) -> Story:
        return Story([an_order(at) for at in sorted(self.orders)], [visited(events) for events in self.visits])


def an_order(at: datetime) -> Order:
    return Order(at, at.date(), (1,), (10_000.0,), with_coupon=False)


def visited(events: Sequence[Seen]) -> Visited:
    """What the visits of the shop keep of these events."""
    found = moments(events)
    products = len({one.product for one in events if one.product})
    lasted = (events[-1].at - events[0].at).total_seconds()
    return Visited(events[0].at.date(), events[0].at, found.viewed_at, products, max(lasted, 1.0), found.ordered_at is not None)


def customers(number: int, seed: int) -> Iterator[Planted]:
    """As many of each type, one after another."""
    kinds = (BuyerType.IMMEDIATE, BuyerType.DELIBERATE, BuyerType.REPEATING)
    for place in range(number):
        yield _customer(kinds[place % 3], Random(f"{seed} {place}"))  # noqa: S311


def _customer(kind: BuyerType, dice: Random) -> Planted:
    planted = Planted(kind)
    purchases = list(_regular(dice) if kind is BuyerType.REPEATING else _now_and_then(dice))
    for at in purchases:
        usual = kind if kind is not BuyerType.REPEATING else dice.choice((BuyerType.IMMEDIATE, BuyerType.DELIBERATE))
        others = [one for one in (BuyerType.IMMEDIATE, BuyerType.DELIBERATE) if one is not usual]
        manner = dice.choice(others) if dice.random() < OTHERWISE else usual
        planted.orders.append(at)
        if dice.random() >= UNSEEN:
            planted.visits += _led(manner, at, dice)
    for _ in range(dice.randrange(0, 8)):
        began = BEGINS + timedelta(days=dice.random() * DAYS)
        planted.visits.append(_look(began, dice.choice((1, 1, 2)), dice))
    planted.visits.sort(key=lambda events: events[0].at)
    return planted


def _regular(dice: Random) -> Iterator[datetime]:
    """By the calendar, a day or two early or late; now and then one is left out."""
    cycle = dice.uniform(14, 45)
    at = BEGINS + timedelta(days=dice.random() * cycle, hours=dice.uniform(9, 22))
    while at < BEGINS + timedelta(days=DAYS):
        yield at
        step = cycle * dice.gauss(1, 0.1) * (2 if dice.random() < 0.06 else 1)
        at += timedelta(days=max(step, 1))


def _now_and_then(dice: Random) -> Iterator[datetime]:
    """As chance has it."""
    mean = dice.uniform(20, 50)
    at = BEGINS + timedelta(days=dice.expovariate(1 / mean))
    while at < BEGINS + timedelta(days=DAYS):
        yield at
        at += timedelta(days=1 + dice.expovariate(1 / mean))


def _led(manner: BuyerType, at: datetime, dice: Random) -> Iterator[list[Seen]]:
    if manner is BuyerType.IMMEDIATE:
        if dice.random() < 0.2:
            yield _look(at - timedelta(hours=dice.uniform(1, 20)), 1, dice)
        yield _buy(at, dice.choice((1, 1, 2, 2, 3)), dice)
        return
    for _ in range(dice.choice((1, 2, 2, 3, 4))):
        yield _look(at - timedelta(days=dice.uniform(0.5, 9)), dice.choice((2, 2, 3, 4)), dice)
    yield _buy(at, dice.choice((1, 2, 3)), dice)


def _look(began: datetime, products: int, dice: Random) -> list[Seen]:
    events, at = [Seen(began, PAGE)], began
    for place in range(products):
        at += timedelta(seconds=dice.uniform(10, 120))
        events.append(Seen(at, VIEW, f"p{dice.randrange(10**6)}-{place}", dice.randrange(5)))
    return events


def _buy(at: datetime, products: int, dice: Random) -> list[Seen]:
    events = _look(at - timedelta(minutes=dice.uniform(8, 25)), products, dice)
    for kind in (ADD, CART, CHECKOUT):
        events.append(Seen(events[-1].at + timedelta(seconds=dice.uniform(5, 60)), kind))
    events.append(Seen(max(at, events[-1].at), ORDERED))
    return events


@dataclass(frozen=True)
class Walk:
    """One visit with what the visitor had in mind at each event. Some think long before they show it, and some never do."""

    events: list[Seen]
    minds: list[Stage]


def walks(number: int, seed: int) -> Iterator[Walk]:
    """Visitors who have something in mind and mostly, but not always, do what it is told by."""
    for place in range(number):
        yield _walk(Random(f"{seed} walk {place}"))  # noqa: S311


def _walk(dice: Random) -> Walk:
    at, mind = BEGINS + timedelta(days=dice.random() * 90), Stage.EXPLORE
    events, minds = [Seen(at, PAGE)], [mind]
    onward = {Stage.EXPLORE: Stage.COMPARE, Stage.COMPARE: Stage.DECIDE, Stage.DECIDE: Stage.BOUGHT}
    likely = {Stage.EXPLORE: 0.35, Stage.COMPARE: 0.25, Stage.DECIDE: 0.3}
    for step in range(dice.randrange(3, 18)):
        at += timedelta(seconds=dice.uniform(5, 200))
        if mind in onward and dice.random() < likely[mind]:
            mind = onward[mind]
        events.append(_shown(mind, at, step, dice))
        minds.append(mind)
        if mind is Stage.BOUGHT:
            break
    return Walk(events, minds)


def _shown(mind: Stage, at: datetime, step: int, dice: Random) -> Seen:
    """What somebody in this mind does: in one case of ten something that anybody does."""
    if mind is Stage.BOUGHT:
        return Seen(at, ORDERED)
    if dice.random() < 0.1:
        return Seen(at, PAGE)
    if mind is Stage.EXPLORE:
        return Seen(at, VIEW, "first", 1) if dice.random() < 0.3 else Seen(at, PAGE)
    if mind is Stage.COMPARE:
        return Seen(at, REVIEWS) if dice.random() < 0.3 else Seen(at, VIEW, f"p{step}", dice.choice((1, 1, 1, 2)))
    return Seen(at, dice.choice((ADD, ADD, CART, CHECKOUT)))


# --- shops whose hours do not differ, and shops with hours that do

BUSY = (2, 1, 1, 1, 1, 1, 2, 4, 6, 8, 9, 10, 11, 10, 9, 9, 9, 9, 10, 11, 13, 14, 11, 6)


def a_shop(
    seed: int, *, visits: int = 30_000, conversion: float = 0.04, hot: Sequence[tuple[int, int]] = (), lift: float = 1.0
) -> list[Counted]:
    """Eight weeks of visits in two channels; in `hot` slots visits end in an order so many times as often."""
    dice = Random(f"{seed} shop")  # noqa: S311
    counted = []
    each = visits / 8 / 7 / sum(BUSY)
    for week in range(8):
        for weekday in range(7):
            for hour in range(24):
                for channel, share in (("web", 0.7), ("app", 0.3)):
                    came = _poisson(each * BUSY[hour] * share, dice)
                    chance = conversion * (lift if (weekday, hour) in hot else 1)
                    ordered = sum(dice.random() < chance for _ in range(came))
                    counted.append(Counted(channel, weekday, hour, week, came, ordered))
    return counted


def _poisson(mean: float, dice: Random) -> int:
    count, waited = 0, dice.expovariate(1)
    while waited < mean:
        count, waited = count + 1, waited + dice.expovariate(1)
    return count


def last_day() -> date:
    return (BEGINS + timedelta(days=DAYS)).date()
