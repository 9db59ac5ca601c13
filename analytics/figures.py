"""What is known of the sales of an hour, a day or a period, and how one reads more from it. Pure.

The columns are the facts; everything else is derived here, in one place. What each counts: analytics/definitions.py.
"""

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from decimal import Decimal

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Figures:
    """Facts of some span of time; two spans add up."""

    orders: int = 0
    units: int = 0
    gross: Decimal = NOTHING
    discounts: Decimal = NOTHING
    shipping: Decimal = NOTHING
    tax: Decimal = NOTHING
    returned_units: int = 0
    returned: Decimal = NOTHING

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(*(mine + theirs for mine, theirs in zip(astuple(self), astuple(other), strict=True)))

    def __bool__(self) -> bool:
        return any(astuple(self))

    @property
    def sales(self) -> Decimal:
        """Goods after discounts, before returns; tax inside, shipping not."""
        return self.gross - self.discounts

    @property
    def net(self) -> Decimal:
        """Sales less what came back in the same span, whenever that was sold."""
        return self.sales - self.returned

    @property
    def average_order(self) -> Decimal | None:
        return self.sales / self.orders if self.orders else None


def total(many: Iterable[Figures]) -> Figures:
    summed = Figures()
    for one in many:
        summed += one
    return summed


def change(now: Decimal, before: Decimal) -> Decimal | None:
    """By how many percent `now` differs from `before`; none where there was nothing to compare with."""
    if before <= 0:
        return None
    return ((now - before) * 100 / before).quantize(Decimal("0.1"))
