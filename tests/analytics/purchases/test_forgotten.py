"""What is told of people who came and bought stays what it was when it is forgotten who they were."""

from datetime import timedelta
from typing import Any

import pytest

from analytics.models import CohortDay, DailyReturn, DailyTiming, Newcomer, Purchase, PurchaseDay
from analytics.operations import erasing, event_figures, forgetting, purchases, visits
from analytics.queries import purchase_recount
from config.kernel import shop
from orders.models import Order
from tests.analytics.builders import Line, an_order, seoul
from tests.analytics.events.builders import a_batch, a_source, an_event, told
from tests.builders import a_customer, a_variant

pytestmark = pytest.mark.django_db
NOW = seoul("2026-11-20", "09:00")
PERSONAL = 20


@pytest.fixture(autouse=True)
def short_memory(settings: Any) -> None:
    settings.EVENTS_PERSONAL_DAYS = PERSONAL


def made(at: Any = NOW) -> None:
    event_figures.count_due()
    visits.rebuild_due(at=at)
    purchases.rebuild_due(at=at)
    assert not PurchaseDay.objects.filter(state="DIRTY", day__lt=shop.day(at)).exists()


def figures() -> tuple[list[Any], ...]:
    return (
        list(Newcomer.objects.filter(since="VISIT").order_by("day", "channel", "had_bought").values_list("day", "persons")),
        list(DailyReturn.objects.order_by("day", "since").values_list("day", "since", "visits", "orders")),
        list(DailyTiming.objects.order_by("day", "since").values_list("day", "since", "number", "counts")),
    )


def wrong() -> list[purchase_recount.Cell]:
    days = [cell for day in purchase_recount.clean_days() for cell in purchase_recount.differences(day)]
    return days + [cell for day in purchase_recount.clean_cohorts() for cell in purchase_recount.cohort_differences(day)]


def test_figures_stay_when_the_visits_they_rest_on_forget_whose_they_were() -> None:
    source, cup, old = a_source(), a_variant(), NOW - timedelta(days=PERSONAL + 2)
    for days in range(4):
        for number in range(4):
            at = old + timedelta(days=days, minutes=number)
            events = [an_event(at=at), an_event("product_added", at=at + timedelta(minutes=1), sku=cup.sku)]
            if days == 1 and number < 3:
                order = an_order(at + timedelta(minutes=5), Line(cup))
                events.append(an_event("order_completed", at=at + timedelta(minutes=5, seconds=1), order=order.number))
            told(source, a_batch(*events, visitor=f"browser-{number}"), at=at + timedelta(minutes=9))
    made(old + timedelta(days=5))
    before = figures()
    assert before[0] == [(shop.day(old), 4)]
    assert sum(visits for _day, _since, visits, _orders in before[1]) == 12
    assert [number for _day, _since, number, _counts in before[2]] == [3]
    assert wrong() == []

    for days in range(4):
        forgetting.forget_due(at=NOW + timedelta(days=days))
        made(NOW + timedelta(days=days))
        assert wrong() == []
    purchases.rebuild_days(first=None, last=None, at=NOW + timedelta(days=4))
    assert figures() == before
    assert set(Purchase.objects.values_list("visitor", "first_seen_at", "carted_at")) == {(None, None, None)}

    assert PurchaseDay.objects.get(day=shop.day(old)).is_kept
    assert CohortDay.objects.get(day=shop.day(old)).is_kept


def test_forgetting_a_day_makes_no_days_anew_on_which_its_customers_bought_later() -> None:
    source, cup, regular = a_source(), a_variant(), a_customer(external_id="regular")
    start = NOW - timedelta(days=PERSONAL + 1)
    for days in (0, 1, 2):
        told(source, a_batch(an_event(at=start + timedelta(days=days)), visitor="b", customer="regular"), at=start)
    for days in range(2, 19):
        an_order(start + timedelta(days=days, hours=1), Line(cup), customer=regular, state=Order.State.SHIPPED)
    made(start + timedelta(days=19))
    assert Purchase.objects.filter(first_seen_at__date=start.date()).count() > 5

    for days in range(3):
        at = NOW + timedelta(days=days)
        forgetting.forget_due(at=at)
        stale = PurchaseDay.objects.filter(state="DIRTY").values_list("day", flat=True)
        assert max(stale) <= visits.personal_from(at) + timedelta(days=7)
        assert not Purchase.objects.filter(first_seen_at__date__lt=visits.personal_from(at)).exists()
        made(at)
        assert wrong() == []


def test_of_whoever_is_erased_a_kept_day_tells_no_visit_any_longer() -> None:
    source, cup, day = a_source(), a_variant(), NOW - timedelta(days=PERSONAL - 5)
    erased, other = a_customer(external_id="erased"), a_customer(external_id="other")
    for customer in (erased, other):
        order = an_order(day + timedelta(minutes=5), Line(cup), customer=customer, state=Order.State.SHIPPED)
        events = an_event(at=day), an_event("order_completed", at=day + timedelta(minutes=5), order=order.number)
        told(
            source, a_batch(*events, visitor=customer.external_id, customer=customer.external_id), at=day + timedelta(minutes=9)
        )
    made()
    assert not Purchase.objects.filter(visitor=None).exists()

    erasing.erase(customer_id=erased.pk, reason="asked by letter", actor=None, at=NOW)
    erasing.sweep(at=NOW)
    visits.mark(days=[shop.day(day)], at=NOW)
    made()
    assert PurchaseDay.objects.get(day=shop.day(day)).is_kept
    assert list(Purchase.objects.exclude(visitor=None).values_list("customer_id", flat=True)) == [other.pk]
    assert list(Purchase.objects.exclude(first_seen_at=None).values_list("customer_id", flat=True)) == [other.pk]
