"""What staff say over a forecast, and the bound that demand is meant to stay below."""

from datetime import date

import pytest

from analytics.expecting import Said, bound, effective

ORIGIN = date(2026, 11, 18)


@pytest.mark.parametrize(
    ("units", "percent", "expected"),
    [(7.5, None, [1, 7.5, 7.5, 4]), (None, 150, [1, 3, 4.5, 4]), (0.0, None, [1, 0, 0, 4]), (None, 0, [1, 0, 0, 4])],
)
def test_what_staff_say_wins_on_its_days_only(units: float | None, percent: int | None, expected: list[float]) -> None:
    said = Said(date(2026, 11, 20), date(2026, 11, 21), units, percent)

    assert effective([1, 2, 3, 4], ORIGIN, said) == expected
    assert effective([1, 2, 3, 4], ORIGIN, None) == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("mean", "dispersion", "share", "units"),
    # Poisson's and the negative binomial's quantiles, as printed in tables.
    [(0, 1, 0.975, 0), (1, 1, 0.975, 3), (10, 1, 0.975, 17), (10, 1, 0.025, 4), (10, 3, 0.975, 23), (0.1, 1, 0.5, 0)],
)
def test_the_bound_is_the_quantile(mean: float, dispersion: float, share: float, units: int) -> None:
    assert bound(mean, dispersion, share) == units


def test_large_means_go_on_where_small_ones_end() -> None:
    below, above = bound(399.9, 2.0), bound(400.1, 2.0)

    assert below <= above + 3
    assert above <= below + 3
