"""The months events lie in: made ahead, forgotten in part, dropped when their time is over.

The role that runs the shop may do none of this by itself; three functions of the database do it for it, and nothing else.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import connection

from analytics.models import EventBatch, KnownVisitor, QuarantinedEvent
from config.kernel import pruning

AHEAD = 3
# What could not be read may hold anything, personal data too.
QUARANTINE_KEPT = timedelta(days=30)
# Batches tell of the quality of a source; a year can be compared with the one before.
BATCHES_KEPT = timedelta(days=400)


@dataclass(frozen=True)
class Kept:
    made: int
    dropped: int
    forgotten: int


def make(*, first: date, last: date) -> int:
    """Makes the months from that of `first` to that of `last`, and tells how many were not there yet."""
    made = 0
    month = first.replace(day=1)
    while month <= last:
        made += _call("analytics_make_event_month", month)
        month = (month + timedelta(days=32)).replace(day=1)
    return made


def keep(*, at: datetime) -> Kept:
    """Makes the coming months, takes the customer off events whose time as personal data is over, drops what is too old."""
    today = at.date()
    made = make(first=today - timedelta(days=31), last=today + timedelta(days=31 * AHEAD))
    forget_before = at - timedelta(days=settings.EVENTS_PERSONAL_DAYS)
    forgotten = _call("analytics_forget_customers", forget_before)
    pruning.drop(KnownVisitor.objects.filter(first_at__lt=forget_before))
    pruning.drop(QuarantinedEvent.objects.filter(received_at__lt=at - QUARANTINE_KEPT))
    pruning.drop(EventBatch.objects.filter(received_at__lt=at - BATCHES_KEPT, is_pending=False))
    dropped = _call("analytics_drop_event_months", today - timedelta(days=settings.EVENTS_KEPT_DAYS))
    return Kept(made, dropped, forgotten)


def _call(function: str, given: date | datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [given])
        return int(cursor.fetchone()[0])
