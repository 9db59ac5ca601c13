"""What a figure usually is in its slot of the week, how far a value lies from that, and whether its level has shifted. Pure.

Values come one after the other and are judged by those before them: by the median of the same slot in the weeks before, in
units of the noise that counts have by themselves, widened by what this figure has shown over all its slots.
"""

from bisect import bisect_left, insort
from collections import defaultdict, deque
from collections.abc import Hashable
from dataclasses import dataclass
from math import sqrt
from statistics import median

WEEKS = 8
# With fewer comparable values nothing is said.
LEAST_COMPARABLE = 4
# From the median distance to the standard deviation of a normal distribution.
TO_DEVIATION = 1.4826
# Of what rests on no known count, chance is taken to be this share.
UNCOUNTED = 0.05
# Distances that make the pooled noise: eight weeks of hours at most.
MOST_POOLED = WEEKS * 7 * 24
LEAST_POOLED = 20
# Anscombe's correction for the root of a small count.
CORRECTION = 0.375
# A shift is the sum of what exceeds this slack, no single value adding more than the most: one spike is no shift.
SLACK, MOST_OF_ONE = 0.5, 3.0


@dataclass(frozen=True)
class Point:
    """`volume` is the count the value rests on: itself for counts, the orders for an average; none where it is not known."""

    slot: Hashable
    value: float | None
    volume: float | None


@dataclass(frozen=True)
class Judged:
    """`score` is the distance from `center` in `spread`s, `shift` the cumulated one; none while there is too little past."""

    center: float | None
    spread: float
    score: float
    shift: float
    comparable: int
    # The counts that comparable values rested on, in the middle.
    volume: float | None


class Seasonal:
    def __init__(self) -> None:
        self._slots: dict[Hashable, deque[Point]] = defaultdict(lambda: deque(maxlen=WEEKS))
        self._pool: deque[float] = deque()
        self._sorted: list[float] = []
        self._up = self._down = 0.0

    def judge(self, point: Point) -> Judged:
        """Judges the value by those before it, and then learns it. A value that cannot be told teaches nothing."""
        past = [one for one in self._slots[point.slot] if one.value is not None]
        if len(past) < LEAST_COMPARABLE or point.value is None:
            self._learn(point)
            return Judged(None, 0.0, 0.0, self.shift, len(past), _middle_volume(past))
        center = median(one.value for one in past if one.value is not None)
        noise = _noise(center, past)
        own = TO_DEVIATION * median(abs(one.value - center) for one in past if one.value is not None)
        spread = max(noise * self.widened, own, 1e-9)
        distance = _distance(point.value, center, spread, noise, past)
        self._cumulate(distance)
        if noise:
            self._keep(abs(point.value - center) / noise)
        self._learn(point)
        return Judged(center, spread, distance, self.shift, len(past), _middle_volume(past))

    @property
    def widened(self) -> float:
        """How much noisier than mere counts the figure has been."""
        if len(self._sorted) < LEAST_POOLED:
            return 1.0
        return max(1.0, TO_DEVIATION * self._sorted[len(self._sorted) // 2])

    @property
    def shift(self) -> float:
        """Above 0 a level that has risen, below 0 one that has fallen."""
        return self._up if self._up >= self._down else -self._down

    def _cumulate(self, distance: float) -> None:
        step = max(-MOST_OF_ONE, min(MOST_OF_ONE, distance))
        self._up = max(0.0, self._up + step - SLACK)
        self._down = max(0.0, self._down - step - SLACK)

    def _keep(self, distance: float) -> None:
        insort(self._sorted, distance)
        self._pool.append(distance)
        if len(self._pool) > MOST_POOLED:
            del self._sorted[bisect_left(self._sorted, self._pool.popleft())]

    def _learn(self, point: Point) -> None:
        self._slots[point.slot].append(point)


def _distance(value: float, center: float, spread: float, noise: float, past: list[Point]) -> float:
    """In spreads. Counts are compared by their roots, whose noise does not grow with them: so a fall to a fifth of a small
    number is seen as well as its rise.
    """
    counted = _middle_volume(past)
    if counted is None or center <= 0 or value < 0 or not noise:
        return (value - center) / spread
    root = sqrt(value / center * counted + CORRECTION) - sqrt(counted + CORRECTION)
    return 2 * root / (spread / noise)


def _middle_volume(past: list[Point]) -> float | None:
    known = [one.volume for one in past if one.volume is not None]
    return median(known) if known else None


def _noise(center: float, past: list[Point]) -> float:
    """The standard deviation that chance alone gives: of n things counted the root of n, and of what rests on n its share."""
    counted = _middle_volume(past)
    if counted is None:
        return abs(center) * UNCOUNTED
    return abs(center) / sqrt(max(counted, 1.0)) if center else 1.0
