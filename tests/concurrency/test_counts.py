"""Counting while others work: a count is posted once, and what ships meanwhile is never lost.

Each promise has a control that takes its guard away from the test's side and shows the damage the guard prevents.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from config.kernel import doorbell, invariants
from config.kernel.errors import DomainError
from inventory import counting as rule
from inventory import locking
from inventory.counting import Correction
from inventory.models import Reservation, StockCount, StockLevel, StockMovement, Variant, Warehouse
from inventory.operations import counting, reservations
from inventory.operations.ledger import Document
from inventory.queries import drift
from tests.builders import a_stocked_variant, a_warehouse
from tests.probe.together import together

pytestmark = pytest.mark.django_db(transaction=True)
MISSING = 5


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doorbell, "ring", lambda task, **options: True)


@pytest.fixture
def warehouse() -> Warehouse:
    return a_warehouse()


def ended(call: Callable[[], object]) -> str:
    try:
        call()
    except DomainError as refusal:
        return refusal.code
    return "done"


def handed_in(cup: Variant, warehouse: Warehouse, at: datetime, found: Callable[[int], int]) -> StockCount:
    """Counted exactly: nothing moves between the look at the shelf and the entry."""
    opened = counting.open_count(
        warehouse_id=warehouse.pk, variant_ids=[cup.pk], basis=StockCount.Basis.SKUS, actor=None, at=at
    )
    for _round in range(2):
        with transaction.atomic():
            level = locking.lock_levels([(cup.pk, warehouse.pk)])[cup.pk, warehouse.pk]
            counting.enter(number=opened.number, found={cup.pk: found(level.on_hand)}, actor=None, at=at)
        opened = counting.hand_in(number=opened.number, actor=None, at=at)
        if opened.state == StockCount.State.COUNTED:
            break
    return opened


class TestTwoPostOneCount:
    def test_it_is_posted_once(self, warehouse: Warehouse, at: datetime) -> None:
        for _ in range(20):
            cup = a_stocked_variant(10, warehouse)
            taken = handed_in(cup, warehouse, at, lambda on_hand: on_hand - 1)

            def approve(number: int, taken: StockCount = taken) -> str:
                return ended(lambda: counting.approve(number=taken.number, may_exceed=True, actor=None, at=at))

            assert Counter(together(2, approve)) == {"done": 1, "count_state": 1}
            assert StockLevel.objects.get(variant=cup).on_hand == 9
        assert invariants.check_all(at=at) == []

    def test_control_without_the_documents_lock_both_get_as_far_as_the_ledger(
        self, warehouse: Warehouse, at: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cup = a_stocked_variant(10, warehouse)
        taken = handed_in(cup, warehouse, at, lambda on_hand: on_hand - 1)
        both_have_read = threading.Barrier(2)

        def read(number: str) -> StockCount:
            row = StockCount.objects.get(number=number)
            both_have_read.wait(20)
            return row

        monkeypatch.setattr(counting, "_locked", read)
        monkeypatch.setattr(counting, "_corrected", lambda since: False)

        def approve(number: int) -> str:
            try:
                return ended(lambda: counting.approve(number=taken.number, may_exceed=True, actor=None, at=at))
            except IntegrityError:
                return "only the ledger's own uniqueness was left"

        assert Counter(together(2, approve)) == {"done": 1, "only the ledger's own uniqueness was left": 1}


class TestCountReserveAndShip:
    """Five units are missing from a shelf from which two people keep shipping; a third counts it, four times over."""

    TURNS = 25

    def storm(self, cup: Variant, warehouse: Warehouse, at: datetime) -> tuple[int, Counter[str]]:
        missing = [MISSING]
        happened: Counter[str] = Counter()

        def sell(number: int) -> None:
            for turn in range(self.TURNS):
                document = Document("BASKET", f"{number}-{turn}")
                reservations.reserve(document=document, demand={cup.pk: 2}, at=at + timedelta(seconds=turn))
                time.sleep(0.002)
                mine = Reservation.objects.filter(document_number=document.number, state="ACTIVE")
                items = {(one.variant_id, one.warehouse_id): one.held for one in mine}
                if turn % 5:
                    parcel = Document("SHIPMENT", document.number)
                    reservations.consume(document=document, parcel=parcel, items=items, actor=None, at=at)
                else:
                    reservations.release(document=document)

        def count(number: int) -> None:
            for _turn in range(4):
                taken = handed_in(cup, warehouse, at, lambda on_hand: on_hand - missing[0])
                time.sleep(0.04)
                code = ended(lambda: counting.approve(number=taken.number, may_exceed=True, actor=None, at=at))  # noqa: B023
                happened[code] += 1
                if code == "done":
                    missing[0] = 0

        roles = [sell, sell, count]
        together(len(roles), lambda number: roles[number](number))
        shipped = -sum(StockMovement.objects.filter(variant=cup, kind="SHIPMENT").values_list("quantity", flat=True))
        return shipped, happened

    def test_the_shelf_holds_what_is_left_of_it_to_the_unit(self, warehouse: Warehouse, at: datetime) -> None:
        cup = a_stocked_variant(1000, warehouse)

        shipped, happened = self.storm(cup, warehouse, at)

        assert happened == {"done": 4}
        assert shipped == 2 * self.TURNS * 2 * 4 // 5
        assert StockLevel.objects.get(variant=cup).on_hand == 1000 - MISSING - shipped
        assert list(drift.differences()) == []
        assert invariants.check_all(at=at) == []

    def test_control_a_count_that_sets_the_balance_loses_what_shipped_meanwhile(
        self, warehouse: Warehouse, at: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cup = a_stocked_variant(1000, warehouse)

        def set_to(*, expected: int, counted: int, on_hand: int) -> Correction:
            return Correction(counted - on_hand, on_hand - expected, counted)

        monkeypatch.setattr(rule, "correction", set_to)

        shipped, _happened = self.storm(cup, warehouse, at)

        assert StockLevel.objects.get(variant=cup).on_hand > 1000 - MISSING - shipped, "not powered: nothing shipped meanwhile"
