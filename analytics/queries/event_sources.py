"""What each source of events has told lately."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

LATELY = timedelta(hours=24)
# A source that has been silent for longer is called silent, whenever it spoke last.
LOOKED_BACK = timedelta(days=31)


@dataclass(frozen=True)
class Heard:
    """`events` of the last 24 hours. `last_at` is the last moment; of a source silent since then only its hour is told."""

    events: int = 0
    last_at: datetime | None = None


# Batches of a day are few against those of a month, whose hours are counted already.
_HEARD = """
    WITH batches AS (
        SELECT source_id, sum(stored) AS events, max(received_at) FILTER (WHERE stored > 0) AS last_at
        FROM analytics_eventbatch WHERE received_at >= %(lately)s AND received_at <= %(at)s GROUP BY source_id
    ),
    hours AS (
        SELECT source_id, max(hour) AS last_at
        FROM analytics_hourlyevents WHERE hour >= %(since)s AND hour <= %(at)s GROUP BY source_id
    )
    SELECT source_id, coalesce(b.events, 0)::bigint, coalesce(b.last_at, h.last_at)
    FROM batches AS b FULL JOIN hours AS h USING (source_id)
"""


def heard(*, at: datetime) -> dict[int, Heard]:
    """By source; one that is not named has told nothing for a month."""
    with connection.cursor() as cursor:
        cursor.execute(_HEARD, {"at": at, "lately": at - LATELY, "since": at - LOOKED_BACK})
        return {source_id: Heard(events, last_at) for source_id, events, last_at in cursor.fetchall()}
