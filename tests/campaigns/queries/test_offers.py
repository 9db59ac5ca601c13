"""Which promotions a quote loads: those that may matter to the basket, at the cost of one query, or two with codes."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.models import Promotion, Segment
from campaigns.pricing.values import Basket, BasketLine, Quote
from campaigns.queries import offers
from tests.builders import a_category, a_coupon, a_customer, a_product, a_promotion

pytestmark = pytest.mark.django_db


def quoted(at: datetime, *codes: str, product: int = 1, categories: tuple[int, ...] = (1,), **values: Any) -> Quote:
    line = BasketLine("CUP", 1, Decimal(10_000), product, frozenset(categories), Decimal(10))
    return offers.quote(Basket((line,), codes=codes, **values), at=at, shipping_tax_rate=Decimal(10))


def given(quote: Quote) -> set[int]:
    return {one.promotion_id for one in quote.discounts}


@pytest.mark.parametrize(("codes", "queries"), [((), 1), (("A", "B"), 2)])
def test_a_quote_takes_one_query_and_one_more_for_codes(at: datetime, codes: tuple[str, ...], queries: int) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as seen:
            quoted(at, *codes, customer_id=1)
        return len(seen)

    for code in ("A", "B"):
        a_coupon(a_promotion(at, needs_coupon=True, usage_limit_per_customer=5), code=code)
    assert cost() == queries
    for _ in range(10):
        a_promotion(at, categories=[a_category()])
    assert cost() == queries


def test_only_what_may_matter_is_given(at: datetime) -> None:
    product, category, other = a_product(), a_category(), a_category()
    segment = Segment.objects.create(code="vip", name="vip")
    everything = a_promotion(at)
    by_product = a_promotion(at, products=[product])
    by_category = a_promotion(at, categories=[category])
    for_segment = a_promotion(at, segment=segment)
    first_only = a_promotion(at, first_order_only=True)
    for values in (
        {"categories": [other]}, {"is_enabled": False}, {"starts_at": at + timedelta(seconds=1)}, {"ends_at": at},
        {"needs_coupon": True}, {"covers": Promotion.Covers.CHOSEN},
    ):  # fmt: skip
        a_promotion(at, **values)

    asked: dict[str, Any] = {"product": product.pk, "categories": (category.pk,), "is_new_customer": True}

    always = {everything.pk, by_product.pk, by_category.pk}
    assert given(quoted(at, **asked, is_first_order=False)) == always
    assert given(quoted(at, **asked)) == always | {first_only.pk}
    assert given(quoted(at, **asked, segments=frozenset({segment.pk}))) == always | {first_only.pk, for_segment.pk}


def test_what_is_chosen_wins_over_everything(at: datetime) -> None:
    promotion = a_promotion(at)
    promotion.products.add(a_product())

    assert given(quoted(at)) == set()


def test_a_code_counts_in_either_case_and_once(at: datetime) -> None:
    promotion = a_promotion(at, needs_coupon=True)
    a_coupon(promotion, code="WINTER")

    quote = quoted(at, " winter ", "WINTER", "Winter", "")

    assert [one.code for one in quote.discounts] == ["WINTER"]
    assert quote.refusals == ()


@pytest.mark.parametrize("code", ["NOPE", "a\0b", "'; DROP TABLE", "x" * 5000, "\ud83c"])
def test_nonsense_for_a_code_is_an_unknown_code(at: datetime, code: str) -> None:
    assert [one.reason for one in quoted(at, code).refusals] == ["unknown_code"]


@pytest.mark.breaks_promises("uses are typed in, not redeemed")
def test_a_code_for_a_promotion_not_on_offer_says_so(at: datetime) -> None:
    for code, values in {
        "EARLY": {"starts_at": at + timedelta(days=1)}, "LATE": {"ends_at": at}, "OFF": {"is_enabled": False},
        "USED": {"usage_limit": 1, "used": 1}, "SPENT": {"budget": Decimal(5), "spent": Decimal(5)},
    }.items():  # fmt: skip
        a_coupon(a_promotion(at, needs_coupon=True, **values), code=code)

    reasons = {one.code: one.reason for one in quoted(at, "EARLY", "LATE", "OFF", "USED", "SPENT").refusals}

    assert reasons == {
        "EARLY": "not_in_force", "LATE": "not_in_force", "OFF": "not_in_force", "USED": "used_up", "SPENT": "budget_spent",
    }  # fmt: skip


def test_a_coupon_of_one_customer_is_unknown_to_all_others(at: datetime) -> None:
    customer = a_customer()
    a_coupon(code="MINE", customer=customer)

    assert len(quoted(at, "MINE", customer_id=customer.pk).discounts) == 1
    assert quoted(at, "MINE").refusals[0].reason == "unknown_code"


def test_trying_a_promotion_out_needs_neither_switch_nor_code(at: datetime) -> None:
    promotion = a_promotion(at, needs_coupon=True, is_enabled=False, minimum_amount=Decimal(20_000))
    line = BasketLine("CUP", 1, Decimal(10_000), 1, frozenset({1}), Decimal(10))

    def ask(quantity: int) -> Quote:
        basket = Basket((line.__class__(**line.__dict__ | {"quantity": quantity}),))
        return offers.try_out(basket, promotion_id=promotion.pk, at=at, shipping_tax_rate=Decimal(10))

    assert given(ask(2)) == {promotion.pk}
    assert [(one.code, one.reason) for one in ask(1).refusals] == [("", "below_minimum")]
