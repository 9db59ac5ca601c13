"""How events are counted does not depend on what the statistics knew when nothing waited."""

from datetime import timedelta

import pytest
from django.db import connection

from analytics.models import EventBatch
from analytics.operations import event_figures
from tests.analytics.events.builders import a_batch, a_source, an_event, told
from tests.builders import AT

pytestmark = pytest.mark.django_db
BATCHES = 18_000


def _tell(kept: dict[str, object]) -> None:
    hours = ([AT.replace(minute=0, second=0, microsecond=0) - timedelta(hours=number % 700)] for number in range(BATCHES))
    EventBatch.objects.bulk_create([EventBatch(**{**kept, "hours": one}) for one in hours], batch_size=2_000)


def test_many_batches_are_counted_though_the_statistics_know_of_none() -> None:
    source = a_source()
    told(source, a_batch(an_event(at=AT)), at=AT)
    kept = EventBatch.objects.values().get()
    del kept["id"]
    _tell(kept)
    EventBatch.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE analytics_eventbatch")
        cursor.execute("SELECT reltuples, relpages > 0 FROM pg_class WHERE relname = 'analytics_eventbatch'")
        assert cursor.fetchone() == (0, True)
        cursor.execute("SET LOCAL statement_timeout = '10s'")
    _tell(kept)

    assert event_figures.count_due().hours == 700
