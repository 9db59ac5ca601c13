"""When a search term surges: it comes far more often than on the same weekdays of the weeks before. The published rule."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

# So many weeks before are looked at, each on the same weekdays.
WEEKS = 4
# Visits in which it was searched for. Fewer are no surge, however rare the term was.
AT_LEAST = 5
# So seldom would chance alone bring as many, if the term were still searched for as before.
CHANCE = 1e-4


@dataclass(frozen=True)
class Surge:
    """`ratio` is against the usual number; none where nobody searched for it before."""

    now: int
    usual: float
    ratio: float | None
    chance: float


def surge(now: int, before: Sequence[int]) -> Surge | None:
    """`before` are the numbers of the earlier weeks, those without any of it as 0; none where no week before is known.

    One more search is thought into the past: a term that was never heard of is rare, not impossible.
    """
    if now < AT_LEAST or not before:
        return None
    usual = sum(before) / len(before)
    chance = at_least(now, (sum(before) + 1) / len(before))
    return Surge(now, usual, now / usual if usual else None, chance) if chance < CHANCE else None


def at_least(number: int, expected: float) -> float:
    """How likely a Poisson number of this expectation is to be `number` or more."""
    if number <= 0:
        return 1.0
    if number <= expected:
        # Where the tail is no tail, the other side is summed up.
        return max(1.0 - sum(_exactly(one, expected) for one in range(number)), 0.0)
    total, part, one = 0.0, _exactly(number, expected), number
    while part > total * 1e-15:
        total += part
        one += 1
        part *= expected / one
    return min(total, 1.0)


def _exactly(number: int, expected: float) -> float:
    return math.exp(number * math.log(expected) - expected - math.lgamma(number + 1))
