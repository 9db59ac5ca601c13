"""Wherever a process is killed, nothing is left half done, and doing it again does it exactly once (F14).

Here at every point of placing an order, and where the others are about to commit; at every point of each in tests/prove.
"""

from collections.abc import Iterator

import pytest

from config.kernel import invariants
from orders.models import Order
from tests import services as run_services
from tests.concurrency import deaths
from tests.concurrency.deaths import DEEDS
from tests.probe.doomed import Doomed, waiting
from tests.recounting import LONG_AGO

pytestmark = pytest.mark.django_db(transaction=True)
BRIEFLY = [
    "paying",
    "keeping what does not fit",
    "settling",
    "shipping",
    "canceling",
    "receiving goods",
    "delivering events",
    "expiring",
]


@pytest.fixture(scope="module")
def doomed(django_db_setup: None) -> Iterator[Doomed]:
    assert run_services.services is not None
    with waiting(run_services.services) as parent:
        yield parent


def test_placing_may_die_at_every_point_and_the_retry_places_the_order_once(doomed: Doomed) -> None:
    placing = DEEDS["placing"]
    known = deaths.calm(doomed, placing)

    assert known.status == 201
    assert known.uncommitted > 15, "not powered: too few points of an order were seen"
    assert deaths.all_faults(doomed, placing, known) == []
    assert invariants.check_all(at=LONG_AGO) == []


def test_the_others_may_die_before_the_commit_and_before_its_answer(doomed: Doomed) -> None:
    for deed in (DEEDS[name] for name in BRIEFLY):
        known = deaths.calm(doomed, deed)

        assert deaths.faults(doomed, deed, known, [known.uncommitted, known.uncommitted + 1]) == []
    assert invariants.check_all(at=LONG_AGO) == []


@pytest.mark.breaks_promises("the transaction is taken away")
def test_control_a_shop_that_commits_each_statement_leaves_half_an_order(doomed: Doomed) -> None:
    placing = DEEDS["placing"]
    points = deaths.calm(doomed, placing).points
    written = next(number for number, point in enumerate(points, 1) if "INSERT INTO orders_order" in point)

    doomed.run(placing.do, placing.prepare(), die_after=written, commits_each_statement=True)

    broken = {one.invariant for one in invariants.check_all(at=LONG_AGO)}
    assert {"I4", "I7"} <= broken, "not powered: nothing was half done without the transaction"


def test_control_a_retry_under_another_key_places_a_second_order(doomed: Doomed) -> None:
    placing = DEEDS["placing"]

    def without_a_number() -> deaths.Told:
        """Neither a code that a customer uses once, nor a channel's number that is one order, whatever the key."""
        told = placing.prepare()
        body = {name: value for name, value in told["body"].items() if name not in ("codes", "external_number")}
        lines = [line | {"quantity": 1} for line in body["lines"]]
        return told | {"body": body | {"lines": lines, "expected_total": "23000"}}

    points = doomed.run(placing.do, without_a_number()).points
    told = without_a_number()
    deaths.killed(doomed, placing, told, len(points))
    doomed.run(placing.do, told | {"key": "another"})

    assert Order.objects.count() == 3, "not powered: something else than the key kept the second order out"
