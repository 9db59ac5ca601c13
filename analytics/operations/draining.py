"""Stores batches that waited between the request and the database, some of them for longer than their day lasted."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from analytics import closing
from analytics.behaviour.wire import Told
from analytics.operations import event_days, ingest
from analytics.operations.ingest import Taken
from config.kernel import shop


@transaction.atomic
def store(batches: Sequence[Told], *, at: datetime) -> list[Taken]:
    """All of them or none. Days of receipt that are over at `at` are summed up anew."""
    taken = ingest.store(batches)
    # At the end, for it makes other drainers of the same day wait until the commit.
    last = closing.last_closed(at, shop.zone())
    event_days.unmake(days={day for day in (shop.day(one.at) for one in batches) if day <= last})
    return taken
