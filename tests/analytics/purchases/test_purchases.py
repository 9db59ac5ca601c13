"""Purchases and what follows from them, against a count in plain Python over orders, visits and events drawn by lot."""

import random
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from analytics.models import (
    CohortMonth,
    DailyBuying,
    DailyCustomer,
    DailyReturn,
    DailyTiming,
    EventSource,
    Newcomer,
    Purchase,
    PurchaseDay,
    Touch,
)
from analytics.operations import event_figures, purchases, rollups, visits
from analytics.queries import purchase_recount
from orders.models import Order
from tests.analytics.builders import Line, a_return, an_order, seoul
from tests.analytics.events.builders import a_batch, a_source, an_event, told
from tests.builders import a_customer, a_promotion, a_variant, a_warehouse

pytestmark = pytest.mark.django_db

NOW = seoul("2026-11-20", "09:00")
MINUTE = timedelta(minutes=1)


def tell(source: EventSource, *events: dict[str, Any], visitor: str, customer: str | None = None, at: datetime = NOW) -> None:
    told(source, a_batch(*events, visitor=visitor, **({"customer": customer} if customer else {})), at=at)


def found(at: datetime = NOW) -> None:
    """What the jobs make of what was told."""
    event_figures.count_due()
    visits.rebuild_due(at=at)
    purchases.rebuild_due(at=at)


def wrong() -> list[purchase_recount.Cell]:
    days = [cell for day in purchase_recount.clean_days() for cell in purchase_recount.differences(day)]
    return days + [cell for day in purchase_recount.clean_cohorts() for cell in purchase_recount.cohort_differences(day)]


def drawn(seed: int, source: EventSource, first: datetime, days: int) -> list[Order]:
    """People on one or two browsers who look, click, put into the cart, order as somebody or nobody, around midnight too."""
    dice = random.Random(seed)  # noqa: S311
    cup, warehouse, orders = a_variant(), a_warehouse(), []
    people = [a_customer(external_id=f"c-{number}") for number in range(6)]
    offer = a_promotion(first, name="행사", weekdays=[0, 4, 6], from_hour=20, until_hour=3, ends_at=None)
    for _ in range(90):
        at = first + timedelta(seconds=dice.randrange(days * 86_400))
        if dice.random() < 0.4:
            at = at.replace(hour=14, minute=dice.choice((50, 58, 59)))  # nearly midnight in Seoul
        number = dice.randrange(8)
        visitor = f"device-{dice.randrange(10)}"
        customer = people[number].external_id if number < 6 and dice.random() < 0.5 else None
        code = dice.choice((str(offer.pk), str(offer.pk), "banner"))
        events, moment = [an_event(at=at)], at
        for _ in range(dice.randrange(5)):
            moment += timedelta(seconds=dice.choice((20, 90, 400, 1_900)))
            kind = dice.choice(("promotion_viewed", "promotion_clicked", "message_clicked", "message_opened", "product_added"))
            said = {"sku": cup.sku} if kind == "product_added" else {kind.split("_")[0]: code}
            events.append(an_event(kind, at=moment, **said))
        if dice.random() < 0.6:
            moment += timedelta(seconds=dice.choice((1, 30, 100)))
            whose = people[number] if number < 6 and dice.random() < 0.8 else None
            state = Order.State.CANCELED if dice.random() < 0.15 else Order.State.SHIPPED
            line = Line(cup, dice.randrange(1, 4), 10_000, discount=dice.choice((0, 700)), canceled=dice.choice((0, 0, 1)) * 0)
            order = an_order(moment, line, customer=whose, state=state, channel=dice.choice(("web", "app")))
            orders.append(order)
            if dice.random() < 0.8:
                events.append(
                    an_event("order_completed", at=moment + timedelta(seconds=dice.choice((0, 2))), order=order.number)
                )
            if state == Order.State.SHIPPED and dice.random() < 0.3:
                a_return(order, moment + timedelta(days=dice.randrange(1, 9)), warehouse, refund=9_000)
        tell(source, *events, visitor=visitor, customer=customer, at=min(moment + timedelta(days=dice.choice((0, 3))), NOW))
    return orders


@pytest.mark.parametrize("seed", [1, 2])
def test_every_figure_is_what_a_count_in_plain_python_gives(seed: int) -> None:
    source = a_source(at=seoul("2026-10-01"))
    orders = drawn(seed, source, seoul("2026-10-24"), 25)  # across the end of a month
    found()

    assert wrong() == []
    assert Purchase.objects.count() == sum(one.state != Order.State.CANCELED for one in orders)
    for table in (Touch, DailyCustomer, DailyBuying, DailyReturn, DailyTiming, Newcomer, CohortMonth):
        assert table.objects.exists(), table
    assert Purchase.objects.filter(touched_at__isnull=False).exists()
    assert Purchase.objects.filter(carted_at__isnull=False).exists()
    assert DailyTiming.objects.filter(planned__gt=0).exists()

    # Something late: events of old days, an order canceled, somebody who shows who they are.
    dice = random.Random(seed)  # noqa: S311
    standing = [one for one in orders if one.state != Order.State.CANCELED]
    for order in dice.sample(standing, 4):
        Order.objects.filter(pk=order.pk).update(state=Order.State.CANCELED)
        rollups.mark(days=[order.placed_at.astimezone(NOW.tzinfo).date()], at=NOW)
    late = [an_event("promotion_clicked", at=seoul(f"2026-11-{day:02}", "23:59"), promotion="late") for day in (2, 9)]
    tell(source, *late, visitor="device-1", customer="c-1")
    tell(source, an_event(at=seoul("2026-10-30")), visitor="device-7", customer="c-3")
    found()

    assert wrong() == []
    assert not PurchaseDay.objects.filter(state="DIRTY", day__lt=date(2026, 11, 20)).exists()
    purchases.rebuild_due(at=NOW)
    assert wrong() == []
