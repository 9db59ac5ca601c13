"""Past purchases and counts leave what daily purchasing and counting would have left."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.db.models import Model

from inventory.models import (
    GoodsReceipt,
    GoodsReceiptLine,
    PurchaseOrder,
    PurchaseOrderEvent,
    PurchaseOrderLine,
    StockCount,
    StockCountEntry,
    StockCountLine,
    StockLevel,
    StockMovement,
)
from inventory.operations import (
    counting,
    history,
    purchase_history,
    purchasing,
    receiving,
)
from inventory.operations.history import ImpossibleHistory
from inventory.operations.purchase_history import PastCount, PastPurchase, PastPurchaseLine, PastReceipt
from inventory.operations.purchasing import Wanted
from tests.builders import a_stocked_variant, a_supplier, a_variant, a_warehouse, an_offer

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
PURCHASES = (PurchaseOrder, PurchaseOrderLine, PurchaseOrderEvent, GoodsReceipt, GoodsReceiptLine, StockMovement, StockLevel)


def rows_after(story: Callable[[], object], *models: type[Model]) -> str:
    """Every row the story left, without keys of their own and without running numbers; then the story is undone."""
    owners = {
        "purchase_order_id": "purchase_order__number", "receipt_id": "receipt__number", "line_id": "line__variant__sku",
        "count_id": "count__number",
    }  # fmt: skip
    told = []
    with transaction.atomic():
        story()
        for model in models:
            names = [field.attname for field in model._meta.concrete_fields if not field.primary_key]
            rows = model._default_manager.order_by("pk").values_list(*(owners.get(name, name) for name in names))
            told += [f"{model.__name__} {dict(zip(names, row, strict=True))}" for row in rows]
        transaction.set_rollback(True)
    return re.sub(r"\d{6}-\d{6}", "#", "\n".join(told))


def test_a_past_purchase_leaves_the_rows_that_daily_purchasing_would_have_left() -> None:
    supplier, warehouse = a_supplier(), a_warehouse()
    cup, bowl = a_variant(cost=5_000), a_variant(cost=7_000)
    for variant in (cup, bowl):
        an_offer(variant, supplier)
    sent, first, rest = AT + timedelta(hours=3), AT + timedelta(days=7), AT + timedelta(days=9)

    def by_daily_work() -> None:
        order = purchasing.draft(
            supplier_id=supplier.pk, warehouse_id=warehouse.pk, lines=[Wanted(cup.pk, 24), Wanted(bowl.pk, 12)], actor=None,
            at=AT,
        )  # fmt: skip
        purchasing.approve(number=order.number, actor=None, at=AT + timedelta(hours=1))
        purchasing.send(number=order.number, actor=None, at=sent)
        for at, note, units in ((first, "DN-1", {cup.sku: 24, bowl.sku: 6}), (rest, "DN-2", {bowl.sku: 6})):
            receiving.receive_goods(number=order.number, delivery_note=note, quantities=units, actor=None, at=at)
        purchasing.close(number=order.number, actor=None, at=rest + timedelta(days=1))

    def by_history() -> None:
        lines = (PastPurchaseLine(cup.pk, 24, Decimal(5_000)), PastPurchaseLine(bowl.pk, 12, Decimal(7_000)))
        told = PastPurchase(
            supplier.pk, warehouse.pk, lines, AT, AT + timedelta(hours=1), sent, expected_on=date(2026, 11, 9),
            receipts=(PastReceipt("DN-1", first, {cup.pk: 24, bowl.pk: 6}), PastReceipt("DN-2", rest, {bowl.pk: 6})),
            closed_at=rest + timedelta(days=1),
        )  # fmt: skip
        history.write_stock(movements=purchase_history.write_purchases(purchases=[told]))

    assert rows_after(by_history, *PURCHASES) == rows_after(by_daily_work, *PURCHASES)


@pytest.mark.parametrize(
    ("moments", "state"),
    [
        ({}, "DRAFT"),
        ({"approved_at": AT}, "APPROVED"),
        ({"approved_at": AT, "sent_at": AT, "expected_on": AT.date()}, "SENT"),
        ({"closed_at": AT, "reason": "마음이 바뀜"}, "CANCELED"),
    ],
)
def test_how_far_a_purchase_got_is_told_by_its_moments(moments: dict[str, object], state: str) -> None:
    told = PastPurchase(
        a_supplier().pk, a_warehouse().pk, (PastPurchaseLine(a_variant().pk, 1, Decimal(1)),), AT, **moments  # type: ignore[arg-type]
    )  # fmt: skip

    assert purchase_history.write_purchases(purchases=[told]) == []

    assert PurchaseOrder.objects.get().state == state


def test_goods_do_not_come_for_what_was_never_sent() -> None:
    variant = a_variant()
    told = PastPurchase(
        a_supplier().pk, a_warehouse().pk, (PastPurchaseLine(variant.pk, 1, Decimal(1)),), AT,
        receipts=(PastReceipt("DN-1", AT, {variant.pk: 1}),),
    )  # fmt: skip

    with pytest.raises(ImpossibleHistory):
        purchase_history.write_purchases(purchases=[told])


def test_a_past_count_leaves_the_rows_that_counting_would_have_left() -> None:
    warehouse = a_warehouse()
    cup, bowl = a_stocked_variant(10, warehouse), a_stocked_variant(10, warehouse)
    seen = ((cup.pk, 10, 9), (bowl.pk, 10, 10))
    models = (StockCount, StockCountLine, StockCountEntry, StockMovement, StockLevel)

    def by_daily_work() -> None:
        counting.count(warehouse_id=warehouse.pk, lines=seen, note="월 실사", actor=None, at=AT + timedelta(days=30))

    def by_history() -> None:
        told = PastCount(warehouse.pk, AT + timedelta(days=30), seen, note="월 실사")
        history.write_stock(movements=purchase_history.write_counts(counts=[told]))

    assert rows_after(by_history, *models) == rows_after(by_daily_work, *models)
