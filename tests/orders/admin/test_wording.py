"""What the orders' pages call things that come from outside as codes, and in which order they tell what happened."""

from datetime import datetime
from typing import Any

import pytest
from django.urls import reverse

from orders.admin import known
from orders.models import Order, OrderEvent, Payment, UnmatchedPayment
from orders.operations import fulfilling, noting, paying
from tests import builders
from tests.orders.admin.desk import (
    CLERK,
    a_client,
    a_picked_order,
    a_staff_member,
    an_order_with_unmatched_money,
    button,
    page_of,
    press,
    text,
)

pytestmark = pytest.mark.django_db


def a_desk(language: str = "ko") -> Any:
    client = a_client(a_staff_member("clerk", role=CLERK))
    client.cookies["django_language"] = language
    return client


@pytest.mark.parametrize(("language", "card", "web"), [("ko", "카드", "웹"), ("en", "Card", "Web")])
def test_ways_to_pay_and_channels_are_told_in_the_readers_language(at: datetime, language: str, card: str, web: str) -> None:
    order = an_order_with_unmatched_money(at)
    paid = Payment.objects.get().reference
    paying.record_refund(
        number=order.number, reference="r-1", amount=order.total, payment=paid, reason="반품", actor=None, at=at
    )
    client = a_client(a_staff_member())
    client.cookies["django_language"] = language
    lists = ["payment", "refund", "unmatchedpayment", "orderevent"]

    pages = [text(client.get(page_of(order)))] + [text(client.get(reverse(f"admin:orders_{one}_changelist"))) for one in lists]
    pages.append(text(client.get(button(UnmatchedPayment.objects.get(), "pay_back"))))
    pages.append(text(client.get(reverse("admin:orders_payment_change", args=[Payment.objects.get().pk]))))
    orders = text(client.get(reverse("admin:orders_order_changelist")))

    for page in pages:
        assert card in page
        assert "card ·" not in page
        assert ">card<" not in page
        assert 'value="card"' not in page
    assert f">{web}<" in " ".join(orders.split()).replace("> ", ">").replace(" <", "<")
    assert web in pages[0]


def test_what_nobody_knows_is_shown_as_it_came() -> None:
    assert (known.channel("gmarket-7"), known.provider("toss")) == ("gmarket-7", "toss")


@pytest.mark.parametrize(
    ("typed", "kept"), [("카드", "card"), ("Card", "card"), ("CARD", "card"), ("card", "card"), ("toss", "toss")]
)
def test_a_way_to_pay_is_typed_by_its_title_and_kept_by_its_code(at: datetime, typed: str, kept: str) -> None:
    order = builders.a_placed_order(at=at)

    press(a_desk(), order, "pay", provider=typed, reference="p-1", amount="15000")

    assert Payment.objects.get().provider == kept


def test_a_parcel_that_was_not_the_last_is_told_as_such(at: datetime) -> None:
    cup = builders.a_stocked_variant(5)
    order = a_picked_order((cup, 2), at=at)

    fulfilling.ship(number=order.number, positions={1: 1}, actor=None, at=at)
    half = text(a_desk().get(page_of(order)))
    fulfilling.ship(number=order.number, actor=None, at=at)
    events = OrderEvent.objects.filter(kind="SHIPPED").order_by("id")

    assert "<b>부분 출고</b>" in half
    assert "<b>출고 완료</b>" not in half
    assert [event.details["is_part"] for event in events] == [True, False]


def test_what_happened_is_told_newest_first(at: datetime) -> None:
    order = builders.a_paid_order(at=at)
    noting.note(number=order.number, text="선물", actor=None, at=at)
    page = a_desk().get(page_of(order))

    assert [one.what for one in page.context["timeline"]] == ["메모", "결제", "주문 접수"]


class TestAnotherAmount:
    def test_it_is_refused_with_the_way_to_keep_it(self, at: datetime) -> None:
        order = builders.a_placed_order(at=at)

        answer = press(a_desk(), order, "pay", provider="계좌이체", reference="t-1", amount="14000")

        assert "정확히 ₩15,000" in text(answer)
        assert "불일치 결제로 남겨 둡니다" in text(answer)
        assert not UnmatchedPayment.objects.exists()

    def test_it_is_kept_beside_the_order_when_it_really_came(self, at: datetime) -> None:
        order = builders.a_placed_order(at=at)

        answer = press(a_desk(), order, "pay", provider="계좌이체", reference="t-1", amount="14000", keep="on")

        kept = UnmatchedPayment.objects.get()
        assert (kept.provider, kept.reference, kept.amount, kept.why) == ("transfer", "t-1", 14_000, "OTHER_AMOUNT")
        assert "₩14,000을 불일치 결제로 남겨 두었습니다" in text(answer)
        assert Order.objects.get(pk=order.pk).state == "PLACED"

    def test_the_amount_that_is_due_pays_the_order_all_the_same(self, at: datetime) -> None:
        order = builders.a_placed_order(at=at)

        press(a_desk(), order, "pay", provider="card", reference="p-1", amount="15000", keep="on")

        assert (Payment.objects.count(), UnmatchedPayment.objects.count()) == (1, 0)


def test_a_refused_refund_says_money_as_people_write_it(at: datetime) -> None:
    order = builders.a_paid_order(at=at)

    answer = press(a_desk(), order, "refund", provider="", reference="r-1", amount="20000", reason="반품")

    assert "최대 ₩15,000" in text(answer)


@pytest.mark.parametrize("page", ["picking", "packing_slip"])
def test_sheets_to_print_name_the_shop_in_the_browsers_tab(at: datetime, page: str) -> None:
    order = builders.a_placed_order(at=at)
    keys = [order.pk] if page == "packing_slip" else []

    sheet = text(a_desk().get(reverse(f"admin:orders_order_{page}", args=keys)))

    assert "| 구매 시점</title>" in sheet
