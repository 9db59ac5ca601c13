"""Doorbells: tell a worker that something is due, without ever making anybody wait for the broker.

What is due lies in PostgreSQL and the sweeps find it within a minute, so a doorbell that cannot be rung at once is dropped.
"""

import logging
import time
from typing import Any

from celery import current_app
from kombu.pools import producers

log = logging.getLogger(__name__)

# A dead or frozen broker costs one caller about half a second; the next ones are not kept waiting at all for a while.
IMPATIENT = {"socket_timeout": 0.5, "socket_connect_timeout": 0.5, "max_retries": 0, "connect_retries_timeout": 0.5}
SILENCE_SECONDS = 10.0

_silent_until = 0.0


def ring(task: str, **options: Any) -> bool:
    """Whether the message is on its way. It never raises."""
    global _silent_until
    if time.monotonic() < _silent_until:
        return False
    try:
        connection = current_app.connection(transport_options=IMPATIENT)
        with producers[connection].acquire(block=True, timeout=0.5) as producer:
            current_app.send_task(task, producer=producer, retry=False, ignore_result=True, **options)
    except Exception as error:
        _silent_until = time.monotonic() + SILENCE_SECONDS
        log.warning("doorbell for %s lost, the sweep will find the work: %s", task, type(error).__name__)
        return False
    return True
