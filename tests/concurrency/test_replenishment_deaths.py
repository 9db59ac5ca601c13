"""A night that dies in its middle, ten times over: the next one leaves the same open proposals, each once."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from config.kernel import clock, invariants
from inventory.models import Mode, PurchaseOrder, PurchaseOrderLine, ReplenishmentProposal
from inventory.operations import replenishment
from tests import services as run_services
from tests.builders import a_policy, a_supplier, a_variant, a_warehouse, an_offer
from tests.probe.doomed import Doomed, waiting

pytestmark = pytest.mark.django_db(transaction=True)
OPEN = ReplenishmentProposal.State.OPEN


@pytest.fixture(scope="module")
def doomed(django_db_setup: None) -> Iterator[Doomed]:
    assert run_services.services is not None
    with waiting(run_services.services) as parent:
        yield parent


def night(at: str) -> None:
    replenishment.propose(at=datetime.fromisoformat(at))


def needs() -> None:
    """Six SKUs below their minimum, of two suppliers; one is only suggested."""
    store = a_warehouse()
    for supplier in (a_supplier(), a_supplier()):
        for number in range(3):
            variant = a_variant()
            an_offer(variant, supplier, minimum_quantity=6, order_multiple=6)
            a_policy(variant, store, minimum_stock=10 + number, mode=Mode.SUGGEST if number == 2 else "")


def standing() -> list[tuple[Any, ...]]:
    """What is open, and what the drafts hold for it."""
    rows = ReplenishmentProposal.objects.filter(state=OPEN).order_by("variant", "warehouse")
    return list(rows.values_list("variant", "warehouse", "quantity", "is_suggestion", "line__quantity"))


def drafted() -> tuple[int, int]:
    return PurchaseOrder.objects.filter(state="DRAFT").count(), PurchaseOrderLine.objects.count()


def test_killed_ten_times_and_run_ten_times_the_same_proposals_are_open(doomed: Doomed) -> None:
    needs()
    moment = clock.now().isoformat()
    # What a night that lives would leave, as the measure; then it is taken back.
    calm = doomed.run(night, {"at": moment})
    points, measure = calm.points, standing()
    assert len(measure) == 6
    ReplenishmentProposal.objects.all().delete()
    PurchaseOrderLine.objects.all().delete()
    PurchaseOrder.objects.all().update(state=PurchaseOrder.State.CANCELED)
    written = [number for number, point in enumerate(points, 1) if "INSERT" in point or "UPDATE" in point]
    assert len(written) > 3, "not powered: too little is written in the middle"
    # The ten points lie where it matters: from the first write up to the commit that is sent but never answered.
    last = len(points) - 1
    deaths = [written[0] + number * (last - written[0]) // 9 for number in range(10)]

    for die_after in deaths[:-1]:
        assert doomed.run(night, {"at": moment}, die_after=die_after).killed
        assert standing() in ([], measure)
    assert doomed.run(night, {"at": moment}, die_after=deaths[-1]).killed

    for number in range(10):
        later = datetime.fromisoformat(moment) + timedelta(seconds=number)
        doomed.run(night, {"at": later.isoformat()})

        assert standing() == measure
        assert drafted() == (2, 4)
    assert [one for one in invariants.check_all(at=clock.now()) if one.invariant == "I12"] == []


@pytest.mark.breaks_promises("the transaction is taken away")
def test_control_a_night_that_commits_each_statement_leaves_drafts_without_their_proposals(doomed: Doomed) -> None:
    needs()
    moment = clock.now().isoformat()
    points = doomed.run(night, {"at": moment}).points
    lines = next(number for number, point in enumerate(points, 1) if 'INSERT INTO "inventory_purchaseorderline"' in point)
    ReplenishmentProposal.objects.all().delete()
    PurchaseOrderLine.objects.all().delete()
    PurchaseOrder.objects.all().update(state=PurchaseOrder.State.CANCELED)

    doomed.run(night, {"at": moment}, die_after=lines, commits_each_statement=True)

    assert standing() == []
    assert drafted()[1] > 0, "not powered: nothing was half done without the transaction"
