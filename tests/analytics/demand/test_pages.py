"""Pages of demand: who may see and say what, in both languages, and that they tell what is known."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from analytics import expecting
from analytics.models import DemandForecast, DemandOverride, DemandSeries, ForecastRun, ServedRegion
from analytics.operations import demand, forecast_scores
from config.kernel import clock
from config.kernel.admin import slips
from config.kernel.roles import Role
from tests.analytics.demand.builders import wanted
from tests.builders import a_variant, a_warehouse
from tests.config.kernel.pages import a_client, a_staff_member, foreign_words, words_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def row() -> DemandSeries:
    """A SKU that sells 17 a week, whose forecast was made last night and whose forecast of a week ago can be judged."""
    at = clock.now()
    origin, week_ago = demand.yesterday(at=at), demand.yesterday(at=at) - timedelta(days=7)
    cup, home = a_variant(sku="CUP-1"), a_warehouse(name="-")
    wanted(cup, home, [2, 0, 3, 1, 4, 2, 5] * 6, last=origin)
    ForecastRun.objects.create(origin=origin, began_at=at, ended_at=at)
    made = DemandSeries.objects.create(
        variant=cup, warehouse=home, origin=origin, demand_class="SMOOTH", method="theta", dispersion=1.4, level=2.4,
        trend=0.03, daily=[2.0] * 28, weekdays=[0.8, 1, 1, 1, 1, 1.2, 1], week_units=14, month_units=56,
    )  # fmt: skip
    DemandForecast.objects.create(
        series=made, origin=week_ago, demand_class="SMOOTH", method="theta", week=[2.0] * 7, week_units=14, month_units=56,
        week_upper=16, month_upper=80, plain=2, scale=2,
    )  # fmt: skip
    forecast_scores.score_due(until=origin)
    forecast_scores.choose_by({"SMOOTH": {"average": 0.9, "mean": 0.9, "theta": 0.8}}, since=week_ago, at=at)
    ServedRegion.objects.create(warehouse=home, postal_prefix="63")
    return made


def everything(row: DemandSeries) -> list[str]:
    return [
        reverse("admin:analytics_demandseries_changelist"),
        reverse("admin:analytics_demandseries_change", args=[row.pk]),
        reverse("admin:analytics_forecastrun_sales"),
        reverse("admin:analytics_forecastrun_peaks"),
        reverse("admin:analytics_forecastscore_changelist"),
        reverse("admin:analytics_servedregion_changelist"),
    ]


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_page_is_in_the_language_of_the_reader(row: DemandSeries, language: str) -> None:
    client = a_client(a_staff_member())
    client.cookies["django_language"] = language
    for address in everything(row):
        page = client.get(address)
        assert page.status_code == 200
        words = words_of(page)
        for name in ("CUP-1", row.variant.product.name, "찻잔", "CSV", "SKU", "WAPE", "RMSSE"):
            words = words.replace(name, "")
        assert foreign_words(words, language) == [], address


def test_the_page_of_a_sku_tells_the_forecast_in_a_sentence_and_how_far_off_it_was(row: DemandSeries) -> None:
    client = a_client(a_staff_member())
    client.cookies["django_language"] = "en"

    said = words_of(client.get(reverse("admin:analytics_demandseries_change", args=[row.pk])))

    assert "About 14 units are expected in the next 7 days, rarely more than 23." in said
    assert "Most on Saturday, fewest on Monday. Rising by 3.0 % a week." in said
    assert "level and trend (theta) 14 16 17 +3" in said, "what was expected, its bound, what came and what was missed"


def test_a_week_that_a_promotion_moves_says_so(row: DemandSeries) -> None:
    client = a_client(a_staff_member())
    client.cookies["django_language"] = "en"
    DemandSeries.objects.filter(pk=row.pk).update(daily=[4.8, 4.8, 4.8, 4.8, 4.8, 4.8, 4.8, *[2.4] * 21])

    said = words_of(client.get(reverse("admin:analytics_demandseries_change", args=[row.pk])))

    assert "Promotions, holidays and the season known for these days make it 2.00 times the usual." in said


def test_what_comes_again_with_the_season_is_told_where_it_is_known(row: DemandSeries) -> None:
    client = a_client(a_staff_member())
    client.cookies["django_language"] = "en"
    one, peaks = everything(row)[1], everything(row)[3]
    assert "Season, 28 days ahead not known yet" in words_of(client.get(one))

    peak = row.origin + timedelta(days=28)
    factors = [2.0 if place == expecting.week_of_year(peak) else 1.0 for place in range(52)]
    run = ForecastRun.objects.get()
    ForecastRun.objects.filter(pk=run.pk).update(pooled={"year": {str(row.variant.product.category_id): factors}})

    ahead = expecting.season_ahead(factors, row.origin, 28)
    assert ahead > 1.03
    assert f"Season, 28 days ahead +{100 * (ahead - 1):.1f} %" in words_of(client.get(one))
    assert "2.00 times the year's mean. Forecasts go by it." in words_of(client.get(peaks))


def test_categories_are_told_with_what_came(row: DemandSeries) -> None:
    client = a_client(a_staff_member())
    client.cookies["django_language"] = "en"

    sales = words_of(client.get(reverse("admin:analytics_forecastrun_sales")))
    accuracy = words_of(client.get(reverse("admin:analytics_forecastscore_changelist")))

    assert "Total 68 ₩816,000 56" in sales, "four weeks of 17, and 28 days of 2"
    assert "14 17 +21.4 %" in sales
    assert "smooth level and trend (theta) 1 17 17.6 %" in accuracy
    assert "best on the past level and trend (theta) 0.8" in accuracy


@pytest.mark.parametrize(("role", "status"), [(Role.BUYER, 200), (Role.ANALYST, 200), (Role.WAREHOUSE, 403)])
def test_demand_is_for_those_who_buy_or_count(row: DemandSeries, role: Role, status: int) -> None:
    client = a_client(a_staff_member("somebody", role=role))
    assert {client.get(address).status_code for address in everything(row)} == {status}


def press(client: Client, row: DemandSeries, button: str, **values: str) -> int:
    address = reverse("admin:analytics_demandseries_press", args=[row.pk, button])
    return client.post(address, {slips.FIELD: slips.fresh(), **values}).status_code


def test_a_buyer_sets_the_demand_and_takes_it_back_and_the_audit_keeps_both(row: DemandSeries) -> None:
    client = a_client(a_staff_member("buyer", role=Role.BUYER))
    days = {
        "first_on": (row.origin + timedelta(days=2)).isoformat(),
        "last_on": (row.origin + timedelta(days=5)).isoformat(),
    }  # fmt: skip
    assert press(client, row, "set_demand", percent="150", reason="박람회", **days) == 302
    assert DemandOverride.objects.get(ended_at=None).percent == 150
    assert "박람회" in words_of(client.get(everything(row)[1]))

    assert press(client, row, "take_back", reason="취소됨") == 302
    assert not DemandOverride.objects.filter(ended_at=None).exists()
    noted = [entry.change_message for entry in LogEntry.objects.order_by("pk")]
    assert "150 %: 박람회" in noted[0]
    assert "취소됨" in noted[1]


def test_the_form_asks_for_one_of_the_two(row: DemandSeries) -> None:
    client = a_client(a_staff_member("buyer", role=Role.BUYER))
    day = (row.origin + timedelta(days=2)).isoformat()
    assert press(client, row, "set_demand", reason="1", first_on=day, last_on=day) == 200
    assert press(client, row, "set_demand", reason="1", first_on=day, last_on=day, percent="1", units_a_day="1") == 200
    assert not DemandOverride.objects.exists()


def test_who_only_counts_sets_nothing(row: DemandSeries) -> None:
    client = a_client(a_staff_member("analyst", role=Role.ANALYST))
    assert press(client, row, "set_demand", percent="150", reason="1") == 403
