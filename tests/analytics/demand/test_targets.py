"""A month against its target: the days it has, sums that agree, and what is counted by hand from orders."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import translation

from analytics import aiming
from analytics.admin import target_words
from analytics.aiming import Figures
from analytics.models import DailySales, DemandOverride, DemandSeries, ForecastRun, SalesTarget
from analytics.operations import rollups, target_demo, targets
from analytics.operations.targets import TargetExists, TargetRefused
from analytics.queries import forecasts
from analytics.queries import targets as queries
from analytics.queries.targets import Month
from config.kernel import clock
from config.kernel.admin import slips
from config.kernel.roles import Role
from inventory.models import Category, Variant
from tests.analytics.builders import Line, a_return, an_order, seoul
from tests.builders import a_category, a_product, a_variant, a_warehouse
from tests.config.kernel.pages import a_client, a_staff_member, foreign_words, words_of

NOVEMBER, DECEMBER = date(2026, 11, 1), date(2026, 12, 1)
# The nineteenth in the morning: eighteen days of November are closed, twelve are not.
MORNING = seoul("2026-11-19", "02:00")
ORIGIN = date(2026, 11, 18)


# --- the rules


def test_a_month_is_counted_up_to_yesterday_and_forecast_from_today_on() -> None:
    span = aiming.span(NOVEMBER, closed=ORIGIN, origin=ORIGIN, horizon=28)
    assert (span.counted, span.begins, span.reaches) == (ORIGIN, date(2026, 11, 19), date(2026, 11, 30))
    assert span.is_told
    assert not span.is_over


def test_days_beyond_the_horizon_are_told_as_not_forecast() -> None:
    span = aiming.span(DECEMBER, closed=ORIGIN, origin=ORIGIN, horizon=28)
    assert (span.counted, span.begins, span.reaches, span.untold) == (None, DECEMBER, date(2026, 12, 16), 15)
    assert not span.is_told


def test_a_month_too_far_ahead_has_no_forecast_at_all() -> None:
    span = aiming.span(date(2027, 2, 1), closed=ORIGIN, origin=ORIGIN, horizon=28)
    assert (span.begins, span.reaches, span.untold) == (None, None, 28)


def test_a_month_that_is_over_is_counted_as_a_whole() -> None:
    span = aiming.span(date(2026, 10, 1), closed=ORIGIN, origin=ORIGIN, horizon=28)
    assert (span.counted, span.reaches, span.untold, span.is_over) == (date(2026, 10, 31), None, 0, True)


def test_a_forecast_of_three_evenings_ago_leaves_no_day_out_and_counts_none_twice() -> None:
    span = aiming.span(NOVEMBER, closed=ORIGIN, origin=ORIGIN - timedelta(days=3), horizon=28)
    assert (span.begins, span.reaches, span.untold) == (date(2026, 11, 19), date(2026, 11, 30), 0)


def test_a_day_that_is_neither_counted_nor_forecast_is_told() -> None:
    """Figures stop two days before the forecast."""
    span = aiming.span(NOVEMBER, closed=ORIGIN - timedelta(days=2), origin=ORIGIN, horizon=28)
    assert (span.begins, span.untold) == (date(2026, 11, 19), 2)


def test_months_follow_each_other_over_the_end_of_a_year() -> None:
    assert (aiming.next_month(DECEMBER), aiming.next_month(DECEMBER, -12)) == (date(2027, 1, 1), date(2025, 12, 1))
    assert (aiming.end_of(DECEMBER), aiming.end_of(date(2028, 2, 1))) == (date(2026, 12, 31), date(2028, 2, 29))


def test_topmost_categories_make_the_whole_and_nothing_counts_twice() -> None:
    parents = {1: None, 2: 1, 3: 2, 4: 1, 9: None}
    own = {key: Figures(came=Decimal(key), coming=Decimal(10 * key), variance=key) for key in (1, 3, 4, 9)}

    rows = aiming.rows(parents, own, wanted=[2])

    assert [(one.key, one.depth) for one in rows] == [(9, 0), (1, 0), (4, 1), (2, 1), (3, 2)]
    assert {one.key: one.figures.expected for one in rows} == {9: 99, 1: 88, 4: 44, 2: 33, 3: 33}
    top = sum((one.figures for one in rows if one.depth == 0), Figures())
    assert top == sum(own.values(), Figures())
    assert aiming.outermost(parents, [1, 3, 9]) == [1, 9], "the third is in the first"


def test_what_came_has_come_whatever_follows() -> None:
    figures = Figures(came=Decimal(100), coming=Decimal(10), variance=100.0)
    assert (figures.lower, figures.expected) == (100, 110)
    assert float(figures.upper) == pytest.approx(110 + 19.59964)


@pytest.mark.parametrize(
    ("month", "came", "coming", "target", "told"),
    [
        (NOVEMBER, 400, 520, 1000, "예상 92 %, 목표까지 ₩80 부족"),
        (NOVEMBER, 400, 700, 1000, "예상 110 %, 목표보다 ₩100 초과"),
        (date(2026, 10, 1), 900, 0, 1000, "달성 90 %, 목표에서 ₩100 부족"),
        (DECEMBER, 0, 580, 1000, "12/16까지 목표의 58 %, 이후 필요한 금액 ₩420"),
        (date(2027, 2, 1), 0, 0, 1000, "아직 목표와 비교할 수 없음"),
    ],
)
def test_the_difference_is_told_in_a_sentence(month: date, came: int, coming: int, target: int, told: str) -> None:
    span = aiming.span(month, closed=ORIGIN, origin=ORIGIN, horizon=28)
    with translation.override("ko"):
        found = target_words.difference(span, Figures(Decimal(came), coming=Decimal(coming)), Decimal(target))
    assert found == told


# --- the query, against a count by hand


def a_series(variant: Variant, daily: float, *, origin: date = ORIGIN) -> DemandSeries:
    return DemandSeries.objects.create(
        variant=variant, warehouse=a_warehouse(), origin=origin, demand_class="SMOOTH", method="theta", dispersion=1.5,
        level=daily, trend=0, daily=[daily] * 28, weekdays=[1.0] * 7, week_units=7 * daily, month_units=28 * daily,
    )  # fmt: skip


@pytest.fixture
def shop() -> dict[str, Category]:
    """Cups lie below tableware; books stand alone. Orders of October and November, one of them returned in part."""
    tableware, books = a_category("식기"), a_category("책")
    cups = a_category("잔", parent=tableware)
    plate, cup, book = (
        a_variant(a_product(one), sku=sku, list_price=price)
        for one, sku, price in ((tableware, "PLATE", 20_000), (cups, "CUP", 10_000), (books, "BOOK", 5_000))
    )
    an_order(seoul("2026-10-20"), Line(cup, 4, 10_000, discount=4_000))
    an_order(seoul("2026-11-02"), Line(cup, 3, 10_000), Line(book, 2, 5_000, discount=1_000))
    back = an_order(seoul("2026-11-05"), Line(plate, 2, 20_000))
    a_return(back, seoul("2026-11-10"), a_warehouse(), variant=plate, refund=20_000)
    an_order(seoul("2026-11-19", "01:00"), Line(cup, 50, 10_000))
    rollups.rebuild_due(at=MORNING)
    ForecastRun.objects.create(origin=ORIGIN, began_at=MORNING, ended_at=MORNING)
    for variant, daily in ((plate, 1.0), (cup, 2.0), (book, 0.5)):
        a_series(variant, daily)
    return {"tableware": tableware, "cups": cups, "books": books}


def asked(first: date = NOVEMBER) -> Month:
    return queries.month(first=first, at=MORNING)


def by_key(found: Month) -> dict[int, Figures]:
    return {one.key: one.figures for one in found.rows}


@pytest.mark.django_db
def test_net_sales_of_closed_days_are_counted_and_the_open_day_is_not(shop: dict[str, Category]) -> None:
    found = asked()

    told = by_key(found)
    assert told[shop["cups"].pk].came == 30_000
    assert told[shop["books"].pk].came == 10_000 - 1_000
    assert told[shop["tableware"].pk].came == 30_000 + 40_000 - 20_000, "with the cups below it, less what came back"
    assert found.whole.came == 59_000
    assert found.whole.came == sum(DailySales.objects.filter(day__gte=NOVEMBER).values_list("net", flat=True))


@pytest.mark.django_db
def test_the_rest_of_the_month_is_worth_what_discounts_and_returns_leave_of_the_list_price(shop: dict[str, Category]) -> None:
    found = asked()

    # Twelve days. Of cups 66,000 of 70,000 were left, of books 9,000 of 10,000, of plates one of two.
    cups, books, plates = (
        Decimal(12 * 2 * 10_000 * 66) / 70, Decimal(6 * 5_000 * 9) / 10, Decimal(12 * 20_000) / 2
    )  # fmt: skip
    told = by_key(found)
    assert told[shop["cups"].pk].coming == pytest.approx(cups)
    assert told[shop["books"].pk].coming == pytest.approx(books)
    assert told[shop["tableware"].pk].coming == pytest.approx(cups + plates)
    assert found.whole.coming == pytest.approx(cups + books + plates)
    assert found.whole.coming_units == pytest.approx(12 * 3.5)
    assert found.kept == pytest.approx(Decimal(95_000) / 120_000)
    assert told[shop["books"].pk].variance == pytest.approx(6 * 1.5 * 5_000**2 * 0.81)


@pytest.mark.django_db
def test_topmost_categories_add_up_to_the_shop(shop: dict[str, Category]) -> None:
    for month in (NOVEMBER, DECEMBER, date(2026, 10, 1)):
        found = asked(month)
        top = sum((one.figures for one in found.rows if one.depth == 0), Figures())
        assert (top.came, top.coming) == (found.whole.came, found.whole.coming)
        assert top.variance == pytest.approx(found.whole.variance)


@pytest.mark.django_db
def test_days_that_are_left_out_of_a_forecast_are_the_first_ones(shop: dict[str, Category]) -> None:
    """What staff set for the first days of December is in December's sum alone."""
    cup = DemandSeries.objects.get(variant__sku="CUP")
    DemandOverride.objects.create(
        series=cup, first_on=DECEMBER, last_on=date(2026, 12, 3), units_a_day=10, reason="박람회", made_at=MORNING
    )
    whole, skipped = (forecasts.sums(origin=ORIGIN, days=28, skip=skip)[0].units for skip in (0, 12))
    assert (whole, skipped) == (pytest.approx(25 * 2 + 30 + 28 * 1.5), pytest.approx(13 * 2 + 30 + 16 * 1.5))
    assert asked().whole.coming_units == pytest.approx(whole - skipped)
    assert asked(DECEMBER).whole.coming_units == pytest.approx(skipped)


@pytest.mark.django_db
def test_targets_of_categories_are_added_up_without_counting_twice(shop: dict[str, Category]) -> None:
    for key, amount in ((None, 900), (shop["tableware"].pk, 600), (shop["cups"].pk, 200), (shop["books"].pk, 100)):
        targets.add_target(month=NOVEMBER, category_id=key, amount=Decimal(amount), units=None, actor=None, at=MORNING)
    assert asked().of_categories == 700
    assert asked(DECEMBER).targets == {}


# --- the operation


@pytest.mark.django_db
def test_of_each_month_and_category_there_is_one_target_and_of_the_shop_one() -> None:
    given = {"month": NOVEMBER, "amount": Decimal(100), "units": None, "actor": None, "at": MORNING}
    for category in (None, a_category().pk):
        targets.add_target(category_id=category, **given)
        with pytest.raises(TargetExists):
            targets.add_target(category_id=category, **given)
    assert SalesTarget.objects.count() == 2


@pytest.mark.django_db
def test_a_month_that_is_over_keeps_its_target() -> None:
    made = targets.add_target(month=NOVEMBER, category_id=None, amount=Decimal(100), units=5, actor=None, at=MORNING)
    later = seoul("2026-12-01", "00:00")
    with pytest.raises(TargetRefused):
        targets.change_target(target_id=made.pk, amount=Decimal(90), units=None, actor=None, at=later)
    with pytest.raises(TargetRefused):
        targets.drop_target(target_id=made.pk, at=later)
    targets.change_target(target_id=made.pk, amount=Decimal(90), units=None, actor=None, at=later - timedelta(seconds=1))
    made.refresh_from_db()
    assert (made.amount, made.units) == (90, None)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"month": date(2026, 11, 2)}, "month"),
        ({"month": date(2026, 10, 1)}, "month"),
        ({"amount": Decimal(0)}, "amount"),
        ({"units": 0}, "units"),
    ],
)  # fmt: skip
def test_a_target_that_makes_no_sense_is_refused_by_its_field(values: dict[str, object], field: str) -> None:
    given = {"month": NOVEMBER, "amount": Decimal(1), "units": None, **values}
    with pytest.raises(TargetRefused) as refusal:
        targets.add_target(category_id=None, actor=None, at=MORNING, **given)  # type: ignore[arg-type]
    assert refusal.value.details == {"field": field}


@pytest.mark.django_db
def test_the_demo_sets_targets_of_this_month_and_the_next_once(shop: dict[str, Category]) -> None:
    assert target_demo.furnish(at=MORNING) == 2 * 3, "two topmost categories and the shop"
    assert target_demo.furnish(at=MORNING) == 0
    assert set(SalesTarget.objects.values_list("month", flat=True)) == {NOVEMBER, DECEMBER}


# --- pages


@pytest.fixture
def selling() -> Category:
    """A shop that sold yesterday and expects to sell, with the clock as it is."""
    at = clock.now()
    origin = today() - timedelta(days=1)
    cup = a_variant(sku="CUP", list_price=10_000)
    an_order(seoul(origin.isoformat()), Line(cup, 3, 10_000))
    rollups.rebuild_due(at=at)
    ForecastRun.objects.create(origin=origin, began_at=at, ended_at=at)
    a_series(cup, 2.0, origin=origin)
    return cup.product.category


def today() -> date:
    return clock.now().astimezone(seoul("2026-11-19").tzinfo).date()


def this_month() -> date:
    return today().replace(day=1)


def add(client: Client, **values: str) -> int:
    given = {"month": this_month().isoformat(), "category": "", "amount": "1000000", "units": "", slips.FIELD: slips.fresh()}
    return client.post(reverse("admin:analytics_salestarget_add"), given | values).status_code


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_page_of_targets_is_in_the_language_of_the_reader(selling: Category, language: str) -> None:
    client = a_client(a_staff_member())
    client.cookies["django_language"] = language
    assert add(client, category=str(selling.pk), units="500") == 302
    row = SalesTarget.objects.get()
    sales = reverse("admin:analytics_forecastrun_sales")
    months = (aiming.next_month(this_month(), number) for number in (-1, 0, 1, 5))
    for address in (
        *(f"{sales}?month={one:%Y-%m}" for one in months),
        *(f"{sales}?month={one}" for one in ("2026-99", "9999-12", "11")),
        reverse("admin:analytics_salestarget_changelist"),
        reverse("admin:analytics_salestarget_add"),
        reverse("admin:analytics_salestarget_change", args=[row.pk]),
        reverse("admin:analytics_salestarget_delete", args=[row.pk]),
    ):
        page = client.get(address)
        assert page.status_code == 200
        words = words_of(page)
        for name in (selling.name, "CUP", "CSV", "SKU"):
            words = words.replace(name, "")
        assert foreign_words(words, language) == [], address


@pytest.mark.django_db
def test_a_buyer_sets_changes_and_drops_a_target_and_the_audit_keeps_each(selling: Category) -> None:
    client = a_client(a_staff_member("buyer", role=Role.BUYER))
    assert add(client) == 302
    assert add(client) == 200, "of the whole shop there is one already"
    row = SalesTarget.objects.get()
    assert (row.amount, row.set_by.username if row.set_by else "") == (1_000_000, "buyer")
    assert "₩1,000,000" in words_of(client.get(reverse("admin:analytics_forecastrun_sales")))

    address = reverse("admin:analytics_salestarget_change", args=[row.pk])
    assert client.post(address, {"amount": "1200000.5", "units": ""}).status_code == 200, "no fractions of a won"
    assert client.post(address, {"amount": "1200000", "units": "70"}).status_code == 302
    row.refresh_from_db()
    assert (row.amount, row.units, row.month) == (1_200_000, 70, this_month())
    assert client.post(reverse("admin:analytics_salestarget_delete", args=[row.pk]), {"post": "yes"}).status_code == 302
    assert not SalesTarget.objects.exists()
    noted = [entry.change_message for entry in LogEntry.objects.order_by("pk")]
    assert noted == ["₩1,000,000", "₩1,000,000 → ₩1,200,000 / 70", ""]


@pytest.mark.django_db
def test_a_target_of_a_month_that_is_over_can_only_be_read(selling: Category) -> None:
    past = SalesTarget.objects.create(month=aiming.next_month(this_month(), -1), amount=5_000, set_at=clock.now())
    client = a_client(a_staff_member())
    address = reverse("admin:analytics_salestarget_change", args=[past.pk])
    assert "₩5,000" in words_of(client.get(address))
    assert client.post(address, {"amount": "1"}).status_code == 403
    assert client.post(reverse("admin:analytics_salestarget_delete", args=[past.pk]), {"post": "yes"}).status_code == 403


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "listed", "added"),
    [(Role.BUYER, 200, 200), (Role.ANALYST, 200, 200), (Role.VIEWER, 200, 403), (Role.WAREHOUSE, 403, 403)],
)  # fmt: skip
def test_targets_are_set_by_those_who_buy_or_count(selling: Category, role: Role, listed: int, added: int) -> None:
    client = a_client(a_staff_member("somebody", role=role))
    assert client.get(reverse("admin:analytics_salestarget_changelist")).status_code == listed
    assert client.get(reverse("admin:analytics_salestarget_add")).status_code == added
    page = client.get(reverse("admin:analytics_forecastrun_sales"))
    if listed == 200:
        assert (reverse("admin:analytics_salestarget_add") in page.content.decode()) is (added == 200)
