"""Looks each night which hours of the week decide, over the closed days of the last eight weeks."""

from datetime import datetime, timedelta

from django.db import transaction

from analytics import closing
from analytics.models import SlotConversion, SlotRun
from analytics.operations import locks
from analytics.queries import rhythm_sources
from analytics.rhythm import decisive
from config.kernel import shop

WEEKS = 8
KEPT = timedelta(weeks=26)


@transaction.atomic
def find(*, at: datetime) -> SlotRun:
    """Replaces the search of the last closed day. Readers see the former one or this one."""
    locks.alone(locks.Lock.DECISIVE_SLOTS)
    last = closing.last_closed(at, shop.zone())
    first = last - timedelta(weeks=WEEKS) + timedelta(days=1)
    left_out = rhythm_sources.untrusted(first=first, last=last, at=at)
    counted = rhythm_sources.slots(first=first, last=last, left_out=left_out)
    SlotRun.objects.filter(last_on=last).delete()
    SlotRun.objects.filter(last_on__lt=last - KEPT).delete()
    run = SlotRun.objects.create(
        first_on=first,
        last_on=last,
        made_at=at,
        visits=sum(one.visits for one in counted),
        ordered=sum(one.ordered for one in counted),
        left_out=sorted(left_out),
    )
    SlotConversion.objects.bulk_create(
        SlotConversion(
            run=run,
            channel=one.channel,
            weekday=one.weekday,
            hour=one.hour,
            visits=one.visits,
            ordered=one.ordered,
            weeks=one.weeks,
            baseline=one.baseline,
            lift=one.lift,
            without_best_week=one.without_best_week,
            chance=one.chance,
            q=one.q,
            is_decisive=one.is_decisive,
        )
        for one in decisive.slots(counted)
    )
    return run
