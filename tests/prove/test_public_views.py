"""Clicks of two real shops, through the intake, told late, twice and out of order: every figure they carry is that of a count
by hand, by day, hour, channel, SKU and category.

The count reads the files (tests/prove/counted_views.py). What test_visits.py proves of the visits one by one, this proves of
the metrics, asked for where pages and the API ask.
"""

import random
import sys
import time
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest

from analytics.behaviour.reading import read
from analytics.behaviour.wire import Received
from analytics.metrics import METRICS, Cut, behaviour
from analytics.models import Event, EventSource, VisitDay
from analytics.operations import attribution, event_figures, event_months, ingest, purchases, visits
from analytics.queries import event_kinds, measuring
from analytics.queries.funnel import funnel
from analytics.queries.measuring import Part
from inventory.models import Category, Product, Variant
from orders.models import Order, OrderLine
from tests.analytics.events.builders import a_source
from tests.orders.importing.files import data
from tests.prove import clicks as files
from tests.prove import counted_views as hand
from tests.prove.clicks import SEOUL, Click, across_midnight

pytestmark = [pytest.mark.prove, pytest.mark.django_db]

# What is told in one go: a client keeps what it could not tell for days, not for months.
SPELL = timedelta(days=10)
LATE, TWICE = 0.05, 0.03
BATCHES_AT_ONCE = 200
CHANNELS = ("web", "app")
OF_INTEREST = {
    "product_views", "viewing_visits", "add_share", "out_of_stock_views_share", "wishes", "dwell_seconds_per_view",
}  # fmt: skip
OF_RETURNS = ("return_visits", "return_conversion")
OF_NEWCOMERS = ("lead_time_median", "lead_time_p90", "bought_within_hour", "bought_within_day", "bought_within_week")
TIMES = {Cut.DAY, Cut.WEEK, Cut.MONTH, Cut.WEEKDAY}
HOURS = {Cut.HOUR, Cut.SLOT, Cut.DAY_HOUR}


@dataclass(frozen=True)
class Shop:
    """`clicks` as they are told; what the catalog does not know has no category."""

    clicks: list[Click]
    variants: dict[str, int]
    categories: dict[str, int]

    @property
    def names(self) -> dict[Cut, dict[int, str]]:
        return {
            Cut.SKU: {pk: name for name, pk in self.variants.items()},
            Cut.CATEGORY: {pk: name for name, pk in self.categories.items()},
        }


def channel_of(visitor: str) -> str:
    return CHANNELS[int(visitor) % 3 == 0]


# --- the files as a shop


def retailrocket(file: Path) -> list[Click]:
    """The file has no categories: one of twenty by the item's number, and none for a tenth, which the catalog does not know."""
    found = []
    for click in files.retailrocket(file):
        is_known = click.sku and int(click.sku) % 10
        found.append(replace(click, category=str(int(click.sku) // 10 % 20)) if is_known else click)
    return found


def eshop(file: Path) -> list[Click]:
    """Who comes to another page of the shop has viewed it, in the moment of the first click there."""
    found, where = [], dict[str, str]()
    for click in files.eshop(file):
        path = f"/{click.category}/{click.page}"
        if where.get(click.visitor) != path:
            where[click.visitor] = path
            found.append(Click(click.visitor, click.at, "page_viewed", page=path))
        found.append(click)
    return found


def furnish(clicks: list[Click]) -> Shop:
    names = sorted({one.category for one in clicks if one.category})
    categories = {one: Category.objects.create(name=one, code=f"c-{one}") for one in names}
    known = {one.sku: one.category for one in clicks if one.category}
    products = Product.objects.bulk_create(Product(name=sku, category=categories[known[sku]]) for sku in sorted(known))
    variants = Variant.objects.bulk_create(Variant(product=one, sku=one.name, list_price=10, cost=5) for one in products)
    return Shop(clicks, {one.sku: one.pk for one in variants}, {name: one.pk for name, one in categories.items()})


def place_orders(shop: Shop) -> dict[str, Click]:
    """As the shop has them, whatever is told when: placed at their first click, one line each. By number."""
    told: dict[str, Click] = {}
    for click in sorted(shop.clicks, key=lambda one: one.at):
        if click.order:
            told.setdefault(click.order, click)
    variant = Variant.objects.get(pk=min(shop.variants.values()))
    made = Order.objects.bulk_create(
        Order(
            number=number, channel=channel_of(one.visitor), state=Order.State.SHIPPED, currency="KRW", lines_total=10,
            shipping_fee=0, total=10, tax=0, paid=10, placed_at=one.at,
        )
        for number, one in sorted(told.items())
    )  # fmt: skip
    OrderLine.objects.bulk_create(
        OrderLine(
            order=one, position=1, variant=variant, sku=variant.sku, name=variant.sku, quantity=1, list_price=10, gross=10,
            total=10, tax_rate=10, tax=0, shipped=1,
        )
        for one in made
    )  # fmt: skip
    return told


# --- telling


def tell(sources: dict[str, EventSource], clicks: list[Click], at: datetime, dice: random.Random) -> tuple[int, int]:
    """A batch of each visitor in any order, their clicks too, some of them twice. How many are stored, and known before."""
    if not clicks:
        return 0, 0
    theirs: dict[str, list[Click]] = defaultdict(list)
    for click in clicks:
        theirs[click.visitor].append(click)
    batches = []
    for visitor, told in theirs.items():
        dice.shuffle(told)
        for first in range(0, len(told), 400):
            events = [an_event(one, dice) for one in told[first : first + 400]]
            body = {"consent": True, "visitor": visitor, "events": events}
            batch = read(body, kinds=event_kinds.known(), received_at=at)
            assert not batch.refused
            received = Received(batch, sources[channel_of(visitor)].pk, Event.Traffic.SHOPPER, at)
            batches += [received] * (2 if dice.random() < TWICE else 1)
    # What a crawler tells counts nowhere.
    crawled = read(
        {"consent": True, "visitor": "crawler", "events": [an_event(one, dice) for one in clicks[:50]]},
        kinds=event_kinds.known(),
        received_at=at,
    )
    batches.append(Received(crawled, sources["web"].pk, Event.Traffic.BOT, at))
    dice.shuffle(batches)
    stored = doubled = 0
    for first in range(0, len(batches), BATCHES_AT_ONCE):
        for taken in ingest.take_all(batches[first : first + BATCHES_AT_ONCE]):
            stored, doubled = stored + taken.stored, doubled + taken.doubled
    return stored - len(crawled.rows), doubled


def an_event(click: Click, dice: random.Random) -> dict[str, Any]:
    properties = {"path": click.page} if click.kind == "page_viewed" else {"sku": click.sku}
    if click.order:
        properties = {"order": click.order}
    name = uuid.UUID(int=dice.getrandbits(128))
    return {"id": str(name), "at": click.at.isoformat(), "kind": click.kind, "properties": properties}


def made(at: datetime) -> None:
    """What the jobs of the shop make of it."""
    while event_figures.count_due().hours:
        pass
    visits.rebuild_due(at=at, seconds=10_000)
    purchases.rebuild_due(at=at, seconds=10_000)
    purchases.rebuild_due(at=at, seconds=10_000)
    attribution.rebuild_due(at=at, seconds=10_000)
    assert not VisitDay.objects.filter(state=VisitDay.State.DIRTY).exists()


# --- comparing


class Comparison:
    """Asks for each figure where pages ask, and for the same by hand."""

    def __init__(self, shop: Shop, placed: dict[str, Click], told: Iterable[Click], at: datetime) -> None:
        self.shop, self.placed, self.at = shop, placed, at
        self.seen = hand.visits(told, channel_of)
        self.sold = hand.orders(self.seen, {number: one.at for number, one in placed.items()})
        self.compared = self.telling = 0
        self.metrics: set[str] = set()

    def same(self, what: tuple[Any, ...], said: D | None, by_hand: D | None) -> None:
        # Shares of exact fractions and of 28 digits; means of visitors come as floating point numbers.
        near = said is not None and by_hand is not None and abs(said - by_hand) <= D("1e-12") * max(abs(by_hand), 1)
        assert said == by_hand or near, (*what, said, by_hand)
        self.compared += 1
        if by_hand:
            self.telling += 1
            self.metrics.add(what[0])

    def ask(
        self, codes: Iterable[str], first: date, last: date, by: Cut | None, chosen: dict[Cut, Any]
    ) -> dict[Any, Mapping[str, D | None]]:
        """By key, the figures by code."""
        metrics = [METRICS[code] for code in codes]
        scope: dict[str, Any] = {"first": first, "last": last, "at": self.at, "of": Part(chosen)}
        rows = measuring.rows(metrics, by=by, **scope) if by else [measuring.whole(metrics, **scope)]
        names = self.shop.names.get(by) if by else None
        return {names[row.key] if names else row.key: row.values for row in rows}

    def every(self, first: date, last: date) -> None:
        for chosen in ({}, {Cut.CHANNEL: "app"}, {Cut.MONTH: last.replace(day=1)}, {Cut.WEEKDAY: 6}, {Cut.HOUR: 0}):
            seen = [
                one
                for one in self.seen
                if first <= one.day <= last and all(hand.key_of(cut.value, one) == value for cut, value in chosen.items())
            ]
            self.of_visits(first, last, chosen, seen)
            if not {Cut.CHANNEL, Cut.HOUR} & set(chosen):
                self.of_interest(first, last, chosen, seen)
            if set(chosen) <= {Cut.CHANNEL}:
                self.of_people(first, last, chosen, seen)
        self.funnels(first, last)

    def of_visits(self, first: date, last: date, chosen: dict[Cut, Any], seen: list[hand.Seen]) -> None:
        codes = [one.code for one in behaviour.METRICS if one.code not in OF_INTEREST | {"daily_visitors"}]
        for by in (None, Cut.CHANNEL, *TIMES, *HOURS):
            said, sums = self.ask(codes, first, last, by, chosen), hand.summed(seen, by.value if by else None)
            for key in {*said, *sums}:
                for code in codes:
                    by_hand = hand.of_visits(code, sums.get(key, {}))
                    self.same((code, by, chosen, key), said[key][code] if key in said else hand.of_visits(code, {}), by_hand)
        if set(chosen) <= {Cut.CHANNEL}:
            for by in (None, Cut.CHANNEL, *TIMES):
                visitors = hand.daily_visitors(seen, by.value if by else None)
                figures = self.ask(["daily_visitors"], first, last, by, chosen)
                for key in {*figures, *visitors}:
                    given = figures.get(key, {}).get("daily_visitors")
                    self.same(("daily_visitors", by, chosen, key), given, visitors.get(key))

    def of_interest(self, first: date, last: date, chosen: dict[Cut, Any], seen: list[hand.Seen]) -> None:
        views = hand.of_interest(seen, "sku")
        # Each cut of all SKUs, and the days of the one that is viewed most.
        asked: list[tuple[Cut | None, str | None]] = [(by, None) for by in (None, Cut.SKU, Cut.CATEGORY, *TIMES)]
        asked += [(Cut.DAY, max(views, key=lambda sku: views[sku]["views"]))] if views else []
        for by, sku in asked:
            part = chosen | ({Cut.SKU: self.shop.variants[sku]} if sku else {})
            said, sums = self.ask(OF_INTEREST, first, last, by, part), hand.of_interest(seen, by.value if by else None, sku)
            for key in {*said, *sums}:
                for code in OF_INTEREST:
                    by_hand = hand.interest(code, sums.get(key, {}))
                    self.same((code, by, part, key), said[key][code] if key in said else hand.interest(code, {}), by_hand)

    def of_people(self, first: date, last: date, chosen: dict[Cut, Any], seen: list[hand.Seen]) -> None:
        until = datetime.combine(self.at.astimezone(SEOUL).date(), datetime.min.time(), SEOUL)
        people = [
            one
            for one in hand.newcomers(self.seen, self.sold, until)
            if first <= one.day <= last and one.channel == chosen.get(Cut.CHANNEL, one.channel)
        ]
        sold = [
            one
            for one in self.sold
            if first <= one.at.astimezone(SEOUL).date() <= last and one.channel == chosen.get(Cut.CHANNEL, one.channel)
        ]
        for by in (None, Cut.CHANNEL, *TIMES):
            said, sums = self.ask(OF_RETURNS, first, last, by, chosen), hand.summed(seen, by.value if by else None)
            for key in {*said, *sums}:
                for code in OF_RETURNS:
                    by_hand = hand.of_visits(code, sums.get(key, {}))
                    self.same((code, by, chosen, key), said[key][code] if key in said else hand.of_visits(code, {}), by_hand)
            of_people: dict[Any, list[hand.Watched]] = defaultdict(list)
            for one in people:
                of_people[_key(by, one.channel, _midnight(one.day))].append(one)
            of_orders: dict[Any, list[hand.Sold]] = defaultdict(list)
            for order in sold:
                of_orders[_key(by, order.channel, order.at.astimezone(SEOUL))].append(order)
            said = self.ask((*OF_NEWCOMERS, "cart_to_purchase"), first, last, by, chosen)
            for key in {*said, *of_people, *of_orders}:
                given = said.get(key, {})
                for code in OF_NEWCOMERS:
                    self.same((code, by, chosen, key), given.get(code), hand.of_newcomers(code, of_people.get(key, [])))
                took = hand.cart_to_purchase(of_orders.get(key, []))
                self.same(("cart_to_purchase", by, chosen, key), given.get("cart_to_purchase"), took)
        # Neither file tells where its visitors came from: all of them came by themselves, and so did the orders they told of.
        placed = sum(
            first <= one.at.astimezone(SEOUL).date() <= last and channel_of(one.visitor) in chosen.get(Cut.CHANNEL, CHANNELS)
            for one in self.placed.values()
        )
        by_hand = {"origin_visits": (len(seen), 0), "attributed_orders_last": (len(sold), placed - len(sold))}
        said = self.ask(by_hand, first, last, Cut.GROUPING, chosen)
        assert set(said) <= {"direct", "unknown"}
        for code, numbers in by_hand.items():
            for grouping, number in zip(("direct", "unknown"), numbers, strict=True):
                self.same((code, grouping, chosen), said[grouping][code] if grouping in said else D(0), D(number))

    def funnels(self, first: date, last: date) -> None:
        within = [one for one in self.seen if first <= one.day <= last]
        for channel in ("", *CHANNELS):
            of_channel = [one for one in within if not channel or one.channel == channel]
            for category in (None, *self.shop.categories):
                pk = None if category is None else self.shop.categories[category]
                told = [
                    (one.step.value, one.reached, one.left, {reason.value: number for reason, number in one.reasons})
                    for one in funnel(first=first, last=last, channel=channel, category=pk)
                ]
                by_hand = [(step, *rest) for step, rest in enumerate(hand.funnel(of_channel, category))]
                assert told == (by_hand if category is None else by_hand[1:]), (first, last, channel, category)
                self.compared += len(told)


def _key(by: Cut | None, channel: str, local: datetime) -> Any:
    return channel if by is Cut.CHANNEL else hand.key_of_time(by.value, local) if by else None


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=SEOUL)


@pytest.mark.parametrize(
    ("reader", "pattern", "rows", "carried"),
    [(retailrocket, "retailrocket_sample/*.csv.gz", 5_169, 21), (eshop, "eshop_clickstream_2008/*.csv.gz", 116_095, 10)],
)
def test_every_figure_of_a_real_shop_is_that_of_a_count_by_hand(reader: Any, pattern: str, rows: int, carried: int) -> None:
    began = time.monotonic()
    clicks = [click for file in data(pattern) for click in reader(file)]
    assert sum(one.kind != "page_viewed" for one in clicks) == rows
    shop = furnish(clicks)
    placed = place_orders(shop)
    dice = random.Random(5)  # noqa: S311
    begins, ends = min(one.at for one in clicks), max(one.at for one in clicks)
    sources = {channel: a_source(channel=channel, at=begins) for channel in CHANNELS}
    event_months.make(first=begins.date(), last=ends.date())
    late = {number for number in range(len(clicks)) if dice.random() < LATE}
    in_time = [one for number, one in enumerate(clicks) if number not in late]

    def told(some: list[Click], after: timedelta) -> tuple[int, int]:
        at, stored, doubled = begins, 0, 0
        while at <= ends:
            spell = [one for one in some if at <= one.at < at + SPELL]
            counts = tell(sources, spell, at + SPELL + after, dice)
            stored, doubled, at = stored + counts[0], doubled + counts[1], at + SPELL
        return stored, doubled

    stored, doubled = told(in_time, timedelta())
    assert stored == len(in_time)
    assert doubled > 0
    first, last = (at.astimezone(SEOUL).date() for at in (begins, ends))
    month_ends = date(2015, 7, 31) if first.year == 2015 else date(2008, 4, 30)
    spans = ((first, last), (month_ends - timedelta(days=1), month_ends + timedelta(days=1)), (month_ends, month_ends))
    compared, telling, metrics = 0, 0, set[str]()
    for number, some in enumerate((in_time, clicks)):
        at = ends + timedelta(days=2 + 40 * number)
        if number:
            assert told([clicks[one] for one in sorted(late)], timedelta(days=15))[0] == len(late)
        made(at)
        comparison = Comparison(shop, placed, some, at)
        for span in spans:
            comparison.every(*span)
        compared, telling = compared + comparison.compared, telling + comparison.telling
        metrics |= comparison.metrics
    midnights = list(across_midnight(clicks))
    month_ended = sum((day + timedelta(days=1)).day == 1 for day in midnights)
    sys.stdout.write(
        f"\n{pattern}: {rows} rows, {len(clicks)} events, {len(late)} of them late, {doubled} told twice\n"
        f"{len(comparison.seen)} visits, {len(comparison.sold)} orders; {len(midnights)} visits cut at midnight in Seoul, "
        f"{month_ended} of these at a month's end\n"
        f"{compared} figures equal a count by hand, {telling} of them not nothing, in {time.monotonic() - began:.0f} s\n"
        f"{len(metrics)} metrics that are not nothing: {', '.join(sorted(metrics))}\n"
    )
    assert len(metrics) == carried
