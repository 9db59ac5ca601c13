"""What the demo shop was told, listened to on its way in, and what is told late: the events as they were sent."""

import random
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from analytics.behaviour.kinds import BUILT_IN
from analytics.behaviour.past import Sent
from analytics.behaviour.reading import read
from analytics.behaviour.wire import Received
from analytics.models import Event, EventSource
from analytics.operations import event_demo, event_history, ingest
from analytics.queries import event_kinds
from analytics.seeding import regulars as seeded_regulars
from analytics.seeding.visits import Visits
from campaigns.models import Customer
from inventory.models import Variant
from tests.prove.brute.visiting import Told
from tests.prove.clicks import SEOUL

_NAMES = {kind.number: kind.name for kind in BUILT_IN}
# The last one ends a month.
MIDNIGHTS = ("2026-11-14", "2026-11-08", "2026-11-01")


class Listener:
    """All that shoppers who agreed were told to have done, and as whom their browsers showed themselves."""

    def __init__(self) -> None:
        self.told: list[Told] = []
        self.shown: dict[str, set[str]] = defaultdict(set)
        # As the demo drew them: its visits, and its regular customers in the order in which it made a kind of each.
        self.planted: list[Any] = []
        self.regulars: list[Any] = []
        self.doubled = 0

    @property
    def known(self) -> dict[str, int]:
        return dict(Customer.objects.values_list("external_id", "pk"))

    def open(self, *, seed: int, at: datetime) -> None:
        """The demo's month of visits, listened to."""
        write, draw, known = event_history.write, Visits._visits, seeded_regulars.visits

        def listening(*, source: EventSource, batches: Iterable[Sent]) -> Any:
            sent = list(batches)
            for one in sent:
                self._hear(source, one)
            return write(source=source, batches=sent)

        def watching(visits: Visits) -> Iterator[Any]:
            for one in draw(visits):
                self.planted.append(one)
                yield one

        def knowing(*, regulars: list[Any], **rest: Any) -> Any:
            self.regulars = list(regulars)
            return known(regulars=regulars, **rest)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(seeded_regulars, "visits", knowing)
            patch.setattr(event_history, "write", listening)
            patch.setattr(Visits, "_visits", watching)
            event_demo.tell_demo(seed=seed, at=at)

    def _hear(self, source: EventSource, one: Sent) -> None:
        self.doubled += one.doubled
        if one.visitor and one.customer:
            self.shown[one.visitor].add(one.customer)
        if one.traffic or one.visitor is None:
            return
        self.told += [
            Told(
                one.visitor, each.occurred_at, each.client_at, each.id, _NAMES[each.kind], source.channel, each.variant_id,
                each.properties, one.customer_id,
            )
            for each in one.events
        ]  # fmt: skip

    # --- late

    def late(self, *, source: EventSource, orders: list[tuple[str, datetime]], customers: list[str], at: datetime) -> int:
        """Tells at `at` what was done days ago: around midnight, through visits that are known, and of orders nobody told of.

        `orders` are some that no visit tells, `customers` some whom browsers turn out to be. How many events are new.
        """
        dice = random.Random(7)  # noqa: S311
        skus = dict(Variant.objects.order_by("pk").values_list("sku", "pk")[:60])
        batches: list[tuple[str | None, str | None, int, list[dict[str, Any]]]] = []
        for night, midnight in enumerate(MIDNIGHTS):
            for number in range(25):
                moment = datetime.fromisoformat(midnight).replace(tzinfo=SEOUL)
                name = f"demo-visitor-{number * 3}" if number < 18 else f"late-{number}"
                batches.append((name, None, 0, list(_through(moment, list(skus), dice))))
                if number == 24:
                    batches.append((name, None, int(Event.Traffic.BOT), list(_through(moment, list(skus), dice))))
                if number == 23:
                    batches.append((None, None, 0, list(_through(moment, list(skus), dice))))
                if number < len(customers) and not night:
                    # One of them shows itself as two: nobody's, but where it was named.
                    seen = moment + timedelta(hours=number)
                    batches.append((name, customers[number], 0, [_event(dice, seen, "page_viewed", path="/me")]))
                    if number == 3:
                        other = seen + timedelta(days=1)
                        batches.append((name, customers[0], 0, [_event(dice, other, "page_viewed", path="/me")]))
        for number, (order, placed_at) in enumerate(orders):
            batches.append((f"late-buyer-{number}", None, 0, list(_ordering(order, placed_at, list(skus), dice))))
        dice.shuffle(batches)
        fresh = 0
        for place, (name, customer, traffic, events) in enumerate(batches):
            dice.shuffle(events)
            body = {"consent": name is not None, "visitor": name, "customer": customer, "events": events}
            batch = read(body, kinds=event_kinds.known(), received_at=at)
            assert not batch.refused
            received = Received(batch, source.pk, traffic, at)
            for taken in ingest.take_all([received] * (2 if place % 5 == 0 else 1)):
                self.doubled += taken.doubled
            if name is None or traffic:
                continue
            fresh += len(events)
            if customer is not None:
                self.shown[name].add(customer)
            self.told += [
                Told(
                    name, datetime.fromisoformat(one["at"]), datetime.fromisoformat(one["at"]), uuid.UUID(one["id"]).int,
                    one["kind"], source.channel, skus.get(one["properties"].get("sku")), one["properties"],
                    self.known[customer] if customer else None,
                )
                for one in events
            ]  # fmt: skip
        return fresh


def _event(dice: random.Random, at: datetime, kind: str, **properties: Any) -> dict[str, Any]:
    name = uuid.UUID(int=dice.getrandbits(128))
    return {"id": str(name), "at": at.isoformat(), "kind": kind, "properties": properties}


def _through(midnight: datetime, skus: list[str], dice: random.Random) -> Iterator[dict[str, Any]]:
    """Up to the last moment of a day and from the first of the next, with pauses of half an hour and a moment less."""
    second, instant = timedelta(seconds=1), timedelta(microseconds=1)
    pause = timedelta(minutes=30)
    at = midnight - pause - dice.choice((instant, timedelta(0), second))
    yield _event(dice, at, "page_viewed", path="/", utm_source="naver", utm_medium="cpc", utm_campaign="brand")
    yield _event(dice, at + second, "products_searched", query="머그컵", results=dice.choice((0, 3)))
    yield _event(dice, midnight - instant, "product_viewed", sku=dice.choice(skus), in_stock=dice.random() > 0.3)
    yield _event(dice, midnight, "product_viewed", sku=dice.choice(skus), in_stock=True)
    yield _event(dice, midnight + second, "product_wished", sku=dice.choice(skus))
    yield _event(dice, midnight + 2 * second, "dwelled", path="/p", sku=dice.choice(skus), seconds=dice.choice((3, 7.25, 40)))
    if dice.random() < 0.5:
        yield _event(dice, midnight + 3 * second, "reviews_viewed", sku=dice.choice(skus))
    if dice.random() < 0.5:
        yield _event(dice, midnight + pause, "product_added", sku=dice.choice(skus), quantity=2)
    # Who opens a message has not come to the shop.
    yield _event(dice, midnight + 5 * pause, "message_opened", message="weekly")


def _ordering(order: str, placed_at: datetime, skus: list[str], dice: random.Random) -> Iterator[dict[str, Any]]:
    """A visit days before, and the one in which it was ordered, all of it told late."""
    before = placed_at - timedelta(days=dice.choice((1, 2, 6)), minutes=5)
    yield _event(dice, before, "page_viewed", path="/", utm_source="newsletter", utm_medium="email", utm_campaign="weekly")
    yield _event(dice, before + timedelta(seconds=9), "message_clicked", message="weekly")
    begun = placed_at - timedelta(minutes=dice.choice((2, 12, 25)))
    yield _event(dice, begun, "product_viewed", sku=dice.choice(skus), in_stock=True)
    yield _event(dice, begun + timedelta(seconds=30), "product_added", sku=dice.choice(skus), quantity=1)
    yield _event(dice, placed_at, "order_completed", order=order)
