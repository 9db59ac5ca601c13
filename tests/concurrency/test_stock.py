"""Many at the same stock at once: nothing is sold twice, nobody waits for ever, and the balances equal the ledger.

Each promise has a control that takes its guard away from the test's side and shows the damage the guard prevents.
"""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

import pytest
from django.db import OperationalError, transaction
from django.db.models import QuerySet, Sum
from psycopg.errors import DeadlockDetected

from config.kernel import doorbell, invariants
from config.kernel.errors import DomainError
from inventory import locking
from inventory.models import Reservation, StockCount, StockLevel, StockMovement, Variant, Warehouse
from inventory.operations import (
    counting,
    ledger,
    purchasing,
    receiving,
    reservations,
    stock,
    transfers,
)
from inventory.operations.ledger import Change, Document, InsufficientStock
from inventory.queries import drift
from tests.builders import a_stocked_variant, a_supplier, a_warehouse
from tests.probe.together import together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doorbell, "ring", lambda task, **options: True)


@pytest.fixture
def warehouse() -> Warehouse:
    return a_warehouse()


def ended(call: Callable[[], object]) -> str:
    """How an operation ended: "done", or the code of its refusal."""
    try:
        call()
    except DomainError as refusal:
        return refusal.code
    return "done"


def held(variant: Variant) -> int:
    return sum(one.held for one in Reservation.objects.filter(variant=variant))


def without_locks(monkeypatch: pytest.MonkeyPatch, writers: int) -> None:
    """Levels are read without a lock, and written as they were read plus the change, when all `writers` have read."""
    all_have_read = threading.Barrier(writers)

    def read(levels: QuerySet[StockLevel]) -> list[StockLevel]:
        return list(levels.order_by("pk"))

    def read_for_sale(variant_ids: Iterable[int]) -> list[StockLevel]:
        return read(StockLevel.objects.filter(variant_id__in=set(variant_ids)))

    def write(changes: Sequence[Change]) -> None:
        all_have_read.wait(20)
        for one in changes:
            StockLevel.objects.filter(pk=one.level.pk).update(
                on_hand=one.level.on_hand + one.on_hand, reserved=one.level.reserved + one.reserved
            )

    monkeypatch.setattr(locking, "_locked", read)
    monkeypatch.setattr(locking, "lock_for_sale", read_for_sale)
    monkeypatch.setattr(ledger, "shift", write)


class TestTheLastUnit:
    """F02: two buyers, one unit."""

    def buy(self, variant: Variant, at: datetime, buyers: int = 2) -> Counter[str]:
        def reserve(number: int) -> str:
            document = Document("BASKET", f"{variant.sku}-{number}")
            return ended(lambda: reservations.reserve(document=document, demand={variant.pk: 1}, at=at))

        return Counter(together(buyers, reserve))

    def test_it_is_promised_once(self, warehouse: Warehouse, at: datetime) -> None:
        for _ in range(40):
            last = a_stocked_variant(1, warehouse)

            assert self.buy(last, at) == {"done": 1, "insufficient_stock": 1}
            assert held(last) == 1
        assert invariants.check_all(at=at) == []

    def test_twelve_buyers_of_five_units_leave_seven_politely_refused(self, warehouse: Warehouse, at: datetime) -> None:
        few = a_stocked_variant(5, warehouse)

        assert self.buy(few, at, buyers=12) == {"done": 5, "insufficient_stock": 7}
        assert held(few) == 5

    @pytest.mark.breaks_promises("the locks are taken away")
    def test_control_without_the_lock_it_is_promised_twice(
        self, warehouse: Warehouse, at: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        last = a_stocked_variant(1, warehouse)
        without_locks(monkeypatch, writers=2)

        assert self.buy(last, at) == {"done": 2}
        assert held(last) == 2, "not powered: the race did not show without the lock"
        assert [(one.reserved, one.held) for one in drift.differences()] == [(1, 2)]

    def test_even_code_that_forgets_the_lock_cannot_oversell(
        self, warehouse: Warehouse, at: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        last = a_stocked_variant(1, warehouse)
        both_have_read = threading.Barrier(2)

        def read(variant_ids: Iterable[int]) -> list[StockLevel]:
            rows = list(StockLevel.objects.filter(variant_id__in=set(variant_ids)))
            both_have_read.wait(20)
            return rows

        monkeypatch.setattr(locking, "lock_for_sale", read)

        assert self.buy(last, at) == {"done": 1, "insufficient_stock": 1}
        assert held(last) == 1


class TestReversedLines:
    """F04: two orders of the same SKUs, written down in opposite order."""

    def test_nobody_is_killed_however_the_lines_are_sorted(self, warehouse: Warehouse, at: datetime) -> None:
        skus = [a_stocked_variant(1000, warehouse) for _ in range(4)]

        def reserve(number: int) -> None:
            for turn in range(12):
                order = skus if (number + turn) % 2 else skus[::-1]
                reservations.reserve(
                    document=Document("BASKET", f"{number}-{turn}"), demand={sku.pk: 1 for sku in order}, at=at
                )

        together(8, reserve)

        assert [held(sku) for sku in skus] == [96] * 4
        assert list(drift.differences()) == []

    def test_control_locks_in_the_order_of_the_lines_kill_one_of_two(
        self, warehouse: Warehouse, at: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        skus = [a_stocked_variant(1000, warehouse) for _ in range(2)]
        both_hold_one = threading.Barrier(2)

        def lock_as_written(variant_ids: Iterable[int]) -> list[StockLevel]:
            locked: list[StockLevel] = []
            for number, variant in enumerate(variant_ids):
                if number == 1:
                    both_hold_one.wait(20)
                locked += StockLevel.objects.select_for_update(of=("self",), no_key=True).filter(variant_id=variant)
            return locked

        monkeypatch.setattr(locking, "lock_for_sale", lock_as_written)

        def reserve(number: int) -> str:
            order = skus if number else skus[::-1]
            try:
                reservations.reserve(document=Document("BASKET", str(number)), demand={sku.pk: 1 for sku in order}, at=at)
            except OperationalError as error:
                return type(error.__cause__).__name__
            return "done"

        assert Counter(together(2, reserve)) == {"done": 1, DeadlockDetected.__name__: 1}


class TestTheSameSkuTwice:
    """F05: one document asks twice for three of five."""

    def test_the_second_request_of_one_transaction_is_refused_and_takes_the_first_with_it(
        self, warehouse: Warehouse, at: datetime
    ) -> None:
        cup = a_stocked_variant(5, warehouse)

        @transaction.atomic
        def place() -> None:
            for _line in range(2):
                reservations.reserve(document=Document("BASKET", "O1"), demand={cup.pk: 3}, at=at)

        assert ended(place) == InsufficientStock.code

        assert held(cup) == 0
        assert list(drift.differences()) == []

    def ask(self, cup: Variant, at: datetime) -> Counter[str]:
        def reserve(_: int) -> str:
            return ended(lambda: reservations.reserve(document=Document("BASKET", "O1"), demand={cup.pk: 3}, at=at))

        return Counter(together(2, reserve))

    def test_of_two_requests_at_once_one_is_refused(self, warehouse: Warehouse, at: datetime) -> None:
        cup = a_stocked_variant(5, warehouse)

        assert self.ask(cup, at) == {"done": 1, "insufficient_stock": 1}
        assert held(cup) == 3

    @pytest.mark.breaks_promises("the locks are taken away")
    def test_control_without_the_lock_six_of_five_are_promised(
        self, warehouse: Warehouse, at: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cup = a_stocked_variant(5, warehouse)
        without_locks(monkeypatch, writers=2)

        assert self.ask(cup, at) == {"done": 2}
        assert held(cup) == 6, "not powered"


class TestEverybodyAtOnce:
    """F06: goods are received, adjusted, moved, written off, counted, promised, given back and shipped at the same time."""

    TURNS = 10

    @pytest.fixture
    def places(self, warehouse: Warehouse) -> tuple[Variant, Warehouse, Warehouse]:
        cup = a_stocked_variant(60, warehouse)
        return cup, warehouse, a_warehouse(priority=200)

    def storm(self, places: tuple[Variant, Warehouse, Warehouse], at: datetime) -> Counter[tuple[str, str]]:
        cup, near, far = places
        order = purchasing.draft(
            supplier_id=a_supplier().pk, warehouse_id=near.pk, lines=[purchasing.Wanted(cup.pk, 1000)], actor=None, at=at
        )
        purchasing.approve(number=order.number, actor=None, at=at)
        purchasing.send(number=order.number, actor=None, at=at)
        happened: Counter[tuple[str, str]] = Counter()

        def receive(turn: int, chance: random.Random, me: str) -> None:
            receiving.receive_goods(
                number=order.number, delivery_note=f"{me}-{turn}", quantities={cup.sku: 3}, actor=None, at=at
            )

        def adjust(turn: int, chance: random.Random, me: str) -> None:
            stock.adjust(
                variant_id=cup.pk, warehouse_id=near.pk, quantity=chance.choice([-4, 4]), reason="정정", actor=None, at=at
            )

        def transfer(turn: int, chance: random.Random, me: str) -> None:
            source, target = chance.sample([near, far], 2)
            transfers.move(
                variant_id=cup.pk,
                from_warehouse_id=source.pk,
                to_warehouse_id=target.pk,
                quantity=3,
                reason="이동",
                actor=None,
                at=at,
            )

        def write_off(turn: int, chance: random.Random, me: str) -> None:
            stock.write_off(variant_id=cup.pk, warehouse_id=near.pk, quantity=5, reason="파손", actor=None, at=at)

        def count(turn: int, chance: random.Random, me: str) -> None:
            seen = StockLevel.objects.get(variant=cup, warehouse=near).on_hand
            time.sleep(chance.uniform(0, 0.02))
            counting.count(
                warehouse_id=near.pk,
                lines=[(cup.pk, seen, max(seen + chance.choice([-2, 0, 1]), 0))],
                note="",
                actor=None,
                at=at,
            )

        def sell(turn: int, chance: random.Random, me: str) -> None:
            document = Document("BASKET", f"{me}-{turn}")
            reservations.reserve(document=document, demand={cup.pk: 2}, at=at + timedelta(seconds=turn))
            if chance.random() < 0.3:
                reservations.release(document=document)
            elif chance.random() < 0.6:
                mine = Reservation.objects.filter(document_number=document.number, state="ACTIVE")
                items = {(one.variant_id, one.warehouse_id): one.held for one in mine}
                if items:
                    reservations.consume(
                        document=document, parcel=Document("SHIPMENT", document.number), items=items, actor=None, at=at
                    )

        roles = [receive, adjust, transfer, write_off, count, count, sell, sell, sell, sell]

        def work(number: int) -> None:
            role = roles[number]
            chance = random.Random(number)  # noqa: S311  a replayable mix, not secrets
            for turn in range(self.TURNS):
                happened[role.__name__, ended(lambda: role(turn, chance, f"{role.__name__}{number}"))] += 1  # noqa: B023

        together(len(roles), work)
        return happened

    def test_the_balances_equal_the_ledger_and_every_stale_count_is_refused(
        self, places: tuple[Variant, Warehouse, Warehouse], at: datetime
    ) -> None:
        happened = self.storm(places, at)

        assert invariants.check_all(at=at) == []
        assert happened["receive", "done"] == self.TURNS
        assert happened["count", "done"] + happened["count", "count_stale"] == 2 * self.TURNS
        assert happened["count", "count_stale"], "not powered: no count was overtaken"
        assert StockCount.objects.count() == happened["count", "done"]
        lines = [(line.expected, line.counted) for one in StockCount.objects.all() for line in one.lines.all()]
        corrected = StockMovement.objects.filter(document_kind="COUNT").aggregate(units=Sum("quantity"))["units"] or 0
        assert corrected == sum(counted - expected for expected, counted in lines)
        allowed = {"done", "insufficient_stock", "count_stale", "not_reserved"}
        assert {how for _what, how in happened} <= allowed

    @pytest.mark.breaks_promises("the locks are taken away")
    def test_control_without_locks_the_balances_drift(
        self, places: tuple[Variant, Warehouse, Warehouse], at: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cup, near, _far = places
        without_locks(monkeypatch, writers=4)

        def adjust(_: int) -> None:
            stock.adjust(variant_id=cup.pk, warehouse_id=near.pk, quantity=5, reason="정정", actor=None, at=at)

        together(4, adjust)

        drifted = {one.invariant for one in invariants.check_all(at=at)}
        assert "I1" in drifted, "not powered: nothing drifted without the lock"

    @pytest.mark.parametrize("guarded", [True, False])
    def test_a_count_that_a_delivery_overtook_is_refused_and_unguarded_would_make_the_delivery_vanish(
        self, places: tuple[Variant, Warehouse, Warehouse], at: datetime, monkeypatch: pytest.MonkeyPatch, guarded: bool
    ) -> None:
        cup, near, _far = places
        if not guarded:
            monkeypatch.setattr(counting, "_require_unmoved", lambda seen, levels: None)
        seen = StockLevel.objects.get(variant=cup, warehouse=near).on_hand
        stock.adjust(variant_id=cup.pk, warehouse_id=near.pk, quantity=5, reason="입고", actor=None, at=at)

        how = ended(lambda: counting.count(warehouse_id=near.pk, lines=[(cup.pk, seen, seen)], note="", actor=None, at=at))

        lies_there = StockLevel.objects.get(variant=cup, warehouse=near).on_hand
        assert (how, lies_there) == (("count_stale", 65) if guarded else ("done", 60))


def test_the_same_delivery_note_typed_by_two_at_once_is_received_once(warehouse: Warehouse, at: datetime) -> None:
    cup = a_stocked_variant(1, warehouse)
    order = purchasing.draft(
        supplier_id=a_supplier().pk, warehouse_id=warehouse.pk, lines=[purchasing.Wanted(cup.pk, 9)], actor=None, at=at
    )
    purchasing.approve(number=order.number, actor=None, at=at)
    purchasing.send(number=order.number, actor=None, at=at)

    def receive(_: int) -> str:
        receipt = receiving.receive_goods(number=order.number, delivery_note="DN-1", quantities={cup.sku: 9}, actor=None, at=at)
        return receipt.number

    assert len(set(together(5, receive))) == 1
    assert StockLevel.objects.get(variant=cup).on_hand == 10


def test_two_who_make_the_first_level_of_a_sku_share_it(warehouse: Warehouse, at: datetime) -> None:
    cup = a_stocked_variant(1, warehouse)
    plate = a_stocked_variant(1, warehouse)
    new = a_warehouse()

    def move(number: int) -> None:
        for variant in [cup, plate] if number % 2 else [plate, cup]:
            stock.adjust(variant_id=variant.pk, warehouse_id=new.pk, quantity=1, reason="첫 입고", actor=None, at=at)

    together(6, move)

    assert list(StockLevel.objects.filter(warehouse=new).values_list("on_hand", flat=True)) == [6, 6]
    assert invariants.check_all(at=at) == []
