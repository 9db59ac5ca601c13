"""Where shoppers' events are asked about: the database, or ClickHouse for what the database no longer holds (`EVENTS_STORE`).

Both answer the same questions with the same definitions, see `values.EventStore`. Batches are taken in, deduplicated and
acknowledged by the database alone. See docs/algorithms/event-store.md.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from analytics.stores.clickhouse import ClickHouseStore
from analytics.stores.engines import EventStoreRefused, opened
from analytics.stores.postgres import PostgresStore
from analytics.stores.values import CopyTorn, EventStore
from config.kernel.waits import Unavailable

log = logging.getLogger(__name__)

DATABASE, CLICKHOUSE = "database", "clickhouse"
# What asking the second home may end with.
TROUBLE = (Unavailable, EventStoreRefused, CopyTorn)


def is_second() -> bool:
    """Whether there is a second home for events."""
    return bool(settings.EVENTS_STORE == CLICKHOUSE)


def kept_in_database() -> timedelta:
    """For how long the database holds events."""
    return timedelta(days=settings.EVENTS_IN_DATABASE_DAYS if is_second() else settings.EVENTS_KEPT_DAYS)


@contextmanager
def second() -> Iterator[ClickHouseStore]:
    """The second home. Raises `Unavailable` where it does not answer, or where there is none."""
    if not is_second():
        raise Unavailable(_("These events lie in ClickHouse, and EVENTS_STORE does not name it."))
    with opened(settings.CLICKHOUSE_URL) as engine:
        yield ClickHouseStore(engine, settings.BUSINESS_TIME_ZONE)


def answers() -> bool:
    """Whether the second home can be asked now. Why it cannot is told by the jobs that copy and compare: they fail."""
    try:
        with second() as store:
            store.make()
    except TROUBLE as trouble:
        log.warning("the second store of events cannot be asked: %s", trouble)
        return False
    return True


@contextmanager
def holding(day: date, *, has_left: bool) -> Iterator[EventStore]:
    """The store that holds the whole of a business day: the database, unless events of it have left."""
    if not has_left:
        yield PostgresStore()
        return
    with second() as store:
        yield store
