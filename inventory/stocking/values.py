"""What the rules of stocking exchange: demand as it is expected, how long goods take, what things cost, and the levels that
follow from them."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outlook:
    """Demand expected of one SKU in one warehouse: the mean of each coming day, the first being the day after the origin.

    Beyond the last day the mean of the last week goes on. `dispersion` is variance over mean of a day's demand, at least one:
    one is Poisson's, more is a negative binomial's. `doubt` is the relative standard deviation of the level as a whole, of
    which all days are right or wrong together: 0.2 says that the true mean is likely within a fifth of the expected one.
    """

    daily: Sequence[float]
    dispersion: float = 1.0
    doubt: float = 0.0


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


@dataclass(frozen=True, slots=True)
class PriceBreak:
    """From this many units on, every unit of the order costs this."""

    quantity: int
    unit_cost: float


@dataclass(frozen=True, slots=True)
class Economics:
    """What stock of one SKU costs and earns, and what its supplier and its shelf allow.

    `lost_margin` is what a unit that cannot be sold would have earned. `service_level`, the chance of no stock-out while a
    purchase is awaited, replaces the one that follows from it; `cover_days`, the days that a purchase shall last, replaces the
    quantity that follows from the cost of ordering.
    """

    unit_cost: float
    lost_margin: float
    holding_rate: float = 0.25  # of the unit cost, a year
    order_cost: float = 0.0  # of one line of a purchase order
    service_level: float | None = None
    cover_days: float | None = None
    minimum_quantity: int = 1
    order_multiple: int = 1
    breaks: Sequence[PriceBreak] = ()
    minimum_stock: int = 0
    maximum_stock: int | None = None

    @property
    def holding(self) -> float:
        """What a unit on the shelf costs a day."""
        return self.holding_rate * self.unit_cost / 365
