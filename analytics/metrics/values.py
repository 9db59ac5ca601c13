"""What a metric is: one figure the shop steers by, defined once for pages, API, exports, alerts and proposals alike."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any

Facts = Mapping[str, Decimal]


class Unit(Enum):
    COUNT = "count"
    MONEY = "money"
    SHARE = "share"  # 0.031 is read as 3.1 %
    SECONDS = "seconds"
    DAYS = "days"
    RATE = "rate"  # a plain number with decimals, such as units per order


class Cut(Enum):
    """By what a metric can be told apart. Down to the hours of days they cut time, the others what it happened to."""

    DAY = "day"
    WEEK = "week"  # the Monday it begins with
    MONTH = "month"  # its first day
    HOUR = "hour"  # 0 to 23, of any day
    WEEKDAY = "weekday"  # 0 is Monday
    SLOT = "slot"  # (weekday, hour)
    DAY_HOUR = "day_hour"  # (date, hour): each hour of each day
    CHANNEL = "channel"
    CATEGORY = "category"
    SKU = "sku"
    WAREHOUSE = "warehouse"
    SEGMENT = "segment"
    GROUPING = "grouping"  # a kind of origin, by its code
    CAMPAIGN = "campaign"  # grouping/source/campaign


class Good(Enum):
    UP = "up"
    DOWN = "down"
    NEITHER = "neither"


@dataclass(frozen=True)
class Metric:
    """`facts` are sums that add up over any cut; `value` makes the figure of them, none where it cannot be told.

    A figure that sums cannot make, such as a median, has an `asked` instead: the name by which queries/measuring.py knows how
    to ask for it. `counts` says what is counted, `reading` how to read it, `censoring` what is not over yet and how that is
    treated. `owner` is the role that answers for the definition.
    """

    code: str
    title: Any
    unit: Unit
    counts: Any
    reading: Any
    owner: str
    formula: str
    facts: tuple[str, ...] = ()
    value: Callable[[Facts], Decimal | None] | None = None
    asked: str = ""
    censoring: Any = ""
    good: Good = Good.NEITHER

    @property
    def adds_up(self) -> bool:
        """Whether the figures of parts sum to the figure of the whole."""
        return self.value is not None and len(self.facts) == 1


def fact(name: str) -> Callable[[Facts], Decimal | None]:
    """The fact itself; nothing happened is 0."""
    return lambda facts: facts[name]


def ratio(above: str, below: str) -> Callable[[Facts], Decimal | None]:
    """None where there was nothing to divide by."""
    return lambda facts: facts[above] / facts[below] if facts[below] else None
