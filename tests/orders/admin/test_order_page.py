"""The page of an order: what it tells, what its buttons do and refuse, who may press them, and what an old page may not do."""

import re
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from config.kernel.roles import Role
from inventory.models import StockLevel
from orders.models import Fulfillment, Order, OrderEvent, Payment, Refund, Return, Settlement
from orders.operations import canceling, fulfilling, noting, returning
from orders.operations.placing import Buyer
from orders.queries import order_page
from tests.builders import (
    AT,
    a_customer,
    a_paid_order,
    a_placed_order,
    a_promotion,
    a_shipped_order,
    a_stocked_variant,
    a_variant,
    a_warehouse,
    stocked,
)
from tests.config.kernel.pages import foreign_words, words_of
from tests.orders.admin.desk import (
    CLERK,
    a_client,
    a_picked_order,
    a_short_order,
    a_staff_member,
    an_order_with_unmatched_money,
    button,
    page_of,
    press,
    seen_on,
    some_orders,
    text,
)

pytestmark = pytest.mark.django_db

LISTS = ("order", "return", "fulfillment", "payment", "unmatchedpayment", "refund", "orderevent")
BUTTONS = {
    "pay": "orders.pay_order",
    "pick": "orders.ship_order",
    "ship": "orders.ship_order",
    "restock": "orders.ship_order",
    "cancel_missing": "orders.cancel_order",
    "accept_return": "orders.return_order",
    "refund": "orders.refund_order",
    "note": "orders.note_order",
    "cancel": "orders.cancel_order",
}


@pytest.fixture
def client() -> Client:
    return a_client(a_staff_member("clerk", role=CLERK))


def now(order: Order) -> Order:
    return Order.objects.get(pk=order.pk)


def offered(client: Client, row: Any) -> set[str]:
    """The buttons on a row's page."""
    page = text(client.get(reverse(f"admin:orders_{row._meta.model_name}_change", args=[row.pk])))
    return set(re.findall(r"/press/(\w+)/", page))


def kinds(order: Order) -> list[str]:
    return list(order.timeline.order_by("id").values_list("kind", flat=True))


# --- what the page tells -----------------------------------------------------------------------------------------------


def test_the_page_tells_everything_about_an_order(client: Client) -> None:
    a_promotion(name="겨울맞이")
    cup = a_stocked_variant(9, list_price=18_000)
    buyer = Buyer("cust-1", name="김하늘", phone="010-1234-5678")
    earlier = a_placed_order((cup, 1), customer=buyer)
    order = a_paid_order((cup, 2), customer=buyer)
    fulfilling.ship(number=order.number, carrier="한진", tracking_number="5512", actor=None, at=AT)
    noting.note(number=order.number, text="선물 포장", actor=None, at=AT)

    page = words_of(client.get(page_of(order)))

    for told in (
        order.number, "출고 완료", cup.sku, "₩18,000", "-₩3,600", "겨울맞이", "₩32,400", "한진 5512", "김하늘", "010-1234-5678",
        earlier.number, f"pay-{order.number}", "선물 포장", "시스템", "서울특별시 중구 세종대로 110",
    ):  # fmt: skip
        assert told in page, told


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_pages_speak_the_language_of_who_reads_them(language: str) -> None:
    a_promotion(name="1234")
    warehouse = a_warehouse("1", name="1")
    cup = a_stocked_variant(50, warehouse=warehouse, sku="1001")
    order = a_paid_order((cup, 3))
    fulfilling.ship(number=order.number, items={order.lines.get().pk: 2}, tracking_number="99", actor=None, at=AT)
    accepted = returning.accept(
        number=order.number, items={1: 1}, warehouse_id=warehouse.pk, reason="-", actor=None, at=AT
    )  # fmt: skip
    paid_twice = an_order_with_unmatched_money()
    extra = paid_twice.unmatched_payments.get()
    client = a_client(a_staff_member())
    client.cookies["django_language"] = language
    addresses = [
        page_of(order), page_of(a_short_order()), page_of(a_placed_order((cup, 1))),
        *(button(order, name) for name in ("ship", "accept_return", "refund", "note")),
        reverse("admin:orders_return_change", args=[accepted.pk]), button(accepted, "receive"),
        page_of(paid_twice), reverse("admin:orders_unmatchedpayment_change", args=[extra.pk]), button(extra, "pay_back"),
        button(extra, "explain"),
        *(reverse(f"admin:orders_{name}_changelist") for name in LISTS),
    ]  # fmt: skip

    for address in addresses:
        # Without the sidebar, which is other apps' business as well.
        main = "<div" + text(client.get(address)).partition('id="main"')[2]
        said = words_of(SimpleNamespace(content=main.encode()))
        assert len(said) > 40
        # What people typed is in their own language, whoever reads it.
        said = re.sub(
            r"CUP-\d+|(pay|twice)-[\d-]+|[SR]-\d{6}-\d+|SKU|CSV|\bcard\b|\bweb\b|백자 잔 \d+|김하늘|서울특별시 중구 세종대로",
            "",
            said,
        )
        assert foreign_words(said, language) == [], address


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("placed", "결제를 기다립니다"),
        ("paid", "상품을 피킹해 주세요"),
        ("picked", "포장해서 출고해 주세요"),
        ("shipped", "모두 출고했습니다"),
        ("short", "1개 부족합니다"),
        ("canceled", "취소되었습니다"),
    ],
)
def test_the_page_says_what_to_do_next(client: Client, state: str, told: str) -> None:
    make = {
        "placed": a_placed_order, "paid": a_paid_order, "picked": a_picked_order, "shipped": a_shipped_order,
        "short": a_short_order, "canceled": a_placed_order,
    }  # fmt: skip
    order = make[state]()
    if state == "canceled":
        canceling.cancel(number=order.number, reason="변심", actor=None, at=AT)

    assert told in text(client.get(page_of(order)))


def test_money_that_must_go_back_is_named_on_the_page(client: Client) -> None:
    order = a_paid_order()
    canceling.cancel(number=order.number, reason="품절", actor=None, at=AT)

    assert "₩15,000을 환불해야 합니다" in text(client.get(page_of(order)))


# --- which buttons -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "buttons"),
    [
        ("placed", {"pay", "note", "cancel"}),
        ("paid", {"pick", "ship", "refund", "note", "cancel"}),
        ("picked", {"ship", "refund", "note", "cancel"}),
        ("shipped", {"accept_return", "refund", "note"}),
        ("short", {"ship", "restock", "cancel_missing", "refund", "note", "cancel"}),
    ],
)
def test_the_page_offers_what_the_state_allows(client: Client, state: str, buttons: set[str]) -> None:
    make = {
        "placed": a_placed_order, "paid": a_paid_order, "picked": a_picked_order, "shipped": a_shipped_order,
        "short": a_short_order,
    }  # fmt: skip

    assert offered(client, make[state]()) == buttons


@pytest.mark.parametrize("role", list(Role))
def test_a_role_is_offered_and_allowed_only_what_it_was_granted(role: Role) -> None:
    user = a_staff_member("somebody", role=role, superuser=False)
    client = a_client(user)
    orders = [a_placed_order(), a_paid_order(), a_shipped_order(), a_short_order()]
    allowed = {name for name, permission in BUTTONS.items() if user.has_perm(permission)}

    assert set().union(*(offered(client, order) for order in orders)) == allowed
    for name in BUTTONS.keys() - allowed:
        assert client.post(button(orders[0], name), {"reason": "x", "note": "x"}).status_code == 403
    assert OrderEvent.objects.filter(actor=user).count() == 0


def test_the_warehouse_picks_and_ships_but_moves_no_money() -> None:
    client = a_client(a_staff_member("packer", role=Role.WAREHOUSE))

    assert offered(client, a_paid_order()) == {"pick", "ship", "note"}
    assert offered(client, a_shipped_order()) == {"note"}


# --- what the buttons do -----------------------------------------------------------------------------------------------


def test_a_payment_is_recorded(client: Client) -> None:
    order = a_placed_order()
    asked = text(client.get(button(order, "pay")))
    assert 'value="15000"' in asked

    press(client, order, "pay", provider="무통장입금", reference="B-1", amount="15000")

    payment = Payment.objects.get()
    assert (payment.order, payment.provider, payment.reference, payment.amount) == (order, "무통장입금", "B-1", 15_000)
    event = order.timeline.latest("id")
    assert (now(order).state, event.kind, event.actor.username) == ("PAID", "PAID", "clerk")
    assert LogEntry.objects.filter(object_id=str(order.pk)).count() == 1


def test_a_payment_of_another_amount_is_refused_with_what_is_due(client: Client) -> None:
    order = a_placed_order()

    page = press(client, order, "pay", provider="card", reference="B-1", amount="14999")

    assert "정확히" in text(page)
    assert 'value="B-1"' in text(page)
    assert not Payment.objects.exists()


@pytest.mark.parametrize("amount", ["0", "-5", "100.5", "abc", ""])
def test_an_amount_that_is_none_is_named_at_its_field(client: Client, amount: str) -> None:
    page = press(client, a_placed_order(), "pay", provider="card", reference="B-1", amount=amount)

    assert page.context["form"].errors.keys() == {"amount"}
    assert not Payment.objects.exists()


def test_an_order_is_picked_with_one_press(client: Client) -> None:
    order = a_paid_order()

    press(client, order, "pick")

    assert (now(order).state, kinds(order)[-1]) == ("PICKED", "PICKED")


def test_part_of_an_order_is_shipped_and_then_the_rest(client: Client) -> None:
    cup, plate = a_stocked_variant(5), a_stocked_variant(5)
    order = a_paid_order((cup, 2), (plate, 1))
    cups, plates = order.lines.order_by("position")

    press(client, order, "ship", **{f"units_{cups.pk}": "1", f"units_{plates.pk}": ""}, carrier="한진", tracking_number="T-1")
    between = now(order).state
    asked = text(client.get(button(order, "ship")))
    press(client, order, "ship", **{f"units_{cups.pk}": "1", f"units_{plates.pk}": "1"}, carrier="한진", tracking_number="T-2")

    assert between == "PARTLY_SHIPPED"
    assert 'value="한진"' in asked
    assert now(order).state == "SHIPPED"
    assert list(Fulfillment.objects.order_by("id").values_list("tracking_number", flat=True)) == ["T-1", "T-2"]
    assert StockLevel.objects.get(variant=cup).on_hand == 3


@pytest.mark.parametrize(("units", "told"), [("3", "2"), ("-1", "0"), ("", "하나 이상"), ("0", "하나 이상"), ("x", "정수")])
def test_units_that_cannot_be_shipped_are_refused_in_the_form(client: Client, units: str, told: str) -> None:
    order = a_paid_order((a_stocked_variant(5), 2))
    line = order.lines.get()

    page = press(client, order, "ship", **{f"units_{line.pk}": units})

    assert told in " ".join(str(error) for errors in page.context["form"].errors.values() for error in errors)
    assert not Fulfillment.objects.exists()


def test_units_in_two_warehouses_leave_in_two_parcels(client: Client) -> None:
    near, far = a_warehouse("near", priority=1, name="서울"), a_warehouse("far", priority=2, name="부산")
    cup = a_variant()
    stocked(cup, near, 2)
    stocked(cup, far, 3)
    order = a_paid_order((cup, 5))
    asked = text(client.get(button(order, "ship")))
    assert "서울 2, 부산 3" in asked

    press(client, order, "ship", warehouse=near.pk, tracking_number="N-1")
    press(client, order, "ship", **{f"units_{order.lines.get().pk}": "3"}, tracking_number="F-1")

    assert now(order).state == "SHIPPED"
    assert list(Fulfillment.objects.order_by("id").values_list("warehouse__code", "tracking_number")) == [
        ("near", "N-1"),
        ("far", "F-1"),
    ]


def test_an_order_is_canceled_with_a_reason(client: Client) -> None:
    order = a_paid_order()

    nameless = press(client, order, "cancel", reason="")
    assert nameless.context["form"].errors.keys() == {"reason"}
    press(client, order, "cancel", reason="고객 변심")

    assert (now(order).state, now(order).refund_due) == ("CANCELED", True)
    assert order.timeline.latest("id").reason == "고객 변심"
    assert StockLevel.objects.get().reserved == 0


def test_missing_units_are_found_again_or_given_up(client: Client) -> None:
    found, lost = a_short_order(), a_short_order()

    press(client, found, "restock")
    press(client, lost, "cancel_missing", reason="단종")

    assert (now(found).is_short, kinds(found)[-1]) == (False, "RESTOCKED")
    assert (now(lost).is_short, now(lost).refund_due, lost.lines.get().canceled) == (False, True, 1)


def test_stock_that_is_not_there_is_not_found_again(client: Client) -> None:
    order = a_short_order()
    other = a_placed_order((order.lines.get().variant, 1))

    page = press(client, order, "restock")

    assert other.state == "PLACED"
    assert now(order).is_short
    assert "재고" in text(page)
    assert "다시 확보했습니다" not in text(page)


def test_a_return_is_accepted_received_and_refunded(client: Client) -> None:
    cup = a_stocked_variant(5, list_price=60_000)
    order = a_shipped_order((cup, 2))
    place = order.fulfillments.get().warehouse_id

    press(client, order, "accept_return", units_1="2", warehouse=place, reason="색상이 달라요")
    accepted = Return.objects.get()
    assert (accepted.state, accepted.reason, offered(client, accepted)) == ("ACCEPTED", "색상이 달라요", {"receive", "refuse"})
    press(client, accepted, "receive", units_1="1")
    assert (now(order).refund_due, StockLevel.objects.get().on_hand) == (True, 4)
    assert 'value="120000"' in text(client.get(button(order, "refund")))
    press(client, order, "refund", reference="RF-1", amount="120000", reason="반품 환불")

    refund = Refund.objects.get()
    assert (refund.amount, refund.actor.username if refund.actor else "") == (120_000, "clerk")
    assert now(order).refund_due is False
    assert kinds(order)[-3:] == ["RETURN_ACCEPTED", "RETURNED", "REFUNDED"]


def test_units_on_their_way_back_are_not_returned_twice(client: Client) -> None:
    order = a_shipped_order((a_stocked_variant(5), 2))
    place = order.fulfillments.get().warehouse_id
    press(client, order, "accept_return", units_1="1", warehouse=place, reason="하나만")

    page = press(client, order, "accept_return", units_1="2", warehouse=place, reason="둘 다")

    assert page.context["form"].errors.keys() == {"units_1"}
    assert Return.objects.count() == 1


def test_a_return_tells_its_refund_before_the_goods_are_here(client: Client) -> None:
    order = a_shipped_order((a_stocked_variant(5, list_price=60_000), 3))
    place = order.fulfillments.get().warehouse_id
    press(client, order, "accept_return", units_1="2", warehouse=place, reason="변심")
    back = Return.objects.get()
    listed, page = reverse("admin:orders_return_changelist"), reverse("admin:orders_return_change", args=[back.pk])

    assert "입고 시 확정" in text(client.get(listed))
    assert "₩120,000 (입고 시 확정)" in text(client.get(page))
    press(client, back, "receive", units_1="2")

    assert "₩120,000" in text(client.get(listed))
    assert "입고 시 확정" not in text(client.get(page))


def test_a_refused_return_has_no_refund(client: Client) -> None:
    order = a_shipped_order()
    press(client, order, "accept_return", units_1="1", warehouse=order.fulfillments.get().warehouse_id, reason="불량")
    press(client, Return.objects.get(), "refuse", reason="사용 흔적")

    assert "₩0" not in text(client.get(reverse("admin:orders_return_changelist")))


def test_goods_go_back_to_the_warehouse_that_shipped_them(client: Client) -> None:
    a_warehouse("FIRST", priority=1)
    order = a_shipped_order((a_stocked_variant(5, a_warehouse("SHIPPED", priority=900)), 1))
    a_warehouse("LAST", priority=999)

    form = client.get(button(order, "accept_return")).context["form"]

    assert form.fields["warehouse"].initial == order.fulfillments.get().warehouse_id
    assert f'value="{order.fulfillments.get().warehouse_id}" selected' in str(form["warehouse"])


def test_a_return_is_refused(client: Client) -> None:
    order = a_shipped_order()
    place = order.fulfillments.get().warehouse_id
    press(client, order, "accept_return", units_1="1", warehouse=place, reason="불량")

    press(client, Return.objects.get(), "refuse", reason="사용 흔적")

    assert Return.objects.get().state == "REFUSED"
    assert order.timeline.latest("id").reason == "사용 흔적"


def test_more_than_was_paid_does_not_go_back(client: Client) -> None:
    order = a_paid_order()

    page = press(client, order, "refund", reference="RF-1", amount="15001", reason="실수")

    assert "최대" in text(page)
    assert not Refund.objects.exists()


def test_a_note_is_kept_with_its_writer(client: Client) -> None:
    order = a_placed_order()

    press(client, order, "note", note="경비실에 맡겨 주세요")

    event = order.timeline.latest("id")
    assert (event.kind, event.reason, event.actor.username) == ("NOTED", "경비실에 맡겨 주세요", "clerk")


# --- two people, one order ---------------------------------------------------------------------------------------------


def test_of_cancel_and_ship_on_the_same_page_the_later_is_refused(client: Client) -> None:
    colleague = a_client(a_staff_member("colleague", role=CLERK))
    order = a_paid_order()
    line = order.lines.get()
    seen = seen_on(client.get(button(order, "cancel")))
    assert seen == seen_on(colleague.get(button(order, "ship")))

    colleague.post(button(order, "ship"), {"seen": seen, f"units_{line.pk}": "1"})
    page = client.post(button(order, "cancel"), {"seen": seen, "reason": "변심"}, follow=True)

    assert now(order).state == "SHIPPED"
    assert "지금 상태에서는" in text(page)


def test_a_form_filled_in_while_a_colleague_acted_does_nothing_and_says_so(client: Client) -> None:
    colleague = a_client(a_staff_member("colleague", role=CLERK))
    order = a_paid_order((a_stocked_variant(5), 3))
    line = order.lines.get()
    seen = seen_on(client.get(button(order, "ship")))

    typed = {"seen": seen, f"units_{line.pk}": "1"}
    colleague.post(button(order, "ship"), typed)
    page = client.post(button(order, "ship"), typed, follow=True)

    assert "다른 직원이 먼저 처리했습니다" in text(page)
    assert Fulfillment.objects.count() == 1
    assert order.lines.get().shipped == 1


def test_the_same_refund_form_sent_twice_pays_once(client: Client) -> None:
    order = a_paid_order()
    seen = seen_on(client.get(button(order, "refund")))

    client.post(button(order, "refund"), {"seen": seen, "reference": "RF-1", "amount": "5000", "reason": "할인"})
    page = client.post(
        button(order, "refund"), {"seen": seen, "reference": "RF-2", "amount": "5000", "reason": "할인"}, follow=True
    )

    assert "다른 직원이 먼저 처리했습니다" in text(page)
    assert Refund.objects.count() == 1


def test_a_form_without_a_version_is_refused(client: Client) -> None:
    order = a_paid_order()

    page = client.post(button(order, "pick"), follow=True)

    assert "다른 직원이 먼저 처리했습니다" in text(page)
    assert now(order).state == "PAID"


def test_everything_that_happens_moves_the_version_on(client: Client) -> None:
    order = a_placed_order(customer=Buyer(a_customer().external_id))
    versions = [order_page.version(order=order)]
    for name, typed in (
        ("pay", {"provider": "card", "reference": "1", "amount": "15000"}),
        ("pick", {}),
        ("note", {"note": "메모"}),
        ("ship", {f"units_{order.lines.get().pk}": "1"}),
        ("refund", {"reference": "2", "amount": "1", "reason": "할인"}),
    ):
        press(client, order, name, **typed)
        versions.append(order_page.version(order=order))

    assert len(set(versions)) == 6


def test_an_order_that_is_not_there_is_not_found(client: Client) -> None:
    order = some_orders(1)[0]

    assert client.post(button(order, "nonsense")).status_code == 404
    assert client.get(reverse("admin:orders_order_press", args=[order.pk + 999, "ship"])).status_code == 404
    assert client.get(reverse("admin:orders_order_packing_slip", args=["abc"])).status_code == 404


def test_money_that_came_twice_is_shown_until_staff_settle_it(client: Client) -> None:
    order, other = an_order_with_unmatched_money(), an_order_with_unmatched_money()
    extra = order.unmatched_payments.get()

    assert "받을 금액과 맞지 않는 ₩15,000이 들어왔습니다" in text(client.get(page_of(order)))
    assert reverse("admin:orders_unmatchedpayment_change", args=[extra.pk]) in text(client.get(page_of(order)))
    page = press(client, extra, "pay_back", reference="r-1", reason="이중 결제")
    press(client, other.unmatched_payments.get(), "explain", reason="대행사 오류")

    assert "환불함" in text(page)
    assert kinds(order)[-2:] == kinds(other)[-2:] == ["UNMATCHED", "SETTLED"]
    assert not Order.objects.filter(has_unmatched=True).exists()
    settled = words_of(client.get(page_of(order)))
    assert "들어왔습니다" not in settled
    assert "이중 결제" in settled
    assert offered(client, extra) == set()


def test_a_refund_asks_which_payment_went_back_while_another_waits(client: Client) -> None:
    order = an_order_with_unmatched_money()
    extra, paid = order.unmatched_payments.get(), order.payments.get()
    typed = {"amount": "15000", "reason": "변심"}

    form = text(client.get(button(order, "refund")))
    assert extra.reference in form
    assert paid.reference in form
    assert "환불한 결제" in text(press(client, order, "refund", reference="RF-1", **typed))
    wrong = press(client, order, "refund", reference="RF-1", payment=extra.reference, **typed)
    assert f"{extra.reference} 결제는 이 주문이 받을 돈이 아닙니다" in text(wrong)
    assert not Refund.objects.exists()
    press(client, order, "refund", reference="RF-1", payment=paid.reference, **typed)

    assert Refund.objects.get().payment == paid
    press(client, extra, "pay_back", reference="RF-2", reason="이중 결제")
    assert "환불한 결제" not in text(client.get(button(order, "refund")))


def test_unmatched_money_is_listed_by_what_is_settled_and_what_is_not(client: Client) -> None:
    first, second = (an_order_with_unmatched_money().unmatched_payments.get() for _ in range(2))
    press(client, first, "explain", reason="대행사 오류")

    def found(**asked: str) -> set[Any]:
        return set(client.get(reverse("admin:orders_unmatchedpayment_changelist"), asked).context["cl"].queryset)

    assert found(settled="no") == {second}
    assert found(settled="yes") == {first}
    assert found(settled="perhaps") == found() == {first, second}


def test_only_who_may_refund_settles_unmatched_money() -> None:
    extra = an_order_with_unmatched_money().unmatched_payments.get()
    onlooker = a_client(a_staff_member("onlooker", role=Role.WAREHOUSE))

    assert offered(onlooker, extra) == set()
    assert onlooker.post(button(extra, "explain"), {"reason": "없음", "seen": ""}).status_code == 403
    assert not Settlement.objects.exists()


def test_late_money_for_an_expired_order_is_recorded_and_owed_back(client: Client) -> None:
    order = a_placed_order(at=AT - timedelta(hours=3))
    canceling.expire_due(at=AT)

    page = press(client, order, "pay", provider="무통장입금", reference="B-9", amount="15000")

    assert (now(order).state, now(order).refund_due) == ("EXPIRED", True)
    assert "₩15,000을 환불해야 합니다" in text(page)
