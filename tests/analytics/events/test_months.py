"""The months events lie in."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from analytics.models import Event, KnownVisitor
from analytics.operations import event_months
from tests.analytics.events.builders import a_batch, a_source, an_event, told
from tests.builders import AT, a_customer

pytestmark = pytest.mark.django_db


def _where() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT tableoid::regclass::text FROM analytics_event")
        return {name for (name,) in cursor.fetchall()}


def test_events_lie_in_the_month_of_the_clients_time() -> None:
    event_months.make(first=date(2026, 11, 3), last=date(2026, 12, 31))
    told(a_source(), a_batch(an_event(at=AT)))
    assert _where() == {"analytics_event_2026_11"}


def test_a_month_made_late_takes_its_strays_along() -> None:
    told(a_source(), a_batch(an_event(at=AT), an_event(at=datetime(2031, 5, 1, tzinfo=UTC))))
    assert _where() == {"analytics_event_stray"}
    assert event_months.make(first=AT.date(), last=AT.date()) == 1
    assert _where() == {"analytics_event_2026_11", "analytics_event_stray"}
    assert Event.objects.count() == 2


def test_making_months_again_changes_nothing() -> None:
    event_months.make(first=AT.date(), last=AT.date())
    assert event_months.make(first=AT.date(), last=AT.date()) == 0


def test_events_forget_their_customer_and_then_go() -> None:
    a_customer(external_id="c-7")
    event_months.make(first=AT.date(), last=AT.date())
    told(a_source(), a_batch(an_event(at=AT), customer="c-7"))
    event_months.keep(at=AT + timedelta(days=399))
    assert Event.objects.filter(customer_id__isnull=False).exists()
    event_months.keep(at=AT + timedelta(days=401))
    assert not Event.objects.filter(customer_id__isnull=False).exists()
    assert not KnownVisitor.objects.exists()
    assert Event.objects.exists()
    event_months.drop(at=AT + timedelta(days=760 + 31))
    assert not Event.objects.exists()
