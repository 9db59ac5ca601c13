"""The table in docs/algorithms/reservations.md, line by line."""

import re
from datetime import datetime, timedelta

import pytest

from config.local.place import PROJECT
from inventory.models import StockLevel
from inventory.operations import counting, reservations, stock
from inventory.operations.ledger import Document, InsufficientStock
from tests.builders import a_stocked_variant, a_warehouse

pytestmark = pytest.mark.django_db


def figures_told() -> list[tuple[int, int, int]]:
    page = (PROJECT / "docs" / "algorithms" / "reservations.md").read_text("utf-8")
    rows = re.findall(r"^\|[^|]+\|[^|]*\| (\d+) \| (\d+) \| (\d+) \|", page, re.MULTILINE)
    return [(int(on_hand), int(reserved), int(available)) for on_hand, reserved, available in rows]


def test_the_worked_example_is_true(at: datetime) -> None:
    warehouse = a_warehouse()
    seen: list[tuple[int, int, int]] = []

    def look() -> None:
        level = StockLevel.objects.get()
        seen.append((level.on_hand, level.reserved, level.available))

    cup = a_stocked_variant(10, warehouse)
    look()
    a, b, c = (Document("BASKET", name) for name in "ABC")
    place = (cup.pk, warehouse.pk)
    reservations.reserve(document=a, demand={cup.pk: 4}, at=at)
    look()
    reservations.reserve(document=b, demand={cup.pk: 5}, at=at + timedelta(minutes=1))
    look()
    with pytest.raises(InsufficientStock):
        reservations.reserve(document=c, demand={cup.pk: 2}, at=at)
    look()
    reservations.consume(document=a, parcel=Document("PARCEL", "1"), items={place: 3}, actor=None, at=at)
    look()
    reservations.release(document=a)
    look()
    counting.count(warehouse_id=warehouse.pk, lines=[(cup.pk, 7, 4)], note="", actor=None, at=at)
    look()
    stock.take_back(document=Document("RETURN", "1"), items={place: 2}, actor=None, at=at)
    look()
    reservations.reserve(document=b, demand={cup.pk: 1}, at=at)
    look()

    assert seen == figures_told()
