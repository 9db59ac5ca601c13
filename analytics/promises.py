"""The second half of I9: the stored figures of a closed day are what a recount from the source gives, cell by cell; and so
are the visits of a day.
"""

import random
from collections.abc import Iterator
from datetime import date, datetime

from analytics.models import RollupState
from analytics.queries import recount, visit_recount
from config.kernel.invariants import Violation, invariant

# Few days are recounted all; of many, the latest ones and some others, other ones each night.
ALL = 40
LATEST = 14
# Visits are counted in Python, event by event: the latest days and some others, other ones each night.
LATEST_OF_VISITS = 3
SOME_OF_VISITS = 4


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


@invariant("I9")
def visits_equal_their_recount(at: datetime) -> Iterator[Violation]:
    days, chance = visit_recount.clean_days(), at.toordinal()
    before = days[:-LATEST_OF_VISITS]
    some = random.Random(chance).sample(before, min(SOME_OF_VISITS, len(before)))  # noqa: S311  a sample, no secret
    for day in sorted(some) + days[-LATEST_OF_VISITS:]:
        for cell in visit_recount.differences(day, chance=chance):
            yield Violation(
                "I9",
                f"visit of {cell.visitor} at {cell.started_at.isoformat()}",
                f"{cell.column} is {cell.stored}, recounted {cell.recounted}",
            )
