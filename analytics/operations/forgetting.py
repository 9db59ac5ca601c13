"""Takes from events whose they were, when their time as personal data is over: a business day at a time, with its visits.

One day's events and visits forget in one transaction, under the locks of whoever makes that day. Visitors of a day stay apart
from each other under numbers that lead nowhere, so that what is counted of it stays as it was.
"""

import time
from datetime import date, datetime, timedelta

from django.db import DataError, connection, transaction
from django.db.models import F, Q

from analytics import closing, stores
from analytics.behaviour import forgetting
from analytics.behaviour.kinds import FIRST_OWN
from analytics.models import VisitDay
from analytics.operations import attribution_days, event_copies, purchase_keeping, purchase_marks, rhythm, visits
from analytics.queries import event_recount
from config.kernel import shop
from config.kernel.business_time import day_period


def forget_due(*, at: datetime, seconds: float = 600) -> int:
    """Forgets every day whose time is over and of which anything was told since it last forgot, the earliest first; what is
    left after `seconds` is due the next time. Tells how many events forgot.
    """
    before, until, forgotten = visits.personal_from(at), time.monotonic() + seconds, 0
    failed: list[Exception] = []
    # Days that look back beyond it stay as they were made.
    purchase_keeping.keep(before=before)
    attribution_days.keep(before=before)
    for day in _due(before):
        if time.monotonic() >= until:
            break
        try:
            forgotten += _forget_day(day, at)
        except (DataError, *stores.TROUBLE) as error:
            # It stays due, and the others forget whatever it holds, and wherever the rest of it lies.
            failed.append(error)
    visits.forget_known(before=before, at=at)
    if failed:
        raise failed[0]
    return forgotten


def _due(before: date) -> list[date]:
    known = VisitDay.objects.filter(day__lt=before)
    due = set(known.filter(Q(forgotten_marks__isnull=True) | ~Q(forgotten_marks=F("marks"))).values_list("day", flat=True))
    # A day that nobody has ever marked has no state, and may have events all the same.
    first = event_recount.first_moment()
    if first is not None:
        due |= set(closing.days(shop.day(first), before - timedelta(days=1))) - set(known.values_list("day", flat=True))
    return sorted(due)


@transaction.atomic
def _forget_day(day: date, at: datetime) -> int:
    purchase_marks.alone()
    visits.one_at_a_time(day)
    rhythm.read_again(visited=day, at=at)
    # Read before the events are: what is told of this day meanwhile makes it due once more.
    marks = VisitDay.objects.filter(day=day).values_list("marks", flat=True).first() or 0
    period = day_period(day, shop.zone())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT analytics_forget_events(%s, %s, %s::smallint, %s, %s, %s)",
            [
                period.starts_at,
                period.ends_at,
                FIRST_OWN,
                list(forgetting.HIDDEN),
                list(forgetting.RENAMED),
                list(forgetting.KEPT),
            ],
        )
        (forgotten,) = cursor.fetchone()
    purchase_marks.visits_forgotten(before=day + timedelta(days=1))
    # Marks the purchases of this day, too.
    visits.rebuild(days=[day], at=at)
    VisitDay.objects.filter(day=day).update(forgotten_marks=marks)
    if forgotten:
        event_copies.mark(days=[day], at=at)
    return int(forgotten)
