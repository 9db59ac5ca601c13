"""Many workers and many writers at once: nothing is delivered twice and nothing is lost."""

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connections, transaction
from django.db.models import QuerySet

from config.kernel import doorbell, outbox
from config.kernel.models import OutboxDelivery, OutboxEvent
from tests.probe.together import together

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass(frozen=True)
class ShelfCounted(outbox.Event):
    topic = "tests.shelf_counted"

    shelf: int


@pytest.fixture
def handled(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Every shelf a subscriber has handled, in the order of the calls."""
    handled: list[int] = []

    def handle(payload: dict[str, Any], *, at: datetime) -> None:
        handled.append(payload["shelf"])
        time.sleep(0.003)

    monkeypatch.setitem(outbox._subscribers, ShelfCounted.topic, {"counter": outbox.Subscriber("counter", handle)})
    monkeypatch.setattr(doorbell, "ring", lambda task, **options: None)
    return handled


def deliver_with_four_workers(at: datetime) -> None:
    with transaction.atomic():
        outbox.record(*(ShelfCounted(shelf) for shelf in range(60)), at=at)
    together(4, lambda _: outbox.deliver_due(at=at))


def test_workers_that_deliver_at_once_handle_each_event_once(handled: list[int], at: datetime) -> None:
    deliver_with_four_workers(at)

    assert sorted(handled) == list(range(60))
    assert not OutboxDelivery.objects.exclude(state=OutboxDelivery.State.HANDLED).exists()


def test_control_without_the_row_lock_workers_handle_events_twice(
    handled: list[int], at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **options: self)
    save = OutboxDelivery.save

    def save_late(self: OutboxDelivery, **options: Any) -> None:
        # The moment between reading a row and writing it, held open, so that the race does not hang on luck.
        time.sleep(0.01)
        save(self, **options)

    monkeypatch.setattr(OutboxDelivery, "save", save_late)

    deliver_with_four_workers(at)

    assert len(handled) > 60, "not powered: the race did not show without the lock"


class Bookmark:
    """The wrong way: reads on from the highest id seen so far."""

    def __init__(self) -> None:
        self.last = 0
        self.seen: list[int] = []

    def read_on(self) -> None:
        for event in OutboxEvent.objects.filter(id__gt=self.last).order_by("id"):
            self.seen.append(event.payload["shelf"])
            self.last = event.pk


def test_no_event_of_overlapping_transactions_is_lost_where_a_bookmark_loses_some(handled: list[int], at: datetime) -> None:
    writers, each = 20, 10
    bookmark = Bookmark()
    ended = threading.Event()
    random_pauses = random.Random(20)  # noqa: S311  pauses, not secrets
    pauses = [[random_pauses.uniform(0, 0.01) for _ in range(each)] for _ in range(writers)]

    def write(writer: int) -> None:
        for number, pause in enumerate(pauses[writer]):
            with transaction.atomic():
                outbox.record(ShelfCounted(writer * each + number), at=at)
                time.sleep(pause)

    def keep(read: Any) -> None:
        try:
            while not ended.is_set():
                read()
        finally:
            connections.close_all()

    readers = [
        threading.Thread(target=keep, args=[lambda: outbox.deliver_due(at=at)]),
        threading.Thread(target=keep, args=[bookmark.read_on]),
    ]
    for reader in readers:
        reader.start()
    try:
        together(writers, write)
    finally:
        ended.set()
        for reader in readers:
            reader.join()
    outbox.deliver_due(at=at)
    bookmark.read_on()

    assert len(set(bookmark.seen)) < writers * each, "not powered: the bookmark lost nothing"
    assert Counter(handled) == Counter(range(writers * each))
    assert outbox.deliver_due(at=at + timedelta(days=1)) == outbox.Delivered(0, 0)


def test_a_delivery_in_work_delays_neither_the_others_nor_the_recording_of_more(at: datetime, handled: list[int]) -> None:
    with transaction.atomic():
        outbox.record(*(ShelfCounted(shelf) for shelf in range(3)), at=at)
    stuck = threading.Event()
    go_on = threading.Event()

    def hold(_: int) -> None:
        with transaction.atomic():
            first = OutboxDelivery.objects.select_for_update(no_key=True).order_by("id").first()
            assert first is not None
            stuck.set()
            go_on.wait(20)

    holder = threading.Thread(target=lambda: together(1, hold))
    holder.start()
    try:
        assert stuck.wait(20)
        with transaction.atomic():
            outbox.record(ShelfCounted(3), at=at)
        assert outbox.deliver_due(at=at).handled == 3
    finally:
        go_on.set()
        holder.join()

    assert sorted(handled) == [1, 2, 3]
