"""How a batch of events gets from the request to the database: straight, or by way of Kafka (`EVENTS_TRANSPORT`).

Either way a 202 is given only for what is durable. See docs/algorithms/events.md.
"""

from dataclasses import dataclass

from django.conf import settings

from analytics.behaviour.wire import Received, packed
from analytics.operations import ingest
from analytics.operations.ingest import Taken

DATABASE, KAFKA = "database", "kafka"


@dataclass(frozen=True)
class HandedOver:
    """`taken` is known where the batch is in the database already; else `queued` events wait to be stored."""

    taken: Taken
    queued: int = 0


def hand_over(received: Received) -> HandedOver:
    """Returns once the batch is durable. Raises `Unavailable` where it cannot be made so now; nothing of it is kept then, or
    all of it, and the same batch may be sent again.
    """
    if settings.EVENTS_TRANSPORT == KAFKA:
        # Only where it is chosen: the default install does not have its library.
        from analytics.transport import kafka

        kafka.publish(packed(received))
        return HandedOver(Taken(0, 0, len(received.batch.refused)), queued=len(received.batch.rows))
    return HandedOver(ingest.take_all([received])[0])
