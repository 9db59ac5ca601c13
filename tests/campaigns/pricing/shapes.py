"""Baskets and rules for tests of pricing, in a few words."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from campaigns.pricing import engine
from campaigns.pricing.values import Basket, BasketLine, Benefit, Key, Quote, Rule

SEOUL = ZoneInfo("Asia/Seoul")
AT = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)  # a Friday noon in Seoul


def a_line(price: Any, quantity: int = 1, product: int = 1, categories: tuple[int, ...] = (), tax: int = 10) -> BasketLine:
    return BasketLine(f"SKU-{product}", quantity, Decimal(price), product, frozenset(categories), Decimal(tax))


def a_basket(*lines: BasketLine, **values: Any) -> Basket:
    return Basket(tuple(lines), **values)


def a_rule(number: int = 1, benefit: str = "PERCENT", **values: Any) -> Rule:
    told = {
        "name": f"rule {number}", "version": 1, "priority": 100, "starts_at": AT - timedelta(days=1), "ends_at": None,
    } | values  # fmt: skip
    for field in ("percent", "amount", "minimum_amount", "budget_left"):
        if told.get(field) is not None:
            told[field] = Decimal(told[field])
    for field in ("products", "categories", "weekdays"):
        told[field] = frozenset(told.get(field, ()))
    return Rule(promotion_id=number, benefit=Benefit(benefit), **told)


def a_key(code: str, promotion: int, **values: Any) -> Key:
    return Key(code, coupon_id=promotion, promotion_id=promotion, **values)


def priced(
    basket: Basket, *rules: Rule, keys: tuple[Key, ...] = (), currency: str = "KRW", at: datetime = AT, shipping_tax: int = 10
) -> Quote:
    return engine.quote(
        basket, rules, {key.code: key for key in keys}, at=at, zone=SEOUL, currency=currency,
        shipping_tax_rate=Decimal(shipping_tax),
    )  # fmt: skip


def reasons(quote: Quote) -> dict[str, str]:
    return {one.code: one.reason for one in quote.refusals}
