"""From the sheet to the ledger: what a count corrects, what it asks for once more, and what it keeps of what moved."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from config.kernel.models import User
from inventory.models import (
    Reservation,
    StockCount,
    StockCountEntry,
    StockCountLine,
    StockLevel,
    StockMovement,
    Variant,
    Warehouse,
)
from inventory.operations import counting, reservations, stock
from inventory.operations.ledger import Document
from inventory.queries import drift, marks
from tests.builders import a_stocked_variant, a_variant, a_warehouse, shipped

pytestmark = pytest.mark.django_db
State = StockCount.State
Open = Callable[..., StockCount]


@pytest.fixture
def warehouse() -> Warehouse:
    return a_warehouse()


@pytest.fixture
def cup(warehouse: Warehouse) -> Variant:
    return a_stocked_variant(10, warehouse, barcode="8801234567893")


@pytest.fixture
def opened(warehouse: Warehouse, at: datetime) -> Open:
    def open_count(*skus: Variant) -> StockCount:
        return counting.open_count(
            warehouse_id=warehouse.pk, variant_ids=[one.pk for one in skus], basis=StockCount.Basis.SKUS, actor=None, at=at
        )

    return open_count


def on_hand(variant: Variant) -> int:
    return StockLevel.objects.get(variant=variant).on_hand


def line(taken: StockCount, variant: Variant) -> StockCountLine:
    return taken.lines.get(variant=variant)


def posted(taken: StockCount) -> list[tuple[int, int]]:
    rows = StockMovement.objects.filter(document_kind="COUNT", document_number=taken.number)
    return [(row.variant_id, row.quantity) for row in rows]


def counted(taken: StockCount, found: dict[Variant, int], at: datetime, actor: User | None = None) -> StockCount:
    """Entered and handed in, and so again as often as it is asked for."""
    counting.enter(number=taken.number, found={one.pk: units for one, units in found.items()}, actor=actor, at=at)
    taken = counting.hand_in(number=taken.number, actor=actor, at=at)
    if taken.state == State.RECOUNT:
        again = {one.pk: units for one, units in found.items() if line(taken, one).is_asked}
        counting.enter(number=taken.number, found=again, actor=actor, at=at)
        taken = counting.hand_in(number=taken.number, actor=actor, at=at)
    return taken


def someone(name: str) -> User:
    return User.objects.create(username=name, is_staff=True)


def test_nothing_is_corrected_before_a_count_is_approved_and_then_all_of_it_by_one_document(
    opened: Open, cup: Variant, warehouse: Warehouse, at: datetime
) -> None:
    plate = a_stocked_variant(4, warehouse)
    taken = counted(opened(cup, plate), {cup: 9, plate: 4}, at)

    assert (taken.state, on_hand(cup), posted(taken)) == (State.COUNTED, 10, [])

    taken = counting.approve(number=taken.number, may_exceed=False, actor=None, at=at)

    assert (taken.state, on_hand(cup), on_hand(plate), posted(taken)) == (State.POSTED, 9, 4, [(cup.pk, -1)])


def test_a_line_beyond_the_tolerance_is_looked_at_once_more_and_then_taken_as_found(
    opened: Open, cup: Variant, at: datetime
) -> None:
    taken = opened(cup)
    counting.enter(number=taken.number, found={cup.pk: 5}, actor=None, at=at)

    taken = counting.hand_in(number=taken.number, actor=None, at=at)

    assert (taken.state, taken.round, line(taken, cup).doubt, line(taken, cup).is_asked) == (State.RECOUNT, 2, "DIFFERS", True)
    with pytest.raises(counting.CountInvalid, match=cup.sku):
        counting.hand_in(number=taken.number, actor=None, at=at)

    counting.enter(number=taken.number, found={cup.pk: 6}, actor=None, at=at)
    taken = counting.hand_in(number=taken.number, actor=None, at=at)

    assert taken.state == State.COUNTED
    assert [(one.round, one.counted) for one in StockCountEntry.objects.order_by("pk")] == [(1, 5), (2, 6)]


def test_a_difference_of_few_units_is_looked_at_once_more_where_they_are_worth_much(
    opened: Open, warehouse: Warehouse, at: datetime
) -> None:
    watch = a_stocked_variant(3, warehouse, cost=90_000)
    taken = opened(watch)
    counting.enter(number=taken.number, found={watch.pk: 2}, actor=None, at=at)

    assert counting.hand_in(number=taken.number, actor=None, at=at).state == State.RECOUNT


def test_what_ships_between_counting_and_posting_is_kept(
    opened: Open, cup: Variant, warehouse: Warehouse, at: datetime
) -> None:
    taken = counted(opened(cup), {cup: 9}, at)
    shipped(cup, warehouse, 3, at)

    taken = counting.approve(number=taken.number, may_exceed=False, actor=None, at=at)

    assert (on_hand(cup), line(taken, cup).moved_since, posted(taken)) == (6, -3, [(cup.pk, -1)])
    assert list(drift.differences()) == []


def test_what_moved_while_the_counter_stood_before_the_shelf_is_doubtful_though_it_adds_up(
    opened: Open, cup: Variant, warehouse: Warehouse, at: datetime
) -> None:
    taken = opened(cup)
    began = marks.standing(warehouse_id=warehouse.pk, variant_ids=[cup.pk], at=at)[cup.pk]
    shipped(cup, warehouse, 2, at)
    counting.enter(
        number=taken.number, found={cup.pk: 8}, seen={cup.pk: began.mark}, seen_at=at, actor=None, at=at + timedelta(minutes=5)
    )

    taken = counting.hand_in(number=taken.number, actor=None, at=at)

    assert (taken.state, line(taken, cup).doubt, line(taken, cup).moved_while) == (State.RECOUNT, "MOVED", -2)


@pytest.mark.parametrize("what", ["adjusted", "counted by another", "more left than was counted"])
def test_what_the_count_can_no_longer_know_is_refused_whole_and_named(
    opened: Open, cup: Variant, warehouse: Warehouse, at: datetime, what: str
) -> None:
    plate = a_stocked_variant(4, warehouse)
    taken = counted(opened(cup, plate), {cup: 2, plate: 3}, at)
    if what == "adjusted":
        stock.adjust(variant_id=cup.pk, warehouse_id=warehouse.pk, quantity=-1, reason="정정", actor=None, at=at)
    elif what == "counted by another":
        counting.count(warehouse_id=warehouse.pk, lines=[(cup.pk, 10, 2)], note="", actor=None, at=at)
    else:
        shipped(cup, warehouse, 5, at)
    before = on_hand(cup)

    with pytest.raises(counting.CountStale) as refused:
        counting.approve(number=taken.number, may_exceed=True, actor=None, at=at)

    (named,) = refused.value.details["lines"]
    assert (named["sku"], named["expected"], named["counted"]) == (cup.sku, 10, 2)
    assert named["moved"], "it is told what moved"
    assert (on_hand(cup), on_hand(plate)) == (before, 4)

    counting.ask_again(number=taken.number, variant_ids=[cup.pk], actor=None, at=at)
    counting.enter(number=taken.number, found={cup.pk: 1}, actor=None, at=at)
    counting.hand_in(number=taken.number, actor=None, at=at)
    counting.approve(number=taken.number, may_exceed=True, actor=None, at=at)
    assert (on_hand(cup), on_hand(plate)) == (1, 3)


def test_counting_less_than_is_reserved_releases_the_newest(opened: Open, cup: Variant, at: datetime) -> None:
    reservations.reserve(document=Document("ORDER", "1"), demand={cup.pk: 6}, at=at)
    reservations.reserve(document=Document("ORDER", "2"), demand={cup.pk: 3}, at=at + timedelta(minutes=1))
    taken = counted(opened(cup), {cup: 7}, at)

    counting.approve(number=taken.number, may_exceed=False, actor=None, at=at)

    held = {one.document_number: one.held for one in Reservation.objects.all()}
    assert held == {"1": 6, "2": 1}


def test_scans_add_up_by_sku_or_barcode_and_a_recount_begins_anew(opened: Open, cup: Variant, at: datetime) -> None:
    taken = opened(cup)
    for code in (cup.sku, "8801234567893", f" {cup.sku} "):
        counting.scan(number=taken.number, code=code, actor=None, at=at)
    counting.scan(number=taken.number, code=cup.sku, units=4, actor=None, at=at)
    assert line(taken, cup).counted == 7

    taken = counting.hand_in(number=taken.number, actor=None, at=at)
    assert taken.state == State.RECOUNT
    for _ in range(2):
        counting.scan(number=taken.number, code=cup.sku, units=5, actor=None, at=at)

    assert line(taken, cup).counted == 10


def test_a_scanned_sku_that_is_not_on_the_sheet_is_put_there(opened: Open, cup: Variant, at: datetime) -> None:
    taken, stray = opened(cup), a_variant()

    counting.scan(number=taken.number, code=stray.sku, actor=None, at=at)

    found = line(taken, stray)
    assert (found.was_unexpected, found.expected, found.counted) == (True, 0, 1)


@pytest.mark.parametrize("code", ["NO-SUCH", "", " "])
def test_a_scan_of_nothing_known_is_refused(opened: Open, cup: Variant, at: datetime, code: str) -> None:
    taken = opened(cup)

    with pytest.raises(counting.CountInvalid):
        counting.scan(number=taken.number, code=code, actor=None, at=at)


class TestTheLimit:
    @pytest.fixture
    def dear(self, warehouse: Warehouse) -> Variant:
        return a_stocked_variant(5, warehouse, cost=400_000)

    def test_beyond_it_takes_the_right_and_a_second_person(self, opened: Open, dear: Variant, at: datetime) -> None:
        counter, chief = someone("counter"), someone("chief")
        taken = counted(opened(dear), {dear: 4}, at, counter)

        with pytest.raises(counting.CountBeyondLimit):
            counting.approve(number=taken.number, may_exceed=False, actor=chief, at=at)
        with pytest.raises(counting.CountedByYourself):
            counting.approve(number=taken.number, may_exceed=True, actor=counter, at=at)
        assert on_hand(dear) == 5
        counting.approve(number=taken.number, may_exceed=True, actor=chief, at=at)
        assert on_hand(dear) == 4

    def test_more_and_less_do_not_make_up_for_each_other(
        self, opened: Open, dear: Variant, warehouse: Warehouse, at: datetime
    ) -> None:
        other = a_stocked_variant(5, warehouse, cost=400_000)
        taken = counted(opened(dear, other), {dear: 4, other: 6}, at)

        assert counting.worth(list(taken.lines.all())) == Decimal(800_000)
        with pytest.raises(counting.CountBeyondLimit):
            counting.approve(number=taken.number, may_exceed=False, actor=None, at=at)

    def test_a_quick_count_beyond_it_waits_for_somebody_else(self, dear: Variant, warehouse: Warehouse, at: datetime) -> None:
        counter, chief = someone("counter"), someone("chief")

        taken = counting.count(warehouse_id=warehouse.pk, lines=[(dear.pk, 5, 4)], note="", actor=counter, at=at)

        assert (taken.state, on_hand(dear)) == (State.COUNTED, 5)
        with pytest.raises(counting.CountedByYourself):
            counting.approve(number=taken.number, may_exceed=True, actor=counter, at=at)
        counting.approve(number=taken.number, may_exceed=True, actor=chief, at=at)
        assert on_hand(dear) == 4


def test_a_canceled_count_corrects_nothing_and_is_over(opened: Open, cup: Variant, at: datetime) -> None:
    taken = counted(opened(cup), {cup: 9}, at)

    counting.cancel(number=taken.number, reason="다시 셉니다", actor=None, at=at)

    assert on_hand(cup) == 10
    for act in (
        lambda: counting.approve(number=taken.number, may_exceed=True, actor=None, at=at),
        lambda: counting.enter(number=taken.number, found={cup.pk: 9}, actor=None, at=at),
        lambda: counting.hand_in(number=taken.number, actor=None, at=at),
        lambda: counting.cancel(number=taken.number, reason="x", actor=None, at=at),
    ):
        with pytest.raises(counting.CountState):
            act()


def test_a_count_is_posted_once(opened: Open, cup: Variant, at: datetime) -> None:
    taken = counted(opened(cup), {cup: 9}, at)
    counting.approve(number=taken.number, may_exceed=True, actor=None, at=at)

    with pytest.raises(counting.CountState):
        counting.approve(number=taken.number, may_exceed=True, actor=None, at=at)

    assert on_hand(cup) == 9


def test_a_line_that_nobody_counted_is_left_as_it_is(opened: Open, cup: Variant, warehouse: Warehouse, at: datetime) -> None:
    plate = a_stocked_variant(4, warehouse)
    taken = opened(cup, plate)
    with pytest.raises(counting.CountInvalid):
        counting.hand_in(number=taken.number, actor=None, at=at)
    counting.approve(number=counted(taken, {cup: 9}, at).number, may_exceed=False, actor=None, at=at)

    assert (on_hand(cup), on_hand(plate), line(taken, plate).counted) == (9, 4, None)
