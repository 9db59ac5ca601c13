"""Sums up what each source sent on a closed business day of receipt: a day is replaced as a whole from its batches.

A day that is not summed up is read from its batches, so whoever writes a batch of a day that is over unmakes that day.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import connection, transaction

from analytics import closing
from analytics.models import DailyBatches, EventBatch, EventSource
from analytics.queries import event_quality
from config.kernel import shop

# Advisory locks of this class are those of days of receipt; the second key is the day's ordinal number.
_LOCK_CLASS = 5_210
# Whoever took a batch in on the last moment of a day may be held up for a while.
TRAILING_DAYS = 2


def sum_up(*, at: datetime, anew: bool = False) -> int:
    """Makes the closed days that are not made, or all of them, and the latest ones in any case. Tells how many these were."""
    first = EventBatch.objects.order_by("id").values_list("received_at", flat=True).first()
    if first is None:
        return 0
    last = closing.last_closed(at, shop.zone())
    wanted = closing.days(shop.day(first), last)
    made = set() if anew else event_quality.made_days(first=shop.day(first), last=last - timedelta(days=TRAILING_DAYS))
    due = [day for day in wanted if day not in made]
    for day in due:
        _sum_up(day)
    return len(due)


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
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK_CLASS, day.toordinal()])
