"""From recorded demand to what is expected of it: the one place that hands series to analytics/forecasting and takes plain values.

Arrays are loaded with the first forecast, not with every process: they come with the extra `forecast`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from analytics.models import DemandClass
from analytics.queries import demand
from analytics.queries.demand import Calendar, Series

WINDOW_DAYS = 364
HORIZON = 28
WEEK = 7
# The simple referee: what was wanted on an average day of the last four weeks.
REFEREE = "mean28"


@dataclass(frozen=True, slots=True)
class Expected:
    """Of one SKU in one warehouse, as it is stored."""

    variant_id: int
    warehouse_id: int
    demand_class: str
    method: str
    daily: list[float]
    dispersion: float
    level: float
    trend: float
    weekdays: list[float]
    plain: float
    scale: float


def prepare(*, first: date, last: date, variants: Sequence[int], at: datetime) -> dict[str, Any]:
    return {}


def expect(*, first: date, last: date, variants: tuple[int, int], pooled: Mapping[str, Any]) -> list[Expected]:
    """Of the SKUs from one key to another what is expected of each of the days after `last`."""
    from analytics.forecasting import intermittent, panels

    series = demand.series(first=first, last=last, variants=variants)
    if not series:
        return []
    calendar = demand.calendar(first=first, last=last, ahead=HORIZON)
    panel = panels.panel(
        [one.units for one in series],
        censored=[one.sold_out for one in series],
        closed=calendar.closed,
        promoted=[one.promoted for one in series],
        holiday=calendar.holiday,
        weights=[one.price for one in series],
        kin=[one.category_id for one in series],
        phase=first.weekday(),
    )
    means = intermittent.tsb(panel.units, panel.told, HORIZON).tolist()
    return [
        Expected(
            one.variant_id, one.warehouse_id, classed(one, calendar), "tsb", daily, 1.5, daily[0], 0.0, [1.0] * 7,
            plain(one, calendar), scale(one, calendar),
        )
        for one, daily in zip(series, means, strict=True)
    ]  # fmt: skip


def plain(one: Series, calendar: Calendar) -> float:
    """What the simple referee expects of each day."""
    told = [units for units, out in zip(one.units[-28:], one.sold_out[-28:], strict=True) if not out]
    return sum(told) / len(told) if told else 0.0


def scale(one: Series, calendar: Calendar) -> float:
    """The root mean square of the steps from one day to the next since the first sale: M5's unit of an error."""
    begun = next(number for number, units in enumerate(one.units) if units)
    steps = [(after - before) ** 2 for before, after in zip(one.units[begun:], one.units[begun + 1 :], strict=False)]
    return (sum(steps) / len(steps)) ** 0.5 if steps else 0.0


# Syntetos, Boylan, Croston 2005: demand is intermittent from this many days between two sales on, and uneven from this
# squared coefficient of variation of the units on.
RARE, UNEVEN = 1.32, 0.49
# Fewer days than this since the first sale, or fewer sales, say nothing about the kind.
YOUNG_DAYS, FEW_SALES = 28, 4


def classed(one: Series, calendar: Calendar) -> str:
    sizes = [units for units in one.units if units]
    begun = next(number for number, units in enumerate(one.units) if units)
    days = sum(
        not closed and not out for closed, out in zip(calendar.closed[begun:], one.sold_out[begun:], strict=True)
    )  # fmt: skip
    if days < YOUNG_DAYS or len(sizes) < FEW_SALES:
        return DemandClass.NEW
    mean = sum(sizes) / len(sizes)
    uneven = sum((units - mean) ** 2 for units in sizes) / len(sizes) / mean**2 >= UNEVEN
    if days / len(sizes) >= RARE:
        return DemandClass.LUMPY if uneven else DemandClass.INTERMITTENT
    return DemandClass.ERRATIC if uneven else DemandClass.SMOOTH
