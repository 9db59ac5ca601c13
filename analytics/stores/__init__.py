"""Where shoppers' events are asked about: the database, or ClickHouse for what the database no longer holds (`EVENTS_STORE`).

Both answer the same questions with the same definitions, see `values.EventStore`. Batches are taken in, deduplicated and
acknowledged by the database alone. See docs/algorithms/event-store.md.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext as _

from analytics.stores.postgres import PostgresStore
from analytics.stores.values import EventStore
from config.kernel.waits import Unavailable

if TYPE_CHECKING:
    from analytics.stores.clickhouse import ClickHouseStore

DATABASE, CLICKHOUSE = "database", "clickhouse"


def is_second() -> bool:
    """Whether there is a second home for events."""
    return bool(settings.EVENTS_STORE == CLICKHOUSE)


@contextmanager
def second() -> Iterator["ClickHouseStore"]:
    """The second home. Raises `Unavailable` where it does not answer, or where there is none."""
    if not is_second():
        raise Unavailable(_("These events lie in ClickHouse, and EVENTS_STORE does not name it."))
    # Only where it is chosen: the default install does not have its libraries.
    from analytics.stores.clickhouse import ClickHouseStore
    from analytics.stores.engines import opened

    with opened(settings.CLICKHOUSE_URL) as engine:
        yield ClickHouseStore(engine, settings.BUSINESS_TIME_ZONE)


@contextmanager
def holding(day: date, *, has_left: bool) -> Iterator[EventStore]:
    """The store that holds the whole of a business day: the database, unless events of it have left."""
    if not has_left:
        yield PostgresStore()
        return
    with second() as store:
        yield store
