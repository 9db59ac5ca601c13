"""The sale of a kit, told as the sale of its parts. Pure and exact: gross, discounts and tax are shared out to the unit.

The price of one kit is shared out first, by what its parts cost alone, so that the same kit always falls into the same prices;
discounts and tax follow by what is left of each part's price. docs/algorithms/kits.md tells it with numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from config.kernel.money import Money

# As a money column keeps it.
_PLACES = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Part:
    """`quantity` units lie in each kit."""

    quantity: int
    list_price: Decimal
    cost: Decimal


@dataclass(frozen=True, slots=True)
class Sold:
    """A line of a quote: so many kits. `shares` are the amounts that each promotion takes off it; their sum is the discount."""

    quantity: int
    list_price: Decimal
    shares: Sequence[Decimal]
    tax: Decimal


@dataclass(frozen=True, slots=True)
class Piece:
    """What one part of the kits makes of the line. `gross` = quantity x list price, rounded to the currency."""

    quantity: int
    list_price: Decimal
    gross: Decimal
    shares: tuple[Decimal, ...]
    tax: Decimal

    @property
    def discount(self) -> Decimal:
        return sum(self.shares, Decimal(0))

    @property
    def total(self) -> Decimal:
        return self.gross - self.discount


def explode(sold: Sold, parts: Sequence[Part], currency: str) -> list[Piece]:
    """One piece for each part, in order. Each column sums to that of the kit's line."""
    weights = [part.list_price * part.quantity for part in parts]
    if not any(weights):
        weights = [part.cost * part.quantity for part in parts]
    if not any(weights):
        weights = [Decimal(part.quantity) for part in parts]
    prices = _shared(sold.list_price, weights, currency)
    gross = [price * sold.quantity for price in prices]
    left, shares = list(gross), list[list[Decimal]]()
    for share in sold.shares:
        # By what is left of each: no part is ever given for less than nothing.
        taken = _shared(share, left, currency)
        shares.append(taken)
        left = [before - amount for before, amount in zip(left, taken, strict=True)]
    taxes = _shared(sold.tax, left, currency)
    return [
        Piece(
            quantity=sold.quantity * part.quantity,
            list_price=(prices[place] / part.quantity).quantize(_PLACES, ROUND_HALF_UP),
            gross=gross[place],
            shares=tuple(taken[place] for taken in shares),
            tax=taxes[place],
        )
        for place, part in enumerate(parts)
    ]


def _shared(amount: Decimal, weights: Sequence[Decimal], currency: str) -> list[Decimal]:
    if not amount:
        return [Decimal(0)] * len(weights)
    return [one.amount for one in Money(amount, currency).allocate(weights)]
