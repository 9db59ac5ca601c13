"""Whatever is done in whatever order, the balances equal the ledger and no promise is broken."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from config.kernel import invariants
from config.kernel.errors import DomainError
from inventory.models import Reservation, StockLevel, StockMovement
from inventory.operations import (
    counting,
    reservations,
    stock,
    transfers,
)
from inventory.operations.ledger import Document
from inventory.queries import drift
from tests.builders import a_stocked_variant, a_warehouse

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("seed", range(6))
def test_the_projection_equals_the_ledger_after_any_sequence(at: datetime, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  a replayable sequence, not secrets
    warehouses = [a_warehouse(priority=number) for number in range(3)]
    skus = [a_stocked_variant(chance.randint(0, 12) or 1, chance.choice(warehouses)) for _ in range(3)]
    numbers = iter(range(10_000))

    def place() -> dict[str, int]:
        return {"variant_id": chance.choice(skus).pk, "warehouse_id": chance.choice(warehouses).pk}

    def someone() -> Document:
        return Document("BASKET", str(chance.randint(1, 8)))

    def reserve(now: datetime) -> None:
        demand = {chance.choice(skus).pk: chance.randint(1, 4) for _ in range(2)}
        expires_at = now + timedelta(minutes=chance.randint(1, 9)) if chance.random() < 0.5 else None
        reservations.reserve(document=someone(), demand=demand, at=now, expires_at=expires_at)

    def consume(now: datetime) -> None:
        document = someone()
        mine = Reservation.objects.filter(document_number=document.number, state="ACTIVE")
        items = {(one.variant_id, one.warehouse_id): chance.randint(1, one.held) for one in mine}
        parcel = Document("SHIPMENT", str(next(numbers)))
        reservations.consume(document=document, parcel=parcel, items=items, actor=None, at=now)

    def release(now: datetime) -> None:
        reservations.release(document=someone())

    def expire(now: datetime) -> None:
        reservations.expire_due(at=now)

    def adjust(now: datetime) -> None:
        stock.adjust(quantity=chance.choice([-5, -1, 2, 6]), reason="정정", actor=None, at=now, **place())

    def write_off(now: datetime) -> None:
        stock.write_off(quantity=chance.randint(1, 3), reason="파손", actor=None, at=now, **place())

    def transfer(now: datetime) -> None:
        source, target = chance.sample(warehouses, 2)
        transfers.move(
            variant_id=chance.choice(skus).pk,
            from_warehouse_id=source.pk,
            to_warehouse_id=target.pk,
            quantity=chance.randint(1, 4),
            reason="이동",
            actor=None,
            at=now,
        )

    def count(now: datetime) -> None:
        level = chance.choice(list(StockLevel.objects.order_by("pk")))
        lines = [(level.variant_id, level.on_hand, max(level.on_hand + chance.randint(-3, 3), 0))]
        counting.count(warehouse_id=level.warehouse_id, lines=lines, note="", actor=None, at=now)

    def take_back(now: datetime) -> None:
        where = place()
        items = {(where["variant_id"], where["warehouse_id"]): 1}
        stock.take_back(document=Document("RETURN", str(next(numbers))), items=items, actor=None, at=now)

    acts: list[Callable[[datetime], None]] = [
        *(reserve, reserve, reserve, consume, consume, release, expire),
        *(adjust, write_off, transfer, count, take_back),
    ]
    refused = 0
    for minute in range(120):
        try:
            chance.choice(acts)(at + timedelta(minutes=minute))
        except DomainError:
            refused += 1
        assert list(drift.differences()) == []

    assert invariants.check_all(at=at) == []
    assert refused < 90, "not powered: next to nothing was done"
    assert StockMovement.objects.count() > 20
