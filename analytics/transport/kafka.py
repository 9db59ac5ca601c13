"""Batches by way of a Kafka topic: published with every replica's acknowledgement, drained many at a time.

The place in the topic is noted in Kafka only after the transaction that stored the batches; a drainer that dies in between gets
them again, and they are stored once, for each event knows its own id.
"""

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer
from django.conf import settings
from django.db import DataError, IntegrityError
from django.utils.translation import gettext_lazy as _

from analytics.behaviour.wire import Told, Unreadable, unpacked
from analytics.operations import draining
from config.kernel.errors import DomainError
from config.kernel.waits import Unavailable

log = logging.getLogger(__name__)

ACKNOWLEDGED_WITHIN = 10.0  # seconds; the client waits, and sends again after a 503
GROUP = "shop-events"
# Bytes of the largest message a request can lead to: its million, each written as two where it must be escaped, and 500 events
# kept apart with 4,000 characters each, escaped as well, and what is said of them. The topics must take as much.
LARGEST = 8_000_000
# Messages nobody can read or store go here, whole, for somebody to look at.
UNREAD = ".unread"


class TooLarge(DomainError):
    """Kafka takes no message of this size; sent again, it would be refused again."""

    code = "too_large"
    status = 413


_making = threading.Lock()
_producer: Producer | None = None


def publish(message: bytes) -> None:
    """Returns when all in-sync replicas have the message; raises `Unavailable` when that is not known in time, `TooLarge` when
    that will never be.
    """
    answers: list[KafkaError | None] = []
    producer = _connected()
    try:
        producer.produce(settings.KAFKA_TOPIC, message, on_delivery=lambda error, _message: answers.append(error))
    except BufferError as error:
        raise Unavailable(_("Events cannot be taken in at the moment.")) from error
    except KafkaException as failure:
        raise _refusal(failure.args[0]) from failure
    deadline = time.monotonic() + ACKNOWLEDGED_WITHIN
    while not answers and time.monotonic() < deadline:
        producer.poll(0.05)
    if not answers or answers[0] is not None:
        raise _refusal(answers[0] if answers else None)


def _refusal(error: KafkaError | None) -> DomainError:
    log.error("a batch of events was not acknowledged: %s", error or "no answer")
    if error is not None and error.code() == KafkaError.MSG_SIZE_TOO_LARGE:
        return TooLarge(_("This batch is too large: send fewer events at once."))
    return Unavailable(_("Events cannot be taken in at the moment."))


def _connected() -> Producer:
    global _producer
    with _making:
        if _producer is None:
            _producer = Producer(
                {
                    "bootstrap.servers": settings.KAFKA_SERVERS,
                    "acks": "all",
                    "enable.idempotence": True,
                    "message.max.bytes": LARGEST,
                    "linger.ms": 2,
                    "compression.type": "lz4",
                    "delivery.timeout.ms": int(ACKNOWLEDGED_WITHIN * 1000),
                }
            )
        return _producer


@dataclass(frozen=True)
class Drained:
    messages: int = 0
    events: int = 0
    unread: int = 0

    def __add__(self, other: "Drained") -> "Drained":
        return Drained(self.messages + other.messages, self.events + other.events, self.unread + other.unread)


class Drain:
    """Takes batches out of the topic and stores them. One of several may run; each has partitions of its own."""

    def __init__(self) -> None:
        self.consumer = Consumer(
            {
                "bootstrap.servers": settings.KAFKA_SERVERS,
                "group.id": GROUP,
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "fetch.message.max.bytes": LARGEST,
                # A transaction may wait for locks; only who is silent for longer loses its partitions to another.
                "max.poll.interval.ms": 300_000,
                # Signs of life are given beside the work: who is killed leaves its partitions to others after so long.
                "session.timeout.ms": 10_000,
                "heartbeat.interval.ms": 3_000,
            }
        )
        self.consumer.subscribe([settings.KAFKA_TOPIC])

    def once(self, *, at: datetime, most: int = 500, patience: float = 1.0) -> Drained:
        """Stores what waits, at most so many messages in one transaction, and notes the place. None waiting: nothing done."""
        messages = [one for one in self.consumer.consume(most, patience) if _is_message(one)]
        if not messages:
            return Drained()
        batches, unread = _read(messages)
        events, refused = _stored(batches, at)
        if unread or refused:
            self._set_aside([*unread, *refused])
        self.consumer.commit(asynchronous=False)
        return Drained(len(messages), events, len(unread) + len(refused))

    def is_empty(self) -> bool:
        """Whether all is noted that this one is given to take. While it still waits to be given something, nothing is."""
        given = self.consumer.assignment()
        if not given:
            return False
        noted = self.consumer.committed(given, timeout=ACKNOWLEDGED_WITHIN)
        ends = [self.consumer.get_watermark_offsets(one, timeout=ACKNOWLEDGED_WITHIN) for one in given]
        return all(max(one.offset, first) >= end for one, (first, end) in zip(noted, ends, strict=True))

    def close(self) -> None:
        self.consumer.close()

    def _set_aside(self, messages: Sequence[Message]) -> None:
        """Before the place is noted: what cannot be stored is lost nowhere."""
        failures: list[KafkaError] = []
        producer = _connected()
        for message in messages:
            log.error("message %s of partition %s cannot be stored", message.offset(), message.partition())
            producer.produce(
                settings.KAFKA_TOPIC + UNREAD,
                message.value(),
                on_delivery=lambda error, _message: failures.append(error) if error else None,
            )
        if producer.flush(ACKNOWLEDGED_WITHIN) or failures:
            raise KafkaException(failures[0] if failures else KafkaError(KafkaError._TIMED_OUT))


def _is_message(message: Message) -> bool:
    error = message.error()
    if error is None:
        return True
    if not error.retriable() and error.code() != KafkaError._PARTITION_EOF:
        raise KafkaException(error)
    return False


def _read(messages: Sequence[Message]) -> tuple[list[tuple[Message, Told]], list[Message]]:
    read, unread = [], []
    for message in messages:
        try:
            read.append((message, unpacked(message.value() or b"")))
        except Unreadable:
            unread.append(message)
    return read, unread


def _stored(batches: Sequence[tuple[Message, Told]], at: datetime) -> tuple[int, list[Message]]:
    """How many events are stored or were before, and the messages that the database refuses whatever is tried."""
    if not batches:
        return 0, []
    try:
        taken = draining.store([told for _message, told in batches], at=at)
    except (DataError, IntegrityError):
        # One of them is at fault: the others are stored without it.
        if len(batches) == 1:
            return 0, [batches[0][0]]
        half = len(batches) // 2
        first, second = _stored(batches[:half], at), _stored(batches[half:], at)
        return first[0] + second[0], first[1] + second[1]
    return sum(one.stored + one.doubled for one in taken), []
