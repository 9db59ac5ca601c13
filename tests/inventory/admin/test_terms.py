"""The pages on which staff change what the plans reckon with, and work off what is proposed."""

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from config.kernel import clock
from config.kernel.roles import Role
from inventory.models import ApprovalLimit, Mode, PurchaseOrder, ReorderPolicy, ServiceClass, StockingRules, Supplier, Warehouse
from inventory.operations import replenishment
from inventory.queries import purchases
from tests.builders import a_supplier, a_warehouse
from tests.config.kernel.pages import a_client, a_staff_member, text
from tests.inventory.admin.test_replenishment import a_need, change, press
from tests.inventory.operations.proposals import only

pytestmark = pytest.mark.django_db


@pytest.fixture
def store() -> Warehouse:
    return a_warehouse()


@pytest.fixture
def supplier() -> Supplier:
    return a_supplier(name="한빛")


@pytest.fixture
def buyer() -> Client:
    return a_client(a_staff_member("buyer", role=Role.BUYER))


def test_a_buyer_changes_a_service_level_reads_why_and_takes_it_back(
    buyer: Client, store: Warehouse, supplier: Supplier
) -> None:
    proposal = a_need(store, supplier, minimum_stock=0)
    assert "95%" in text(buyer.get(change(proposal)))

    buyer.post(press(proposal, "change_level"), {"level": "99.5", "reason": "단골"})

    policy, after = ReorderPolicy.objects.get(), only(proposal.variant)
    assert policy.service_level == Decimal("0.995")
    assert after.quantity > proposal.quantity
    page = text(buyer.get(change(after)))
    assert "99.5%" in page
    assert press(after, "undo_level") in page

    buyer.post(press(after, "undo_level"), {"reason": "잘못"})

    policy.refresh_from_db()
    assert policy.service_level is None
    assert press(only(proposal.variant), "undo_level") in text(buyer.get(change(only(proposal.variant))))


def test_a_suggestion_is_taken_into_a_purchase_order_by_its_button(buyer: Client, store: Warehouse, supplier: Supplier) -> None:
    proposal = a_need(store, supplier, mode=Mode.SUGGEST)
    assert not PurchaseOrder.objects.exists()

    buyer.post(press(proposal, "accept"))

    assert PurchaseOrder.objects.get().lines.get().quantity == proposal.quantity


def test_all_suggestions_for_a_supplier_are_taken_at_once(buyer: Client, store: Warehouse, supplier: Supplier) -> None:
    proposals = [a_need(store, supplier, mode=Mode.SUGGEST) for _ in range(2)]
    page = text(buyer.get(reverse("admin:inventory_replenishmentproposal_suppliers")))
    address = reverse("admin:inventory_replenishmentproposal_accept_all", args=[supplier.pk, store.pk])
    assert address in page
    assert "추천 2건을 모두 발주서에 담기" in page
    assert a_client(a_staff_member("w", role=Role.WAREHOUSE)).post(address).status_code == 403

    buyer.post(address)
    again = text(buyer.post(address, follow=True))

    order = PurchaseOrder.objects.get()
    assert sorted(order.lines.values_list("quantity", flat=True)) == sorted(one.quantity for one in proposals)
    assert "남은 추천이 없습니다" in again


def test_proposals_stand_by_supplier_with_what_keeps_them_and_costs_for_those_who_see_costs(
    buyer: Client, store: Warehouse, supplier: Supplier
) -> None:
    Supplier.objects.update(minimum_order_value=10**7)
    proposal = a_need(store, supplier)
    address = reverse("admin:inventory_replenishmentproposal_suppliers")

    page, without = text(buyer.get(address)), text(a_client(a_staff_member("w", role=Role.WAREHOUSE)).get(address))

    assert change(proposal) in page
    assert "최소 주문 금액 미달" in page
    assert "₩" in page
    assert "₩" not in without
    assert proposal.variant.sku in without


def test_below_the_minimum_order_value_the_page_asks_for_a_reason(buyer: Client, store: Warehouse, supplier: Supplier) -> None:
    Supplier.objects.update(minimum_order_value=10**7)
    a_need(store, supplier)
    order = PurchaseOrder.objects.get()

    page = text(buyer.get(reverse("admin:inventory_purchaseorder_change", args=[order.pk])))

    assert "모자랍니다" in page


def test_only_owners_set_limits_and_the_refusal_reaches_the_page(buyer: Client, store: Warehouse, supplier: Supplier) -> None:
    a_need(store, supplier)
    add = reverse("admin:inventory_approvallimit_add")
    assert buyer.get(add).status_code == 403
    owner = a_client(a_staff_member("owner", role=Role.OWNER))
    owner.post(add, {"role": Role.BUYER.value, "amount": "1000"})
    assert ApprovalLimit.objects.get().amount == 1_000

    order = PurchaseOrder.objects.get()
    seen = {"seen": purchases.version(order)}
    page = buyer.post(reverse("admin:inventory_purchaseorder_press", args=[order.pk, "approve"]), seen, follow=True)

    assert "승인 한도" in text(page)
    order.refresh_from_db()
    assert order.state == "DRAFT"


def test_a_buyer_changes_what_a_class_promises_but_not_what_stock_costs(buyer: Client, store: Warehouse) -> None:
    row = ServiceClass.objects.get_or_create(abc="A", xyz="X", defaults={"service_level": "0.98"})[0]
    StockingRules.objects.get_or_create(pk=1)

    buyer.post(reverse("admin:inventory_serviceclass_change", args=[row.pk]), {"service_level": "99", "mode": "AUTOMATIC"})

    row.refresh_from_db()
    assert (row.service_level, row.mode) == (Decimal("0.99"), "AUTOMATIC")
    answer = buyer.post(reverse("admin:inventory_stockingrules_change", args=[1]), {"holding_rate": "30"})
    assert answer.status_code == 403
    assert replenishment.propose(at=clock.now()).changed == 0
