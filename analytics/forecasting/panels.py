"""What is forecast: units sold of many SKUs on the same days, with what is known about these and the coming days. Pure.

A day on which goods were sold out tells that demand was at least what was sold, not what it was: it is `censored`. A day on
which the whole shop traded nothing is `closed` and tells nothing of demand. Both are left out of levels and not counted as
zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Mask = NDArray[np.bool_]

# A weekday without any trade in this many weeks is one on which the shop is closed.
WEEKS_TO_TELL = 6


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """Units of n series on T days. `closed`, `promoted`, `holiday` and `prices` go on beyond T, as far as the coming days are
    known.

    `since` is the first day on which a series could have sold: its first sale, unless it is known to have been for sale before.
    `kin` says which series are of one kind (a category): they share what one of them alone is too small to show. `season` is
    the length of the season in days (7), weeks (52) or months (12), and `phase` the place of the first day in it. `yearly` are
    factors of the season of the year, by series and day, coming days too; what a daily panel cannot tell by itself.
    """

    units: Floats
    censored: Mask
    closed: Mask
    promoted: Mask
    holiday: Mask
    since: Whole
    weights: Floats
    kin: Whole
    prices: Floats | None = None
    season: int = 7
    phase: int = 0
    yearly: Floats | None = None

    @property
    def size(self) -> int:
        return len(self.units)

    @property
    def days(self) -> int:
        return int(self.units.shape[1])

    @property
    def told(self) -> Mask:
        """Days that tell the demand of a series: since it is for sale, not closed, not sold out."""
        days = np.arange(self.days)
        return np.asarray((days >= self.since[:, None]) & ~self.closed[: self.days] & ~self.censored)

    def until(self, origin: int) -> "Panel":
        """What was known at the end of day `origin` - 1; the calendar beyond stays known."""
        return replace(
            self,
            units=self.units[:, :origin],
            censored=self.censored[:, :origin],
            since=np.minimum(self.since, first_sales(self.units[:, :origin])),
        )

    def part(self, which: "Mask | Whole | slice") -> "Panel":
        """Some of the series: what a worker takes of a large shop."""
        return replace(
            self,
            units=self.units[which],
            censored=self.censored[which],
            promoted=self.promoted[which],
            since=self.since[which],
            weights=self.weights[which],
            kin=self.kin[which],
            prices=None if self.prices is None else self.prices[which],
            yearly=None if self.yearly is None else self.yearly[which],
        )

    def closed_ahead(self, horizon: int) -> Mask:
        """Of the coming days those on which the shop is closed: as told, beyond that the weekdays on which it never trades."""
        return ahead(self.closed, self.days, horizon, self.closed[: self.days], self.season)


def panel(
    units: Sequence[Sequence[float]],
    *,
    censored: Sequence[Sequence[bool]] | None = None,
    closed: Sequence[bool] | None = None,
    promoted: Sequence[Sequence[bool]] | None = None,
    holiday: Sequence[bool] | None = None,
    since: Sequence[int] | None = None,
    weights: Sequence[float] | None = None,
    kin: Sequence[int] | None = None,
    prices: Sequence[Sequence[float]] | None = None,
    season: int = 7,
    phase: int = 0,
) -> Panel:
    """A panel from plain sequences. Closed days that are not told are those on which no series of the panel sold anything.

    `phase` of a daily panel is the weekday of its first day, Monday 0.
    """
    sold = np.asarray(units, dtype=np.float64)
    if sold.ndim != 2:
        raise ValueError("units: every series needs the same number of days")
    if sold.size and (not np.isfinite(sold).all() or sold.min() < 0):
        raise ValueError("units: demand is a number of at least 0; returns are matched before")
    size, days = sold.shape
    shapes = {
        "censored": (censored, size),
        "promoted": (promoted, size),
        "since": (since, size),
        "weights": (weights, size),
        "kin": (kin, size),
        "prices": (prices, size),
    }
    for name, (given, needed) in shapes.items():
        if given is not None and len(given) != needed:
            raise ValueError(f"{name}: {needed} series need as many entries, not {len(given)}")
    for name, calendar in (("closed", closed), ("holiday", holiday)):
        if calendar is not None and len(calendar) < days:
            raise ValueError(f"{name}: {days} days need as many entries, not {len(calendar)}")
    hidden = np.zeros((size, days), dtype=np.bool_) if censored is None else np.asarray(censored, dtype=np.bool_)
    starts = first_sales(sold) if since is None else np.asarray(since, dtype=np.int64)
    return Panel(
        units=sold,
        censored=hidden,
        closed=closed_days(sold, hidden) if closed is None else np.asarray(closed, dtype=np.bool_),
        promoted=np.zeros((size, days), dtype=np.bool_) if promoted is None else np.asarray(promoted, dtype=np.bool_),
        holiday=np.zeros(days, dtype=np.bool_) if holiday is None else np.asarray(holiday, dtype=np.bool_),
        since=starts,
        weights=np.ones(size) if weights is None else np.asarray(weights, dtype=np.float64),
        kin=np.zeros(size, dtype=np.int64) if kin is None else np.asarray(kin, dtype=np.int64),
        prices=None if prices is None else np.asarray(prices, dtype=np.float64),
        season=season,
        phase=phase % season,
    )


def first_sales(units: Floats) -> Whole:
    """The first day with a sale; the number of days where there is none."""
    sold = units > 0
    return np.asarray(np.where(sold.any(axis=1), sold.argmax(axis=1), units.shape[1]), dtype=np.int64)


def closed_days(units: Floats, censored: Mask) -> Mask:
    """Days on which the whole shop sold nothing, provided that it sells on most days and had something to sell."""
    trades = (units > 0).any(axis=0)
    if trades.size == 0 or trades.mean() < 0.5:
        return np.zeros(trades.shape, dtype=np.bool_)
    return np.asarray(~trades & ~censored.all(axis=0))


def ahead(told: Mask, days: int, horizon: int, past: Mask, season: int) -> Mask:
    known = told[days : days + horizon]
    found = np.zeros(horizon, dtype=np.bool_)
    found[: known.size] = known
    recent = past[-WEEKS_TO_TELL * season :]
    if season == 7 and recent.size == WEEKS_TO_TELL * season:
        never = recent.reshape(WEEKS_TO_TELL, season).all(axis=0)
        found[known.size :] = np.resize(never, horizon)[known.size :]
    return found
