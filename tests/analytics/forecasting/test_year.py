"""What comes again with the seasons of the year, told from growth and from chance."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from analytics.expecting import WEEKS_OF_YEAR
from analytics.forecasting import year
from analytics.forecasting.nightly import forecast
from analytics.forecasting.panels import panel

MONDAY = date(2024, 9, 2)
PLACES = year.weeks_of(MONDAY, 7 * 160)[::7]
SUMMER = 1 + 0.8 * np.cos((np.arange(WEEKS_OF_YEAR) - 28) / WEEKS_OF_YEAR * 2 * np.pi)


def sold(weeks: int, course: "np.ndarray[tuple[int], np.dtype[np.float64]]", units: float, growth: float = 1.0) -> list[float]:
    means = units * course[PLACES[:weeks]] * growth ** (np.arange(weeks) / WEEKS_OF_YEAR)
    return np.random.default_rng(3).poisson(means).astype(float).tolist()  # type: ignore[no-any-return]


FLAT = np.ones(WEEKS_OF_YEAR)


def test_what_was_not_seen_twice_is_no_season() -> None:
    assert year.seasons({1: sold(55, SUMMER, 400)}, PLACES[:55].tolist()) == {}
    assert year.seasons({}, []) == {}
    assert year.seasons({1: sold(56, SUMMER, 400)}, PLACES[:56].tolist())


@pytest.mark.parametrize(("weeks", "believed"), [(58, 0.5), (104, 0.67), (156, 0.75)])
def test_a_summer_is_found_and_believed_the_more_often_it_was_seen(weeks: int, believed: float) -> None:
    found = year.seasons({1: sold(weeks, SUMMER, 400), 2: sold(weeks, FLAT, 400)}, PLACES[:weeks].tolist())
    peak = max(range(WEEKS_OF_YEAR), key=lambda place: found[1][place])
    assert abs(peak - 28) <= 3
    assert found[1][28] / found[1][2] == pytest.approx((1.8 / 0.25) ** believed, rel=0.25)
    assert found[2] == pytest.approx([1.0] * WEEKS_OF_YEAR, abs=0.12)
    assert sum(found[1]) == pytest.approx(WEEKS_OF_YEAR, rel=1e-3)


@pytest.mark.parametrize("weeks", [60, 104])
def test_growth_is_no_season(weeks: int) -> None:
    found = year.seasons({1: sold(weeks, FLAT, 400, growth=1.6)}, PLACES[:weeks].tolist())
    assert found[1] == pytest.approx([1.0] * WEEKS_OF_YEAR, abs=0.1)


def test_a_kind_that_sold_nothing_yet_leaves_the_others_their_seasons() -> None:
    winter = SUMMER[::-1]
    kinds = {1: sold(104, SUMMER, 400), 2: sold(104, winter, 400)}
    alone = year.seasons(kinds, PLACES[:104].tolist())
    beside = year.seasons({**kinds, 3: [0.0] * 104}, PLACES[:104].tolist())
    assert beside[1] == alone[1]
    assert max(alone[1]) > 1.2


def test_a_kind_too_small_to_show_a_season_has_that_of_the_shop() -> None:
    found = year.seasons({1: sold(104, SUMMER, 900), 2: sold(104, SUMMER, 900), 3: sold(104, FLAT, 0.4)}, PLACES[:104].tolist())
    assert found[3] == pytest.approx(found[1], abs=0.45)
    assert found[3][28] > 1.3 > 0.8 > found[3][2]


def test_nothing_sold_is_no_error() -> None:
    assert year.seasons({1: [0.0] * 60}, PLACES[:60].tolist())[1] == [1.0] * WEEKS_OF_YEAR


def test_a_forecast_goes_up_before_the_season_does() -> None:
    """Level in winter, weeks before the summer: without the season it would stay there."""
    days, ahead = 364, 28
    first = date(2025, 6, 2)
    factors = SUMMER[year.weeks_of(first, days + ahead)]
    units = np.random.default_rng(5).poisson(4 * factors[:days], (40, days)).astype(float)
    plain = panel(units.tolist(), phase=0)
    told = replace(plain, yearly=np.tile(factors, (40, 1)))
    real = 40 * 4 * factors[days:].sum()
    assert forecast(told, ahead).mean.sum() == pytest.approx(real, rel=0.1)
    assert forecast(plain, ahead).mean.sum() < 0.9 * real
