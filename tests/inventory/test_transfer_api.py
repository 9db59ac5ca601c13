"""Transfers over HTTP: shipped and received once for each key, and bad input named."""

from datetime import datetime
from typing import Any

import pytest
from rest_framework.test import APIClient

from config.kernel import clock, tokens
from config.kernel.models import TokenScope
from inventory.models import StockLevel, TransferOrder, Variant, Warehouse
from inventory.operations import transfers
from inventory.operations.transfers import Wanted
from tests.builders import a_stocked_variant, a_warehouse

pytestmark = pytest.mark.django_db


@pytest.fixture
def partner() -> APIClient:
    token = tokens.issue(account="scanner", scopes=[TokenScope.Scope.INTEGRATION], actor=None, at=clock.now())
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    return client


@pytest.fixture
def near() -> Warehouse:
    return a_warehouse("near")


@pytest.fixture
def cup(near: Warehouse) -> Variant:
    return a_stocked_variant(10, near, sku="CUP")


@pytest.fixture
def draft(cup: Variant, near: Warehouse, at: datetime) -> TransferOrder:
    return transfers.draft(
        from_warehouse_id=near.pk, to_warehouse_id=a_warehouse("far").pk, lines=[Wanted(cup.pk, 6)], reason="보충", actor=None,
        at=at,
    )  # fmt: skip


def send(client: APIClient, order: TransferOrder, deed: str, units: int, key: str, sku: str = "CUP") -> Any:
    body = {"lines": [{"sku": sku, "quantity": units}]}
    return client.post(f"/api/v1/transfers/{order.number}/{deed}/", body, format="json", headers={"idempotency-key": key})


def test_a_transfer_is_shipped_and_received_once_for_each_key(partner: APIClient, draft: TransferOrder, cup: Variant) -> None:
    left = send(partner, draft, "ship", 6, "a")
    assert (left.status_code, left.json()["state"]) == (200, "SHIPPED")
    assert left.json()["lines"][0]["in_transit"] == 6
    assert send(partner, draft, "ship", 6, "a").json() == left.json()
    assert send(partner, draft, "ship", 6, "b").json()["code"] == "transition_refused"

    for _ in range(2):
        came = send(partner, draft, "receive", 4, "c")
        assert (came.status_code, came.json()["lines"]) == (201, [{"sku": "CUP", "quantity": 4}])

    assert StockLevel.objects.get(variant=cup, warehouse__code="far").on_hand == 4
    told = partner.get(f"/api/v1/transfers/{draft.number}/").json()
    assert (told["state"], told["lines"][0]["in_transit"], len(told["receipts"])) == ("PARTLY_RECEIVED", 2, 1)
    assert [one["number"] for one in partner.get("/api/v1/transfers/?state=PARTLY_RECEIVED").json()["results"]] == [
        draft.number
    ]


def test_what_does_not_fit_is_refused_by_name(partner: APIClient, draft: TransferOrder) -> None:
    assert send(partner, draft, "ship", 1, "a", sku="CUP-X").json()["code"] == "transfer_invalid"
    send(partner, draft, "ship", 6, "b")
    more = send(partner, draft, "receive", 7, "c")
    assert (more.status_code, more.json()["code"]) == (422, "more_than_shipped")
