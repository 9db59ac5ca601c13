"""The second half of I9, that stored figures are what a recount from the source gives, cell by cell, and shoppers' visits too;
and I16, that each shopper's event that was acknowledged is there once.
"""

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.db.models import Max

from analytics import stores
from analytics.behaviour.reading import LATEST as TOLD_LATEST
from analytics.behaviour.trending import WINDOW
from analytics.models import EventCopy, RollupState
from analytics.operations import event_lending
from analytics.operations.event_months import BATCHES_KEPT
from analytics.queries import (
    attribution_recount,
    demand_recount,
    event_recount,
    interest_recount,
    purchase_recount,
    recount,
    rhythm_recount,
    visit_recount,
)
from config.kernel import (
    shop,
)
from config.kernel.invariants import Violation, invariant

# Few days are recounted all; of many, the latest ones and some others, other ones each night.
ALL = 40
LATEST = 14
# Of days with events, of which there may be millions, these.
LATEST_OF_EVENTS = 3
PURCHASES_RECOUNTED = 30
SOME_OF_EVENTS = 4
# So much later than it happened an event may be told, and so much longer than it is kept its month may last.
LATE = TOLD_LATEST + timedelta(days=31)


def sample(days: list[date], at: datetime) -> list[date]:
    """Which of these days, in order, are recounted at `at`."""
    if len(days) <= ALL:
        return days
    chosen = random.Random(at.toordinal()).sample(days[:-LATEST], ALL - LATEST)  # noqa: S311  a sample, no secret
    return sorted(chosen) + days[-LATEST:]


@invariant("I9")
def figures_equal_their_recount(at: datetime) -> Iterator[Violation]:
    clean = RollupState.objects.filter(state=RollupState.State.CLEAN).order_by("day").values_list("day", flat=True)
    for day in sample(list(clean), at):
        for cell in recount.differences(day):
            yield Violation(
                "I9", f"{cell.rollup} of {day}: {cell.key}", f"{cell.column} is {cell.stored}, recounted {cell.recounted}"
            )


@invariant("I9")
def the_hours_add_up_to_the_skus(at: datetime) -> Iterator[Violation]:
    for day, column, hours, skus in recount.disagreements():
        yield Violation("I9", f"figures of {day}", f"{column}: {hours} by hour, {skus} by SKU")


def sample_of_events(days: list[date], at: datetime) -> list[date]:
    """Which of these days, in order, are recounted event by event at `at`."""
    before = days[:-LATEST_OF_EVENTS]
    chosen = random.Random(at.toordinal()).sample(before, min(SOME_OF_EVENTS, len(before)))  # noqa: S311  no secret
    return sorted(chosen) + days[-LATEST_OF_EVENTS:]


def _kept() -> timedelta:
    """For how long both batches and events are kept whole: events go by the month of the client's clock."""
    return min(BATCHES_KEPT, stores.kept_in_database()) - timedelta(days=1)


def _receipts(days: list[date]) -> list[date]:
    """Those, of days of receipt, of which no event has left the database: events leave by when they happened."""
    last = EventCopy.objects.filter(left_at__isnull=False).aggregate(last=Max("day"))["last"]
    return days if last is None else [day for day in days if day > last + TOLD_LATEST + timedelta(days=1)]


def _receipts_kept() -> timedelta:
    """For how long batches and all that they told are kept."""
    return max(min(_kept(), stores.kept_in_database() - LATE), timedelta(days=1))


@invariant("I9")
def hours_equal_their_recount(at: datetime) -> Iterator[Violation]:
    for day in sample_of_events(event_recount.days_with_figures(at=at, kept=_kept()), at):
        for one in event_recount.miscounted(day):
            yield Violation("I9", one.subject, f"stored {one.said}, recounted {one.counted}")


@invariant("I9")
def interest_by_hour_equals_its_recount(at: datetime) -> Iterator[Violation]:
    """Of the days that ranking looks back to, the latest, and one other each night."""
    days = [shop.day(at) - timedelta(days=number) for number in range(WINDOW.days)]
    for day in (*days[:2], random.Random(at.toordinal()).choice(days[2:])):  # noqa: S311  no secret
        for one in event_recount.misturned(day):
            yield Violation("I9", one.subject, f"stored {one.said}, recounted {one.counted}")


@invariant("I16")
def each_acknowledged_event_is_there_once(at: datetime) -> Iterator[Violation]:
    for day in sample_of_events(_receipts(event_recount.days_with_batches(at=at, kept=_receipts_kept())), at):
        for one in event_recount.unacknowledged(day):
            yield Violation("I16", one.subject, f"acknowledged {one.said}, stored {one.counted}")


def _readable(days: list[date]) -> list[date]:
    """Those whose events can be read now: the audit of everything else does not end where the second store is away."""
    left = event_lending.left_among(days)
    return [day for day in days if day not in left] if left and not stores.answers() else days


@invariant("I9")
def hours_of_left_days_equal_their_recount(at: datetime) -> Iterator[Violation]:
    """Of days whose events lie in the second store alone."""
    left = EventCopy.objects.filter(left_at__isnull=False).order_by("day").values_list("day", flat=True)
    for day in _readable(sample_of_events(list(left), at)):
        with event_lending.lent(day):
            found = list(event_recount.miscounted(day))
        for one in found:
            yield Violation("I9", one.subject, f"stored {one.said}, recounted {one.counted}")


@invariant("I16")
def copied_days_are_the_same_in_both(at: datetime) -> Iterator[Violation]:
    """As the last comparison found them: it speaks with the second store, and the audit need not."""
    for copy in EventCopy.objects.filter(is_equal=False).order_by("day"):
        yield Violation("I16", f"events of {copy.day}", "the second store holds other events than it was sent")


@invariant("I9")
def visits_equal_their_recount(at: datetime) -> Iterator[Violation]:
    for day in _readable(sample_of_events(visit_recount.clean_days(), at)):
        with event_lending.lent(day):
            cells = visit_recount.differences(day, chance=at.toordinal())
        for cell in cells:
            yield Violation(
                "I9",
                f"visit of {cell.visitor} at {cell.started_at.isoformat()}",
                f"{cell.column} is {cell.stored}, recounted {cell.recounted}",
            )


@invariant("I9")
def purchases_equal_their_recount(at: datetime) -> Iterator[Violation]:
    """Those of the last weeks: what older days were made from may have been forgotten or dropped since."""
    oldest = shop.day(at) - timedelta(days=PURCHASES_RECOUNTED)
    days = [day for day in purchase_recount.clean_days() if day >= oldest]
    cohorts = [day for day in purchase_recount.clean_cohorts() if day >= oldest]
    cells = [cell for day in sample_of_events(days, at) for cell in purchase_recount.differences(day)]
    cells += [cell for day in sample_of_events(cohorts, at) for cell in purchase_recount.cohort_differences(day)]
    for cell in cells:
        yield Violation(
            "I9", f"{cell.table} of {cell.day}: {cell.key}", f"{cell.column} is {cell.stored}, recounted {cell.recounted}"
        )


@invariant("I9")
def figures_of_visits_equal_their_recount(at: datetime) -> Iterator[Violation]:
    for day in _readable(sample_of_events(visit_recount.clean_days(), at)):
        with event_lending.lent(day):
            cells = interest_recount.differences(day)
        for cell in cells:
            yield Violation(
                "I9", f"{cell.rollup} of {day}: {cell.key}", f"{cell.column} is {cell.stored}, recounted {cell.recounted}"
            )


@invariant("I9")
def rhythm_equals_its_recount(at: datetime) -> Iterator[Violation]:
    for cell in rhythm_recount.differences(at=at, chance=at.toordinal()):
        yield Violation(
            "I9", f"rhythm of customer {cell.customer}", f"{cell.column} is {cell.stored}, recounted {cell.recounted}"
        )


@invariant("I9")
def days_of_batches_equal_their_recount(at: datetime) -> Iterator[Violation]:
    for day in sample_of_events(event_recount.days_with_batches(at=at, kept=_kept()), at):
        for one in event_recount.missummed(day):
            yield Violation("I9", one.subject, f"stored {one.said}, recounted {one.counted}")


@invariant("I9")
def origins_equal_their_recount(at: datetime) -> Iterator[Violation]:
    for day in sample_of_events(attribution_recount.clean_days(), at):
        for cell in attribution_recount.differences(day, chance=at.toordinal()):
            yield Violation("I9", f"{cell.subject} of {day}", f"{cell.column} is {cell.stored}, recounted {cell.recounted}")


@invariant("I9")
def demand_equals_its_recount(at: datetime) -> Iterator[Violation]:
    for day in sample_of_events(demand_recount.clean_days(), at):
        for cell in demand_recount.differences(day):
            yield Violation(
                "I9", f"demand of {day}, {cell.subject}", f"{cell.column} is {cell.stored}, recounted {cell.recounted}"
            )
