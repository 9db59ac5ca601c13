"""One model of boosted trees for all SKUs, beside the statistical methods. Pure; needs the `ml` extra, imported when used.

Trees with Tweedie's loss, which fits demand with many zeros (Jorgensen 1987, Journal of the Royal Statistical Society B 49,
127-162; the winners of the M5 competition: Makridakis et al. 2022, International Journal of Forecasting 38, 1346-1364). What
is learned is by how much a SKU's coming weeks differ from its fading mean, given how it sold: levels of 6 to 96 days over
that mean, share of days with demand, days since the last, age, spread of sizes; and, of what is known beforehand (prices,
promotions, holidays), how the days that are forecast differ from the past. Everything else ends with the day from which is
forecast.
"""

import importlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from .panels import Floats, Mask
from .smoothing import fading_mean

ROWS = 2_000_000
SMALLEST = 1e-3
# Means of so many blocks are learned; what lies further ahead is taken for the last of them.
BLOCKS = 4


@dataclass(frozen=True, slots=True)
class Steps:
    """What is forecast as one mean (`block` open days of the past, `ahead` coming ones), and from which days is learned."""

    block: int
    ahead: int
    origins: int
    first: int
    recent: tuple[int, ...]


STEPS = {
    7: Steps(block=6, ahead=7, origins=10, first=72, recent=(6, 12, 24, 48, 96)),
    52: Steps(block=1, ahead=1, origins=26, first=26, recent=(1, 2, 4, 8, 26)),
    12: Steps(block=1, ahead=1, origins=12, first=12, recent=(1, 2, 3, 6, 12)),
}
PARAMETERS = {
    "objective": "tweedie",
    "tweedie_variance_power": 1.4,
    "learning_rate": 0.05,
    "num_leaves": 15,
    "min_data_in_leaf": 500,
    "feature_fraction": 0.7,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "seed": 1,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}
ROUNDS = 150


@dataclass(frozen=True, slots=True)
class Boosted:
    """A trained model; `text` is all of it, and what a job hands to its workers."""

    text: str

    def predict(
        self,
        units: Floats,
        told: Mask,
        horizon: int,
        known: Floats | None = None,
        coming: Floats | None = None,
        season: int = 7,
    ) -> Floats:
        """The mean of each coming day without factors (n x horizon). The model must be of the same season and have learned from
        the same facts that are `known` (n x days x facts); `coming` are these of the coming days.
        """
        model = _lightgbm().Booster(model_str=self.text)
        steps = STEPS[season]
        features, level = _features(units, told, steps)
        found = np.zeros((len(units), horizon))
        for first in range(0, horizon, steps.ahead):
            block = np.full(len(units), min(first // steps.ahead, BLOCKS - 1))
            sides = [features, block]
            if known is not None and coming is not None:
                sides.append(_differs(known, coming[:, first : first + steps.ahead], steps))
            raw = model.predict(np.column_stack(sides), raw_score=True, num_threads=1)
            found[:, first : first + steps.ahead] = (np.exp(raw) * level)[:, None]
        return found


def available() -> bool:
    """Whether the `ml` extra is installed and its libraries load."""
    try:
        _lightgbm()
    except (ImportError, OSError):
        return False
    return True


def train(
    units: Floats, told: Mask, known: Floats | None = None, *, season: int = 7, rows: int = ROWS, seed: int = 1
) -> Boosted | None:
    """A model of prepared units (`nightly.prepare`); None where the history is too short to learn from."""
    sides, means, levels = [], [], []
    steps = STEPS[season]
    days = units.shape[1]
    origins = [days - BLOCKS * steps.block - back * steps.block for back in range(steps.origins)]
    origins = [one for one in origins if one >= steps.first]
    if not origins or not len(units):
        return None
    share = min(1.0, rows / (len(units) * len(origins) * BLOCKS))
    drawn = np.random.default_rng(seed)
    for origin in origins:
        old = told[:, :origin].sum(axis=1) >= BLOCKS * steps.block
        which = np.flatnonzero(old & (drawn.random(len(units)) < share))
        features, level = _features(units[which, :origin], told[which, :origin], steps)
        for block in range(BLOCKS):
            target = slice(origin + block * steps.block, origin + (block + 1) * steps.block)
            side = [features, np.full(len(which), block)]
            if known is not None:
                side.append(_differs(known[which, :origin], known[which, target], steps))
            sides.append(np.column_stack(side))
            means.append(units[which, target].mean(axis=1))
            levels.append(level)
    level = np.concatenate(levels)
    if level.size < 10 * int(str(PARAMETERS["min_data_in_leaf"])):
        return None
    lightgbm = _lightgbm()
    data = lightgbm.Dataset(
        np.vstack(sides), np.concatenate(means), weight=1 / np.maximum(level, 0.05), init_score=np.log(level)
    )
    return Boosted(lightgbm.train(PARAMETERS, data, ROUNDS).model_to_string())


def _differs(known: Floats, coming: Floats, steps: Steps) -> Floats:
    """What is known of the coming days, and how that differs from the past."""
    ahead = coming.mean(axis=1)
    return np.column_stack([ahead, ahead - known[:, -steps.recent[-1] :].mean(axis=1)])


def _features(units: Floats, told: Mask, steps: Steps) -> tuple[Floats, Floats]:
    """How each series sold up to its last day, relative to its fading mean, and that mean."""
    level = fading_mean(units, told, 1)[:, 0] + SMALLEST
    days = units.shape[1]
    sells = told & (units > 0)
    count = sells.sum(axis=1)
    size = np.divide(np.where(sells, units, 0.0).sum(axis=1), count, out=np.ones(len(units)), where=count > 0)
    squares = np.where(sells, (units - size[:, None]) ** 2, 0.0).sum(axis=1)
    spread = np.sqrt(np.divide(squares, count, out=np.zeros(len(units)), where=count > 0)) / size
    recent = [
        np.where(told[:, -one:], units[:, -one:], 0.0).sum(axis=1) / np.maximum(told[:, -one:].sum(axis=1), 1) / level
        for one in steps.recent
    ]
    since = np.where(sells.any(axis=1), sells[:, ::-1].argmax(axis=1), days)
    features = [
        np.log(level),
        fading_mean(units, told, 1, alpha=0.03)[:, 0] / level,
        fading_mean(units, told, 1, alpha=0.1)[:, 0] / level,
        *recent,
        fading_mean(sells.astype(np.float64), told, 1)[:, 0],
        sells[:, -4 * steps.block :].mean(axis=1),
        since,
        told.sum(axis=1),
        spread,
    ]
    return np.column_stack(features), level


def _lightgbm() -> Any:
    return importlib.import_module("lightgbm")
