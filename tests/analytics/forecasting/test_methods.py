"""Each method against cases worked by hand."""

import numpy as np
import pytest

from analytics.forecasting import intermittent, seasonal, smoothing, theta
from analytics.forecasting.panels import Floats, Mask

WEEK = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0]


def days(*units: float) -> tuple[Floats, Mask]:
    sold = np.array([units])
    return sold, np.ones(sold.shape, dtype=np.bool_)


def test_exponential_smoothing_begins_with_the_first_day_and_moves_by_alpha() -> None:
    assert smoothing.ses(*days(2, 4, 4, 8), 3, alpha=0.5).tolist() == [[5.75, 5.75, 5.75]]


def test_a_day_that_does_not_tell_leaves_the_level_as_it_is() -> None:
    units, told = days(2, 4, 1_000, 4, 8)
    told[0, 2] = False
    assert smoothing.ses(units, told, 1, alpha=0.5)[0, 0] == 5.75
    assert smoothing.mean(units, told, 1)[0, 0] == 4.5
    assert intermittent.tsb(units, told, 1)[0, 0] == pytest.approx(intermittent.tsb(*days(2, 4, 4, 8), 1)[0, 0])


def test_optimised_smoothing_takes_the_weight_that_has_erred_least() -> None:
    steps = days(*[1.0] * 20, *[9.0] * 20)
    noise = days(*[1.0, 9.0] * 20)
    assert smoothing.ses_optimised(*steps, 1)[0, 0] == pytest.approx(9, abs=0.1)
    assert smoothing.ses_optimised(*noise, 1)[0, 0] == pytest.approx(4, abs=1.5)


def test_older_days_count_less_in_the_fading_mean() -> None:
    assert smoothing.fading_mean(*days(4, 0), 1, alpha=0.5)[0, 0] == pytest.approx(2 / 1.5)


def test_the_credible_mean_lies_between_a_series_and_all_of_them() -> None:
    found = smoothing.credible_mean(*days(4, 4), 2, alpha=0.0, prior=1.0, days=4.0, drift=1.5)
    assert found.tolist() == [[3.0, 3.0]]  # (8 + 4) / (2 + 4) x 1.5
    months = smoothing.credible_mean(*days(*[2] * 10), 1, alpha=0.0, prior=0.47, days=8.0, drift=0.895)
    assert months[0, 0] == pytest.approx(1.18, abs=0.005)  # the worked example


def test_series_of_one_level_are_not_told_apart() -> None:
    drawn = np.random.default_rng(1)
    alike = drawn.poisson(3.0, (200, 30)).astype(float)
    different = drawn.poisson(np.repeat([1.0, 9.0], 100)[:, None], (200, 30)).astype(float)
    told = np.ones(alike.shape, dtype=np.bool_)
    assert smoothing.credibility(alike, told) == pytest.approx((3.0, 30.0), abs=0.1)
    assert smoothing.credibility(different, told)[1] < 0.5


def test_how_far_a_series_is_believed_is_learned_from_how_it_turned_out() -> None:
    drawn = np.random.default_rng(1)
    levels = drawn.gamma(2.0, 1.0, 400)
    # Levels that stay, and levels that are drawn anew every six months: these tell nothing of what comes.
    stays = drawn.poisson(levels[:, None], (400, 48)).astype(float)
    wanders = drawn.poisson(np.repeat(drawn.gamma(2.0, 1.0, (400, 8)), 6, axis=1)).astype(float)
    told = np.ones(stays.shape, dtype=np.bool_)
    found = smoothing.credibility_by_outcome(stays, told, alpha=0.1, span=6)
    assert found is not None
    assert found[0] == pytest.approx(2.0, rel=0.1)
    assert found[1] <= 1.0  # a month's variance over that of levels: one month
    assert found[2] == pytest.approx(1.0, abs=0.05)
    fickle = smoothing.credibility_by_outcome(wanders, told, alpha=0.1, span=6)
    assert fickle is not None
    assert fickle[1] > 4 * found[1]
    # Demand that falls by a fifth in six months is expected to go on falling.
    falling = drawn.poisson(levels[:, None] * 0.8 ** (np.arange(48) / 6), (400, 48)).astype(float)
    fades = smoothing.credibility_by_outcome(falling, told, alpha=0.1, span=6)
    assert fades is not None
    assert fades[2] < 0.9
    assert smoothing.credibility_by_outcome(stays[:, :12], told[:, :12], alpha=0.1, span=6) is None


def test_holt_winters_repeats_a_week_that_repeats_itself() -> None:
    found = smoothing.holt_winters(*days(*WEEK * 6), 9)
    assert found[0].tolist() == pytest.approx([*WEEK, *WEEK[:2]])


def test_holt_winters_follows_a_rise() -> None:
    rising = [value + day for day, value in enumerate(WEEK * 12)]
    assert smoothing.holt_winters(*days(*rising), 7).mean() > np.mean(rising[-7:])


def test_croston_divides_the_size_of_a_demand_by_the_days_between_two() -> None:
    demand = days(0, 4, 0, 0, 2, 0)
    assert intermittent.croston(*demand, 1)[0, 0] == pytest.approx(3.8 / 2.1)  # 4 then 2; after 2 days, then after 3
    assert intermittent.sba(*demand, 1)[0, 0] == pytest.approx(3.8 / 2.1 * 0.95)


def test_tsb_multiplies_the_size_by_a_chance_that_fades() -> None:
    assert intermittent.tsb(*days(0, 4, 0, 2), 1, alpha=0.5, beta=0.5)[0, 0] == pytest.approx(3.0 * 0.625)
    gone = intermittent.tsb(*days(4, *[0.0] * 60), 1)[0, 0]
    assert gone < 0.01 < intermittent.croston(*days(4, *[0.0] * 60), 1)[0, 0]


def test_adida_adds_up_as_many_days_as_lie_between_two_demands() -> None:
    assert intermittent.adida(*days(0, 2, 0, 2, 0, 2), 2).tolist() == [[1.0, 1.0]]
    assert intermittent.adida(*days(7, 0, 2, 0, 2, 0, 2), 1)[0, 0] == pytest.approx(1.0)  # three sums; the first day falls out


def test_theta_keeps_a_level_and_goes_on_with_a_line() -> None:
    assert theta.dynamic_theta(*days(*[6.0] * 30), 4)[0] == pytest.approx([6.0] * 4)
    line = theta.dynamic_theta(*days(*(float(day) for day in range(60))), 10)[0]
    assert line[-1] > line[0] > 55


def test_the_season_before_comes_again() -> None:
    units, told = days(*WEEK, *reversed(WEEK))
    assert seasonal.seasonal_naive(units, told, 8).tolist() == [[*reversed(WEEK), WEEK[-1]]]
    told[0, 7] = False  # that day does not tell; the week before does
    assert seasonal.seasonal_naive(units, told, 1).tolist() == [[WEEK[0]]]


def test_the_season_before_at_the_level_of_now() -> None:
    year = [float(week % 5 + 1) for week in range(52)]
    found = seasonal.drifting_naive(*days(*year, *(1.5 * one for one in year)), 3)
    assert found[0] == pytest.approx([1.5**2 * one for one in year[:3]])


def test_a_profile_shared_by_the_kind_is_smoother_than_one_series_own() -> None:
    drawn = np.random.default_rng(2)
    course = 10 + 6 * np.sin(np.arange(130) / 52 * 2 * np.pi)
    units = drawn.poisson(course[:117] * 2, (40, 117)).astype(float)
    told, kin = np.ones(units.shape, dtype=np.bool_), np.zeros(40, dtype=np.int64)
    errors = [
        np.square(found - course[117:] * 2).mean()
        for found in (
            seasonal.shared_profile(units, told, 13, kin=kin),
            seasonal.drifting_naive(units, told, 13),
        )
    ]
    assert errors[0] < 0.6 * errors[1]


@pytest.mark.parametrize(
    "run",
    [
        smoothing.mean,
        smoothing.ses_optimised,
        smoothing.holt_winters,
        smoothing.fading_mean,
        intermittent.croston,
        intermittent.sba,
        intermittent.tsb,
        intermittent.adida,
        theta.dynamic_theta,
        seasonal.seasonal_naive,
    ],
)
def test_what_never_sold_or_is_not_known_at_all_is_forecast_as_nothing(run) -> None:
    units = np.zeros((3, 30))
    told = np.ones(units.shape, dtype=np.bool_)
    told[1], told[2, :20] = False, False
    assert run(units, told, 5).tolist() == np.zeros((3, 5)).tolist()
    assert run(units[:0], told[:0], 5).shape == (0, 5)
