"""Deliveries with something wrong: what reaches the shelf, what lies aside, what stays outstanding."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group

from config.kernel import invariants
from config.kernel.models import User
from config.kernel.roles import Role
from inventory.models import ApprovalLimit, GoodsReceipt, PurchaseOrder, ReceiptDiscrepancy, StockLevel
from inventory.operations import purchasing, receiving
from inventory.operations.approving import AboveLimit
from inventory.operations.costing import Extra
from inventory.operations.purchase_steps import PurchaseInvalid
from inventory.operations.receiving import DeliveryNoteUsed, DiscrepancySettled, Gap, OverDelivery, SurplusNeedsApproval
from tests.inventory.operations.papers import a_sent_order, skus

pytestmark = pytest.mark.django_db


def state(order: PurchaseOrder) -> str:
    return PurchaseOrder.objects.values_list("state", flat=True).get(pk=order.pk)


def on_hand(sku: str) -> int:
    return StockLevel.objects.filter(variant__sku=sku).values_list("on_hand", flat=True).first() or 0


class TestGaps:
    def test_damaged_wrong_and_missing_goods_never_reach_the_shelf(self, at: datetime) -> None:
        order = a_sent_order(at)
        cup, plate = skus(order)

        receipt = receiving.receive_goods(
            number=order.number,
            delivery_note="DN-1",
            quantities={cup: 7, plate: 5},
            gaps=[
                Gap("DAMAGED", 2, "깨짐", sku=cup, outcome="RETURN"),
                Gap("SHORT", 1, "상자에 없음", sku=cup),
                Gap("WRONG", 3, "주문하지 않음", item="BOWL-BLUE", outcome="DISPOSE"),
            ],
            actor=None,
            at=at,
        )

        assert (on_hand(cup), on_hand(plate), state(order)) == (7, 5, "PARTLY_RECEIVED")
        kept = receipt.discrepancies.order_by("pk").values_list("kind", "quantity", "outcome")
        assert list(kept) == [("DAMAGED", 2, "RETURN"), ("SHORT", 1, "NONE"), ("WRONG", 3, "DISPOSE")]
        told = order.timeline.latest("id").details
        assert told["gaps"] == [["DAMAGED", cup, 2], ["SHORT", cup, 1], ["WRONG", "BOWL-BLUE", 3]]
        assert invariants.check_all(at=at) == []

    def test_a_delivery_of_nothing_but_damage_is_noted_and_moves_no_stock(self, at: datetime) -> None:
        order = a_sent_order(at)
        cup, _plate = skus(order)

        receiving.receive_goods(
            number=order.number, delivery_note="DN-1", quantities={}, actor=None, at=at,
            gaps=[Gap("DAMAGED", 10, "젖음", sku=cup, outcome="RETURN")],
        )  # fmt: skip

        assert (on_hand(cup), state(order)) == (0, "PARTLY_RECEIVED")

    @pytest.mark.parametrize(
        ("gap", "field"),
        [
            (Gap("DAMAGED", 1, "깨짐", sku="CUP"), "outcome"),
            (Gap("DAMAGED", 1, " ", sku="CUP", outcome="RETURN"), "reason"),
            (Gap("DAMAGED", 0, "깨짐", sku="CUP", outcome="RETURN"), "gaps"),
            (Gap("DAMAGED", 1, "깨짐", sku="NOT-ORDERED", outcome="RETURN"), "gaps"),
            (Gap("SHORT", 1, "없음", sku="CUP", outcome="RETURN"), "outcome"),
            (Gap("WRONG", 1, "다른 상품", outcome="RETURN"), "item"),
            (Gap("OVER", 1, "많음", sku="CUP"), "kind"),
        ],
    )
    def test_a_discrepancy_that_makes_no_sense_is_refused_naming_its_field(self, at: datetime, gap: Gap, field: str) -> None:
        order = a_sent_order(at)
        cup, _plate = skus(order)
        told = Gap(gap.kind, gap.quantity, gap.reason, sku=cup if gap.sku == "CUP" else gap.sku, outcome=gap.outcome)

        with pytest.raises(PurchaseInvalid) as refused:
            receiving.receive_goods(
                number=order.number, delivery_note="DN-1", quantities={cup: 1}, gaps=[told], actor=None, at=at
            )

        assert refused.value.details["field"] == field
        assert not GoodsReceipt.objects.exists()

    def test_the_same_note_with_other_discrepancies_is_another_parcel(self, at: datetime) -> None:
        order = a_sent_order(at)
        cup, _plate = skus(order)

        def receive(*gaps: Gap) -> GoodsReceipt:
            return receiving.receive_goods(
                number=order.number, delivery_note="DN-1", quantities={cup: 1}, gaps=gaps, actor=None, at=at
            )

        first = receive(Gap("SHORT", 1, "없음", sku=cup))
        assert receive(Gap("SHORT", 1, "다시 세어도 없음", sku=cup)) == first
        with pytest.raises(DeliveryNoteUsed):
            receive()

    def test_the_same_note_with_another_outcome_is_refused_telling_both(self, at: datetime) -> None:
        order = a_sent_order(at)
        cup, _plate = skus(order)

        def receive(outcome: str) -> GoodsReceipt:
            damaged = Gap("DAMAGED", 2, "깨짐", sku=cup, outcome=outcome)
            return receiving.receive_goods(
                number=order.number, delivery_note="DN-1", quantities={cup: 1}, gaps=[damaged], actor=None, at=at
            )

        first = receive("RETURN")
        with pytest.raises(DeliveryNoteUsed) as refused:
            receive("DISPOSE")

        assert refused.value.details["differs"] == ["gaps"]
        assert refused.value.details["gaps"] == {
            "booked": [["DAMAGED", cup, 2, "RETURN"]],
            "sent": [["DAMAGED", cup, 2, "DISPOSE"]],
        }
        assert first.number in str(refused.value)

    def test_the_same_note_with_a_cost_that_was_not_booked_is_refused_and_with_booked_ones_answered(self, at: datetime) -> None:
        order = a_sent_order(at)
        cup, _plate = skus(order)
        freight, duty = Extra("FREIGHT", Decimal(3_000), "VALUE", "INV-1"), Extra("DUTY", Decimal(500), "VALUE", "INV-2")

        def receive(*extras: Extra) -> GoodsReceipt:
            return receiving.receive_goods(
                number=order.number, delivery_note="DN-1", quantities={cup: 1}, extras=extras, actor=None, at=at
            )

        first = receive(freight)
        assert receive(freight) == receive() == first
        for other in ([freight, duty], [Extra("FREIGHT", Decimal(9_000), "VALUE", "INV-1")]):
            with pytest.raises(DeliveryNoteUsed) as refused:
                receive(*other)
            assert refused.value.details["differs"] == ["costs"]
            assert refused.value.details["costs"]["booked"] == [("FREIGHT", "INV-1", "3000", "VALUE")]

        assert first.landed_costs.count() == 1

    def test_what_lies_aside_is_settled_once(self, at: datetime) -> None:
        order = a_sent_order(at)
        cup, _plate = skus(order)
        receipt = receiving.receive_goods(
            number=order.number, delivery_note="DN-1", quantities={cup: 1}, actor=None, at=at,
            gaps=[Gap("DAMAGED", 1, "깨짐", sku=cup, outcome="RETURN"), Gap("SHORT", 1, "없음", sku=cup)],
        )  # fmt: skip
        damaged, short = receipt.discrepancies.order_by("pk")

        settled = receiving.settle(discrepancy_id=damaged.pk, settlement="대금에서 뺌", actor=None, at=at)

        assert (settled.settled_at, settled.settlement) == (at, "대금에서 뺌")
        for one in (damaged, short):
            with pytest.raises(DiscrepancySettled):
                receiving.settle(discrepancy_id=one.pk, settlement="또", actor=None, at=at)


class TestTolerance:
    def test_a_surplus_within_the_tolerance_is_taken_in_and_noted(self, at: datetime) -> None:
        order = a_sent_order(at, over_tolerance=10)
        cup, plate = skus(order)

        receipt = receiving.receive_goods(
            number=order.number, delivery_note="DN-1", quantities={cup: 11, plate: 5}, actor=None, at=at
        )

        assert state(order) == "RECEIVED"
        assert list(receipt.discrepancies.values_list("kind", "quantity")) == [("OVER", 1)]

    def test_a_surplus_beyond_it_needs_somebody_who_agrees(self, at: datetime) -> None:
        order = a_sent_order(at, over_tolerance=10)
        cup, _plate = skus(order)

        def receive(*, agrees: bool) -> GoodsReceipt:
            return receiving.receive_goods(
                number=order.number, delivery_note="DN-1", quantities={cup: 12}, accepts_surplus=agrees, actor=None, at=at
            )

        with pytest.raises(OverDelivery) as refused:
            receive(agrees=False)
        assert refused.value.details == {"field": "quantities", "sku": cup, "surplus": 2, "welcome": 1}
        assert on_hand(cup) == 0
        receive(agrees=True)
        assert on_hand(cup) == 12

    def test_only_who_may_approve_so_much_agrees_to_a_surplus_beyond_it(self, at: datetime) -> None:
        order = a_sent_order(at, over_tolerance=10)
        cup, _plate = skus(order)
        keeper, buyer = (User.objects.create_user(role.value, is_staff=True) for role in (Role.WAREHOUSE, Role.BUYER))
        keeper.groups.add(Group.objects.get(name=Role.WAREHOUSE.value))
        buyer.groups.add(Group.objects.get(name=Role.BUYER.value))
        # The order comes to 110,000 at the usual costs, the two cups that are too many to 8,000.
        limit = ApprovalLimit.objects.create(role=Role.BUYER.value, amount=117_000)

        def receive(actor: User) -> None:
            receiving.receive_goods(
                number=order.number, delivery_note="DN-1", quantities={cup: 12}, accepts_surplus=True, actor=actor, at=at
            )

        with pytest.raises(SurplusNeedsApproval) as refused:
            receive(keeper)
        assert refused.value.details == {"field": "accepts_surplus", "sku": cup, "welcome": 1}
        with pytest.raises(AboveLimit):
            receive(buyer)
        assert on_hand(cup) == 0
        limit.amount = Decimal(118_000)
        limit.save()
        receive(buyer)
        assert on_hand(cup) == 12

    def test_surplus_of_a_second_delivery_counts_what_came_before(self, at: datetime) -> None:
        order = a_sent_order(at)
        cup, _plate = skus(order)
        for note, units in (("DN-1", 9), ("DN-2", 3)):
            receiving.receive_goods(number=order.number, delivery_note=note, quantities={cup: units}, actor=None, at=at)

        assert list(ReceiptDiscrepancy.objects.values_list("kind", "quantity")) == [("OVER", 2)]

    def test_a_shortage_within_the_tolerance_completes_the_order_and_stays_on_record(self, at: datetime) -> None:
        order = a_sent_order(at, cups=50, plates=50, under_tolerance=2)
        cup, plate = skus(order)
        receiving.receive_goods(number=order.number, delivery_note="DN-1", quantities={cup: 49, plate: 50}, actor=None, at=at)
        assert state(order) == "RECEIVED"

        purchasing.close(number=order.number, actor=None, at=at + timedelta(days=1))

        assert order.timeline.latest("id").details == {"missing": {cup: 1}}

    def test_a_line_that_never_began_to_come_is_missing_whatever_the_tolerance(self, at: datetime) -> None:
        order = a_sent_order(at, under_tolerance=100)
        cup, _plate = skus(order)
        receiving.receive_goods(number=order.number, delivery_note="DN-1", quantities={cup: 1}, actor=None, at=at)

        assert state(order) == "PARTLY_RECEIVED"
        with pytest.raises(PurchaseInvalid):
            purchasing.close(number=order.number, actor=None, at=at)
