"""Transfers under fire: many at one SKU at once, deaths between leaving and arriving, nights at once. Nothing is lost.

Each promise has a control that takes its guard away from the test's side and shows the damage the guard prevents.
"""

import random
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
    TransferOrder,
    TransferProposal,
    Variant,
    Warehouse,
)
from inventory.operations import balancing, counting, reservations, stock, transfers
from inventory.operations.ledger import Document
from inventory.operations.transfers import Wanted
from inventory.queries import transfers as queries
from tests import services as run_services
from tests.builders import a_policy, a_stocked_variant, a_variant, a_warehouse, shipped, stocked
from tests.concurrency.test_stock import ended
from tests.probe.doomed import Doomed, waiting
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
        counting.count(warehouse_id=near.pk, lines=[(cup.pk, seen, max(seen - 1, 0))], note="", actor=None, at=at)

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


# What a child does that may be killed at any point of it.


def ship_goods(number: str, at: str) -> None:
    doorbell.ring = lambda task, **options: True  # type: ignore[assignment]
    transfers.ship(number=number, actor=None, at=datetime.fromisoformat(at))


def receive_goods(number: str, sku: str, at: str) -> None:
    doorbell.ring = lambda task, **options: True  # type: ignore[assignment]
    transfers.receive(number=number, quantities={sku: 10}, actor=None, at=datetime.fromisoformat(at))


@pytest.fixture(scope="module")
def doomed(django_db_setup: None) -> Iterator[Doomed]:
    assert run_services.services is not None
    with waiting(run_services.services) as parent:
        yield parent


def test_a_process_killed_anywhere_between_ship_and_receive_loses_nothing(
    doomed: Doomed, cup: Variant, near: Warehouse, far: Warehouse, at: datetime
) -> None:
    calm = drafted(cup, near, far, 10, at)
    ships = doomed.run(ship_goods, {"number": calm.number, "at": at.isoformat()}).points
    arrives = doomed.run(receive_goods, {"number": calm.number, "sku": cup.sku, "at": at.isoformat()}).points
    assert min(len(ships), len(arrives)) > 8, "not powered: too few points were seen"

    deaths = 0
    for point in range(1, max(len(ships), len(arrives)) + 1):
        order = drafted(cup, near, far, 10, at)
        told = {"number": order.number, "at": at.isoformat()}
        deaths += die(doomed, ship_goods, told, point)
        assert everywhere(cup) == 400
        order.refresh_from_db()
        if order.state == "DRAFT":
            transfers.ship(number=order.number, actor=None, at=at)

        deaths += die(doomed, receive_goods, told | {"sku": cup.sku}, point)
        assert everywhere(cup) == 400
        order.refresh_from_db()
        if order.state == "SHIPPED":
            transfers.receive(number=order.number, quantities={cup.sku: 10}, actor=None, at=at)
        order.refresh_from_db()
        assert order.state == "RECEIVED"
    assert deaths > len(ships) + len(arrives) - 6
    assert broken(at) == set()


def die(doomed: Doomed, deed: Any, told: dict[str, str], point: int) -> bool:
    """Whether it was killed; its session with the database has ended, for a commit that was sent may still be under way."""
    life = doomed.run(deed, told, die_after=point)
    for _ in range(200):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE pid = %s", [life.session])
            if cursor.fetchone() == (0,) or not life.killed:
                break
        time.sleep(0.02)
    return life.killed


@pytest.mark.breaks_promises("the transaction is taken away")
def test_control_a_shop_that_commits_each_statement_loses_goods(
    doomed: Doomed, cup: Variant, near: Warehouse, far: Warehouse, at: datetime
) -> None:
    calm, order = drafted(cup, near, far, 10, at), drafted(cup, near, far, 10, at)
    points = doomed.run(ship_goods, {"number": calm.number, "at": at.isoformat()}).points
    taken = next(number for number, point in enumerate(points, 1) if "UPDATE inventory_stocklevel" in point)

    doomed.run(ship_goods, {"number": order.number, "at": at.isoformat()}, die_after=taken, commits_each_statement=True)

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
