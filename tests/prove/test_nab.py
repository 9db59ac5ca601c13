"""The streaming detector on the series of a public benchmark, beside a referee that knows no time of day."""

import csv
import gzip
import json
import math
import os
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import pytest

from analytics.anomalies.streaming import Stream
from tests.analytics.alerts import shocks
from tests.prove.nab import Result, Series, best

pytestmark = pytest.mark.prove

PROJECT = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("BACKOFFICE_DATA") or PROJECT.parent / "shared" / "data") / "nab"
Moments = Sequence[datetime]
Detector = Callable[[Moments, Sequence[float]], list[float]]


def read() -> list[tuple[list[datetime], list[float], list[tuple[int, int]]]]:
    windows = json.loads((FOLDER / "combined_windows.json").read_text("utf-8"))
    found = []
    for file in sorted(FOLDER.glob("*/*.csv.gz")):
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            rows = [(datetime.fromisoformat(row["timestamp"]), float(row["value"])) for row in csv.DictReader(lines)]
        moments = [moment for moment, _value in rows]
        named = windows[f"{file.parent.name}/{file.name.removesuffix('.gz')}"]
        places = [(moments.index(datetime.fromisoformat(a)), moments.index(datetime.fromisoformat(b))) for a, b in named]
        found.append((moments, [value for _moment, value in rows], places))
    return found


def ours(moments: Moments, values: Sequence[float]) -> list[float]:
    stream = Stream()
    return [stream.score(at.hour * 60 + at.minute, value) for at, value in zip(moments, values, strict=True)]


def windowed_gaussian(moments: Moments, values: Sequence[float]) -> list[float]:
    """How unlikely a value is under a normal distribution of the 6,400 before it: the benchmark's own plain baseline."""
    found, total, squares = [], 0.0, 0.0
    for number, value in enumerate(values):
        mean = total / number if number else 0.0
        spread = math.sqrt(max(squares / number - mean * mean, 0.0)) if number else 0.0
        found.append(1 - math.erfc(abs(value - mean) / (spread or 1e-6) / math.sqrt(2)) / 2 if number else 0.0)
        total, squares = total + value, squares + value * value
        if number >= 6_400:
            total, squares = total - values[number - 6_400], squares - values[number - 6_400] ** 2
    return found


def scored(detector: Detector) -> Result:
    return best([Series(detector(moments, values), windows) for moments, values, windows in read()])


@pytest.mark.skipif(not FOLDER.is_dir(), reason="the benchmark's series are not here: BACKOFFICE_DATA names no folder with nab")
def test_the_detector_scores_fifty_and_more_and_beats_the_referee() -> None:
    mine, referee = scored(ours), scored(windowed_gaussian)
    print(f"ours {mine}\nwindowed Gaussian {referee}")
    assert mine.windows == 34
    assert mine.score >= 50
    assert mine.score > referee.score


@pytest.mark.parametrize("an_hour", [2, 10, 40])
def test_planted_shocks(an_hour: float) -> None:
    daily = shocks.recall(an_hour=an_hour, hours=24, daily=True, shops=12)
    hourly = {hours: shocks.recall(an_hour=an_hour, hours=hours, daily=False, shops=12) for hours in (6, 24)}
    print(f"{an_hour} orders an hour: by day {daily:.2f}, by hour {hourly}")
    assert daily >= 0.7
