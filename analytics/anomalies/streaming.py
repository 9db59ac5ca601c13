"""A stream of values at any distance, each scored when it comes: how far it lies from the same time of other days, or from
anything seen so far, in robust standard deviations. Pure.
"""

from bisect import bisect_left, insort
from collections import defaultdict, deque
from statistics import median

# Times of day are told apart by quarters of an hour; the neighbors of a quarter speak for it, too.
QUARTERS = 96
# Values of the same time of day that make a season.
LEAST_OF_A_TIME = 3
# Values that make a past.
LEAST_PAST = 50
# The tails that measure the spread, and how many standard deviations of a normal distribution lie before them.
TAIL, DEVIATIONS = 0.05, 1.645
# No spread is smaller than this share of the range seen so far: else a clean series would make an alarm of a rounding.
LEAST_SPREAD = 0.02
MOST_KEPT = 20_000
# What is going on is told once: a score counts where it exceeds those before it, which fade by this with each value.
FADING = 0.9


class Spread:
    """How values lie that were seen before. The oldest are forgotten."""

    def __init__(self) -> None:
        self._sorted: list[float] = []
        self._in_order: deque[float] = deque()
        self._low = self._high = 0.0

    def score(self, value: float) -> float:
        """Distance from the median in robust standard deviations of that side; 0 while there is too little past."""
        past = self._sorted
        if len(past) < LEAST_PAST:
            return 0.0
        middle = self._at(0.5)
        least = LEAST_SPREAD * (self._high - self._low) + 1e-9
        if value >= middle:
            return (value - middle) / ((self._at(1 - TAIL) - middle) / DEVIATIONS + least)
        return (middle - value) / ((middle - self._at(TAIL)) / DEVIATIONS + least)

    def add(self, value: float) -> None:
        if not self._in_order:
            self._low = self._high = value
        self._low, self._high = min(self._low, value), max(self._high, value)
        insort(self._sorted, value)
        self._in_order.append(value)
        if len(self._in_order) > MOST_KEPT:
            del self._sorted[bisect_left(self._sorted, self._in_order.popleft())]

    def _at(self, share: float) -> float:
        return self._sorted[min(int(share * len(self._sorted)), len(self._sorted) - 1)]


class Stream:
    """`score` judges a value and then learns it. `minute` is the minute of the day, 0 to 1439."""

    def __init__(self) -> None:
        self._values, self._residuals = Spread(), Spread()
        self._by_time: dict[int, list[float]] = defaultdict(list)
        self._told = 0.0

    def score(self, minute: int, value: float) -> float:
        quarter = minute * QUARTERS // 1440
        alike = [one for step in (-1, 0, 1) for one in self._by_time[(quarter + step) % QUARTERS]]
        residual = value - median(alike) if len(alike) >= LEAST_OF_A_TIME else 0.0
        found = max(self._values.score(value), self._residuals.score(residual))
        self._values.add(value)
        self._residuals.add(residual)
        self._by_time[quarter].append(value)
        told = found if found > self._told else 0.0
        self._told = max(self._told * FADING, found)
        return told
