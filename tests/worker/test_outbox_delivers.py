"""An event is delivered by the worker as soon as its transaction commits, long before the sweep of the minute."""

import time

from django.contrib.auth.models import Group
from django.db import transaction

from config.kernel import clock, outbox
from config.kernel.models import OutboxDelivery
from tests.live import Shop
from tests.probe.events import BellRung
from tests.worker.conftest import eventually


def test_an_event_takes_effect_long_before_the_next_sweep(shop: Shop) -> None:
    with transaction.atomic():
        outbox.record(BellRung("the front door"), at=clock.now())
        time.sleep(0.3)
        assert not Group.objects.filter(name="somebody at the front door").exists()

    seconds = eventually(Group.objects.filter(name="somebody at the front door").exists, what="the effect")

    # By the sweep it takes half a minute on average.
    assert seconds < 10
    delivery = OutboxDelivery.objects.get(event__payload__door="the front door")
    assert (delivery.state, delivery.attempts) == (OutboxDelivery.State.HANDLED, 1)


def test_a_burst_of_events_is_delivered_whole_and_once(shop: Shop) -> None:
    for number in range(100):
        with transaction.atomic():
            outbox.record(BellRung(f"door {number}"), at=clock.now())

    def waiting() -> int:
        return OutboxDelivery.objects.filter(event__payload__door__startswith="door ").exclude(handled_at=None).count()

    eventually(lambda: waiting() == 100, what="the delivery of all")
    # The group's name is unique: a second effect would have failed and left its mark on the delivery.
    assert Group.objects.filter(name__startswith="somebody at door ").count() == 100
    assert set(
        OutboxDelivery.objects.filter(event__payload__door__startswith="door ").values_list("last_error", flat=True)
    ) == {""}
