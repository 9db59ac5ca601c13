"""Eleven deeds of the shop killed at every point it passes: each statement, each COMMIT sent, each COMMIT answered (F14)."""

from collections.abc import Iterator

import pytest

from config.kernel import invariants
from tests import services as run_services
from tests.concurrency import deaths
from tests.probe.doomed import Doomed, waiting

pytestmark = [pytest.mark.prove, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def doomed(django_db_setup: None) -> Iterator[Doomed]:
    assert run_services.services is not None
    with waiting(run_services.services) as parent:
        yield parent


@pytest.mark.parametrize("name", deaths.DEEDS)
def test_killed_at_every_point_it_is_whole_or_nothing_and_done_once(doomed: Doomed, name: str) -> None:
    deed = deaths.DEEDS[name]
    known = deaths.calm(doomed, deed)

    found = deaths.all_faults(doomed, deed, known)

    print(f"{name}: killed at {len(known.points)} points, {len(found)} faults")
    assert found == []
    assert invariants.check_all(at=deaths.LONG_AGO) == []
