"""The pages of transfers: buyers plan and decide, the warehouse ships, receives and closes."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from config.kernel.models import JobRun
from config.kernel.roles import Role
from inventory.models import Lane, StockLevel, StockMovement, TransferOrder, TransferProposal, Variant, Warehouse
from inventory.operations import balancing, transfers
from inventory.operations.transfers import Wanted
from inventory.queries import transfers as queries
from tests.builders import a_policy, a_variant, a_warehouse, shipped, stocked
from tests.inventory.admin.pages import address, lines, press, someone, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def busan() -> Warehouse:
    return a_warehouse("busan", name="부산 남부센터")


@pytest.fixture
def draft(cup: Variant, warehouse: Warehouse, busan: Warehouse, at: datetime) -> TransferOrder:
    return transfers.draft(
        from_warehouse_id=warehouse.pk, to_warehouse_id=busan.pk, lines=[Wanted(cup.pk, 6)], reason="보충", actor=None, at=at
    )


@pytest.fixture
def proposal(warehouse: Warehouse, busan: Warehouse, at: datetime) -> TransferProposal:
    lane = Lane.objects.create(from_warehouse=warehouse, to_warehouse=busan, days=2, cost_per_unit=300)
    bowl = a_variant(sku="BOWL", list_price=22_000, cost=5_432)
    for place, units in ((warehouse, 100), (busan, 20)):
        a_policy(bowl, place)
        stocked(bowl, place, units)
        shipped(bowl, place, 19, at)
    return TransferProposal.objects.create(
        variant=bowl, lane=lane, quantity=7, gain=70_000, as_of=at,
        explanation={
            "rule": "balance 1", "method": "PROGRAM", "horizon": 21, "days": 2, "lot": 1, "keeps_days": 14,
            "margin": "14568.00", "saved": "75000.00", "risked": "2900.00", "cost": "2100.00", "gain": "70000.00",
            "shipment_cost": "25000.00", "shipment_units": 7,
            "from": {"free": 81, "incoming": 0, "keep": 0, "demand": 7.1, "cover_before": 239.6, "cover_after": 218.9},
            "to": {"free": 1, "incoming": 0, "keep": 0, "demand": 7.1, "cover_before": 3.0, "cover_after": 23.7},
        },
    )  # fmt: skip


def act(client: Client, order: TransferOrder, button: str, **values: Any) -> Any:
    """Pressed on the page as it is now."""
    return press(client, order, button, seen=queries.version(TransferOrder.objects.get(pk=order.pk)), **values)


def line(order: TransferOrder) -> str:
    return f"line-{order.lines.get().pk}"


def test_the_buyer_drafts_and_the_warehouse_ships_and_receives_short_and_closes(
    cup: Variant, warehouse: Warehouse, busan: Warehouse
) -> None:
    buyer, mover = someone(Role.BUYER), someone(Role.WAREHOUSE)
    typed = {"from_warehouse": warehouse.pk, "to_warehouse": busan.pk, "reason": "보충"}
    assert buyer.post(address(TransferOrder, "add"), typed | lines({"variant": cup.pk, "quantity": 6})).status_code == 302
    order = TransferOrder.objects.get()

    act(mover, order, "ship", **{line(order): "6", "expected_on": ""})
    assert StockLevel.objects.get(variant=cup, warehouse=warehouse).on_hand == 4
    act(mover, order, "receive", **{line(order): "4"})
    order.refresh_from_db()
    assert order.state == TransferOrder.State.PARTLY_RECEIVED
    act(mover, order, "close", reason="운송 중 파손")

    order.refresh_from_db()
    assert order.state == TransferOrder.State.CLOSED
    assert [one.quantity for one in StockMovement.objects.filter(kind="WRITE_OFF")] == [-2]


def test_more_than_is_in_transit_is_refused_on_the_form(draft: TransferOrder, owner: Client, at: datetime) -> None:
    transfers.ship(number=draft.number, actor=None, at=at)

    answer = act(owner, draft, "receive", **{line(draft): "7"})

    assert answer.context["form"].errors


def test_who_may_do_what(draft: TransferOrder, proposal: TransferProposal) -> None:
    buyer, mover, viewer = someone(Role.BUYER), someone(Role.WAREHOUSE), someone(Role.VIEWER)

    def offered(client: Client, row: Any) -> set[str]:
        page = client.get(address(type(row), "change", row.pk))
        return {one["url"].split("/")[-2] for one in page.context["operation_buttons"]}

    assert (offered(buyer, draft), offered(mover, draft), offered(viewer, draft)) == ({"cancel"}, {"ship"}, set())
    assert offered(buyer, proposal) == {"approve", "override", "dismiss"}
    assert mover.get(address(TransferProposal)).status_code == 403
    assert press(mover, proposal, "approve", reason="x").status_code == 403


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_page_opens(draft: TransferOrder, proposal: TransferProposal, owner: Client, language: str, at: datetime) -> None:
    owner.cookies["django_language"] = language
    transfers.ship(number=draft.number, actor=None, at=at)
    transfers.receive(number=draft.number, quantities={"CUP-WHITE": 2}, actor=None, at=at)

    for row in (draft, proposal, proposal.lane):
        assert owner.get(address(type(row))).status_code == 200
        assert owner.get(address(type(row), "change", row.pk)).status_code == 200
        assert owner.get(address(type(row), "add")).status_code in (200, 403)
    packing = owner.get(address(TransferOrder, "packing", draft.pk))
    assert "CUP-WHITE" in packing.content.decode()
    warehouses = owner.get(address(Warehouse)).content.decode()
    assert "20,000" in warehouses, "four cups at five thousand are in transit"


def test_a_document_of_a_transfer_is_found_by_its_number(draft: TransferOrder, owner: Client, at: datetime) -> None:
    transfers.ship(number=draft.number, actor=None, at=at)
    receipt = transfers.receive(number=draft.number, quantities={"CUP-WHITE": 2}, actor=None, at=at)
    closed = transfers.close(number=draft.number, reason="분실", actor=None, at=at)
    loss = closed.timeline.get(kind="CLOSED").details["loss"]

    for number in (draft.number, receipt.number, loss):
        page = owner.get(address(TransferOrder), {"q": number})
        assert [one.pk for one in page.context["cl"].result_list] == [draft.pk]


def test_a_loss_beyond_the_limit_of_counts_is_not_written_off_by_one_alone(
    draft: TransferOrder, owner: Client, at: datetime, settings: Any
) -> None:
    settings.STOCK_COUNT_LIMIT = Decimal(1)
    gone = transfers.ship(number=draft.number, actor=None, at=at)
    values = {"reason": "분실", "seen": queries.version(gone)}

    refused = press(someone(Role.WAREHOUSE), gone, "close", **values)

    assert "혼자 결정할 수 있는 금액" in told(refused)
    press(owner, gone, "close", **values)
    gone.refresh_from_db()
    assert gone.state == TransferOrder.State.CLOSED


def test_proposals_are_changed_undone_dismissed_and_approved(proposal: TransferProposal, owner: Client) -> None:
    press(owner, proposal, "override", quantity="5", reason="차가 작음")
    proposal.refresh_from_db()
    assert proposal.units == 5
    press(owner, proposal, "undo")
    press(owner, proposal, "dismiss", reason="행사")
    proposal.refresh_from_db()
    assert (proposal.units, proposal.state) == (7, "DISMISSED")
    press(owner, proposal, "undo")

    answer = press(owner, proposal, "approve", reason="재고 균형")

    order = TransferOrder.objects.get()
    assert order.number in told(answer)
    assert (order.state, order.is_proposed, order.reason) == ("DRAFT", True, "재고 균형")


def test_several_are_approved_at_once_with_one_reason(proposal: TransferProposal, owner: Client) -> None:
    asked = {"action": "approve_selected", "_selected_action": [proposal.pk]}
    assert owner.post(address(TransferProposal), asked).context["chosen"] == [proposal.pk]

    owner.post(address(TransferProposal), asked | {"apply": "1", "reason": "재고 균형"})

    assert TransferOrder.objects.get().lines.get().quantity == 7


def test_the_proposals_can_be_asked_for(owner: Client) -> None:
    page = reverse("admin:inventory_transferproposal_propose")
    assert owner.get(page).status_code == 200

    owner.post(page)

    assert JobRun.objects.filter(name="inventory.propose_transfers").exists()


def test_the_job_runs(proposal: TransferProposal, at: datetime) -> None:
    assert balancing.propose(at=at).superseded == 1


def test_a_lane_leads_somewhere_else(owner: Client, warehouse: Warehouse) -> None:
    typed = {
        "from_warehouse": warehouse.pk, "to_warehouse": warehouse.pk, "is_active": "on", "days": 1, "cost_per_unit": 0,
        "cost_per_shipment": 0, "lot": 1, "cover_days": 14,
    }  # fmt: skip
    answer = owner.post(address(Lane, "add"), typed)

    assert answer.status_code == 200
    assert not Lane.objects.exists()
