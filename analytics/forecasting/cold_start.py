"""What a SKU will sell of which little is known yet: what its siblings do, until its own days tell more. Pure.

The levels of one kind (a category) are taken as gamma distributed, and sales around them as Poisson's times the dispersion:
the level of a new SKU is then (its units + mean of the siblings x w) / (its days + w), and w is small where siblings differ
much. This is the empirical Bayes estimate of Robbins (1956); for sales Syntetos, Boylan and Disney (2009), Journal of the
Operational Research Society 60, 149-160 name siblings as what is left when history is missing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .panels import Floats, Whole

# A kind with fewer SKUs of which enough is known does not tell; the whole shop does.
SIBLINGS = 5
# Of a kind without spread a new SKU's own days are believed from a month on.
MOST_DAYS = 30.0
LEAST_DAYS = 3.0
WHOLE_SHOP = -1


@dataclass(frozen=True, slots=True)
class Kind:
    """Levels of the known SKUs of one kind: units per open day."""

    mean: float
    days: float  # as how many own days the siblings count
    price: float | None = None  # the middle price
    slope: float = 0.0  # by how much ln level changes with ln price


def kinds(
    levels: Floats, dispersion: Floats, kin: Whole, known: Sequence[bool], prices: Floats | None = None
) -> dict[int, Kind]:
    """What each kind tells of a new SKU; `WHOLE_SHOP` for kinds that tell nothing."""
    tells = np.asarray(known, dtype=np.bool_) & (levels > 0)
    found = {WHOLE_SHOP: _kind(levels[tells], dispersion[tells], None if prices is None else prices[tells])}
    for one in np.unique(kin[tells]):
        which = tells & (kin == one)
        if which.sum() >= SIBLINGS:
            found[int(one)] = _kind(levels[which], dispersion[which], None if prices is None else prices[which])
    return found


def _kind(levels: Floats, dispersion: Floats, prices: Floats | None) -> Kind:
    if levels.size == 0:
        return Kind(0.0, LEAST_DAYS)
    mean, spread = float(levels.mean()), float(levels.var())
    noise = float(np.median(dispersion)) * mean
    days = float(np.clip(noise / spread, LEAST_DAYS, MOST_DAYS)) if spread > 0 else MOST_DAYS
    if prices is None or levels.size < 2 * SIBLINGS or not (prices > 0).all() or np.ptp(np.log(prices)) < 0.1:
        return Kind(mean, days)
    side = np.log(prices)
    slope = float(np.clip(np.polyfit(side, np.log(levels), 1)[0], -2.0, 0.0))
    return Kind(mean, days, float(np.exp(side.mean())), slope)


def level(kind: Kind, units: float, days: float, price: float | None = None) -> float:
    """Units per open day of a SKU that sold `units` on `days` open days of the kind's weekday mix."""
    siblings = kind.mean
    if kind.price and price and price > 0:
        siblings *= float(np.clip((price / kind.price) ** kind.slope, 1 / 3, 3.0))
    return (units + siblings * kind.days) / (days + kind.days)


def kind_of(found: Mapping[int, Kind], kin: int) -> Kind:
    return found.get(kin) or found[WHOLE_SHOP]
