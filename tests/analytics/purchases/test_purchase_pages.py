"""Cohorts, the time to buy, and the list of purchases: both languages, who may see them, what they cost, files."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from analytics.operations import event_figures, purchases, visits
from config.kernel import clock
from config.kernel.roles import Role
from orders.models import Order
from tests.analytics.builders import Line, an_order
from tests.analytics.events.builders import a_batch as batch
from tests.analytics.events.builders import a_source, an_event, told
from tests.builders import a_customer, a_promotion, a_variant
from tests.config.kernel.pages import a_client, a_staff_member, foreign_words, text, words_of

pytestmark = pytest.mark.django_db

TIME, COHORTS, LIST = (f"admin:analytics_{name}_changelist" for name in ("newcomer", "cohortmonth", "purchase"))


@pytest.fixture(autouse=True)
def shop() -> list[Order]:
    """Two customers who come, click and buy in the last days, one of them twice."""
    now = clock.now().replace(hour=3, minute=0, second=0, microsecond=0)
    source, cup, orders = a_source(at=now - timedelta(days=40)), a_variant(), []
    offer = a_promotion(now - timedelta(days=30), name="가을 행사", starts_at=now - timedelta(days=30), ends_at=None)
    buyers = [a_customer(external_id=f"c-{number}") for number in range(2)]
    for buyer, days_ago in ((0, 5), (1, 5), (0, 3)):
        at = now - timedelta(days=days_ago)
        order = an_order(at + timedelta(minutes=9), Line(cup), customer=buyers[buyer], channel="web")
        orders.append(order)
        events = [
            an_event(at=at),
            an_event("promotion_viewed", at=at, promotion=str(offer.pk)),
            an_event("promotion_clicked", at=at + timedelta(minutes=1), promotion=str(offer.pk)),
            an_event("product_added", at=at + timedelta(minutes=4), sku=cup.sku),
            an_event("order_completed", at=at + timedelta(minutes=9), order=order.number),
        ]
        told(source, batch(*events, visitor=f"device-{buyer}", customer=f"c-{buyer}"), at=at + timedelta(minutes=10))
    event_figures.count_due()
    visits.rebuild_due(at=clock.now())
    purchases.rebuild_due(at=clock.now())
    return orders


def page(client: Client, name: str, **asked: str) -> Any:
    return client.get(reverse(name), asked)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_pages_tell_it_in_words(language: str) -> None:
    client = a_client(a_staff_member())
    client.cookies["django_language"] = language
    said = {
        TIME: {"ko": ("신규", "9분", "가을 행사", "재방문"), "en": ("Everybody", "9 min", "가을 행사", "Return visits")},
        COHORTS: {"ko": ("유지율", "같은 달", "100%", "표본 적음"), "en": ("Retention", "Same month", "100%", "few")},
        LIST: {"ko": ("재주문", "첫 주문", "9분", "8분", "5분"), "en": ("further order", "first order", "8 min")},
    }
    for name, parts in said.items():
        words = words_of(page(client, name))
        for part in parts[language]:
            assert part.lower() in words.lower(), (name, part)
        for own in ("가을 행사", "c-0", "c-1", "Kaplan-Meier", "CSV"):
            words = words.replace(own, "")
        assert foreign_words(words.replace("Nothing", ""), language) == [] or name == LIST, name


def test_each_number_leads_to_its_orders(shop: list[Order]) -> None:
    client = a_client(a_staff_member())
    month = clock.now() - timedelta(days=5)
    assert f"cohort={month:%Y-%m}" in text(page(client, COHORTS))
    told_of = text(page(client, LIST, cohort=f"{month:%Y-%m}", first="0"))
    assert [one.number in told_of for one in shop] == [False, False, True]
    assert all(one.number not in text(page(client, LIST, cohort="2020-01")) for one in shop)
    assert "touch=PROMOTION_CLICKED" in text(page(client, TIME))
    assert shop[0].number in text(client.get(reverse("admin:analytics_purchase_change", args=[shop[0].pk])))


@pytest.mark.parametrize("role", list(Role))
def test_they_are_open_to_those_who_steer_the_shop(role: Role) -> None:
    client = a_client(a_staff_member(role=role))
    sums = role in (Role.OWNER, Role.ANALYST, Role.MARKETER, Role.VIEWER)
    for name in (TIME, COHORTS):
        assert page(client, name).status_code == (200 if sums else 403)
    assert page(client, LIST).status_code == (200 if sums and role != Role.VIEWER else 403)
    if role is Role.VIEWER:
        assert "cohort=" not in text(page(client, COHORTS))


def test_files_hold_what_the_pages_show() -> None:
    client = a_client(a_staff_member())
    today = clock.now()
    period = {"first": f"{today - timedelta(days=30):%Y-%m-%d}", "last": f"{today:%Y-%m-%d}"}
    rows = {}
    for table in ("curve", "newcomers", "carts", "responses", "returns"):
        answer = client.get(reverse("admin:analytics_time_to_buy_csv"), period | {"table": table})
        rows[table] = b"".join(answer.streaming_content).decode().splitlines()[1:]
    assert rows["curve"] == ["600,2,2,1.000000"]
    assert rows["carts"][0].endswith(",3,360,360")
    assert len(rows["responses"]) == 2
    assert rows["returns"] == ["2,1,1"]
    answer = client.get(reverse("admin:analytics_cohorts_csv"), {"show": "net", "months": "12"})
    assert len(b"".join(answer.streaming_content).decode().splitlines()) >= 2
    for name in ("time_to_buy", "cohorts"):
        assert client.get(reverse(f"admin:analytics_{name}_csv")).status_code == 400
    assert "error" in text(page(client, TIME, first="2026-02-01", last="2026-01-01")).lower()


@pytest.mark.parametrize("name", [TIME, COHORTS, LIST])
def test_a_page_costs_the_same_whatever_there_is(name: str) -> None:
    client = a_client(a_staff_member())

    def asked() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert page(client, name).status_code == 200
        return len(captured)

    asked()
    few, cup = asked(), a_variant()
    for number in range(12):
        buyer = a_customer()
        for days_ago in (40, 4):
            an_order(clock.now() - timedelta(days=days_ago, hours=number), Line(cup), customer=buyer, channel=f"s-{number}")
    purchases.rebuild_due(at=clock.now())
    assert asked() == few
