"""The months events lie in."""

from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest
from django.db import DataError, connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from analytics.models import Event, KnownVisitor, QuarantinedEvent
from analytics.operations import event_months
from analytics.operations.event_months import Dropped
from tests import services
from tests.analytics.events.builders import a_batch, a_source, an_event, told
from tests.builders import AT, a_customer
from tests.live import database_url

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


def test_a_month_has_the_keys_and_rules_of_the_whole_and_none_of_its_own() -> None:
    event_months.make(first=AT.date(), last=AT.date())
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT (SELECT count(*) FROM pg_index AS i JOIN pg_inherits AS h ON h.inhrelid = i.indexrelid
                    WHERE i.indrelid = 'analytics_event_2026_11'::regclass),
                (SELECT count(*) FROM pg_index WHERE indrelid = 'analytics_event_2026_11'::regclass),
                (SELECT array_agg(conname::text ORDER BY conname) FROM pg_constraint
                    WHERE conrelid = 'analytics_event_2026_11'::regclass AND contype IN ('c', 'p'))
            """
        )
        assert cursor.fetchone() == (4, 4, ["analytics_event_2026_11_pkey", "event_traffic_known"])


def test_making_months_again_changes_nothing() -> None:
    event_months.make(first=AT.date(), last=AT.date())
    assert event_months.make(first=AT.date(), last=AT.date()) == 0


@override_settings(EVENTS_KEPT_DAYS=60)
def test_an_event_is_kept_from_when_it_happened_whatever_the_clock_of_its_client() -> None:
    """Three clocks: right, two years behind, and two years ahead."""
    years = timedelta(days=730)
    event_months.make(first=(AT - years).date(), last=(AT - years).date())
    event_months.make(first=AT.date(), last=AT.date())
    source = a_source()
    for clock in (timedelta(0), -years, years):
        told(source, a_batch(an_event(at=AT + clock), sent_at=(AT + clock).isoformat()))
    assert Event.objects.filter(occurred_at=AT).count() == 3

    # The month of the clock that is behind goes at once; its event stays.
    assert event_months.drop(at=AT).months == 1
    assert _where() == {"analytics_event_2026_11", "analytics_event_stray"}
    assert Event.objects.filter(occurred_at=AT).count() == 3
    assert told(source, a_batch(an_event(at=AT))).stored == 1

    assert event_months.drop(at=AT + timedelta(days=60)) == Dropped(0, 0, ())
    assert event_months.drop(at=AT + timedelta(days=61)) == Dropped(0, 2, ())
    assert _where() == {"analytics_event_2026_11"}
    # The rest goes with its month.
    assert event_months.drop(at=datetime(2027, 1, 30, tzinfo=UTC)).months == 1
    assert not Event.objects.exists()


def test_one_step_that_fails_holds_up_none_of_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: object) -> int:
        raise DataError("a bad day")

    monkeypatch.setattr(event_months.forgetting, "forget_due", fail)
    told(a_source(), a_batch({"id": "nonsense"}))
    with pytest.raises(event_months.StepsFailed, match="forget: DataError: a bad day"):
        event_months.keep(at=AT + timedelta(days=31))
    assert not QuarantinedEvent.objects.exists()
    assert event_months.make(first=AT.date(), last=(AT + timedelta(days=90)).date()) == 0


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


def test_the_role_that_runs_the_shop_finds_what_is_dropped() -> None:
    """It has no rights to the part of strays, only to the whole: each question of the night is asked once more as that role."""
    if services.services is None or services.services.postgres is None:
        pytest.skip("needs the servers that the run starts itself")
    with CaptureQueriesContext(connection) as asked:
        event_months.drop(at=AT + timedelta(days=61))
    questions = [str(one["sql"]) for one in asked if "FROM analytics_event" in one["sql"]]
    assert any("analytics_event_stray" in one for one in questions)
    url = database_url(services.services.postgres.url("shop_app"), connection.settings_dict["NAME"])
    with psycopg.connect(url.replace("postgres://", "postgresql://"), autocommit=True, options="-c lock_timeout=2s") as session:
        for one in questions:
            session.execute(one.encode())
