"""From recorded demand to what is expected: the one place that hands series to analytics/forecasting and takes plain values.

Arrays are loaded with the first forecast, not with every process: they come with the extra `forecast`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from analytics.queries import demand
from analytics.queries.demand import Calendar, Series, Weeks

if TYPE_CHECKING:
    from analytics.forecasting.panels import Floats, Panel

WINDOW_DAYS = 364
HORIZON = 28
WEEK = 7
# So many years are looked at for what comes again with the seasons.
YEARS = 3
# By category its factor in each of the 52 weeks of a year.
Seasons = Mapping[int, Sequence[float]]
# What is common to all SKUs is counted from so many.
SAMPLED = 600
# Tried on the past for these classes, the usual one first: another has to be better by this share of its error.
TRIED = ("average", "mean", "fading_mean", "ses", "tsb", "sba", "adida", "theta")
CHOSEN_FOR = ("SMOOTH", "ERRATIC", "INTERMITTENT", "LUMPY")
CLEARLY = 0.01
# The simple referee's code: what was wanted on an average day.
REFEREE = "mean"


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

    @property
    def week(self) -> list[float]:
        return self.daily[:WEEK]

    @property
    def week_units(self) -> float:
        return round(sum(self.week), 4)

    @property
    def month_units(self) -> float:
        return round(sum(self.daily), 4)


def prepare(*, first: date, last: date, variants: Sequence[int], seasons: Seasons) -> dict[str, Any]:
    """What is common to all, from SKUs picked at even distances; plain values that chunks take with them."""
    from analytics.forecasting import nightly

    calendar = demand.calendar(first=first, last=last, ahead=HORIZON)
    panel = _panel(sampled(first=first, last=last, variants=variants), calendar, seasons)
    pooled = nightly.with_trees(panel, nightly.pool(panel))
    return {**pooled.plain(), "year": {str(kind): list(factors) for kind, factors in seasons.items()}}


def seasons(*, last: date) -> dict[int, list[float]]:
    """What comes again with the seasons of the year, by category; nothing where less than a year and some weeks are known."""
    return _seasons(_weeks(last), last)


def _weeks(last: date) -> list[Weeks]:
    return demand.weeks_by_category(first=last - timedelta(days=YEARS * 366), last=last, bulk=False)


def _seasons(weeks: Sequence[Weeks], last: date) -> dict[int, list[float]]:
    """Of whole weeks up to a day: the one that orders began in is none, and the one that the look back began in."""
    from analytics.forecasting import year

    sunday = last - timedelta(days=(last.weekday() + 1) % WEEK)
    begins = min((monday for one in weeks for monday in one.units), default=sunday) + timedelta(days=WEEK)
    mondays = [begins + timedelta(days=place) for place in range(0, (sunday - begins).days + 1, WEEK)]
    # A week lies where its Thursday does.
    place = year.weeks_of(begins + timedelta(days=3), len(mondays) * WEEK)[::WEEK]
    units = {one.key: [float(one.units.get(monday, 0)) for monday in mondays] for one in weeks if one.key is not None}
    return year.seasons(units, place.tolist())


def known_seasons(pooled: Mapping[str, Any]) -> dict[int, list[float]]:
    """As a night was begun with."""
    return {int(kind): factors for kind, factors in pooled.get("year", {}).items()}


def sampled(*, first: date, last: date, variants: Sequence[int]) -> list[Series]:
    step = max(len(variants) // SAMPLED, 1)
    return demand.sample(first=first, last=last, variants=variants[::step])


def tried(*, first: date, last: date, variants: Sequence[int]) -> dict[str, dict[str, float]]:
    """By class of demand, how far off each method would have been on the last evenings four weeks apart (WRMSSE), every one
    seeing only what was known by then. Nothing where the past is too short for four of them.
    """
    from analytics.forecasting import backtesting, nightly
    from analytics.forecasting.combining import DemandClass, Method

    calendar = demand.calendar(first=first, last=last, ahead=HORIZON)
    series = sampled(first=first, last=last, variants=variants)
    panel = _panel(series, calendar, {})
    begun = min((begins(one) for one in series), default=calendar.days)
    evenings = [one for one in backtesting.origins(panel.days, HORIZON) if one - begun >= 2 * HORIZON]
    weeks = _weeks(last)
    sums: dict[str, dict[str, list[float]]] = {}
    for origin in evenings if len(evenings) >= backtesting.FEWEST_ORIGINS else ():
        known = _seasons(weeks, first + timedelta(days=origin - 1))
        past = replace(panel.until(origin), yearly=_yearly(series, calendar, known))
        pooled = nightly.with_trees(past, nightly.pool(past))
        # What a SKU has lately sold for is what missing it is worth.
        worth = (panel.weights * past.units[:, -HORIZON:].sum(axis=1)).tolist()
        for method in (*TRIED, *((Method.BOOSTED,) if pooled.trees else ())):
            found = nightly.forecast(past, HORIZON, dict.fromkeys(DemandClass, Method(method)), pooled=pooled)
            # What a sold-out day would have sold is not known: no method is judged by it.
            told = slice(origin, origin + HORIZON)
            happened = panel.units[:, told].copy()
            happened[panel.censored[:, told]] = found.mean[panel.censored[:, told]]
            scored = backtesting.score(past, happened, found.mean)
            for one, error, weight in zip(found.classes, scored.rmsse.tolist(), worth, strict=True):
                if (name := one.upper()) in CHOSEN_FOR:
                    errors = sums.setdefault(name, {}).setdefault(method, [0.0, 0.0])
                    errors[0] += error * weight
                    errors[1] += weight
    return {
        one: {method: error / weight for method, (error, weight) in each.items()}
        for one, each in sums.items()
        if all(weight > 0 for _error, weight in each.values())
    }


def best(errors: Mapping[str, float]) -> str:
    """The method with the smallest error; the usual one unless another is clearly better."""
    found = min(errors, key=lambda one: (errors[one], one))
    return found if errors[found] < errors[TRIED[0]] * (1 - CLEARLY) else TRIED[0]


def expect(
    *, first: date, last: date, variants: tuple[int, int], pooled: Mapping[str, Any], methods: Mapping[str, str]
) -> list[Expected]:
    """Of the SKUs from one key to another what is expected of each of the days after `last`; `methods` by class of demand."""
    from analytics.forecasting import nightly
    from analytics.forecasting.combining import DemandClass, Method

    series = demand.series(first=first, last=last, variants=variants)
    if not series:
        return []
    calendar = demand.calendar(first=first, last=last, ahead=HORIZON)
    chosen = {DemandClass(one.lower()): Method(method) for one, method in methods.items()}
    panel = _panel(series, calendar, known_seasons(pooled))
    found = nightly.forecast(panel, HORIZON, chosen, pooled=nightly.Pooled.of(pooled))
    return [
        Expected(
            variant_id=one.variant_id,
            warehouse_id=one.warehouse_id,
            demand_class=row.demand_class.upper(),
            method=str(row.method),
            daily=[round(units, 4) for units in row.outlook.daily],
            dispersion=max(round(row.outlook.dispersion, 4), 1.0),
            level=round(row.level, 4),
            trend=round(row.weekly_change, 5),
            weekdays=[round(factor, 3) for factor in row.weekday],
            plain=plain(one, calendar),
            scale=scale(one),
        )
        for one, row in zip(series, found.rows(), strict=True)
    ]


def _yearly(series: Sequence[Series], calendar: Calendar, seasons: Seasons) -> "Floats | None":
    """Factors of each day of the window and the coming ones, of each series those of its category."""
    from analytics.forecasting import year

    if not seasons or not series:
        return None
    return year.by_day(seasons, [one.category_id for one in series], calendar.first, calendar.days + HORIZON)


def _panel(series: Sequence[Series], calendar: Calendar, seasons: Seasons) -> "Panel":
    from analytics.forecasting import panels

    days = calendar.days
    found = panels.panel(
        [one.units for one in series] or [[0.0] * days],
        censored=[one.sold_out for one in series] or [[False] * days],
        closed=calendar.closed,
        promoted=[calendar.promoted.of(one.product_id, one.category_id) for one in series] or [[False] * len(calendar.holiday)],
        holiday=calendar.holiday,
        since=[begins(one) for one in series] or [days],
        weights=[one.price for one in series] or [0.0],
        kin=[one.category_id for one in series] or [0],
        phase=calendar.first.weekday(),
    )
    return replace(found, yearly=_yearly(series, calendar, seasons))


def begins(one: Series) -> int:
    """The day of the window from which on the SKU tells something."""
    sold = next((number for number, units in enumerate(one.units) if units), len(one.units))
    return sold if one.since is None else min(sold, one.since)


def plain(one: Series, calendar: Calendar) -> float:
    """What the simple referee expects of a day: the mean of all days that tell anything."""
    begun = begins(one)
    told = [
        units
        for units, out, closed in zip(one.units[begun:], one.sold_out[begun:], calendar.closed[begun:], strict=True)
        if not out and not closed
    ]
    open_share = 1 - sum(calendar.closed) / max(len(calendar.closed), 1)
    return sum(told) / len(told) * open_share if told else 0.0


def scale(one: Series) -> float:
    """The root mean square of the steps from one day to the next since the first sale: M5's unit of an error."""
    begun = begins(one)
    steps = [(after - before) ** 2 for before, after in zip(one.units[begun:], one.units[begun + 1 :], strict=False)]
    return (sum(steps) / len(steps)) ** 0.5 if steps else 0.0
