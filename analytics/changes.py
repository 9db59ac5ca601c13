"""Where the level of a figure changed: binary segmentation. Pure.

A run of days is cut in two where that lowers the sum of squared deviations from the mean most, and each part again, as long
as the cut lowers it by more than the penalty: `PENALTY * noise² * ln(days)`. The noise is told from the differences of
neighbouring days (their median size), so the changes themselves do not count as noise. Weekdays are evened out before: of
each day goes what its weekday usually differs by from the week around it. On noise alone about one series of days in a hundred shows a change that is
none (tests/analytics/metrics/test_changes.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from statistics import fmean, median

PENALTY = 4.0
# A level is at least a week long, and four weeks are the least that weekdays can be told from.
SHORTEST = 7
FEWEST = 4 * SHORTEST
WEEK = 7
# The median size of the difference of two normal draws is this many standard deviations.
_OF_NORMAL_DIFFERENCES = 0.9539
MOST = 8


@dataclass(frozen=True)
class Change:
    """From the value at `index` on the level is `after`; it was `before`."""

    index: int
    before: float
    after: float


def changes(values: Sequence[float]) -> list[Change]:
    """In the order of time; none where there are fewer than four weeks of values."""
    if len(values) < FEWEST:
        return []
    even = _without_weekdays(values)
    noise = median(abs(later - earlier) for earlier, later in zip(even, even[1:], strict=False)) / _OF_NORMAL_DIFFERENCES
    # Where most days are alike, whatever differs at all would be a change: something has to be risked.
    noise = max(noise, (max(even) - min(even)) / 20)
    if noise <= 0:
        return []
    penalty = PENALTY * noise**2 * log(len(even))
    cuts = sorted(_cuts(even, 0, len(even), penalty))[:MOST]
    edges = [0, *cuts, len(values)]
    levels = [fmean(values[start:end]) for start, end in zip(edges, edges[1:], strict=False)]
    return [Change(cut, levels[number], levels[number + 1]) for number, cut in enumerate(cuts)]


def _without_weekdays(values: Sequence[float]) -> list[float]:
    """Less what is usual for the weekday: the median of how far its days lie off the week around them."""
    half = WEEK // 2
    off: list[list[float]] = [[] for _ in range(WEEK)]
    for number in range(half, len(values) - half):
        off[number % WEEK].append(values[number] - fmean(values[number - half : number + half + 1]))
    usual = [median(one) for one in off]
    return [value - usual[number % WEEK] for number, value in enumerate(values)]


def _cuts(values: Sequence[float], start: int, end: int, penalty: float) -> list[int]:
    best, gain = 0, penalty
    whole, total = end - start, sum(values[start:end])
    left = sum(values[start : start + SHORTEST])
    for cut in range(start + SHORTEST, end - SHORTEST + 1):
        size = cut - start
        # How much the squared deviations fall: the squared distance of the two means, weighted.
        apart = left / size - (total - left) / (whole - size)
        found = apart**2 * size * (whole - size) / whole
        if found > gain:
            best, gain = cut, found
        left += values[cut] if cut < end else 0.0
    if not best:
        return []
    return [*_cuts(values, start, best, penalty), best, *_cuts(values, best, end, penalty)]
