"""Where today's sales may end, judged by how earlier days of that weekday went. Pure.

A share is how much of a past day's sales was in by this time of day. Today's sales divided by a share is what the day comes
to, if it goes on like that one. The answer is the middle of what the past days say, with the range of their middle half: it
describes the past and promises nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from statistics import quantiles

# Fewer days are anecdotes, and early in the day a share is too small to divide by.
FEWEST_DAYS = 4
SMALLEST_SHARE = Decimal("0.15")


@dataclass(frozen=True)
class Projection:
    low: Decimal
    middle: Decimal
    high: Decimal
    share: Decimal
    days: int


def share_by(hours: Mapping[int, Decimal], clock: time) -> Decimal | None:
    """Which part of a day's sales was in by `clock`; within an hour evenly. None for a day without sales."""
    whole = sum(hours.values(), Decimal(0))
    if whole <= 0:
        return None
    before = sum((amount for hour, amount in hours.items() if hour < clock.hour), Decimal(0))
    of_hour = Decimal(clock.minute * 60 + clock.second) / 3600
    return (before + hours.get(clock.hour, Decimal(0)) * of_hour) / whole


def project(so_far: Decimal, shares: Sequence[Decimal]) -> Projection | None:
    """None while there is too little to go by."""
    if len(shares) < FEWEST_DAYS:
        return None
    lower, middle, upper = quantiles(shares, n=4, method="inclusive")
    if lower < SMALLEST_SHARE or so_far <= 0:
        return None
    return Projection(so_far / upper, so_far / middle, so_far / lower, middle, len(shares))
