"""The journey of a customer: what stands in it and in which order, who sees what, what it costs, and both languages."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from analytics.behaviour.reading import visitor_key
from analytics.queries import identity, timeline
from analytics.queries.timeline import Kind
from campaigns.models import Consent, Customer, Redemption
from campaigns.operations import customers
from config.kernel.models import User
from config.kernel.roles import Role
from orders.models import Order, Refund
from tests.analytics.builders import Line, a_return, an_order
from tests.analytics.events.builders import a_source, an_event
from tests.analytics.visits.builders import NOW, after, made, tell
from tests.builders import AT, a_customer, a_promotion, a_variant, a_warehouse
from tests.config.kernel.pages import a_client, a_staff_member, foreign_words, words_of

pytestmark = pytest.mark.django_db


def at(minutes: float) -> datetime:
    return AT + timedelta(minutes=minutes)


@pytest.fixture
def customer() -> Customer:
    return a_customer(external_id="c-7", name="김하늘", phone="010-1234-5678", email="sky@example.com")


@pytest.fixture
def order(customer: Customer) -> Order:
    return an_order(at(10), Line(a_variant(), 2), customer=customer, state=Order.State.SHIPPED)


@pytest.fixture
def history(customer: Customer, order: Order) -> None:
    """One of everything, minute by minute."""
    source = a_source(name="본점")
    tell(
        source,
        after(0, path="/cups", referrer="search.naver.com", napm="1"),
        after(2, "product_viewed", sku="A", in_stock=False),
        after(4, "reviews_viewed", sku="A"),
        after(7, "product_added", sku="A", quantity=2),
        after(9, "order_completed", order=order.number),
        customer="c-7",
    )
    a_return(order, at(200), a_warehouse(), refund=5_000)
    Refund.objects.create(
        order=order, provider="card", reference="r-1", amount=5_000, reason="변심", refunded_at=at(210)
    )  # fmt: skip
    Redemption.objects.create(
        promotion=a_promotion(name="겨울맞이"), customer=customer, document_kind="ORDER", document_number=order.number,
        amount=1_000, redeemed_at=at(10),
    )  # fmt: skip
    customers.state_consent(
        external_id="c-7", channel=Consent.Channel.SMS, purpose=Consent.Purpose.ADVERTISING, is_given=True,
        text_version="2026-01", source="checkout", actor=None, at=at(-60),
    )  # fmt: skip
    made()


def told(customer: Customer, most: int = 50, before: timeline.Place | None = None) -> list[tuple[str, datetime]]:
    page = timeline.page(customer_id=customer.pk, kinds=list(Kind), before=before, most=most)
    return [(entry.kind.name, entry.place.at) for entry in page.entries]


def journey(client: Client, customer: Customer, **asked: str) -> Any:
    return client.get(reverse("admin:analytics_visit_journey", args=[customer.pk]), asked)


@pytest.mark.usefixtures("history")
def test_everything_stands_in_one_line_newest_first(customer: Customer) -> None:
    assert told(customer) == [
        ("REFUND", at(210)),
        ("RETURN", at(200)),
        ("ORDER", at(10)),
        ("REDEMPTION", at(10)),
        ("VISIT", at(0)),
        ("CONSENT", at(-60)),
    ]


@pytest.mark.usefixtures("history")
def test_pages_follow_each_other_without_gap_or_repetition(customer: Customer) -> None:
    source = a_source()
    for number in range(7):
        tell(source, an_event(at=at(10)), visitor=f"device-{number}", customer="c-7")
    made()
    whole = told(customer)
    assert len(whole) == 13
    for most in (1, 2, 5, 12, 13):
        found: list[tuple[str, datetime]] = []
        before = None
        while True:
            page = timeline.page(customer_id=customer.pk, kinds=list(Kind), before=before, most=most)
            found += [(entry.kind.name, entry.place.at) for entry in page.entries]
            if page.further is None:
                break
            before = timeline.place(str(page.further))
            assert before == page.further
        assert found == whole


@pytest.mark.parametrize("text", ["", "x", "1~2~3", "2026-11-20~1~1", "2026-11-20T00:00:00+00:00~1~99999999999999999999"])
def test_what_is_no_place_is_none(text: str) -> None:
    assert timeline.place(text) is None


def test_nobody_elses_entries_stand_in_it(customer: Customer, order: Order) -> None:
    other = a_customer(external_id="c-8")
    tell(a_source(), after(0), customer="c-8")
    made()
    assert told(customer) == [("ORDER", at(10))]
    assert told(other) == [("VISIT", at(0))]


def test_a_customer_has_several_devices_and_a_device_several_customers(customer: Customer) -> None:
    a_customer(external_id="c-8")
    source = a_source()
    tell(source, after(0), visitor="phone", customer="c-7")
    tell(source, after(1), visitor="tablet", customer="c-7", at=NOW + timedelta(minutes=1))
    tell(source, after(60), visitor="tablet", customer="c-8")
    found = [(one.visitor, one.others) for one in identity.devices(customer)]
    assert found == [(visitor_key("tablet"), 1), (visitor_key("phone"), 0)]


# --- the page


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_page_tells_it_in_words(customer: Customer, order: Order, language: str) -> None:
    client = a_client(a_staff_member())
    client.cookies["django_language"] = language
    answer = journey(client, customer)
    words, text = words_of(answer), answer.content.decode()
    assert order.number in text
    assert 'class="stage-compare" x=' in text
    said = {
        "ko": ("탐색 4분", "비교 3분", "구매 직전 2분", "품절 상품 1개 조회", "장바구니에 2개 담음", "· 네이버 광고 →", "문자"),
        "en": ("Explore 4 min", "Compare 3 min", "About to buy 2 min", "1 product out of stock", "2 units into the cart"),
    }
    for part in said[language]:
        assert part in words, part
    for name in ("search.naver.com", "/cups", "c-7", "checkout", "web", "본점", "겨울맞이", "변심", "손상", order.number):
        words = words.replace(name, "")
    assert foreign_words(words, language) == []


def test_an_empty_journey_says_so(customer: Customer) -> None:
    client = a_client(a_staff_member())
    assert "아직 기록이 없습니다" in journey(client, customer).content.decode()
    assert "더 이전 기록은 없습니다" in journey(client, customer, before=f"{AT.isoformat()}~1~1").content.decode()


def test_a_place_that_is_none_is_refused(customer: Customer) -> None:
    client = a_client(a_staff_member())
    assert journey(client, customer, before="yesterday").status_code == 400
    assert client.get(reverse("admin:analytics_visit_journey", args=[0])).status_code == 404


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize("role", list(Role))
def test_it_is_open_to_those_who_address_customers_or_count_them(customer: Customer, role: Role) -> None:
    client = a_client(a_staff_member(f"one-{role.value}", role=role))
    address = reverse("admin:analytics_visit_journey", args=[customer.pk])
    opens = role in (Role.OWNER, Role.MARKETER, Role.ANALYST)
    assert client.get(address).status_code == (200 if opens else 403)
    page = client.get(reverse("admin:campaigns_customer_change", args=[customer.pk]))
    if page.status_code == 200:
        assert (address in page.content.decode()) is opens


@pytest.mark.usefixtures("history")
def test_nobody_sees_more_than_their_lists_show(customer: Customer, order: Order) -> None:
    user = User.objects.create_user("one", is_staff=True)
    for codename in ("view_customer", "view_visit"):
        user.user_permissions.add(Permission.objects.get(codename=codename))
    text = journey(a_client(user), customer).content.decode()
    assert "/cups" in text
    for hidden in ("김하늘", "010-1234-5678", "sky@example.com", "겨울맞이", "변심", "R0", "2026-01", "journey-order"):
        assert hidden not in text, hidden


@pytest.mark.usefixtures("history")
def test_even_an_owner_reads_no_name_or_address_in_it(customer: Customer) -> None:
    text = journey(a_client(a_staff_member()), customer).content.decode()
    for hidden in ("김하늘", "010-1234-5678", "sky@example.com"):
        assert hidden not in text


@pytest.mark.usefixtures("history")
def test_a_long_journey_costs_what_a_short_one_does(customer: Customer) -> None:
    client = a_client(a_staff_member())

    def asked() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert journey(client, customer).status_code == 200
        return len(captured)

    asked()
    short = asked()
    source = a_source()
    for number in range(60):
        tell(source, after(number * 3), visitor=f"device-{number}", customer="c-7")
    made()
    assert asked() == short
