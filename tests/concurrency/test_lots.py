"""Many at the same lot at once: it is shipped once, received and counted by two, and blocked wherever it is about to arrive.

Each promise has a control that takes its guard away from the test's side and shows the damage the guard prevents.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date, datetime

import pytest
from django.db import IntegrityError, transaction

from config.kernel import doorbell, invariants
from config.kernel.errors import DomainError
from inventory import locking
from inventory.locking import Place
from inventory.models import Lot, LotLevel, PurchaseOrder, Reservation, StockLevel, Variant, Warehouse
from inventory.operations import lotbook, lots, reservations
from inventory.operations.ledger import Document
from inventory.operations.lotbook import LotUnits
from tests.builders import a_warehouse
from tests.inventory.lots import a_tea, lot, lying, receive, sent_order
from tests.probe.together import together

pytestmark = pytest.mark.django_db(transaction=True)
SOON, LATER = date(2026, 11, 25), date(2026, 12, 31)


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doorbell, "ring", lambda task, **options: True)


@pytest.fixture
def store() -> Warehouse:
    return a_warehouse()


@pytest.fixture
def tea(store: Warehouse, at: datetime) -> Variant:
    return a_tea(at)


@pytest.fixture
def order(tea: Variant, store: Warehouse, at: datetime) -> PurchaseOrder:
    return sent_order(tea, store, at)


def ended(call: Callable[[], object]) -> str:
    try:
        call()
    except DomainError as refusal:
        return refusal.code
    except IntegrityError:
        return "only the table's own uniqueness was left"
    return "done"


def unlocked(places: Iterable[Place]) -> dict[Place, StockLevel]:
    return {(one.variant_id, one.warehouse_id): one for one in StockLevel.objects.filter(locking.at(places))}


def waiting_after_reading(monkeypatch: pytest.MonkeyPatch, both_have_read: threading.Barrier) -> None:
    at_levels = lotbook.at_levels

    def read(levels: Iterable[StockLevel]) -> dict[int, list[LotLevel]]:
        found = at_levels(levels)
        both_have_read.wait(20)
        return found

    monkeypatch.setattr(lotbook, "at_levels", read)


class TestTwoShipTheLastOfALot:
    def shipped(self, tea: Variant, store: Warehouse, order: PurchaseOrder, at: datetime) -> Counter[str]:
        receive(order, tea, "1", at, A=(2, SOON), B=(20, LATER))
        for number in range(2):
            reservations.reserve(document=Document("BASKET", str(number)), demand={tea.pk: 2}, at=at)

        def ship(number: int) -> str:
            told = {"document": Document("BASKET", str(number)), "parcel": Document("SHIPMENT", str(number))}
            items = {(tea.pk, store.pk): 2}
            return ended(lambda: reservations.consume(**told, items=items, actor=None, at=at))

        return Counter(together(2, ship))

    def test_one_takes_it_and_the_other_the_next(
        self, tea: Variant, store: Warehouse, order: PurchaseOrder, at: datetime
    ) -> None:
        assert self.shipped(tea, store, order, at) == {"done": 2}
        assert lying(tea) == {"B": (18, 0)}
        assert invariants.check_all(at=at) == []

    def test_control_without_the_lock_both_reach_for_the_same_units(
        self, tea: Variant, store: Warehouse, order: PurchaseOrder, at: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        both_have_read = threading.Barrier(2)
        monkeypatch.setattr(locking, "lock_known", unlocked)
        waiting_after_reading(monkeypatch, both_have_read)
        monkeypatch.setattr(reservations, "_hold_lots", lambda *given: None)
        # Receiving reads no lots; only the two shipments wait for each other.
        assert self.shipped(tea, store, order, at) == {"done": 1, "lot_short": 1}


class TestReceiveWhileItIsCounted:
    def both(self, tea: Variant, store: Warehouse, order: PurchaseOrder, at: datetime) -> Counter[str]:
        receive(order, tea, "1", at, A=(2, SOON))
        # Known, and lying nowhere yet.
        Lot.objects.create(variant=tea, code="B", expires_on=LATER, first_seen_at=at)

        def count() -> object:
            found = [LotUnits("A", 1), LotUnits("B", 1, LATER)]
            return lots.count(variant_id=tea.pk, warehouse_id=store.pk, found=found, reason="실사", actor=None, at=at)

        def come() -> None:
            receive(order, tea, "2", at, B=(5, LATER))

        deeds = [count, come]
        return Counter(together(2, lambda number: ended(deeds[number])))

    def test_what_came_and_what_was_found_both_count(
        self, tea: Variant, store: Warehouse, order: PurchaseOrder, at: datetime
    ) -> None:
        outcome = self.both(tea, store, order, at)
        # Whoever counts after the goods came says how many of them there are.
        assert outcome == {"done": 2}
        assert lying(tea) in ({"A": (1, 0), "B": (6, 0)}, {"A": (1, 0), "B": (1, 0)})
        assert invariants.check_all(at=at) == []

    def test_control_without_the_lock_one_fails_over_the_other(
        self, tea: Variant, store: Warehouse, order: PurchaseOrder, at: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        both_have_read = threading.Barrier(2)
        monkeypatch.setattr(locking, "lock_known", unlocked)
        terms, twice = lotbook.terms, threading.local()

        def slow(row: object) -> object:
            # Asked for the standing of a new row, right before it is written.
            if getattr(row, "code", "") == "B" and not getattr(twice, "asked", False):
                twice.asked = True
                both_have_read.wait(20)
            return terms(row)  # type: ignore[arg-type]

        monkeypatch.setattr(lotbook, "terms", slow)
        outcome = self.both(tea, store, order, at)
        assert outcome == {"done": 1, "only the table's own uniqueness was left": 1}


class TestBlockedWhileItArrivesElsewhere:
    """A lot that lies in one warehouse is blocked at the moment at which more of it is put on the shelf of another."""

    def blocked(self, tea: Variant, order: PurchaseOrder, at: datetime, monkeypatch: pytest.MonkeyPatch) -> int:
        receive(order, tea, "1", at, A=(2, LATER))
        elsewhere = sent_order(tea, a_warehouse(), at)
        opened, has_read, is_blocked = lotbook.opened, threading.Event(), threading.Event()
        key = lot("A").pk

        def slow(*given: object, **told: object) -> object:
            found = opened(*given, **told)  # type: ignore[arg-type]
            has_read.set()
            is_blocked.wait(1)
            return found

        monkeypatch.setattr(lotbook, "opened", slow)

        def block() -> None:
            assert has_read.wait(20)
            lots.block(lot_id=key, reason="회수", actor=None, at=at)
            is_blocked.set()

        deeds = [lambda: receive(elsewhere, tea, "1", at, A=(5, LATER)), block]
        together(2, lambda number: deeds[number]())
        return sum(one.quantity - one.held for one in LotLevel.objects.filter(lot=key))

    def test_nothing_of_it_may_leave(
        self, tea: Variant, order: PurchaseOrder, at: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert self.blocked(tea, order, at, monkeypatch) == 0
        assert invariants.check_all(at=at) == []

    @pytest.mark.breaks_promises("what arrives elsewhere is not held")
    def test_control_holding_only_where_it_lies_leaves_some_free(
        self, tea: Variant, order: PurchaseOrder, at: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def where_it_lies(variant_id: int) -> list[StockLevel]:
            there = StockLevel.objects.filter(variant=variant_id, on_hand__gt=0).values_list("variant_id", "warehouse_id")
            return list(locking.lock_known(list(there)).values())

        monkeypatch.setattr(lots, "_locked_everywhere", where_it_lies)
        assert self.blocked(tea, order, at, monkeypatch) == 5


def test_many_sell_and_ship_while_lots_are_blocked_and_freed(
    tea: Variant, store: Warehouse, order: PurchaseOrder, at: datetime
) -> None:
    receive(order, tea, "1", at, A=(30, SOON), B=(30, LATER), C=(30, LATER))
    keys = [lot(code).pk for code in "ABC"]

    def sell(number: int) -> None:
        for turn in range(6):
            document = Document("BASKET", f"{number}-{turn}")
            if ended(lambda: reservations.reserve(document=document, demand={tea.pk: 3}, at=at)) == "done":  # noqa: B023
                mine = Reservation.objects.filter(document_number=document.number, state="ACTIVE")
                items = {(one.variant_id, one.warehouse_id): one.held for one in mine}
                parcel = Document("SHIPMENT", document.number)
                ended(lambda: reservations.consume(document=document, parcel=parcel, items=items, actor=None, at=at))  # noqa: B023

    def decide(number: int) -> None:
        for turn in range(6):
            key = keys[turn % 3]
            with transaction.atomic():
                lots.block(lot_id=key, reason="의심", actor=None, at=at)
            lots.free(lot_id=key, reason="이상 없음", actor=None, at=at)

    roles = [sell, sell, decide]
    together(3, lambda number: roles[number](number))
    assert invariants.check_all(at=at) == []
