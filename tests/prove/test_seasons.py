"""Weeks of departments that come again each year, on public data. Needs BACKOFFICE_DATA."""

import sys
from datetime import date, timedelta

import pytest

from tests.prove import public_demand
from tests.prove.public_demand import Floats

np = pytest.importorskip("numpy")

pytestmark = [pytest.mark.prove, pytest.mark.skipif(not public_demand.FOLDER.is_dir(), reason="the data sets are not at hand")]

ORIGINS = (57, 65, 78, 91, 104, 117, 130)


def test_the_season_makes_the_same_level_miss_less_at_each_origin() -> None:
    """Smoothed levels of 2,660 store-departments, with and without the season: only the season differs."""
    from analytics.forecasting import year

    weekly, kinds = public_demand.walmart()
    sales, departments = np.maximum(weekly, 0.0), np.array(kinds)
    place = year.weeks_of(date(2010, 2, 5) - timedelta(days=3), sales.shape[1] * 7)[::7]
    for origin in ORIGINS:
        sums = {kind: sales[departments == kind, :origin].sum(axis=0).tolist() for kind in sorted(set(kinds))}
        known = year.seasons(sums, place[:origin].tolist())
        factors = np.array([np.array(known[kind])[place[: origin + 13]] for kind in kinds])
        plain, seasonal = level(sales[:, :origin]), level(sales[:, :origin] / factors[:, :origin])
        for ahead in (4, 13):
            came = sales[:, origin : origin + ahead]
            without = np.abs(came - plain[:, None]).sum() / came.sum()
            within = np.abs(came - seasonal[:, None] * factors[:, origin : origin + ahead]).sum() / came.sum()
            sys.stdout.write(f"\nafter {origin} weeks, {ahead} ahead: WAPE {without:.3f} without, {within:.3f} with the season")
            assert within < 0.95 * without


def level(weeks: Floats, share: float = 0.3) -> Floats:
    found = weeks[:, :8].mean(axis=1)
    for one in weeks[:, 8:].T:
        found = found + share * (one - found)
    return np.asarray(found)
