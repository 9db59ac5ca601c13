"""Rounds of background work: many things that are due, each in a transaction of its own, and none in the way of the others.

What somebody else holds is passed by at once and tried again at the end of the round, a little more patiently. So things that
are held for long, however many and however old, cost the others milliseconds and not the round.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

import structlog
from django.db import DatabaseError, connection, transaction

from config.kernel import waits
from config.kernel.errors import DomainError

T = TypeVar("T")
logger = structlog.get_logger(__name__)

# How long to wait for a lock, in milliseconds: at the first try, and at the second.
PASSING_BY, AT_THE_END = 10, 200


@dataclass(frozen=True)
class Round(Generic[T]):
    """What was done; what the next round does, for others held it or the time was over; and what cannot be done."""

    done: int
    left: tuple[T, ...]
    stuck: tuple[T, ...]


def go(things: Iterable[T], act: Callable[[T], bool], *, seconds: float) -> Round[T]:
    """Acts on each until `seconds` have passed. `act` runs in a transaction and tells whether there was anything to do."""
    until = time.monotonic() + seconds
    waiting, done, stuck = list(things), 0, []
    for patience in (PASSING_BY, AT_THE_END):
        left = []
        for place, thing in enumerate(waiting):
            if time.monotonic() >= until:
                left += waiting[place:]
                break
            try:
                done += _act(act, thing, patience)
            except (DatabaseError, DomainError) as error:
                if waits.is_held(error):
                    left.append(thing)
                elif waits.is_away(error):
                    raise
                else:
                    logger.warning("left_undone", thing=str(thing), error=type(error).__name__)
                    stuck.append(thing)
        waiting = left
    return Round(done, tuple(waiting), tuple(stuck))


@transaction.atomic
def _act(act: Callable[[T], bool], thing: T, patience: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{patience}ms"])
    return act(thing)
