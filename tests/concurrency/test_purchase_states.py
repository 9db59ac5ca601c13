"""Whoever makes visits and whoever makes purchases lock the states of days in one order, and so never wait in a circle.

The control locks newcomers' days first, as was done once, and goes wrong in the same interleaving.
"""

import threading
from collections.abc import Iterable
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError

from analytics.models import CohortDay, PurchaseDay
from analytics.operations import event_figures, purchase_marks, purchases, visits
from config.kernel import shop
from orders.models import Order
from tests.analytics.builders import Line, an_order, seoul
from tests.analytics.events.builders import a_batch, a_source, an_event, told
from tests.builders import a_customer, a_variant
from tests.probe.together import together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.breaks_promises("orders stand here without parcels")]
NOW = seoul("2026-11-20", "09:25")
YESTERDAY = NOW - timedelta(days=1)
# Who comes to the second table waits so long for the other to come there as well.
PATIENCE = 2


@pytest.fixture(autouse=True)
def both_are_due() -> None:
    """Purchases and visits of the same day, which was made before."""
    source, cup, customer = a_source(), a_variant(), a_customer(external_id="c-1")
    order = an_order(YESTERDAY, Line(cup), customer=customer, state=Order.State.SHIPPED)
    told(source, a_batch(an_event(at=YESTERDAY), an_event("order_completed", at=YESTERDAY, order=order.number)), at=YESTERDAY)
    event_figures.count_due()
    visits.rebuild_due(at=NOW)
    purchases.rebuild_due(at=NOW)
    an_order(YESTERDAY + timedelta(minutes=50), Line(cup), customer=customer, state=Order.State.SHIPPED)
    purchase_marks.mark(days=[YESTERDAY.date()], at=NOW)
    told(source, a_batch(an_event(at=YESTERDAY + timedelta(hours=1))), at=NOW)
    event_figures.count_due()


def make_both(monkeypatch: pytest.MonkeyPatch) -> None:
    meet, names, real = threading.Barrier(2), iter(("purchases", "visits")), purchase_marks.mark_cohorts
    own = threading.local()

    def mark_cohorts(*, days: Iterable[date], at: datetime) -> None:
        if own.name == "visits":
            with suppress(threading.BrokenBarrierError):
                meet.wait(PATIENCE)
        real(days=days, at=at)
        if own.name == "purchases" and not getattr(own, "has_met", False):
            own.has_met = True
            with suppress(threading.BrokenBarrierError):
                meet.wait(PATIENCE)

    monkeypatch.setattr(purchase_marks, "mark_cohorts", mark_cohorts)

    def make(_index: int) -> None:
        own.name = next(names)
        (purchases if own.name == "purchases" else visits).rebuild_due(at=NOW)

    together(2, make, seconds=30)


def test_purchases_and_visits_of_one_day_are_made_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    make_both(monkeypatch)
    purchases.rebuild_due(at=NOW)
    day = shop.day(YESTERDAY)
    assert (PurchaseDay.objects.get(day=day).state, CohortDay.objects.get(day=day).state) == ("CLEAN", "CLEAN")


def test_control_newcomers_first_ends_in_a_circle(monkeypatch: pytest.MonkeyPatch) -> None:
    returns = purchases._make_returns

    def newcomers_first(first: date, last: date, *rest: Any) -> None:
        returns(first, last, *rest)
        purchase_marks.mark_cohorts(days=[first, last], at=NOW)

    monkeypatch.setattr(purchases, "_make_returns", newcomers_first)
    with pytest.raises(OperationalError, match="deadlock"):
        make_both(monkeypatch)
