"""Events travel up through this outbox. Recording is part of the producer's transaction; delivering is part of the consumer's.

Each event gets one delivery row per subscriber, so state lies in rows and never in a bookmark: a bookmark ("last id seen")
skips events whose transactions commit late. Database effects of a subscriber happen exactly once, whatever the broker does.
See docs/algorithms/outbox.md.
"""

import json
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from celery.exceptions import SoftTimeLimitExceeded
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from config.kernel import connections, doorbell, pruning
from config.kernel.errors import Conflict
from config.kernel.models import OutboxDelivery, OutboxEvent, User

log = logging.getLogger(__name__)

# About two hours of pauses in all, the last of them an hour long.
MOST_ATTEMPTS = 12
# While one attempt runs nobody else may begin another; a dead worker's delivery comes back after this.
LEASE = timedelta(seconds=60)
LONGEST_PAUSE = timedelta(hours=1)
KEPT = timedelta(days=30)
DOORBELL_SECONDS = 60.0


class AlreadyHandled(Conflict):
    code = "delivery_handled"


class OutsideTransaction(RuntimeError):
    """An event may only be recorded in the transaction that makes it true."""


@dataclass(frozen=True)
class Event:
    """Base of every event: a past-tense fact of primitives only. Bump `version` when a field changes its meaning."""

    topic: ClassVar[str]
    version: ClassVar[int] = 1


@dataclass(frozen=True)
class Subscriber:
    name: str
    handle: Callable[..., object]


_subscribers: dict[str, dict[str, Subscriber]] = {}


def subscribe(event: type[Event], *, name: str) -> Callable[[Callable[..., object]], Callable[..., object]]:
    """Declares `handle(payload, *, at)` as a consumer of `event`. `name` is kept in rows: renaming takes two releases."""

    def declare(handle: Callable[..., object]) -> Callable[..., object]:
        _subscribers.setdefault(event.topic, {})[name] = Subscriber(name, handle)
        return handle

    return declare


# By hand, because every order records some. A row can say which event it became only by the key it was given beforehand.
_RECORD = """
    WITH event AS (
        SELECT nextval('kernel_outboxevent_id_seq') AS id, told.*
        FROM ROWS FROM (
            jsonb_to_recordset(%(events)s::jsonb) AS (topic text, version int, payload jsonb, subscribers text[])
        ) WITH ORDINALITY AS told (topic, version, payload, subscribers, number)
    ), recorded AS (
        INSERT INTO kernel_outboxevent (id, topic, version, payload, recorded_at) OVERRIDING SYSTEM VALUE
        SELECT id, topic, version, payload, %(at)s::timestamptz FROM event ORDER BY number
    )
    INSERT INTO kernel_outboxdelivery (event_id, subscriber, state, attempts, next_attempt_at, last_error)
    SELECT event.id, one.subscriber, 'PENDING', 0, %(at)s::timestamptz, ''
    FROM event, unnest(event.subscribers) AS one (subscriber)
    ORDER BY event.id, one.subscriber
"""


def record(*events: Event, at: datetime) -> None:
    """Writes the events and their deliveries in the present transaction; refuses to work outside one."""
    if not transaction.get_connection().in_atomic_block:
        raise OutsideTransaction(", ".join(event.topic for event in events))
    told = [
        {
            "topic": event.topic,
            "version": event.version,
            "payload": vars(event),
            "subscribers": list(_subscribers.get(event.topic, ())),
        }
        for event in events
    ]
    with connection.cursor() as cursor:
        cursor.execute(_RECORD, {"events": json.dumps(told, cls=DjangoJSONEncoder), "at": at})
    if any(one["subscribers"] for one in told):
        transaction.on_commit(_ring, robust=True)


def _ring() -> None:
    """Tells a worker that something is due. Losing the message costs at most the minute until the next sweep.

    After that minute it is worth nothing: a worker that comes back after hours need not go through all of them.
    """
    doorbell.ring("kernel.deliver_now", expires=DOORBELL_SECONDS)


@dataclass(frozen=True)
class Delivered:
    handled: int
    failed: int


def deliver_due(*, at: datetime, most: int = 500, seconds: float = 45) -> Delivered:
    """Delivers what is due at `at`, oldest first, each delivery in a transaction of its own.

    `at` is the moment of the whole round, and leases are counted from it: a round begins nothing more after `seconds`, so that
    a lease it gives is not over before the attempt begins. What is left is due for the next doorbell or sweep.
    """
    handled = failed = 0
    until = time.monotonic() + seconds
    while handled + failed < most and time.monotonic() < until:
        claimed = _claim(at)
        if claimed is None:
            break
        if claimed.state == OutboxDelivery.State.PENDING and _attempt(claimed, at):
            handled += 1
        else:
            failed += 1
    return Delivered(handled, failed)


def _claim(at: datetime) -> OutboxDelivery | None:
    """Counts the attempt and commits it before trying: a delivery that kills its worker is parked too, in the end.

    None when nothing is due; a delivery just parked comes back as such, so that the others are still looked at.
    """
    with transaction.atomic():
        delivery = (
            OutboxDelivery.objects.select_for_update(skip_locked=True, no_key=True)
            .filter(state=OutboxDelivery.State.PENDING, next_attempt_at__lte=at)
            .order_by("next_attempt_at", "id")
            .first()
        )
        if delivery is None:
            return None
        if delivery.attempts >= MOST_ATTEMPTS:
            # Every attempt took its worker down before it could report a failure.
            delivery.state = OutboxDelivery.State.PARKED
            delivery.last_error = "The worker died in each attempt."
            delivery.save(update_fields=["state", "last_error"])
            return delivery
        delivery.attempts += 1
        delivery.next_attempt_at = at + LEASE
        delivery.save(update_fields=["attempts", "next_attempt_at"])
        return delivery


def _attempt(claimed: OutboxDelivery, at: datetime) -> bool:
    try:
        with transaction.atomic():
            # The claim may have outlived its lease: whoever counted last is the one to go on.
            delivery = (
                OutboxDelivery.objects.select_for_update(of=("self",), no_key=True)
                .select_related("event")
                .get(pk=claimed.pk, state=OutboxDelivery.State.PENDING, attempts=claimed.attempts)
            )
            subscriber = _subscribers[delivery.event.topic][delivery.subscriber]
            subscriber.handle(delivery.event.payload, at=at)
            delivery.state = OutboxDelivery.State.HANDLED
            delivery.handled_at = at
            delivery.last_error = ""
            delivery.save(update_fields=["state", "handled_at", "last_error"])
    except OutboxDelivery.DoesNotExist:
        return True
    except SoftTimeLimitExceeded:
        # The round's time is over, which is no fault of this delivery: it is due again when its lease ends.
        raise
    except Exception as error:
        log.warning("delivery %s to %s failed: %s", claimed.pk, claimed.subscriber, type(error).__name__)
        _postpone(claimed, error, at)
        return False
    return True


def pause(attempts: int, jitter: int) -> timedelta:
    """5 s, 10 s, 20 s ... up to an hour, spread by up to a quarter so that failures do not come back in step."""
    whole = min(timedelta(seconds=5 * 2 ** (attempts - 1)), LONGEST_PAUSE)
    return whole + whole * (jitter % 16) / 64


def _postpone(claimed: OutboxDelivery, error: Exception, at: datetime) -> None:
    connections.replace_if_broken()
    parked = claimed.attempts >= MOST_ATTEMPTS
    OutboxDelivery.objects.filter(
        pk=claimed.pk, state=OutboxDelivery.State.PENDING, attempts=claimed.attempts
    ).update(
        state=OutboxDelivery.State.PARKED if parked else OutboxDelivery.State.PENDING,
        next_attempt_at=at + pause(claimed.attempts, claimed.pk),
        last_error=f"{type(error).__name__}: {error}"[:2000],
    )  # fmt: skip


def retry(*, delivery_ids: Sequence[int], actor: User | None, at: datetime) -> int:
    """Makes parked and waiting deliveries due now, with all their attempts before them, and tells how many.

    Raises `AlreadyHandled` when none of them still waits.
    """
    due = (
        OutboxDelivery.objects.filter(pk__in=delivery_ids)
        .exclude(state=OutboxDelivery.State.HANDLED)
        .update(state=OutboxDelivery.State.PENDING, attempts=0, next_attempt_at=at)
    )
    if not due:
        raise AlreadyHandled(_("This event was handled meanwhile."))
    log.info("%s deliveries made due again by user %s", due, actor.pk if actor else None)
    return due


def prune(*, at: datetime, batch: int = pruning.BATCH) -> int:
    """Deletes events recorded more than a month ago whose deliveries are all handled."""
    old = OutboxEvent.objects.filter(recorded_at__lt=at - KEPT).exclude(
        deliveries__state__in=[OutboxDelivery.State.PENDING, OutboxDelivery.State.PARKED]
    )
    return pruning.drop(old, batch=batch)
