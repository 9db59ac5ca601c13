"""When so many acts within so long are worth telling: the rule over a window of one subject's acts. Pure.

A match lies at the moment of an act: at least so many acts within the window that ends with it, none of what would make up for
them in that window, and no other match of the subject nearer than the cooldown. Earlier moments come first. What was matched
before stays, so acts that are told late add matches where there is room and never move any.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

MOST_KEPT = 50


@dataclass(frozen=True)
class Terms:
    at_least: int
    within: timedelta
    cooldown: timedelta


@dataclass(frozen=True, order=True)
class Act:
    """`key` tells it from others of the same moment."""

    at: datetime
    key: str


@dataclass(frozen=True)
class Match:
    """`acts` are the last ones of the window, at most `MOST_KEPT` of `count`, the first ones first."""

    at: datetime
    count: int
    acts: tuple[Act, ...]


def matches(
    terms: Terms,
    acts: Iterable[Act],
    unless: Iterable[datetime] = (),
    *,
    since: datetime,
    until: datetime,
    former: Iterable[datetime] = (),
    most: int | None = None,
) -> list[Match]:
    """New matches from `since` on and before `until`, in the order of time, the first `most` of them. Each act counts once,
    however often it is given.
    """
    known = sorted(set(acts))
    moments = [one.at for one in known]
    barred, taken = sorted(unless), sorted(former)
    found: list[Match] = []
    end = 0
    for moment, together in groupby(known, key=lambda one: one.at):
        if len(found) == most:
            break
        end += len(list(together))
        start = bisect_right(moments, moment - terms.within)
        if not since <= moment < until or end - start < terms.at_least:
            continue
        if bisect_right(barred, moment - terms.within) < bisect_right(barred, moment):
            continue
        place = bisect_left(taken, moment)
        near = taken[max(place - 1, 0) : place + 1]
        if any(abs(moment - one) < terms.cooldown for one in near):
            continue
        insort(taken, moment)
        found.append(Match(moment, end - start, tuple(known[max(start, end - MOST_KEPT) : end])))
    return found
