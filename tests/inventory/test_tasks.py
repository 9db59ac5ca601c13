"""Inventory's jobs, called as a worker calls them: each is one operation and safe to run twice."""

from datetime import datetime

import pytest

from config.celery import SCHEDULE
from config.kernel import jobs
from inventory.models import StockLevel
from inventory.operations import reservations
from inventory.operations.ledger import Document
from inventory.tasks import BalancesDiffer
from tests.builders import a_stocked_variant

pytestmark = pytest.mark.django_db


def run(name: str, at: datetime) -> jobs.Done:
    return jobs.known()[name].body(at=at)


def test_what_is_due_is_released_once_and_orders_are_left_alone(at: datetime) -> None:
    cup = a_stocked_variant(10)
    for kind in ("BASKET", "ORDER"):
        reservations.reserve(document=Document(kind, "1"), demand={cup.pk: 2}, at=at, expires_at=at)

    assert [run("inventory.expire_reservations", at).rows for _ in range(2)] == [1, 0]
    assert StockLevel.objects.get().reserved == 2


@pytest.mark.breaks_promises("a balance is written past the ledger")
def test_the_nightly_recount_fails_loudly_naming_the_sku(at: datetime) -> None:
    cup = a_stocked_variant(10)
    assert run("inventory.audit_stock", at).summary == {"differences": 0}
    StockLevel.objects.update(on_hand=9)

    with pytest.raises(BalancesDiffer, match=cup.sku):
        run("inventory.audit_stock", at)


def test_both_are_on_the_schedule() -> None:
    assert {"inventory.expire_reservations", "inventory.audit_stock"} <= {entry.task for entry in SCHEDULE}
