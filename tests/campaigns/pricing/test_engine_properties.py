"""What holds of every quote, whatever is in the basket and on offer."""

from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import given, seed, settings
from hypothesis import strategies as st

from campaigns.pricing.values import Basket, Key, Rule
from config.kernel.money import EXPONENTS
from tests.campaigns.pricing.shapes import a_basket, a_key, a_line, a_rule, priced

CURRENCIES = st.sampled_from(["KRW", "USD", "KWD"])
lines = st.builds(
    a_line,
    st.decimals(0, 100_000, places=2),
    st.integers(1, 30),
    st.integers(1, 6),
    st.lists(st.integers(1, 3), max_size=2).map(tuple),
)


@st.composite
def rules(draw: Any, number: int) -> Rule:
    benefit = draw(st.sampled_from(["PERCENT", "AMOUNT", "FIXED_PRICE", "BUY_X_GET_Y", "FREE_SHIPPING"]))
    parts: dict[str, Any] = {
        "PERCENT": {"percent": draw(st.decimals("0.01", 100, places=2))},
        "AMOUNT": {"amount": draw(st.decimals("0.01", 50_000, places=2))},
        "FIXED_PRICE": {"amount": draw(st.decimals(0, 50_000, places=2))},
        "BUY_X_GET_Y": {"buy": draw(st.integers(1, 4)), "get": draw(st.integers(1, 4))},
        "FREE_SHIPPING": {},
    }[benefit]
    return a_rule(
        number,
        benefit,
        **parts,
        priority=draw(st.integers(1, 3)),
        stacking_group=draw(st.sampled_from(["", "", "a", "b"])),
        products=draw(st.lists(st.integers(1, 6), max_size=2)),
        categories=draw(st.lists(st.integers(1, 3), max_size=1)),
        minimum_amount=draw(st.sampled_from([0, 0, 10_000])),
        needs_coupon=draw(st.booleans()),
        budget_left=draw(st.sampled_from([None, None, 5_000])),
        left=draw(st.sampled_from([None, 0, 3])),
    )


@st.composite
def shops(draw: Any) -> tuple[Basket, list[Rule], tuple[Key, ...]]:
    offered = [draw(rules(number)) for number in range(1, draw(st.integers(1, 7)))]
    basket = a_basket(
        *draw(st.lists(lines, min_size=1, max_size=6)),
        codes=("K1", "K2", "K3"),
        shipping_fee=draw(st.sampled_from([Decimal(0), Decimal(3000)])),
    )
    return basket, offered, tuple(a_key(f"K{number}", number) for number in (1, 2, 3))


@seed(2026)
@settings(max_examples=150, deadline=None, database=None)
@given(shops(), CURRENCIES, st.integers(0, 1000))
def test_every_quote_adds_up(shop: tuple[Basket, list[Rule], tuple[Key, ...]], currency: str, order: int) -> None:
    basket, offered, keys = shop

    quote = priced(basket, *offered, keys=keys, currency=currency)

    smallest = Decimal(1).scaleb(-EXPONENTS.get(currency, 2))
    for one in quote.discounts:
        assert one.amount > 0
        assert sum(one.shares) == (0 if one.on_shipping else one.amount)
        assert all(share >= 0 and share % smallest == 0 for share in one.shares)
    for number, line in enumerate(quote.lines):
        assert line.total == line.gross - line.discount >= 0
        assert line.discount == sum(one.shares[number] for one in quote.discounts)
        assert 0 <= line.tax <= line.total
    assert 0 <= quote.shipping_discount <= quote.shipping_fee
    assert quote.total == sum(line.total for line in quote.lines) + quote.shipping_fee - quote.shipping_discount
    assert quote.tax == sum(line.tax for line in quote.lines) + quote.shipping_tax

    shuffled = list(offered)
    Random(order).shuffle(shuffled)  # noqa: S311  an order, not a secret
    assert priced(basket, *shuffled, keys=keys, currency=currency) == quote

    groups = {
        one.promotion_id: rule.stacking_group
        for one in quote.discounts
        for rule in offered
        if rule.promotion_id == one.promotion_id
    }
    for number in range(len(basket.lines)):
        served = [groups[one.promotion_id] for one in quote.discounts if one.shares[number] and groups[one.promotion_id]]
        assert len(served) == len(set(served)), "two promotions of one group served a line"
    given_codes = {one.code for one in quote.discounts if one.code}
    assert given_codes.isdisjoint(one.code for one in quote.refusals)
    assert given_codes | {one.code for one in quote.refusals} >= {key.code for key in keys}
