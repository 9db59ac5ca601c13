from collections.abc import Callable
from dataclasses import FrozenInstanceError
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from config.kernel.money import CurrencyMismatch, Money, MoneyError, format_money, round_half_up, tax_included

CURRENCIES = {"KRW": 0, "GBP": 2, "KWD": 3}

# The range of the one money column: sixteen digits, four of them decimals.
amounts = st.decimals(min_value=-(10**12) + 1, max_value=10**12 - 1, places=4)
currencies = st.sampled_from(sorted(CURRENCIES))
moneys = st.builds(Money, amounts, currencies)
weight_lists = st.lists(
    st.one_of(st.integers(0, 10**9), st.decimals(min_value=0, max_value=10**9, places=4)), min_size=1, max_size=30
).filter(any)


def won(amount: int | str) -> Money:
    return Money(Decimal(amount), "KRW")


def pounds(amount: int | str) -> Money:
    return Money(Decimal(amount), "GBP")


def smallest_unit(currency: str) -> Fraction:
    return Fraction(1, 10 ** CURRENCIES[currency])


# ---- what money is ----


def test_amounts_are_added_subtracted_and_negated() -> None:
    assert pounds("19.90") + pounds("0.10") == pounds("20.00")
    assert pounds("19.90") - pounds("20.00") == pounds("-0.10")
    assert -pounds("19.90") == pounds("-19.90")


def test_a_price_is_scaled_by_a_count_or_a_decimal_from_either_side() -> None:
    assert won(1500) * 3 == 3 * won(1500) == won(4500)
    assert pounds("19.90") * Decimal("0.5") == Decimal("0.5") * pounds("19.90") == pounds("9.95")


def test_scaling_does_not_round() -> None:
    assert (won(999) * Decimal("0.15")).amount == Decimal("149.85")


def test_amounts_of_one_currency_are_ordered() -> None:
    assert won(1) < won(2) <= won(2)
    assert won(2) > won(1) >= won(1)
    assert max(won(3), won(7), won(5)) == won(7)


def test_trailing_zeros_from_the_database_make_no_difference() -> None:
    assert won("12000.0000") == won("12000")
    assert len({won("12000.0000"), won("12000")}) == 1


def test_only_zero_is_zero() -> None:
    assert Money.zero("KRW").is_zero
    assert not Money.zero("KRW")
    assert pounds("0.0001")
    assert not pounds("-0.01").is_zero


def test_zero_never_carries_a_minus_sign() -> None:
    assert str(-won(0)) == str(won(0) * -1) == str(won("-0.4").quantized()) == "0"
    assert str(round_half_up(Decimal("-0.004"), "GBP")) == "0.00"


def test_the_sum_of_nothing_is_zero_of_the_currency() -> None:
    assert Money.sum([], "KRW") == Money.zero("KRW")
    assert Money.sum((won(price) for price in (1000, 2000, 500)), "KRW") == won(3500)


def test_an_amount_cannot_be_changed_in_place() -> None:
    price = won(1000)

    with pytest.raises(FrozenInstanceError):
        price.amount = Decimal(1)  # type: ignore[misc]


# ---- what money refuses ----


@pytest.mark.parametrize(
    "mix",
    [
        lambda: won(1) + pounds(1),
        lambda: won(1) - pounds(1),
        lambda: won(1) < pounds(1),
        lambda: won(1) >= pounds(1),
        lambda: Money.sum([won(1), pounds(1)], "KRW"),
        lambda: Money.sum([pounds(1)], "KRW"),
    ],
)
def test_two_currencies_do_not_mix(mix: Callable[[], object]) -> None:
    with pytest.raises(CurrencyMismatch, match="do not mix"):
        mix()


def test_the_same_amount_in_another_currency_is_not_equal() -> None:
    assert won(1) != pounds(1)
    assert Money.zero("KRW") != Money.zero("GBP")


@pytest.mark.parametrize("amount", [19.9, True, 19, "19.90", None])
def test_only_a_decimal_is_an_amount(amount: Any) -> None:
    with pytest.raises(TypeError, match="Decimal"):
        Money(amount, "GBP")
    with pytest.raises(TypeError, match="Decimal"):
        round_half_up(amount, "GBP")


@pytest.mark.parametrize("factor", [0.1, True, "2", won(2)])
def test_only_whole_and_decimal_numbers_scale_or_share_out_money(factor: Any) -> None:
    with pytest.raises(TypeError, match="int and Decimal"):
        won(1000) * factor
    with pytest.raises(TypeError, match="int and Decimal"):
        won(1000).allocate([1, factor])


@pytest.mark.parametrize("number", ["NaN", "sNaN", "Infinity", "-Infinity"])
def test_what_is_not_a_finite_number_is_refused(number: str) -> None:
    with pytest.raises(MoneyError):
        won(number)
    with pytest.raises(MoneyError):
        won(0) * Decimal(number)
    with pytest.raises(MoneyError):
        won(0).allocate([Decimal(number)])
    with pytest.raises(MoneyError):
        tax_included(won(0), Decimal(number))


@pytest.mark.parametrize("currency", ["", "krw", "KR", "WON₩", "K1W", "WÖN"])
def test_a_currency_is_three_capital_letters(currency: str) -> None:
    with pytest.raises(MoneyError, match="currency code"):
        Money.zero(currency)


@pytest.mark.parametrize("other", [1, Decimal(1), None])
def test_a_bare_number_is_not_money(other: Any) -> None:
    with pytest.raises(TypeError):
        won(1) + other
    with pytest.raises(TypeError):
        won(1) - other
    with pytest.raises(TypeError):
        won(1) < other  # noqa: B015
    assert won(1) != other


# ---- rounding ----


@pytest.mark.parametrize(
    ("exact", "currency", "rounded"),
    [
        ("2.5", "KRW", "3"),
        ("3.5", "KRW", "4"),
        ("-2.5", "KRW", "-3"),
        ("2.4999", "KRW", "2"),
        ("0.5", "JPY", "1"),
        ("1.005", "GBP", "1.01"),
        ("-1.005", "GBP", "-1.01"),
        ("1.0045", "KWD", "1.005"),
        ("1.0005", "BHD", "1.001"),
    ],
)
def test_a_half_is_rounded_away_from_zero(exact: str, currency: str, rounded: str) -> None:
    assert str(round_half_up(Decimal(exact), currency)) == rounded
    assert str(Money(Decimal(exact), currency).quantized()) == rounded


@given(moneys)
def test_rounding_moves_an_amount_by_at_most_half_a_unit(money: Money) -> None:
    unit = smallest_unit(money.currency)
    rounded = Fraction(money.quantized().amount)

    assert rounded % unit == 0
    assert abs(rounded - Fraction(money.amount)) <= unit / 2


@given(moneys)
def test_a_tie_goes_away_from_zero_and_a_refund_mirrors_its_sale(money: Money) -> None:
    unit = smallest_unit(money.currency)
    tie = (abs(Fraction(money.amount)) // unit + Fraction(1, 2)) * unit
    tied = Money(Decimal(tie.numerator) / Decimal(tie.denominator), money.currency)

    assert Fraction(tied.quantized().amount) == tie + unit / 2
    assert (-money).quantized() == -money.quantized()


@given(moneys)
def test_rounding_twice_changes_nothing_more(money: Money) -> None:
    assert money.quantized().quantized() == money.quantized()


# ---- sharing out ----


def test_a_flat_coupon_is_spread_over_the_lines_to_the_last_won() -> None:
    assert won(1000).allocate([1, 1, 1]) == [won(334), won(333), won(333)]


def test_the_largest_remainder_is_served_first() -> None:
    assert pounds("1.00").allocate([1, 2, 4]) == [pounds("0.14"), pounds("0.29"), pounds("0.57")]


def test_of_equal_remainders_the_earlier_line_is_served_first() -> None:
    assert won(2).allocate([1, 3]) == [won(1), won(1)]
    assert won(2).allocate([3, 1]) == [won(2), won(0)]


def test_the_whole_is_rounded_before_it_is_shared_out() -> None:
    assert won("99.5").allocate([1, 1]) == [won(50), won(50)]
    assert Money(Decimal("0.0025"), "KWD").allocate([1, 1]) == [Money(Decimal("0.002"), "KWD"), Money(Decimal("0.001"), "KWD")]


def test_nothing_to_share_by_is_refused_unless_the_amount_is_zero() -> None:
    with pytest.raises(MoneyError, match="add up to zero"):
        won(1).allocate([0, Decimal("0.00")])
    with pytest.raises(MoneyError, match="add up to zero"):
        won(1).allocate([])

    assert won(0).allocate([0, 0]) == [won(0), won(0)]
    assert won("0.4").allocate([]) == []


def test_a_negative_weight_is_refused() -> None:
    with pytest.raises(MoneyError, match="negative weight"):
        won(100).allocate([2, -1])


@given(moneys, weight_lists)
def test_the_parts_always_add_up_to_the_whole(money: Money, weights: list[int | Decimal]) -> None:
    parts = money.allocate(weights)

    assert len(parts) == len(weights)
    assert Money.sum(parts, money.currency) == money.quantized()
    assert all(part == part.quantized() for part in parts)


@given(moneys, weight_lists)
def test_each_part_is_less_than_one_unit_away_from_its_exact_share(money: Money, weights: list[int | Decimal]) -> None:
    parts = money.allocate(weights)

    whole = Fraction(money.quantized().amount)
    total = sum(Fraction(weight) for weight in weights)
    for part, weight in zip(parts, weights, strict=True):
        assert abs(Fraction(part.amount) - whole * Fraction(weight) / total) < smallest_unit(money.currency)


@given(moneys, weight_lists)
def test_a_weight_of_zero_gets_nothing(money: Money, weights: list[int | Decimal]) -> None:
    parts = money.allocate([*weights, 0])

    assert parts[-1].is_zero
    assert parts[:-1] == money.allocate(weights)


@given(moneys, weight_lists)
def test_a_refund_is_shared_out_as_its_sale_was(money: Money, weights: list[int | Decimal]) -> None:
    assert (-money).allocate(weights) == [-part for part in money.allocate(weights)]


@given(moneys, weight_lists, st.randoms())
def test_the_order_of_lines_only_matters_between_equal_remainders(
    money: Money, weights: list[int | Decimal], random: Any
) -> None:
    unit = smallest_unit(money.currency)
    whole = abs(Fraction(money.quantized().amount))
    total = sum(Fraction(weight) for weight in weights)
    remainders = [whole * Fraction(weight) / total % unit for weight in weights]
    assume(len(set(remainders)) == len(remainders))
    order = list(range(len(weights)))
    random.shuffle(order)

    shuffled = money.allocate([weights[index] for index in order])

    parts = money.allocate(weights)
    assert shuffled == [parts[index] for index in order]


@given(moneys, weight_lists, st.integers(1, 1000))
def test_only_the_ratio_of_the_weights_counts(money: Money, weights: list[int | Decimal], factor: int) -> None:
    assert money.allocate([weight * factor for weight in weights]) == money.allocate(weights)


@given(currencies, st.lists(st.integers(0, 10**9), min_size=1, max_size=30).filter(any), st.data())
def test_a_discount_spread_by_line_totals_never_exceeds_a_line(currency: str, lines: list[int], data: st.DataObject) -> None:
    units = data.draw(st.integers(0, sum(lines)))
    exponent = CURRENCIES[currency]
    totals = [Decimal(line).scaleb(-exponent) for line in lines]

    parts = Money(Decimal(units).scaleb(-exponent), currency).allocate(totals)

    assert all(part.amount <= total for part, total in zip(parts, totals, strict=True))


# ---- tax ----


@pytest.mark.parametrize(
    ("gross", "rate", "tax"),
    [
        (won(11000), "10", won(1000)),
        (won(12000), "10", won(1091)),
        (won(-12000), "10", won(-1091)),
        (won(12000), "0", won(0)),
        (pounds("19.90"), "20", pounds("3.32")),
        (pounds("0.03"), "20", pounds("0.01")),  # exactly half a penny
        (pounds("1.00"), "5.5", pounds("0.05")),
    ],
)
def test_the_tax_is_taken_out_of_a_price_that_includes_it(gross: Money, rate: str, tax: Money) -> None:
    assert tax_included(gross, Decimal(rate)) == tax


@given(moneys, st.decimals(min_value=0, max_value=100, places=2))
def test_the_tax_is_the_exact_share_rounded_half_up(gross: Money, rate: Decimal) -> None:
    unit = smallest_unit(gross.currency)
    exact = abs(Fraction(gross.amount)) * Fraction(rate) / (100 + Fraction(rate))

    tax = tax_included(gross, rate)

    assert abs(Fraction(tax.amount)) == (exact / unit + Fraction(1, 2)) // 1 * unit
    assert tax_included(-gross, rate) == -tax


@pytest.mark.parametrize("rate", [0.1, True])
def test_a_tax_rate_is_never_a_float(rate: Any) -> None:
    with pytest.raises(TypeError):
        tax_included(won(1000), rate)


def test_a_negative_tax_rate_is_refused() -> None:
    with pytest.raises(MoneyError, match="tax rate"):
        tax_included(won(1000), Decimal(-10))


# ---- how money is written ----


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("12000.0000", "KRW", "12000"),
        ("1.2E+4", "KRW", "12000"),
        ("19.9", "GBP", "19.90"),
        ("19.9000", "GBP", "19.90"),
        ("-5", "GBP", "-5.00"),
        ("0", "GBP", "0.00"),
        ("1.5", "KWD", "1.500"),
        ("19.9055", "GBP", "19.9055"),
        ("0.5", "KRW", "0.5"),
    ],
)
def test_the_api_speaks_plain_strings_that_lose_no_digit(amount: str, currency: str, text: str) -> None:
    money = Money(Decimal(amount), currency)

    assert money.as_text() == str(money) == text


@given(moneys)
def test_the_text_reads_back_as_the_same_amount(money: Money) -> None:
    assert Money(Decimal(money.as_text()), money.currency) == money


@pytest.mark.parametrize(
    ("money", "shown"),
    [
        (won(12000), "₩12,000"),
        (won(-1234567), "-₩1,234,567"),
        (won(0), "₩0"),
        (pounds("19.9"), "£19.90"),
        (pounds("1234.5055"), "£1,234.5055"),
        (Money(Decimal("-1999.9"), "CHF"), "-CHF 1,999.90"),
    ],
)
def test_people_read_a_symbol_and_thousands(money: Money, shown: str) -> None:
    assert format_money(money) == shown
