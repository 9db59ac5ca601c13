"""Empties the topic of shoppers' events into the database, until it is told to stop."""

import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from analytics import transport
from config.kernel import clock
from config.kernel.management.refusing import OperationCommand


class Command(OperationCommand):
    help = "Stores the events that wait in Kafka. Runs for ever; as many may run as the topic has partitions."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--most", type=int, default=500, help="Messages in one transaction (default: %(default)s).")
        parser.add_argument("--until-empty", action="store_true", help="Stop when nothing waits any more.")

    def handle(self, *args: Any, most: int, until_empty: bool, **options: Any) -> None:
        if settings.EVENTS_TRANSPORT != transport.KAFKA:
            raise CommandError("EVENTS_TRANSPORT is not kafka: events reach the database straight.")
        from analytics.transport import kafka

        stopping = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        drain = kafka.Drain()
        done = kafka.Drained()
        try:
            while not stopping.is_set():
                found = drain.once(at=clock.now(), most=most)
                done += found
                if until_empty and not found.messages and drain.is_empty():
                    break
        finally:
            drain.close()
        self.stdout.write(f"{done.events} events in {done.messages} messages, {done.unread} that cannot be stored.")
