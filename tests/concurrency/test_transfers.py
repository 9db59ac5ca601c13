"""Transfers under fire: many at one SKU at once, deaths between leaving and arriving, nights at once. Nothing is lost.

Each promise has a control that takes its guard away from the test's side and shows the damage the guard prevents.
"""

import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.db.models import Sum

from config.kernel import doorbell, invariants
from inventory.models import (
    Lane,
    StockLevel,
    StockMovement,
    TransferLine,
    TransferOrder,
    TransferProposal,
    Variant,
    Warehouse,
)
from inventory.operations import balancing, reservations, stock, transfers
from inventory.operations.ledger import Document
from inventory.operations.transfers import Wanted
from inventory.queries import transfers as queries
from tests.builders import a_policy, a_stocked_variant, a_variant, a_warehouse, shipped, stocked
from tests.concurrency.test_stock import ended
from tests.probe.together import together

pytestmark = pytest.mark.django_db(transaction=True)
TURNS = 8


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doorbell, "ring", lambda task, **options: True)


@pytest.fixture
def near() -> Warehouse:
    return a_warehouse(priority=1)


@pytest.fixture
def far() -> Warehouse:
    return a_warehouse(priority=2)


@pytest.fixture
def cup(near: Warehouse) -> Variant:
    return a_stocked_variant(400, near)


def drafted(cup: Variant, near: Warehouse, far: Warehouse, units: int, at: datetime) -> TransferOrder:
    return transfers.draft(
        from_warehouse_id=near.pk, to_warehouse_id=far.pk, lines=[Wanted(cup.pk, units)], reason="보충", actor=None, at=at
    )


def everywhere(cup: Variant) -> int:
    """On all shelves and between them."""
    on_hand = StockLevel.objects.filter(variant=cup).aggregate(units=Sum("on_hand"))["units"]
    return int(on_hand) + sum(queries.in_transit([cup.pk]).values())


def broken(at: datetime) -> set[str]:
    return {one.invariant for one in invariants.check_all(at=at)} & {"I1", "I2", "I3", "I10", "I12", "I17"}


def test_ship_receive_reserve_count_adjust_and_write_off_on_one_sku_at_once(
    cup: Variant, near: Warehouse, far: Warehouse, at: datetime
) -> None:
    happened: Counter[tuple[str, str]] = Counter()

    def send(turn: int, chance: random.Random, me: str) -> None:
        order = drafted(cup, near, far, 5, at)
        transfers.ship(number=order.number, actor=None, at=at)
        transfers.receive(number=order.number, quantities={cup.sku: 3}, actor=None, at=at)
        if chance.random() < 0.5:
            transfers.close(number=order.number, reason="파손", actor=None, at=at)

    def carry(turn: int, chance: random.Random, me: str) -> None:
        source, target = chance.sample([near, far], 2)
        transfers.move(
            variant_id=cup.pk, from_warehouse_id=source.pk, to_warehouse_id=target.pk, quantity=2, reason="이동", actor=None,
            at=at,
        )  # fmt: skip

    def adjust(turn: int, chance: random.Random, me: str) -> None:
        stock.adjust(variant_id=cup.pk, warehouse_id=near.pk, quantity=chance.choice([-4, 4]), reason="정정", actor=None, at=at)

    def count(turn: int, chance: random.Random, me: str) -> None:
        seen = StockLevel.objects.get(variant=cup, warehouse=near).on_hand
        time.sleep(chance.uniform(0, 0.02))
        stock.count(warehouse_id=near.pk, lines=[(cup.pk, seen, max(seen - 1, 0))], note="", actor=None, at=at)

    def sell(turn: int, chance: random.Random, me: str) -> None:
        document = Document("BASKET", f"{me}-{turn}")
        reservations.reserve(document=document, demand={cup.pk: 2}, at=at)
        if chance.random() < 0.5:
            reservations.release(document=document)

    roles = [send, send, carry, adjust, count, sell, sell]

    def work(number: int) -> None:
        role, chance = roles[number], random.Random(number)  # noqa: S311  a replayable mix, not secrets
        for turn in range(TURNS):
            happened[role.__name__, ended(lambda: role(turn, chance, f"{role.__name__}{number}"))] += 1  # noqa: B023

    together(len(roles), work)

    assert broken(at) == set()
    assert happened["send", "done"] > 0
    assert happened["carry", "done"] > 0
    assert {how for _what, how in happened} <= {"done", "insufficient_stock", "count_stale"}


def receive_at_once(order: TransferOrder, cup: Variant, at: datetime) -> list[str]:
    def receive(_: int) -> str:
        return ended(lambda: transfers.receive(number=order.number, quantities={cup.sku: 6}, actor=None, at=at))

    return sorted(together(2, receive))


def test_of_two_who_receive_the_same_goods_one_does(cup: Variant, near: Warehouse, far: Warehouse, at: datetime) -> None:
    order = drafted(cup, near, far, 10, at)
    transfers.ship(number=order.number, actor=None, at=at)

    assert receive_at_once(order, cup, at) == ["done", "more_than_shipped"]
    assert (broken(at), everywhere(cup)) == (set(), 400)


@pytest.mark.breaks_promises("the lock of the document is taken away")
def test_control_without_the_lock_of_the_document_goods_arrive_twice(
    cup: Variant, near: Warehouse, far: Warehouse, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = drafted(cup, near, far, 10, at)
    transfers.ship(number=order.number, actor=None, at=at)
    both_have_read = threading.Barrier(2)
    arrived = transfers._arrived

    def read(number: str, step: transfers.Step) -> TransferOrder:
        return TransferOrder.objects.get(number=number)

    def look(*arguments: Any) -> Any:
        found = arrived(*arguments)
        both_have_read.wait(20)
        return found

    monkeypatch.setattr(transfers, "_locked", read)
    monkeypatch.setattr(transfers, "_arrived", look)

    assert receive_at_once(order, cup, at) == ["done", "done"]
    assert StockLevel.objects.get(variant=cup, warehouse=far).on_hand == 12, "not powered: the race did not show"
    assert "I17" in broken(at)


def test_of_two_who_ship_the_same_draft_one_does(cup: Variant, near: Warehouse, far: Warehouse, at: datetime) -> None:
    order = drafted(cup, near, far, 10, at)

    ways = sorted(together(2, lambda _: ended(lambda: transfers.ship(number=order.number, actor=None, at=at))))

    assert ways == ["done", "transition_refused"]
    assert (StockLevel.objects.get(variant=cup, warehouse=near).on_hand, everywhere(cup)) == (390, 400)


def test_carrying_across_in_both_directions_at_once_kills_nobody(
    cup: Variant, near: Warehouse, far: Warehouse, at: datetime
) -> None:
    stocked(cup, far, 100, at)

    def carry(number: int) -> None:
        source, target = (near, far) if number % 2 else (far, near)
        for _ in range(TURNS):
            transfers.move(
                variant_id=cup.pk, from_warehouse_id=source.pk, to_warehouse_id=target.pk, quantity=1, reason="이동",
                actor=None, at=at,
            )  # fmt: skip

    together(4, carry)

    assert (broken(at), everywhere(cup)) == (set(), 500)


# A process of its own that ships, or receives, and is killed in the middle of it: before the commit, or right after it.
CHILD = """
import os, signal, sys
from datetime import datetime
import django
django.setup()
from django.db import connection, transaction
from config.kernel import doorbell
from inventory.operations import transfers
doorbell.ring = lambda task, **options: True
deed, number, sku, when, moment = sys.argv[1:]
die = lambda *_a, **_k: os.kill(os.getpid(), signal.SIGKILL)
if moment == "before":
    transfers.ledger.announce = die
call = (lambda: transfers.ship(number=number, actor=None, at=datetime.fromisoformat(when))) if deed == "ship" else (
    lambda: transfers.receive(number=number, quantities={sku: 10}, actor=None, at=datetime.fromisoformat(when)))
call()
die()
"""


def killed(deed: str, order: TransferOrder, cup: Variant, at: datetime, moment: str) -> None:
    settings = connection.settings_dict
    import os

    place = f"postgres://{settings['USER']}:{settings['PASSWORD']}@{settings['HOST'] or ''}:{settings['PORT'] or ''}"
    environment = {**os.environ, "DATABASE_URL": f"{place}/{settings['NAME']}"}
    done = subprocess.run(  # noqa: S603  our own interpreter
        [sys.executable, "-c", CHILD, deed, order.number, cup.sku, at.isoformat(), moment],
        env=environment, capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == -9, done.stderr.decode()


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_process_killed_between_ship_and_receive_loses_nothing(
    cup: Variant, near: Warehouse, far: Warehouse, at: datetime, moment: str
) -> None:
    order = drafted(cup, near, far, 10, at)

    killed("ship", order, cup, at, moment)
    assert (broken(at), everywhere(cup)) == (set(), 400)
    order.refresh_from_db()
    assert order.state == ("DRAFT" if moment == "before" else "SHIPPED")
    if moment == "before":
        transfers.ship(number=order.number, actor=None, at=at)

    killed("receive", order, cup, at, moment)
    assert (broken(at), everywhere(cup)) == (set(), 400)
    if moment == "before":
        transfers.receive(number=order.number, quantities={cup.sku: 10}, actor=None, at=at)

    order.refresh_from_db()
    assert (order.state, StockLevel.objects.get(variant=cup, warehouse=far).on_hand) == ("RECEIVED", 10)
    assert (broken(at), everywhere(cup)) == (set(), 400)


@pytest.mark.breaks_promises("units leave in a transaction of their own")
def test_control_units_that_leave_and_are_noted_in_two_transactions_are_lost(
    cup: Variant, near: Warehouse, far: Warehouse, at: datetime
) -> None:
    """What a death between the two would leave behind."""
    order = drafted(cup, near, far, 10, at)
    transfers.ship(number=order.number, actor=None, at=at)
    TransferLine.objects.filter(transfer=order).update(shipped=0)
    TransferOrder.objects.filter(pk=order.pk).update(state="DRAFT")

    assert everywhere(cup) == 390
    assert "I17" in broken(at)


class TestNightsAtOnce:
    @pytest.fixture
    def needs(self, near: Warehouse, far: Warehouse, at: datetime) -> Iterator[int]:
        """Four SKUs that run out in one warehouse and lie idle in the other."""
        Lane.objects.create(from_warehouse=near, to_warehouse=far, days=1, cost_per_unit=100)
        for _ in range(4):
            variant = a_variant(list_price=20_000, cost=5_000)
            for place, units in ((near, 120), (far, 15)):
                a_policy(variant, place)
                stocked(variant, place, units, at - timedelta(days=20))
                for days in range(14):
                    shipped(variant, place, 1, at - timedelta(days=days + 1))
        yield 4
        assert StockMovement.objects.filter(kind="TRANSFER_OUT").count() == 0

    def test_every_move_is_proposed_once(self, needs: int, at: datetime) -> None:
        done = together(4, lambda _: balancing.propose(at=at))

        assert sorted(one.opened for one in done) == [0, 0, 0, needs]
        assert TransferProposal.objects.filter(state="OPEN").count() == needs
        assert broken(at) == set()

    def test_control_without_taking_turns_nights_collide(
        self, needs: int, at: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(balancing, "_take_turns", lambda: None)
        why = balancing._why

        def slowly(*arguments: Any) -> Any:
            time.sleep(0.1)
            return why(*arguments)

        monkeypatch.setattr(balancing, "_why", slowly)

        with pytest.raises(IntegrityError):
            together(4, lambda _: balancing.propose(at=at))

    def test_killed_in_the_middle_ten_times_it_proposes_what_one_run_would(
        self, needs: int, at: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Killed(BaseException):
            pass

        for deaths in range(10):
            with monkeypatch.context() as patched:
                calls = [0]
                why = balancing._why

                def dying(*arguments: Any, calls: list[int] = calls, deaths: int = deaths, why: Any = why) -> Any:
                    calls[0] += 1
                    if calls[0] > deaths % needs:
                        raise Killed
                    return why(*arguments)

                patched.setattr(balancing, "_why", dying)
                with pytest.raises(Killed):
                    balancing.propose(at=at)
            assert TransferProposal.objects.count() == 0

        assert balancing.propose(at=at).opened == needs
        assert balancing.propose(at=at).changed == 0
