"""Two at one delivery: it is on the shelf once, whoever books it; and what is closed takes nothing more in.

The control books without the lock of the purchase order and shows the damage.
"""

import threading
from collections import Counter
from datetime import datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError

from config.kernel import doorbell, invariants
from config.kernel.errors import DomainError
from inventory.models import CostEntry, GoodsReceipt, LandedCost, PurchaseOrder, StockLevel
from inventory.operations import costing, purchase_steps, purchasing, receiving
from inventory.operations.costing import Extra
from tests.inventory.operations.papers import a_sent_order, cup_of, skus
from tests.probe.together import together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doorbell, "ring", lambda task, **options: True)


def receive(order: PurchaseOrder, at: datetime, note: str, units: int) -> str:
    cup, _plate = skus(order)
    try:
        return receiving.receive_goods(
            number=order.number, delivery_note=note, quantities={cup: units}, actor=None, at=at
        ).number
    except DomainError as refusal:
        return refusal.code


def on_hand(order: PurchaseOrder) -> int:
    return StockLevel.objects.get(variant=cup_of(order)).on_hand


def test_two_who_book_the_same_note_put_it_on_the_shelf_once(at: datetime) -> None:
    order = a_sent_order(at)

    numbers = together(4, lambda _index: receive(order, at, "DN-1", 4))

    assert len(set(numbers)) == 1
    assert (on_hand(order), GoodsReceipt.objects.count(), CostEntry.objects.count()) == (4, 1, 1)
    assert invariants.check_all(at=at) == []


def test_control_without_the_lock_both_would_book_it(at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    order, meet = a_sent_order(at), threading.Barrier(2)
    locked = purchase_steps.locked

    def looked_up(number: str, step: object = None) -> PurchaseOrder:
        found = PurchaseOrder.objects.select_related("supplier").get(number=number)
        return found if step is None else locked(number)

    known = receiving.purchases.receipts

    def asked_together() -> object:
        rows = known()
        list(rows[:1])
        meet.wait(10)
        return rows

    monkeypatch.setattr(purchase_steps, "locked", looked_up)
    monkeypatch.setattr(receiving.purchases, "receipts", asked_together)
    with pytest.raises(IntegrityError, match="goods_receipt_once_per_note"):
        together(2, lambda _index: receive(order, at, "DN-1", 4))


def test_two_deliveries_at_once_reckon_their_averages_one_after_the_other(at: datetime) -> None:
    order = a_sent_order(at, cups=80)

    together(4, lambda index: receive(order, at, f"DN-{index}", 10))

    steps = CostEntry.objects.filter(variant=cup_of(order)).order_by("id").values_list("units_before", flat=True)
    assert list(steps) == [0, 10, 20, 30]
    assert invariants.check_all(at=at) == []


def test_what_is_closed_takes_nothing_more_in(at: datetime) -> None:
    for attempt in range(4):
        order = a_sent_order(at)
        receive(order, at, "DN-1", 4)

        def act(index: int, order: PurchaseOrder = order) -> str:
            if index:
                return receive(order, at, "DN-2", 3)
            purchasing.close(number=order.number, reason="단종", actor=None, at=at)
            return "closed"

        ended = Counter("booked" if one.startswith("GR") else one for one in together(2, act))

        assert ended["closed"] == 1
        assert on_hand(order) == (7 if ended["booked"] else 4), attempt
        assert order.timeline.latest("id").kind == "CLOSED"
    assert invariants.check_all(at=at) == []


def test_the_same_invoice_from_two_desks_is_booked_once(at: datetime) -> None:
    order = a_sent_order(at)
    number = receive(order, at, "DN-1", 10)
    freight = Extra("FREIGHT", Decimal(3_000), "VALUE", "INV-1")

    together(4, lambda _index: costing.add_cost(receipt=number, extra=freight, actor=None, at=at).pk)

    assert LandedCost.objects.count() == 1
    assert CostEntry.objects.filter(variant=cup_of(order)).latest("id").average == 4_300
    assert invariants.check_all(at=at) == []
