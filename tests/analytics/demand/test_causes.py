"""What is known of a day beforehand: promotions by their schedules, closed days, holidays; and which method is chosen."""

from datetime import date, timedelta

import pytest

from analytics.operations import expectations
from analytics.operations.expectations import best
from analytics.queries import demand, promoted_days
from campaigns.models import Promotion
from tests.analytics.builders import seoul
from tests.analytics.demand.builders import wanted
from tests.builders import a_category, a_product, a_promotion, a_variant, a_warehouse

FIRST, LAST = date(2026, 11, 16), date(2026, 11, 22)


@pytest.mark.django_db
def test_a_promotion_is_known_by_its_schedule_for_what_it_covers() -> None:
    kitchen = a_category()
    cups, other = a_category(parent=kitchen), a_category()
    cup, bowl = a_product(cups), a_product(other)
    given = {"starts_at": seoul("2026-11-17", "00:00"), "ends_at": seoul("2026-11-20", "00:00")}
    a_promotion(categories=[kitchen], **given)
    a_promotion(products=[bowl], weekdays=[6], starts_at=seoul("2026-11-01"))
    a_promotion(needs_coupon=True, **given)
    a_promotion(is_enabled=False, **given)
    a_promotion(benefit=Promotion.Benefit.FREE_SHIPPING, **given)

    found = promoted_days.between(first=FIRST, last=LAST)

    assert found.of(cup.pk, cups.pk) == [False, True, True, True, False, False, False]
    assert found.of(bowl.pk, other.pk) == [False] * 6 + [True]


@pytest.mark.django_db
def test_a_promotion_of_everything_reaches_every_product() -> None:
    a_promotion(starts_at=seoul("2026-11-22", "00:00"), from_hour=20, until_hour=22)

    assert promoted_days.between(first=FIRST, last=LAST).of(1, 1) == [False] * 6 + [True]


@pytest.mark.django_db
def test_a_day_without_any_order_is_closed_once_the_shop_had_opened() -> None:
    wanted(a_variant(), a_warehouse(), [0, 3, 2, 0, 1, 2, 4], last=LAST)

    found = demand.calendar(first=FIRST, last=LAST, ahead=40)

    assert found.closed == [False, False, False, True, False, False, False]
    assert [FIRST + timedelta(days=place) for place, off in enumerate(found.holiday) if off] == [
        date(2026, 12, 25),
        date(2027, 1, 1),
    ]


@pytest.mark.django_db
def test_methods_are_tried_on_evenings_of_the_past() -> None:
    pytest.importorskip("numpy")
    place = a_warehouse()
    cups = [a_variant() for _ in range(4)]
    for number, cup in enumerate(cups, 1):
        # Three times as much since half a year: the average of all days lags behind.
        wanted(cup, place, [number + day % 3 for day in range(150)] + [3 * number + day % 3 for day in range(180)], last=LAST)

    errors = expectations.tried(first=LAST - timedelta(days=363), last=LAST, variants=[cup.pk for cup in cups])

    assert errors.keys() == {"SMOOTH"}
    assert errors["SMOOTH"].keys() == set(expectations.TRIED)
    assert errors["SMOOTH"]["ses"] < errors["SMOOTH"]["mean"]


@pytest.mark.django_db
def test_a_short_past_decides_nothing() -> None:
    pytest.importorskip("numpy")
    cup = a_variant()
    wanted(cup, a_warehouse(), [3, 4, 5, 2] * 20, last=LAST)

    assert expectations.tried(first=LAST - timedelta(days=363), last=LAST, variants=[cup.pk]) == {}


def test_the_usual_method_stays_unless_another_is_clearly_better() -> None:
    assert best({"average": 0.900, "theta": 0.895}) == "average"
    assert best({"average": 0.900, "theta": 0.880}) == "theta"
