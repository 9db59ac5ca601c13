"""How long a supplier takes, learned from receipts, and how much is sold meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from inventory.stocking.values import LeadTime, Outlook

# The promise weighs as much as this many receipts.
PROMISE_WEIGHT = 4
# What is believed of a supplier nobody has bought from: a third of the promise early or late.
PROMISED_SPREAD = 0.3
# Days after the last one that was thought of are as those of its last week.
WEEK = 7


@dataclass(frozen=True, slots=True)
class Bridged:
    """Demand of the days that one purchase has to bridge: its mean, and where its variance comes from."""

    days: float
    mean: float
    by_chance: float  # of the demand itself
    by_doubt: float  # of not knowing its level
    by_lead_time: float  # of not knowing when the goods come

    @property
    def variance(self) -> float:
        return self.by_chance + self.by_doubt + self.by_lead_time

    @property
    def ratio(self) -> float:
        """Variance over mean, at least Poisson's."""
        return max(self.variance / self.mean, 1.0) if self.mean > 0 else 1.0


def learned(days: Sequence[float], promised: float) -> LeadTime:
    """From the days that receipts took, shrunk to the supplier's promise while they are few.

    The promise counts as `PROMISE_WEIGHT` receipts that came around it with `PROMISED_SPREAD`: mean and second moment are the
    weighted ones of both (a conjugate normal prior's).
    """
    spread = PROMISED_SPREAD * promised
    weight = PROMISE_WEIGHT + len(days)
    mean = (PROMISE_WEIGHT * promised + sum(days)) / weight
    squares = PROMISE_WEIGHT * ((promised - mean) ** 2 + spread**2) + sum((one - mean) ** 2 for one in days)
    return LeadTime(mean, sqrt(squares / weight))


def expected_over(outlook: Outlook, days: float, start: float = 0.0) -> float:
    """Mean demand of so many days from `start` days after the origin; the part of a day counts in part."""
    return _up_to(outlook, start + days) - _up_to(outlook, start)


def undershoot(a_period: float, dispersion: float) -> float:
    """By how many units the position has fallen below the reorder point, on average, when somebody looks.

    The mean excess of a renewal process over a level it has passed, E[X²] / 2 E[X], with X the demand between two looks:
    H. C. Tijms, A First Course in Stochastic Models (2003), section 2.2.
    """
    return (a_period + dispersion) / 2 if a_period > 0 else 0.0


def demand_over(outlook: Outlook, lead: LeadTime, extra_days: float) -> Bridged:
    """Demand of the lead time and the days until one may order again.

    For N days of independent demand with mean m and variance v each, N itself uncertain: E[N] v + m² Var[N]
    (E. A. Silver, D. F. Pyke, D. J. Thomas, 4th edition, 2017, on variable lead times). m is the demand of the days around
    which the goods are due.
    """
    days = lead.mean + extra_days
    mean = expected_over(outlook, days)
    late = lead.deviation
    width = max(2 * late, 1.0)
    start = max(days - late, 0.0)
    a_day = expected_over(outlook, width, start) / width
    return Bridged(
        days=days,
        mean=mean,
        by_chance=max(outlook.dispersion, 1.0) * mean,
        by_doubt=(outlook.doubt * mean) ** 2,
        by_lead_time=(a_day * late) ** 2,
    )


def _up_to(outlook: Outlook, days: float) -> float:
    daily = outlook.daily
    if days <= 0 or not daily:
        return 0.0
    whole = int(days)
    if days <= len(daily):
        return sum(daily[:whole]) + (daily[whole] * (days - whole) if whole < len(daily) else 0.0)
    last = daily[-WEEK:]
    return sum(daily) + (days - len(daily)) * sum(last) / len(last)
