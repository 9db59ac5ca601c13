"""Whether somebody's interest declines, against their own past and nobody else's.

Two ways, with less than 4 % and 1 % of chance: fewer visits than the customer's own rate lets expect, or visits that are
much shorter than theirs used to be. Who was never seen often enough is not judged.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from analytics.rhythm.chances import binomial_at_least, next_count_at_most

RECENT_DAYS = 28
BASELINE_DAYS = 140
# A baseline is enough with so many visits in so many days.
LEAST_VISITS = 6
LEAST_DAYS = 56
# As if half a visit had been seen in one week more: a rate is never nothing.
PRIOR_VISITS, PRIOR_DAYS = 0.5, 7.0
FEWER_CHANCE, SHORTER_CHANCE = 0.04, 0.01
# What chance does not explain must also matter: at most half of what was expected.
AT_MOST = 0.5
# Shorter visits are told by so many of them at least, on either side.
LEAST_TIMED = 6


@dataclass(frozen=True)
class Came:
    """A visit, so many days ago; `active` seconds in front of pages."""

    days_ago: int
    active: float


@dataclass(frozen=True)
class Decline:
    """`score` grows from 0 to 1 with what chance does not explain. Exposures are days whose data can be trusted."""

    baseline_visits: int
    baseline_days: int
    recent_visits: int
    recent_days: int
    expected: float
    visits_chance: float
    baseline_active: float | None
    recent_active: float | None
    active_chance: float

    @property
    def score(self) -> float:
        return 1 - min(self.visits_chance, self.active_chance)

    @property
    def fewer(self) -> bool:
        return self.visits_chance < FEWER_CHANCE and self.recent_visits <= AT_MOST * self.expected

    @property
    def shorter(self) -> bool:
        if self.recent_active is None or self.baseline_active is None:
            return False
        return self.active_chance < SHORTER_CHANCE and self.recent_active <= AT_MOST * self.baseline_active

    @property
    def declines(self) -> bool:
        return self.fewer or self.shorter


def decline(visits: Sequence[Came], left_out: Sequence[int] = ()) -> Decline | None:
    """None where the baseline is not enough. `left_out` are days ago whose data cannot be trusted: neither they nor their
    visits count. The baseline begins with the first visit in its span, for before that nobody was there to come.
    """
    untrusted = set(left_out)
    trusted = [one for one in visits if one.days_ago not in untrusted]
    recent = [one for one in trusted if 1 <= one.days_ago <= RECENT_DAYS]
    baseline = [one for one in trusted if RECENT_DAYS < one.days_ago <= RECENT_DAYS + BASELINE_DAYS]
    since = max((one.days_ago for one in baseline), default=RECENT_DAYS)
    baseline_days = _days(RECENT_DAYS + 1, since, untrusted)
    recent_days = _days(1, RECENT_DAYS, untrusted)
    # The first visit began the baseline, so it is no evidence of how often others follow.
    counted = len(baseline) - 1
    if counted < LEAST_VISITS or baseline_days < LEAST_DAYS or recent_days == 0:
        return None
    seen, during = counted + PRIOR_VISITS, baseline_days + PRIOR_DAYS
    timed_then = [one.active for one in baseline if one.active > 0]
    timed_now = [one.active for one in recent if one.active > 0]
    then = median(timed_then) if len(timed_then) >= LEAST_TIMED else None
    now = median(timed_now) if len(timed_now) >= LEAST_TIMED else None
    shorter = 1.0
    if then is not None and now is not None:
        # Half of the visits would be shorter than the median, if nothing had changed.
        shorter = binomial_at_least(sum(one < then for one in timed_now), len(timed_now), 0.5)
    return Decline(
        baseline_visits=counted,
        baseline_days=baseline_days,
        recent_visits=len(recent),
        recent_days=recent_days,
        expected=seen / during * recent_days,
        visits_chance=next_count_at_most(len(recent), seen=seen, during=during, ahead=recent_days),
        baseline_active=then,
        recent_active=now,
        active_chance=shorter,
    )


def _days(first: int, last: int, untrusted: set[int]) -> int:
    return max(last - first + 1, 0) - sum(first <= one <= last for one in untrusted)
