"""Poisson and negative binomial demand: chances, quantiles and expected shortage, from mean and variance over mean.

Up to a mean of `MOST_MEAN` units all of it is exact, by the recursion of Panjer (1981): p(k+1) = p(k) · (r + k) / (k + 1) · q,
with r = mean / (ratio - 1) and q = 1 - 1 / ratio; Poisson's is its limit. The expected shortage follows from the chances:
E(D - s - 1)+ = E(D - s)+ - P(D > s). Above that a gamma distribution of the same mean and variance stands for both: at a mean
of 500 it is off by at most two units of quantile, and by 0.002 units of shortage for each unit of standard deviation.
"""

from bisect import bisect_left
from functools import lru_cache
from math import ceil, exp, inf, lgamma, log, sqrt
from statistics import NormalDist

# A mean above this is counted by the gamma distribution; e^-500 is still a number, so the recursion never starts from zero.
MOST_MEAN = 500.0
# And so is one whose tail is longer than this: what varies as much is smooth enough, and a long table takes its time.
MOST_TERMS = 800
# A table that is asked for all the same ends here.
LONGEST = 20_000
# What is left of the chances where the tables end.
LEFT = 1e-10
# Variance over mean below this is Poisson's.
POISSON = 1 + 1e-9


class Distribution:
    """Demand of a time: `chance(k)` of k or fewer, `quantile(level)`, `shortage(stock)` = E(demand - stock)+."""

    __slots__ = ("mean", "ratio")

    def __init__(self, mean: float, ratio: float) -> None:
        self.mean, self.ratio = mean, max(ratio, 1.0)

    @property
    def deviation(self) -> float:
        return sqrt(self.mean * self.ratio)

    def chance(self, units: float) -> float:
        raise NotImplementedError

    def quantile(self, level: float) -> int:
        """The least stock that suffices with at least this chance."""
        raise NotImplementedError

    def shortage(self, stock: float) -> float:
        raise NotImplementedError


class Counted(Distribution):
    """Exact, in tables that are as long as the demand is likely."""

    __slots__ = ("_below", "_short")

    def __init__(self, mean: float, ratio: float) -> None:
        super().__init__(mean, ratio)
        below, short = [], []
        total, shortage = 0.0, mean
        for chance in chances(mean, self.ratio):
            total += chance
            below.append(total)
            short.append(shortage)
            shortage -= 1 - total
        self._below, self._short = below, short

    def chance(self, units: float) -> float:
        if units < 0:
            return 0.0
        return self._below[min(int(units), len(self._below) - 1)]

    def quantile(self, level: float) -> int:
        return bisect_left(self._below, level)

    def shortage(self, stock: float) -> float:
        """Between two whole numbers the shortage is a straight line."""
        if stock <= 0:
            return self.mean - stock
        whole = int(stock)
        if whole + 1 >= len(self._short):
            return 0.0
        here, there = self._short[whole], self._short[whole + 1]
        return max(here + (there - here) * (stock - whole), 0.0)


class Smooth(Distribution):
    """The gamma distribution of the same mean and variance."""

    __slots__ = ("_scale", "_shape")

    def __init__(self, mean: float, ratio: float) -> None:
        super().__init__(mean, ratio)
        self._scale, self._shape = self.ratio, mean / self.ratio

    def chance(self, units: float) -> float:
        # A whole number of units stands for the half below and the half above it.
        return _gamma_chance(self._shape, (units + 0.5) / self._scale) if units >= 0 else 0.0

    def quantile(self, level: float) -> int:
        """By Newton's method from the cube root approximation of E. B. Wilson, M. M. Hilferty (1931)."""
        if level <= 0:
            return 0
        shape = self._shape
        root = 1 - 1 / (9 * shape) + safety_factor(min(level, 1 - 1e-12)) / (3 * sqrt(shape))
        at = shape * root**3 if root > 0.1 else exp((log(level) + lgamma(shape + 1)) / shape)
        at = max(at, 1e-300)
        for _turn in range(60):
            density = exp(-at + (shape - 1) * log(at) - lgamma(shape))
            step = (_gamma_chance(shape, at) - level) / max(density, 1e-300)
            # Never beyond zero, and never far out where the density says nothing.
            step = min(max(step, -(at + shape + 5)), at * 0.75)
            at -= step
            if abs(step) * self._scale < 1e-4:
                break
        return max(ceil(at * self._scale - 0.5), 0)

    def shortage(self, stock: float) -> float:
        if stock <= 0:
            return self.mean - stock
        scaled = stock / self._scale
        more, over = _gamma_chance(self._shape + 1, scaled), _gamma_chance(self._shape, scaled)
        return max(self.mean * (1 - more) - stock * (1 - over), 0.0)


@lru_cache(maxsize=1024)
def demand(mean: float, ratio: float) -> Distribution:
    """Demand of this mean and this variance over mean."""
    ratio = max(ratio, 1.0)
    # With a mean of so many, or a tail of so many, units nobody counts single ones.
    if mean > MOST_MEAN or mean + 25 * (sqrt(mean * ratio) + ratio) > MOST_TERMS:
        return Smooth(mean, ratio)
    return Counted(mean, ratio)


def chances(mean: float, ratio: float) -> list[float]:
    """The chance of 0, 1, 2 ... units, until hardly any is left."""
    if mean <= 0:
        return [1.0]
    poisson = ratio < POISSON
    steady = 1.0 if poisson else 1 - 1 / ratio
    size = inf if poisson else mean / (ratio - 1)
    chance = exp(-mean) if poisson else exp(-size * log(ratio))
    found, left, units = [chance], 1 - chance, 0
    while left > LEFT and units < LONGEST:
        chance *= mean / (units + 1) if poisson else steady * (size + units) / (units + 1)
        units += 1
        found.append(chance)
        left -= chance
    return found


@lru_cache(maxsize=4096)
def safety_factor(level: float) -> float:
    """The normal quantile."""
    return NormalDist().inv_cdf(level)


def _gamma_chance(shape: float, at: float) -> float:
    """The regularised lower incomplete gamma function, by its series below the mean and its continued fraction (Lentz) above:
    W. H. Press et al., Numerical Recipes, 3rd edition (2007), section 6.2."""
    if at <= 0:
        return 0.0
    front = exp(-at + shape * log(at) - lgamma(shape))
    if at < shape + 1:
        term = total = 1 / shape
        step = shape
        while abs(term) > abs(total) * 1e-11:
            step += 1
            term *= at / step
            total += term
        return min(total * front, 1.0)
    tiny = 1e-300
    odd = at + 1 - shape
    ahead, behind = 1 / tiny, 1 / odd
    fraction = behind
    for turn in range(1, 10_000):
        factor = -turn * (turn - shape)
        odd += 2
        behind = factor * behind + odd
        behind = 1 / (behind if abs(behind) > tiny else tiny)
        ahead = odd + factor / ahead
        ahead = ahead if abs(ahead) > tiny else tiny
        change = behind * ahead
        fraction *= change
        if abs(change - 1) < 1e-11:
            break
    return max(1 - front * fraction, 0.0)
