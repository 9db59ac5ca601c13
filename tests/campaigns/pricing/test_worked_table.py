"""The worked table of docs/algorithms/pricing.md is what the engine does."""

import re
from decimal import Decimal

from campaigns.pricing.values import Basket, Quote
from config.local.place import PROJECT
from tests.campaigns.pricing.shapes import a_basket, a_key, a_line, a_rule, priced, reasons

CUPS, BOWLS = 1, 2


def asked(bowls: int) -> Quote:
    basket: Basket = a_basket(
        a_line(12_000, 2, CUPS), a_line(7_000, bowls, BOWLS), codes=("SHIP",), shipping_fee=Decimal(3_000)
    )  # fmt: skip
    return priced(
        basket,
        a_rule(1, percent=10, products=(CUPS,), stacking_group="sale", priority=1),
        a_rule(2, "AMOUNT", amount=5_000, minimum_amount=20_000, stacking_group="sale", priority=2),
        a_rule(3, "BUY_X_GET_Y", buy=2, get=1, priority=3),
        a_rule(4, "FREE_SHIPPING", needs_coupon=True, priority=4),
        keys=(a_key("SHIP", 4),),
    )


def table() -> dict[str, list[int]]:
    text = (PROJECT / "docs/algorithms/pricing.md").read_text("utf-8")
    rows = re.findall(r"^\| ([A-Za-z ]+?) \| (-?\d+) \| (-?\d+) \| (-?\d+) \|", text, re.MULTILINE)
    return {name: [int(cell) for cell in cells] for name, *cells in rows}


def test_the_worked_table_is_what_the_engine_does() -> None:
    quote = asked(bowls=3)
    shipping = {one.promotion_id: -one.amount if one.on_shipping else 0 for one in quote.discounts}

    assert table() == {
        "list price": [*(line.gross for line in quote.lines), quote.shipping_fee],
        **{
            "ABCD"[one.promotion_id - 1]: [*(-share for share in one.shares), shipping[one.promotion_id]]
            for one in quote.discounts
        },
        "to pay": [*(line.total for line in quote.lines), quote.shipping_fee - quote.shipping_discount],
        "tax inside": [*(line.tax for line in quote.lines), quote.shipping_tax],
    }
    assert quote.total == 32_267


def test_with_two_bowls_the_second_promotion_is_not_given() -> None:
    quote = asked(bowls=2)

    assert 2 not in {one.promotion_id for one in quote.discounts}
    assert reasons(quote) == {}
