"""What the rules of stocking exchange: demand as it is expected, how long goods take, and the levels that follow from both."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outlook:
    """Demand expected of one SKU in one warehouse: the mean of each coming day, the first being the day after the origin.

    Beyond the last day the mean of the last week goes on. `dispersion` is variance over mean of a day's demand, at least one:
    one is Poisson's, more is a negative binomial's.
    """

    daily: Sequence[float]
    dispersion: float = 1.0


@dataclass(frozen=True, slots=True)
class LeadTime:
    """Days from sending a purchase order to goods on the shelf, as they were: their mean and standard deviation."""

    mean: float
    deviation: float = 0.0


@dataclass(frozen=True, slots=True)
class Levels:
    """Order when the stock position is at or below `reorder_point`, up to `target`. Units."""

    reorder_point: int
    target: int
