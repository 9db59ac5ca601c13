"""The worked example of docs/algorithms/lots.md, step by step."""

from datetime import date, datetime, timedelta

import pytest

from config.kernel import invariants
from inventory.models import Warehouse
from inventory.operations import lots, reservations
from inventory.operations.ledger import Document
from tests.inventory.lots import a_tea, balance, lot, lying, receive, sent_order

pytestmark = pytest.mark.django_db
ORDER = Document("BASKET", "1")


def test_the_example_comes_out_as_written(store: Warehouse, at: datetime) -> None:
    tea = a_tea(at)
    place = (tea.pk, store.pk)
    told = []

    def look(day: datetime) -> None:
        assert [one for one in invariants.check_all(at=day) if one.invariant in ("I1", "I2", "I3", "I19")] == []
        there = lying(tea)
        told.append((there.get("A", (0, 0)), there.get("B", (0, 0)), *balance(tea)))

    receive(sent_order(tea, store, at), tea, "DN-1", at, A=(10, date(2026, 11, 25)), B=(20, date(2026, 12, 31)))
    look(at)
    reservations.reserve(document=ORDER, demand={tea.pk: 12}, at=at)
    look(at)
    reservations.consume(document=ORDER, parcel=Document("SHIPMENT", "S1"), items={place: 4}, actor=None, at=at)
    look(at)
    monday = at + timedelta(days=2)
    lots.settle_due(at=monday)
    look(monday)
    reservations.release(document=ORDER, items={place: 5})
    look(monday)
    thursday = at + timedelta(days=5)
    lots.settle_due(at=thursday)
    look(thursday)
    lots.block(lot_id=lot("B").pk, reason="회수", actor=None, at=thursday)
    look(thursday)
    lots.free(lot_id=lot("B").pk, reason="이상 없음", actor=None, at=thursday)
    look(thursday)
    lots.write_off(lot_id=lot("A").pk, reason="기한 지남", actor=None, at=thursday)
    look(thursday)

    assert told == [
        ((10, 0), (20, 0), 30, 30),
        ((10, 0), (20, 0), 30, 18),
        ((6, 0), (20, 0), 26, 18),
        ((6, 0), (20, 0), 26, 18),
        ((6, 3), (20, 0), 26, 20),
        ((6, 6), (20, 0), 26, 17),
        ((6, 6), (20, 20), 26, 0),
        ((6, 6), (20, 0), 26, 20),
        ((0, 0), (20, 0), 20, 20),
    ]
