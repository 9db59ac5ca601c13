"""A purchase order from draft to closed: what each step changes, and what its state forbids."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils.translation import override

from inventory.models import (
    GoodsReceipt,
    PriceChange,
    PurchaseOrder,
    PurchaseOrderEvent,
    ReplenishmentProposal,
    StockLevel,
    StockMovement,
    Supplier,
    Variant,
    Warehouse,
)
from inventory.operations import purchasing, receiving
from inventory.operations.purchase_steps import PurchaseInvalid, TransitionRefused, UnknownPurchaseOrder
from inventory.operations.purchasing import TermsMissed, Wanted
from inventory.operations.receiving import DeliveryNoteUsed
from inventory.queries import incoming
from tests.builders import a_supplier, a_variant, a_warehouse, an_offer

pytestmark = pytest.mark.django_db


@pytest.fixture
def warehouse() -> Warehouse:
    return a_warehouse()


@pytest.fixture
def supplier() -> Supplier:
    return a_supplier()


@pytest.fixture
def cup(supplier: Supplier) -> Variant:
    cup = a_variant(cost=5_000)
    an_offer(cup, supplier, unit_cost=Decimal(4_800), lead_time_days=9)
    return cup


@pytest.fixture
def plate() -> Variant:
    return a_variant(cost=7_000)


@pytest.fixture
def order(supplier: Supplier, warehouse: Warehouse, cup: Variant, plate: Variant, at: datetime) -> PurchaseOrder:
    return purchasing.draft(
        supplier_id=supplier.pk,
        warehouse_id=warehouse.pk,
        lines=[Wanted(cup.pk, 10), Wanted(plate.pk, 5, Decimal("6900.5"))],
        actor=None,
        at=at,
    )


@pytest.fixture
def sent(order: PurchaseOrder, at: datetime) -> PurchaseOrder:
    purchasing.approve(number=order.number, actor=None, at=at)
    return purchasing.send(number=order.number, actor=None, at=at)


def timeline(order: PurchaseOrder) -> list[str]:
    return list(PurchaseOrderEvent.objects.filter(purchase_order=order).order_by("id").values_list("kind", flat=True))


def state(order: PurchaseOrder) -> str:
    return PurchaseOrder.objects.values_list("state", flat=True).get(pk=order.pk)


class TestDrafting:
    def test_a_draft_keeps_the_offers_cost_or_the_one_that_was_agreed(self, order: PurchaseOrder, cup: Variant) -> None:
        costs = {line.variant_id: line.unit_cost for line in order.lines.all()}

        assert order.number.startswith("PO-261121-")
        assert costs.pop(cup.pk) == 4_800
        assert list(costs.values()) == [Decimal("6900.5")]
        assert timeline(order) == ["DRAFTED"]

    def test_changing_lines_keeps_the_line_of_a_sku_that_stays(self, order: PurchaseOrder, cup: Variant, at: datetime) -> None:
        kept = order.lines.get(variant=cup).pk
        vase = a_variant(cost=30_000)

        purchasing.change_lines(number=order.number, lines=[Wanted(cup.pk, 12), Wanted(vase.pk, 1)], actor=None, at=at)

        assert order.lines.get(variant=cup).pk == kept
        assert {line.variant_id: line.quantity for line in order.lines.all()} == {cup.pk: 12, vase.pk: 1}
        assert timeline(order) == ["DRAFTED", "CHANGED"]

    def test_the_same_lines_again_change_nothing(self, order: PurchaseOrder, cup: Variant, at: datetime) -> None:
        same = [Wanted(line.variant_id, line.quantity, line.unit_cost) for line in order.lines.all()]

        purchasing.change_lines(number=order.number, lines=same, actor=None, at=at)

        assert timeline(order) == ["DRAFTED"]

    @pytest.mark.parametrize("quantities", [[], [0], [1, 2], [10**9]])
    def test_lines_that_make_no_sense_are_refused(
        self, supplier: Supplier, warehouse: Warehouse, cup: Variant, at: datetime, quantities: list[int]
    ) -> None:
        lines = [Wanted(cup.pk, quantity) for quantity in quantities]

        with pytest.raises(PurchaseInvalid):
            purchasing.draft(supplier_id=supplier.pk, warehouse_id=warehouse.pk, lines=lines, actor=None, at=at)

        assert PurchaseOrder.objects.count() == 0

    def test_nothing_is_bought_from_a_supplier_who_is_switched_off(
        self, warehouse: Warehouse, cup: Variant, at: datetime
    ) -> None:
        with pytest.raises(PurchaseInvalid):
            purchasing.draft(
                supplier_id=a_supplier(is_active=False).pk,
                warehouse_id=warehouse.pk,
                lines=[Wanted(cup.pk, 1)],
                actor=None,
                at=at,
            )


class TestApprovingAndSending:
    def test_goods_are_expected_after_the_longest_lead_time(self, sent: PurchaseOrder) -> None:
        assert (state(sent), sent.expected_on) == ("SENT", date(2026, 11, 30))
        assert timeline(sent) == ["DRAFTED", "APPROVED", "SENT"]

    def test_the_agreed_day_wins_and_lies_not_in_the_past(self, order: PurchaseOrder, at: datetime) -> None:
        purchasing.approve(number=order.number, actor=None, at=at)

        with pytest.raises(PurchaseInvalid):
            purchasing.send(number=order.number, actor=None, at=at, expected_on=date(2026, 11, 20))

        assert purchasing.send(number=order.number, actor=None, at=at, expected_on=date(2026, 12, 24)).expected_on == date(
            2026, 12, 24
        )

    @pytest.mark.parametrize(("step", "ends"), [("approve", "ORDERED"), ("cancel", "DISMISSED")])
    def test_proposals_follow_their_purchase_order(
        self, order: PurchaseOrder, cup: Variant, warehouse: Warehouse, at: datetime, step: str, ends: str
    ) -> None:
        line = order.lines.get(variant=cup)
        proposal = ReplenishmentProposal.objects.create(
            variant=cup, warehouse=warehouse, offer=cup.offers.get(), line=line, quantity=10, as_of=at
        )

        if step == "approve":
            purchasing.approve(number=order.number, actor=None, at=at)
        else:
            purchasing.cancel(number=order.number, reason="예산 초과", actor=None, at=at)

        proposal.refresh_from_db()
        assert (proposal.state, proposal.decided_at) == (ends, at)
        assert proposal.reason == ("" if step == "approve" else "예산 초과")


class TestSupplierTerms:
    """The cup is sold from 24 on, in packs of 12; the plate has no offer and no terms."""

    @pytest.fixture(autouse=True)
    def terms(self, cup: Variant) -> None:
        cup.offers.update(minimum_quantity=24, order_multiple=12)

    def drafted(self, order: PurchaseOrder, cup: Variant, plate: Variant, units: int, at: datetime) -> None:
        wanted = [Wanted(cup.pk, units), Wanted(plate.pk, 7)]
        purchasing.change_lines(number=order.number, lines=wanted, actor=None, at=at)

    @pytest.mark.parametrize(("units", "orderable"), [(1, 24), (23, 24), (25, 36), (30, 36)])
    def test_a_quantity_the_supplier_does_not_sell_is_refused_naming_line_moq_and_pack(
        self, order: PurchaseOrder, cup: Variant, plate: Variant, at: datetime, units: int, orderable: int
    ) -> None:
        self.drafted(order, cup, plate, units, at)

        with pytest.raises(TermsMissed) as refusal, override("en"):
            purchasing.approve(number=order.number, reason="  ", actor=None, at=at)

        (line,) = refusal.value.details["lines"]
        assert line == {
            "sku": cup.sku, "quantity": units, "minimum_quantity": 24, "order_multiple": 12, "orderable": orderable
        }  # fmt: skip
        told = f"{cup.sku}: {units} ordered, but the MOQ is 24 and a pack holds 12; the next quantity is {orderable}."
        assert told in str(refusal.value)
        assert (state(order), timeline(order)[-1]) == ("DRAFT", "CHANGED")

    @pytest.mark.parametrize("units", [24, 36])
    def test_full_packs_from_the_moq_on_are_approved(
        self, order: PurchaseOrder, cup: Variant, plate: Variant, at: datetime, units: int
    ) -> None:
        self.drafted(order, cup, plate, units, at)
        purchasing.approve(number=order.number, actor=None, at=at)

        assert state(order) == "APPROVED"
        assert order.timeline.latest("id").details == {}

    def test_a_reason_approves_it_all_the_same_and_stays_on_record(
        self, order: PurchaseOrder, cup: Variant, plate: Variant, at: datetime
    ) -> None:
        self.drafted(order, cup, plate, 30, at)
        purchasing.approve(number=order.number, reason="김 부장과 통화, 낱개 가능", actor=None, at=at)

        told = order.timeline.latest("id")
        assert (state(order), told.reason) == ("APPROVED", "김 부장과 통화, 낱개 가능")
        assert told.details == {"terms_missed": {cup.sku: 30}}


class TestReceiving:
    def test_part_of_the_goods_come_and_the_rest_stays_outstanding(
        self, sent: PurchaseOrder, cup: Variant, plate: Variant, warehouse: Warehouse, at: datetime
    ) -> None:
        receipt = receiving.receive_goods(number=sent.number, delivery_note="DN-1", quantities={cup.sku: 4}, actor=None, at=at)

        entry = StockMovement.objects.get(document_kind="RECEIPT", document_number=receipt.number)
        assert (entry.kind, entry.quantity, entry.unit_cost) == ("RECEIPT", 4, 4_800)
        assert StockLevel.objects.get(variant=cup, warehouse=warehouse).on_hand == 4
        assert state(sent) == "PARTLY_RECEIVED"
        assert incoming.agreed(variants=[cup.pk, plate.pk]) == {(cup.pk, warehouse.pk): 6, (plate.pk, warehouse.pk): 5}

    def test_the_last_goods_complete_it(self, sent: PurchaseOrder, cup: Variant, plate: Variant, at: datetime) -> None:
        everything = {cup.sku: 10, plate.sku: 5}

        receiving.receive_goods(number=sent.number, delivery_note="DN-1", quantities=everything, actor=None, at=at)

        assert state(sent) == "RECEIVED"
        assert incoming.agreed(variants=[cup.pk, plate.pk]) == {}

    def test_the_same_delivery_note_twice_changes_nothing(
        self, sent: PurchaseOrder, cup: Variant, warehouse: Warehouse, at: datetime
    ) -> None:
        first = receiving.receive_goods(number=sent.number, delivery_note="DN-1", quantities={cup.sku: 4}, actor=None, at=at)

        again = receiving.receive_goods(
            number=sent.number, delivery_note=" DN-1 ", quantities={cup.sku: 4}, actor=None, at=at + timedelta(hours=1)
        )

        assert again == first
        assert StockLevel.objects.get(variant=cup, warehouse=warehouse).on_hand == 4
        assert timeline(sent).count("RECEIVED") == 1

    def test_a_second_parcel_under_the_same_delivery_note_is_refused_naming_both(
        self, sent: PurchaseOrder, cup: Variant, warehouse: Warehouse, at: datetime
    ) -> None:
        first = receiving.receive_goods(number=sent.number, delivery_note="DN-1", quantities={cup.sku: 4}, actor=None, at=at)

        with pytest.raises(DeliveryNoteUsed) as refused:
            receiving.receive_goods(number=sent.number, delivery_note="DN-1", quantities={cup.sku: 6}, actor=None, at=at)
        receiving.receive_goods(number=sent.number, delivery_note="DN-1/2", quantities={cup.sku: 6}, actor=None, at=at)

        told = {"receipt": first.number, "booked": {cup.sku: 4}, "sent": {cup.sku: 6}, "differs": ["units"]}
        assert refused.value.details == told
        assert StockLevel.objects.get(variant=cup, warehouse=warehouse).on_hand == 10

    def test_more_than_was_ordered_is_on_the_shelf_all_the_same_and_told_of(
        self, sent: PurchaseOrder, cup: Variant, warehouse: Warehouse, at: datetime
    ) -> None:
        receiving.receive_goods(number=sent.number, delivery_note="DN-1", quantities={cup.sku: 13}, actor=None, at=at)

        assert StockLevel.objects.get(variant=cup, warehouse=warehouse).on_hand == 13
        told = PurchaseOrderEvent.objects.get(purchase_order=sent, kind="RECEIVED")
        assert told.details["too_many"] == {cup.sku: 3}

    def test_what_it_cost_becomes_the_skus_cost_with_a_trace(self, sent: PurchaseOrder, cup: Variant, at: datetime) -> None:
        receipt = receiving.receive_goods(number=sent.number, delivery_note="DN-1", quantities={cup.sku: 1}, actor=None, at=at)

        cup.refresh_from_db()
        change = PriceChange.objects.get(variant=cup)
        assert cup.cost == 4_800
        assert (change.kind, change.before, change.after, change.reason) == ("COST", 5_000, 4_800, receipt.number)

    @pytest.mark.parametrize(("sku", "units"), [("NOT-ORDERED", 1), ("", 0), ("", -2)])
    def test_goods_that_make_no_sense_are_refused_naming_the_sku(
        self, sent: PurchaseOrder, cup: Variant, at: datetime, sku: str, units: int
    ) -> None:
        with pytest.raises(PurchaseInvalid) as refused:
            receiving.receive_goods(
                number=sent.number, delivery_note="DN-1", quantities={sku or cup.sku: units}, actor=None, at=at
            )

        assert refused.value.details == {"field": "quantities", "sku": sku or cup.sku}
        assert GoodsReceipt.objects.count() == 0

    @pytest.mark.parametrize("note", ["", "   ", "x" * 65])
    def test_a_delivery_needs_the_number_of_its_note(self, sent: PurchaseOrder, cup: Variant, at: datetime, note: str) -> None:
        with pytest.raises(PurchaseInvalid):
            receiving.receive_goods(number=sent.number, delivery_note=note, quantities={cup.sku: 1}, actor=None, at=at)


class TestEnding:
    def test_closing_with_goods_missing_needs_a_reason_and_ends_what_is_incoming(
        self, sent: PurchaseOrder, cup: Variant, at: datetime
    ) -> None:
        receiving.receive_goods(number=sent.number, delivery_note="DN-1", quantities={cup.sku: 4}, actor=None, at=at)

        with pytest.raises(PurchaseInvalid):
            purchasing.close(number=sent.number, actor=None, at=at)
        purchasing.close(number=sent.number, actor=None, at=at, reason="단종")

        assert state(sent) == "CLOSED"
        assert incoming.agreed(variants=[cup.pk]) == {}

    def test_canceling_needs_a_reason(self, order: PurchaseOrder, at: datetime) -> None:
        with pytest.raises(PurchaseInvalid):
            purchasing.cancel(number=order.number, reason=" ", actor=None, at=at)

    def test_a_step_that_the_state_does_not_allow_is_refused_and_leaves_no_trace(
        self, order: PurchaseOrder, cup: Variant, at: datetime
    ) -> None:
        with pytest.raises(TransitionRefused) as refused:
            receiving.receive_goods(number=order.number, delivery_note="DN-1", quantities={cup.sku: 1}, actor=None, at=at)

        assert refused.value.details == {"number": order.number, "state": "DRAFT", "step": "RECEIVED"}
        assert timeline(order) == ["DRAFTED"]

    def test_a_number_that_nobody_gave_is_refused(self, at: datetime) -> None:
        with pytest.raises(UnknownPurchaseOrder):
            purchasing.approve(number="PO-000000-000000", actor=None, at=at)
