"""A night of forecasts whose worker dies in its middle, ten times over: the next goes on, and leaves what a calm one leaves."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from analytics.models import DemandDay, DemandForecast, DemandSeries, ForecastChunk, ForecastRun
from analytics.operations import forecasts
from analytics.queries import demand_source
from config.kernel.models import JobRun
from inventory.models import DemandAdvice
from tests import services as run_services
from tests.analytics.demand.builders import MORNING, ORIGIN, wanted
from tests.builders import a_category, a_product, a_variant, a_warehouse
from tests.probe.doomed import Doomed, waiting

pytest.importorskip("numpy")
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.breaks_promises("the demand is drawn: no orders stand behind it"),
]
WEEKS = [2, 3, 0, 4, 3, 6, 1] * 8
CHUNKS = 3


@pytest.fixture(scope="module")
def doomed(django_db_setup: None) -> Iterator[Doomed]:
    assert run_services.services is not None
    with waiting(run_services.services) as parent:
        yield parent


def night(at: str) -> None:
    """What the workers do one after another: the beginning, every part that is left, the end."""
    forecasts.AT_ONCE = 2
    moment = datetime.fromisoformat(at)
    run = forecasts.begin(at=moment).run
    assert run is not None
    for number in list(run.chunks.filter(done_at=None).order_by("number").values_list("number", flat=True)):
        forecasts.chunk(run_id=run.pk, number=number, at=moment)
    forecasts.end(run_id=run.pk, at=moment)


def a_year() -> None:
    """Three SKUs in two warehouses, in parts of one SKU each; the days are made already."""
    places = [a_warehouse(), a_warehouse()]
    for times in range(1, CHUNKS + 1):
        cup = a_variant(a_product(a_category()))
        for place in places:
            wanted(cup, place, [units * times for units in WEEKS])
    DemandDay.objects.bulk_create(
        DemandDay(day=ORIGIN - timedelta(days=ago), state="CLEAN", rebuilt_at=MORNING, rules=demand_source.rules())
        for ago in range(len(WEEKS))
    )


def standing() -> list[Any]:
    """Everything that is told of the coming days, without what names the rows."""
    series = DemandSeries.objects.order_by("variant", "warehouse")
    kept = DemandForecast.objects.order_by("series__variant", "series__warehouse")
    advice = DemandAdvice.objects.order_by("variant", "warehouse")
    return [
        *series.values_list("variant", "warehouse", "daily", "dispersion", "origin"),
        *kept.values_list("week", "month_upper", "origin"),
        *advice.values_list("variant", "warehouse", "daily", "origin"),
    ]


def forget() -> None:
    for table in (DemandForecast, DemandSeries, ForecastChunk, ForecastRun, DemandAdvice, JobRun):
        table._default_manager.all().delete()


def test_killed_ten_times_a_night_goes_on_and_leaves_what_a_calm_one_leaves(doomed: Doomed) -> None:
    a_year()
    moment = MORNING.isoformat()
    points = doomed.run(night, {"at": moment}).points
    measure = standing()
    assert len(measure) == 3 * 2 * CHUNKS
    forget()

    done = []
    for number in range(10):
        # Each dies a little later than the one before: in the beginning, in a part, between two, as its COMMIT is sent.
        die_after = max(1, (number + 1) * len(points) // 11)
        life = doomed.run(night, {"at": moment}, die_after=die_after)
        done.append(ForecastChunk.objects.exclude(done_at=None).count())
        told = DemandSeries.objects.count()
        assert told == 2 * done[-1], "a part is done as a whole or not at all"
        if not life.killed:
            break
    doomed.run(night, {"at": moment})

    assert done == sorted(done), "what is done stays done"
    assert 0 < min(one for one in done if one) < CHUNKS, "not powered: no night died in its middle"
    assert standing() == measure
    assert ForecastRun.objects.filter(ended_at__isnull=False).count() == 1
    assert JobRun.objects.filter(name=forecasts.PROPOSE).count() == 1


def test_control_a_part_that_commits_each_statement_is_found_half_done(doomed: Doomed) -> None:
    a_year()
    points = doomed.run(night, {"at": MORNING.isoformat()}).points
    first = next(number for number, point in enumerate(points, 1) if 'INSERT INTO "analytics_demandseries"' in point)
    forget()

    doomed.run(night, {"at": MORNING.isoformat()}, die_after=first, commits_each_statement=True)

    assert DemandSeries.objects.exists(), "not powered: nothing was half done without the transaction"
    assert not ForecastChunk.objects.exclude(done_at=None).exists()
