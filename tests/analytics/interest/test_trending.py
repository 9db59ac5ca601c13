"""Trending products: the rule, the statement that says the same, and what the shop front and staff see."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from django.db.models import F
from django.test import Client

from analytics.behaviour import trending as rule
from analytics.behaviour.trending import Act, Done
from analytics.models import Event, HourlyInterest, TrendingProduct
from analytics.operations import event_figures, trending
from analytics.queries import event_recount
from config.kernel import invariants, tokens
from config.kernel.models import TokenScope
from inventory.models import StockLevel
from orders.models import Order
from tests.analytics.builders import SEOUL, Line, an_order
from tests.analytics.events.builders import a_source, an_event
from tests.analytics.visits.builders import tell
from tests.builders import a_category, a_customer, a_product, a_stocked_variant, a_variant

NOW = datetime(2026, 11, 20, 15, 20, tzinfo=SEOUL)
HOUR = NOW.replace(minute=0)


def test_half_of_it_is_left_after_a_day() -> None:
    assert rule.worth(Act.ORDER, NOW, NOW) == 8
    assert rule.worth(Act.ORDER, NOW - timedelta(hours=24), NOW) == 4
    assert rule.worth(Act.VIEW, NOW - timedelta(hours=48), NOW) == 0.25
    assert rule.worth(Act.VIEW, NOW - rule.WINDOW, NOW) < 0.01


def test_doing_it_again_lifts_nothing() -> None:
    once = Done(1, "somebody", Act.VIEW, HOUR)
    assert rule.scores([once] * 50, HOUR) == rule.scores([once], HOUR)
    others = [Done(1, f"v-{number}", Act.VIEW, HOUR) for number in range(3)]
    assert rule.scores(others, HOUR)[1][Act.VIEW] == 3


def minutes(number: float, kind: str, sku: str) -> dict[str, Any]:
    return an_event(kind, at=NOW - timedelta(minutes=number), sku=sku)


def ranked_as(acts: list[Done], at: datetime) -> None:
    """The ranks are what the rule says of these acts, to the unit."""
    skus = {one.sku for one in acts}
    assert trending.rank(at=at).products == len(skus)
    expected = rule.scores(acts, at)
    rows = list(TrendingProduct.objects.order_by("rank"))
    assert [row.rank for row in rows] == list(range(1, len(skus) + 1))
    assert [row.score for row in rows] == sorted((row.score for row in rows), reverse=True)
    for row in rows:
        parts = (row.view_score, row.wish_score, row.cart_score, row.order_score)
        assert parts == pytest.approx([expected[row.variant_id][act] for act in Act])
        assert row.score == pytest.approx(sum(parts))
        counts = (row.viewers, row.wishers, row.carters, row.buyers)
        assert counts == tuple(len({one for one in acts if (one.sku, one.act) == (row.variant_id, act)}) for act in Act)


@pytest.mark.django_db
def test_the_statement_says_what_the_rule_says() -> None:
    draw, source = Random(5), a_source()  # noqa: S311  no secret
    goods = [a_variant(sku=f"T-{number}") for number in range(5)]
    kinds = {"product_viewed": Act.VIEW, "product_wished": Act.WISH, "product_added": Act.CART}
    buyers = [a_customer(), None]
    acts: list[Done] = []

    def some(number: int, days: int) -> None:
        for _ in range(number):
            kind, variant, visitor = draw.choice(list(kinds)), draw.choice(goods), f"v-{draw.randrange(6)}"
            at = NOW - timedelta(minutes=draw.randrange(60 * 24 * days))
            tell(source, an_event(kind, at=at, sku=variant.sku), visitor=visitor, at=NOW)
            if at >= NOW - rule.WINDOW:
                acts.append(Done(variant.pk, visitor, kinds[kind], at.replace(minute=0)))

    some(150, 9)
    for number in range(25):
        variant, buyer = draw.choice(goods), draw.choice(buyers)
        at = NOW - timedelta(minutes=draw.randrange(60 * 24 * 3))
        state = draw.choice((Order.State.PAID, Order.State.PAID, Order.State.CANCELED))
        an_order(at, Line(variant, 2), state=state, customer=buyer)
        if state == Order.State.PAID:
            acts.append(Done(variant.pk, "c" if buyer else f"o-{number}", Act.ORDER, at.replace(minute=0)))
    # Of none of these it is known that a shopper stands behind it.
    tell(source, minutes(1, "product_viewed", "T-0"), visitor=None, consent=False, at=NOW)
    tell(source, minutes(1, "product_viewed", "T-0"), visitor="bot", at=NOW)
    Event.objects.filter(kind=2, occurred_at=NOW - timedelta(minutes=1), visitor__isnull=False).update(traffic=1)

    # Nothing is counted by hour yet; then everything; then something comes late and is not counted yet.
    ranked_as(acts, NOW)
    event_figures.count_due()
    assert HourlyInterest.objects.exists()
    ranked_as(acts, NOW)
    some(30, 6)
    ranked_as(acts, NOW)
    event_figures.count_due()
    ranked_as(acts, NOW)
    # Hours from before there were figures by SKU, and others beside them.
    HourlyInterest.objects.filter(hour__lt=NOW - timedelta(days=3)).delete()
    ranked_as(acts, NOW)
    assert trending.rank(at=NOW + timedelta(days=30)).products == 0


@pytest.mark.django_db
def test_counted_hours_are_not_read_again() -> None:
    """What is counted by hour decides, but for the present hour and the first."""
    source, _cup = a_source(), a_variant(sku="CUP")
    tell(source, minutes(90, "product_viewed", "CUP"), minutes(2, "product_viewed", "CUP"), at=NOW)
    event_figures.count_due()
    HourlyInterest.objects.update(viewers=7)
    trending.rank(at=NOW)
    assert TrendingProduct.objects.get().viewers == 7 + 1
    HourlyInterest.objects.update(viewers=1)
    trending.rank(at=NOW)
    assert TrendingProduct.objects.get().viewers == 2


@pytest.mark.django_db
def test_interest_by_hour_is_kept_as_long_as_ranking_looks_back() -> None:
    source, _cup = a_source(), a_variant(sku="CUP")
    old, recent = NOW - timedelta(days=20), NOW - timedelta(days=7)
    tell(source, an_event("product_viewed", at=old, sku="CUP"), at=old)
    event_figures.count_due()
    assert HourlyInterest.objects.count() == 1
    tell(source, an_event("product_viewed", at=recent, sku="CUP"), minutes(1, "product_added", "CUP"), at=NOW)
    event_figures.count_due()
    hours = [HOUR - timedelta(days=7), HOUR]
    assert list(HourlyInterest.objects.order_by("hour").values_list("hour", flat=True)) == hours
    event_figures.recount_days(first=None, last=None, at=NOW)
    rows = HourlyInterest.objects.order_by("hour").values_list("hour", "viewers", "wishers", "carters")
    assert list(rows) == [(hours[0], 1, 0, 0), (hours[1], 0, 0, 1)]


@pytest.mark.breaks_promises("a figure is changed by hand")
@pytest.mark.django_db
def test_interest_that_drifted_is_named() -> None:
    source, _cup = a_source(), a_variant(sku="CUP")
    tell(source, minutes(90, "product_viewed", "CUP"), minutes(91, "product_wished", "CUP"), at=NOW)
    event_figures.count_due()
    assert list(event_recount.misturned(NOW.date())) == []
    HourlyInterest.objects.update(viewers=3)
    found = list(event_recount.misturned(NOW.date()))
    assert [(one.subject.split(" ")[0], one.said, one.counted) for one in found] == [("viewers", 3, 1)]
    assert any("viewers" in one.subject for one in invariants.check_all(at=NOW))
    # What comes late makes the hour due: until it is counted nothing is promised.
    tell(source, minutes(95, "product_viewed", "CUP"), at=NOW)
    assert list(event_recount.misturned(NOW.date())) == []


@pytest.fixture
def client(db: None) -> Client:
    source, cups, plates = a_source(), a_category(), a_category()
    for sku, category in (("CUP-1", cups), ("CUP-2", cups), ("PLATE-1", plates), ("GONE", plates)):
        a_stocked_variant(product=a_product(category), sku=sku, is_active=sku != "GONE")
    for number in range(4):
        tell(source, minutes(5, "product_viewed", "PLATE-1"), visitor=f"v-{number}", at=NOW)
        tell(source, minutes(5, "product_added", "CUP-1"), visitor=f"v-{number}", at=NOW)
    tell(source, minutes(5, "product_viewed", "CUP-2"), minutes(5, "product_viewed", "GONE"), at=NOW)
    trending.rank(at=NOW)
    token = tokens.issue(account="front", scopes=[TokenScope.Scope.STOREFRONT], actor=None, at=NOW)
    return Client(headers={"authorization": f"Token {token}"})


def skus(client: Client, query: str = "") -> list[str]:
    return [row["sku"] for row in client.get(f"/api/v1/trending/{query}").json()]


def test_a_shop_front_gets_what_can_be_bought(client: Client) -> None:
    assert skus(client) == ["CUP-1", "PLATE-1", "CUP-2"]
    assert skus(client, "?limit=1") == ["CUP-1"]
    row = client.get("/api/v1/trending/").json()[0]
    assert skus(client, f"?category={row['category']}") == ["CUP-1", "CUP-2"]
    assert (row["rank"], row["carts"], row["views"]) == (1, 4, 0)
    StockLevel.objects.filter(variant__sku="CUP-1").update(reserved=F("on_hand"))
    assert skus(client) == ["PLATE-1", "CUP-2"]
    StockLevel.objects.update(reserved=0)


def test_what_it_cannot_read_it_names(client: Client) -> None:
    for limit in ("0", "x", "101"):
        answer = client.get(f"/api/v1/trending/?limit={limit}")
        assert answer.status_code == 400
        assert list(answer.json()["details"]) == ["limit"]
    assert Client().get("/api/v1/trending/").status_code == 401
