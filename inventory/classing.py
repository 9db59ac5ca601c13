"""Which SKUs matter most, and which sell steadily: the classes ABC by turnover and XYZ by variation.

Both are old rules of thumb (B. E. Flores, D. C. Whybark, 1986, on more than one criterion); the bounds are the usual ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

# Half a year: each week counts, and a season shows without weighing the year before.
WEEKS = 26
# A: those that make the first 80 % of the turnover; B: up to 95 %.
A_SHARE, B_SHARE = 0.80, 0.95
# X: the deviation of a week is at most half its mean; Y: at most the mean.
X_VARIATION, Y_VARIATION = 0.5, 1.0


@dataclass(frozen=True, slots=True)
class Sold:
    """Of one SKU in one warehouse: turnover, units, and the sum of the squares of each week's units."""

    place: tuple[int, int]
    turnover: float
    units: int
    squares: int


@dataclass(frozen=True, slots=True)
class Classed:
    place: tuple[int, int]
    abc: str
    xyz: str
    turnover: float
    share_above: float
    weekly_mean: float
    variation: float | None


def classed(sold: Sequence[Sold], weeks: int = WEEKS) -> list[Classed]:
    """All of them, the largest turnover first; equal ones in order of their place."""
    total = sum(one.turnover for one in sold)
    above = 0.0
    found = []
    for one in sorted(sold, key=lambda each: (-each.turnover, each.place)):
        share = above / total if total else 1.0
        variation = _variation(one, weeks)
        found.append(
            Classed(
                place=one.place,
                abc=_abc(share) if one.turnover > 0 else "C",
                xyz=_xyz(variation),
                turnover=one.turnover,
                share_above=round(share, 6),
                weekly_mean=round(one.units / weeks, 4),
                variation=None if variation is None else round(variation, 4),
            )
        )
        above += one.turnover
    return found


def _variation(one: Sold, weeks: int) -> float | None:
    if one.units <= 0:
        return None
    mean = one.units / weeks
    variance = max(one.squares - weeks * mean * mean, 0.0) / (weeks - 1)
    return sqrt(variance) / mean


def _abc(share_above: float) -> str:
    return "A" if share_above < A_SHARE else "B" if share_above < B_SHARE else "C"


def _xyz(variation: float | None) -> str:
    if variation is None or variation > Y_VARIATION:
        return "Z"
    return "X" if variation <= X_VARIATION else "Y"
