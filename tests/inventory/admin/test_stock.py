"""The pages of stock: corrected by buttons, and counted."""

from datetime import datetime
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils.translation import override

from config.kernel import clock
from config.kernel.admin import wording
from config.kernel.models import User
from config.kernel.roles import Role
from inventory.models import (
    StockCount,
    StockLevel,
    StockMovement,
    Variant,
    Warehouse,
)
from inventory.operations import counting, stock
from tests.builders import (
    a_stocked_variant,
    a_variant,
    a_warehouse,
    stocked,
)
from tests.inventory.admin.pages import address, level, press, someone, told

pytestmark = pytest.mark.django_db


class TestCorrecting:
    def test_the_warehouse_adjusts_writes_off_and_moves(self, cup: Variant, at: datetime) -> None:
        client, busan = someone(Role.WAREHOUSE), a_warehouse("busan")

        press(client, level(cup), "adjust", quantity="3", reason="찾음", seen="10")
        press(client, level(cup), "write_off", quantity="2", cause="BROKEN", reason="파손", seen="13")
        press(client, level(cup), "transfer", quantity="4", to_warehouse=busan.pk, reason="보충", seen="11")

        on_hand = dict(StockLevel.objects.filter(variant=cup).values_list("warehouse__code", "on_hand"))
        assert on_hand == {"icheon": 7, "busan": 4}
        assert set(StockMovement.objects.exclude(kind="ADJUSTMENT").values_list("actor__username", flat=True)) == {
            "one-warehouse"
        }

    def test_the_audit_names_the_level_what_it_was_and_is_and_why(self, owner: Client, cup: Variant) -> None:
        busan = a_warehouse("busan", name="부산 남부센터")
        press(owner, level(cup), "adjust", quantity="3", reason="실사 중 발견", seen="10")
        press(owner, level(cup), "transfer", quantity="4", to_warehouse=busan.pk, reason="보충", seen="13")

        entries = LogEntry.objects.order_by("id")

        assert {entry.object_repr for entry in entries} == {"CUP-WHITE · 이천 물류센터"}
        with override("ko"):
            assert [wording.change(entry) for entry in entries] == [
                "재고 조정 · 10 → 13 · 실사 중 발견",
                "창고 이동 · 13 → 9 · 부산 남부센터 · 보충",
            ]

    def test_a_refusal_is_told_on_the_form_with_what_was_typed(self, owner: Client, cup: Variant) -> None:
        answer = press(owner, level(cup), "write_off", quantity="11", cause="BROKEN", reason="파손", seen="10")

        assert "10" in told(answer)
        assert answer.context["form"]["quantity"].value() == "11"
        assert level(cup).on_hand == 10

    @pytest.mark.parametrize(
        ("button", "units", "lies_there"), [("adjust", "5", 15), ("write_off", "5", 5), ("transfer", "5", 5)]
    )
    def test_a_form_that_is_sent_twice_moves_the_stock_once(
        self, owner: Client, cup: Variant, button: str, units: str, lies_there: int
    ) -> None:
        asked = owner.get(address(StockLevel, "press", level(cup).pk, button))
        told_of = {"reason": "이중 클릭", "cause": "BROKEN", "to_warehouse": a_warehouse().pk}
        typed = {**asked.context["hidden"], "quantity": units, **told_of}

        here = level(cup)
        press(owner, here, button, **typed)
        again = press(owner, here, button, **typed)

        assert StockLevel.objects.get(variant=cup, warehouse__code="icheon").on_hand == lies_there
        assert "두 번 처리하지 않았습니다" in told(again)

    @pytest.mark.parametrize("button", ["adjust", "write_off", "transfer"])
    def test_of_two_who_saw_the_same_miscount_one_corrects_it(
        self, owner: Client, cup: Variant, warehouse: Warehouse, at: datetime, button: str
    ) -> None:
        asked = owner.get(address(StockLevel, "press", level(cup).pk, button))
        stock.adjust(variant_id=cup.pk, warehouse_id=warehouse.pk, quantity=-2, reason="동료", actor=None, at=at)

        answer = press(
            owner, level(cup), button,
            **asked.context["hidden"], quantity="2", reason="나도", cause="LOST", to_warehouse=a_warehouse().pk,
        )  # fmt: skip

        assert StockLevel.objects.get(variant=cup, warehouse__code="icheon").on_hand == 8
        assert "다른 직원이 먼저" in told(answer)

    @pytest.mark.parametrize(("button", "units"), [("adjust", "61"), ("adjust", "-61"), ("write_off", "61")])
    def test_beyond_the_limit_of_counts_nobody_corrects_alone(
        self, owner: Client, cup: Variant, warehouse: Warehouse, button: str, units: str
    ) -> None:
        stocked(cup, warehouse, 90)
        values = {"reason": "정정", "cause": "LOST", "seen": "100"}
        clerk = someone(Role.WAREHOUSE)

        refused = press(clerk, level(cup), button, quantity=units, **values)

        assert "혼자 결정할 수 있는 금액" in told(refused)
        assert level(cup).on_hand == 100
        press(owner, level(cup), button, quantity=units, **values)
        assert level(cup).on_hand in (39, 161)

    def test_several_small_corrections_of_a_day_are_one_and_a_slip_may_be_put_right(
        self, cup: Variant, warehouse: Warehouse
    ) -> None:
        stocked(cup, warehouse, 90)
        clerk = someone(Role.WAREHOUSE)
        press(clerk, level(cup), "write_off", quantity="40", cause="LOST", reason="분실", seen="100")

        refused = press(clerk, level(cup), "adjust", quantity="-30", reason="실수", seen="60")

        assert "오늘 이 SKU에 이미 한 조정과 합하면" in told(refused)
        assert level(cup).on_hand == 60
        press(clerk, level(cup), "adjust", quantity="40", reason="찾음", seen="60")
        assert level(cup).on_hand == 100
        press(clerk, level(cup), "write_off", quantity="40", cause="LOST", reason="분실", seen="100")
        counter = User.objects.get(groups__name=Role.WAREHOUSE.value)
        counted = counting.count(warehouse_id=warehouse.pk, lines=[(cup.pk, 60, 30)], note="", actor=counter, at=clock.now())
        assert (counted.state, level(cup).on_hand) == ("COUNTED", 60), "a quick count adds to it, too"

    def test_up_to_the_limit_the_warehouse_corrects(self, cup: Variant, warehouse: Warehouse) -> None:
        stocked(cup, warehouse, 90)

        press(someone(Role.WAREHOUSE), level(cup), "write_off", quantity="60", cause="LOST", reason="분실", seen="100")

        assert level(cup).on_hand == 40

    def test_a_buyer_may_look_and_not_correct(self, cup: Variant) -> None:
        answer = someone(Role.BUYER).post(address(StockLevel, "press", level(cup).pk, "adjust"), {"quantity": 1, "reason": "x"})

        assert answer.status_code == 403


class TestCounting:
    def choose(self, warehouse: Warehouse, *skus: str) -> dict[str, Any]:
        return {"warehouse": warehouse.pk, "skus": "\n".join(skus)}

    def test_a_count_by_category_shows_what_ever_lay_there(self, owner: Client, cup: Variant, warehouse: Warehouse) -> None:
        page = owner.get(
            address(StockCount, "count"), {"warehouse": warehouse.pk, "category": cup.product.category_id, "skus": ""}
        )

        assert [(row.line.variant.sku, row.expected) for row in page.context["rows"]] == [("CUP-WHITE", 10)]

    def test_what_was_found_is_recorded_and_an_empty_line_is_not_counted(
        self, owner: Client, cup: Variant, warehouse: Warehouse
    ) -> None:
        plate = a_variant(sku="PLATE")
        values = self.choose(warehouse, cup.sku, plate.sku) | {
            f"expected-{cup.pk}": 10, f"counted-{cup.pk}": "8", f"expected-{plate.pk}": 0, f"counted-{plate.pk}": "",
            "note": "11월 말",
        }  # fmt: skip

        owner.post(address(StockCount, "count"), values)

        taken = StockCount.objects.get()
        assert (taken.note, [(line.expected, line.counted) for line in taken.lines.all()]) == ("11월 말", [(10, 8)])
        assert level(cup).on_hand == 8

    def test_a_second_click_makes_no_second_count(self, owner: Client, cup: Variant, warehouse: Warehouse) -> None:
        chosen = {"warehouse": warehouse.pk, "skus": cup.sku}
        slip = owner.get(address(StockCount, "count"), chosen).context["slip"]
        values = chosen | {f"expected-{cup.pk}": 10, f"counted-{cup.pk}": 10, "slip": slip}

        owner.post(address(StockCount, "count"), values)
        again = owner.post(address(StockCount, "count"), values, follow=True)

        assert StockCount.objects.count() == 1
        assert "두 번 처리하지 않았습니다" in told(again)

    def test_a_count_that_was_overtaken_is_refused_and_asks_for_the_moved_line_again(
        self, owner: Client, cup: Variant, warehouse: Warehouse, at: datetime
    ) -> None:
        plate = a_stocked_variant(3, warehouse, sku="PLATE")
        stock.adjust(variant_id=cup.pk, warehouse_id=warehouse.pk, quantity=-1, reason="판매", actor=None, at=at)
        values = self.choose(warehouse, cup.sku, plate.sku) | {
            f"expected-{cup.pk}": 10, f"counted-{cup.pk}": "10", f"expected-{plate.pk}": 3, f"counted-{plate.pk}": "2",
        }  # fmt: skip

        page = owner.post(address(StockCount, "count"), values)

        rows = {row.line.variant.sku: row for row in page.context["rows"]}
        assert (rows["CUP-WHITE"].expected, rows["CUP-WHITE"].typed) == (9, "")
        assert rows["CUP-WHITE"].error
        assert (rows["PLATE"].typed, rows["PLATE"].error) == ("2", "")
        assert not StockCount.objects.exists()

    @pytest.mark.parametrize("typed", ["-1", "1.5", "열", "9" * 30])
    def test_what_is_no_quantity_is_named_at_its_line(
        self, owner: Client, cup: Variant, warehouse: Warehouse, typed: str
    ) -> None:
        values = self.choose(warehouse, cup.sku) | {f"expected-{cup.pk}": 10, f"counted-{cup.pk}": typed}

        page = owner.post(address(StockCount, "count"), values)

        assert page.context["rows"][0].error
        assert not StockCount.objects.exists()

    @pytest.mark.parametrize("skus", ["NO-SUCH-SKU", ""])
    def test_what_cannot_be_counted_is_refused_naming_it(self, owner: Client, warehouse: Warehouse, skus: str) -> None:
        page = owner.get(address(StockCount, "count"), self.choose(warehouse, skus))

        assert list(page.context["form"].errors) == ["skus"]
        assert skus in page.content.decode()
