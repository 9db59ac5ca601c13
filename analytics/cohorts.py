"""Retention of customers by the month of their first order. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

# Of fewer customers a share says little; it is shown, and said to be of few.
FEW = 30


@dataclass(frozen=True)
class Cell:
    """What customers of a cohort did in one month. `net` is sales less what came back."""

    customers: int = 0
    orders: int = 0
    net: Decimal = Decimal(0)

    def __add__(self, other: "Cell") -> "Cell":
        return Cell(self.customers + other.customers, self.orders + other.orders, self.net + other.net)


@dataclass(frozen=True)
class Cohort:
    """Those whose first order lies in a month. `cells` are by months since, up to the last one that has begun."""

    month: date
    customers: int
    cells: Mapping[int, Cell] = field(default_factory=dict)

    @property
    def is_small(self) -> bool:
        return self.customers < FEW

    def retention(self, months: int) -> Decimal | None:
        """Which share of them ordered in that month; none where it has not begun, all of them in the first."""
        if months not in self.cells or not self.customers:
            return None
        return Decimal(self.cells[months].customers) / self.customers

    def net_per_customer(self, months: int) -> Decimal | None:
        """What one of them has brought on average from the first month to the end of that one."""
        if months not in self.cells or not self.customers:
            return None
        return sum((cell.net for month, cell in self.cells.items() if month <= months), Decimal(0)) / self.customers


def months_between(first: date, last: date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month


def month_after(month: date, months: int) -> date:
    number = month.year * 12 + month.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


def table(parts: Iterable[tuple[date, int, Cell]], last: date) -> list[Cohort]:
    """Cohorts of (first month, months since, what was done), in order. `last` is the last day that is counted.

    A month that has begun has a cell even if nobody did anything.
    """
    sums: dict[date, dict[int, Cell]] = defaultdict(lambda: defaultdict(Cell))
    for month, months, cell in parts:
        sums[month][months] += cell
    return [
        Cohort(month, cells[0].customers, {n: cells[n] for n in range(months_between(month, last) + 1)})
        for month, cells in sorted(sums.items())
    ]


def retention(cohorts: Iterable[Cohort], months: int, last: date) -> Decimal | None:
    """The share over several cohorts, of those alone for whom that month is over."""
    over = [one for one in cohorts if month_after(one.month, months + 1) <= last and months in one.cells]
    customers = sum(one.customers for one in over)
    return Decimal(sum(one.cells[months].customers for one in over)) / customers if customers else None
