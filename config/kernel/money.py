"""What an amount of money is, how it is rounded and how it is shared out, pure and exact.

When to round stays with the callers: the line total and the document total, nowhere else. Storing an amount belongs to
`fields`; the one currency of the shop is a setting that reaches this module as an argument.

Half-up here means half away from zero: 2.5 becomes 3 and -2.5 becomes -3, so that a refund mirrors its sale.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, total_ordering
from math import lcm
from typing import Self

# ISO 4217, list one: the currencies whose smallest unit is not a hundredth. Fund codes are left out.
DEFAULT_EXPONENT = 2
EXPONENTS = {
    "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0, "UGX": 0, "VND": 0,
    "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
    "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
}  # fmt: skip

SYMBOLS = {"KRW": "₩", "USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}


class MoneyError(ValueError):
    """The amount, the currency or the request makes no sense as money."""


class CurrencyMismatch(MoneyError):
    """Two currencies met in one calculation."""


@total_ordering
@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount in one currency; negative for a refund. False when zero, as a number is.

    Calculating never rounds to the currency, `quantized` and `allocate` do. The same amount in another currency is not
    equal; adding or ordering two currencies raises `CurrencyMismatch`.
    """

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.amount, Decimal):
            raise TypeError(f"An amount of money is a Decimal, not {type(self.amount).__name__}.")
        _require_finite(self.amount)
        _require_currency(self.currency)
        if not self.amount:
            object.__setattr__(self, "amount", self.amount.copy_abs())  # "-0" would reach invoices and the API

    @classmethod
    def zero(cls, currency: str) -> Self:
        return cls(Decimal(0), currency)

    @classmethod
    def sum(cls, moneys: Iterable["Money"], currency: str) -> "Money":
        """The total; zero of that currency when there is nothing to add."""
        total: Money = cls.zero(currency)
        for money in moneys:
            total += money
        return total

    @property
    def is_zero(self) -> bool:
        return not self.amount

    def __bool__(self) -> bool:
        return not self.is_zero

    def __add__(self, other: "Money") -> "Money":
        if not isinstance(other, Money):
            return NotImplemented
        self._require_same_currency(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        if not isinstance(other, Money):
            return NotImplemented
        self._require_same_currency(other)
        return Money(self.amount - other.amount, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.amount, self.currency)

    def __mul__(self, factor: int | Decimal) -> "Money":
        return Money(self.amount * _number(factor), self.currency)

    __rmul__ = __mul__

    def __lt__(self, other: "Money") -> bool:
        if not isinstance(other, Money):
            return NotImplemented
        self._require_same_currency(other)
        return self.amount < other.amount

    def quantized(self) -> "Money":
        """Rounded half-up to the smallest unit of the currency."""
        return Money(round_half_up(self.amount, self.currency), self.currency)

    def allocate(self, weights: Sequence[int | Decimal]) -> list["Money"]:
        """Shares out the quantized amount by largest remainder: whole units whose sum is the amount, whatever the weights.

        Each part is less than one unit away from its exact share, and a weight of zero gets nothing. Of equal remainders the
        earlier one is served first, so the same weights in the same order always give the same parts. A negative amount
        gives the negated parts of the positive one. Without any weight there is no share to speak of: nothing or only zeros
        to share by is refused, unless the amount is zero as well.
        """
        exponent = _exponent(self.currency)
        units = int(self.quantized().amount.scaleb(exponent))
        # In whole numbers over one denominator: exact as fractions are, at a twentieth of their price.
        ratios = [_number(weight).as_integer_ratio() for weight in weights]
        common = lcm(*(below for _, below in ratios))
        whole = [above * (common // below) for above, below in ratios]
        if any(weight < 0 for weight in whole):
            raise MoneyError("A negative weight has no share.")
        total = sum(whole)
        if not total:
            if units:
                raise MoneyError(f"{self} {self.currency} cannot be shared out: the weights add up to zero.")
            return [Money.zero(self.currency) for _ in whole]

        shares = [divmod(abs(units) * weight, total) for weight in whole]
        parts = [part for part, _ in shares]
        left_over = abs(units) - sum(parts)
        by_remainder = sorted(range(len(parts)), key=lambda index: -shares[index][1])
        for index in by_remainder[:left_over]:
            parts[index] += 1
        sign = -1 if units < 0 else 1
        return [Money(Decimal(sign * part).scaleb(-exponent), self.currency) for part in parts]

    def as_text(self) -> str:
        """The amount as the API speaks it: "19.90", "12000" for won. Digits beyond the smallest unit are kept, not rounded."""
        whole, _, decimals = f"{self.amount:f}".partition(".")
        decimals = decimals.rstrip("0").ljust(_exponent(self.currency), "0")
        return f"{whole}.{decimals}" if decimals else whole

    def __str__(self) -> str:
        return self.as_text()

    def _require_same_currency(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} do not mix.")


def round_half_up(amount: Decimal, currency: str) -> Decimal:
    """To the smallest unit of the currency, a half away from zero: in won 2.5 becomes 3 and -2.5 becomes -3."""
    rounded = Money(amount, currency).amount.quantize(_smallest_unit(currency), rounding=ROUND_HALF_UP)
    return rounded if rounded else rounded.copy_abs()


def tax_included(gross: Money, rate: Decimal) -> Money:
    """The tax contained in a price that includes it, at `rate` percent: gross x rate / (100 + rate), rounded half-up."""
    if _number(rate) < 0:
        raise MoneyError("A tax rate is never negative.")
    return Money(round_half_up(gross.amount * rate / (100 + rate), gross.currency), gross.currency)


def format_money(money: Money) -> str:
    """For people: "₩12,000", "-£19.90", and "CHF 19.90" where no symbol is known."""
    sign = "-" if money.amount < 0 else ""
    symbol = SYMBOLS.get(money.currency, f"{money.currency} ")
    return f"{sign}{symbol}{Decimal(money.as_text()).copy_abs():,f}"


def _exponent(currency: str) -> int:
    return EXPONENTS.get(currency, DEFAULT_EXPONENT)


@cache
def _smallest_unit(currency: str) -> Decimal:
    return Decimal(1).scaleb(-_exponent(currency))


@cache
def _require_currency(code: str) -> None:
    if not (len(code) == 3 and code.isascii() and code.isalpha() and code.isupper()):
        raise MoneyError(f"{code!r} is not a currency code of three capital letters.")


def _number(value: int | Decimal) -> int | Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise TypeError(f"Money is calculated with int and Decimal, not {type(value).__name__}.")
    if isinstance(value, Decimal):
        _require_finite(value)
    return value


def _require_finite(value: Decimal) -> None:
    if not value.is_finite():
        raise MoneyError(f"{value} is not an amount.")
