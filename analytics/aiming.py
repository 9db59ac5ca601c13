"""A month of sales against its target: how far it is counted, how far it is forecast, and what both come to. Pure.

Categories are added up into those above them, so that the topmost ones make the whole shop.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from math import sqrt

# So far a standard normal goes astray in one case of twenty.
BOTH_SIDES = 1.959964


@dataclass(frozen=True, slots=True)
class Span:
    """A month's days: counted up to `counted`, forecast from `begins` to `reaches`, and so many of neither."""

    first: date
    last: date
    counted: date | None
    begins: date | None
    reaches: date | None
    untold: int

    @property
    def is_over(self) -> bool:
        return self.counted == self.last

    @property
    def is_told(self) -> bool:
        """Whether each of its days is counted or forecast."""
        return not self.untold


@dataclass(frozen=True, slots=True)
class Figures:
    """What came on counted days and what is expected of forecast ones; the variance is of the expected amount."""

    came: Decimal = Decimal(0)
    came_units: int = 0
    coming: Decimal = Decimal(0)
    coming_units: float = 0.0
    variance: float = 0.0

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(
            self.came + other.came,
            self.came_units + other.came_units,
            self.coming + other.coming,
            self.coming_units + other.coming_units,
            self.variance + other.variance,
        )

    @property
    def expected(self) -> Decimal:
        return self.came + self.coming

    @property
    def expected_units(self) -> float:
        return self.came_units + self.coming_units

    @property
    def lower(self) -> Decimal:
        """What came has come, whatever follows."""
        return self.came + max(self.coming - self._spread, Decimal(0))

    @property
    def upper(self) -> Decimal:
        return self.came + self.coming + self._spread

    @property
    def _spread(self) -> Decimal:
        return Decimal(str(round(BOTH_SIDES * sqrt(self.variance), 4)))


@dataclass(frozen=True, slots=True)
class Row:
    """One category with all below it, so many steps below the topmost."""

    key: int
    depth: int
    figures: Figures


def end_of(month: date) -> date:
    return next_month(month) - timedelta(days=1)


def next_month(month: date, number: int = 1) -> date:
    """The first day of the month so many months after it, or before."""
    months = month.year * 12 + month.month - 1 + number
    return date(months // 12, months % 12 + 1, 1)


def span(month: date, *, closed: date, origin: date | None, horizon: int) -> Span:
    """Of a month by its first day; `closed` is the latest counted day, `origin` the evening of the forecast."""
    last = end_of(month)
    counted = min(closed, last) if closed >= month else None
    still_open = max(month, closed + timedelta(days=1))
    days = max((last - still_open).days + 1, 0)
    if origin is None:
        return Span(month, last, counted, None, None, days)
    begins, reaches = max(still_open, origin + timedelta(days=1)), min(last, origin + timedelta(days=horizon))
    if begins > reaches:
        return Span(month, last, counted, None, None, days)
    return Span(month, last, counted, begins, reaches, days - (reaches - begins).days - 1)


def kept(gross: Decimal, net: Decimal) -> Decimal | None:
    """What is left of list prices after discounts and returns, as a share; not known where nothing was sold."""
    return min(max(net / gross, Decimal(0)), Decimal(1)) if gross > 0 else None


def rows(parents: Mapping[int, int | None], own: Mapping[int, Figures], wanted: Iterable[int]) -> list[Row]:
    """Categories with figures of their own or wanted, and those above them; under each its own, what is most expected first."""
    below: dict[int | None, set[int]] = {}
    sums: dict[int, Figures] = {}
    for key in {*own, *wanted}:
        figures, step = own.get(key, Figures()), key
        above: int | None = key
        while above is not None:
            sums[above] = sums.get(above, Figures()) + figures
            step, above = above, parents.get(above)
            below.setdefault(above, set()).add(step)
    return list(_under(None, 0, below, sums))


def _under(above: int | None, depth: int, below: Mapping[int | None, set[int]], sums: Mapping[int, Figures]) -> Iterable[Row]:
    for key in sorted(below.get(above, ()), key=lambda one: (-sums[one].expected, one)):
        yield Row(key, depth, sums[key])
        yield from _under(key, depth + 1, below, sums)


def outermost(parents: Mapping[int, int | None], keys: Sequence[int]) -> list[int]:
    """Those that no other of them holds: together they count nothing twice."""
    return [key for key in keys if not any(above in keys for above in _above(parents, key))]


def _above(parents: Mapping[int, int | None], key: int) -> Iterable[int]:
    above = parents.get(key)
    while above is not None:
        yield above
        above = parents.get(above)
