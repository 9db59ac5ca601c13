"""How far staff have the last word about what is bought: dismissing, overriding, other policies."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from config.kernel.errors import Conflict, Invalid, Missing
from config.kernel.models import User
from inventory.models import (
    PolicyChange,
    PurchaseOrder,
    ReorderPolicy,
    ReplenishmentProposal,
    SupplierOffer,
    Warehouse,
)
from inventory.operations import purchasing, replenishment
from inventory.operations.purchasing import Wanted
from inventory.operations.replenishment import ProposalClosed
from tests.builders import a_policy, a_supplier, a_variant, an_offer, shipped, stocked
from tests.inventory.operations.proposals import State, a_seller, line_of, lines, only

pytestmark = pytest.mark.django_db


class TestDismissing:
    def test_it_takes_the_line_out_and_keeps_the_reason(self, store: Warehouse, at: datetime, buyer: User) -> None:
        supplier = a_supplier()
        cup, bowl = (a_seller(store, at, supplier=supplier) for _ in range(2))
        replenishment.propose(at=at)

        dismissed = replenishment.dismiss(proposal_id=only(cup).pk, reason="  is  discontinued ", actor=buyer, at=at)

        assert (dismissed.state, dismissed.reason, dismissed.decided_by) == (State.DISMISSED, "is discontinued", buyer)
        assert lines() == {("DRAFT", bowl.pk): 25}

    def test_the_last_line_takes_the_draft_with_it(self, store: Warehouse, at: datetime, buyer: User) -> None:
        cup = a_seller(store, at)
        replenishment.propose(at=at)

        replenishment.dismiss(proposal_id=only(cup).pk, reason="discontinued", actor=buyer, at=at)

        assert PurchaseOrder.objects.get().state == PurchaseOrder.State.CANCELED

    def test_the_same_need_stays_quiet_until_the_days_to_cover_have_passed(
        self, store: Warehouse, at: datetime, buyer: User
    ) -> None:
        cup = a_seller(store, at, review_days=7)
        replenishment.propose(at=at)
        replenishment.dismiss(proposal_id=only(cup).pk, reason="not now", actor=buyer, at=at)

        quiet = [replenishment.propose(at=at + timedelta(days=day)) for day in (0, 1, 6)]
        again = replenishment.propose(at=at + timedelta(days=7))

        assert [one.nothing for one in quiet] == [{"DISMISSED": 1}] * 3
        assert again.opened == 1

    def test_a_need_that_doubled_is_another_one(self, store: Warehouse, at: datetime, buyer: User) -> None:
        cup = a_seller(store, at, left=16)
        replenishment.propose(at=at)
        assert only(cup).quantity == 14
        replenishment.dismiss(proposal_id=only(cup).pk, reason="not now", actor=buyer, at=at)
        shipped(cup, store, 14, at)

        replenishment.propose(at=at)

        assert only(cup).quantity == 28

    def test_canceling_the_draft_is_a_dismissal_of_all_its_lines(self, store: Warehouse, at: datetime, buyer: User) -> None:
        cup = a_seller(store, at)
        replenishment.propose(at=at)
        number = line_of(only(cup)).purchase_order.number
        purchasing.cancel(number=number, reason="too dear", actor=buyer, at=at)

        assert replenishment.propose(at=at + timedelta(days=1)).nothing == {"DISMISSED": 1}

    def test_a_line_that_staff_took_out_of_the_draft_is_a_dismissal(self, store: Warehouse, at: datetime, buyer: User) -> None:
        supplier = a_supplier()
        cup, bowl = (a_seller(store, at, supplier=supplier) for _ in range(2))
        replenishment.propose(at=at)
        number = line_of(only(cup)).purchase_order.number
        purchasing.change_lines(number=number, lines=[Wanted(bowl.pk, 25)], actor=buyer, at=at)

        done = replenishment.propose(at=at + timedelta(hours=1))

        assert (done.kept, done.nothing) == (1, {"DISMISSED": 1})
        assert ReplenishmentProposal.objects.get(variant=cup).state == State.DISMISSED

    def test_a_reason_is_required(self, store: Warehouse, at: datetime, buyer: User) -> None:
        cup = a_seller(store, at)
        replenishment.propose(at=at)

        for reason in (" ", "x" * 301):
            with pytest.raises(Invalid) as refusal:
                replenishment.dismiss(proposal_id=only(cup).pk, reason=reason, actor=buyer, at=at)
            assert refusal.value.details["field"] == "reason"
        assert only(cup).line is not None

    def test_only_an_open_proposal_can_be_dismissed(self, store: Warehouse, at: datetime, buyer: User) -> None:
        cup = a_seller(store, at)
        replenishment.propose(at=at)
        proposal = only(cup)
        purchasing.approve(number=line_of(proposal).purchase_order.number, actor=buyer, at=at)

        with pytest.raises(ProposalClosed):
            replenishment.dismiss(proposal_id=proposal.pk, reason="late", actor=buyer, at=at)
        with pytest.raises(Missing):
            replenishment.dismiss(proposal_id=0, reason="late", actor=buyer, at=at)
        assert lines() == {("APPROVED", cup.pk): 25}


class TestOverriding:
    def test_it_changes_the_line_and_later_nights_keep_it(self, store: Warehouse, at: datetime, buyer: User) -> None:
        cup = a_seller(store, at)
        replenishment.propose(at=at)

        replenishment.override(proposal_id=only(cup).pk, quantity=60, reason="before Seollal", actor=buyer, at=at)
        shipped(cup, store, 3, at)
        done = replenishment.propose(at=at + timedelta(days=1))

        proposal = only(cup)
        assert (done.refreshed, done.superseded) == (1, 0)
        assert (proposal.units, proposal.override_reason, proposal.override_by) == (60, "before Seollal", buyer)
        assert proposal.quantity != 25  # what the night computes goes on being told
        assert lines() == {("DRAFT", cup.pk): 60}

    def test_it_stands_even_when_the_need_has_vanished(self, store: Warehouse, at: datetime, buyer: User) -> None:
        cup = a_seller(store, at)
        replenishment.propose(at=at)
        replenishment.override(proposal_id=only(cup).pk, quantity=60, reason="before Seollal", actor=buyer, at=at)
        stocked(cup, store, 500, at)

        replenishment.propose(at=at)

        assert lines() == {("DRAFT", cup.pk): 60}
        assert only(cup).explanation["plan"]["nothing"] == "ENOUGH"

    def test_undone_the_computed_quantity_is_bought_again(self, store: Warehouse, at: datetime, buyer: User) -> None:
        cup = a_seller(store, at)
        replenishment.propose(at=at)
        replenishment.override(proposal_id=only(cup).pk, quantity=60, reason="before Seollal", actor=buyer, at=at)

        undone = replenishment.undo_override(proposal_id=only(cup).pk, actor=buyer, at=at)

        assert (undone.override, undone.override_reason, undone.override_by) == (None, "", None)
        assert lines() == {("DRAFT", cup.pk): 25}
        with pytest.raises(Conflict):
            replenishment.undo_override(proposal_id=undone.pk, actor=buyer, at=at)

    def test_it_moves_with_the_proposal_to_another_supplier(self, store: Warehouse, at: datetime, buyer: User) -> None:
        cup = a_seller(store, at)
        replenishment.propose(at=at)
        replenishment.override(proposal_id=only(cup).pk, quantity=60, reason="before Seollal", actor=buyer, at=at)
        SupplierOffer.objects.filter(variant=cup).update(is_preferred=False)
        an_offer(cup)

        replenishment.propose(at=at)

        assert (only(cup).units, only(cup).override_reason) == (60, "before Seollal")
        assert lines() == {("DRAFT", cup.pk): 60}

    def test_a_line_that_staff_changed_in_the_draft_is_an_override(self, store: Warehouse, at: datetime, buyer: User) -> None:
        cup = a_seller(store, at)
        replenishment.propose(at=at)
        number = line_of(only(cup)).purchase_order.number
        purchasing.change_lines(number=number, lines=[Wanted(cup.pk, 40, unit_cost=Decimal(4500))], actor=buyer, at=at)

        replenishment.propose(at=at + timedelta(hours=1))

        assert only(cup).override == 40
        assert (line_of(only(cup)).quantity, line_of(only(cup)).unit_cost) == (40, 4500)

    def test_a_line_that_staff_wrote_into_the_draft_is_taken_over(self, store: Warehouse, at: datetime, buyer: User) -> None:
        supplier = a_supplier()
        cup = a_seller(store, at, supplier=supplier)
        bowl = a_seller(store, at, supplier=supplier, left=16)
        stocked(bowl, store, 5, at)  # above its reorder point for now
        replenishment.propose(at=at)
        number = line_of(only(cup)).purchase_order.number
        purchasing.change_lines(
            number=number, lines=[Wanted(cup.pk, 25), Wanted(bowl.pk, 3, unit_cost=Decimal(4500))], actor=buyer, at=at
        )

        replenishment.propose(at=at)
        untouched = lines()
        shipped(bowl, store, 6, at)
        replenishment.propose(at=at)

        assert untouched == lines() == {("DRAFT", cup.pk): 25, ("DRAFT", bowl.pk): 3}
        assert (only(bowl).override, only(bowl).quantity) == (3, 15)
        assert line_of(only(bowl)).unit_cost == 4500

    @pytest.mark.parametrize("quantity", [0, 10_000_001, 8_801_234_567_893])
    def test_a_quantity_that_nobody_orders_is_refused(self, store: Warehouse, at: datetime, buyer: User, quantity: int) -> None:
        cup = a_seller(store, at)
        replenishment.propose(at=at)

        with pytest.raises(Invalid) as refusal:
            replenishment.override(proposal_id=only(cup).pk, quantity=quantity, reason="none", actor=buyer, at=at)

        assert refusal.value.details["field"] == "quantity"


class TestChangingManyPolicies:
    def test_only_what_was_given_changes(self, store: Warehouse, at: datetime, buyer: User) -> None:
        policies = [a_policy(a_variant(), store, review_days=9) for _ in range(2)]

        changed = replenishment.change_policies(
            policy_ids=[policies[0].pk],
            service_level=Decimal("0.99"),
            reason="sells well",
            is_enabled=False,
            actor=buyer,
            at=at,
        )

        values = ReorderPolicy.objects.order_by("id").values_list("service_level", "review_days", "is_enabled")
        assert changed == 1
        assert list(values) == [(Decimal("0.99"), 9, False), (None, 9, True)]

    def test_each_other_service_level_stands_in_the_history_with_its_reason(
        self, store: Warehouse, at: datetime, buyer: User
    ) -> None:
        policies = [a_policy(a_variant(), store, service_level=level) for level in (None, "0.9", "0.99")]

        replenishment.change_policies(
            policy_ids=[one.pk for one in policies],
            service_level=Decimal("0.99"),
            reason="before  Christmas",
            actor=buyer,
            at=at,
        )
        replenishment.change_policies(policy_ids=[policies[0].pk], review_days=3, actor=buyer, at=at)

        told = PolicyChange.objects.order_by("policy").values_list("policy", "before", "after", "reason", "actor")
        assert list(told) == [
            (policies[0].pk, None, Decimal("0.99"), "before Christmas", buyer.pk),
            (policies[1].pk, Decimal("0.9"), Decimal("0.99"), "before Christmas", buyer.pk),
        ]

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({}, "service_level"),
            ({"service_level": Decimal("0.9"), "reason": " "}, "reason"),
            ({"service_level": Decimal("0.4")}, "service_level"),
            ({"service_level": Decimal(1)}, "service_level"),
            ({"review_days": 366}, "review_days"),
            ({"review_days": -1}, "review_days"),
        ],
    )
    def test_values_that_make_no_sense_are_refused(
        self, store: Warehouse, at: datetime, buyer: User, values: dict[str, Any], field: str
    ) -> None:
        policy = a_policy(a_variant(), store)

        with pytest.raises(Invalid) as refusal:
            replenishment.change_policies(policy_ids=[policy.pk], actor=buyer, at=at, **values)

        assert refusal.value.details["field"] == field
