"""The order list: what it costs, what its tabs count, what the search finds, and what is done with several orders at once."""

import csv
import io
import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from config.kernel import exporting
from config.kernel.roles import Role
from orders.models import Order
from orders.operations import canceling, fulfilling, history, paying, returning, shortage, unmatched
from orders.operations.placing import Buyer
from orders.past import PastReturn, PastReturnLine
from orders.queries import picking, worklists
from tests.builders import (
    AT,
    a_paid_order,
    a_placed_order,
    a_product,
    a_shipped_order,
    a_stocked_variant,
    a_warehouse,
    stocked,
)
from tests.orders.admin.desk import (
    CLERK,
    a_client,
    a_picked_order,
    a_short_order,
    a_staff_member,
    an_order_with_unmatched_money,
    some_orders,
    text,
)

pytestmark = pytest.mark.django_db

LIST = "/admin/orders/order/"
LISTS = ("order", "return", "fulfillment", "payment", "unmatchedpayment", "refund", "orderevent")


@pytest.fixture
def client() -> Client:
    return a_client(a_staff_member("clerk", role=CLERK))


def words(page: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", text(page)).split())


def numbers_on(page: Any) -> list[str]:
    return [order.number for order in page.context["cl"].result_list]


# --- who ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", list(Role))
def test_every_role_may_look_at_every_list(role: Role) -> None:
    client = a_client(a_staff_member("somebody", role=role, superuser=False))

    for name in LISTS:
        assert client.get(reverse(f"admin:orders_{name}_changelist")).status_code == 200


def _through_everything(order: Order) -> None:
    """Paid, paid once more, shipped, returned, refunded: a row in every list."""
    number = order.number
    for reference in (f"p-{number}", f"twice-{number}"):
        unmatched.take(
            number=number, provider="card", reference=reference, amount=order.total, paid_at=AT, actor=None, at=AT
        )  # fmt: skip
    sent = fulfilling.ship(number=number, actor=None, at=AT)
    returning.accept(number=number, items={1: 1}, warehouse_id=sent[0].warehouse_id, reason="색이 달라요", actor=None, at=AT)
    paying.record_refund(
        number=number, reference=f"r-{number}", amount=order.total, payment=f"p-{number}", reason="반품", actor=None, at=AT
    )


def test_nobody_adds_changes_or_deletes_an_order_by_hand(client: Client) -> None:
    order = a_placed_order()
    owner = a_client(a_staff_member())

    assert owner.get(reverse("admin:orders_order_add")).status_code == 403
    assert owner.post(reverse("admin:orders_order_change", args=[order.pk]), {"state": "PAID"}).status_code == 403
    assert owner.get(reverse("admin:orders_order_delete", args=[order.pk])).status_code == 403


def test_a_row_tells_who_what_how_much_and_what_is_wrong(client: Client) -> None:
    cup = a_stocked_variant(9, product=a_product(name="백자 머그잔"), list_price=18_000)
    others = [a_stocked_variant(9, list_price=1_000) for _ in range(2)]
    a_paid_order((cup, 2), *((one, 1) for one in others), at=AT - timedelta(days=30), customer=Buyer("c-1", name="김하늘"))

    row = re.sub(r"<[^>]+>|\s+", " ", text(client.get(LIST)).split("<tbody")[1])

    for told in ("백자 머그잔 외 2건", "김하늘", "₩41,000", "피킹 대기", "출고 지연"):
        assert told in " ".join(row.split())


# --- worklists ---------------------------------------------------------------------------------------------------------


def one_of_each() -> dict[str, Order]:
    late = a_paid_order(at=AT - timedelta(days=9))
    owed = a_paid_order()
    canceling.cancel(number=owed.number, reason="품절", actor=None, at=AT)
    return {
        "to_pay": a_placed_order(),
        "to_pick": a_paid_order(),
        "to_ship": a_picked_order(),
        "late": late,
        "short": a_short_order(),
        "refund_due": owed,
        "unmatched": an_order_with_unmatched_money(),
    }


def test_each_worklist_counts_and_lists_its_own_orders(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.kernel.clock.now", lambda: AT + timedelta(hours=1))
    orders = one_of_each()
    a_shipped_order()

    counted = {tally.name: tally.number for tally in worklists.counts(at=AT + timedelta(hours=1))}

    # The late one, the short one and the one paid twice wait to be picked as well.
    assert counted == {"to_pay": 1, "to_pick": 4, "to_ship": 1, "late": 1, "short": 1, "refund_due": 1, "unmatched": 1}
    for tally in worklists.counts(at=AT + timedelta(hours=1)):
        page = client.get(LIST + tally.query)
        assert orders[tally.name].number in numbers_on(page)
        assert len(numbers_on(page)) == tally.number
    assert len(numbers_on(client.get(LIST))) == 8


def test_counting_the_worklists_is_one_statement() -> None:
    with CaptureQueriesContext(connection) as captured:
        worklists.counts(at=AT)

    assert len(captured) == 1


def test_a_long_worklist_is_counted_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worklists, "COUNTED", 2)
    some_orders(3)

    tally = worklists.counts(at=AT).to_pay

    assert (tally.number, tally.shown) == (2, "2+")


def test_an_order_is_late_from_its_due_moment_on() -> None:
    order = a_paid_order()
    assert order.ship_due_at is not None

    assert not worklists.is_late(order, at=order.ship_due_at)
    assert worklists.is_late(order, at=order.ship_due_at + timedelta(microseconds=1))
    assert worklists.counts(at=order.ship_due_at).late.number == 0
    assert worklists.counts(at=order.ship_due_at + timedelta(microseconds=1)).late.number == 1


def test_an_unknown_worklist_narrows_nothing(client: Client) -> None:
    some_orders(2)

    assert len(numbers_on(client.get(LIST, {"list": "nonsense"}))) == 2


# --- finding one -------------------------------------------------------------------------------------------------------


@pytest.fixture
def sought() -> Order:
    """The one to be found, among others."""
    some_orders(2)
    order = a_paid_order(
        customer=Buyer("cust-0815", name="김하늘빛", phone="010-1234-5678"), external_number="NAVER-77", channel="naver"
    )
    fulfilling.ship(number=order.number, carrier="한진", tracking_number="5512-3344", actor=None, at=AT)
    return order


@pytest.mark.parametrize(
    "term",
    ["NAVER-77", "5512-3344", "cust-0815", "010-1234-5678", "01012345678", "김하늘빛", "김하", "  NAVER-77  "],
)
def test_an_order_is_found_by_what_a_caller_can_name(client: Client, sought: Order, term: str) -> None:
    assert numbers_on(client.get(LIST, {"q": term})) == [sought.number]


def test_an_order_is_found_by_the_beginning_of_its_number(client: Client, sought: Order) -> None:
    assert numbers_on(client.get(LIST, {"q": sought.number})) == [sought.number]
    assert len(numbers_on(client.get(LIST, {"q": sought.number[:6]}))) == 3


@pytest.mark.parametrize("term", ["NAVER", "5512", "김", "%", "cust_0815", "1 OR 1=1", "없는 이름"])
def test_what_names_no_order_finds_none(client: Client, sought: Order, term: str) -> None:
    assert numbers_on(client.get(LIST, {"q": term})) == []


def test_orders_are_filtered_by_state_channel_warehouse_and_period(client: Client, sought: Order) -> None:
    far = a_warehouse("busan", priority=1, name="부산 창고")
    variant = a_stocked_variant(1, warehouse=far)
    from_busan = a_paid_order((variant, 1), at=AT - timedelta(days=40))
    day = "2026-10-11"  # forty days before AT, in Seoul

    assert numbers_on(client.get(LIST, {"channel": "naver"})) == [sought.number]
    assert numbers_on(client.get(LIST, {"state__exact": "SHIPPED"})) == [sought.number]
    assert numbers_on(client.get(LIST, {"warehouse": "busan"})) == [from_busan.number]
    assert numbers_on(client.get(LIST, {"placed_at_from": day, "placed_at_to": day})) == [from_busan.number]
    assert numbers_on(client.get(LIST, {"placed_at_to": "2026-10-10"})) == []
    assert len(numbers_on(client.get(LIST, {"placed_at_from": "someday"}))) == 4


def test_the_last_day_of_a_period_belongs_to_it_to_its_last_moment(client: Client) -> None:
    order = a_placed_order(at=AT.replace(hour=14, minute=59, second=59))  # 23:59:59 in Seoul
    after = a_placed_order(at=AT.replace(hour=15))

    assert numbers_on(client.get(LIST, {"placed_at_from": "2026-11-20", "placed_at_to": "2026-11-20"})) == [order.number]
    assert numbers_on(client.get(LIST, {"placed_at_from": "2026-11-21"})) == [after.number]


def test_the_orders_of_one_customer_are_one_link(client: Client, sought: Order) -> None:
    page = client.get(LIST, {"customer": "cust-0815"})

    assert numbers_on(page) == [sought.number]
    assert "김하늘빛 고객의 주문만" in text(page)
    assert numbers_on(client.get(LIST, {"customer": "nobody"})) == []


def test_channels_are_read_without_reading_the_orders() -> None:
    for channel in ("web", "naver", "web", "coupang"):
        a_placed_order(channel=channel)

    with CaptureQueriesContext(connection) as captured:
        assert worklists.channels() == ["coupang", "naver", "web"]
    assert len(captured) == 1


@pytest.mark.parametrize("name", [name for name in LISTS if name != "order"])
def test_a_record_is_found_by_its_own_number_and_by_its_orders(client: Client, name: str) -> None:
    wanted, other = some_orders(2)
    _through_everything(wanted)
    _through_everything(other)
    address = reverse(f"admin:orders_{name}_changelist")
    row = client.get(address, {"q": wanted.number}).context["cl"].result_list[0]
    own = "reference" if name in ("payment", "unmatchedpayment", "refund") else "number"

    assert row.order == wanted
    assert {one.order for one in client.get(address, {"q": wanted.number}).context["cl"].result_list} == {wanted}
    if name != "orderevent":
        assert list(client.get(address, {"q": f" {getattr(row, own)} "}).context["cl"].result_list) == [row]
    assert not client.get(address, {"q": "nothing"}).context["cl"].result_list


# --- several at once ---------------------------------------------------------------------------------------------------


def choose(client: Client, action: str, *orders: Order) -> Any:
    chosen = {"action": action, "_selected_action": [str(order.pk) for order in orders]}
    return client.post(LIST, chosen, follow=True)


def test_several_orders_are_marked_as_picked_and_who_cannot_be_is_named(client: Client) -> None:
    ready, short, unpaid = [a_paid_order(), a_paid_order()], a_short_order(), a_placed_order()

    page = choose(client, "pick_selected", *ready, short, unpaid)

    assert "주문 2건을 피킹 완료" in text(page)
    assert f"{short.number}: 이 주문에 부족한 수량이 있습니다" in text(page)
    assert f"{unpaid.number}: ‘결제 대기’ 상태인 주문에는" in text(page)
    states = dict(Order.objects.values_list("pk", "state"))
    assert [states[order.pk] for order in ready] == [Order.State.PICKED] * 2
    assert (states[short.pk], states[unpaid.pk]) == (Order.State.PAID, Order.State.PLACED)
    assert LogEntry.objects.filter(object_id__in=[str(order.pk) for order in ready]).count() == 2


def test_orders_beyond_one_round_are_left_and_counted(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    ready = [a_paid_order() for _ in range(3)]
    monkeypatch.setattr(picking, "ROUND", 2)

    page = choose(client, "pick_selected", *ready)

    assert "한 번에 2건까지 피킹합니다. 나머지 1건은 그대로 두었습니다." in text(page)
    assert Order.objects.filter(state=Order.State.PICKED).count() == 2


def test_only_who_may_ship_is_offered_to_mark_orders_as_picked() -> None:
    order = a_paid_order()
    client = a_client(a_staff_member("onlooker", role=Role.VIEWER))

    page = choose(client, "pick_selected", order)

    assert "pick_selected" not in text(client.get(LIST))
    assert Order.objects.get(pk=order.pk).state == Order.State.PAID
    assert "피킹 완료 처리했습니다" not in text(page)


def test_a_picking_list_is_printed_for_the_chosen_orders(client: Client) -> None:
    chosen, other = a_paid_order(), a_paid_order()

    page = text(choose(client, "print_picking_list", chosen))

    assert chosen.number in page
    assert other.number not in page


def test_the_chosen_orders_are_downloaded_as_a_table(client: Client) -> None:
    order = a_paid_order(customer=Buyer("c-9", name="=HYPERLINK(evil)"), external_number="-1+1")
    a_placed_order()

    answer = choose(client, "export_selected", order)
    content = b"".join(answer.streaming_content).decode("utf-8-sig")
    heading, row = list(csv.reader(io.StringIO(content)))

    assert answer.headers["Content-Type"].startswith("text/csv")
    assert "attachment" in answer.headers["Content-Disposition"]
    told = dict(zip(heading, row, strict=True))
    assert (told["주문 번호"], told["상태"], told["합계"]) == (order.number, "피킹 대기", "15000")
    assert told["이름"] == "'=HYPERLINK(evil)"
    assert told["채널 주문 번호"] == "'-1+1"
    assert LogEntry.objects.filter(object_repr="주문 1건").count() == 1


def test_too_many_orders_for_one_table_are_refused(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "MOST_ROWS", 1)

    page = choose(client, "export_selected", *some_orders(2))

    assert "최대 1건" in text(page)
    assert not LogEntry.objects.exists()


def test_the_download_costs_no_statement_per_order(client: Client) -> None:
    def cost(number: int) -> int:
        orders = some_orders(number)
        with CaptureQueriesContext(connection) as captured:
            list(choose(client, "export_selected", *orders).streaming_content)
        return len(captured)

    cost(1)
    assert cost(2) == cost(12)


# --- picking list and packing slip -------------------------------------------------------------------------------------


def test_the_picking_list_groups_by_warehouse_and_sku(client: Client) -> None:
    near, far = a_warehouse("near", priority=1, name="서울 창고"), a_warehouse("far", priority=2, name="부산 창고")
    cup, plate = a_stocked_variant(9, warehouse=near), a_stocked_variant(1, warehouse=far)
    stocked(plate, far, 5)
    first, second = a_paid_order((cup, 2)), a_paid_order((cup, 1), (plate, 1))
    a_placed_order((cup, 1))

    page = client.get(reverse("admin:orders_order_picking"))
    only_far = client.get(reverse("admin:orders_order_picking"), {"warehouse": "far"})

    lists = page.context["lists"] if page.context else None
    assert lists is None or len(lists) == 2
    assert f"{cup.sku} {cup.product.name} 3 {first.number} × 2 {second.number}" in words(page)
    assert "피킹 목록 · 부산 창고" in words(page)
    assert cup.sku not in text(only_far)
    assert plate.sku in text(only_far)


@pytest.mark.parametrize(("language", "title"), [("en", "Picking list"), ("ko", "피킹 목록")])
def test_the_picking_list_is_in_the_language_of_whoever_prints_it(client: Client, language: str, title: str) -> None:
    a_paid_order()
    client.cookies["django_language"] = language

    assert title in text(client.get(reverse("admin:orders_order_picking")))


def test_a_packing_slip_speaks_both_languages_and_hides_its_prices(client: Client) -> None:
    order = a_paid_order()
    address = reverse("admin:orders_order_packing_slip", args=[order.pk])

    korean, english = text(client.get(address)), text(client.get(address, {"language": "en", "prices": "1"}))

    assert "출고 명세서" in korean
    assert "₩" not in korean
    assert "Packing slip" in english
    assert "₩12,000" in english
    assert client.get(address, {"language": "xx"}).status_code == 404
    assert client.get(address, {"parcel": "S-0"}).status_code == 404


def test_a_packing_slip_charges_nothing_for_units_that_were_given_up(client: Client) -> None:
    order = a_short_order(units=3)
    address = reverse("admin:orders_order_packing_slip", args=[order.pk])
    while_short = words(client.get(address, {"prices": "1"}))
    shortage.cancel_missing(number=order.number, reason="재고 없음", actor=None, at=AT)

    given_up = words(client.get(address, {"prices": "1"}))

    assert "2 ₩12,000 ₩24,000 합계 2 ₩24,000" in while_short
    assert "2 ₩12,000 ₩24,000 합계 2 ₩24,000" in given_up


def test_a_packing_slip_lists_what_is_still_to_go_and_all_of_it_once_it_has_left(client: Client) -> None:
    cup = a_stocked_variant(5)
    order = a_paid_order((cup, 3))
    address = reverse("admin:orders_order_packing_slip", args=[order.pk])
    fulfilling.ship(number=order.number, items={order.lines.get().pk: 1}, actor=None, at=AT)
    assert f"{cup.product.name} 2" in words(client.get(address))

    fulfilling.ship(number=order.number, actor=None, at=AT)

    assert f"{cup.product.name} 3" in words(client.get(address))


def test_goods_that_came_back_without_a_sale_tell_what_they_were_worth(client: Client) -> None:
    cup, shelf = a_stocked_variant(1), a_warehouse()
    line = PastReturnLine(1, 1, Decimal(7_500), variant_id=cup.pk)
    history.write(orders=[], returns_without_sale=[PastReturn(shelf.pk, "이전 판매", AT, (line,), AT)], at=AT)

    assert "₩7,500" in text(client.get(reverse("admin:orders_return_changelist")))


def test_the_slip_of_a_parcel_lists_what_lies_in_it(client: Client) -> None:
    cup, plate = a_stocked_variant(5), a_stocked_variant(5)
    order = a_paid_order((cup, 2), (plate, 1))
    line = order.lines.get(variant=cup)
    (parcel,) = fulfilling.ship(number=order.number, items={line.pk: 1}, tracking_number="T-1", actor=None, at=AT)

    page = text(client.get(reverse("admin:orders_order_packing_slip", args=[order.pk]), {"parcel": parcel.number}))

    assert cup.sku in page
    assert plate.sku not in page
    assert "T-1" in page
    slip = picking.packing_slip(order=order, fulfillment=parcel)
    assert ([one.total for one in slip.packed], slip.total) == ([None], None)


@pytest.mark.parametrize("name", ["orders_order_picking", "orders_order_packing_slip"])
def test_sheets_are_for_staff_who_may_see_orders(name: str) -> None:
    order = a_placed_order()
    address = reverse(f"admin:{name}", args=[order.pk] if name.endswith("slip") else [])
    stranger = a_staff_member("stranger", role=Role.BUYER)
    stranger.groups.clear()

    assert Client().get(address).status_code == 302
    assert a_client(stranger).get(address).status_code == 403
