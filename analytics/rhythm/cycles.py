"""How often somebody buys, and when the next purchase is due: the median of the gaps, and how far it can be trusted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from statistics import median

from analytics.rhythm.chances import majority

# Fewer gaps say nothing of a rhythm.
LEAST_GAPS = 3
# Who bought often once may buy otherwise now: only so many of the latest gaps count.
MOST_GAPS = 12
# A gap fits the cycle when it is not further off than this share of it, and at least this many days.
FITS_WITHIN = 0.25
FITS_DAYS = 1.5


@dataclass(frozen=True)
class Cycle:
    """`fitting` of the `gaps` lie near the usual one. `confidence` is how sure one may be that most gaps do.

    The next purchase is expected on a day, and due between two.
    """

    days: float
    gaps: int
    fitting: int
    confidence: float
    last_on: date
    expected_on: date
    due_from: date
    due_until: date

    @property
    def regularity(self) -> float:
        return self.fitting / self.gaps


def gaps(days: Iterable[date]) -> list[int]:
    """Days between purchases, the oldest first. Several orders on one day are one purchase."""
    return [(later - earlier).days for earlier, later in pairwise(sorted(set(days)))]


def cycle(days: Sequence[date]) -> Cycle | None:
    """The cycle of somebody who bought on these days; none where the gaps are too few."""
    between = gaps(days)[-MOST_GAPS:]
    if len(between) < LEAST_GAPS:
        return None
    usual = median(between)
    slack = max(usual * FITS_WITHIN, FITS_DAYS)
    fitting = sum(abs(one - usual) <= slack for one in between)
    last_on = max(days)
    # Half of the gaps are as near as their median distance, whatever the tails are; 1.4826 of it is a normal deviation.
    spread = max(1.4826 * median(abs(one - usual) for one in between), slack)
    expected_on = last_on + timedelta(days=round(usual))
    return Cycle(
        days=float(usual),
        gaps=len(between),
        fitting=fitting,
        confidence=majority(fitting, len(between)),
        last_on=last_on,
        expected_on=expected_on,
        due_from=last_on + timedelta(days=max(round(usual - spread), 1)),
        due_until=last_on + timedelta(days=max(round(usual + spread), 1)),
    )
