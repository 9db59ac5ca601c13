"""Whether what a rule watches is worth an alarm, and why. Pure: values in, a verdict out; words are the page's."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from analytics.anomalies.seasonal import Judged, Point, Seasonal
from analytics.anomalies.tuning import effective

# A shift of the level is told where the cumulated distance exceeds this many times the limit.
SHIFT_FACTOR = 3.0


class Kind(Enum):
    THRESHOLD = "THRESHOLD"  # beyond a fixed number
    RELATIVE = "RELATIVE"  # further than so many percent from what is usual
    ANOMALY = "ANOMALY"  # further than chance explains, in robust standard deviations


class Direction(Enum):
    UP = "UP"
    DOWN = "DOWN"
    BOTH = "BOTH"


class Why(Enum):
    QUIET = "quiet"
    NO_VALUE = "no_value"  # nothing to divide by, or nothing counted
    TOO_FEW = "too_few"  # less than the minimum volume
    TOO_LITTLE_PAST = "too_little_past"
    ABOVE = "above"
    BELOW = "below"
    RISEN = "risen"  # the level has shifted up
    FALLEN = "fallen"


ALARMS = frozenset({Why.ABOVE, Why.BELOW, Why.RISEN, Why.FALLEN})


@dataclass(frozen=True)
class Terms:
    """What a rule asks. `limit` is a number, percents or standard deviations; `steps` what staff's answers have tuned it by."""

    kind: Kind
    direction: Direction
    limit: float
    steps: int = 0
    minimum: float = 0.0
    shifts: bool = False


@dataclass(frozen=True)
class Verdict:
    """`low` and `high` are what would not have been an alarm, as far as they can be told."""

    why: Why
    value: float | None
    center: float | None = None
    low: float | None = None
    high: float | None = None
    # How far beyond the limit: 1 is the limit itself.
    excess: float = 0.0
    score: float = 0.0
    shift: float = 0.0
    volume: float | None = None

    @property
    def is_alarm(self) -> bool:
        return self.why in ALARMS


def verdicts(terms: Terms, points: Sequence[Point]) -> list[Verdict]:
    """One for each point, each by those before it."""
    past = Seasonal()
    return [verdict(terms, point, past.judge(point)) for point in points]


def verdict(terms: Terms, point: Point, judged: Judged) -> Verdict:
    found = _THEN[terms.kind](terms, point, judged)
    # What is rare is judged by how much is usual, too: no order at all is no lack of volume where there are many otherwise.
    counted = max(point.volume or 0.0, judged.volume or 0.0) if terms.kind is not Kind.THRESHOLD else point.volume
    if found.why is not Why.NO_VALUE and counted is not None and counted < terms.minimum:
        return Verdict(Why.TOO_FEW, point.value, found.center, found.low, found.high, 0.0, found.score, found.shift, counted)
    return found


def _against(
    terms: Terms, point: Point, judged: Judged, low: float | None, high: float | None, *, excess: float, why: Why | None = None
) -> Verdict:
    value = point.value
    if value is None:
        return Verdict(Why.NO_VALUE, None, judged.center)
    up, down = terms.direction is not Direction.DOWN, terms.direction is not Direction.UP
    if why is None:
        above, below = high is not None and value > high, low is not None and value < low
        why = Why.ABOVE if above and up else Why.BELOW if below and down else Why.QUIET
    return Verdict(why, value, judged.center, low, high, excess, judged.score, judged.shift, point.volume)


def _threshold(terms: Terms, point: Point, judged: Judged) -> Verdict:
    low = terms.limit if terms.direction is Direction.DOWN else None
    high = terms.limit if terms.direction is not Direction.DOWN else None
    value = point.value or 0.0
    excess = value / terms.limit if terms.limit else value
    return _against(terms, point, judged, low, high, excess=excess)


def _relative(terms: Terms, point: Point, judged: Judged) -> Verdict:
    if point.value is None:
        return Verdict(Why.NO_VALUE, None, judged.center)
    if judged.center is None:
        return Verdict(Why.TOO_LITTLE_PAST, point.value, volume=point.volume)
    limit = effective(terms.limit, terms.steps) / 100
    away = abs(judged.center) * limit
    change = abs(point.value - judged.center) / away if away else 0.0
    return _against(terms, point, judged, judged.center - away, judged.center + away, excess=change)


def _anomaly(terms: Terms, point: Point, judged: Judged) -> Verdict:
    if point.value is None:
        return Verdict(Why.NO_VALUE, None, judged.center)
    if judged.center is None:
        return Verdict(Why.TOO_LITTLE_PAST, point.value, volume=point.volume)
    limit = effective(terms.limit, terms.steps)
    low, high = judged.center - limit * judged.spread, judged.center + limit * judged.spread
    up, down = terms.direction is not Direction.DOWN, terms.direction is not Direction.UP
    why = Why.QUIET
    if judged.score > limit and up:
        why = Why.ABOVE
    elif judged.score < -limit and down:
        why = Why.BELOW
    elif terms.shifts and judged.shift > limit * SHIFT_FACTOR and up:
        why = Why.RISEN
    elif terms.shifts and judged.shift < -limit * SHIFT_FACTOR and down:
        why = Why.FALLEN
    shifted = abs(judged.shift) / (limit * SHIFT_FACTOR) if terms.shifts else 0.0
    return _against(terms, point, judged, low, high, excess=max(abs(judged.score) / limit, shifted), why=why)


_THEN = {Kind.THRESHOLD: _threshold, Kind.RELATIVE: _relative, Kind.ANOMALY: _anomaly}
