"""What shoppers turn to at present: acts weighed by kind, worth half after a day. The published rule.

The statement that ranks SKUs (analytics/operations/trending.py) says the same in SQL; a test holds the two together.

Nobody lifts a product by doing it again: of one kind of act each person counts once for each SKU and hour. An order counts by
who placed it, and only while it stands.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum


class Act(Enum):
    """`value` is what one person's act is worth in the hour it happens."""

    VIEW = 1
    WISH = 2
    CART = 4
    ORDER = 8


HALF_LIFE = timedelta(hours=24)
# What lies further back is worth less than a hundredth, and left out.
WINDOW = timedelta(days=7)
# So many SKUs are ranked.
MOST = 10_000


@dataclass(frozen=True)
class Done:
    """Somebody did something with a SKU. `hour` is the beginning of the hour of it."""

    sku: int
    who: str
    act: Act
    hour: datetime


def worth(act: Act, hour: datetime, at: datetime) -> float:
    return float(act.value * 0.5 ** ((at - hour) / HALF_LIFE))


def scores(acts: Iterable[Done], at: datetime) -> dict[int, dict[Act, float]]:
    """Of each SKU what its score is made of, by kind of act."""
    found: dict[int, dict[Act, float]] = {}
    for one in set(acts):
        parts = found.setdefault(one.sku, dict.fromkeys(Act, 0.0))
        parts[one.act] += worth(one.act, one.hour, at)
    return found
