"""A Kafka to test against: the cluster that librdkafka brings itself, which lives as long as the process that made it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def cluster(*topics: str) -> Iterator[str]:
    """The address of its one broker, for this process and for others, with these topics in it."""
    from confluent_kafka import Producer

    keeper: Any = Producer({"test.mock.num.brokers": 1, "log_level": 0})
    for topic in topics:
        brokers = keeper.list_topics(topic, timeout=10).brokers.values()
    yield ",".join(f"{one.host}:{one.port}" for one in brokers)
    keeper.flush(0)
