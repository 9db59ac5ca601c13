"""The pages of purchase orders and the receiving desk: from the draft to the shelf."""

import re
from datetime import date, datetime
from decimal import Decimal

import pytest
from django.test import Client

from config.kernel.roles import Role
from inventory.models import (
    GoodsReceipt,
    PurchaseOrder,
    Supplier,
    Variant,
    Warehouse,
)
from inventory.operations import purchasing, receiving
from inventory.operations.purchasing import Wanted
from tests.builders import (
    a_variant,
)
from tests.inventory.admin.pages import address, level, lines, press, someone, told

pytestmark = pytest.mark.django_db


class TestPurchasing:
    def test_a_buyer_drafts_with_the_offers_cost(self, cup: Variant, warehouse: Warehouse, supplier: Supplier) -> None:
        values = {"supplier": supplier.pk, "warehouse": warehouse.pk, "note": "연말"}
        values |= lines({"variant": cup.pk, "quantity": 20, "unit_cost": ""})

        answer = someone(Role.BUYER).post(address(PurchaseOrder, "add"), values, follow=True)

        assert answer.status_code == 200
        order = PurchaseOrder.objects.get()
        assert (order.state, order.note, str(order.actor)) == ("DRAFT", "연말", "one-buyer")
        assert [(line.quantity, line.unit_cost) for line in order.lines.all()] == [(20, 4_500)]

    def test_lines_of_a_draft_are_changed_on_its_form(self, owner: Client, draft: PurchaseOrder, cup: Variant) -> None:
        plate = a_variant(cost=7_000)
        line = draft.lines.get()
        values = {"seen": "DRAFT:1"} | lines(
            {"id": line.pk, "purchase_order": draft.pk, "variant": cup.pk, "quantity": 9, "unit_cost": "4400.5"},
            {"variant": plate.pk, "quantity": 2, "unit_cost": ""},
            already=1,
        )

        answer = owner.post(address(PurchaseOrder, "change", draft.pk), values)

        assert answer.status_code == 302, answer.context["errors"]
        assert {one.variant_id: (one.quantity, one.unit_cost) for one in draft.lines.all()} == {
            cup.pk: (9, Decimal("4400.5")),
            plate.pk: (2, 7_000),
        }
        assert draft.lines.get(variant=cup).pk == line.pk

    def test_an_old_page_of_a_draft_takes_nothing_out_that_was_added_meanwhile(
        self, owner: Client, draft: PurchaseOrder, cup: Variant, at: datetime
    ) -> None:
        page = owner.get(address(PurchaseOrder, "change", draft.pk))
        (seen,) = re.findall(r'<input type="hidden" name="seen" value="([^"]+)">\s*<', page.content.decode())[-1:]
        line, plate = draft.lines.get(), a_variant()
        by_night = [Wanted(cup.pk, 60), Wanted(plate.pk, 5)]
        purchasing.change_lines(number=draft.number, lines=by_night, actor=None, at=at)
        values = lines(
            {"id": line.pk, "purchase_order": draft.pk, "variant": cup.pk, "quantity": 6, "unit_cost": "4500"}, already=1
        )

        answer = owner.post(address(PurchaseOrder, "change", draft.pk), values | {"seen": seen}, follow=True)

        assert "다른 직원이 먼저" in told(answer)
        assert dict(draft.lines.values_list("variant", "quantity")) == {cup.pk: 60, plate.pk: 5}

    def test_a_new_purchase_order_that_is_sent_twice_is_drafted_once(
        self, owner: Client, cup: Variant, warehouse: Warehouse, supplier: Supplier
    ) -> None:
        asked = owner.get(address(PurchaseOrder, "add"))
        values = {"supplier": supplier.pk, "warehouse": warehouse.pk, "note": "", "slip": asked.context["slip"]}
        wrong = owner.post(address(PurchaseOrder, "add"), values | lines({"variant": cup.pk, "quantity": 0, "unit_cost": ""}))
        values |= lines({"variant": cup.pk, "quantity": 20, "unit_cost": ""})

        owner.post(address(PurchaseOrder, "add"), values)
        again = owner.post(address(PurchaseOrder, "add"), values, follow=True)

        assert f'name="slip" value="{values["slip"]}"' in wrong.content.decode()
        assert again.redirect_chain[-1][0] == address(PurchaseOrder)
        assert "두 번 처리하지 않았습니다" in told(again)
        assert PurchaseOrder.objects.count() == 1

    @pytest.mark.parametrize("problem", ["none", "twice", "zero"])
    def test_lines_that_make_no_sense_are_refused_on_the_form(
        self, owner: Client, cup: Variant, warehouse: Warehouse, supplier: Supplier, problem: str
    ) -> None:
        row = {"variant": cup.pk, "quantity": 0 if problem == "zero" else 1, "unit_cost": ""}
        rows = {"none": [{"variant": "", "quantity": "", "unit_cost": ""}], "twice": [row, row], "zero": [row]}[problem]
        values = {"supplier": supplier.pk, "warehouse": warehouse.pk, "note": ""} | lines(*rows)

        answer = owner.post(address(PurchaseOrder, "add"), values)

        assert answer.status_code == 200
        assert answer.context["errors"]
        assert not PurchaseOrder.objects.exists()

    def test_from_draft_to_closed_by_buttons(self, draft: PurchaseOrder, cup: Variant) -> None:
        buyer, keeper = someone(Role.BUYER), someone(Role.WAREHOUSE)
        line = draft.lines.get()

        def seen() -> str:
            draft.refresh_from_db()
            return f"{draft.state}:{draft.timeline.count()}"

        press(buyer, draft, "approve", seen=seen())
        press(buyer, draft, "send", seen=seen(), expected_on="")
        desk = keeper.get(address(PurchaseOrder, "desk"))
        assert [one["order"].number for one in desk.context["awaited"]] == [draft.number]
        press(keeper, draft, "receive", **{"seen": seen(), "delivery_note": "DN-9", f"line-{line.pk}": "5"})
        press(buyer, draft, "close", seen=seen(), reason="한 개 단종")

        draft.refresh_from_db()
        assert draft.state == "CLOSED"
        assert [event.kind for event in draft.timeline.order_by("id")] == ["DRAFTED", "APPROVED", "SENT", "RECEIVED", "CLOSED"]
        assert level(cup).on_hand == 15
        page = buyer.get(address(PurchaseOrder, "change", draft.pk))
        assert not page.context["operation_buttons"]

    def test_what_the_supplier_does_not_sell_is_approved_with_a_reason_only(self, draft: PurchaseOrder, cup: Variant) -> None:
        cup.offers.update(minimum_quantity=24, order_multiple=12)
        buyer = someone(Role.BUYER)
        page = buyer.get(address(PurchaseOrder, "change", draft.pk))
        assert page.context["next_step"].is_urgent
        assert "24" in page.context["next_step"].text

        refused = press(buyer, draft, "approve", seen="DRAFT:1")
        draft.refresh_from_db()
        assert draft.state == "DRAFT"
        assert f"{cup.sku}: 발주 수량 6, 최소 발주 수량 24, 발주 단위 12" in told(refused)
        press(buyer, draft, "approve_all_the_same", seen="DRAFT:1", reason="전화로 합의")

        draft.refresh_from_db()
        assert draft.state == "APPROVED"
        assert f"{cup.sku}: 6" in " ".join(buyer.get(address(PurchaseOrder, "change", draft.pk)).context["timeline"][0].facts)

    def test_a_delivery_proposes_what_is_outstanding_and_refuses_nothing_at_all(
        self, owner: Client, sent: PurchaseOrder
    ) -> None:
        line = sent.lines.get()
        asked = owner.get(address(PurchaseOrder, "press", sent.pk, "receive"))
        assert asked.context["form"][f"line-{line.pk}"].value() == 6

        answer = press(owner, sent, "receive", **{"delivery_note": "DN-1", f"line-{line.pk}": "0", "seen": "SENT:3"})

        assert answer.context["form"].non_field_errors()
        assert not GoodsReceipt.objects.exists()

    def test_more_than_was_ordered_is_booked_only_if_somebody_says_so(
        self, owner: Client, sent: PurchaseOrder, cup: Variant
    ) -> None:
        line = sent.lines.get()
        slip_of_a_finger = {"delivery_note": "DN-1", f"line-{line.pk}": "66", "seen": "SENT:3"}

        asked = press(owner, sent, "receive", **slip_of_a_finger)
        assert list(asked.context["form"].errors) == [f"line-{line.pk}"]
        assert level(cup).on_hand == 10
        press(owner, sent, "receive", **slip_of_a_finger, more_came="on")

        assert level(cup).on_hand == 76

    def test_whether_more_came_is_asked_below_the_line_that_says_so(
        self, owner: Client, cup: Variant, warehouse: Warehouse, supplier: Supplier, at: datetime
    ) -> None:
        wanted = [Wanted(cup.pk, 6), Wanted(a_variant().pk, 6)]
        order = purchasing.draft(supplier_id=supplier.pk, warehouse_id=warehouse.pk, lines=wanted, actor=None, at=at)
        purchasing.approve(number=order.number, actor=None, at=at)
        purchasing.send(number=order.number, actor=None, at=at)
        first, second = (f"line-{line.pk}" for line in order.lines.order_by("pk"))
        asked = owner.get(address(PurchaseOrder, "press", order.pk, "receive"))

        refused = press(owner, order, "receive", delivery_note="DN-1", **{first: "7", second: "6"}, seen="SENT:3")

        assert list(asked.context["form"].fields) == ["delivery_note", first, second, "more_came"]
        assert list(refused.context["form"].fields) == ["delivery_note", first, "more_came", second]

    def test_a_delivery_note_that_was_booked_before_is_told_and_never_praised(
        self, owner: Client, sent: PurchaseOrder, cup: Variant, at: datetime
    ) -> None:
        line = sent.lines.get()
        first = receiving.receive_goods(number=sent.number, delivery_note="DN-1", quantities={cup.sku: 4}, actor=None, at=at)
        seen = {"seen": "PARTLY_RECEIVED:4", "delivery_note": "DN-1"}

        same = press(owner, sent, "receive", **seen, **{f"line-{line.pk}": "4"})
        other = press(owner, sent, "receive", **seen, **{f"line-{line.pk}": "2"})

        assert f"이미 {first.number}" in told(same)
        assert f"{first.number}(으)로 CUP-WHITE × 4" in told(other)
        assert "CUP-WHITE × 2" in told(other)
        assert level(cup).on_hand == 14

    def test_a_page_shown_before_somebody_else_acted_is_refused(
        self, owner: Client, draft: PurchaseOrder, at: datetime
    ) -> None:
        purchasing.change_lines(number=draft.number, lines=[Wanted(draft.lines.get().variant_id, 600)], actor=None, at=at)

        press(owner, draft, "approve", seen="DRAFT:1")

        draft.refresh_from_db()
        assert draft.state == "DRAFT"

    def test_a_warehouse_worker_receives_and_does_not_buy(self, draft: PurchaseOrder) -> None:
        keeper = someone(Role.WAREHOUSE)

        assert keeper.post(address(PurchaseOrder, "press", draft.pk, "approve"), {}).status_code == 403
        assert keeper.get(address(PurchaseOrder, "add")).status_code == 403

    def test_a_late_delivery_is_marked(self, owner: Client, sent: PurchaseOrder, at: datetime) -> None:
        PurchaseOrder.objects.filter(pk=sent.pk).update(expected_on=date(2020, 1, 1))

        (row,) = owner.get(address(PurchaseOrder, "desk")).context["awaited"]

        assert row["is_late"]
        assert owner.get(address(PurchaseOrder, "change", sent.pk)).context["next_step"].is_urgent
