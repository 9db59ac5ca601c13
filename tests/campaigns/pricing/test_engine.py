"""What promotions take off, who gets them, and what is left to pay."""

from datetime import timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest

from campaigns.pricing.values import REASONS, Quote
from tests.campaigns.pricing.shapes import AT, a_basket, a_key, a_line, a_rule, priced, reasons

PRICES = (9_000, 5_000)


def shares(quote: Quote) -> list[list[int]]:
    return [[int(share) for share in one.shares] for one in quote.discounts]


def test_without_promotions_the_list_price_is_paid_with_its_tax_inside() -> None:
    quote = priced(a_basket(a_line(11_000, 2), a_line(5_000, tax=0), shipping_fee=Decimal(3300)))

    assert [line.total for line in quote.lines] == [22_000, 5_000]
    assert [line.tax for line in quote.lines] == [2_000, 0]
    assert (quote.total, quote.tax, quote.shipping_tax) == (30_300, 2_300, 300)


def test_a_percentage_is_rounded_once_and_spread_to_the_won() -> None:
    quote = priced(a_basket(a_line(333), a_line(333), a_line(335)), a_rule(percent=10))

    assert quote.discounts[0].amount == 100
    assert shares(quote) == [[33, 33, 34]]
    assert quote.total == 901


def test_cents_are_kept_where_the_currency_has_them() -> None:
    quote = priced(a_basket(a_line("9.99", 3), a_line("0.01")), a_rule(percent="33.33"), currency="USD")

    assert quote.discounts[0].amount == Decimal("9.99")
    assert sum(quote.discounts[0].shares) == Decimal("9.99")
    assert quote.total == Decimal("19.99")


def test_an_amount_is_spread_by_what_each_line_costs_and_never_exceeds_it() -> None:
    basket = a_basket(a_line(10_000), a_line(30_000))

    assert shares(priced(basket, a_rule(1, "AMOUNT", amount=1_000))) == [[250, 750]]
    assert priced(basket, a_rule(1, "AMOUNT", amount=99_000)).total == 0


def test_a_fixed_price_lowers_and_never_raises() -> None:
    quote = priced(a_basket(a_line(10_000, 2), a_line(5_000)), a_rule(1, "FIXED_PRICE", amount=9_900))

    assert [int(line.total) for line in quote.lines] == [19_800, 5_000]


def test_a_fixed_price_finer_than_a_coin_is_rounded_for_the_line() -> None:
    quote = priced(a_basket(a_line(100, 3)), a_rule(1, "FIXED_PRICE", amount="33.5"))

    assert quote.lines[0].total == 101  # 100.5, half up


@pytest.mark.parametrize(("quantities", "free"), [((2, 0), 0), ((3, 0), 1), ((1, 2), 1), ((5, 0), 1), ((4, 2), 2), ((0, 7), 2)])
def test_of_every_three_units_the_cheapest_is_free(quantities: tuple[int, int], free: int) -> None:
    lines = [
        a_line(price, count, product) for product, (price, count) in enumerate(zip(PRICES, quantities, strict=True)) if count
    ]
    cheapest = sorted(price for price, count in zip(PRICES, quantities, strict=True) for _ in range(count))[:free]

    quote = priced(a_basket(*lines), a_rule(1, "BUY_X_GET_Y", buy=2, get=1))

    assert sum(int(one.amount) for one in quote.discounts) == sum(cheapest)


def test_free_shipping_takes_off_the_fee_and_no_goods() -> None:
    quote = priced(a_basket(a_line(10_000), shipping_fee=Decimal(3_000)), a_rule(1, "FREE_SHIPPING"))

    assert (quote.total, quote.shipping_discount, quote.shipping_tax) == (10_000, 3_000, 0)
    assert quote.discounts[0].on_shipping
    assert shares(quote) == [[0]]


def test_a_code_for_free_shipping_is_not_used_where_shipping_is_free_anyway() -> None:
    quote = priced(a_basket(a_line(10_000), codes=("SHIP",)), a_rule(1, "FREE_SHIPPING"), keys=(a_key("SHIP", 1),))

    assert quote.discounts == ()
    assert reasons(quote) == {"SHIP": "nothing_to_discount"}


def test_promotions_go_by_priority_each_on_what_is_left() -> None:
    basket = a_basket(a_line(10_000))

    assert priced(basket, a_rule(1, percent=50, priority=1), a_rule(2, "AMOUNT", amount=1_000, priority=2)).total == 4_000
    assert priced(basket, a_rule(1, percent=50, priority=2), a_rule(2, "AMOUNT", amount=1_000, priority=1)).total == 4_500


def test_the_order_in_which_rules_come_changes_nothing() -> None:
    rules = (
        a_rule(1, percent=10),
        a_rule(2, "AMOUNT", amount=700),
        a_rule(3, "BUY_X_GET_Y", buy=1, get=1),
        a_rule(4, percent=7),
    )
    basket = a_basket(a_line(3_333, 3), a_line(1_999, 2, 2))

    assert len({priced(basket, *order) for order in permutations(rules)}) == 1


def test_of_a_stacking_group_each_line_gets_the_first_that_fits() -> None:
    first = a_rule(1, percent=10, products=(1,), stacking_group="sale", priority=1)
    second = a_rule(2, percent=50, stacking_group="sale", priority=2)

    quote = priced(a_basket(a_line(10_000, product=1), a_line(10_000, product=2)), first, second)

    assert shares(quote) == [[1_000, 0], [0, 5_000]]


def test_a_line_that_was_let_off_nothing_stays_open_to_its_group() -> None:
    dear = a_rule(1, "FIXED_PRICE", amount=20_000, stacking_group="sale", priority=1)

    quote = priced(a_basket(a_line(10_000)), dear, a_rule(2, percent=10, stacking_group="sale", priority=2))

    assert quote.total == 9_000


def test_units_bought_for_the_free_ones_are_part_of_the_bargain() -> None:
    bogo = a_rule(1, "BUY_X_GET_Y", buy=1, get=1, stacking_group="sale", priority=1)

    quote = priced(
        a_basket(a_line(10_000, product=1), a_line(8_000, product=2)), bogo, a_rule(2, percent=10, stacking_group="sale")
    )

    assert quote.total == 10_000


def test_lines_served_by_the_group_do_not_help_another_over_its_minimum() -> None:
    first = a_rule(1, percent=10, products=(1,), stacking_group="sale", priority=1)
    second = a_rule(2, "AMOUNT", amount=3_000, minimum_amount=20_000, stacking_group="sale", priority=2, needs_coupon=True)
    basket = a_basket(a_line(15_000, product=1), a_line(5_000, product=2), codes=("B",))

    quote = priced(basket, first, second, keys=(a_key("B", 2),))

    assert [one.promotion_id for one in quote.discounts] == [1]
    assert reasons(quote) == {"B": "not_combinable"}


def test_a_minimum_is_of_the_matching_lines_before_discounts() -> None:
    half = a_rule(1, percent=50, priority=1)
    from_ten = a_rule(2, "AMOUNT", amount=1_000, minimum_amount=10_000, products=(1,), priority=2, needs_coupon=True)

    def ask(price: int) -> Quote:
        return priced(a_basket(a_line(price), a_line(90_000, product=2), codes=("M",)), half, from_ten, keys=(a_key("M", 2),))

    assert len(ask(10_000).discounts) == 2
    refused = ask(9_999)
    assert refused.refusals[0].reason == "below_minimum"
    assert refused.refusals[0].figures == {"minimum_amount": "10000", "amount": "9999"}


def test_products_and_categories_are_matched_with_all_above_them() -> None:
    basket = a_basket(a_line(1_000, product=1), a_line(1_000, product=2, categories=(5, 9)), a_line(1_000, product=3))

    assert shares(priced(basket, a_rule(percent=10, products=(1,), categories=(9,)))) == [[100, 100, 0]]
    assert priced(basket, a_rule(percent=10, products=(8,))).discounts == ()


def test_what_was_chosen_and_is_not_in_the_basket_never_widens_the_promotion() -> None:
    assert priced(a_basket(a_line(1_000)), a_rule(percent=10, covers_chosen=True)).discounts == ()


@pytest.mark.parametrize(
    ("rule", "basket", "reason"),
    [
        ({"segment": 3}, {}, "not_in_segment"),
        ({"first_order_only": True}, {"is_first_order": False}, "not_first_order"),
        ({"left": 0}, {}, "used_up"),
        ({"left_for_customer": 0}, {"customer_id": 1}, "used_up_by_customer"),
        ({"left_for_customer": 1}, {}, "needs_customer"),
        ({"first_order_only": True}, {}, "needs_customer"),
        ({"products": (9,)}, {}, "no_matching_product"),
        ({"minimum_amount": 99_999}, {}, "below_minimum"),
        ({"budget_left": 999}, {}, "budget_spent"),
        ({"starts_at": AT + timedelta(seconds=1)}, {}, "not_in_force"),
        ({"ends_at": AT}, {}, "not_in_force"),
        ({"weekdays": (0,)}, {}, "not_in_force"),
        ({"hours": (13, 14)}, {}, "not_in_force"),
    ],
)
def test_a_code_that_gives_nothing_says_why(rule: dict[str, Any], basket: dict[str, Any], reason: str) -> None:
    asked = a_basket(a_line(10_000), codes=("WHY",), **basket)

    quote = priced(asked, a_rule(percent=10, needs_coupon=True, **rule), keys=(a_key("WHY", 1),))

    assert reasons(quote) == {"WHY": reason}
    assert reason in REASONS
    assert (quote.discounts, quote.total) == ((), 10_000)


def test_the_same_code_works_for_those_it_is_meant_for() -> None:
    rule = a_rule(
        percent=10, needs_coupon=True, segment=3, first_order_only=True, left=1, left_for_customer=1, budget_left=1_000,
        hours=(12, 13), weekdays=(4,), ends_at=AT + timedelta(seconds=1),
    )  # fmt: skip
    asked = a_basket(a_line(10_000), codes=("MINE",), customer_id=7, segments=frozenset({3}))

    quote = priced(asked, rule, keys=(a_key("MINE", 1, only_for=7, left=1),))

    assert (quote.total, quote.discounts[0].code, quote.discounts[0].is_counted) == (9_000, "MINE", True)


@pytest.mark.parametrize("who", [{"customer_id": 7}, {"is_new_customer": True}])
@pytest.mark.parametrize("promised", [{"left_for_customer": 1}, {"first_order_only": True}])
def test_what_is_given_once_to_each_customer_is_given_to_a_new_one_too(who: dict[str, Any], promised: dict[str, Any]) -> None:
    quote = priced(a_basket(a_line(10_000), **who), a_rule(percent=10, **promised))

    assert quote.total == 9_000
    assert quote.discounts[0].is_for_first_order is ("first_order_only" in promised)


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ({"is_enabled": False}, "unknown_code"),
        ({"only_for": 8}, "unknown_code"),
        ({"left": 0}, "used_up"),
    ],
)
def test_a_code_of_somebody_else_is_answered_like_one_that_does_not_exist(key: dict[str, Any], reason: str) -> None:
    asked = a_basket(a_line(10_000), codes=("X", "NOPE"), customer_id=7)

    quote = priced(asked, a_rule(percent=10, needs_coupon=True), keys=(a_key("X", 1, **key),))

    assert reasons(quote) == {"X": reason, "NOPE": "unknown_code"}


def test_of_two_codes_for_one_promotion_the_first_is_used() -> None:
    asked = a_basket(a_line(10_000), codes=("A", "B"))

    quote = priced(asked, a_rule(percent=10, needs_coupon=True), keys=(a_key("A", 1), a_key("B", 1)))

    assert [one.code for one in quote.discounts] == ["A"]
    assert reasons(quote) == {"B": "not_combinable"}


def test_a_code_whose_promotion_is_not_on_offer_is_refused() -> None:
    assert reasons(priced(a_basket(a_line(1), codes=("OLD",)), keys=(a_key("OLD", 5),))) == {"OLD": "not_in_force"}


def test_the_last_use_that_fits_the_budget_to_the_won_is_given() -> None:
    assert priced(a_basket(a_line(10_000)), a_rule(percent=10, budget_left=1_000)).total == 9_000


def test_an_empty_basket_costs_its_shipping() -> None:
    quote = priced(a_basket(shipping_fee=Decimal(3_000)), a_rule(percent=10), a_rule(2, "FREE_SHIPPING"))

    assert (quote.total, quote.discounts) == (3_000, ())
