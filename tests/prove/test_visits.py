"""Clicks of two real shops, told late and out of order: the visits found in them are those of a count in plain Python.

The count reads the files, and of the product no more than the number a visitor is stored by. The first file has moments and
orders, and SKUs that no catalog knows; the second has categories, but tells no time of day: its clicks are spread over the day
by a fixed rule, across midnight too.
"""

import random
import sys
import time
import uuid
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from analytics.behaviour.reading import visitor_key
from analytics.models import Event, EventSource, Visit, VisitDay
from analytics.operations import event_figures, event_months, visits
from analytics.queries import visit_recount
from inventory.models import Category, Product, Variant
from tests.analytics.events.builders import a_source, told
from tests.orders.importing.files import data
from tests.prove.clicks import HALF_AN_HOUR, SEOUL, Click, across_midnight, eshop, retailrocket

pytestmark = [pytest.mark.prove, pytest.mark.django_db]

# What is told in one go: a client keeps what it could not tell for days, not for months.
SPELL = timedelta(days=10)
LATE = 0.05


# --- telling them


def furnish(clicks: list[Click]) -> None:
    """A catalog of what has a category; everything else stays unknown."""
    categories = {
        one: Category.objects.create(name=one, code=f"c-{one}") for one in sorted({c.category for c in clicks}) if one
    }
    for sku, category in sorted({(one.sku, one.category) for one in clicks if one.category}):
        Variant.objects.create(
            product=Product.objects.create(name=sku, category=categories[category]), sku=sku, list_price=10, cost=5
        )


def tell(source: EventSource, clicks: list[Click], at: datetime) -> int:
    """One batch for each visitor, visitors in any order and their clicks too."""
    dice = random.Random(3)  # noqa: S311
    theirs: dict[str, list[Click]] = defaultdict(list)
    for click in clicks:
        theirs[click.visitor].append(click)
    visitors = sorted(theirs)
    dice.shuffle(visitors)
    stored = 0
    for visitor in visitors:
        dice.shuffle(theirs[visitor])
        for first in range(0, len(theirs[visitor]), 400):
            events = [an_event(click) for click in theirs[visitor][first : first + 400]]
            taken = told(source, {"consent": True, "visitor": visitor, "events": events}, at=at)
            assert taken.quarantined == 0
            stored += taken.stored
    return stored


def an_event(click: Click) -> dict[str, Any]:
    properties = {"order": click.order} if click.order else {"sku": click.sku}
    return {"id": str(uuid.uuid4()), "at": click.at.isoformat(), "kind": click.kind, "properties": properties}


# --- counting by hand


def counted(clicks: list[Click]) -> set[tuple[Any, ...]]:
    by_day: dict[tuple[str, date], list[Click]] = defaultdict(list)
    for click in clicks:
        by_day[click.visitor, click.at.astimezone(SEOUL).date()].append(click)
    found = set()
    for (visitor, day), theirs in by_day.items():
        theirs.sort(key=lambda one: one.at)
        start = 0
        for end in range(1, len(theirs) + 1):
            if end == len(theirs) or (theirs[end].at - theirs[end - 1].at).total_seconds() >= HALF_AN_HOUR:
                found.add((visitor_key(visitor), day, *one_visit(theirs[start:end])))
                start = end
    return found


def one_visit(clicks: list[Click]) -> tuple[Any, ...]:
    first: dict[str, datetime] = {}
    for click in clicks:
        first.setdefault(click.kind, click.at)
    views = [click for click in clicks if click.kind == "product_viewed"]
    compared = None
    for number, click in enumerate(views):
        so_far = views[: number + 1]
        alike = {one.sku for one in so_far if click.category and one.category == click.category}
        if len(alike) >= 2 or len({one.sku for one in so_far}) >= 3:
            compared = click.at
            break
    return (
        clicks[0].at.astimezone(UTC),
        clicks[-1].at.astimezone(UTC),
        len(clicks),
        len({one.sku for one in views}),
        sum(one.kind == "product_added" for one in clicks),
        first.get("product_viewed"),
        compared,
        first.get("product_added"),
        first.get("order_completed"),
        frozenset(one.order for one in clicks if one.order),
    )


def stored() -> set[tuple[Any, ...]]:
    rows = Visit.objects.values_list(
        "visitor", "day", "started_at", "ended_at", "events", "products", "added", "viewed_at", "compared_at", "decided_at",
        "ordered_at", "orders",
    )  # fmt: skip
    return {(*row[:-1], frozenset(row[-1])) for row in rows}


def agree(clicks: list[Click]) -> int:
    """How many visits there are, which both counts must say, of each the same."""
    assert stored() == counted(clicks)
    return Visit.objects.count()


def made(at: datetime) -> int:
    while event_figures.count_due().hours:
        pass
    days = visits.rebuild_due(at=at, seconds=10_000).days
    assert not VisitDay.objects.filter(state=VisitDay.State.DIRTY).exists()
    return days


@pytest.mark.parametrize(
    ("reader", "pattern", "events"),
    [
        (retailrocket, "retailrocket_sample/*.csv.gz", 5_169),
        (eshop, "eshop_clickstream_2008/*.csv.gz", 116_095),
    ],
)
def test_visits_of_a_real_shop_are_those_of_a_count_by_hand(reader: Any, pattern: str, events: int) -> None:
    clicks = [click for file in data(pattern) for click in reader(file)]
    assert len(clicks) == events
    furnish(clicks)
    source, dice = a_source(), random.Random(5)  # noqa: S311
    begins, ends = min(one.at for one in clicks), max(one.at for one in clicks)
    event_months.make(first=begins.date(), last=ends.date())
    late = [one for one in clicks if dice.random() < LATE]
    held_back = set(map(id, late))
    in_time = [one for one in clicks if id(one) not in held_back]

    at, told_so_far = begins, 0
    while at <= ends:
        spell = [one for one in in_time if at <= one.at < at + SPELL]
        told_so_far += tell(source, spell, at + SPELL)
        at += SPELL
    assert told_so_far == len(in_time)
    began = time.monotonic()
    days = made(ends)
    seconds = time.monotonic() - began
    before = agree(in_time)

    at = begins
    while at <= ends:
        tell(source, [one for one in late if at <= one.at < at + SPELL], at + SPELL + timedelta(days=15))
        at += SPELL
    days_again = made(ends + timedelta(days=30))
    after = agree(clicks)

    assert Event.objects.count() == events
    for day in VisitDay.objects.values_list("day", flat=True):
        assert visit_recount.differences(day) == []
    # Whoever was there at midnight, and at the end of a month, is in two visits.
    midnights = sum(1 for _ in across_midnight(clicks))
    months = sum(1 for day in across_midnight(clicks) if (day + timedelta(days=1)).day == 1)
    reached = Visit.objects.all()
    sys.stdout.write(
        f"\n{pattern}: {events} events, {len(late)} of them late; {before} visits without these on {days} days in "
        f"{seconds:.1f} s, {after} with them ({days_again} days made again), as many by hand; "
        f"{midnights} go through midnight in Seoul, {months} of these into another month; "
        f"compared {reached.exclude(compared_at=None).count()}, decided {reached.exclude(decided_at=None).count()}, "
        f"ordered {reached.exclude(ordered_at=None).count()}\n"
    )
    assert midnights > 0
