"""How good a supplier is: on time, in full, without damage, at a steady price, after how many days. Pure.

A purchase order counts once it is decided: everything is here, or it was settled, or its promised day has passed. On time is
judged against the first day that was promised; a later confirmation moves what is expected, and not what was promised.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from math import sqrt

# Fewer decided purchase orders than this say little, and the page says so.
FEW = 5


@dataclass(frozen=True, slots=True)
class Delivered:
    """One purchase order as it went. Units are of all its lines; `good` is capped by what each line ordered.

    `in_time` are good units that came by the promised day, `lead_days` is from sending to the first useful delivery.
    """

    ordered: int
    good: int
    in_time: int
    damaged: int
    wrong: int
    short: int
    promised_on: date
    is_settled: bool
    lead_days: int | None = None
    promised_days: int | None = None


@dataclass(frozen=True, slots=True)
class Priced:
    """What one SKU cost at the beginning and at the end of the time looked at, and how many units were bought."""

    first: float
    last: float
    units: int


@dataclass(frozen=True, slots=True)
class Score:
    """Shares from 0 to 1; None where nothing can be said. `total` weighs on time 40, in full 40, quality 20."""

    orders: int
    on_time: float | None
    in_full: float | None
    quality: float | None
    price_change: float | None
    lead_mean: float | None
    lead_spread: float | None
    promised_mean: float | None
    total: int | None

    @property
    def is_thin(self) -> bool:
        return self.orders < FEW


def score(delivered: Iterable[Delivered], priced: Sequence[Priced], *, today: date) -> Score:
    """Of orders that are not decided yet nothing is counted, so a fresh order pulls nobody down."""
    told = [one for one in delivered if is_decided(one, today)]
    ordered = sum(one.ordered for one in told)
    came = sum(one.good + one.damaged + one.wrong for one in told)
    days = [one.lead_days for one in told if one.lead_days is not None]
    promised = [one.promised_days for one in told if one.promised_days is not None]
    on_time = sum(one.in_time for one in told) / ordered if ordered else None
    in_full = sum(one.good >= one.ordered for one in told) / len(told) if told else None
    quality = sum(one.good for one in told) / came if came else None
    return Score(
        orders=len(told),
        on_time=on_time,
        in_full=in_full,
        quality=quality,
        price_change=_price_change(priced),
        lead_mean=sum(days) / len(days) if days else None,
        lead_spread=_spread(days),
        promised_mean=sum(promised) / len(promised) if promised else None,
        total=_total(on_time, in_full, quality),
    )


def is_decided(one: Delivered, today: date) -> bool:
    return one.is_settled or one.good >= one.ordered or one.promised_on < today


def _total(on_time: float | None, in_full: float | None, quality: float | None) -> int | None:
    parts = [(share, weight) for share, weight in ((on_time, 40), (in_full, 40), (quality, 20)) if share is not None]
    return round(100 * sum(share * weight for share, weight in parts) / sum(weight for _, weight in parts)) if parts else None


def _price_change(priced: Sequence[Priced]) -> float | None:
    """Of the whole basket, by the units that were bought: a dear SKU that is hardly bought weighs little."""
    before = sum(one.first * one.units for one in priced)
    return sum(one.last * one.units for one in priced) / before - 1 if before else None


def _spread(days: Sequence[int]) -> float | None:
    if len(days) < 2:
        return None
    mean = sum(days) / len(days)
    return sqrt(sum((one - mean) ** 2 for one in days) / (len(days) - 1))
