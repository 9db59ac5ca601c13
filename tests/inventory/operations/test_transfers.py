"""Transfers: what leaves a shelf is in transit until it arrives, whole or in parts, or is written off for a reason."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from config.kernel import invariants, shop
from config.kernel.errors import DomainError, Stale
from inventory.models import (
    Lane,
    StockLevel,
    StockMovement,
    TransferLine,
    TransferOrder,
    Variant,
    Warehouse,
    WriteOffCause,
)
from inventory.operations import reservations, transfers
from inventory.operations.ledger import Document, InsufficientStock
from inventory.operations.stock import StockMoved
from inventory.operations.transfers import TransferInvalid, TransferRefused, Wanted
from inventory.queries import drift, incoming, shelves, valuation
from inventory.queries import transfers as queries
from tests.builders import a_stocked_variant, a_warehouse

pytestmark = pytest.mark.django_db
State = TransferOrder.State


@pytest.fixture
def icheon() -> Warehouse:
    return a_warehouse("icheon", name="이천", priority=1)


@pytest.fixture
def busan() -> Warehouse:
    return a_warehouse("busan", name="부산", priority=2)


@pytest.fixture
def cup(icheon: Warehouse) -> Variant:
    return a_stocked_variant(10, icheon, sku="CUP", cost=5_000)


@pytest.fixture
def bowl(icheon: Warehouse) -> Variant:
    return a_stocked_variant(6, icheon, sku="BOWL", cost=8_000)


@pytest.fixture(autouse=True)
def _every_unit_is_accounted_for(at: datetime) -> Iterator[None]:
    yield
    assert list(drift.differences()) == []
    assert [one for one in invariants.check_all(at=at) if one.invariant in ("I10", "I17")] == []


@pytest.fixture
def draft(cup: Variant, bowl: Variant, icheon: Warehouse, busan: Warehouse, at: datetime) -> TransferOrder:
    return transfers.draft(
        from_warehouse_id=icheon.pk, to_warehouse_id=busan.pk, lines=[Wanted(cup.pk, 8), Wanted(bowl.pk, 4)],
        reason="부산 보충", actor=None, at=at,
    )  # fmt: skip


@pytest.fixture
def shipped(draft: TransferOrder, at: datetime) -> TransferOrder:
    return transfers.ship(number=draft.number, actor=None, at=at)


def on_hand(variant: Variant, warehouse: Warehouse) -> int:
    return StockLevel.objects.filter(variant=variant, warehouse=warehouse).values_list("on_hand", flat=True).first() or 0


def entries(variant: Variant) -> list[tuple[str, int, str]]:
    rows = StockMovement.objects.filter(variant=variant).exclude(document_kind="OPENING").order_by("id")
    return [(row.kind, row.quantity, row.document_kind) for row in rows]


def test_a_draft_touches_no_stock(draft: TransferOrder, cup: Variant, icheon: Warehouse) -> None:
    assert draft.number.startswith("TR-261121-")
    assert (on_hand(cup, icheon), incoming.agreed(), entries(cup)) == (10, {}, [])


def test_what_is_shipped_lies_on_neither_shelf_and_is_coming_to_the_receiver(
    shipped: TransferOrder, cup: Variant, bowl: Variant, icheon: Warehouse, busan: Warehouse
) -> None:
    assert (shipped.state, on_hand(cup, icheon), on_hand(cup, busan)) == (State.SHIPPED, 2, 0)
    assert incoming.agreed() == {(cup.pk, busan.pk): 8, (bowl.pk, busan.pk): 4}
    assert incoming.agreed(variants=[cup.pk]) == {(cup.pk, busan.pk): 8}
    assert sum(one.on_hand - one.reserved for one in StockLevel.objects.filter(variant=cup)) == 2
    assert entries(cup) == [("TRANSFER_OUT", -8, "TRANSFER")]


def test_what_is_in_transit_is_in_the_valuation_at_what_a_unit_on_a_shelf_is_valued_at(
    shipped: TransferOrder, cup: Variant, icheon: Warehouse
) -> None:
    Variant.objects.filter(pk=cup.pk).update(cost=Decimal(9_000))

    assert queries.afloat() == queries.Afloat(12, Decimal(8 * 9_000 + 4 * 8_000))
    assert {one.code: one.units for one in valuation.warehouses()}["icheon"] == 2 + 2


def test_it_arrives_in_parts_each_under_a_document_of_its_own(
    shipped: TransferOrder, cup: Variant, bowl: Variant, busan: Warehouse, at: datetime
) -> None:
    first = transfers.receive(number=shipped.number, quantities={"CUP": 5}, actor=None, at=at)
    shipped.refresh_from_db()
    assert (shipped.state, incoming.agreed(variants=[cup.pk])) == (State.PARTLY_RECEIVED, {(cup.pk, busan.pk): 3})

    second = transfers.receive(number=shipped.number, quantities={"CUP": 3, "BOWL": 4}, actor=None, at=at)

    shipped.refresh_from_db()
    assert (shipped.state, incoming.agreed(), on_hand(cup, busan), on_hand(bowl, busan)) == (State.RECEIVED, {}, 8, 4)
    assert first.number != second.number
    assert entries(cup)[1:] == [("TRANSFER_IN", 5, "TRANSFER_RECEIPT"), ("TRANSFER_IN", 3, "TRANSFER_RECEIPT")]
    assert {one.reason for one in StockMovement.objects.filter(kind="TRANSFER_IN")} == {"부산 보충"}


def test_what_never_came_is_written_off_with_its_reason_when_the_order_is_closed(
    shipped: TransferOrder, cup: Variant, bowl: Variant, busan: Warehouse, at: datetime
) -> None:
    transfers.receive(number=shipped.number, quantities={"CUP": 6, "BOWL": 4}, actor=None, at=at)

    closed = transfers.close(number=shipped.number, reason="운송 중 파손", actor=None, at=at)

    assert (closed.state, incoming.agreed(), on_hand(cup, busan)) == (State.CLOSED, {}, 6)
    line = TransferLine.objects.get(transfer=shipped, variant=cup)
    assert (line.shipped, line.received, line.lost, line.in_transit) == (8, 6, 2, 0)
    assert entries(cup)[-2:] == [("TRANSFER_IN", 2, "TRANSFER_LOSS"), ("WRITE_OFF", -2, "TRANSFER_LOSS")]
    assert StockMovement.objects.get(kind="WRITE_OFF").reason == "운송 중 파손"


def test_what_never_came_stands_among_the_losses_as_lost(shipped: TransferOrder, busan: Warehouse, at: datetime) -> None:
    transfers.receive(number=shipped.number, quantities={"CUP": 6, "BOWL": 4}, actor=None, at=at)

    transfers.close(number=shipped.number, reason="운송 중 분실", actor=None, at=at)

    (loss,) = valuation.losses(first_on=shop.day(at), last_on=shop.day(at))
    assert (loss.cause, loss.warehouse_id, loss.units, loss.value) == (WriteOffCause.LOST, busan.pk, 2, 10_000)
    assert set(StockMovement.objects.exclude(kind="WRITE_OFF").values_list("cause", flat=True)) == {""}


def test_a_whole_shipment_can_be_lost(shipped: TransferOrder, cup: Variant, busan: Warehouse, at: datetime) -> None:
    closed = transfers.close(number=shipped.number, reason="분실", actor=None, at=at)

    assert (closed.state, on_hand(cup, busan), queries.afloat().units) == (State.CLOSED, 0, 0)


def test_less_may_leave_than_was_planned(
    draft: TransferOrder, cup: Variant, bowl: Variant, busan: Warehouse, at: datetime
) -> None:
    transfers.ship(number=draft.number, quantities={"CUP": 5, "BOWL": 0}, actor=None, at=at)

    assert incoming.agreed() == {(cup.pk, busan.pk): 5}
    event = draft.timeline.get(kind="SHIPPED")
    assert (event.details["units"], event.details["held_back"]) == (5, {"CUP": 3})


def test_it_is_expected_after_the_days_of_its_lane(
    draft: TransferOrder, icheon: Warehouse, busan: Warehouse, at: datetime
) -> None:
    Lane.objects.create(from_warehouse=icheon, to_warehouse=busan, days=3)

    assert transfers.ship(number=draft.number, actor=None, at=at).expected_on == date(2026, 11, 24)


def test_more_than_is_in_transit_cannot_arrive(shipped: TransferOrder, cup: Variant, busan: Warehouse, at: datetime) -> None:
    with pytest.raises(transfers.MoreThanShipped) as refused:
        transfers.receive(number=shipped.number, quantities={"CUP": 9, "BOWL": 4}, actor=None, at=at)

    assert refused.value.details["lines"] == [{"sku": "CUP", "in_transit": 8, "arrived": 9}]
    assert on_hand(cup, busan) == 0


def test_what_is_promised_to_orders_does_not_leave(draft: TransferOrder, cup: Variant, icheon: Warehouse, at: datetime) -> None:
    reservations.reserve(document=Document("ORDER", "O1"), demand={cup.pk: 3}, at=at)

    with pytest.raises(InsufficientStock) as refused:
        transfers.ship(number=draft.number, actor=None, at=at)

    assert refused.value.details["lines"] == [{"sku": "CUP", "requested": 8, "available": 7}]
    draft.refresh_from_db()
    assert (draft.state, on_hand(cup, icheon)) == (State.DRAFT, 10)


@pytest.mark.parametrize(
    ("deed", "values"),
    [
        ("ship", {}),
        ("cancel", {"reason": "취소"}),
        ("change_lines", {"lines": []}),
    ],
)
def test_what_has_left_is_not_shipped_again_canceled_or_changed(
    shipped: TransferOrder, at: datetime, deed: str, values: dict[str, Any]
) -> None:
    with pytest.raises(TransferRefused):
        getattr(transfers, deed)(number=shipped.number, actor=None, at=at, **values)


@pytest.mark.parametrize(("deed", "values"), [("receive", {"quantities": {"CUP": 1}}), ("close", {"reason": "분실"})])
def test_what_has_not_left_does_not_arrive_and_is_not_lost(
    draft: TransferOrder, at: datetime, deed: str, values: dict[str, Any]
) -> None:
    with pytest.raises(TransferRefused):
        getattr(transfers, deed)(number=draft.number, actor=None, at=at, **values)


def test_a_draft_can_be_changed_and_canceled_with_a_reason(
    draft: TransferOrder, cup: Variant, bowl: Variant, at: datetime
) -> None:
    transfers.change_lines(number=draft.number, lines=[Wanted(cup.pk, 3)], actor=None, at=at)
    assert [(line.variant_id, line.quantity) for line in draft.lines.all()] == [(cup.pk, 3)]
    with pytest.raises(Stale):
        transfers.change_lines(number=draft.number, lines=[Wanted(cup.pk, 4)], seen="DRAFT:1", actor=None, at=at)
    with pytest.raises(DomainError):
        transfers.cancel(number=draft.number, reason=" ", actor=None, at=at)

    assert transfers.cancel(number=draft.number, reason="필요 없음", actor=None, at=at).state == State.CANCELED
    assert [event.kind for event in draft.timeline.order_by("id")] == ["DRAFTED", "CHANGED", "CANCELED"]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"to_warehouse_id": 0}, "to_warehouse"),
        ({"lines": []}, "lines"),
        ({"lines": [Wanted(0, 1)]}, "lines"),
        ({"reason": "  "}, "reason"),
        ({"reason": "가" * 201}, "reason"),
    ],
)
def test_what_makes_no_sense_is_refused_and_leaves_nothing(
    cup: Variant, icheon: Warehouse, busan: Warehouse, at: datetime, values: dict[str, Any], field: str
) -> None:
    told = {
        "from_warehouse_id": icheon.pk, "to_warehouse_id": busan.pk, "lines": [Wanted(cup.pk, 1)], "reason": "보충",
    }  # fmt: skip
    with pytest.raises(TransferInvalid) as refused:
        transfers.draft(**{**told, **values}, actor=None, at=at)

    assert refused.value.details["field"] == field


class TestAtOnce:
    """Goods carried across while one waits: shipped and received in one deed."""

    def move(self, cup: Variant, icheon: Warehouse, busan: Warehouse, at: datetime, **values: Any) -> TransferOrder:
        told = {"quantity": 4, "reason": "부산 보충", "actor": None, "at": at}
        return transfers.move(
            variant_id=cup.pk, from_warehouse_id=icheon.pk, to_warehouse_id=busan.pk, **{**told, **values}
        )  # fmt: skip

    def test_units_leave_one_shelf_and_lie_on_the_other(
        self, cup: Variant, icheon: Warehouse, busan: Warehouse, at: datetime
    ) -> None:
        order = self.move(cup, icheon, busan, at)

        assert (order.state, on_hand(cup, icheon), on_hand(cup, busan)) == (State.RECEIVED, 6, 4)
        assert [(kind, units) for kind, units, _document in entries(cup)] == [("TRANSFER_OUT", -4), ("TRANSFER_IN", 4)]

    def test_reserved_units_stay_where_they_are_promised_from(
        self, cup: Variant, icheon: Warehouse, busan: Warehouse, at: datetime
    ) -> None:
        reservations.reserve(document=Document("ORDER", "O1"), demand={cup.pk: 7}, at=at)

        with pytest.raises(InsufficientStock):
            self.move(cup, icheon, busan, at)

    def test_two_who_saw_the_same_shelf_do_not_both_move(
        self, cup: Variant, icheon: Warehouse, busan: Warehouse, at: datetime
    ) -> None:
        self.move(cup, icheon, busan, at, expected=10)

        with pytest.raises(StockMoved):
            self.move(cup, icheon, busan, at, expected=10)

    def test_a_move_to_the_same_warehouse_is_refused(self, cup: Variant, icheon: Warehouse, at: datetime) -> None:
        with pytest.raises(TransferInvalid):
            self.move(cup, icheon, icheon, at)


@pytest.mark.breaks_promises("a line is changed behind the ledger's back")
def test_a_line_that_says_something_else_than_the_ledger_is_found(shipped: TransferOrder, at: datetime) -> None:
    line = shipped.lines.get(variant__sku="CUP")
    TransferLine.objects.filter(pk=line.pk).update(received=2)

    found = [one.subject for one in invariants.check_all(at=at) if one.invariant == "I17"]

    assert found == [f"CUP of {shipped.number}"]
    TransferLine.objects.filter(pk=line.pk).update(received=0)


def test_the_list_of_stock_levels_tells_what_is_in_transit_as_incoming(
    shipped: TransferOrder, cup: Variant, busan: Warehouse, at: datetime
) -> None:
    transfers.receive(number=shipped.number, quantities={"CUP": 1}, actor=None, at=at + timedelta(days=1))

    assert shelves.levels().get(variant=cup, warehouse=busan).incoming == 7  # type: ignore[attr-defined]
