"""The history on a purchase order's page: newest first, and with the same name for who drafted it as in its head."""

from datetime import timedelta

import pytest
from django.urls import reverse

from config.kernel import clock
from config.kernel.roles import Role
from inventory.models import PurchaseOrder
from inventory.operations import purchasing, replenishment
from tests.builders import a_policy, a_supplier, a_variant, a_warehouse, an_offer, shipped, stocked
from tests.config.kernel.pages import a_client, a_staff_member

pytestmark = pytest.mark.django_db


def test_what_the_replenishment_drafted_says_so_in_head_and_history_alike() -> None:
    at, store, variant = clock.now(), a_warehouse(), a_variant()
    an_offer(variant, a_supplier())
    a_policy(variant, store, minimum_stock=20)
    stocked(variant, store, 30, at - timedelta(days=30))
    for day in range(29, 19, -1):
        shipped(variant, store, 3, at - timedelta(days=day))
    replenishment.propose(at=at)
    draft = PurchaseOrder.objects.get()
    staff = a_staff_member("buyer", role=Role.BUYER)
    purchasing.approve(number=draft.number, actor=staff, at=at)

    page = a_client(staff).get(reverse("admin:inventory_purchaseorder_change", args=[draft.pk]))

    newest, oldest = page.context["timeline"]
    assert (newest.what, newest.who) == ("승인", str(staff))
    assert (oldest.what, oldest.who) == ("작성", "자동 보충")
    assert "자동 보충 · " in page.content.decode()
