"""Visits of a demo shop's past: believable ones, made of the shop's goods and of the orders they ended in.

The same seed, goods, orders and end give the same visits.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import accumulate
from random import Random
from typing import Any

from analytics.behaviour.kinds import BUILT_IN
from analytics.behaviour.past import Happened, Sent
from orders.seeding import seasons

VISITS_A_DAY = 300
# Weekends bring more people to an online shop, Mondays most of those who buy.
_WEEKDAYS = (1.05, 1.0, 0.98, 0.96, 0.95, 1.04, 1.08)
# So many people come back now and then; few of them often.
_REGULARS = 2_400
_CONSENT, _BUYERS_CONSENT = 0.74, 0.88
_BOTS, _OWN_PEOPLE = 0.035, 0.01
# So many of those who buy looked around before, about a day earlier by the median, and up to weeks.
_LOOKED_BEFORE, _LOOKED_SECONDS_BEFORE = 0.5, (11.2, 1.4)
# How often a promotion is on the first page, and clicked by those who look and by those who buy.
_SEES_OFFER, _LOOKERS_CLICK, _BUYERS_CLICK = 0.6, 0.05, 0.3
_LATE, _SENT_TWICE, _UNREADABLE = 0.015, 0.02, 0.008
# On one of the latest days nothing was told for some hours: the day the page of data quality is there for.
OUTAGE_DAYS_AGO = 4
OUTAGE = (time(11), time(19))
# Events within so long are sent together.
_TOGETHER = timedelta(seconds=20)
_KIND = {kind.name: kind.number for kind in BUILT_IN}
_ORIGINS: tuple[tuple[Mapping[str, str], float], ...] = (
    ({}, 0.38),
    ({"referrer": "search.naver.com"}, 0.2),
    ({"referrer": "www.google.com"}, 0.09),
    ({"referrer": "www.instagram.com", "utm_source": "instagram", "utm_medium": "social", "utm_campaign": "autumn"}, 0.12),
    ({"utm_source": "naver", "utm_medium": "cpc", "utm_campaign": "brand", "napm": "ct=demo"}, 0.11),
    ({"utm_source": "kakao", "utm_medium": "message", "utm_campaign": "regulars"}, 0.06),
    ({"utm_source": "newsletter", "utm_medium": "email", "utm_campaign": "weekly"}, 0.04),
    ({"referrer": "m.blog.naver.com"}, 0.03),
    ({"utm_source": "google", "utm_medium": "cpc", "utm_campaign": "tableware", "gclid": "demo"}, 0.04),
    ({"referrer": "l.instagram.com", "utm_source": "instagram", "utm_medium": "paid_social", "utm_campaign": "autumn"}, 0.05),
    ({"referrer": "band.us"}, 0.015),
)
# What a visit by an advertisement cost, about, and of how many impressions it was one.
_ADVERTISED: tuple[tuple[tuple[str, str, str], float, int, int], ...] = (
    (("naver", "cpc", "brand"), 0.11, 210, 28),
    (("google", "cpc", "tableware"), 0.04, 380, 45),
    (("instagram", "paid_social", "autumn"), 0.05, 290, 130),
)
# What the shop does not have, and what everybody wants these days.
_MISSING, _IN_FASHION = "빨대", "크리스마스 머그"
_FASHION = timedelta(days=3)
_WORDS = ("머그컵", "찻잔 세트", "접시", "선물", "백자", "텀블러", "유리컵", "그릇", "수저", "커피잔", "도시락", "화병")
# What a storefront sends by mistake, and nobody can read.
_MISTAKES: tuple[tuple[str, Mapping[str, Any]], ...] = (
    ("product_view", {"sku": "CUP-01"}),
    ("product_viewed", {"path": "/products/cup"}),
    ("page_viewed", {"path": "/search?q=cup"}),
    ("product_added", {"sku": "CUP-01", "quantity": 0}),
)


@dataclass(frozen=True)
class Goods:
    """A SKU on sale; the earlier it stands, the more people look at it."""

    variant_id: int
    sku: str
    price: str
    category: str


@dataclass(frozen=True)
class Offered:
    """A promotion as the shop front shows it, by the code with which it is told."""

    code: str
    starts_at: datetime
    ends_at: datetime | None

    def is_shown(self, at: datetime) -> bool:
        return self.starts_at <= at and (self.ends_at is None or at < self.ends_at)


@dataclass(frozen=True)
class Bought:
    """An order that was placed online; `lines` are goods with their quantities."""

    number: str
    placed_at: datetime
    customer_id: int | None
    customer: str | None
    value: str
    lines: tuple[tuple[Goods, int], ...]


@dataclass
class _Visit:
    began_at: datetime
    visitor: str | None
    customer_id: int | None = None
    customer: str | None = None
    traffic: int = 0
    skew: timedelta = timedelta(0)
    events: list[Happened] = field(default_factory=list)


class Visits:
    """The visits of the days from `first` until a moment."""

    def __init__(
        self,
        *,
        goods: Sequence[Goods],
        orders: Sequence[Bought],
        first: date,
        until: datetime,
        zone: tzinfo,
        seed: int,
        offers: Sequence[Offered] = (),
    ) -> None:
        self._offers = offers
        self._goods, self._first, self._until, self._zone = goods, first, until, zone
        self._draw = Random(f"{seed} visits")
        self._popular = list(accumulate(1 / (place + 8) for place in range(len(goods))))
        self._often = list(accumulate(1 / (place + 20) for place in range(_REGULARS)))
        self._orders = sorted(orders, key=lambda one: (one.placed_at, one.number))
        broken = until.astimezone(zone).date() - timedelta(days=OUTAGE_DAYS_AGO)
        self._outage = tuple(datetime.combine(broken, hour, tzinfo=zone) for hour in OUTAGE)

    def of_browsers(self) -> Iterator[Sent]:
        """What browsers sent, visit by visit."""
        for visit in self._visits():
            yield from self._sent(visit)

    def of_the_server(self) -> Iterator[Sent]:
        """What the storefront's server sent: the orders that were placed."""
        for order in self._orders:
            at = order.placed_at
            done = self._event(at, "order_completed", order=order.number, value=order.value)
            received_at = min(at + timedelta(milliseconds=self._draw.randrange(80, 900)), self._until)
            name = self._name(order)
            known = name is not None and order.customer is not None
            yield Sent(
                received_at, name, order.customer_id if known else None, order.customer if known else None, events=(done,)
            )

    def _name(self, order: Bought) -> str | None:
        """By which browser and server both tell of the visit in which an order was placed; none without consent."""
        if Random(f"{order.number} consent").random() >= _BUYERS_CONSENT:
            return None
        return f"demo-{order.customer}" if order.customer is not None else f"demo-guest-{order.number}"

    # --- visits

    def _visits(self) -> Iterator[_Visit]:
        for order in self._orders:
            yield from self._before(order)
            yield self._buying(order)
        on = self._first
        while on <= self._until.astimezone(self._zone).date():
            buyers = sum(order.placed_at.astimezone(self._zone).date() == on for order in self._orders)
            number = max(round(VISITS_A_DAY * _WEEKDAYS[on.weekday()] * self._draw.gauss(1, 0.06)) - buyers, 0)
            passed = seasons.elapsed(on, self._until, self._zone)
            for at in seasons.moments(on, round(number * passed), self._zone, self._draw, self._until):
                yield self._looking(at)
            on += timedelta(days=1)

    def _before(self, order: Bought) -> Iterator[_Visit]:
        """Some who buy have been here before, hours or days ago, and looked around."""
        draw, name = self._draw, self._name(order)
        if name is None or draw.random() > _LOOKED_BEFORE:
            return
        at = order.placed_at - timedelta(seconds=draw.lognormvariate(*_LOOKED_SECONDS_BEFORE))
        if at.astimezone(self._zone).date() >= self._first and order.placed_at - at > timedelta(hours=2):
            visit = self._looking(at)
            visit.visitor, visit.traffic = name, 0
            if visit.events:
                yield visit

    def _buying(self, order: Bought) -> _Visit:
        """Looks at what it buys and at a few things more, and reaches the checkout before the order is placed."""
        draw = self._draw
        looked = [goods for goods, _quantity in order.lines] + [self._some() for _ in range(draw.choice((0, 0, 1, 1, 2, 4)))]
        draw.shuffle(looked)
        steps: list[tuple[str, Goods | None, dict[str, Any]]] = self._landing(order.placed_at, _BUYERS_CLICK)
        for goods in looked:
            steps.append(("product_viewed", goods, self._product(goods)))
            steps += [("product_added", goods, {"quantity": n, "price": goods.price}) for one, n in order.lines if one is goods]
        items = sum(quantity for _goods, quantity in order.lines)
        steps.append(("cart_viewed", None, {"path": "/cart", "items": items}))
        steps.append(("checkout_started", None, {"path": "/checkout", "items": items, "value": order.value}))
        pauses = [timedelta(seconds=draw.randrange(4, 75)) for _ in steps]
        began_at = order.placed_at - sum(pauses, timedelta(seconds=draw.randrange(30, 200)))
        name = self._name(order)
        known = name is not None and order.customer is not None
        visit = _Visit(
            began_at,
            name,
            order.customer_id if known else None,
            order.customer if known else None,
            skew=self._skew(),
        )
        self._walk(visit, steps, pauses)
        return visit

    def _looking(self, at: datetime) -> _Visit:
        """Buys nothing: leaves at once, looks around, or fills a cart and leaves it."""
        draw = self._draw
        who = draw.random()
        if who < _BOTS:
            visit = _Visit(at, None, traffic=1)
            pages = [("page_viewed", None, {"path": f"/products/{self._some().sku}"}) for _ in range(draw.randrange(4, 18))]
            self._walk(visit, pages, [timedelta(seconds=1)] * len(pages))
            return visit
        agreed = draw.random() < _CONSENT
        regular = draw.choices(range(_REGULARS), cum_weights=self._often)[0]
        visit = _Visit(at, f"demo-visitor-{regular}" if agreed else None, traffic=2 if who < _BOTS + _OWN_PEOPLE else 0)
        visit.skew = self._skew()
        steps: list[tuple[str, Goods | None, dict[str, Any]]] = self._landing(at, _LOOKERS_CLICK)
        if draw.random() > 0.34:
            if draw.random() < 0.42:
                steps.append(("products_searched", None, self._search(at)))
            else:
                category = self._some().category
                steps.append(("products_listed", None, {"path": f"/c/{category}", "category": category, "results": 24}))
            for _ in range(draw.choice((1, 1, 2, 2, 3, 5, 8))):
                goods = self._some()
                steps.append(("product_viewed", goods, self._product(goods)))
                if draw.random() < 0.3:
                    seconds = draw.randrange(5, 120)
                    steps.append(("dwelled", goods, {"path": f"/products/{goods.sku}", "seconds": seconds}))
                if draw.random() < 0.07:
                    steps.append(("product_wished", goods, {}))
                if draw.random() < 0.09:
                    steps.append(("product_added", goods, {"quantity": 1, "price": goods.price}))
                    steps.append(("cart_viewed", None, {"path": "/cart", "items": 1}))
                    if draw.random() < 0.25:
                        steps.append(("checkout_started", None, {"path": "/checkout", "items": 1, "value": goods.price}))
        self._walk(visit, steps, [timedelta(seconds=draw.randrange(3, 90)) for _ in steps])
        return visit

    def _landing(self, at: datetime, clicks: float) -> list[tuple[str, Goods | None, dict[str, Any]]]:
        """The first page, by a message or not, and the promotion it shows: in the first place the latest."""
        draw, origin = self._draw, self._origin()
        steps: list[tuple[str, Goods | None, dict[str, Any]]] = [("page_viewed", None, {"path": "/", **origin})]
        if origin.get("utm_medium") in ("message", "email"):
            steps.append(("message_clicked", None, {"message": origin["utm_campaign"]}))
        shown = [one for one in self._offers if one.is_shown(at)][:3]
        if shown and draw.random() < _SEES_OFFER:
            offer = draw.choices(shown, range(len(shown), 0, -1))[0]
            steps.append(("promotion_viewed", None, {"promotion": offer.code, "slot": "top"}))
            if draw.random() < clicks:
                steps.append(("promotion_clicked", None, {"promotion": offer.code, "slot": "top"}))
        return steps

    def _walk(
        self, visit: _Visit, steps: Sequence[tuple[str, Goods | None, dict[str, Any]]], pauses: Sequence[timedelta]
    ) -> None:
        at = visit.began_at
        for (kind, goods, properties), pause in zip(steps, pauses, strict=True):
            if at >= self._until:
                break
            visit.events.append(self._event(at, kind, goods, visit.skew, **properties))
            at += pause

    # --- batches

    def _sent(self, visit: _Visit) -> Iterator[Sent]:
        """A visit's events as its browser sent them; those of the outage never came."""
        draw, waiting = self._draw, [one for one in visit.events if not self._outage[0] <= one.occurred_at < self._outage[1]]
        late = timedelta(seconds=draw.randrange(3_600, 60_000)) if draw.random() < _LATE else timedelta(0)
        while waiting:
            ends_at = waiting[0].occurred_at + _TOGETHER
            some = tuple(one for one in waiting if one.occurred_at < ends_at)
            waiting = waiting[len(some) :]
            received_at = some[-1].occurred_at + late + timedelta(milliseconds=draw.randrange(200, 5_000))
            if received_at > self._until or self._outage[0] <= received_at < self._outage[1]:
                continue
            unreadable = (self._mistake(received_at),) if draw.random() < _UNREADABLE else ()
            whose = (visit.visitor, visit.customer_id, visit.customer, visit.traffic)
            yield Sent(received_at, *whose, events=some, unreadable=unreadable)
            again_at = received_at + timedelta(seconds=30)
            if draw.random() < _SENT_TWICE and again_at <= self._until:
                yield Sent(again_at, *whose, doubled=len(some))

    def _mistake(self, at: datetime) -> dict[str, Any]:
        kind, properties = self._draw.choice(_MISTAKES)
        return {"id": f"{self._draw.getrandbits(128):032x}", "at": at.isoformat(), "kind": kind, "properties": dict(properties)}

    # --- chance

    def _event(
        self, at: datetime, kind: str, goods: Goods | None = None, skew: timedelta = timedelta(0), **properties: Any
    ) -> Happened:
        # The moment first, as the script of shop fronts makes its ids.
        client_at = at + skew
        id = (int(client_at.timestamp() * 1000) << 80) | self._draw.getrandbits(80)
        return Happened(id, client_at, at, _KIND[kind], goods.variant_id if goods else None, properties)

    def _product(self, goods: Goods) -> dict[str, Any]:
        return {"path": f"/products/{goods.sku}", "in_stock": self._draw.random() > 0.03, "price": goods.price}

    def _search(self, at: datetime) -> dict[str, Any]:
        """Most find something; one word never does, and one has come up lately."""
        draw = self._draw
        if at > self._until - _FASHION and draw.random() < 0.3:
            return {"query": _IN_FASHION, "results": draw.choice((3, 7))}
        if draw.random() < 0.06:
            return {"query": _MISSING, "results": 0}
        return {"query": draw.choice(_WORDS), "results": draw.choice((0, 3, 7, 12, 24, 24, 24, 24))}

    def _some(self) -> Goods:
        return self._draw.choices(self._goods, cum_weights=self._popular)[0]

    def _origin(self) -> Mapping[str, str]:
        return self._draw.choices([one for one, _share in _ORIGINS], [share for _one, share in _ORIGINS])[0]

    def _skew(self) -> timedelta:
        """Few clocks are wrong by minutes."""
        return timedelta(seconds=self._draw.randrange(-900, 900)) if self._draw.random() < 0.05 else timedelta(0)


def spend(*, first: date, until: date, seed: int) -> Iterator[dict[str, str]]:
    """What the demo's campaigns cost day by day, the last one not told yet; rows as a table of spend has them."""
    draw = Random(f"{seed} spend")
    for number in range((until - first).days):
        on = first + timedelta(days=number)
        for (source, medium, campaign), share, price, views in _ADVERTISED:
            clicks = round(VISITS_A_DAY * _WEEKDAYS[on.weekday()] * share * draw.gauss(1.25, 0.1))
            yield {
                "day": on.isoformat(), "source": source, "medium": medium, "campaign": campaign,
                "impressions": str(clicks * draw.randrange(views * 8, views * 12) // 10), "clicks": str(clicks),
                "cost": str(round(clicks * price * draw.gauss(1, 0.08))),
            }  # fmt: skip
