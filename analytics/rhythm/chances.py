"""Exact chances of counts, so that small numbers are neither hidden nor believed. Pure, in plain floating point.

The tails are sums of terms whose logarithms are known, so nothing overflows and no table is needed.
"""

from collections.abc import Sequence
from math import exp, fsum, lgamma, log


def majority(hits: int, trials: int) -> float:
    """How sure one may be that more than half of all cases are such, after `hits` of `trials` were; one half after none.

    With every share alike before, the share is Beta(hits + 1, misses + 1), whose upper half is a binomial tail.
    """
    return binomial_at_most(hits, trials + 1, 0.5)


def binomial_at_most(hits: int, trials: int, chance: float) -> float:
    """P(X <= hits) of so many trials."""
    if hits < 0:
        return 0.0
    if hits >= trials or chance <= 0:
        return 1.0
    if chance >= 1:
        return 0.0
    terms = (log_choose(trials, k) + k * log(chance) + (trials - k) * log(1 - chance) for k in range(hits + 1))
    return min(fsum(map(exp, terms)), 1.0)


def binomial_at_least(hits: int, trials: int, chance: float) -> float:
    """P(X >= hits): the same from the other side, so that small chances keep their digits."""
    return binomial_at_most(trials - hits, trials, 1 - chance)


def drawn_at_least(hits: int, drawn: int, marked: int, whole: int) -> float:
    """P(X >= hits) where `drawn` of `whole` are drawn and `marked` of the whole are such (Fisher's exact test, one side)."""
    first, last = max(hits, 0, drawn + marked - whole), min(drawn, marked)
    if hits <= max(0, drawn + marked - whole):
        return 1.0
    rest = log_choose(whole, drawn)
    terms = (log_choose(marked, k) + log_choose(whole - marked, drawn - k) - rest for k in range(first, last + 1))
    return min(fsum(map(exp, terms)), 1.0)


def next_count_at_most(count: int, *, seen: float, during: float, ahead: float) -> float:
    """P(X <= count) in a span `ahead`, after a rate was `seen` `during` another: a Poisson count of gamma-spread rate.

    `seen` and `during` hold the prior already; what is not known of the rate widens the count (negative binomial).
    """
    lost, kept = log(ahead / (during + ahead)), log(during / (during + ahead))
    terms = (lgamma(seen + k) - lgamma(seen) - lgamma(k + 1) + seen * kept + k * lost for k in range(count + 1))
    return min(fsum(map(exp, terms)), 1.0)


def adjusted(chances: Sequence[float], among: int) -> list[float]:
    """Benjamini and Hochberg's q-values: whoever takes all up to q is wrong in a share of q of them, at most, on average.

    `among` is how many questions were asked in all; those not named here were not even close (their chance is 1).
    """
    order = sorted(range(len(chances)), key=lambda place: chances[place], reverse=True)
    found, least = [1.0] * len(chances), 1.0
    for before, place in enumerate(order):
        least = min(least, chances[place] * among / (len(chances) - before))
        found[place] = least
    return found


def log_choose(whole: int, part: int) -> float:
    return lgamma(whole + 1) - lgamma(part + 1) - lgamma(whole - part + 1)
