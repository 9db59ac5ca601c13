"""Placing an order prices it here, holds the stock, counts the coupons and tells, all of it or nothing."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from campaigns.models import Customer, Promotion, Redemption
from campaigns.operations.coupons import CouponRefused
from config.kernel import invariants
from config.kernel.models import OutboxEvent
from inventory.models import Reservation, StockLevel, TaxClass
from inventory.operations.ledger import InsufficientStock
from orders.models import Order, OrderDiscount, OrderEvent, OrderLine
from orders.operations import canceling, placing
from orders.operations.placing import AlreadyPlaced, Buyer, CodeRefused, PriceChanged
from orders.queries import quoting
from orders.queries.quoting import AmountTooLarge, LinesRefused
from tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _promises_hold(at: datetime) -> Any:
    yield
    assert invariants.check_all(at=at) == []


def place(at: datetime, **values: Any) -> Order:
    told = {"channel": "web", "ship_to": builders.SHIP_TO, "actor": None} | values
    return placing.place_order(at=at, **told)


def test_an_order_is_a_snapshot_of_its_quote(at: datetime) -> None:
    cup = builders.a_stocked_variant(10, list_price=12_000, cost=5_000)
    book = builders.a_stocked_variant(10, product=builders.a_product(tax_class=TaxClass.EXEMPT), list_price=9_000)
    promotion = builders.a_promotion(at)

    order = place(at, lines=[(cup.sku, 2), (book.sku, 1)], expected_total=Decimal(32_700))

    lines = list(order.lines.values_list("position", "sku", "quantity", "gross", "discount", "total", "tax", "unit_cost"))
    assert lines == [
        (1, cup.sku, 2, 24_000, 2_400, 21_600, 1_964, 5_000),
        (2, book.sku, 1, 9_000, 900, 8_100, 0, 5_000),
    ]
    assert (order.lines_total, order.shipping_fee, order.total, order.tax) == (29_700, 3_000, 32_700, 1_964 + 273)
    assert order.payment_due_at == at + timedelta(minutes=60)
    reasons = OrderDiscount.objects.values_list("line__position", "promotion", "promotion_version", "amount")
    assert sorted(reasons) == [(1, promotion.pk, 1, 2_400), (2, promotion.pk, 1, 900)]


def test_it_holds_the_stock_until_the_order_ends(at: datetime) -> None:
    cup = builders.a_stocked_variant(5)

    order = place(at, lines=[(cup.sku, 3)], expected_total=Decimal(39_000))

    held = Reservation.objects.get()
    assert (held.document_kind, held.document_number, held.quantity, held.expires_at) == ("ORDER", order.number, 3, None)
    assert StockLevel.objects.get().reserved == 3


def test_it_is_told_in_the_timeline_and_upward(at: datetime) -> None:
    cup = builders.a_stocked_variant()

    order = place(at, lines=[(cup.sku, 1)], expected_total=Decimal(15_000))

    assert [event.kind for event in order.timeline.all()] == ["PLACED"]
    told = OutboxEvent.objects.filter(topic="orders.order_placed").values_list("payload", flat=True)
    assert list(told) == [{"number": order.number, "on": "2026-11-21"}]


def test_the_number_carries_the_business_day(at: datetime) -> None:
    cup = builders.a_stocked_variant()
    just_after_midnight_in_seoul = at.replace(hour=15, minute=0)

    order = place(just_after_midnight_in_seoul, lines=[(cup.sku, 1)], expected_total=Decimal(15_000))

    assert order.number.startswith("261122-")


def test_a_sku_named_twice_is_one_line(at: datetime) -> None:
    cup = builders.a_stocked_variant(5)

    with pytest.raises(InsufficientStock) as refusal:
        place(at, lines=[(cup.sku, 3), (cup.sku, 3)], expected_total=Decimal(72_000))
    order = place(at, lines=[(cup.sku, 3), (cup.sku, 2)], expected_total=Decimal(60_000))

    assert refusal.value.details == {"lines": [{"sku": cup.sku, "requested": 6, "available": 5}]}
    assert list(order.lines.values_list("quantity", flat=True)) == [5]


def test_short_stock_leaves_nothing_behind(at: datetime) -> None:
    cup, pot = builders.a_stocked_variant(1), builders.a_stocked_variant(9)
    coupon = builders.a_coupon(builders.a_promotion(at, needs_coupon=True, usage_limit=5))
    lines = [(pot.sku, 1), (cup.sku, 2)]

    with pytest.raises(InsufficientStock) as refusal:
        place(at, lines=lines, codes=[coupon.code], expected_total=Decimal(35_400), customer=Buyer("c-1"))

    assert refusal.value.details == {"lines": [{"sku": cup.sku, "requested": 2, "available": 1}]}
    coupon.refresh_from_db()
    assert coupon.used == 0
    counts = [model.objects.count() for model in (Order, OrderLine, OrderEvent, Redemption, Reservation, Customer)]
    assert counts == [0] * 6
    assert not OutboxEvent.objects.filter(topic__startswith="orders.").exists()


def test_another_price_than_expected_is_refused_with_the_present_one(at: datetime) -> None:
    cup = builders.a_stocked_variant(list_price=12_000)

    with pytest.raises(PriceChanged) as refusal:
        place(at, lines=[(cup.sku, 1)], expected_total=Decimal(14_000))

    assert refusal.value.details["expected_total"] == "14000"
    assert refusal.value.details["quote"]["total"] == "15000"
    assert not Order.objects.exists()


def test_a_promotion_that_ended_is_a_changed_price_and_never_a_silent_one(at: datetime) -> None:
    """Half-open: in force up to its end, and not at it (F09)."""
    cup = builders.a_stocked_variant(list_price=10_000)
    builders.a_promotion(at, ends_at=at + timedelta(seconds=10))

    place(at + timedelta(seconds=9), lines=[(cup.sku, 1)], expected_total=Decimal(12_000))
    with pytest.raises(PriceChanged):
        place(at + timedelta(seconds=10), lines=[(cup.sku, 1)], expected_total=Decimal(12_000))
    place(at + timedelta(seconds=10), lines=[(cup.sku, 1)], expected_total=Decimal(13_000))


def test_a_changed_list_price_is_refused_too(at: datetime) -> None:
    cup = builders.a_stocked_variant(list_price=10_000)
    type(cup).objects.filter(pk=cup.pk).update(list_price=11_000)

    with pytest.raises(PriceChanged):
        place(at, lines=[(cup.sku, 1)], expected_total=Decimal(13_000))


@pytest.mark.parametrize(("code", "reason"), [("NOSUCH", "unknown_code"), ("USED", "used_up")])
def test_a_code_that_gives_nothing_is_refused_and_not_dropped(at: datetime, code: str, reason: str) -> None:
    cup = builders.a_stocked_variant()
    builders.a_coupon(builders.a_promotion(at, needs_coupon=True), code="USED", usage_limit=1, used=1)

    with pytest.raises(CodeRefused) as refusal:
        place(at, lines=[(cup.sku, 1)], codes=[code], expected_total=Decimal(15_000))

    assert refusal.value.details["codes"] == [{"code": code, "reason": reason, "figures": {}}]
    assert refusal.value.details["quote"]["total"] == "15000"
    # This coupon's use has no redemption behind it, which the recount would rightly report.
    promotion = Promotion.objects.get()
    promotion.coupons.update(used=0)


def test_a_coupon_is_counted_with_the_order(at: datetime) -> None:
    cup = builders.a_stocked_variant(list_price=10_000)
    coupon = builders.a_coupon(builders.a_promotion(at, needs_coupon=True))

    order = place(at, lines=[(cup.sku, 1)], codes=[coupon.code], expected_total=Decimal(12_000), customer=Buyer("c-1"))

    use = Redemption.objects.get()
    assert (use.coupon, use.document_kind, use.document_number, use.amount) == (coupon, "ORDER", order.number, 1_000)
    coupon.refresh_from_db()
    assert coupon.used == 1
    assert OrderDiscount.objects.get().code == coupon.code


def test_the_last_use_lost_a_moment_ago_is_a_refusal(at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    cup = builders.a_stocked_variant(list_price=10_000)
    promotion = builders.a_promotion(at, usage_limit=1)
    quoted = placing.quoting.priced

    def then_somebody_else_uses_it(**values: Any) -> Any:
        priced = quoted(**values)
        Promotion.objects.filter(pk=promotion.pk).update(used=1)
        return priced

    monkeypatch.setattr(placing.quoting, "priced", then_somebody_else_uses_it)
    with pytest.raises(CouponRefused):
        place(at, lines=[(cup.sku, 1)], expected_total=Decimal(12_000))

    assert not Order.objects.exists()


def test_free_shipping_is_a_discount_off_the_shipping(at: datetime) -> None:
    cup = builders.a_stocked_variant(list_price=10_000)
    builders.a_promotion(at, benefit=Promotion.Benefit.FREE_SHIPPING)

    order = place(at, lines=[(cup.sku, 1)], expected_total=Decimal(10_000))

    assert (order.shipping_fee, order.shipping_discount, order.total, order.tax) == (3_000, 3_000, 10_000, 909)
    assert OrderDiscount.objects.get().line is None


@pytest.mark.parametrize(("price", "fee"), [(49_999, 3_000), (50_000, 0)])
def test_shipping_is_free_from_an_amount_of_goods_on(at: datetime, price: int, fee: int) -> None:
    cup = builders.a_stocked_variant(list_price=price)

    assert place(at, lines=[(cup.sku, 1)], expected_total=Decimal(price + fee)).shipping_fee == fee


def test_an_order_that_costs_nothing_is_paid_at_once(at: datetime) -> None:
    cup = builders.a_stocked_variant(list_price=60_000)
    builders.a_promotion(at, percent=Decimal(100))

    order = place(at, lines=[(cup.sku, 1)], expected_total=Decimal(0))

    assert (order.state, order.paid_at, order.payment_due_at) == ("PAID", at, None)
    assert order.ship_due_at == at + timedelta(hours=48)
    assert [event.kind for event in order.timeline.order_by("id")] == ["PLACED", "PAID"]
    topics = OutboxEvent.objects.filter(topic__startswith="orders.").order_by("id").values_list("topic", flat=True)
    assert list(topics) == ["orders.order_placed", "orders.order_paid"]


def test_every_sku_that_cannot_be_ordered_is_named(at: datetime) -> None:
    cup = builders.a_stocked_variant()
    gone = builders.a_stocked_variant(is_active=False)
    of_a_gone_product = builders.a_stocked_variant(product=builders.a_product(is_active=False))

    with pytest.raises(LinesRefused) as refusal:
        place(
            at,
            lines=[(cup.sku, 1), ("NOSUCH", 1), (gone.sku, 2), (of_a_gone_product.sku, 1)],
            expected_total=Decimal(1),
        )

    assert refusal.value.details["lines"] == [
        {"line": 1, "sku": "NOSUCH", "reason": "unknown_sku"},
        {"line": 2, "sku": gone.sku, "reason": "not_on_sale"},
        {"line": 3, "sku": of_a_gone_product.sku, "reason": "not_on_sale"},
    ]


def test_an_amount_no_column_holds_is_refused(at: datetime) -> None:
    ring = builders.a_stocked_variant(list_price=99_999_999_999)

    with pytest.raises(AmountTooLarge):
        place(at, lines=[(ring.sku, 9_999)], expected_total=Decimal(1))


def test_a_channels_number_is_one_order(at: datetime) -> None:
    cup = builders.a_stocked_variant()
    first = place(at, lines=[(cup.sku, 1)], expected_total=Decimal(15_000), channel="naver", external_number="N-1")

    with pytest.raises(AlreadyPlaced) as refusal:
        place(at, lines=[(cup.sku, 1)], expected_total=Decimal(1), channel="naver", external_number="N-1")
    place(at, lines=[(cup.sku, 1)], expected_total=Decimal(15_000), channel="coupang", external_number="N-1")
    place(at, lines=[(cup.sku, 1)], expected_total=Decimal(15_000), channel="naver", external_number="")

    assert refusal.value.details == {"channel": "naver", "external_number": "N-1", "number": first.number}


def test_first_orders_are_told_apart(at: datetime) -> None:
    cup = builders.a_stocked_variant(list_price=10_000)
    builders.a_promotion(at, first_order_only=True)
    buyer = Buyer("c-1", name="김하늘", phone="010-0000-0001")

    place(at, lines=[(cup.sku, 1)], expected_total=Decimal(12_000), customer=buyer)
    second = place(at, lines=[(cup.sku, 1)], expected_total=Decimal(13_000), customer=buyer)

    customer = Customer.objects.get()
    assert (customer.external_id, customer.name, customer.phone) == ("c-1", "김하늘", "010-0000-0001")
    assert second.customer == customer


def test_a_canceled_order_does_not_count_as_the_first(at: datetime) -> None:
    cup = builders.a_stocked_variant(list_price=10_000)
    builders.a_promotion(at, first_order_only=True)
    order = place(at, lines=[(cup.sku, 1)], expected_total=Decimal(12_000), customer=Buyer("c-1"))
    canceling.cancel(number=order.number, reason="다시 주문", actor=None, at=at)

    place(at, lines=[(cup.sku, 1)], expected_total=Decimal(12_000), customer=Buyer("c-1"))


@pytest.mark.parametrize("promised", [{"first_order_only": True}, {"usage_limit_per_customer": 1}])
@pytest.mark.parametrize("code", [None, "WELCOME10"])
def test_somebody_new_pays_what_they_were_quoted(at: datetime, promised: dict[str, Any], code: str | None) -> None:
    """What is meant for those who come for the first time shows in the price before the shop has written them down."""
    cup = builders.a_stocked_variant(list_price=10_000)
    promotion = builders.a_promotion(at, needs_coupon=code is not None, **promised)
    codes = [code] if code else []
    if code:
        builders.a_coupon(promotion, code=code, usage_limit=None)

    quote = quoting.quote(lines=[(cup.sku, 1)], codes=codes, customer_external_id="never-seen", at=at)
    order = place(at, lines=[(cup.sku, 1)], codes=codes, expected_total=quote.total, customer=Buyer("never-seen"))

    assert (quote.total, quote.refusals) == (12_000, ())
    assert order.total == quote.total


@pytest.mark.parametrize("promised", [{"first_order_only": True}, {"usage_limit_per_customer": 1}])
def test_a_guest_gets_nothing_that_is_for_each_customer_once(at: datetime, promised: dict[str, Any]) -> None:
    cup = builders.a_stocked_variant(list_price=10_000)
    builders.a_promotion(at, **promised)
    builders.a_coupon(builders.a_promotion(at, needs_coupon=True, **promised), code="WELCOME10")

    with pytest.raises(CodeRefused) as refusal:
        place(at, lines=[(cup.sku, 1)], codes=["WELCOME10"], expected_total=Decimal(12_000))
    order = place(at, lines=[(cup.sku, 1)], expected_total=Decimal(13_000))

    assert refusal.value.details["codes"] == [{"code": "WELCOME10", "reason": "needs_customer", "figures": {}}]
    assert order.total == 13_000


def test_a_first_order_placed_a_moment_ago_makes_this_one_the_second(at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    cup = builders.a_stocked_variant(list_price=10_000)
    promotion = builders.a_promotion(at, first_order_only=True)
    quoted = placing.quoting.priced

    def then_another_window_orders(**values: Any) -> Any:
        priced = quoted(**values)
        monkeypatch.setattr(placing.quoting, "priced", quoted)
        place(at, lines=[(cup.sku, 1)], expected_total=Decimal(12_000), customer=Buyer("c-1"))
        return priced

    monkeypatch.setattr(placing.quoting, "priced", then_another_window_orders)
    with pytest.raises(CouponRefused) as refusal:
        place(at, lines=[(cup.sku, 1)], expected_total=Decimal(12_000), customer=Buyer("c-1"))

    assert refusal.value.details == {"promotions": [promotion.name], "codes": []}
    assert "첫 주문" in str(refusal.value) or "first order" in str(refusal.value)


def test_a_sku_with_the_longest_names_can_be_ordered(at: datetime) -> None:
    cup = builders.a_stocked_variant(1, product=builders.a_product(name="가" * 200), name="나" * 200)

    order = builders.a_placed_order((cup, 1), at=at)

    assert order.lines.get().name == "가" * 200 + " " + "나" * 200
