"""Every figure of the registry on the demo shop is that of a count by hand, before and after what came late; and what the demo
plants is found: conversion, lead times, buyer types.

The count (tests/prove/brute) reads orders, returns, parcels and movements row by row, and events as they were sent.
"""

import math
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from django.db import connection, transaction

from analytics.metrics import METRICS, Cut, Metric
from analytics.models import (
    AttributionDay,
    BuyerType,
    CohortDay,
    CustomerRhythm,
    EventSource,
    PurchaseDay,
    RollupState,
    Visit,
    VisitDay,
)
from analytics.operations import attribution, event_demo, event_figures, purchases, rhythm, rollups, visits
from analytics.queries import measuring
from analytics.queries.measuring import Part
from analytics.seeding.visits import spend
from config.kernel import outbox
from inventory.models import Warehouse
from orders.models import Order
from orders.operations import canceling, returning, seeding
from tests.prove.brute import crediting, people, selling, visiting
from tests.prove.brute.counting import TIMES, Item, grouped, summed, within
from tests.prove.brute.figures import FIGURES
from tests.prove.brute.telling import Listener
from tests.prove.clicks import SEOUL
from tests.prove.counted_views import key_of_time

pytestmark = [pytest.mark.prove, pytest.mark.django_db]

SEED = 1
# The two kinds of regular customers that have a type, in the order in which the seed makes them.
_KINDS = (BuyerType.IMMEDIATE, BuyerType.DELIBERATE)
# A Saturday evening.
UNTIL = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
LATER = UNTIL + timedelta(days=1, hours=3)
YEAR = (date(2025, 11, 22), date(2026, 11, 20))
MONTH = (date(2026, 10, 25), date(2026, 11, 20))
MONTH_END = (date(2026, 10, 31), date(2026, 11, 1))
ONE_DAY = (date(2026, 11, 1), date(2026, 11, 1))
# Shares are quotients of 28 digits; times to buy are products of them, and means and ranks come as floating point numbers.
NEAR = Fraction(1, 10**20)
NEARLY = Fraction(1, 10**11)


@dataclass(frozen=True)
class Counted:
    """Everything that was counted by hand, by the names that figures give it."""

    items: Mapping[str, list[Item]]
    active: Mapping[int, tuple[set[date], set[date]]]
    seen: visiting.Visiting


def count(heard: Listener, at: datetime) -> Counted:
    midnight = _midnight(at.astimezone(SEOUL).date())
    sales = selling.read()
    seen = visiting.read(heard.told, heard.shown, heard.known)
    folk = people.People(sales, seen, midnight)
    of_visits, of_skus = visiting.items(seen.visits, visiting.catalog())
    first = UNTIL.astimezone(SEOUL).date() - timedelta(days=event_demo.DEMO_DAYS - 1)
    lines, lags = crediting.items(sales.sold, seen, spend(first=first, until=UNTIL.astimezone(SEOUL).date(), seed=SEED))
    visitors = [Item(one.starts.astimezone(SEOUL), (one.day, one.visitor), {"channel": (one.channel,)}) for one in seen.visits]
    items = {
        "sales": sales.items, "visits": of_visits, "skus": of_skus, "visitors": visitors, "lines": lines, "lags": lags,
        "newcomers": folk.newcomers(), "first_orders": folk.first_orders(), "carts": folk.carts(), "clicks": folk.clicks(),
        "sightings": folk.sightings(), "planned": folk.planned(), "returning": folk.returning(), "buying": folk.buying(),
        "staying": folk.staying(), "spans": [],
    }  # fmt: skip
    return Counted(items, folk.active(), seen)


def make(at: datetime) -> None:
    """What the jobs of the shop make of it."""
    outbox.deliver_due(at=at)
    while event_figures.count_due().hours:
        pass
    rollups.rebuild_due(at=at, seconds=10_000)
    visits.rebuild_due(at=at, seconds=10_000)
    purchases.rebuild_due(at=at, seconds=10_000)
    purchases.rebuild_due(at=at, seconds=10_000)
    attribution.rebuild_due(at=at, seconds=10_000)
    today = at.astimezone(SEOUL).date()
    for state in (RollupState, VisitDay, PurchaseDay, CohortDay, AttributionDay):
        # Of the open day some know nothing before it closes.
        assert not state._default_manager.filter(state="DIRTY", day__lt=today).exists(), state


class Comparison:
    def __init__(self, counted: Counted, at: datetime) -> None:
        self.counted, self.at = counted, at
        self.compared = 0
        self.telling: set[str] = set()
        self.wrong: list[tuple[Any, ...]] = []
        self.kept: dict[tuple[Any, ...], Any] = {}

    def span(self, first: date, last: date, cuts: tuple[Cut | None, ...], *, live: bool = False) -> None:
        for metric in METRICS.values():
            for by in cuts:
                if by is not None and not measuring.can_cut(metric, [by]):
                    continue
                if live and not measuring.knows_open_day(metric, [by] if by else []):
                    continue
                for chosen in self._parts(metric, by):
                    self._compare(metric, first, last, by, chosen)

    def _parts(self, metric: Metric, by: Cut | None) -> Iterator[dict[Cut, Any]]:
        yield {}
        if by is Cut.DAY:
            for cut, value in ((Cut.CHANNEL, "storefront"), (Cut.GROUPING, "paid_search")):
                if measuring.can_cut(metric, [by, cut]):
                    yield {cut: value}

    def _compare(self, metric: Metric, first: date, last: date, by: Cut | None, chosen: dict[Cut, Any]) -> None:
        figure = FIGURES[metric.code]
        scope: dict[str, Any] = {"first": first, "last": last, "at": self.at, "of": Part(chosen)}
        rows = measuring.rows([metric], by=by, **scope) if by else [measuring.whole([metric], **scope)]
        said = {row.key: row.values.get(metric.code) for row in rows}
        if metric.code == "reactivation":
            hand = self._reactivation(first, last, by)
        else:
            hand = {
                key: figure.of([found] if figure.value else found)
                for key, found in self._groups(metric.code, first, last, by, chosen).items()
            }
        days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        there = {key_of_time(by.value, _midnight(day)) for day in days} if by and by.value in TIMES else {None}
        for key in {*said, *hand}:
            # Nothing happened: a sum is 0 then; what is asked for otherwise knows that of days of the span alone.
            nothing = figure.of([]) if figure.value or key in there else None
            given, same = said.get(key, nothing), hand.get(key, nothing)
            self.compared += 1
            if same:
                self.telling.add(metric.code)
            if given is None or same is None:
                is_equal = given is same
            else:
                near = NEARLY if metric.asked else NEAR
                is_equal = abs(Fraction(given) - Fraction(same)) <= near * max(1, abs(Fraction(same)))
            if not is_equal:
                self.wrong.append((metric.code, by, chosen, key, given, same if same is None else float(same)))

    def _groups(self, code: str, first: date, last: date, by: Cut | None, chosen: dict[Cut, Any]) -> dict[Any, Any]:
        """What stands behind each key, counted once for all figures that are made of it; of facts, their sums."""
        figure = FIGURES[code]
        part = (figure.items, first, last, *chosen.items())
        name = (*part, by, figure.value is None)
        if name not in self.kept:
            if part not in self.kept:
                told = {cut.value: value for cut, value in chosen.items()}
                self.kept[part] = within(self.counted.items[figure.items], first, last, told)
            found = grouped(self.kept[part], by.value if by else None)
            self.kept[name] = {key: summed(facts) for key, facts in found.items()} if figure.value else found
        return self.kept[name]  # type: ignore[no-any-return]

    def _reactivation(self, first: date, last: date, by: Cut | None) -> dict[Any, Fraction | None]:
        spans: dict[Any, list[date]] = {}
        for number in range((last - first).days + 1):
            day = first + timedelta(days=number)
            key = key_of_time(by.value, _midnight(day)) if by else None
            spans.setdefault(key, []).append(day)
        return {key: people.reactivated(self.counted.active, days[0], days[-1]) for key, days in spans.items()}

    def told(self) -> str:
        """What is wrong, a few of each figure."""
        lines = [f"{len(self.wrong)} of {self.compared} figures differ"]
        for code, number in Counter(one[0] for one in self.wrong).most_common():
            lines.append(f"{code}: {number}, such as {[one[1:] for one in self.wrong if one[0] == code][:4]}")
        return "\n".join(lines)

    def every(self) -> None:
        whole: tuple[Cut | None, ...] = (None, *Cut)
        self.span(*YEAR, (None, Cut.MONTH, Cut.WEEK, Cut.CHANNEL, Cut.SEGMENT, Cut.CATEGORY, Cut.WAREHOUSE, Cut.GROUPING))
        for span in (MONTH, MONTH_END, ONE_DAY):
            self.span(*span, whole)
        today = self.at.astimezone(SEOUL).date()
        self.span(today, today, (None, Cut.DAY, Cut.DAY_HOUR, Cut.CHANNEL, Cut.GROUPING), live=True)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=SEOUL)


@pytest.fixture(scope="module")
def heard(django_db_setup: None, django_db_blocker: Any) -> Iterator[Listener]:
    """The demo, as `make demo` opens it, at a moment of its own; gone after this module. Tests roll back to it."""
    with django_db_blocker.unblock(), transaction.atomic():
        seeding.seed(scale=seeding.SCALES["medium"], seed=SEED, until=UNTIL, at=UNTIL)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # rows that are never committed are not looked at by themselves
        listener = Listener()
        listener.open(seed=SEED, at=UNTIL)
        make(UNTIL)
        rhythm.rebuild(at=UNTIL)
        yield listener
        transaction.set_rollback(True)


def test_every_figure_of_the_demo_is_that_of_a_count_by_hand(heard: Listener) -> None:
    assert set(FIGURES) == set(METRICS), "a metric nobody counts by hand, or a count of none"
    began = time.monotonic()
    in_time = Comparison(count(heard, UNTIL), UNTIL)
    in_time.every()
    assert in_time.wrong == [], in_time.told()
    before = len(heard.told)

    new = happens_late(heard, in_time.counted)
    make(LATER)
    late = Comparison(count(heard, LATER), LATER)
    late.every()
    assert late.wrong == [], late.told()
    changed = len(late.counted.seen.visits) - len(in_time.counted.seen.visits)
    sys.stdout.write(
        f"\n{Order.objects.count()} orders, {before} events of {len(in_time.counted.seen.visits)} visits; {new} events late, "
        f"{heard.doubled} told twice, {changed} visits more for them\n"
        f"{in_time.compared + late.compared} figures equal a count by hand in {time.monotonic() - began:.0f} s; "
        f"{len(late.telling)} of {len(METRICS)} metrics are not nothing\n"
    )
    assert changed > 0
    assert set(METRICS) - late.telling == set()


def happens_late(heard: Listener, counted: Counted) -> int:
    """Events told late, visitors who turn out to be somebody, orders of closed days that are canceled, goods that come back."""
    told = set(counted.seen.telling)
    orders = Order.objects.filter(placed_at__gte=UNTIL - timedelta(days=20), placed_at__lt=UNTIL - timedelta(days=1))
    untold = [
        (one.number, one.placed_at)
        for one in orders.filter(channel="storefront").exclude(state__in=["CANCELED", "EXPIRED"]).order_by("placed_at", "pk")
        if one.number not in told
    ][:40]
    customers = orders.filter(customer__isnull=False).order_by("-pk").values_list("customer__external_id", flat=True)
    new = heard.late(
        source=EventSource.objects.get(code="storefront"),
        orders=untold,
        customers=list(dict.fromkeys(customers))[:12],
        at=LATER - timedelta(hours=1),
    )
    at = LATER - timedelta(minutes=30)
    open_orders = Order.objects.filter(state__in=["PLACED", "PAID"], placed_at__lt=UNTIL).order_by("placed_at", "pk")
    canceled = [canceling.cancel(number=one.number, reason="마음이 바뀜", actor=None, at=at) for one in open_orders[:12]]
    assert any(one.placed_at.astimezone(SEOUL).date() < UNTIL.astimezone(SEOUL).date() for one in canceled)
    # Of the last weeks, and of customers who have not been here for long: told late, around the midnights of a month's end.
    long_ago = Order.objects.filter(placed_at__lt=UNTIL - timedelta(days=120), state="SHIPPED", customer__isnull=False)
    warehouse, back = Warehouse.objects.order_by("pk")[0], 0
    for order in (*orders.filter(state="SHIPPED").order_by("pk")[:40], *long_ago.order_by("-pk")[:60]):
        line = next((one for one in order.lines.all() if one.shipped > one.returned), None)
        if line is None or order.returns.exists():
            continue
        arrived = (_midnight(MONTH_END[1]) + timedelta(microseconds=back % 3 - 1)) if order.placed_at.month < 9 else at
        accepted = returning.accept(
            number=order.number, items={line.position: 1}, warehouse_id=warehouse.pk, reason="색이 다름", actor=None, at=arrived
        )
        returning.receive(number=accepted.number, restocked={line.position: back % 2}, actor=None, at=arrived)
        back += 1
    assert back > 40
    return new


def test_what_the_demo_plants_is_found(heard: Listener) -> None:
    """Each as the seed draws it: who buys and who looks, how long before, and the three kinds of regular customers."""
    first = UNTIL.astimezone(SEOUL).date() - timedelta(days=event_demo.DEMO_DAYS - 1)
    online = Order.objects.filter(channel__in=event_demo.ONLINE, placed_at__gte=_midnight(first), placed_at__lte=UNTIL)
    # The orders whose buyers agreed, as the seed draws it, and no other, are told in visits.
    agreed = {one for one in online.values_list("number", flat=True) if random.Random(f"{one} consent").random() < 0.88}  # noqa: S311
    assert {number for visit in Visit.objects.filter(day__gte=first) for number in visit.orders} == agreed

    # Visits are cut at midnight, grow together within half an hour, or fall into the outage: not quite those that were drawn.
    drawn = [one for one in heard.planted if one.visitor and not one.traffic and one.events]
    planted = len(agreed) / len(drawn)
    found = measuring.whole([METRICS["conversion"]], first=first, last=UNTIL.astimezone(SEOUL).date(), at=UNTIL)
    conversion = float(found.values["conversion"] or 0)
    assert conversion == pytest.approx(planted, rel=0.03)

    # Half of those who buy looked around before, a day by the median (a log-normal of 11.2 and 1.4), within the month.
    newcomers = count(heard, UNTIL).items["newcomers"]
    bought = [one.what.seconds for one in newcomers if one.what.has_bought and one.what.day >= first]
    after = [seconds for seconds in bought if seconds > 7_200]
    assert 0.4 < len(after) / len(bought) < 0.6
    assert statistics.median(after) == pytest.approx(math.exp(11.2), rel=0.35)

    # A third of the regular customers buys at once, a third comes back several times before.
    types = dict(CustomerRhythm.objects.values_list("pk", "found_type"))
    pairs = Counter((_KINDS[place % 3], types[one.customer_id]) for place, one in enumerate(heard.regulars) if place % 3 < 2)
    scores = []
    for kind in _KINDS:
        right = pairs[kind, kind]
        called = sum(number for (_kind, told), number in pairs.items() if told == kind)
        there = sum(number for (planted_as, _told), number in pairs.items() if planted_as == kind)
        scores.append(2 * right / (called + there))
    sys.stdout.write(
        f"\n{len(agreed)} orders told in visits; conversion planted {planted:.4f}, found {conversion:.4f}\n"
        f"{len(after)} of {len(bought)} newcomers who bought looked before, {statistics.median(after):.0f} s by the median; "
        f"planted {math.exp(11.2):.0f} s\n"
        f"buyer types (planted, found): { {(str(one), str(two)): number for (one, two), number in pairs.items()} }, "
        f"macro-F1 {sum(scores) / len(scores):.3f}\n"
    )
    assert sum(scores) / len(scores) >= 0.85
