"""When a method has to go. Pure Python.

A method that speaks for a class is measured, at each origin, against a simple referee that sees the same days. Losing once is
chance; who loses twice running is replaced by the referee, until a new backtest says otherwise.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from .combining import Method

# The plain method that another one has to beat, in days, weeks and months.
REFEREE = {7: Method.MEAN, 52: Method.SEASONAL_NAIVE, 12: Method.MEAN}
RUNNING = 2


@dataclass(frozen=True, slots=True)
class Match:
    """The error (WRMSSE, or WAPE where nothing has a price) of a method and of its referee from one origin on."""

    method: Method
    error: float
    referee: float

    @property
    def lost(self) -> bool:
        return self.error > self.referee


def lost_running(matches: Sequence[Match], method: Method) -> int:
    """How many of the last matches, newest last, this method has lost without one in between that it did not lose."""
    count = 0
    for match in reversed(matches):
        if match.method is not method or not match.lost:
            break
        count += 1
    return count


def next_method(matches: Sequence[Match], method: Method, season: int = 7) -> Method:
    """Who speaks next for the class."""
    return REFEREE[season] if lost_running(matches, method) >= RUNNING else method
