"""Forecasts of three public data sets beside their referees, in one run, each with a paired bootstrap interval over the series.

What was chosen on which origins, and how often the last one was read, stands in docs/algorithms/forecasting.md.
`BACKOFFICE_DATA` names the folder of the data sets. Methods of statsforecast
and the boosted model join where they are installed.
"""

import importlib
import time
import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest

from analytics.forecasting import backtesting, boosting, intermittent, nightly, quantiles, seasonal, smoothing, theta
from analytics.forecasting.backtesting import Scored, paired, score
from analytics.forecasting.combining import DemandClass, Method
from analytics.forecasting.panels import Floats, Mask, Panel
from tests.prove.public_demand import (
    FOLDER,
    Case,
    carparts,
    carparts_case,
    juice,
    juice_case,
    retail,
    retail_case,
    walmart,
    walmart_case,
)

pytestmark = [
    pytest.mark.prove,
    pytest.mark.skipif(not FOLDER.is_dir(), reason="the data sets are not at hand: BACKOFFICE_DATA names no folder"),
]
Run = Callable[[Floats, Mask, int], Floats]

PLAIN: Mapping[str, Run] = {
    "naive": lambda units, told, horizon: smoothing.flat(units[:, -1], horizon),
    "mean": smoothing.mean,
    "SES": smoothing.ses_optimised,
    "Croston": intermittent.croston,
    "SBA": intermittent.sba,
    "TSB": intermittent.tsb,
    "ADIDA": intermittent.adida,
    "dynamic theta": theta.dynamic_theta,
}
SEASONS: Mapping[int, Mapping[str, Run]] = {
    7: {
        "seasonal naive": seasonal.seasonal_naive,
        "28 day mean": lambda units, told, horizon: smoothing.mean(units, told, horizon, days=28),
        "Holt-Winters": smoothing.holt_winters,
    },
    52: {
        "seasonal naive": lambda units, told, horizon: seasonal.seasonal_naive(units, told, horizon, season=52),
        "drifting naive": seasonal.drifting_naive,
        "0.7 drifting + 0.3 SES": lambda units, told, horizon: (
            0.7 * seasonal.drifting_naive(units, told, horizon) + 0.3 * smoothing.ses_optimised(units, told, horizon)
        ),
    },
    12: {"seasonal naive": lambda units, told, horizon: seasonal.seasonal_naive(units, told, horizon, season=12)},
}


def library(history: Floats, since: Mask, horizon: int, season: int) -> dict[str, Floats]:
    """The methods of statsforecast, each series from its first day on; nothing where it is not installed."""
    try:
        models = importlib.import_module("statsforecast.models")
    except ImportError:
        return {}
    chosen = {
        "SES": models.SimpleExponentialSmoothingOptimized(),
        "Croston": models.CrostonClassic(),
        "SBA": models.CrostonSBA(),
        "TSB": models.TSB(0.1, 0.1),
        "ADIDA": models.ADIDA(),
        "IMAPA": models.IMAPA(),
        "dynamic theta": models.DynamicOptimizedTheta(season_length=1),
    }
    found = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, model in chosen.items():
            means = [model.forecast(y=series[seen], h=horizon)["mean"] for series, seen in zip(history, since, strict=True)]
            found[f"statsforecast {name}"] = np.nan_to_num(np.array(means))
    return found


def referees(case: Case) -> dict[str, Scored]:
    """Each on the days since the first sale, without closed days, weekdays or bulk orders being known."""
    panel = case.panel
    told = np.arange(panel.days) >= panel.since[:, None]
    runs = {**PLAIN, **SEASONS[panel.season]}
    means = {name: run(panel.units, told, case.horizon) for name, run in runs.items()}
    means.update(library(panel.units, told, case.horizon, panel.season))
    return {name: score(panel, case.happened, mean) for name, mean in means.items()}


def ours(case: Case, *, trees: bool) -> tuple[nightly.Forecasts, Scored]:
    common = nightly.pool(case.panel)
    if trees:
        common = nightly.with_trees(case.panel, common)
    began = time.process_time()
    found = nightly.forecast(case.panel, case.horizon, pooled=common)
    spent = time.process_time() - began
    print(f"\n{case.panel.size} series, {case.panel.size / spent:,.0f} a second" + (", with trees" if common.trees else ""))
    return found, score(case.panel, case.happened, found.mean)


def table(mine: Scored, others: Mapping[str, Scored], *, best: bool = True) -> None:
    """Prints all, and holds that ours is the `best`."""
    print(f"{'':28} WRMSSE  mean RMSSE   WAPE    bias   better by (95 %)")
    for name, one in sorted({**others, "ours": mine}.items(), key=lambda pair: -pair[1].wrmsse):
        gain = paired(mine, one)
        told = "" if one is mine else f"{gain.middle:7.3f} ({gain.low:.3f} to {gain.high:.3f})"
        print(f"{name:28} {one.wrmsse:6.3f} {one.rmsse.mean():9.3f} {one.wape:9.3f} {one.bias:+7.2f} {told}")
    assert not best or [name for name, one in others.items() if one.wrmsse <= mine.wrmsse] == []


def not_surely_beaten(mine: Scored, others: Mapping[str, Scored]) -> list[str]:
    """Referees that drawing the series again (95 %) does not tell apart from ours."""
    return [name for name, one in others.items() if paired(mine, one).low <= 0]


def test_three_rows_of_the_table_come_out_by_the_cleaning_rules() -> None:
    case = retail_case(retail(), 276)
    found = {name: one.wrmsse for name, one in referees(case).items() if name in {"seasonal naive", "SES", "SBA"}}
    assert case.panel.size == 2_101
    assert found == pytest.approx({"seasonal naive": 1.093, "SES": 0.910, "SBA": 0.913}, abs=0.005)


def test_daily_sales_of_a_shop() -> None:
    case = retail_case(retail(), 276)
    found, mine = ours(case, trees=True)
    others = referees(case)
    table(mine, others)
    panel, open_days = case.panel, found.mean.sum(axis=0) > 0
    levels = quantiles.quantiles(found.mean, found.dispersion)
    empirical = np.quantile(panel.units[:, -91:], quantiles.LEVELS, axis=1).T[:, None].repeat(case.horizon, axis=1)
    losses = [backtesting.pinball(panel, case.happened, one) for one in (levels, empirical)]
    wspl, plain = ((loss * mine.weights).sum() / mine.weights.sum() for loss in losses)
    covered = backtesting.coverage(case.happened, levels[:, :, quantiles.LEVELS.index(0.975)], open_days)
    history, happened, mean = (one.sum(axis=0) for one in (panel.units, case.happened, found.mean))
    shop = float(np.sqrt(np.square(mean - happened).mean() / np.square(np.diff(history)).mean()))
    print(f"WSPL {wspl:.3f} (empirical, 91 days {plain:.3f}), 97.5 % covers {covered:.3f}, whole shop RMSSE {shop:.3f}")
    assert not_surely_beaten(mine, others) == []
    assert mine.wrmsse <= 0.893
    assert wspl <= 0.310
    assert 0.96 <= covered <= 0.985


def test_weekly_sales_of_store_departments() -> None:
    case = walmart_case(walmart(), 130)
    _found, mine = ours(case, trees=False)
    others = referees(case)
    table(mine, others)
    assert not_surely_beaten(mine, others) == []
    assert mine.wrmsse <= 0.579


def test_monthly_demand_of_car_parts() -> None:
    demand = carparts()
    case = carparts_case(demand, 45)
    _found, mine = ours(case, trees=False)
    others = referees(case)
    table(mine, others)
    assert len(demand) == 1_256
    assert not_surely_beaten(mine, others) == []
    assert mine.wrmsse <= 0.710


def test_weekly_sales_whose_prices_and_advertisements_are_planned() -> None:
    """What is known beforehand is worth most: as factors of its own, and more so to the boosted model, which sees prices."""
    sales = juice()

    def told(case: Case, mean: Floats) -> Scored:
        return score(case.panel, np.where(np.isnan(case.happened), mean, case.happened), mean)

    def forecast(panel: Panel, horizon: int, method: Method) -> tuple[Floats, Sequence[DemandClass]]:
        pooled = nightly.pool(panel)
        if method is Method.BOOSTED:
            pooled = nightly.with_trees(panel, pooled)
        found = nightly.forecast(panel, horizon, dict.fromkeys(DemandClass, method), pooled=pooled)
        return found.mean, found.classes

    blind, known = (juice_case(sales, 117, causes=causes) for causes in (False, True))
    plain = {name: told(blind, run(blind.panel.units, blind.panel.told, 4)) for name, run in {**PLAIN, **SEASONS[52]}.items()}
    unaware = told(blind, forecast(blind.panel, 4, Method.AVERAGE)[0])
    factors = told(known, forecast(known.panel, 4, Method.AVERAGE)[0])
    methods = [Method.AVERAGE, *([Method.BOOSTED] if boosting.available() else [])]
    chosen = backtesting.choose(known.panel, 4, methods, (81, 89, 97, 105, 113), forecast)
    each = {method: forecast(known.panel, 4, method) for method in methods}
    classes = each[Method.AVERAGE][1]
    mean = np.array([each[chosen.get(one, Method.AVERAGE)][0][place] for place, one in enumerate(classes)])
    mine = told(known, mean)
    print({str(one): str(method) for one, method in chosen.items()}, Counter(map(str, classes)))
    table(mine, {**plain, "average, nothing known": unaware, "average, advertisements known": factors}, best=len(methods) > 1)
    assert paired(factors, unaware).low > 0
    if boosting.available():
        assert set(chosen.values()) == {Method.BOOSTED}
        assert paired(mine, factors).low > 0


def test_methods_agree_with_statsforecast_where_they_are_defined_alike() -> None:
    models = pytest.importorskip("statsforecast.models")
    drawn = np.random.default_rng(7)
    units = drawn.poisson(0.6, (40, 90)) * drawn.integers(1, 9, (40, 90)).astype(float)
    told = np.ones(units.shape, dtype=np.bool_)
    pairs = [
        (models.SeasonalNaive(season_length=7), seasonal.seasonal_naive(units, told, 14)),
        (models.SimpleExponentialSmoothing(alpha=0.2), smoothing.ses(units, told, 14, alpha=0.2)),
        (models.WindowAverage(window_size=28), smoothing.mean(units, told, 14, days=28)),
        (models.CrostonClassic(), intermittent.croston(units, told, 14)),
        (models.CrostonSBA(), intermittent.sba(units, told, 14)),
        (models.TSB(0.2, 0.1), intermittent.tsb(units, told, 14, alpha=0.2, beta=0.1)),
    ]
    for model, mine in pairs:
        theirs = np.array([np.broadcast_to(model.forecast(y=series, h=14)["mean"], 14) for series in units])
        assert mine == pytest.approx(theirs, abs=1e-6), model
