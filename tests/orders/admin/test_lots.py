"""Lots on the pages of staff: received, blocked, looked up, and to whom they went."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import override
from rest_framework.test import APIClient

from config.kernel import clock, shop
from config.kernel.models import TokenScope
from config.kernel.roles import Role
from inventory.models import Lot, PurchaseOrder, StockLevel, Variant, Warehouse
from inventory.operations import lots
from orders.operations import returning
from tests.builders import a_shipped_order, a_stocked_variant, a_warehouse
from tests.inventory.admin.pages import press, someone
from tests.inventory.lots import a_tea, balance, lot, lying, receive, sent_order
from tests.inventory.test_api import a_client

pytestmark = pytest.mark.django_db
LATER = date(2099, 12, 31)


@pytest.fixture
def store() -> Warehouse:
    return a_warehouse("icheon", name="이천 물류센터")


@pytest.fixture
def tea(store: Warehouse) -> Variant:
    return a_tea(clock.now())


@pytest.fixture
def order(tea: Variant, store: Warehouse) -> PurchaseOrder:
    return sent_order(tea, store, clock.now())


@pytest.fixture
def keeper() -> Client:
    return someone(Role.WAREHOUSE)


class TestReceiving:
    def test_the_desk_names_lots_line_by_line(self, keeper: Client, tea: Variant, order: PurchaseOrder) -> None:
        line = order.lines.get().pk
        press(
            keeper,
            order,
            "receive",
            seen=seen_of(order),
            delivery_note="1",
            **{f"line-{line}": 5, f"lots-{line}": "A 2099-12-31"},
        )
        press(
            keeper, order, "receive", seen=seen_of(order), delivery_note="2",
            **{f"line-{line}": 7, f"lots-{line}": "A 2099-12-31 3\nB 4 2098-01-31\n"},
        )  # fmt: skip
        assert lying(tea) == {"A": (8, 0), "B": (4, 0)}

    @pytest.mark.parametrize("typed", ["", "A", "A 2099-12-31 x", "A 2099-12-31 4", "A 2099-13-31"])
    def test_what_cannot_be_read_or_does_not_add_up_is_asked_again(
        self, keeper: Client, tea: Variant, order: PurchaseOrder, typed: str
    ) -> None:
        line = order.lines.get().pk
        press(keeper, order, "receive", seen=seen_of(order), delivery_note="1", **{f"line-{line}": 5, f"lots-{line}": typed})
        assert lying(tea) == {}

    def test_a_partner_names_them_too(self, tea: Variant, order: PurchaseOrder) -> None:
        partner: APIClient = a_client(TokenScope.Scope.INTEGRATION)
        address = f"/api/v1/purchase-orders/{order.number}/receive/"
        line: dict[str, object] = {"sku": tea.sku, "quantity": 3}
        refused = partner.post(
            address, {"delivery_note": "1", "lines": [line]}, format="json", HTTP_IDEMPOTENCY_KEY="1"
        )  # fmt: skip
        assert (refused.status_code, refused.json()["code"]) == (422, "lots_unnamed")
        line["lots"] = [{"code": "A", "expires_on": "2099-12-31", "quantity": 3}]
        taken = partner.post(address, {"delivery_note": "1", "lines": [line]}, format="json", HTTP_IDEMPOTENCY_KEY="2")
        assert taken.status_code == 201
        assert lying(tea) == {"A": (3, 0)}


class TestTheLot:
    def test_it_is_blocked_freed_and_written_off_by_buttons(self, keeper: Client, tea: Variant, order: PurchaseOrder) -> None:
        receive(order, tea, "1", clock.now(), A=(5, LATER))
        press(keeper, lot("A"), "block", reason="회수", **seen("A"))
        assert balance(tea) == (5, 0)
        press(keeper, lot("A"), "free", reason="이상 없음", **seen("A"))
        assert balance(tea) == (5, 5)
        press(keeper, lot("A"), "block", reason="회수", **seen("A"))
        press(keeper, lot("A"), "write_off", reason="회수", **seen("A"))
        assert balance(tea) == (0, 0)
        page = keeper.get(reverse("admin:inventory_lot_change", args=[lot("A").pk]))
        assert page.status_code == 200

    def test_an_order_clerk_may_look_and_not_block(self, tea: Variant, order: PurchaseOrder) -> None:
        receive(order, tea, "1", clock.now(), A=(5, LATER))
        clerk = someone(Role.ORDER_CLERK)
        press(clerk, lot("A"), "block", reason="회수", **seen("A"))
        assert not lot("A").is_blocked
        assert clerk.get(reverse("admin:inventory_lot_changelist")).status_code == 200

    def test_a_level_is_counted_by_lot_without_its_figures(
        self, keeper: Client, tea: Variant, store: Warehouse, order: PurchaseOrder
    ) -> None:
        receive(order, tea, "1", clock.now(), A=(5, LATER))
        level = StockLevel.objects.get(variant=tea, warehouse=store)
        row = level.lots.get()
        press(
            keeper, level, "count_lots", reason="실사", seen="5", others="B 2099-01-01 1", **{f"lot-{row.pk}": 3}
        )  # fmt: skip
        assert lying(tea) == {"A": (3, 0), "B": (1, 0)}

    def test_a_sku_begins_to_track_lots_by_a_button(self, order: PurchaseOrder) -> None:
        cup = Variant.objects.get(pk=a_stocked_variant(4).pk)
        press(
            someone(Role.OWNER), cup, "track_lots", shelf_life_days="90", sell_until_days="7", opening="OLD", reason="식품",
            seen=f"{cup.list_price}:{cup.cost}:False:None:0",
        )  # fmt: skip
        assert lying(cup) == {"OLD": (4, 0)}


def seen_of(order: PurchaseOrder) -> str:
    order.refresh_from_db()
    return f"{order.state}:{order.timeline.count()}"


def seen(code: str) -> dict[str, str]:
    row = lot(code)
    units = sum(one.quantity for one in row.levels.all())
    return {"seen": f"{row.blocked_at or ''}:{row.expires_on}:{units}"}


class TestReports:
    def test_what_expires_is_listed_with_what_might_be_done(self, tea: Variant, store: Warehouse, order: PurchaseOrder) -> None:
        today = shop.day(clock.now())
        receive(order, tea, "1", clock.now(), A=(5, today + timedelta(days=9)), B=(4, today + timedelta(days=9)), C=(1, LATER))
        lots.correct_date(
            lot_id=lot("B").pk, expires_on=today - timedelta(days=1), reason="오타", actor=None, at=clock.now()
        )  # fmt: skip
        owner = someone(Role.OWNER)
        page = owner.get(reverse("admin:inventory_expiring"))
        assert page.status_code == 200
        rows = page.context["told"].tables[0].rows
        with override("ko"):
            assert [(row[1].text, str(row[-1].text)) for row in rows] == [("B", "폐기"), ("A", "할인 판매")]
        file = b"".join(owner.get(reverse("admin:inventory_expiring_csv"))).decode()  # type: ignore[arg-type]
        assert "A" in file

    def test_who_got_a_lot_is_a_page_and_a_file(self, tea: Variant, store: Warehouse, order: PurchaseOrder) -> None:
        receive(order, tea, "1", clock.now(), A=(5, LATER))
        sold = a_shipped_order((tea, 3), at=clock.now())
        back = returning.accept(
            number=sold.number, items={1: 1}, warehouse_id=store.pk, reason="변심", actor=None, at=clock.now()
        )  # fmt: skip
        returning.receive(number=back.number, restocked={1: 1}, actor=None, at=clock.now())
        assert lying(tea) == {"A": (3, 0)}
        clerk = someone(Role.ORDER_CLERK)
        key = Lot.objects.get(code="A").pk
        page = clerk.get(reverse("admin:orders_order_lot", args=[key]))
        assert page.status_code == 200
        assert [(one["row"].order, one["row"].units, one["row"].returned) for one in page.context["rows"]] == [
            (sold.number, 3, 1)
        ]
        file = b"".join(clerk.get(reverse("admin:orders_order_lot_csv", args=[key]))).decode()  # type: ignore[arg-type]
        assert sold.number in file
        linked = clerk.get(reverse("admin:inventory_lot_change", args=[key])).content.decode()
        assert reverse("admin:orders_order_lot", args=[key]) in linked
