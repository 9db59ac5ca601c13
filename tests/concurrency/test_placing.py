"""However many want the last units at once, no more are sold than there are; and reversed lines never block each other."""

from collections import Counter
from datetime import datetime

import pytest

from config.kernel import invariants
from inventory import locking
from inventory.models import Reservation, StockLevel
from orders.models import Order
from tests import builders
from tests.orders import races

pytestmark = pytest.mark.django_db(transaction=True)


def test_fifty_buyers_get_the_ten_units_there_are(at: datetime) -> None:
    answers = races.sold_out(builders.a_stocked_variant(10), 50, at)

    assert answers == {"done": 10, "insufficient_stock": 40}
    assert Order.objects.count() == 10
    level = StockLevel.objects.get()
    assert (level.on_hand, level.reserved) == (10, 10)
    assert invariants.check_all(at=at) == []


@pytest.mark.breaks_promises("lock and guard are taken away")
def test_control_without_lock_and_guard_more_are_sold_than_there_are(at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    cup = builders.a_stocked_variant(2)
    races.without_guards(monkeypatch, 8)

    answers = races.sold_out(cup, 8, at)

    assert answers == {"done": 8}, "not powered: the race did not show without lock and guard"
    assert Reservation.objects.count() == 8
    assert "I3" in {one.invariant for one in invariants.check_all(at=at)}


def test_the_last_unit_goes_to_whoever_locked_it_first(at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = Counter(races.last_unit(monkeypatch, at) for _ in range(5))

    assert answers == {("done", "insufficient_stock"): 5}
    assert invariants.check_all(at=at) == []


def test_control_without_the_lock_the_guarded_update_still_holds(at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the second one wins: so the lock is what makes the first one's check worth something."""

    def look(variant_ids: set[int]) -> list[StockLevel]:
        return list(StockLevel.objects.filter(variant_id__in=set(variant_ids)))

    monkeypatch.setattr(locking, "lock_for_sale", look)

    assert races.last_unit(monkeypatch, at) == ("insufficient_stock", "done")


def test_reversed_lines_never_wait_for_each_other_in_a_circle(at: datetime) -> None:
    assert races.crossed(10, 4, at) == {"done": 40}
    assert invariants.check_all(at=at) == []


def test_control_locked_as_they_come_reversed_lines_deadlock(at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    races.locking_as_they_come(monkeypatch, 2)

    answers = races.crossed(2, 1, at)

    assert answers == {"done": 1, "DeadlockDetected": 1}, "not powered: no deadlock without the order of locks"
