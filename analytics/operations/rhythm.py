"""Reads the rhythm of customers each night: whoever something new is known of, and whoever's own day has come.

Each chunk of customers is replaced in a transaction of its own; a run that was killed left whole customers, and the next one
looks back to the last run that came to its end. See docs/algorithms/rhythm.md.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice

from django.db import connection, transaction
from django.db.models import Count, Q

from analytics import closing
from analytics.models import BuyerType, BuyerTypeChange, BuyerTypeCount, CustomerRhythm, RhythmRun, Visit
from analytics.operations import buyer_types, locks
from analytics.queries import rhythm_sources
from analytics.rhythm import buyers, reading
from analytics.rhythm.buyers import Standing
from analytics.rhythm.reading import Rhythm, Shop, Story
from campaigns.models import Segment
from campaigns.operations import segments
from config.kernel import shop

# Customers who are read and written together.
AT_ONCE = 5_000
# Time alone changes whether visits fail to come, and makes old ones be forgotten: who has visits is read this often, whether
# there is news or not.
REVIEW_AFTER = timedelta(days=7)
# Somebody is due only if the cycle is this sure.
DUE_FROM_CONFIDENCE = 0.6
RUNS_KEPT = timedelta(days=90)

# Code, name and what it says of the segments this keeps. Their names are the shop's from then on.
SEGMENTS = {
    "immediate-buyers": ("즉각 반응형 고객", "보고 바로 구매하는 고객입니다. 매일 밤 다시 정해집니다."),
    "deliberate-buyers": ("심사 숙고형 고객", "여러 번 비교한 뒤 구매하는 고객입니다. 매일 밤 다시 정해집니다."),
    "repeating-buyers": ("반복 패턴형 고객", "일정한 간격으로 구매하는 고객입니다. 매일 밤 다시 정해집니다."),
    "interest-declines": ("관심 감소 고객", "평소보다 눈에 띄게 덜 찾아오는 고객입니다. 매일 밤 다시 정해집니다."),
    "due-to-buy-again": ("재구매 시기 고객", "구매 주기로 보아 지금 다시 살 때인 고객입니다. 매일 밤 다시 정해집니다."),
}
_MEMBERS = {
    "immediate-buyers": Q(buyer_type=BuyerType.IMMEDIATE),
    "deliberate-buyers": Q(buyer_type=BuyerType.DELIBERATE),
    "repeating-buyers": Q(buyer_type=BuyerType.REPEATING),
    "interest-declines": Q(declines=True),
    "due-to-buy-again": Q(is_due=True),
}

# Who is due follows from dates that were written before: only rows whose answer is another one are touched.
_SETTLE_DUE = """
    UPDATE analytics_customerrhythm SET is_due = NOT is_due
    WHERE is_due <> (due_from IS NOT NULL AND cycle_confidence >= %(sure)s AND %(today)s BETWEEN due_from AND due_until)
        AND (is_due OR due_from <= %(today)s)
"""


@dataclass(frozen=True)
class Read:
    customers: int = 0
    changed_types: int = 0
    seconds: float = 0.0


def refresh(*, at: datetime) -> Read:
    """Reads whom something new is known of since the last run that ended, and tells the segments. Safe to repeat."""
    last = RhythmRun.objects.filter(ended_at__isnull=False).order_by("-pk").first()
    return _run(since=last.began_at if last else None, at=at)


def rebuild(*, at: datetime) -> Read:
    """Reads every customer anew. What staff said, and the history of types, stay."""
    return _run(since=None, at=at)


def alone() -> None:
    """Nobody's rhythm is read until the present transaction ends. To be asked for before any row is locked."""
    locks.alone(locks.Lock.RHYTHM)


def read_again(*, visited: date, at: datetime) -> None:
    """Whoever visited on this day is read by the next run: to be called before the visits of the day forget whose they were."""
    today = shop.day(at)
    late = Q(review_on__isnull=True) | Q(review_on__gt=today)
    theirs = Visit.objects.filter(day=visited, customer__isnull=False).values("customer")
    CustomerRhythm.objects.filter(late, pk__in=theirs).update(review_on=today)


def _run(*, since: datetime | None, at: datetime) -> Read:
    began = time.monotonic()
    on = closing.last_closed(at, shop.zone())
    found = rhythm_sources.compared_with(on=on, at=at)
    run = RhythmRun.objects.create(
        as_of=on,
        began_at=at,
        usual_hours=list(found.usual.hours),
        usual_weekdays=list(found.usual.weekdays),
        price_thirds=list(found.thirds or ()),
        left_out=sorted(found.left_out),
    )
    customers = rhythm_sources.changed(since=since, on=on)
    read = changed = 0
    while some := list(islice(customers, AT_ONCE)):
        changed += _read(run, found, some, at)
        read += len(some)
    _finish(run, read, at)
    return Read(read, changed, time.monotonic() - began)


@transaction.atomic
def _read(run: RhythmRun, found: Shop, customers: Sequence[int], at: datetime) -> int:
    """Replaces what is known of these customers; how many became another type."""
    alone()
    # Whoever was erased since they were chosen has no rhythm any more.
    customers = rhythm_sources.known(customers)
    told = rhythm_sources.stories(customers, on=run.as_of, at=at)
    # Held until the end, so that what staff say meanwhile is said of the type they then see.
    before = {one.pk: one for one in CustomerRhythm.objects.select_for_update(no_key=True).filter(pk__in=customers)}
    rows, history = [], []
    for customer, story in told.items():
        former = before.get(customer)
        if former is None and not story.orders and not story.visits:
            continue
        rhythm = reading.read(story, found, run.as_of)
        row = _row(customer, run, story, rhythm, _standing(former))
        rows.append(row)
        was = former.settled_type if former else BuyerType.UNKNOWN
        if was != row.settled_type:
            said = former.said_type if former else None
            history += [] if said else [_change(row, was, at)]
    CustomerRhythm.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["customer"], update_fields=_READ_FIELDS, batch_size=1_000
    )
    BuyerTypeChange.objects.bulk_create(history, batch_size=1_000)
    return len(history)


def _standing(row: CustomerRhythm | None) -> Standing:
    if row is None:
        return Standing()
    return Standing(
        buyers.BuyerType(row.settled_type),
        row.settled_since,
        buyers.BuyerType(row.candidate_type) if row.candidate_type else None,
        row.candidate_since,
    )


def _row(customer: int, run: RhythmRun, story: Story, rhythm: Rhythm, standing: Standing) -> CustomerRhythm:
    cycle, declining = rhythm.cycle, rhythm.decline
    settled = buyers.settle(standing, rhythm.verdict, run.as_of)
    return CustomerRhythm(
        customer_id=customer,
        run=run,
        read_on=run.as_of,
        review_on=run.as_of + REVIEW_AFTER if story.visits else None,
        orders=len(story.orders),
        visits=len(story.visits),
        last_bought_on=max((one.day for one in story.orders), default=None),
        cycle_days=cycle.days if cycle else None,
        cycle_confidence=cycle.confidence if cycle else None,
        expected_on=cycle.expected_on if cycle else None,
        due_from=cycle.due_from if cycle else None,
        due_until=cycle.due_until if cycle else None,
        hour=rhythm.preference.hour,
        weekday=rhythm.preference.weekday,
        is_own_slot=rhythm.preference.is_own,
        decline_score=declining.score if declining else None,
        declines=declining is not None and declining.declines,
        found_type=rhythm.verdict.type.value,
        found_confidence=rhythm.verdict.confidence,
        settled_type=settled.type.value,
        settled_since=settled.since,
        candidate_type=settled.candidate.value if settled.candidate else "",
        candidate_since=settled.candidate_since,
        why=rhythm.why(),
    )


def _change(row: CustomerRhythm, former: str, at: datetime) -> BuyerTypeChange:
    return BuyerTypeChange(
        customer_id=row.pk,
        former=former,
        buyer_type=row.settled_type,
        cause=BuyerTypeChange.Cause.RULES,
        why=row.why["type"],
        changed_at=at,
    )


_READ_FIELDS = [
    *("run", "read_on", "review_on", "orders", "visits", "last_bought_on", "cycle_days", "cycle_confidence", "expected_on"),
    *("due_from", "due_until", "hour", "weekday", "is_own_slot", "decline_score", "declines", "found_type"),
    *("found_confidence", "settled_type", "settled_since", "candidate_type", "candidate_since", "why"),
]


@transaction.atomic
def _finish(run: RhythmRun, read: int, at: datetime) -> None:
    """Who is due today, the day's counts, the segments; then the run has come to its end."""
    today = shop.day(at)
    alone()
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE_DUE, {"sure": DUE_FROM_CONFIDENCE, "today": today})
    _count(run.as_of)
    buyer_types.ensure_playbooks()
    _tell_segments(at)
    run.ended_at, run.customers = at, read
    run.save(update_fields=["ended_at", "customers"])
    used = CustomerRhythm.objects.values("run_id")
    RhythmRun.objects.filter(began_at__lt=at - RUNS_KEPT).exclude(pk__in=used).delete()


def _count(day: date) -> None:
    sums = CustomerRhythm.objects.values("buyer_type").annotate(
        customers=Count("pk"), due=Count("pk", filter=Q(is_due=True)), declining=Count("pk", filter=Q(declines=True))
    )
    counted = {kind: found for kind, *found in sums.values_list("buyer_type", "customers", "due", "declining")}
    BuyerTypeCount.objects.filter(day=day).delete()
    for kind in BuyerType.values:
        customers, due, declining = counted.get(kind, (0, 0, 0))
        BuyerTypeCount.objects.create(day=day, buyer_type=kind, customers=customers, due=due, declining=declining)


def _tell_segments(at: datetime) -> None:
    for code, (name, description) in SEGMENTS.items():
        segment: Segment = segments.ensure(code=code, name=name, description=description)
        members = list(CustomerRhythm.objects.filter(_MEMBERS[code]).values_list("pk", flat=True))
        segments.replace_members(segment_id=segment.pk, customer_ids=members, actor=None, at=at)
