"""Counting uses of promotions and coupons, giving them back, and making codes."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from campaigns.models import Coupon, CouponSwitch, Promotion, Redemption
from campaigns.operations import coupons
from campaigns.operations.coupons import (
    LETTERS,
    AlreadyRedeemed,
    BadBatch,
    CodeTaken,
    CouponRefused,
    NoCouponNeeded,
)
from campaigns.operations.promotions import NoSuchPromotion
from campaigns.pricing.values import Basket, BasketLine, Discount, Quote
from campaigns.queries import offers
from config.kernel import invariants
from config.kernel.models import User
from tests.builders import a_coupon, a_customer, a_promotion

pytestmark = pytest.mark.django_db


def a_basket(*codes: str, customer: int | None = None, price: int = 10_000, shipping: int = 0) -> Basket:
    line = BasketLine("CUP-1", 1, Decimal(price), 1, frozenset({1}), Decimal(10))
    return Basket((line,), codes=codes, customer_id=customer, shipping_fee=Decimal(shipping))


def quoted(at: datetime, *codes: str, **values: Any) -> Quote:
    return offers.quote(a_basket(*codes, **values), at=at, shipping_tax_rate=Decimal(10))


def redeem(discounts: Sequence[Discount], at: datetime, number: str = "1", customer: int | None = None) -> None:
    coupons.redeem(discounts=discounts, customer_id=customer, document_kind="ORDER", document_number=number, at=at)


def statements(call: Any) -> list[str]:
    with CaptureQueriesContext(connection) as seen:
        call()
    control = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")
    return [one["sql"] for one in seen.captured_queries if not one["sql"].startswith(control)]


def test_redeeming_counts_the_promotion_and_its_coupon(at: datetime) -> None:
    promotion = a_promotion(at, needs_coupon=True, usage_limit=5, budget=Decimal(50_000))
    coupon = a_coupon(promotion, code="WINTER", usage_limit=3)
    customer = a_customer()

    redeem(quoted(at, "winter", customer=customer.pk).discounts, at, customer=customer.pk)

    promotion.refresh_from_db()
    coupon.refresh_from_db()
    assert (promotion.used, promotion.spent, coupon.used) == (1, Decimal(1000), 1)
    use = Redemption.objects.get()
    assert (use.promotion, use.coupon, use.customer, use.amount, use.state) == (
        promotion, coupon, customer, Decimal(1000), Redemption.State.COUNTED,
    )  # fmt: skip
    assert (use.document_kind, use.document_number, use.redeemed_at) == ("ORDER", "1", at)


def test_a_promotion_without_limit_is_recorded_in_one_statement_and_not_counted(at: datetime) -> None:
    for number in range(4):
        a_promotion(at, name=f"{number}", percent=Decimal(5))
    discounts = quoted(at).discounts
    assert len(discounts) == 4

    sent = statements(lambda: redeem(discounts, at))

    assert len(sent) == 1
    assert Redemption.objects.count() == 4
    assert set(Promotion.objects.values_list("used", flat=True)) == {0}


def test_limits_coupons_and_customers_cost_three_statements_at_most(at: datetime) -> None:
    customer = a_customer()
    for number in range(3):
        promotion = a_promotion(
            at,
            name=f"{number}",
            percent=Decimal(5),
            needs_coupon=True,
            usage_limit=9,
            usage_limit_per_customer=2,
            budget=Decimal(9999),
        )
        a_coupon(promotion, code=f"CODE-{number}")
    discounts = quoted(at, "CODE-0", "CODE-1", "CODE-2", customer=customer.pk).discounts
    assert len(discounts) == 3

    assert len(statements(lambda: redeem(discounts, at, customer=customer.pk))) == 3


def test_nothing_to_redeem_costs_nothing(at: datetime) -> None:
    assert statements(lambda: redeem((), at)) == []


def test_the_last_use_is_refused_to_the_second_and_nothing_is_half_written(at: datetime) -> None:
    free = a_promotion(at, name="free for all", percent=Decimal(1))
    last = a_promotion(at, name="last one", usage_limit=1)
    discounts = quoted(at).discounts
    redeem(discounts, at, "1")

    with pytest.raises(CouponRefused) as refused:
        redeem(discounts, at, "2")

    assert refused.value.details["promotions"] == ["last one"]
    assert set(Redemption.objects.values_list("promotion", flat=True)) == {free.pk, last.pk}
    assert not Redemption.objects.filter(document_number="2").exists()


def test_a_budget_is_never_overdrawn_by_the_last_use(at: datetime) -> None:
    promotion = a_promotion(at, budget=Decimal(1500))
    discounts = quoted(at).discounts
    redeem(discounts, at, "1")

    with pytest.raises(CouponRefused):
        redeem(discounts, at, "2")
    assert quoted(at).discounts == ()
    assert quoted(at, price=5000).discounts[0].amount == 500

    promotion.refresh_from_db()
    assert promotion.spent == 1000


def test_a_coupon_is_refused_once_its_limit_is_used(at: datetime) -> None:
    a_coupon(code="ONCE")
    discounts = quoted(at, "ONCE").discounts
    redeem(discounts, at, "1")

    with pytest.raises(CouponRefused) as refused:
        redeem(discounts, at, "2")

    assert refused.value.details["codes"] == ["ONCE"]
    assert quoted(at, "ONCE").refusals[0].reason == "used_up"


@pytest.mark.parametrize("change", [{"is_enabled": False}, {"customer": "other"}])
def test_a_coupon_switched_off_or_given_to_somebody_else_meanwhile_is_refused(at: datetime, change: dict[str, Any]) -> None:
    coupon = a_coupon(code="MINE")
    discounts = quoted(at, "MINE").discounts
    Coupon.objects.filter(pk=coupon.pk).update(**({"customer": a_customer()} if "customer" in change else change))

    with pytest.raises(CouponRefused):
        redeem(discounts, at)


def test_a_customer_is_refused_beyond_the_limit_per_customer(at: datetime) -> None:
    a_promotion(at, usage_limit_per_customer=1)
    first, second = a_customer(), a_customer()
    discounts = quoted(at, customer=first.pk).discounts
    redeem(discounts, at, "1", first.pk)

    with pytest.raises(CouponRefused) as refused:
        redeem(discounts, at, "2", first.pk)
    redeem(quoted(at, customer=second.pk).discounts, at, "3", second.pk)

    assert "as often as it allows" in str(refused.value) or "한도" in str(refused.value)
    assert quoted(at, customer=first.pk).discounts == ()
    assert Redemption.objects.count() == 2


def test_somebody_unknown_never_gets_what_is_limited_per_customer(at: datetime) -> None:
    a_promotion(at, usage_limit_per_customer=1)
    discounts = quoted(at, customer=a_customer().pk).discounts

    with pytest.raises(CouponRefused):
        redeem(discounts, at, "1", None)


def test_a_promotion_that_got_its_first_limit_since_the_quote_is_refused(at: datetime) -> None:
    promotion = a_promotion(at)
    discounts = quoted(at).discounts
    Promotion.objects.filter(pk=promotion.pk).update(usage_limit=10)

    with pytest.raises(CouponRefused):
        redeem(discounts, at)


def test_a_document_counts_its_uses_once(at: datetime) -> None:
    promotion = a_promotion(at, usage_limit=5)
    discounts = quoted(at).discounts
    redeem(discounts, at)

    with pytest.raises(AlreadyRedeemed):
        redeem(discounts, at)

    promotion.refresh_from_db()
    assert promotion.used == 1


def test_releasing_gives_every_use_back_once(at: datetime) -> None:
    limited = a_promotion(at, needs_coupon=True, usage_limit=1, budget=Decimal(1000))
    a_promotion(at, name="no limit", percent=Decimal(5))
    coupon = a_coupon(limited, code="ONCE")
    redeem(quoted(at, "ONCE").discounts, at)

    assert coupons.release(document_kind="ORDER", document_number="1") == 2
    assert coupons.release(document_kind="ORDER", document_number="1") == 0
    assert coupons.release(document_kind="ORDER", document_number="another") == 0

    limited.refresh_from_db()
    coupon.refresh_from_db()
    assert (limited.used, limited.spent, coupon.used) == (0, 0, 0)
    assert set(Redemption.objects.values_list("state", flat=True)) == {Redemption.State.RELEASED}
    assert invariants.check_all(at=at) == []


def test_a_released_document_may_redeem_anew(at: datetime) -> None:
    a_promotion(at, usage_limit=1)
    redeem(quoted(at).discounts, at)
    coupons.release(document_kind="ORDER", document_number="1")

    redeem(quoted(at).discounts, at)

    assert Redemption.objects.filter(state=Redemption.State.COUNTED).count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"used": 2, "usage_limit": 1},
        {"spent": Decimal(2), "budget": Decimal(1)},
        {"spent": Decimal(-1)},
        {"percent": None},
        {"amount": Decimal(5)},
        {"percent": Decimal(101)},
        {"benefit": "FREE_SHIPPING"},
        {"benefit": "AMOUNT", "percent": None},
        {"benefit": "BUY_X_GET_Y", "percent": None, "buy": 1},
        {"benefit": "HALF"},
        {"from_hour": 9},
        {"until_hour": 9},
        {"from_hour": 9, "until_hour": 9},
        {"from_hour": 24, "until_hour": 3},
        {"weekdays": [7]},
        {"usage_limit": 0},
        {"usage_limit_per_customer": 0},
        {"budget": Decimal(0)},
        {"minimum_amount": Decimal(-1)},
        {"covers": "HALF"},
        {"name": ""},
    ],
)
def test_the_database_itself_refuses_a_promotion_that_makes_no_sense(at: datetime, wrong: dict[str, Any]) -> None:
    promotion = a_promotion(at)

    with pytest.raises(IntegrityError), transaction.atomic():
        Promotion.objects.filter(pk=promotion.pk).update(**wrong)


@pytest.mark.parametrize("wrong", [{"used": 2}, {"code": ""}, {"code": "small"}, {"code": "A B"}, {"usage_limit": 0}])
def test_the_database_itself_refuses_a_coupon_that_makes_no_sense(at: datetime, wrong: dict[str, Any]) -> None:
    coupon = a_coupon(code="GOOD")

    with pytest.raises(IntegrityError), transaction.atomic():
        Coupon.objects.filter(pk=coupon.pk).update(**wrong)


@pytest.mark.breaks_promises("uses are counted wrong")
def test_what_was_counted_wrong_is_found(at: datetime) -> None:
    promotion = a_promotion(at, usage_limit=9)
    redeem(quoted(at).discounts, at)
    assert invariants.check_all(at=at) == []

    Promotion.objects.filter(pk=promotion.pk).update(used=3)
    coupon = a_coupon(promotion, code="NEVER", usage_limit=None)
    Coupon.objects.filter(pk=coupon.pk).update(used=7)

    assert [one.subject for one in invariants.check_all(at=at)] == [f"promotion {promotion.pk}", "coupon NEVER"]


def test_a_batch_makes_codes_that_can_be_read_aloud(at: datetime) -> None:
    promotion = a_promotion(at, needs_coupon=True)

    batch = coupons.issue_batch(promotion_id=promotion.pk, name="Newsletter", size=500, prefix="news-", actor=None, at=at)

    codes = list(Coupon.objects.filter(batch=batch).values_list("code", flat=True))
    assert len(set(codes)) == 500
    assert all(code.startswith("NEWS-") and set(code[5:]) <= set(LETTERS) and len(code) == 15 for code in codes)
    assert not set("0O1IL") & set(LETTERS)
    assert set(Coupon.objects.values_list("usage_limit", flat=True)) == {1}
    assert offers.quote(a_basket(codes[0].lower()), at=at, shipping_tax_rate=Decimal(10)).discounts[0].code == codes[0]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"size": 0}, "size"),
        ({"size": 100_001}, "size"),
        ({"prefix": "A B"}, "prefix"),
        ({"prefix": "A" * 21}, "prefix"),
        ({"name": " "}, "name"),
        ({"usage_limit": 0}, "usage_limit"),
    ],
)
def test_a_batch_that_makes_no_sense_is_refused_by_its_field(at: datetime, values: dict[str, Any], field: str) -> None:
    told: dict[str, Any] = {"name": "x", "size": 5, "prefix": ""} | values

    with pytest.raises(BadBatch) as refused:
        coupons.issue_batch(promotion_id=a_promotion(at, needs_coupon=True).pk, actor=None, at=at, **told)

    assert field in refused.value.details
    assert not Coupon.objects.exists()


def test_a_code_of_ones_own_is_kept_in_capitals_and_taken_once(at: datetime) -> None:
    promotion = a_promotion(at, needs_coupon=True)

    coupon = coupons.issue_code(promotion_id=promotion.pk, code=" welcome10 ", usage_limit=None, actor=None, at=at)

    assert (coupon.code, coupon.usage_limit) == ("WELCOME10", None)
    with pytest.raises(CodeTaken):
        coupons.issue_code(promotion_id=promotion.pk, code="Welcome10", usage_limit=1, actor=None, at=at)
    with pytest.raises(BadBatch):
        coupons.issue_code(promotion_id=promotion.pk, code="a", usage_limit=1, actor=None, at=at)


def test_codes_are_made_only_for_promotions_that_need_one(at: datetime) -> None:
    with pytest.raises(NoCouponNeeded):
        coupons.issue_code(promotion_id=a_promotion(at).pk, code="HELLO", usage_limit=1, actor=None, at=at)
    with pytest.raises(NoSuchPromotion):
        coupons.issue_batch(promotion_id=0, name="x", size=1, actor=None, at=at)


def test_a_code_switched_off_is_unknown_to_customers(at: datetime) -> None:
    coupon = a_coupon(code="LEAKED")

    coupons.switch(coupon_id=coupon.pk, on=False, actor=None, at=at)

    assert quoted(at, "LEAKED").refusals[0].reason == "unknown_code"


def test_who_made_a_code_and_who_switched_it_stays_on_record(at: datetime) -> None:
    marketer, clerk = User.objects.create_user("marketer"), User.objects.create_user("clerk")
    promotion = a_promotion(at, needs_coupon=True)
    later = at + timedelta(days=1)

    coupon = coupons.issue_code(promotion_id=promotion.pk, code="VIP90", usage_limit=None, actor=marketer, at=at)
    batch = coupons.issue_batch(promotion_id=promotion.pk, name="b", size=2, actor=clerk, at=later)
    for on in (False, False, True):
        coupons.switch(coupon_id=coupon.pk, on=on, actor=clerk, at=later)

    assert (coupon.made_by, coupon.made_at) == (marketer, at)
    assert set(batch.coupons.values_list("made_by", "made_at")) == {(clerk.pk, later)}
    switches = CouponSwitch.objects.order_by("id").values_list("coupon", "is_enabled", "actor", "switched_at")
    assert list(switches) == [(coupon.pk, False, clerk.pk, later), (coupon.pk, True, clerk.pk, later)]
