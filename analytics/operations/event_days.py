"""Sums up what each source sent on a closed business day of receipt: a day is replaced as a whole from its batches.

A day that is not summed up is read from its batches, so whoever writes a batch of a day that is over unmakes that day.
"""

import logging
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import DataError, transaction

from analytics import closing
from analytics.models import DailyBatches, EventBatch, EventSource
from analytics.operations import locks
from analytics.queries import event_quality
from config.kernel import shop

log = logging.getLogger(__name__)

# Whoever took a batch in on the last moment of a day may be held up for a while.
TRAILING_DAYS = 2


def sum_up(*, at: datetime, anew: bool = False) -> int:
    """Makes the closed days that are not made, or all of them, and the latest ones in any case. Tells how many were made."""
    first = EventBatch.objects.order_by("id").values_list("received_at", flat=True).first()
    if first is None:
        return 0
    last = closing.last_closed(at, shop.zone())
    wanted = closing.days(shop.day(first), last)
    made = set() if anew else event_quality.made_days(first=shop.day(first), last=last - timedelta(days=TRAILING_DAYS))
    done = 0
    for day in wanted:
        if day in made:
            continue
        try:
            _sum_up(day)
            done += 1
        except DataError:
            # It is read from its batches as long as it is not made, and the others are made whatever it holds.
            log.exception("what was sent on %s cannot be summed up", day)
    return done


def unmake(*, days: Iterable[date]) -> None:
    """To be called in the transaction that writes batches of these days. What is summed up meanwhile does not last."""
    for day in sorted(set(days)):
        _one_at_a_time(day)
        DailyBatches.objects.filter(day=day).delete()


@transaction.atomic
def _sum_up(day: date) -> None:
    _one_at_a_time(day)
    DailyBatches.objects.filter(day=day).delete()
    found = event_quality.received(day, day)
    DailyBatches.objects.bulk_create(
        DailyBatches(day=day, source_id=source_id, **found.get((source_id, day), event_quality.NOTHING))
        for source_id in EventSource.objects.order_by("pk").values_list("pk", flat=True)
    )


def _one_at_a_time(day: date) -> None:
    locks.days_alone(locks.Lock.RECEIPT_DAYS, [day])
