"""An event is kept with the fact it tells of, and takes effect exactly once for each subscriber."""

import inspect
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import transaction
from pytest_django import DjangoCaptureOnCommitCallbacks as Commits

from config.kernel import doorbell, outbox, tasks
from config.kernel.models import OutboxDelivery, OutboxEvent
from tests.config.kernel.test_doorbell import celery_at

State = OutboxDelivery.State
Declare = Callable[[str, Callable[..., object]], None]


@dataclass(frozen=True)
class ShelfCounted(outbox.Event):
    topic = "tests.shelf_counted"
    version = 3

    shelf: int


class ShopClosed(Exception):
    pass


@pytest.fixture
def declare(monkeypatch: pytest.MonkeyPatch) -> Declare:
    """Declares subscribers of ShelfCounted that are gone after the test."""
    known: dict[str, outbox.Subscriber] = {}
    monkeypatch.setitem(outbox._subscribers, ShelfCounted.topic, known)

    def declare(name: str, handle: Callable[..., object]) -> None:
        known[name] = outbox.Subscriber(name, handle)

    return declare


@pytest.fixture(autouse=True)
def rung(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The doorbells rung so far, none of which is heard."""
    rung: list[str] = []
    monkeypatch.setattr(doorbell, "ring", lambda task, **options: rung.append(task))
    return rung


def write_it_down(payload: dict[str, Any], *, at: datetime) -> None:
    Group.objects.create(name=f"shelf {payload['shelf']}")


def write_it_down_and_raise(payload: dict[str, Any], *, at: datetime) -> None:
    write_it_down(payload, at=at)
    raise ShopClosed("closed at night")


def refuse_shelf_13(payload: dict[str, Any], *, at: datetime) -> None:
    if payload["shelf"] == 13:
        raise ShopClosed("no such shelf")
    write_it_down(payload, at=at)


def written_down() -> list[str]:
    return sorted(Group.objects.filter(name__startswith="shelf ").values_list("name", flat=True))


def test_an_event_is_refused_outside_a_transaction(at: datetime) -> None:
    with pytest.raises(outbox.OutsideTransaction, match=r"tests\.shelf_counted"):
        outbox.record(ShelfCounted(1), at=at)


@pytest.mark.django_db
class TestRecording:
    def test_each_event_gets_one_delivery_for_each_subscriber(self, declare: Declare, at: datetime) -> None:
        declare("first", write_it_down)
        declare("second", write_it_down)

        outbox.record(ShelfCounted(1), ShelfCounted(2), at=at)

        events = OutboxEvent.objects.filter(topic=ShelfCounted.topic).order_by("id")
        assert [(event.payload, event.version, event.recorded_at) for event in events] == [
            ({"shelf": 1}, 3, at),
            ({"shelf": 2}, 3, at),
        ]
        for event in events:
            assert sorted(event.deliveries.values_list("subscriber", "state")) == [
                ("first", State.PENDING),
                ("second", State.PENDING),
            ]

    def test_a_rolled_back_transaction_leaves_neither_event_nor_doorbell(
        self,
        declare: Declare,
        at: datetime,
        rung: list[str],
        django_capture_on_commit_callbacks: Commits,
    ) -> None:
        declare("first", write_it_down)

        def count_and_close() -> None:
            with transaction.atomic():
                outbox.record(ShelfCounted(1), at=at)
                raise ShopClosed

        with django_capture_on_commit_callbacks(execute=True), pytest.raises(ShopClosed):
            count_and_close()

        assert not OutboxEvent.objects.exists()
        assert not OutboxDelivery.objects.exists()
        assert rung == []

    def test_the_doorbell_rings_after_the_commit(
        self,
        declare: Declare,
        at: datetime,
        rung: list[str],
        django_capture_on_commit_callbacks: Commits,
    ) -> None:
        declare("first", write_it_down)

        with django_capture_on_commit_callbacks(execute=True):
            outbox.record(ShelfCounted(1), at=at)
            assert rung == []

        assert rung == ["kernel.deliver_now"]

    def test_a_doorbell_that_nobody_heard_is_worth_nothing_once_the_sweep_has_come(
        self, declare: Declare, at: datetime, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Commits
    ) -> None:
        rung: list[dict[str, Any]] = []
        monkeypatch.setattr(doorbell, "ring", lambda task, **options: rung.append(options))
        declare("first", write_it_down)

        with django_capture_on_commit_callbacks(execute=True):
            outbox.record(ShelfCounted(1), at=at)

        assert rung == [{"expires": 60.0}]

    def test_an_event_that_interests_nobody_is_kept_and_rings_for_nobody(
        self, at: datetime, rung: list[str], django_capture_on_commit_callbacks: Commits
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            outbox.record(ShelfCounted(1), at=at)

        assert OutboxEvent.objects.filter(topic=ShelfCounted.topic).count() == 1
        assert not OutboxDelivery.objects.exists()
        assert rung == []

    def test_without_a_broker_the_commit_is_hardly_slower_and_the_sweep_delivers(
        self,
        declare: Declare,
        at: datetime,
        monkeypatch: pytest.MonkeyPatch,
        django_capture_on_commit_callbacks: Commits,
    ) -> None:
        monkeypatch.undo()
        monkeypatch.setitem(outbox._subscribers, ShelfCounted.topic, {"first": outbox.Subscriber("first", write_it_down)})
        monkeypatch.setattr(doorbell, "current_app", celery_at("unix:///tmp/nobody-listens-here.sock"))
        monkeypatch.setattr(doorbell, "_silent_until", 0.0)
        began = time.monotonic()

        with django_capture_on_commit_callbacks(execute=True):
            outbox.record(ShelfCounted(1), at=at)

        # Without the doorbell's impatience it takes six seconds.
        assert time.monotonic() - began < 4
        assert outbox.deliver_due(at=at + timedelta(minutes=1)) == outbox.Delivered(handled=1, failed=0)
        assert written_down() == ["shelf 1"]


@pytest.mark.django_db
class TestDelivering:
    def test_a_delivery_is_handled_once_and_then_left_alone(self, declare: Declare, at: datetime) -> None:
        declare("first", write_it_down)
        outbox.record(ShelfCounted(1), at=at)

        assert outbox.deliver_due(at=at) == outbox.Delivered(handled=1, failed=0)
        assert outbox.deliver_due(at=at + timedelta(days=1)) == outbox.Delivered(handled=0, failed=0)

        delivery = OutboxDelivery.objects.get()
        assert (delivery.state, delivery.handled_at, delivery.attempts) == (State.HANDLED, at, 1)
        assert written_down() == ["shelf 1"]

    def test_the_subscriber_is_told_the_payload_and_the_moment(self, declare: Declare, at: datetime) -> None:
        told: list[Any] = []
        declare("first", lambda payload, *, at: told.append((payload, at)))
        outbox.record(ShelfCounted(7), at=at)

        outbox.deliver_due(at=at + timedelta(seconds=5))

        assert told == [({"shelf": 7}, at + timedelta(seconds=5))]

    def test_a_subscriber_that_fails_leaves_neither_its_effect_nor_the_mark(self, declare: Declare, at: datetime) -> None:
        declare("first", write_it_down_and_raise)
        outbox.record(ShelfCounted(1), at=at)

        assert outbox.deliver_due(at=at) == outbox.Delivered(handled=0, failed=1)

        delivery = OutboxDelivery.objects.get()
        assert (delivery.state, delivery.attempts) == (State.PENDING, 1)
        assert delivery.last_error == "ShopClosed: closed at night"
        assert written_down() == []

    def test_an_effect_whose_mark_cannot_be_written_is_undone(
        self, declare: Declare, at: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        declare("first", write_it_down)
        outbox.record(ShelfCounted(1), at=at)
        save = OutboxDelivery.save

        def broken(self: OutboxDelivery, **options: Any) -> None:
            if self.state == State.HANDLED:
                raise ShopClosed
            save(self, **options)

        monkeypatch.setattr(OutboxDelivery, "save", broken)
        outbox.deliver_due(at=at)

        assert OutboxDelivery.objects.get().state == State.PENDING
        assert written_down() == []

    def test_a_failing_delivery_delays_nobody_but_itself(self, declare: Declare, at: datetime) -> None:
        declare("first", refuse_shelf_13)
        declare("second", lambda payload, *, at: None)
        outbox.record(*(ShelfCounted(shelf) for shelf in (11, 12, 13, 14, 15)), at=at)

        assert outbox.deliver_due(at=at) == outbox.Delivered(handled=9, failed=1)

        assert written_down() == ["shelf 11", "shelf 12", "shelf 14", "shelf 15"]
        waiting = OutboxDelivery.objects.get(state=State.PENDING)
        assert (waiting.subscriber, waiting.event.payload) == ("first", {"shelf": 13})
        assert waiting.next_attempt_at > at

    def test_a_subscriber_that_is_gone_fails_its_own_deliveries_only(self, declare: Declare, at: datetime) -> None:
        declare("first", write_it_down)
        declare("unplugged", write_it_down)
        outbox.record(ShelfCounted(1), at=at)
        del outbox._subscribers[ShelfCounted.topic]["unplugged"]

        assert outbox.deliver_due(at=at) == outbox.Delivered(handled=1, failed=1)
        assert written_down() == ["shelf 1"]

    def test_a_long_error_is_cut_to_what_a_person_reads(self, declare: Declare, at: datetime) -> None:
        def fail(payload: dict[str, Any], *, at: datetime) -> None:
            raise ShopClosed("x" * 100_000)

        declare("first", fail)
        outbox.record(ShelfCounted(1), at=at)
        outbox.deliver_due(at=at)

        assert len(OutboxDelivery.objects.get().last_error) == 2000

    def test_one_call_delivers_no_more_than_it_is_asked_to(self, declare: Declare, at: datetime) -> None:
        declare("first", write_it_down)
        outbox.record(*(ShelfCounted(shelf) for shelf in range(5)), at=at)

        assert outbox.deliver_due(at=at, most=3) == outbox.Delivered(handled=3, failed=0)
        assert written_down() == ["shelf 0", "shelf 1", "shelf 2"]


def test_the_pause_doubles_with_each_attempt_up_to_an_hour() -> None:
    pauses = [outbox.pause(attempts, 0) for attempts in range(1, 15)]

    assert pauses[:4] == [timedelta(seconds=seconds) for seconds in (5, 10, 20, 40)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == outbox.LONGEST_PAUSE


def test_pauses_are_spread_by_at_most_a_quarter() -> None:
    for attempts in range(1, 15):
        whole = outbox.pause(attempts, 0)
        spread = {outbox.pause(attempts, jitter) for jitter in range(1000)}
        assert len(spread) == 16
        assert whole == min(spread)
        assert max(spread) <= whole * 1.25


@pytest.mark.django_db
class TestParking:
    def test_a_delivery_that_always_fails_is_parked_after_its_last_attempt(self, declare: Declare, at: datetime) -> None:
        declare("first", write_it_down_and_raise)
        outbox.record(ShelfCounted(1), at=at)
        moment, tried = at, 0

        while OutboxDelivery.objects.get().state == State.PENDING:
            moment = OutboxDelivery.objects.get().next_attempt_at
            tried += outbox.deliver_due(at=moment).failed
            assert tried <= outbox.MOST_ATTEMPTS

        parked = OutboxDelivery.objects.get()
        assert tried == outbox.MOST_ATTEMPTS
        assert (parked.state, parked.attempts) == (State.PARKED, outbox.MOST_ATTEMPTS)
        assert parked.last_error
        assert outbox.deliver_due(at=moment + timedelta(days=30)) == outbox.Delivered(0, 0)

    def test_a_delivery_that_takes_each_worker_down_is_parked_and_holds_up_nobody(self, declare: Declare, at: datetime) -> None:
        declare("first", write_it_down)
        outbox.record(ShelfCounted(13), at=at)
        moment = at
        for _ in range(outbox.MOST_ATTEMPTS):
            # The worker dies between the claim and the end of the attempt.
            claimed = outbox._claim(moment)
            assert claimed is not None
            assert outbox._claim(moment) is None, "nobody else may begin while the lease lasts"
            moment += outbox.LEASE
        outbox.record(ShelfCounted(1), at=moment)

        assert outbox.deliver_due(at=moment) == outbox.Delivered(handled=1, failed=1)

        assert written_down() == ["shelf 1"]
        parked = OutboxDelivery.objects.get(state=State.PARKED)
        assert parked.last_error == "The worker died in each attempt."

    def test_a_worker_that_outlived_its_lease_leaves_the_delivery_to_the_next(self, declare: Declare, at: datetime) -> None:
        declare("first", write_it_down)
        outbox.record(ShelfCounted(1), at=at)
        slow = outbox._claim(at)
        assert slow is not None
        later = at + outbox.LEASE
        assert outbox.deliver_due(at=later).handled == 1

        outbox._attempt(slow, later)

        assert written_down() == ["shelf 1"]

    def test_a_parked_delivery_is_tried_again_when_a_person_asks(self, declare: Declare, at: datetime) -> None:
        declare("first", write_it_down)
        outbox.record(ShelfCounted(1), at=at)
        delivery = OutboxDelivery.objects.get()
        OutboxDelivery.objects.update(state=State.PARKED, attempts=outbox.MOST_ATTEMPTS, last_error="ShopClosed: ...")

        assert outbox.retry(delivery_ids=[delivery.pk], actor=None, at=at) == 1
        assert outbox.deliver_due(at=at).handled == 1

        delivery.refresh_from_db()
        assert (delivery.state, delivery.attempts, delivery.last_error) == (State.HANDLED, 1, "")

    def test_a_handled_delivery_is_not_tried_again(self, declare: Declare, at: datetime) -> None:
        declare("first", write_it_down)
        outbox.record(ShelfCounted(1), at=at)
        outbox.deliver_due(at=at)

        for ids in ([OutboxDelivery.objects.get().pk], [0], []):
            with pytest.raises(outbox.AlreadyHandled) as refusal:
                outbox.retry(delivery_ids=ids, actor=None, at=at)
            assert (refusal.value.status, refusal.value.code) == (409, "delivery_handled")
        assert outbox.deliver_due(at=at) == outbox.Delivered(0, 0)

    def test_of_many_those_that_still_wait_are_made_due_and_counted(self, declare: Declare, at: datetime) -> None:
        declare("first", write_it_down)
        outbox.record(*(ShelfCounted(shelf) for shelf in (1, 2, 3)), at=at)
        outbox.deliver_due(at=at, most=1)
        OutboxDelivery.objects.filter(state=State.PENDING).update(next_attempt_at=at + timedelta(hours=1))
        ids = list(OutboxDelivery.objects.values_list("pk", flat=True))

        assert outbox.retry(delivery_ids=ids, actor=None, at=at) == 2

        assert outbox.deliver_due(at=at).handled == 2


@pytest.mark.django_db
class TestARoundsTime:
    def test_a_round_begins_nothing_after_its_time_and_leaves_the_rest_due(
        self, declare: Declare, at: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        passed = [0.0]

        def take_ten_seconds(payload: dict[str, Any], *, at: datetime) -> None:
            passed[0] += 10

        declare("slow", take_ten_seconds)
        monkeypatch.setattr(outbox, "time", SimpleNamespace(monotonic=lambda: passed[0]))
        outbox.record(*(ShelfCounted(shelf) for shelf in range(9)), at=at)

        assert outbox.deliver_due(at=at, seconds=25).handled == 3
        assert outbox.deliver_due(at=at).handled == 5
        assert outbox.deliver_due(at=at).handled == 1

    def test_it_ends_before_its_first_lease_and_before_the_limits_of_its_tasks(self) -> None:
        seconds = inspect.signature(outbox.deliver_due).parameters["seconds"].default

        assert seconds < outbox.LEASE.total_seconds() <= tasks.deliver_now.soft_time_limit < tasks.deliver_now.time_limit


@pytest.mark.django_db
def test_pruning_drops_old_events_but_never_one_that_still_waits(declare: Declare, at: datetime) -> None:
    declare("first", write_it_down)
    long_ago = at - outbox.KEPT - timedelta(seconds=1)
    outbox.record(*(ShelfCounted(shelf) for shelf in (1, 2, 3, 4)), at=long_ago)
    outbox.deliver_due(at=long_ago, most=2)
    waiting, parked = OutboxDelivery.objects.filter(state=State.PENDING).order_by("id")
    OutboxDelivery.objects.filter(pk=parked.pk).update(state=State.PARKED)
    outbox.record(ShelfCounted(5), at=at - outbox.KEPT)
    outbox.deliver_due(at=long_ago, most=0)

    assert outbox.prune(at=at, batch=1) == 2

    left = OutboxEvent.objects.filter(topic=ShelfCounted.topic).order_by("id")
    assert [event.payload["shelf"] for event in left] == [3, 4, 5]
    assert {waiting.event_id, parked.event_id} < set(left.values_list("pk", flat=True))
