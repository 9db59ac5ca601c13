"""A night of forecasts: begun, broken off, gone on with and ended; what is written, advised and judged."""

from datetime import timedelta
from decimal import Decimal

import pytest

from analytics.models import (
    DemandForecast,
    DemandOverride,
    DemandSeries,
    ForecastChunk,
    ForecastRun,
    ForecastScore,
    MethodChange,
    MethodChoice,
)
from analytics.operations import demand_overrides, expectations, forecast_scores, forecasts
from analytics.operations.expectations import REFEREE
from analytics.queries import forecasts as told
from config.kernel.models import JobRun
from inventory.models import DemandAdvice, Variant, Warehouse
from tests.analytics.builders import seoul
from tests.analytics.demand.builders import MORNING, ORIGIN, ordered, wanted
from tests.builders import a_category, a_product, a_variant, a_warehouse

pytest.importorskip("numpy")
pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
WEEKS = [2, 3, 2, 4, 3, 6, 1] * 5


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> tuple[list[Variant], list[Warehouse]]:
    """Three SKUs in two warehouses, in chunks of one SKU each."""
    monkeypatch.setattr(forecasts, "AT_ONCE", 2)
    cups = [a_variant(a_product(a_category())) for _ in range(3)]
    places = [a_warehouse(priority=1), a_warehouse(priority=2)]
    ordered(cups, places, WEEKS)
    return cups, places


def night(at: object = MORNING) -> ForecastRun:
    run = forecasts.begin(at=MORNING).run
    assert run is not None
    for number in run.chunks.filter(done_at=None).values_list("number", flat=True):
        forecasts.chunk(run_id=run.pk, number=number, at=MORNING)
    forecasts.end(run_id=run.pk, at=MORNING)
    run.refresh_from_db()
    return run


def asked(name: str) -> int:
    return JobRun.objects.filter(name=name).count()


def test_a_night_forecasts_every_sku_in_every_warehouse_and_has_purchases_proposed(shop: object) -> None:
    run = night()

    assert run.origin == ORIGIN
    assert run.ended_at == MORNING
    assert run.chunks.count() == 3
    assert DemandSeries.objects.filter(origin=ORIGIN).count() == 6
    assert DemandForecast.objects.filter(origin=ORIGIN).count() == 6
    assert asked("inventory.propose_replenishment") == 1
    for row in DemandSeries.objects.all():
        assert len(row.daily) == 28
        assert row.week_units == pytest.approx(sum(row.daily[:7]), abs=0.01)
        advised = DemandAdvice.objects.get(variant=row.variant_id, warehouse=row.warehouse_id)
        assert advised.origin == ORIGIN
        assert advised.daily == pytest.approx(row.daily, abs=0.001)


def test_what_sells_twice_as_much_is_expected_to_go_on_doing_so(shop: tuple[list[Variant], list[Warehouse]]) -> None:
    night()
    cups, _places = shop

    weeks = [DemandSeries.objects.filter(variant=cup).first() for cup in cups]

    assert [one.week_units / weeks[0].week_units for one in weeks] == pytest.approx([1, 2, 3], rel=0.15)  # type: ignore
    assert weeks[0].week_units == pytest.approx(21, rel=0.35)  # type: ignore


def test_a_night_that_was_broken_off_goes_on_where_it_stopped(shop: object) -> None:
    run = forecasts.begin(at=MORNING).run
    assert run is not None
    forecasts.chunk(run_id=run.pk, number=2, at=MORNING)
    before = ForecastChunk.objects.get(run=run, number=2).seconds

    again = forecasts.begin(at=MORNING + timedelta(minutes=5))

    assert again.run == run
    assert again.chunks == 2, "only what is not done is asked for"
    assert not forecasts.end(run_id=run.pk, at=MORNING), "a night ends when its chunks are done"
    assert forecasts.chunk(run_id=run.pk, number=2, at=MORNING) == 0
    for number in (1, 3):
        forecasts.chunk(run_id=run.pk, number=number, at=MORNING)
    assert asked(forecasts.END_FORECASTS) == 1
    assert forecasts.end(run_id=run.pk, at=MORNING)
    assert not forecasts.end(run_id=run.pk, at=MORNING)
    assert ForecastChunk.objects.get(run=run, number=2).seconds == before
    assert asked("inventory.propose_replenishment") == 1
    assert forecasts.begin(at=MORNING).chunks == 0


def test_a_chunk_that_fails_half_way_leaves_nothing(shop: object, monkeypatch: pytest.MonkeyPatch) -> None:
    run = forecasts.begin(at=MORNING).run
    assert run is not None

    def broken(**given: object) -> None:
        raise RuntimeError("the worker is gone")

    with monkeypatch.context() as patched:
        patched.setattr(demand_overrides, "advise", broken)
        with pytest.raises(RuntimeError):
            forecasts.chunk(run_id=run.pk, number=1, at=MORNING)
    assert not DemandSeries.objects.exists()
    assert not DemandForecast.objects.exists()

    assert forecasts.chunk(run_id=run.pk, number=1, at=MORNING) == 2


def test_an_earlier_evening_is_judged_and_leaves_what_a_later_one_has_told(shop: object) -> None:
    forecasts.night(at=MORNING)
    told_before = list(DemandSeries.objects.order_by("pk").values())

    assert forecasts.night(origin=ORIGIN - 7 * DAY, at=MORNING) == 6

    assert list(DemandSeries.objects.order_by("pk").values()) == told_before
    assert DemandForecast.objects.filter(origin=ORIGIN - 7 * DAY).count() == 6
    assert asked("inventory.propose_replenishment") == 1
    assert forecast_scores.score_due(until=ORIGIN) == 1


def test_without_the_extra_nothing_is_begun_and_its_name_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forecasts, "find_spec", lambda name: None)

    assert forecasts.begin(at=MORNING) == forecasts.Begun(extra="forecast")
    assert not ForecastRun.objects.exists()


def test_the_sums_of_every_cut_agree() -> None:
    cups, places = [a_variant(a_product(a_category())) for _ in range(3)], [a_warehouse(), a_warehouse()]
    rows = [a_series(cup, place, 1.1 * number) for number, cup in enumerate(cups, 1) for place in places]
    set_(rows[0], units_a_day=Decimal("7.5"))

    (whole,) = told.sums(origin=ORIGIN, days=7)

    assert whole.series == 6
    assert whole.units == pytest.approx(7 * (7.5 + 1.1 + 2 * 2.2 + 2 * 3.3)), "what staff set is in it"
    for by, parts in (("category", 3), ("warehouse", 2), ("variant", 3)):
        found = told.sums(origin=ORIGIN, days=7, by=by)
        assert len(found) == parts
        assert sum(one.units for one in found) == pytest.approx(whole.units)
        assert sum(one.amount for one in found) == whole.amount


def set_(series: DemandSeries, **values: object) -> DemandOverride:
    given = {
        "first_on": ORIGIN + DAY, "last_on": ORIGIN + 10 * DAY, "units_a_day": None, "percent": None, "reason": "박람회",
        "actor": None, "at": MORNING,
    }  # fmt: skip
    return demand_overrides.set_demand(series_id=series.pk, **{**given, **values})  # type: ignore[arg-type]


def test_what_staff_set_wins_until_its_last_day_and_is_advised_at_once() -> None:
    row = a_series(a_variant(), a_warehouse())

    set_(row, percent=200, last_on=ORIGIN + 3 * DAY)

    advised = DemandAdvice.objects.get(variant=row.variant_id, warehouse=row.warehouse_id)
    assert advised.daily[:3] == pytest.approx([2 * one for one in row.daily[:3]], abs=0.001)
    assert advised.daily[3:] == pytest.approx(row.daily[3:], abs=0.001)
    assert advised.explanation["override"]["reason"] == "박람회"

    demand_overrides.take_back(series_id=row.pk, reason="취소", actor=None, at=MORNING)
    advised.refresh_from_db()
    assert advised.daily == pytest.approx(row.daily, abs=0.001)
    with pytest.raises(demand_overrides.NothingSet):
        demand_overrides.take_back(series_id=row.pk, reason="", actor=None, at=MORNING)


def test_another_demand_ends_the_one_before_and_time_ends_the_last() -> None:
    row = a_series(a_variant(), a_warehouse())
    set_(row, percent=50)
    last = set_(row, units_a_day=Decimal(3))

    assert list(row.overrides.filter(ended_at=None)) == [last]
    assert demand_overrides.end_over(at=seoul("2026-11-28")) == 0
    assert demand_overrides.end_over(at=seoul("2026-11-29")) == 1


def test_what_makes_no_sense_is_refused_by_field() -> None:
    row = a_series(a_variant(), a_warehouse())
    refused: list[tuple[dict[str, object], str]] = [
        ({}, "units_a_day"),
        ({"percent": 100, "units_a_day": Decimal(1)}, "units_a_day"),
        ({"units_a_day": Decimal(-1)}, "units_a_day"),
        ({"percent": 1001}, "percent"),
        ({"percent": 100, "reason": " "}, "reason"),
        ({"percent": 100, "last_on": ORIGIN}, "last_on"),
        ({"percent": 100, "last_on": ORIGIN + 400 * DAY}, "last_on"),
    ]
    for values, field in refused:
        with pytest.raises(demand_overrides.OverrideRefused) as refusal:
            set_(row, **values)
        assert refusal.value.details == {"field": field}


# --- judging


def expected(series: DemandSeries, origin: object, week: list[float], plain: float, method: str = "x") -> None:
    DemandForecast.objects.create(
        series=series, origin=origin, demand_class="SMOOTH", method=method, week=week, week_units=sum(week),
        month_units=4 * sum(week), week_upper=10, month_upper=40, plain=plain, scale=2,
    )  # fmt: skip


def a_series(cup: Variant, place: Warehouse, units: float = 1.0) -> DemandSeries:
    return DemandSeries.objects.create(
        variant=cup, warehouse=place, origin=ORIGIN, demand_class="SMOOTH", method="x", dispersion=1, level=units, trend=0,
        daily=[units] * 28, weekdays=[1] * 7, week_units=7 * units, month_units=28 * units,
    )  # fmt: skip


def test_an_evening_is_held_against_what_happened_once_its_days_are_over() -> None:
    cup, place = a_variant(), a_warehouse()
    row = a_series(cup, place)
    origin = ORIGIN - 7 * DAY
    expected(row, origin, [1, 1, 1, 1, 1, 1, 1], 2.0)
    wanted(cup, place, [3, 0, 1, 1, 0, 0, 4])

    assert forecast_scores.score_due(until=ORIGIN - DAY) == 0
    assert forecast_scores.score_due(until=ORIGIN) == 1
    assert forecast_scores.score_due(until=ORIGIN) == 0

    own, referee = ForecastScore.objects.order_by("is_referee")
    assert (own.units, own.expected, own.missed) == (9, 7, 2)
    assert own.squared == pytest.approx((4 + 1 + 0 + 0 + 1 + 1 + 9) / 7 / 4)
    assert (own.covered, own.coverable, own.scaled) == (1, 1, 1)
    assert (referee.units, referee.expected, referee.missed, referee.coverable) == (9, 14, 5, 0)


def test_sold_out_days_are_left_out_of_both_sides() -> None:
    cup, place = a_variant(), a_warehouse()
    row = a_series(cup, place)
    expected(row, ORIGIN - 7 * DAY, [1, 1, 1, 1, 1, 1, 1], 2.0)
    wanted(cup, place, [3, 1, 1, 1, 0, 0], last=ORIGIN - DAY)
    wanted(cup, place, [0], sold_out=1)

    forecast_scores.score_due(until=ORIGIN)

    own, referee = ForecastScore.objects.order_by("is_referee")
    assert (own.units, own.expected, referee.expected) == (6, 6, 12)
    assert own.coverable == 0, "nobody knows what would have been wanted"


@pytest.mark.parametrize(("first", "replaced"), [(True, True), (False, False)])
def test_a_method_that_loses_twice_running_is_replaced_by_its_referee(first: bool, replaced: bool) -> None:
    cup, place = a_variant(), a_warehouse()
    row = a_series(cup, place)
    forecast_scores.choose(demand_class="SMOOTH", method="x", why={}, since=ORIGIN - 30 * DAY, at=MORNING)
    wanted(cup, place, [10] * 14)
    expected(row, ORIGIN - 14 * DAY, [1.0 if first else 10.0] * 7, 9.0)
    expected(row, ORIGIN - 7 * DAY, [1.0] * 7, 9.0)
    forecast_scores.score_due(until=ORIGIN)

    changed = forecast_scores.judge(at=MORNING)

    assert bool(changed) is replaced
    assert MethodChoice.objects.get().method == (REFEREE if replaced else "x")
    assert MethodChange.objects.filter(cause="LOST").exists() is replaced
    if replaced:
        assert [one["missed"] for one in changed[0].why["weeks"]] == [63, 63]
        assert [one["referee_missed"] for one in changed[0].why["weeks"]] == [7, 7]


def test_evenings_are_dropped_when_they_have_been_judged(shop: object) -> None:
    row = a_series(a_variant(), a_warehouse())
    expected(row, ORIGIN - 36 * DAY, [1] * 7, 1)
    expected(row, ORIGIN - 35 * DAY, [1] * 7, 1)

    night()

    assert list(row.forecasts.values_list("origin", flat=True)) == [ORIGIN - 35 * DAY]
    assert ForecastScore.objects.filter(origin=ORIGIN - 36 * DAY, days=28).exists()


def test_what_came_again_with_the_season_is_expected_before_it_begins() -> None:
    """Two years of a category that sells three times as much from the end of November on; the origin lies before it."""
    cup, place = a_variant(a_product(a_category())), a_warehouse()
    first = ORIGIN - timedelta(days=2 * 364 + 20)
    high = {48, 49, 50, 51}
    days = [first + timedelta(days=number) for number in range((ORIGIN - first).days + 1)]
    wanted(cup, place, [12 if (day - day.replace(month=1, day=1)).days // 7 in high else 4 for day in days])
    window = {"first": ORIGIN - timedelta(days=expectations.WINDOW_DAYS - 1), "last": ORIGIN}

    known = expectations.seasons(last=ORIGIN)
    means = []
    for seasons in ({}, known):
        pooled = expectations.prepare(**window, variants=[cup.pk], seasons=seasons)
        (row,) = expectations.expect(**window, variants=(cup.pk, cup.pk), pooled=pooled, methods={})
        means.append(row.daily)
    plain, seasonal = means

    assert expectations.known_seasons(pooled) == known
    # Of a factor of three in every year so much as two years let believe: from the middle of the season on twice the plain.
    assert sum(seasonal[21:28]) > 1.6 * sum(plain[21:28])
    assert sum(seasonal[:7]) == pytest.approx(sum(plain[:7]), rel=0.25)
    assert expectations.seasons(last=first + timedelta(days=7 * 54)) == {}
