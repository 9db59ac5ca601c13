"""The forecast of a night: what is common to all SKUs first (`pool`, a small value), then chunk by chunk (`forecast`). Pure.

    pooled = pool(sample)                        # once: a few thousand SKUs are enough
    found = forecast(chunk, 28, pooled=pooled)   # any number of times, in any order, on any worker

A chunk's forecasts depend on nothing but the chunk and what is pooled. Work grows linearly with series and with days.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from inventory.stocking.values import Outlook

from . import boosting, cold_start, decompose, quantiles, smoothing
from .boosting import Boosted
from .censoring import demand
from .cold_start import Kind
from .combining import RHYTHMS, UNCUT, Aside, DemandClass, Method, classes, run, usual
from .panels import Floats, Mask, Panel, Whole, ahead

WEEK = 7
# What was cut of bulk orders comes again, but not all of it: as this power of all that was sold over what was kept.
RETURNING = 0.4


@dataclass(frozen=True, slots=True, eq=False)
class Pooled:
    """What all series of a shop share: closed days, factors of weekdays and known causes (of promotions by kind as well),
    dispersion by level, kinds, the mean level with its credibility and drift (what is sold lately over the level of all),
    the share of bulk orders that comes again, and the boosted model where there is one."""

    closed: Mask
    weekdays: Floats
    promotion: float
    promotions: Mapping[int, float]
    holiday: float
    line: tuple[float, float]
    kinds: Mapping[int, Kind]
    prior: tuple[float, float] = (0.0, 0.0)
    drift: float = 1.0
    returning: float = 1.0
    trees: str = ""

    def plain(self) -> dict[str, Any]:
        """As JSON knows it: what a job hands to its workers."""
        return {
            "closed": [bool(one) for one in self.closed],
            "weekdays": [float(one) for one in self.weekdays],
            "promotion": self.promotion,
            "promotions": {str(key): one for key, one in self.promotions.items()},
            "holiday": self.holiday,
            "line": list(self.line),
            "prior": list(self.prior),
            "drift": self.drift,
            "returning": self.returning,
            "trees": self.trees,
            "kinds": {str(key): [one.mean, one.days, one.price, one.slope] for key, one in self.kinds.items()},
        }

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> "Pooled":
        return cls(
            closed=np.asarray(plain["closed"], dtype=np.bool_),
            weekdays=np.asarray(plain["weekdays"], dtype=np.float64),
            promotion=float(plain["promotion"]),
            # Nights that were begun by an earlier release know of none.
            promotions={int(key): float(one) for key, one in plain.get("promotions", {}).items()},
            holiday=float(plain["holiday"]),
            line=(float(plain["line"][0]), float(plain["line"][1])),
            prior=(float(plain["prior"][0]), float(plain["prior"][1])),
            drift=float(plain["drift"]),
            returning=float(plain["returning"]),
            trees=str(plain.get("trees", "")),
            kinds={int(key): Kind(*one) for key, one in plain["kinds"].items()},
        )


@dataclass(frozen=True, slots=True)
class Forecast:
    """One SKU in one warehouse. `weekday` are the factors of the places of the season, `level` units per open day."""

    outlook: Outlook
    method: Method
    demand_class: DemandClass
    level: float
    weekly_change: float
    weekday: Sequence[float]


@dataclass(frozen=True, slots=True, eq=False)
class Forecasts:
    """Of n series: the mean of each coming day (n x horizon), variance over mean, and what they are made of."""

    mean: Floats
    dispersion: Floats
    methods: list[Method]
    classes: list[DemandClass]
    level: Floats
    weekly_change: Floats
    weekday: Floats

    def rows(self) -> list[Forecast]:
        """Without numpy, in the order of the panel."""
        return [
            Forecast(
                outlook=Outlook(tuple(self.mean[place].tolist()), float(self.dispersion[place])),
                method=self.methods[place],
                demand_class=self.classes[place],
                level=float(self.level[place]),
                weekly_change=float(self.weekly_change[place]),
                weekday=tuple(self.weekday[place].tolist()),
            )
            for place in range(len(self.mean))
        ]

    def quantile(self, level: float) -> Floats:
        """The units that suffice on each day with this probability (n x horizon)."""
        return quantiles.quantiles(self.mean, self.dispersion, (level,))[:, :, 0]

    def stories(self) -> list[decompose.Story]:
        return [
            decompose.story(self.mean[place], float(self.level[place]), float(self.weekly_change[place]), self.weekday[place])
            for place in range(len(self.mean))
        ]


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """Open days of a panel without what is known to move them, and what will move the coming ones."""

    units: Floats  # demand over factors, bulk orders cut
    whole: Floats  # the same, bulk orders as they were
    told: Mask
    weekday: Floats  # n x season
    ahead: Floats  # n x horizon
    dispersion: Floats
    known: Floats  # n x days x facts: logarithm of the price, promoted, holiday
    coming: Floats  # the same of the coming days


def pool(panel: Panel) -> Pooled:
    """What is common, from all series of the shop or a sample of a few thousand."""
    shut = panel.closed[: panel.days]
    open_days = ~shut
    told = panel.told[:, open_days]
    units = (panel.units / _yearly(panel, 0, panel.days))[:, open_days]
    place = decompose.places(panel, 0, panel.days)[open_days]
    special = panel.promoted[:, : panel.days][:, open_days]
    festive = np.broadcast_to(panel.holiday[: panel.days][open_days], told.shape)
    recent = slice(-decompose.WEEKS * panel.season, None)
    weekdays = decompose.weekday_factors(units[:, recent], (told & ~special & ~festive)[:, recent], place[recent], panel.season)
    flat = units / np.where(weekdays > 0, weekdays, 1.0)[place]
    promotion = decompose.cause_factor(flat, told & ~festive, special)
    by_kind = decompose.kin_factors(flat, told & ~festive, special, panel.kin, promotion)
    holiday = decompose.cause_factor(flat, told & ~special, festive)
    line = quantiles.pooled_line(flat, told & ~special & ~festive)
    count = told.sum(axis=1)
    levels = np.divide(np.where(told, flat, 0.0).sum(axis=1), count, out=np.zeros(panel.size), where=count > 0)
    spread = quantiles.dispersion(flat, told, line, levels)
    found = cold_start.kinds(levels, spread, panel.kin, list(count >= RHYTHMS[panel.season].fewest), last_prices(panel))
    common = Pooled(panel.closed, weekdays, promotion, by_kind, holiday, line, found)
    ready = prepare(panel, 1, common)
    whole, kept = (np.where(ready.told, one, 0.0).sum() for one in (ready.whole, ready.units))
    rhythm = RHYTHMS[panel.season]
    learned = None
    if rhythm.learns:
        learned = smoothing.credibility_by_outcome(ready.units, ready.told, alpha=rhythm.fading, span=rhythm.recent)
    mean, days, drift = learned or (*smoothing.credibility(ready.units, ready.told), _drift(ready, panel.season))
    return replace(
        common,
        prior=(mean, days),
        drift=drift,
        returning=float(whole / kept) ** RETURNING if kept > 0 else 1.0,
    )


def _drift(ready: Prepared, season: int) -> float:
    """What all series sold lately over what their levels would have them sell, as far as that is believed. 0.5 to 2."""
    rhythm = RHYTHMS[season]
    level = smoothing.fading_mean(ready.units, ready.told, 1, alpha=rhythm.fading)[:, 0]
    recent = ready.told[:, -rhythm.recent :]
    usually = np.where(recent, level[:, None], 0.0).sum()
    lately = np.where(recent, ready.units[:, -rhythm.recent :], 0.0).sum()
    return float(np.clip(lately / usually, 0.5, 2.0) ** rhythm.believed) if usually > 0 else 1.0


def forecast(
    panel: Panel,
    horizon: int,
    method_by_class: Mapping[DemandClass, Method] | None = None,
    *,
    pooled: Pooled | None = None,
) -> Forecasts:
    """The coming `horizon` days of every series of the panel. Without `pooled` the panel is taken for the whole shop.

    The boosted model is the one that is pooled; where the `ml` extra is not installed the others speak for it.
    """
    common = pooled or pool(panel)
    boosted = Boosted(common.trees) if common.trees and boosting.available() else None
    chosen = {**usual(panel.season), **(method_by_class or {})}
    ready = prepare(panel, horizon, common)
    found_classes = classes(ready.whole, ready.told, fewest_days=RHYTHMS[panel.season].fewest)
    methods = [chosen[one] for one in found_classes]
    level = np.zeros((panel.size, horizon))
    open_places = int((common.weekdays > 0).sum()) or 1
    aside = Aside(
        kin=panel.kin,
        season=open_places,
        rhythm=RHYTHMS[panel.season],
        prior=common.prior[0],
        days=common.prior[1],
        drift=common.drift,
        boosted=None
        if boosted is None
        else boosted.predict(ready.units, ready.told, horizon, ready.known, ready.coming, panel.season),
    )
    for method in dict.fromkeys(methods):
        which = np.array([place for place, one in enumerate(methods) if one is method])
        if method is Method.SIBLINGS:
            level[which] = _by_siblings(panel, which, ready, common)[:, None]
        else:
            units = ready.whole if method in UNCUT else ready.units
            found = run(method, units[which], ready.told[which], horizon, aside.part(which))
            level[which] = found if method in UNCUT else found * common.returning
    mean = level * ready.ahead
    return Forecasts(
        mean=mean,
        dispersion=ready.dispersion,
        methods=methods,
        classes=found_classes,
        level=level.mean(axis=1),
        weekly_change=decompose.weekly_change(ready.units, ready.told, open_places),
        weekday=ready.weekday,
    )


def prepare(panel: Panel, horizon: int, common: Pooled) -> Prepared:
    days = panel.days
    shut = common.closed[:days]
    open_days = ~shut
    told = ((np.arange(days) >= panel.since[:, None]) & ~panel.censored)[:, open_days]
    hidden = (panel.censored & (np.arange(days) >= panel.since[:, None]))[:, open_days]
    place = decompose.places(panel, 0, days)[open_days]
    kins = np.array([common.promotions.get(int(one), common.promotion) for one in panel.kin])
    causes = _causes(panel, 0, days, common, kins)[:, open_days]
    base = np.where(common.weekdays > 0, common.weekdays, 1.0)
    flat = panel.units[:, open_days] / (causes * base[place])
    count = told.sum(axis=1)
    level = np.divide(np.where(told, flat, 0.0).sum(axis=1), count, out=np.zeros(panel.size), where=count > 0)
    spread = quantiles.dispersion(flat, told, common.line, level)
    special = panel.promoted[:, :days][:, open_days]
    own = kins
    if special.any():
        plain = panel.units[:, open_days] / (base[place] * np.where(panel.holiday[:days][open_days], common.holiday, 1.0))
        own = decompose.own_cause(plain, told, special, kins, spread)
        causes = _causes(panel, 0, days, common, own)[:, open_days]
    weekday = np.ones((panel.size, panel.season))
    if panel.season == WEEK:
        weekday = decompose.own_factors(panel.units[:, open_days] / causes, told, place, common.weekdays, spread)
    usual = np.where(weekday > 0, weekday, 1.0)[:, place]
    flat = demand(panel.units[:, open_days] / (causes * usual), told, hidden, spread)
    told = told | hidden
    coming = decompose.places(panel, days, horizon)
    closed_ahead = ahead(common.closed, days, horizon, shut, panel.season)
    moved = np.where(closed_ahead, 0.0, weekday[:, coming]) * _causes(panel, days, horizon, common, own)
    known = _known(panel, days + horizon)
    kept = quantiles.cut(flat, told, decompose.USUAL)
    return Prepared(kept, flat, told, weekday, moved, spread, known[:, :days][:, open_days], known[:, days:])


def with_trees(panel: Panel, pooled: Pooled) -> Pooled:
    """What is pooled and a boosted model of the panel; without one where the `ml` extra is missing or too little is known."""
    if not boosting.available():
        return pooled
    ready = prepare(panel, 1, pooled)
    model = boosting.train(ready.units, ready.told, ready.known, season=panel.season)
    return pooled if model is None else replace(pooled, trees=model.text)


def last_prices(panel: Panel) -> Floats | None:
    return None if panel.prices is None else np.nan_to_num(panel.prices[:, min(panel.days, panel.prices.shape[1]) - 1])


def _known(panel: Panel, days: int) -> Floats:
    """What is known beforehand of each day (n x days x 3); the last price goes on."""
    found = np.zeros((panel.size, days, 3))
    if panel.prices is not None:
        prices = np.log(np.maximum(np.nan_to_num(panel.prices[:, :days]), 1e-9))
        found[:, : prices.shape[1], 0] = prices
        found[:, prices.shape[1] :, 0] = prices[:, -1:]
    found[:, : panel.promoted.shape[1], 1] = panel.promoted[:, :days]
    found[:, : panel.holiday.size, 2] = panel.holiday[:days]
    return found


def _causes(panel: Panel, first: int, number: int, common: Pooled, promotion: Floats) -> Floats:
    """The factor of what is known of each day (n x number), `promotion` being that of each series; 1 where nothing is."""
    found = np.ones((panel.size, number))
    special = panel.promoted[:, first : first + number]
    festive = panel.holiday[first : first + number]
    found[:, : special.shape[1]] *= np.where(special, promotion[:, None], 1.0)
    found[:, : festive.size] *= np.where(festive, common.holiday, 1.0)
    return np.asarray(found * _yearly(panel, first, number))


def _yearly(panel: Panel, first: int, number: int) -> Floats:
    return np.ones((panel.size, number)) if panel.yearly is None else panel.yearly[:, first : first + number]


def _by_siblings(panel: Panel, which: Whole, ready: Prepared, common: Pooled) -> Floats:
    prices = last_prices(panel)
    sold = np.where(ready.told[which], ready.units[which], 0.0).sum(axis=1)
    days = ready.told[which].sum(axis=1)
    return np.array(
        [
            cold_start.level(
                cold_start.kind_of(common.kinds, int(panel.kin[one])),
                float(sold[place]),
                float(days[place]),
                None if prices is None else float(prices[one]),
            )
            for place, one in enumerate(which)
        ]
    )
