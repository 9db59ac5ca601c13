"""Proposals to move goods: from demand, stock and lanes, once for each SKU and lane; decided on by staff, and undone."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from config.kernel.errors import Conflict, Invalid
from config.kernel.models import User
from inventory.models import Lane, StockLevel, TransferOrder, TransferProposal, Variant, Warehouse
from inventory.operations import balancing, transfers
from inventory.operations.balancing import ProposalClosed
from inventory.operations.transfers import Wanted
from inventory.stocking.values import Outlook
from tests.builders import a_policy, a_variant, a_warehouse, an_offer, shipped, stocked

pytestmark = pytest.mark.django_db
State = TransferProposal.State


@pytest.fixture
def icheon() -> Warehouse:
    return a_warehouse("icheon", name="이천", priority=1)


@pytest.fixture
def busan() -> Warehouse:
    return a_warehouse("busan", name="부산", priority=2)


@pytest.fixture
def lanes(icheon: Warehouse, busan: Warehouse) -> tuple[Lane, Lane]:
    return (
        Lane.objects.create(from_warehouse=icheon, to_warehouse=busan, days=2, cost_per_unit=300),
        Lane.objects.create(from_warehouse=busan, to_warehouse=icheon, days=2, cost_per_unit=300),
    )


@pytest.fixture
def cup(icheon: Warehouse, busan: Warehouse, lanes: tuple[Lane, Lane], at: datetime) -> Variant:
    """A unit a day is sold in both; one has stock for months, the other has sold its last."""
    cup = a_variant(sku="CUP", list_price=22_000, cost=5_000)
    an_offer(cup, lead_time_days=14)
    for warehouse, more in ((icheon, 100), (busan, 1)):
        a_policy(cup, warehouse)
        stocked(cup, warehouse, 28 + more, at - timedelta(days=40))
        for days in range(28):
            shipped(cup, warehouse, 1, at - timedelta(days=days + 1))
    return cup


@pytest.fixture
def proposal(cup: Variant, at: datetime) -> TransferProposal:
    assert balancing.propose(at=at).opened == 1
    return TransferProposal.objects.get(state=State.OPEN)


def fingerprint() -> list[tuple[Any, ...]]:
    return list(TransferProposal.objects.order_by("id").values_list("id", "state", "quantity", "override", "as_of", "gain"))


def test_goods_are_proposed_to_move_to_where_they_run_out(
    proposal: TransferProposal, lanes: tuple[Lane, Lane], cup: Variant
) -> None:
    assert (proposal.variant, proposal.lane) == (cup, lanes[0])
    assert 10 <= proposal.quantity <= 40
    assert proposal.gain > 0


def test_the_explanation_holds_both_ends_before_and_after_and_adds_up(proposal: TransferProposal) -> None:
    told = proposal.explanation
    there, here = told["to"], told["from"]

    assert (here["free"], there["free"], told["horizon"], told["margin"]) == (100, 1, 21, "15000")
    assert there["demand"] == here["demand"]
    assert there["cover_after"] == pytest.approx((1 + proposal.quantity) / (there["demand"] / 21), abs=0.1)
    assert here["cover_after"] == pytest.approx((100 - proposal.quantity) / (here["demand"] / 21), abs=0.1)
    saved, risked, cost, gain = (float(told[name]) for name in ("saved", "risked", "cost", "gain"))
    assert gain == pytest.approx(saved - risked - cost, abs=0.001)
    assert cost == 300 * proposal.quantity


def test_ten_runs_leave_the_same_open_proposals(proposal: TransferProposal, at: datetime) -> None:
    before = fingerprint()

    for _ in range(10):
        done = balancing.propose(at=at)
        assert (done.changed, done.kept) == (0, 1)

    assert fingerprint() == before


def test_a_move_once_ordered_is_not_proposed_again(proposal: TransferProposal, at: datetime) -> None:
    (order,) = balancing.approve(proposal_ids=[proposal.pk], reason="재고 균형", actor=None, at=at)

    assert balancing.propose(at=at + timedelta(minutes=1)).opened == 0, "the draft is supply"
    transfers.ship(number=order.number, actor=None, at=at)
    assert balancing.propose(at=at + timedelta(hours=1)).opened == 0, "what is in transit is supply"


def test_goods_do_not_travel_back_within_fourteen_days(cup: Variant, icheon: Warehouse, busan: Warehouse, at: datetime) -> None:
    transfers.move(
        variant_id=cup.pk, from_warehouse_id=icheon.pk, to_warehouse_id=busan.pk, quantity=100, reason="이동", actor=None, at=at
    )

    assert balancing.propose(at=at + timedelta(days=1)).opened == 0
    assert balancing.propose(at=at + timedelta(days=15)).opened == 1
    assert TransferProposal.objects.get(state=State.OPEN).lane.to_warehouse == icheon


def test_a_need_that_is_gone_is_superseded(proposal: TransferProposal, cup: Variant, busan: Warehouse, at: datetime) -> None:
    stocked(cup, busan, 80, at)

    done = balancing.propose(at=at + timedelta(hours=1))

    assert (done.opened, done.superseded) == (0, 1)


def test_what_staff_set_stays_on_later_nights_until_it_is_undone(
    proposal: TransferProposal, cup: Variant, at: datetime
) -> None:
    clerk = User.objects.create_user("clerk", is_staff=True)
    balancing.override(proposal_id=proposal.pk, quantity=5, reason="차가 작음", actor=clerk, at=at)

    assert balancing.propose(at=at + timedelta(days=1)).kept == 1
    proposal.refresh_from_db()
    assert (proposal.units, proposal.override_by) == (5, clerk)
    assert balancing.undo(proposal_id=proposal.pk, actor=clerk, at=at).units == proposal.quantity
    with pytest.raises(Conflict):
        balancing.undo(proposal_id=proposal.pk, actor=clerk, at=at)


def test_what_was_dismissed_stays_quiet_for_fourteen_days_unless_it_is_undone(proposal: TransferProposal, at: datetime) -> None:
    balancing.dismiss(proposal_id=proposal.pk, reason="행사 준비", actor=None, at=at)

    assert balancing.propose(at=at + timedelta(days=3)).opened == 0
    balancing.undo(proposal_id=proposal.pk, actor=None, at=at + timedelta(days=3))
    assert TransferProposal.objects.get(pk=proposal.pk).state == State.OPEN


def test_approved_proposals_become_one_draft_for_each_lane(
    proposal: TransferProposal, lanes: tuple[Lane, Lane], at: datetime
) -> None:
    second = TransferProposal.objects.create(
        variant=a_variant(), lane=lanes[0], quantity=3, gain=1, explanation=proposal.explanation, as_of=at
    )
    third = TransferProposal.objects.create(
        variant=second.variant, lane=lanes[1], quantity=2, gain=1, explanation=proposal.explanation, as_of=at
    )

    made = balancing.approve(proposal_ids=[proposal.pk, second.pk, third.pk], reason="균형", actor=None, at=at)

    assert [(one.state, one.is_proposed, one.lines.count()) for one in made] == [("DRAFT", True, 2), ("DRAFT", True, 1)]
    assert set(TransferProposal.objects.values_list("state", flat=True)) == {State.ORDERED}
    with pytest.raises(ProposalClosed):
        balancing.approve(proposal_ids=[proposal.pk], reason="균형", actor=None, at=at)


def test_canceling_the_order_says_no_to_its_proposals(proposal: TransferProposal, at: datetime) -> None:
    (order,) = balancing.approve(proposal_ids=[proposal.pk], reason="균형", actor=None, at=at)

    transfers.cancel(number=order.number, reason="차량 없음", actor=None, at=at)

    proposal.refresh_from_db()
    assert (proposal.state, proposal.reason) == (State.DISMISSED, "차량 없음")
    assert balancing.undo(proposal_id=proposal.pk, actor=None, at=at).state == State.OPEN


@pytest.mark.parametrize(
    ("deed", "values"),
    [
        ("override", {"quantity": 0, "reason": "이유"}),
        ("override", {"quantity": 3, "reason": " "}),
        ("dismiss", {"reason": ""}),
        ("dismiss", {"reason": "가" * 201}),
    ],
)
def test_a_decision_without_sense_or_reason_is_refused(
    proposal: TransferProposal, at: datetime, deed: str, values: dict[str, Any]
) -> None:
    with pytest.raises(Invalid):
        getattr(balancing, deed)(proposal_id=proposal.pk, actor=None, at=at, **values)


def test_a_run_that_dies_leaves_the_proposals_as_they_were(
    proposal: TransferProposal, cup: Variant, busan: Warehouse, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = fingerprint()
    StockLevel.objects.filter(variant=cup, warehouse=busan).update(on_hand=0)

    class Killed(BaseException):
        pass

    def die(*_arguments: Any, **_options: Any) -> None:
        raise Killed

    monkeypatch.setattr(TransferProposal.objects, "bulk_create", die)
    with pytest.raises(Killed):
        balancing.propose(at=at + timedelta(hours=1))

    assert fingerprint() == before
    StockLevel.objects.filter(variant=cup, warehouse=busan).update(on_hand=1)


def test_before_a_predicted_peak_goods_are_moved_ahead(
    cup: Variant, busan: Warehouse, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    stocked(cup, busan, 39, at)
    assert balancing.propose(at=at).opened == 0
    flat, peak = Outlook((1.0,) * 21), Outlook((1.0,) * 10 + (8.0,) * 5 + (1.0,) * 6)

    def told(policies: Any, **_rest: Any) -> dict[tuple[int, int], Outlook]:
        return {(one.variant_id, one.warehouse_id): peak if one.warehouse_id == busan.pk else flat for one in policies}

    monkeypatch.setattr("inventory.queries.expected.outlooks", told)

    assert balancing.propose(at=at).opened == 1


def test_a_place_without_a_policy_takes_no_part(cup: Variant, busan: Warehouse, at: datetime) -> None:
    cup.policies.filter(warehouse=busan).update(is_enabled=False)

    assert balancing.propose(at=at).opened == 0


def test_a_day_that_lies_ahead_is_refused(cup: Variant, at: datetime) -> None:
    with pytest.raises(Invalid):
        balancing.propose(at=at, as_of=date(2027, 1, 1))


def test_drafts_by_staff_are_counted_too(cup: Variant, icheon: Warehouse, busan: Warehouse, at: datetime) -> None:
    transfers.draft(
        from_warehouse_id=icheon.pk, to_warehouse_id=busan.pk, lines=[Wanted(cup.pk, 60)], reason="보충", actor=None, at=at
    )

    assert balancing.propose(at=at).opened == 0
    assert TransferOrder.objects.count() == 1
