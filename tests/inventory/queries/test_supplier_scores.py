"""Scores from real purchase orders: each figure is what the receipts say."""

from datetime import datetime, timedelta

import pytest

from inventory.models import PurchaseOrder
from inventory.operations import purchasing, receiving
from inventory.operations.receiving import Gap
from inventory.queries import suppliers
from tests.inventory.operations.papers import a_sent_order, skus

pytestmark = pytest.mark.django_db


def came(order: PurchaseOrder, at: datetime, cups: int, plates: int, note: str = "1", gaps: tuple[Gap, ...] = ()) -> None:
    cup, plate = skus(order)
    units = {sku: number for sku, number in ((cup, cups), (plate, plates)) if number}
    receiving.receive_goods(
        number=order.number, delivery_note=note, quantities=units, gaps=gaps, actor=None, at=at, accepts_surplus=True
    )


def promised(order: PurchaseOrder, at: datetime, days: int) -> None:
    PurchaseOrder.objects.filter(pk=order.pk).update(promised_on=(at + timedelta(days=days)).date())


def test_a_late_rest_with_damage_and_a_surplus(at: datetime) -> None:
    order = a_sent_order(at)
    promised(order, at, 5)
    came(order, at + timedelta(days=4), 6, 0)
    damage = Gap("DAMAGED", 1, "깨짐", sku=skus(order)[0], outcome="RETURN")
    came(order, at + timedelta(days=7), 3, 9, note="2", gaps=(damage,))
    purchasing.close(number=order.number, reason="하나는 포기", actor=None, at=at + timedelta(days=8))

    found = suppliers.scores(at=at + timedelta(days=9))[order.supplier_id]

    assert found.orders == 1
    assert found.on_time == pytest.approx(6 / 15), "units of the first delivery"
    assert found.in_full == 0, "a surplus of plates makes up for no cup"
    assert found.quality == pytest.approx(14 / 15)
    assert (found.lead_mean, found.promised_mean, found.price_change) == (7, 5, 0)
    (row,) = suppliers.deliveries(supplier_id=order.supplier_id, at=at + timedelta(days=9))
    assert (row.number, row.went.damaged, len(row.receipts), row.is_decided) == (order.number, 1, 2, True)


def test_only_the_last_twelve_months_count_and_what_was_given_up_does_not(at: datetime) -> None:
    old, given_up, good = a_sent_order(at), a_sent_order(at), a_sent_order(at + timedelta(days=30))
    PurchaseOrder.objects.update(supplier=good.supplier)
    purchasing.cancel(number=given_up.number, reason="예산", actor=None, at=at)
    promised(old, at, -1)
    came(good, at + timedelta(days=30), 10, 5)

    assert suppliers.scores(at=at + timedelta(days=31))[good.supplier_id].orders == 2
    after_a_year = suppliers.scores(at=at + timedelta(days=370), supplier_id=good.supplier_id)[good.supplier_id]
    assert (after_a_year.orders, after_a_year.in_full, after_a_year.total) == (1, 1, 100)
