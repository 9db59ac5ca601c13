"""What a policy believes of each SKU's demand in the evening of a day: level, variance over mean, and how sure that is.

The level is an exponentially weighted mean of the days, moved half the way by which the shop's last four weeks differ from its
own weighted mean. A day that ended with an empty shelf tells a lower bound: it counts as what a negative binomial of the belief
before expects of a day on which at least so much was asked for (the expectation step of EM). Variance over mean is drawn towards
that of the whole assortment.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import betainc  # type: ignore[import-untyped,unused-ignore]

from analytics.simulation.traces import Numbers
from analytics.simulation.world import View


@dataclass(frozen=True, slots=True)
class Habits:
    """Tuned on March to May 2011 with a lead time of 14 days, and on other margins: docs/algorithms/stocking.md."""

    weight: float = 0.02  # of the newest day
    shop_days: int = 28
    shop_share: float = 0.5  # how far the level follows the shop
    prior_days: float = 40.0  # the assortment's variance over mean weighs as much as so many days
    censored: bool = True  # sold-out days are lower bounds


@dataclass(frozen=True, slots=True)
class Belief:
    mean: Numbers  # units a day
    ratio: Numbers  # variance over mean of a day
    doubt: Numbers  # relative deviation of the level


class Learner:
    """Reads each day's record once and keeps what it takes it for."""

    def __init__(self, habits: Habits) -> None:
        self.habits = habits
        self._taken: Numbers | None = None
        self._read = 0
        self._last: Belief | None = None

    def read(self, view: View) -> None:
        """Takes the days since the last reading for what they tell."""
        today = view.sold.shape[1]
        if self._taken is None or self._taken.shape[1] < today:
            grown = np.zeros((view.sold.shape[0], today + 64))
            if self._taken is not None:
                grown[:, : self._read] = self._taken[:, : self._read]
            self._taken = grown
        for day in range(self._read, today):
            units = view.sold[:, day]
            cut = view.empty[:, day]
            if self.habits.censored and self._last is not None and cut.any():
                units = units.copy()
                units[cut] = at_least(units[cut], self._last.mean[cut], self._last.ratio[cut])
            self._taken[:, day] = units
        self._read = today

    def believe(self) -> Belief:
        if self._taken is None:
            raise ValueError("Nothing has been read yet.")
        habits, days = self.habits, self._taken[:, : self._read]
        weights = (1 - habits.weight) ** np.arange(self._read)[::-1]
        weights /= weights.sum()
        worth = 1 / float((weights**2).sum())  # days that the weighted mean is worth
        mean = days @ weights
        variance = ((days - mean[:, None]) ** 2) @ weights / max(1 - 1 / worth, 0.5)
        ratio = variance / np.maximum(mean, 1e-9)
        pooled = variance.sum() / max(mean.sum(), 1e-9)
        drawn = np.minimum(pooled, 5 * ratio + 1)
        ratio = np.maximum((ratio * worth + habits.prior_days * drawn) / (worth + habits.prior_days), 1.0)

        shop = days.sum(axis=0)
        usual = float(shop @ weights)
        lately = float(shop[-habits.shop_days :].mean())
        level = mean * (lately / usual) ** habits.shop_share if usual > 0 and lately > 0 else mean
        doubt = np.sqrt(ratio / np.maximum(level, 1e-9) / worth)
        self._last = Belief(level, ratio, doubt)
        return self._last


def at_least(units: Numbers, mean: Numbers, ratio: Numbers) -> Numbers:
    """The mean of a negative binomial day on which at least so much was asked for, E[D | D >= units].

    With size k and q = 1 - 1 / ratio, D times its chance is k q / (1 - q) times the chance of one less with size k + 1, so the
    mean is a ratio of two tails, each an incomplete beta function. Never more than mean and three ratios above what was seen.
    """
    mean, ratio = np.maximum(mean, 1e-6), np.maximum(ratio, 1.01)
    size, again = mean / (ratio - 1), 1 - 1 / ratio
    tail = _tail(units, size, again)
    expected = np.where(tail > 1e-9, mean * _tail(units - 1, size + 1, again) / np.maximum(tail, 1e-300), units + ratio)
    return np.asarray(np.maximum(np.minimum(expected, units + 3 * ratio + mean), units))


def _tail(units: Numbers, size: Numbers, again: Numbers) -> Numbers:
    """The chance of at least so many."""
    return np.where(units <= 0, 1.0, betainc(np.maximum(units, 1e-9), size, again))
