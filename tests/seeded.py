"""A shop with a year of life, for tests that need one: the small demo, made once for a module and gone after it.

    from tests.seeded import UNTIL, seeded_shop  # noqa: F401

    pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("seeded_shop")]

Tests of that module see the shop inside their own rolled-back transactions; `UNTIL` is its present moment.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection, transaction

from orders.operations import seeding
from orders.operations.seeding import SCALES, Seeded

# A Saturday, 19:00 in Seoul.
UNTIL = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def seeded_shop(django_db_setup: None, django_db_blocker: Any) -> Iterator[Seeded]:
    with django_db_blocker.unblock(), transaction.atomic():
        seeded = seeding.seed(scale=SCALES["small"], seed=1, until=UNTIL, at=UNTIL)
        with connection.cursor() as cursor:
            # Nobody else does it for rows that are never committed, and without it joins are planned for empty tables.
            cursor.execute("ANALYZE")
        yield seeded
        transaction.set_rollback(True)
