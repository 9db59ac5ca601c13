"""Names, phone numbers and addresses: whole for those who speak or send to customers, masked for everybody else."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from config.kernel.roles import Role
from orders.models import Order
from orders.operations.placing import Buyer
from tests.builders import a_shipped_order
from tests.orders.admin.desk import a_client, a_staff_member, page_of, text
from tests.orders.admin.test_order_list import LIST, numbers_on

pytestmark = pytest.mark.django_db

SEEING = [Role.OWNER, Role.ORDER_CLERK, Role.WAREHOUSE, Role.MARKETER]
NOT_SEEING = [Role.BUYER, Role.ANALYST, Role.VIEWER]
SECRETS = (
    "김하늘",
    "이바다",
    "010-1234-5678",
    "010-8765-4321",
    "haneul@shop.example",
    "테헤란로",
    "3층",
    "문 앞에",
    "벨 누르지",
)


@pytest.fixture
def order() -> Order:
    to = {
        "name": "이바다", "phone": "010-8765-4321", "postal_code": "06236", "address": "서울 강남구 테헤란로 1",
        "detail": "3층", "message": "문 앞에 놓아 주세요",
    }  # fmt: skip
    who = Buyer("c-77", name="김하늘", phone="010-1234-5678", email="haneul@shop.example")
    return a_shipped_order(customer=who, ship_to=to, note="벨 누르지 마세요")


def desk_of(role: Role) -> Client:
    return a_client(a_staff_member("somebody", role=role, superuser=False))


def slips(order: Order) -> list[str]:
    sent = order.fulfillments.get()
    slip = reverse("admin:orders_order_packing_slip", args=[order.pk])
    return [slip, f"{slip}?parcel={sent.number}"]


def found(desk: Client, term: str) -> list[str]:
    return numbers_on(desk.get(LIST, {"q": term}))


@pytest.mark.parametrize("role", NOT_SEEING)
def test_who_only_looks_learns_neither_name_nor_phone_nor_address(role: Role, order: Order) -> None:
    desk = desk_of(role)
    sent = reverse("admin:orders_fulfillment_change", args=[order.fulfillments.get().pk])

    for address in (LIST, f"{LIST}?customer=c-77", page_of(order), sent):
        page = desk.get(address)
        assert page.status_code == 200
        assert not [secret for secret in SECRETS if secret in text(page)], address
        assert "packing-slip" not in text(page), address
    shown = text(desk.get(page_of(order)))
    assert all(masked in shown for masked in ("김**", "이**", "010********", "(06236) ****", "c-77"))
    assert [desk.get(slip).status_code for slip in slips(order)] == [403, 403]


@pytest.mark.parametrize("role", NOT_SEEING)
def test_who_only_looks_finds_no_order_by_a_guessed_name_or_phone(role: Role, order: Order) -> None:
    desk = desk_of(role)

    assert [found(desk, term) for term in ("김하늘", "010-1234-5678", "01012345678")] == [[], [], []]
    assert [found(desk, term) for term in (order.number, "c-77")] == [[order.number], [order.number]]
    assert "전화번호" not in text(desk.get(LIST))


@pytest.mark.parametrize("role", SEEING)
def test_who_speaks_or_sends_to_customers_sees_all_of_it(role: Role, order: Order) -> None:
    desk = desk_of(role)

    assert not [secret for secret in SECRETS if secret not in text(desk.get(page_of(order)))]
    assert "김하늘" in text(desk.get(LIST))
    assert [found(desk, term) for term in ("김하늘", "01012345678")] == [[order.number], [order.number]]
    assert [desk.get(slip).status_code for slip in slips(order)] == [200, 200]


def downloaded(desk: Client, order: Order, query: str = "") -> Any:
    answer = desk.post(f"{LIST}{query}", {"action": "export_selected", "_selected_action": [order.pk]})
    return b"".join(answer.streaming_content).decode() if answer.streaming else None


@pytest.mark.parametrize("role", list(Role))
def test_a_table_of_orders_is_for_those_who_work_with_it(role: Role, order: Order) -> None:
    table = downloaded(desk_of(role), order)

    if role not in (Role.OWNER, Role.ORDER_CLERK, Role.MARKETER, Role.ANALYST):
        assert table is None
        assert not LogEntry.objects.exists()
    else:
        assert ("김하늘" in table) == (role in SEEING)
        assert ("김**" in table) == (role not in SEEING)


def test_the_audit_tells_which_list_was_downloaded_and_no_phone_number(order: Order) -> None:
    clerk = desk_of(Role.ORDER_CLERK)

    downloaded(clerk, order, "?state__exact=SHIPPED&q=010-1234-5678")
    downloaded(clerk, order)

    narrowed, whole = LogEntry.objects.order_by("id")
    assert narrowed.change_message.endswith(" · state__exact=SHIPPED&q=010********")
    assert " · " not in whole.change_message
    assert narrowed.object_repr == whole.object_repr == "주문 1건"


def test_the_audit_keeps_every_filter_whole_and_nothing_else_of_the_address(order: Order) -> None:
    narrowing = f"state__exact=SHIPPED&list={'x' * 250}"

    downloaded(desk_of(Role.ORDER_CLERK), order, f"?{narrowing}&e=010-1234-5678&o=010-1234-5678")

    assert LogEntry.objects.get().change_message.endswith(f" · {narrowing}")


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("asked", ["ship_to__phone__startswith=010-1", "note__contains=x", "customer__phone__startswith=010-1"])
def test_no_filter_in_the_address_reads_out_what_is_masked(role: Role, asked: str, order: Order) -> None:
    assert desk_of(role).get(f"{LIST}?{asked}").status_code == 400
