"""The published scoring rule of the Numenta Anomaly Benchmark, standard profile, written from its description.

Within a window the first alarm counts most, at its right edge it is worth almost nothing; further alarms in the same window
cost and earn nothing. An alarm outside costs 0.11 at most, and less soon after a window. A window without an alarm costs 1. The
first 15 % of a series are for learning and count nothing. One threshold holds for all series: the one that scores best.
0 is what silence scores, 100 what an alarm at the first moment of each window and nowhere else would.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

FALSE_ALARM = 0.11
MISSED = 1.0
PROBATION = 0.15
# The probation of a series counts as if it had at most this many points.
PROBATION_OF = 5000


@dataclass(frozen=True)
class Series:
    """How anomalous each point was found, and the windows as places of their first and last point."""

    scores: Sequence[float]
    windows: Sequence[tuple[int, int]]


@dataclass(frozen=True)
class Result:
    score: float
    threshold: float
    found: int
    windows: int
    false_alarms: int


def sigmoid(place: float) -> float:
    """What an alarm is worth by where it lies: -1 the left edge of the window, 0 its right edge, above 0 behind it."""
    return -1.0 if place > 3 else 2 / (1 + math.exp(5 * place)) - 1


def worth(series: Series) -> list[tuple[float, float, int | None]]:
    """Of each point that counts: its anomaly, what an alarm there is worth, and in which window it lies."""
    best = sigmoid(-1.0)
    probation = min(math.floor(PROBATION * len(series.scores)), math.floor(PROBATION * PROBATION_OF))
    told = []
    before: tuple[int, int] | None = None
    number = 0
    windows = sorted(series.windows)
    for place, anomaly in enumerate(series.scores):
        while number < len(windows) and place > windows[number][1]:
            before, number = windows[number], number + 1
        if number < len(windows) and place >= windows[number][0]:
            first, last = windows[number]
            earned = sigmoid(-(last - place + 1) / (last - first + 1)) / best
            told.append((anomaly, earned, number))
        elif place >= probation:
            past = (place - before[1]) / (before[1] - before[0]) if before else math.inf
            told.append((anomaly, FALSE_ALARM * sigmoid(past), None))
    return told


def best(many: Sequence[Series]) -> Result:
    """The score of all series under the one threshold that serves them best. A point of 0 is never an alarm."""
    points = [(anomaly, earned, (number, window)) for number, one in enumerate(many) for anomaly, earned, window in worth(one)]
    points = [point for point in points if point[0] > 0]
    points.sort(key=lambda point: -point[0])
    windows = sum(len(one.windows) for one in many)
    caught: dict[tuple[int, int | None], float] = {}
    cost = gained = 0.0
    alarms = place = 0
    top = Result(0.0, math.inf, 0, windows, 0)
    while place < len(points):
        threshold = points[place][0]
        while place < len(points) and points[place][0] == threshold:
            _anomaly, earned, key = points[place]
            place += 1
            if key[1] is None:
                cost, alarms = cost + earned, alarms + 1
            elif earned > caught.get(key, -MISSED):
                gained += earned - caught.get(key, -MISSED)
                caught[key] = earned
        raw = gained - MISSED * windows + cost
        score = 100 * (raw + MISSED * windows) / (2 * MISSED * windows) if windows else 0.0
        if score > top.score:
            top = Result(score, threshold, len(caught), windows, alarms)
    return top
