"""What a stock count makes of what was found: which lines are looked at once more, what is due, what the ledger is told.

The moment of counting is the moment at which a quantity is entered. `expected` is what the system held then, and only the
difference to it is ever posted: whatever moves afterwards is kept.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal


def differs(*, expected: int, counted: int, unit_cost: Decimal, units: int, value: Decimal) -> bool:
    """Whether the difference lies beyond the tolerance, by units or by value at cost."""
    difference = abs(counted - expected)
    return difference > units or difference * unit_cost > value


@dataclass(frozen=True, slots=True)
class Correction:
    """What posting a line does: `difference` goes to the ledger, `remaining` lies there afterwards."""

    difference: int
    moved_since: int
    remaining: int

    @property
    def is_impossible(self) -> bool:
        """More has left since the count than was counted: what was counted cannot be true."""
        return self.remaining < 0


def correction(*, expected: int, counted: int, on_hand: int) -> Correction:
    """`on_hand` is what the system holds when the line is posted: `expected` and all that moved since."""
    return Correction(counted - expected, on_hand - expected, on_hand + counted - expected)


@dataclass(frozen=True, slots=True)
class Reason:
    why: str
    due_on: date


def due(*, today: date, last_counted_on: date | None, every_days: int, on_hand: int, corrections: int) -> Reason | None:
    """Whether a SKU should be counted, since when and why; None while it need not be.

    Never counted comes first, then corrected by hand since the last count, then the days of its class. What lies nowhere
    and was never counted is no news to anybody.
    """
    if last_counted_on is None:
        return Reason("NEVER", today) if on_hand else None
    if corrections:
        return Reason("CORRECTED", today)
    due_on = last_counted_on + timedelta(days=every_days)
    return Reason("INTERVAL", due_on) if due_on <= today else None
