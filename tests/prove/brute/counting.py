"""What is counted, and by what it is told apart."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal as D
from fractions import Fraction
from typing import Any

from tests.prove.counted_views import key_of_time

Number = D | Fraction | int
Facts = Mapping[str, Number]
TIMES = frozenset({"day", "week", "month", "weekday", "hour", "slot", "day_hour"})


@dataclass(frozen=True)
class Item:
    """`at` is local; `of` are the keys it counts for, by the cut's name; `what` is a set of facts, or whatever is counted."""

    at: datetime
    what: Any
    of: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)

    def keys(self, by: str | None) -> tuple[Any, ...]:
        if by is None:
            return (None,)
        return (key_of_time(by, self.at),) if by in TIMES else self.of.get(by, ())


@dataclass(frozen=True)
class Figure:
    """`count` makes the figure of all that stands behind one key; `value` makes it of the sums of these facts, and then that
    nothing happened is a figure, too.
    """

    items: str
    count: Callable[[list[Any]], Number | None] | None = None
    value: Callable[[dict[str, Any]], Number | None] | None = None

    def of(self, found: list[Any]) -> Number | None:
        if self.value is not None:
            return self.value(defaultdict(int, summed(found)))
        assert self.count is not None
        return self.count(found)


def within(items: Iterable[Item], first: date, last: date, chosen: Mapping[str, Any]) -> list[Item]:
    return [
        one for one in items if first <= one.at.date() <= last and all(value in one.keys(cut) for cut, value in chosen.items())
    ]


def grouped(items: Iterable[Item], by: str | None) -> dict[Any, list[Any]]:
    found: dict[Any, list[Any]] = {}
    for one in items:
        for key in one.keys(by):
            found.setdefault(key, []).append(one.what)
    return found


def summed(facts: Iterable[Facts]) -> dict[str, Number]:
    found: dict[str, Any] = {}
    for one in facts:
        for name, number in one.items():
            found[name] = found.get(name, 0) + number
    return found


def share(above: Number, below: Number) -> Fraction | None:
    return Fraction(above) / Fraction(below) if below else None


def middle(steps: list[int]) -> D | None:
    """The end of the step within which half of them lie."""
    return D(sorted(steps)[(len(steps) + 1) // 2 - 1]) if steps else None
