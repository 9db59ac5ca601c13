"""An order clerk at work: from the list to the order, paid, picked, shipped, returned and refunded by clicking."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import Page, expect

from config.kernel import clock
from config.kernel.models import User
from config.kernel.roles import Role
from inventory.models import StockLevel
from orders.models import Order
from orders.operations.placing import Buyer
from tests.builders import a_placed_order, a_product, a_shipped_order, a_stocked_variant, a_warehouse
from tests.e2e.browser import LANGUAGES, SCREENS
from tests.e2e.conftest import Visitor
from tests.orders.admin.desk import a_short_order


def a_clerk(name: str) -> User:
    user = User.objects.create_user(name, is_staff=True)
    user.groups.add(Group.objects.get(name=Role.ORDER_CLERK))
    return user


WORDS = {
    "ko": {
        "pay": "결제 기록", "provider": "결제 수단", "reference": "결제 번호", "pick": "피킹 완료 처리", "ship": "출고 처리",
        "carrier": "택배사", "tracking": "송장 번호", "return": "반품 접수", "reason": "사유", "receive": "반품 입고",
        "refund": "환불 기록", "refund_reference": "환불 번호", "to_pay": "결제 대기", "to_pick": "피킹 대기",
        "to_ship": "출고 대기", "shipped": "출고 완료", "owed": "환불 필요",
    },
    "en": {
        "pay": "Record a payment", "provider": "Paid by", "reference": "Payment reference", "pick": "Mark as picked",
        "ship": "Ship", "carrier": "Carrier", "tracking": "Tracking number", "return": "Accept a return", "reason": "Reason",
        "receive": "Receive the goods", "refund": "Record a refund", "refund_reference": "Refund reference",
        "to_pay": "to pay", "to_pick": "to pick", "to_ship": "to ship", "shipped": "shipped", "owed": "Refund due",
    },
}  # fmt: skip


class Desk:
    """The order's page as the clerk uses it: buttons by what they say, fields by their labels."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, title: str) -> None:
        buttons = self.page.locator(".operation-buttons")
        buttons.locator("a, button").filter(has_text=re.compile(rf"{re.escape(title)}$")).click()

    def fill(self, fields: dict[str, str]) -> None:
        for label, value in fields.items():
            self.page.get_by_label(re.compile(rf"^\s*{re.escape(label)}")).fill(value)

    def send(self) -> None:
        self.page.locator(".form-buttons button").click()
        expect(self.page.locator(".form-buttons")).to_have_count(0)

    def expect_state(self, state: str) -> None:
        expect(self.page.locator(".order-state")).to_contain_text(state)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_order_goes_from_to_pay_to_shipped_and_back_by_clicking(visitor: Visitor, language: str) -> None:
    say = WORDS[language]
    cup = a_stocked_variant(5, product=a_product(name="백자 머그잔"), list_price=60_000)
    order = a_placed_order((cup, 2), at=clock.now(), customer=Buyer(f"e2e-{language}", name="김하늘"))
    visit = visitor(language=language)
    visit.log_in(a_clerk(f"clerk-{language}"))
    desk = Desk(visit.page)

    visit.open("/admin/orders/order/?list=to_pay")
    visit.page.get_by_role("link", name=order.number).first.click()
    desk.expect_state(say["to_pay"])

    desk.press(say["pay"])
    desk.fill({say["provider"]: "무통장입금", say["reference"]: f"bank-{language}"})
    desk.send()
    desk.expect_state(say["to_pick"])

    desk.press(say["pick"])
    desk.expect_state(say["to_ship"])

    desk.press(say["ship"])
    desk.fill({say["carrier"]: "한진택배", say["tracking"]: "5512-3344-01"})
    desk.send()
    desk.expect_state(say["shipped"])
    visit.picture(f"order-shipped-{language}")

    desk.press(say["return"])
    desk.fill({cup.sku: "1", say["reason"]: "색상이 달라요"})
    desk.send()
    visit.page.locator(".order-main").get_by_role("link", name=re.compile(r"^R-")).click()
    desk.press(say["receive"])
    desk.send()

    visit.open(f"/admin/orders/order/{order.pk}/change/")
    desk.expect_state(say["owed"])
    desk.press(say["refund"])
    desk.fill({say["refund_reference"]: f"refund-{language}", say["reason"]: "반품"})
    desk.send()

    expect(visit.page.locator(".order-state")).not_to_contain_text(say["owed"])
    visit.picture(f"order-refunded-{language}")
    settled = Order.objects.get(pk=order.pk)
    assert (settled.state, settled.refunded) == (Order.State.SHIPPED, 60_000)
    assert StockLevel.objects.get(variant=cup).on_hand == 4
    assert list(settled.timeline.order_by("id").values_list("kind", flat=True)) == [
        *("PLACED", "PAID", "PICKED", "SHIPPED", "RETURN_ACCEPTED", "RETURNED", "REFUNDED")
    ]


def test_of_two_screens_the_later_click_is_told_that_the_order_moved_on(visitor: Visitor) -> None:
    order = a_placed_order((a_stocked_variant(5), 1), at=clock.now())
    visits = [visitor(), visitor()]
    for number, visit in enumerate(visits):
        visit.log_in(a_clerk(f"twin-{number}"))
        visit.open(f"/admin/orders/order/{order.pk}/press/note/")
        Desk(visit.page).fill({"메모": f"{number}번 직원의 메모"})

    for visit in visits:
        Desk(visit.page).send()

    expect(visits[0].page.locator(".timeline")).to_contain_text("0번 직원의 메모")
    expect(visits[1].page.locator("body")).to_contain_text("다른 직원이 먼저 처리했습니다")
    assert order.timeline.filter(kind="NOTED").count() == 1


@pytest.mark.parametrize(("language", "viewport"), SCREENS)
def test_the_pages_of_orders_fit_every_screen(visitor: Visitor, language: str, viewport: dict[str, int]) -> None:
    at = clock.now()
    a_warehouse(f"far-{language}-{viewport['width']}", name="부산 강서 물류센터 2층")
    named = a_product(name="분청 접시 지름 21cm 수작업 한정판 선물 상자 포함")
    plate = a_stocked_variant(50, product=named, list_price=1_320_000)
    buyer = Buyer(
        f"fits-{language}-{viewport['width']}", name="남궁하늘빛", phone="010-1234-5678", email="a-long-name@example.com"
    )
    order = a_shipped_order((plate, 9), (a_stocked_variant(20), 2), at=at - timedelta(hours=30), customer=buyer)
    pages = {
        "list": "/admin/orders/order/",
        "page": f"/admin/orders/order/{order.pk}/change/",
        "short": f"/admin/orders/order/{a_short_order(at=at).pk}/change/",
        "form": f"/admin/orders/order/{order.pk}/press/accept_return/",
        "picking": "/admin/orders/order/picking/",
        "slip": f"/admin/orders/order/{order.pk}/packing-slip/?prices=1",
        "events": "/admin/orders/orderevent/",
    }
    visit = visitor(language=language, viewport=viewport)
    visit.log_in(a_clerk(f"fits-{language}-{viewport['width']}"))

    for name, path in pages.items():
        visit.open(path)
        visit.picture(f"orders-{name}-{language}-{viewport['width']}")
        assert visit.fits_its_screen(), path
