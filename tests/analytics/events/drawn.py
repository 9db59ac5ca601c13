"""Events of every kind and sort of traffic, drawn by chance around midnights and a month's end."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from analytics import closing
from analytics.behaviour.kinds import BUILT_IN, numbers
from analytics.models import Event
from tests import builders
from tests.analytics.builders import SEOUL
from tests.analytics.events.builders import a_source

# Around a month's end, which in Seoul comes nine hours before that of the partitions.
FIRST, LAST = date(2026, 10, 29), date(2026, 11, 3)
DAYS = closing.days(FIRST, LAST)
KINDS = [kind.number for kind in BUILT_IN]


def draw(number: int, *, seed: int = 7, skus: int = 6) -> list[Event]:
    """Events near midnights, months' ends and anywhere, of shoppers, bots and own people, with and without visitors."""
    dice = random.Random(seed)  # noqa: S311
    source = a_source()
    variants = [builders.a_variant().pk for _ in range(skus)]
    edges = [datetime(day.year, day.month, day.day, tzinfo=SEOUL) for day in DAYS[1:]] + [datetime(2026, 11, 1, tzinfo=UTC)]
    rows = []
    for _ in range(number):
        if dice.random() < 0.4:
            at = dice.choice(edges) + timedelta(microseconds=dice.choice([-1, 0, 1, dice.randrange(-5_000_000, 5_000_000)]))
        else:
            at = datetime(2026, 10, 28, 15, tzinfo=UTC) + timedelta(microseconds=dice.randrange(6 * 86_400_000_000))
        kind = dice.choice(KINDS)
        said: dict[str, Any] | None = {"path": "/가방\\'\t\"\n", "query": "운동화 'NB\\t"} if dice.random() < 0.5 else None
        if kind in numbers("product_added") and dice.random() < 0.7:
            said = {"quantity": dice.randrange(1, 9)}
        if kind in numbers("order_completed"):
            said = {"order": f"o-{dice.randrange(99)}"}
        if kind in numbers("dwelled"):
            said = {"path": "/", "seconds": 1.5}
        rows.append(
            Event(
                id=UUID(int=dice.getrandbits(128)), client_at=at - timedelta(microseconds=dice.randrange(3)), occurred_at=at,
                received_at=at + timedelta(seconds=dice.randrange(90_000)),
                visitor=dice.choice([None, *range(-20, 20)]),
                customer_id=None, variant_id=dice.choice([None, *variants]), source_id=source.pk, kind=kind,
                traffic=dice.choice([0, 0, 0, 0, 1, 2]), properties=said,
            )
        )  # fmt: skip
    return Event.objects.bulk_create(rows)
