"""The pages of the replenishment: who may open and press what, what they tell, and what they cost."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from config.kernel import clock
from config.kernel.models import JobRun
from config.kernel.roles import Role
from inventory.admin.policies import PercentField
from inventory.models import PolicyChange, PurchaseOrder, ReorderPolicy, ReplenishmentProposal, Supplier, Warehouse
from inventory.operations import replenishment
from tests.builders import a_policy, a_product, a_supplier, a_variant, a_warehouse, an_offer, shipped, stocked
from tests.config.kernel.pages import a_client, a_staff_member, foreign_words, text, words_of

pytestmark = pytest.mark.django_db
State = ReplenishmentProposal.State
PROPOSALS = "admin:inventory_replenishmentproposal"
POLICIES = "admin:inventory_reorderpolicy"


@pytest.fixture
def store() -> Warehouse:
    return a_warehouse(name="12")


@pytest.fixture
def supplier() -> Supplier:
    return a_supplier(name="34")


@pytest.fixture
def buyer() -> Client:
    return a_client(a_staff_member("buyer", role=Role.BUYER))


def a_need(store: Warehouse, supplier: Supplier, **values: Any) -> ReplenishmentProposal:
    """A SKU below its minimum, sold out for a while, and the proposal that follows."""
    at = clock.now()
    variant = a_variant(a_product(name="56"), sku=f"78-{ReorderPolicy.objects.count()}")
    an_offer(variant, supplier, order_multiple=6)
    a_policy(variant, store, **{"minimum_stock": 20, **values})
    stocked(variant, store, 30, at - timedelta(days=30))
    for day in range(29, 19, -1):
        shipped(variant, store, 3, at - timedelta(days=day))
    replenishment.propose(at=at)
    return ReplenishmentProposal.objects.get(variant=variant, state=State.OPEN)


def change(proposal: ReplenishmentProposal) -> str:
    return reverse(f"{PROPOSALS}_change", args=[proposal.pk])


def press(proposal: ReplenishmentProposal, button: str) -> str:
    return reverse(f"{PROPOSALS}_press", args=[proposal.pk, button])


# --- who may ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.VIEWER, Role.WAREHOUSE, Role.ANALYST])
def test_others_look_and_change_nothing(role: Role, store: Warehouse, supplier: Supplier) -> None:
    proposal = a_need(store, supplier)
    client = a_client(a_staff_member(role.value, role=role))

    assert client.get(reverse(f"{PROPOSALS}_changelist")).status_code == 200
    assert client.get(reverse(f"{POLICIES}_changelist")).status_code == 200
    assert "operation-buttons" not in text(client.get(change(proposal)))
    assert client.get(press(proposal, "dismiss")).status_code == 403
    assert client.post(press(proposal, "override"), {"quantity": 5, "reason": "x"}).status_code == 403
    assert client.get(reverse(f"{PROPOSALS}_propose")).status_code == 403
    assert client.get(reverse(f"{POLICIES}_add")).status_code == 403


def test_a_proposal_is_never_typed_over(buyer: Client, store: Warehouse, supplier: Supplier) -> None:
    proposal = a_need(store, supplier)

    assert buyer.post(change(proposal), {"quantity": 1}).status_code == 403
    assert buyer.get(reverse(f"{PROPOSALS}_add")).status_code == 403


# --- proposals ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_page_of_a_proposal_tells_every_figure_in_both_languages(
    buyer: Client, store: Warehouse, supplier: Supplier, language: str
) -> None:
    proposal = a_need(store, supplier)
    replenishment.override(proposal_id=proposal.pk, quantity=99, reason="1", actor=None, at=clock.now())
    buyer.cookies["django_language"] = language

    said = words_of(buyer.get(change(proposal)))

    plan = proposal.explanation["plan"]
    for figure in (
        "mean",
        "deviation",
        "expected_demand",
        "safety_factor",
        "safety_stock",
        "reorder_point",
        "target",
        "wanted",
    ):
        assert str(round(plan[figure], 2)) in said, figure
    assert "99 · 1" in said
    about = said[said.index("재고 포지션" if language == "ko" else "Stock position") - 600 :]
    assert foreign_words(about.replace("SKU", "").replace("PO", ""), language) == []


def test_a_buyer_sets_another_quantity_and_takes_it_back(buyer: Client, store: Warehouse, supplier: Supplier) -> None:
    proposal = a_need(store, supplier)
    assert f'value="{proposal.quantity}"' in text(buyer.get(press(proposal, "override")))

    buyer.post(press(proposal, "override"), {"quantity": 90, "reason": "Seollal"})
    proposal.refresh_from_db()
    assert (proposal.units, proposal.override_reason, str(proposal.override_by)) == (90, "Seollal", "buyer")
    entry = LogEntry.objects.get()
    assert entry.object_repr == f"{proposal.variant.sku} · 12"
    assert entry.change_message == f"Set another quantity · {proposal.quantity} → 90 · Seollal"
    assert proposal.line is not None
    order = buyer.get(reverse("admin:inventory_purchaseorder_change", args=[proposal.line.purchase_order_id]))
    assert f'<span>90</span> <span class="quiet">(계산 {proposal.quantity}) · Seollal</span>' in text(order)

    buyer.post(press(proposal, "undo_override"))
    proposal.refresh_from_db()
    assert proposal.override is None
    assert LogEntry.objects.filter(object_id=str(proposal.pk)).count() == 2


@pytest.mark.parametrize("typed", ["10000001", "99999999999"])
def test_a_barcode_in_the_place_of_a_quantity_is_refused_on_the_form(
    buyer: Client, store: Warehouse, supplier: Supplier, typed: str
) -> None:
    proposal = a_need(store, supplier)

    page = buyer.post(press(proposal, "override"), {"quantity": typed, "reason": "Seollal"})

    assert list(page.context["form"].errors) == ["quantity"]
    proposal.refresh_from_db()
    assert proposal.override is None


def test_a_buyer_dismisses_with_a_reason(buyer: Client, store: Warehouse, supplier: Supplier) -> None:
    proposal = a_need(store, supplier)

    refused = buyer.post(press(proposal, "dismiss"), {"reason": ""})
    proposal.refresh_from_db()
    assert (refused.status_code, proposal.state) == (200, State.OPEN)

    buyer.post(press(proposal, "dismiss"), {"reason": "discontinued"})
    proposal.refresh_from_db()
    assert (proposal.state, proposal.reason) == (State.DISMISSED, "discontinued")
    assert "operation-buttons" not in text(buyer.get(change(proposal)))


def test_a_proposal_that_closed_meanwhile_is_refused_in_words(buyer: Client, store: Warehouse, supplier: Supplier) -> None:
    proposal = a_need(store, supplier)
    ReplenishmentProposal.objects.update(state=State.SUPERSEDED)

    answer = buyer.post(press(proposal, "dismiss"), {"reason": "discontinued"}, follow=True)

    assert [message.level_tag for message in answer.context["messages"]] == ["error"]


def test_the_list_narrows_by_state_warehouse_and_supplier(buyer: Client, store: Warehouse, supplier: Supplier) -> None:
    a_need(store, supplier)
    dismissed = a_need(a_warehouse(), a_supplier())
    replenishment.dismiss(proposal_id=dismissed.pk, reason="x", actor=None, at=clock.now())

    def found(**narrowed: Any) -> int:
        page = buyer.get(reverse(f"{PROPOSALS}_changelist"), narrowed)
        return int(page.context["cl"].result_count)

    assert found() == 2
    assert found(state__exact="DISMISSED") == 1
    assert found(warehouse__id__exact=store.pk) == 1
    assert found(offer__supplier__id__exact=supplier.pk) == 1
    assert found(q="78-") == 2


def test_a_buyer_asks_for_a_run_of_an_earlier_day(buyer: Client) -> None:
    address = reverse(f"{PROPOSALS}_propose")
    tomorrow = (clock.now() + timedelta(days=2)).date().isoformat()

    assert "2" in text(buyer.post(address, {"as_of": tomorrow}))
    assert JobRun.objects.count() == 0

    buyer.post(address, {"as_of": "2026-11-02"})
    buyer.post(address, {"as_of": ""})

    runs = JobRun.objects.order_by("id").values_list("name", "arguments", "asked_by__username")
    assert list(runs) == [
        ("inventory.propose_replenishment", {"as_of": "2026-11-02"}, "buyer"),
        ("inventory.propose_replenishment", {}, "buyer"),
    ]


# --- policies -----------------------------------------------------------------------------------------------------------


def test_a_buyer_writes_a_policy_with_the_service_level_in_percent(buyer: Client, store: Warehouse) -> None:
    variant = a_variant()
    typed = {"variant": variant.pk, "warehouse": store.pk, "is_enabled": "on", "review_days": 7, "minimum_stock": 5}

    ways = {"form": "UP_TO", "sizing": "COSTS", "mode": ""}
    buyer.post(reverse(f"{POLICIES}_add"), {**typed, **ways, "service_level": "97.5", "maximum_stock": ""})

    policy = ReorderPolicy.objects.get()
    assert (policy.service_level, policy.maximum_stock) == (Decimal("0.975"), None)

    page = text(buyer.get(reverse(f"{POLICIES}_change", args=[policy.pk])))
    # From now on it changes with a reason only.
    assert ("97.5%" in page, 'name="service_level"' in page) == (True, False)
    buyer.post(
        reverse(f"{POLICIES}_change", args=[policy.pk]),
        {**typed, **ways, "service_level": "60", "review_days": 9, "maximum_stock": ""},
    )
    policy.refresh_from_db()
    assert (policy.service_level, policy.review_days) == (Decimal("0.975"), 9)


@pytest.mark.parametrize(("field", "value"), [("maximum_stock", "4"), ("review_days", "-1")])
def test_a_policy_that_makes_no_sense_is_refused_at_its_field(buyer: Client, store: Warehouse, field: str, value: str) -> None:
    policy = a_policy(a_variant(), store)
    typed = {
        "is_enabled": "on",
        "form": "UP_TO",
        "sizing": "COSTS",
        "review_days": "7",
        "minimum_stock": "5",
        "maximum_stock": "",
    }

    page = buyer.post(reverse(f"{POLICIES}_change", args=[policy.pk]), typed | {field: value})

    assert list(page.context["adminform"].form.errors) == [field]


@pytest.mark.parametrize("level", ["49", "100"])
def test_a_new_policy_with_a_service_level_that_makes_no_sense_is_refused(buyer: Client, store: Warehouse, level: str) -> None:
    typed = {"variant": a_variant().pk, "warehouse": store.pk, "form": "UP_TO", "sizing": "COSTS", "mode": ""}
    days = {"review_days": "7", "minimum_stock": "5", "maximum_stock": ""}

    page = buyer.post(reverse(f"{POLICIES}_add"), typed | days | {"service_level": level})

    assert list(page.context["adminform"].form.errors) == ["service_level"]


def test_the_page_of_a_policy_tells_what_would_be_bought_now(buyer: Client, store: Warehouse, supplier: Supplier) -> None:
    a_need(store, supplier)
    unsupplied = a_policy(a_variant(), store)
    policy = ReorderPolicy.objects.order_by("id")[0]

    assert 'class="plan"' in text(buyer.get(reverse(f"{POLICIES}_change", args=[policy.pk])))
    assert "우선 공급처가 없습니다" in text(buyer.get(reverse(f"{POLICIES}_change", args=[unsupplied.pk])))


def test_the_chart_of_a_long_window_is_drawn_in_plain_numbers(buyer: Client, store: Warehouse, supplier: Supplier) -> None:
    variant, at = a_variant(), clock.now() - timedelta(days=100)
    an_offer(variant, supplier)
    policy = a_policy(variant, store)
    stocked(variant, store, 9, at)
    shipped(variant, store, 9, at + timedelta(days=3))

    page = text(buyer.get(reverse(f"{POLICIES}_change", args=[policy.pk])))

    assert 'viewBox="0 0 3640 60"' in page
    assert re.findall(r' (?:x|y|width|height)="[\d.]*,[\d.,]*"', page) == []


def test_many_policies_get_the_same_service_level(buyer: Client, store: Warehouse) -> None:
    policies = [a_policy(a_variant(), store, review_days=9) for _ in range(3)]
    chosen = {"action": "change_selected", "_selected_action": [policies[0].pk, policies[1].pk]}
    address = reverse(f"{POLICIES}_changelist")

    asked = buyer.post(address, chosen)
    refused = buyer.post(address, {**chosen, "apply": "1", "service_level": "30"})
    unsaid = buyer.post(address, {**chosen, "apply": "1", "service_level": "99", "review_days": "", "reason": ""})
    buyer.post(address, {**chosen, "apply": "1", "service_level": "99", "review_days": "", "reason": "잘 팔림"})

    assert (asked.status_code, refused.status_code, unsaid.status_code) == (200, 200, 200)
    assert list(PolicyChange.objects.values_list("reason", flat=True)) == ["잘 팔림", "잘 팔림"]
    assert list(ReorderPolicy.objects.order_by("id").values_list("service_level", "review_days")) == [
        (Decimal("0.9900"), 9),
        (Decimal("0.9900"), 9),
        (None, 9),
    ]
    assert LogEntry.objects.count() == 2


def test_changing_many_policies_into_nothing_is_refused(buyer: Client, store: Warehouse) -> None:
    policy = a_policy(a_variant(), store)
    chosen = {"action": "change_selected", "_selected_action": [policy.pk], "apply": "1"}

    page = buyer.post(reverse(f"{POLICIES}_changelist"), {**chosen, "service_level": "", "review_days": ""})

    assert page.status_code == 200
    assert LogEntry.objects.count() == 0


def test_a_share_is_typed_in_percent() -> None:
    field = PercentField()

    assert field.clean("97.5") == Decimal("0.975")
    assert field.prepare_value(Decimal("0.9750")) == "97.5"
    assert field.prepare_value("97,5") == "97,5"
    assert not field.has_changed(Decimal("0.9500"), "95")
    assert field.has_changed(Decimal("0.9500"), "96")


def test_no_draft_is_left_behind_by_looking(buyer: Client, store: Warehouse, supplier: Supplier) -> None:
    a_need(store, supplier)
    before = PurchaseOrder.objects.count()

    buyer.get(reverse(f"{POLICIES}_change", args=[ReorderPolicy.objects.get().pk]))

    assert PurchaseOrder.objects.count() == before
