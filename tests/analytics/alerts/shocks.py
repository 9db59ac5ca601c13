"""Orders of a shop by hour, by chance with a seed: a day's and a week's rhythm, some growth, noisy days, and planted shocks."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

from analytics.anomalies.seasonal import Point, Seasonal

BY_HOUR = (
    *(0.3, 0.2, 0.15, 0.1, 0.1, 0.15, 0.3, 0.6, 0.9, 1.1, 1.3, 1.4),
    *(1.5, 1.3, 1.2, 1.2, 1.2, 1.3, 1.4, 1.6, 1.9, 2.1, 1.9, 1.0),
)
BY_WEEKDAY = (1, 0.95, 0.95, 1, 1.05, 1.15, 1.1)
# Ten weeks to learn from, then the days that are judged.
LEARNED, JUDGED = 70, 60
# Two shocks that fall on the same weekday would teach the detector that this is how it is.
APART = 17


@dataclass(frozen=True)
class Shock:
    first: int
    last: int
    factor: float


def counted(chance: random.Random, mean: float) -> int:
    if mean > 50:
        return max(0, round(chance.gauss(mean, math.sqrt(mean))))
    limit, number, product = math.exp(-mean), 0, chance.random()
    while product > limit:
        number, product = number + 1, product * chance.random()
    return number


def orders(seed: int, an_hour: float, shocks: Sequence[Shock] = (), noise: float = 0.15) -> list[Point]:
    chance, found = random.Random(seed), []  # noqa: S311
    for day in range(LEARNED + JUDGED):
        of_the_day = math.exp(chance.gauss(0, noise)) * (1 + 0.002 * day)
        for hour in range(24):
            factor = next((one.factor for one in shocks if one.first <= day * 24 + hour < one.last), 1.0)
            number = counted(chance, an_hour * BY_HOUR[hour] * BY_WEEKDAY[day % 7] * of_the_day * factor)
            found.append(Point((day % 7, hour), number, number))
    return found


def by_day(points: Sequence[Point]) -> list[Point]:
    days = [sum(one.value or 0 for one in points[start : start + 24]) for start in range(0, len(points), 24)]
    return [Point(number % 7, value, value) for number, value in enumerate(days)]


def recall(*, an_hour: float, hours: int, daily: bool, shops: int = 6) -> float:
    """Of shocks of +-80 %, the share found at the limit that gives one false alarm in 60 quiet days."""
    quiet: list[float] = []
    worst: list[float] = []
    width = 24 if daily else 1
    for seed in range(shops):
        chance, shocks = random.Random(1000 + seed), []  # noqa: S311
        for day in range(LEARNED + 3, LEARNED + JUDGED - 3, APART):
            begins = day * 24 + (0 if hours >= 24 else chance.randrange(9, 24 - hours))
            shocks.append(Shock(begins, begins + hours, chance.choice((0.2, 1.8))))
        calm, shaken = orders(seed, an_hour), orders(500 + seed, an_hour, shocks)
        quiet += _scores(by_day(calm) if daily else calm)[LEARNED * 24 // width :]
        found = _scores(by_day(shaken) if daily else shaken)
        worst += [max(found[one.first // width : max(one.last // width, one.first // width + 1)]) for one in shocks]
    limit = sorted(quiet, reverse=True)[shops]
    return sum(one > limit for one in worst) / len(worst)


def _scores(points: Sequence[Point]) -> list[float]:
    past = Seasonal()
    return [abs(past.judge(point).score) for point in points]
