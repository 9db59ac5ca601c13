"""The months events lie in: made ahead, forgotten in part, dropped when their time is over.

The role that runs the shop may do none of this by itself; three functions of the database do it for it, and nothing else.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import connection, transaction

from analytics.models import EventBatch, QuarantinedEvent
from analytics.operations import visits
from config.kernel import pruning, shop
from config.kernel.business_time import day_period

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
    """Makes the coming months, takes the customer off events and visits whose time as personal data is over, drops what is
    too old. Visits are of whole business days, so both forget from the same midnight.
    """
    today = at.date()
    made = make(first=today - timedelta(days=31), last=today + timedelta(days=31 * AHEAD))
    with transaction.atomic():
        personal_from = visits.personal_from(at)
        forgotten = _call("analytics_forget_customers", day_period(personal_from, shop.zone()).starts_at)
        visits.forget(before=personal_from, at=at)
    pruning.drop(QuarantinedEvent.objects.filter(received_at__lt=at - QUARANTINE_KEPT))
    pruning.drop(EventBatch.objects.filter(received_at__lt=at - BATCHES_KEPT, is_pending=False))
    with transaction.atomic():
        drop_before = today - timedelta(days=settings.EVENTS_KEPT_DAYS)
        visits.mark_before_dropping(before=drop_before, at=at)
        dropped = _call("analytics_drop_event_months", drop_before)
    return Kept(made, dropped, forgotten)


def _call(function: str, given: date | datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [given])
        return int(cursor.fetchone()[0])
