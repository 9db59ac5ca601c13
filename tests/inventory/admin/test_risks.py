"""The pages of stock-out risks: who may see and set aside, what they tell in both languages, and what leaves as a table."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from config.kernel import clock, shop
from config.kernel.roles import Role
from inventory.models import ReorderPolicy, ReplenishmentProposal, StockRisk, SupplierOffer, Warehouse
from inventory.operations import purchasing, replenishment, risks
from inventory.operations.purchasing import Wanted
from tests.builders import a_policy, a_product, a_supplier, a_variant, a_warehouse, an_offer, shipped, stocked
from tests.config.kernel.pages import a_client, a_staff_member, foreign_words, text, words_of

pytestmark = pytest.mark.django_db
PAGES = "admin:inventory_stockrisk"


@pytest.fixture
def store() -> Warehouse:
    return a_warehouse(name="12")


def a_risk(store: Warehouse) -> StockRisk:
    at = clock.now()
    variant = a_variant(a_product(name="56"), sku="78")
    an_offer(variant, a_supplier(name="34"))
    a_policy(variant, store)
    stocked(variant, store, 62, at - timedelta(days=30))
    for day in range(20, 0, -1):
        shipped(variant, store, 3, at - timedelta(days=day))
    risks.assess(at=at)
    return StockRisk.objects.get()


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_pages_tell_the_risk_the_next_step_and_every_figure(store: Warehouse, language: str) -> None:
    risk = a_risk(store)
    client = a_client(a_staff_member("buyer", role=Role.BUYER))
    client.cookies["django_language"] = language

    listed = words_of(client.get(reverse(f"{PAGES}_changelist")))
    page = words_of(client.get(reverse(f"{PAGES}_change", args=[risk.pk])))

    assert "78" in listed
    assert ("긴급" if language == "ko" else "urgent") in listed
    assert f"{risk.explanation['judged']['expected_short']:.1f}" in page
    begins = page.index("무엇을 할까요" if language == "ko" else "What to do")
    assert foreign_words(page[begins:].replace("SKU", ""), language) == []


def test_the_page_leads_to_what_is_proposed_and_to_the_policy(store: Warehouse) -> None:
    risk = a_risk(store)
    replenishment.propose(at=clock.now())
    proposal = ReplenishmentProposal.objects.get()
    address = reverse(f"{PAGES}_change", args=[risk.pk])
    ways = [
        reverse("admin:inventory_replenishmentproposal_change", args=[proposal.pk]),
        reverse("admin:inventory_reorderpolicy_change", args=[ReorderPolicy.objects.get().pk]),
    ]

    page = text(a_client(a_staff_member("buyer", role=Role.BUYER)).get(address))

    assert [way in page for way in ways] == [True, True]


def test_what_is_sold_out_has_no_chance_to_sell_out(store: Warehouse) -> None:
    risk = a_risk(store)
    shipped(risk.variant, store, 2, clock.now())
    risks.assess(at=clock.now())
    risk.refresh_from_db()
    client = a_client(a_staff_member("buyer", role=Role.BUYER))

    assert risk.level == "OUT"
    page = words_of(client.get(reverse(f"{PAGES}_change", args=[risk.pk])))
    assert "입고 전에 주문이 들어올 확률" in page
    assert "입고 전 품절 확률" not in page


def test_more_is_ordered_where_what_is_on_its_way_is_not_enough(store: Warehouse) -> None:
    at = clock.now()
    risk = a_risk(store)
    order = purchasing.draft(
        supplier_id=SupplierOffer.objects.get().supplier_id, warehouse_id=store.pk,
        lines=[Wanted(risk.variant_id, 3)], actor=None, at=at,
    )  # fmt: skip
    purchasing.approve(number=order.number, actor=None, at=at)
    purchasing.send(number=order.number, actor=None, at=at, expected_on=shop.day(at))
    risks.assess(at=at)
    risk.refresh_from_db()
    client = a_client(a_staff_member("buyer", role=Role.BUYER))

    assert risk.action == "ORDER"
    page = words_of(client.get(reverse(f"{PAGES}_change", args=[risk.pk])))
    assert "입고 예정 수량으로는 부족합니다" in page


def test_a_buyer_sets_a_risk_aside_and_takes_it_up_again(store: Warehouse) -> None:
    risk = a_risk(store)
    client = a_client(a_staff_member("buyer", role=Role.BUYER))
    press = reverse(f"{PAGES}_press", args=[risk.pk, "set_aside"])

    client.post(press, {"days": 7, "reason": "season is over"})
    assert "78" not in b"".join(client.get(reverse(f"{PAGES}_table"))).decode()
    assert "78" in text(client.get(reverse(f"{PAGES}_changelist"), {"shown": "aside"}))

    client.post(reverse(f"{PAGES}_press", args=[risk.pk, "take_up"]))
    risk.refresh_from_db()
    assert risk.set_aside_until is None


def test_what_goods_cost_is_told_only_to_those_who_may_know(store: Warehouse) -> None:
    risk = a_risk(store)
    packer, buyer = (a_client(a_staff_member(role.value, role=role)) for role in (Role.WAREHOUSE, Role.BUYER))

    def told(client: Client) -> str:
        return b"".join(client.get(reverse(f"{PAGES}_table"))).decode()

    assert str(risk.expected_loss) in told(buyer).replace(",", "")
    assert str(risk.expected_loss) not in told(packer).replace(",", "")
    assert packer.post(reverse(f"{PAGES}_press", args=[risk.pk, "set_aside"]), {"days": 7, "reason": "x"}).status_code == 403
