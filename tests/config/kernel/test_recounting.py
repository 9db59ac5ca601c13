"""What every test below the apps ends with does find a broken promise."""

import pytest

from inventory.models import StockLevel
from orders.models import Order
from tests import builders, recounting

pytestmark = pytest.mark.django_db


def test_a_shop_in_order_has_nothing_broken() -> None:
    builders.a_shipped_order()

    assert {folder: recounting.broken(folder) for folder in recounting.WHOSE} == {folder: [] for folder in recounting.WHOSE}


def test_a_balance_written_past_the_ledger_is_found_by_every_app_that_moves_stock() -> None:
    builders.a_shipped_order()
    StockLevel.objects.update(on_hand=77)

    found = {folder: [one.split()[0] for one in recounting.broken(folder)] for folder in recounting.WHOSE}

    assert {folder for folder, broken in found.items() if "I1" in broken} == set(recounting.WHOSE) - {"analytics"}


def test_money_without_its_record_is_found_where_money_moves() -> None:
    order = builders.a_shipped_order()
    Order.objects.filter(pk=order.pk).update(state="CANCELED", refund_owed=order.paid, refund_due=True)

    found = {folder for folder in recounting.WHOSE if any(one.startswith("I4 ") for one in recounting.broken(folder))}

    assert found == {"orders", "concurrency"}
