"""What is approved is what was looked at, also when somebody changes the draft at the same moment."""

import time
from datetime import datetime

import pytest
from django.contrib.auth.models import Group
from django.db import transaction

from config.kernel.admin.buttons import ButtonsAdmin
from config.kernel.roles import Role
from inventory.admin.purchasing import PurchaseOrderAdmin
from inventory.models import PurchaseOrder
from inventory.operations import purchasing
from inventory.operations.purchasing import Wanted
from inventory.queries import purchases
from tests.builders import a_supplier, a_variant, a_warehouse
from tests.inventory.admin.pages import press, someone
from tests.probe.together import together

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(at: datetime) -> tuple[str, int]:
    """The state of a draft of ten and its units, after one person wrote a hundred while another approved the page with ten."""
    Group.objects.get_or_create(name=Role.OWNER.value)
    owner, cup = someone(Role.OWNER), a_variant()
    order = purchasing.draft(
        supplier_id=a_supplier().pk, warehouse_id=a_warehouse().pk, lines=[Wanted(cup.pk, 10)], actor=None, at=at
    )
    seen = purchases.version(order)

    def change() -> None:
        with transaction.atomic():
            purchasing.change_lines(number=order.number, lines=[Wanted(cup.pk, 100)], actor=None, at=at)
            time.sleep(1.5)

    def approve() -> None:
        time.sleep(0.3)
        press(owner, order, "approve", seen=seen)

    together(2, lambda index: approve() if index else change())
    return PurchaseOrder.objects.get(pk=order.pk).state, order.lines.get().quantity


def test_nobody_approves_what_was_changed_meanwhile(at: datetime) -> None:
    assert at_once(at) == ("DRAFT", 100)


def test_control_without_the_lock_it_is_approved_unread(at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PurchaseOrderAdmin, "press_at", ButtonsAdmin.press_at)
    assert at_once(at) == ("APPROVED", 100)
