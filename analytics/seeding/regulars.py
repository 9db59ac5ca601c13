"""The half-year before a demo shop's month of visits, of a few customers only: enough to see what kind of buyers they are.

A third buys at once, a third comes back several times before, and a third used to come often and has stayed away lately.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from analytics.behaviour.kinds import BUILT_IN
from analytics.behaviour.past import Happened, Sent
from analytics.seeding.visits import Bought, Goods

CUSTOMERS = 45
BACK = timedelta(weeks=22)
# Who stays away has done so for a little longer than the span that is called recent.
_AWAY_FOR = timedelta(days=31)
_KIND = {kind.name: kind.number for kind in BUILT_IN}


@dataclass(frozen=True)
class Regular:
    """A customer with the online orders of the span, those before `seen_from` without visits so far."""

    customer_id: int
    customer: str
    orders: Sequence[Bought]


def visits(
    *, regulars: Sequence[Regular], goods: Sequence[Goods], seen_from: datetime, until: datetime, seed: int
) -> list[Sent]:
    """The same seed, customers and goods give the same visits, in the order in which they came."""
    sent = []
    for place, one in enumerate(regulars):
        draw = Random(f"{seed} regular {one.customer}")
        if place % 3 == 2:
            sent += list(_fading(one, goods, until, draw))
            continue
        for order in one.orders:
            if place % 3 == 1:
                sent += list(_pondering(one, order, goods, draw))
            if order.placed_at < seen_from:
                sent.append(_buying(one, order, draw))
    return sorted((each for each in sent if each.received_at <= until), key=lambda each: each.received_at)


def _fading(one: Regular, goods: Sequence[Goods], until: datetime, draw: Random) -> Iterator[Sent]:
    at = until - BACK + timedelta(days=draw.uniform(0, 5))
    while at < until - _AWAY_FOR:
        yield _looking(one, at, goods, draw.choice((1, 2, 3)), draw)
        at += timedelta(days=draw.uniform(3, 7))


def _pondering(one: Regular, order: Bought, goods: Sequence[Goods], draw: Random) -> Iterator[Sent]:
    for _ in range(draw.choice((2, 3, 3))):
        yield _looking(one, order.placed_at - timedelta(days=draw.uniform(0.6, 8)), goods, draw.choice((2, 3, 4)), draw)


def _looking(one: Regular, at: datetime, goods: Sequence[Goods], products: int, draw: Random) -> Sent:
    steps: list[tuple[str, Goods | None, dict[str, object]]] = [("page_viewed", None, {"path": "/"})]
    for each in draw.sample(goods, min(products, len(goods))):
        path = f"/products/{each.sku}"
        steps.append(("product_viewed", each, {"path": path, "in_stock": True, "price": each.price}))
        steps.append(("dwelled", each, {"path": path, "seconds": draw.randrange(15, 90)}))
    return _sent(one, at, steps, draw)


def _buying(one: Regular, order: Bought, draw: Random) -> Sent:
    steps: list[tuple[str, Goods | None, dict[str, object]]] = [("page_viewed", None, {"path": "/"})]
    for each, quantity in order.lines:
        steps.append(("product_viewed", each, {"path": f"/products/{each.sku}", "in_stock": True, "price": each.price}))
        steps.append(("product_added", each, {"quantity": quantity, "price": each.price}))
    steps.append(("order_completed", None, {"order": order.number, "value": order.value}))
    return _sent(one, order.placed_at - timedelta(seconds=20 * len(steps)), steps, draw)


def _sent(one: Regular, at: datetime, steps: Sequence[tuple[str, Goods | None, dict[str, object]]], draw: Random) -> Sent:
    events = []
    for kind, goods, properties in steps:
        id = (int(at.timestamp() * 1000) << 80) | draw.getrandbits(80)
        events.append(Happened(id, at, at, _KIND[kind], goods.variant_id if goods else None, properties))
        at += timedelta(seconds=20)
    return Sent(at, f"demo-{one.customer}", one.customer_id, one.customer, events=tuple(events))
