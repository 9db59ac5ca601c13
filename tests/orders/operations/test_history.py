"""Pasts written in bulk: what follows from the facts is worked out, and what cannot have happened is refused."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.db.models import Model

from campaigns.models import Promotion, Redemption
from config.kernel.models import OutboxEvent
from inventory.models import Reservation, StockLevel, StockMovement, Variant, Warehouse
from inventory.operations.history import ImpossibleHistory, PastMovement
from inventory.operations.ledger import Document
from orders.models import (
    Fulfillment,
    FulfillmentLine,
    Order,
    OrderDiscount,
    OrderEvent,
    OrderLine,
    Payment,
    Refund,
    Return,
    ReturnLine,
)
from orders.operations import fulfilling, history, paying, placing, returning
from orders.past import (
    PastDiscount,
    PastEvent,
    PastHold,
    PastLine,
    PastOrder,
    PastParcel,
    PastPayment,
    PastRefund,
    PastReturn,
    PastReturnLine,
)
from tests.builders import AT, a_customer, a_promotion, a_stocked_variant, a_variant, a_warehouse

pytestmark = pytest.mark.django_db

WON = Decimal


def opening(variant: Variant, warehouse: Warehouse, quantity: int, at: datetime = AT - timedelta(days=30)) -> PastMovement:
    return PastMovement(
        variant.pk, warehouse.pk, "ADJUSTMENT", quantity, Document("OPENING", "OPENING"), at, reason="opening stock"
    )


def a_line(variant: Variant, quantity: int = 1, **values: object) -> PastLine:
    told = {"list_price": variant.list_price, "tax_rate": WON(10), "tax": WON(0), "unit_cost": variant.cost} | values
    return PastLine(variant.pk, variant.sku, variant.product.name, quantity, **told)  # type: ignore[arg-type]


def a_shipped_order(variant: Variant, warehouse: Warehouse, quantity: int = 2, **values: object) -> PastOrder:
    placed = AT - timedelta(days=3)
    told = {
        "lines": (a_line(variant, quantity),),
        "paid_at": placed + timedelta(minutes=5),
        "shipped_at": placed + timedelta(days=1),
        "payments": (PastPayment("card", "P-1", variant.list_price * quantity, placed + timedelta(minutes=5)),),
        "parcels": (PastParcel(warehouse.pk, placed + timedelta(days=1), {1: quantity}, "우체국", "T-1"),),
    } | values
    return PastOrder("storefront", "SHIPPED", "KRW", placed, **told)  # type: ignore[arg-type]


def test_a_shipped_order_leaves_money_ledger_reservation_and_timeline() -> None:
    variant, warehouse = a_variant(list_price=12_000), a_warehouse()

    written = history.write(orders=[a_shipped_order(variant, warehouse)], movements=[opening(variant, warehouse, 10)], at=AT)

    order = Order.objects.get(number=written.numbers[0])
    assert (order.total, order.paid, order.state) == (24_000, 24_000, "SHIPPED")
    assert OrderLine.objects.get(order=order).shipped == 2
    level = StockLevel.objects.get(variant=variant)
    assert (level.on_hand, level.reserved) == (8, 0)
    assert list(StockMovement.objects.order_by("id").values_list("kind", "quantity")) == [("ADJUSTMENT", 10), ("SHIPMENT", -2)]
    reservation = Reservation.objects.get(document_number=order.number)
    assert (reservation.state, reservation.consumed) == ("CONSUMED", 2)
    kinds = list(OrderEvent.objects.filter(order=order).order_by("id").values_list("kind", flat=True))
    assert kinds == ["PLACED", "PAID", "SHIPPED"]


@pytest.mark.breaks_promises("a past of made-up amounts")
def test_the_days_of_a_past_are_announced_once() -> None:
    variant, warehouse = a_variant(), a_warehouse()
    orders = [a_shipped_order(variant, warehouse), a_shipped_order(variant, warehouse, payments=(), paid_at=None)]

    opened = opening(variant, warehouse, 10, AT - timedelta(days=3))
    history.write(orders=orders, movements=[opened], at=AT)

    event = OutboxEvent.objects.get(topic="orders.history_imported")
    assert event.payload == {"first_on": "2026-11-17", "last_on": "2026-11-18"}


def test_days_on_which_only_stock_was_corrected_are_announced_as_well() -> None:
    variant, warehouse = a_variant(), a_warehouse()
    corrected = replace(opening(variant, warehouse, -1, AT), document=Document("IMPORT", "C-1"))

    movements = [opening(variant, warehouse, 10), corrected]
    history.write(orders=[a_shipped_order(variant, warehouse)], movements=movements, at=AT)

    event = OutboxEvent.objects.get(topic="orders.history_imported")
    assert event.payload == {"first_on": "2026-10-21", "last_on": "2026-11-20"}


def test_open_orders_hold_their_units() -> None:
    variant, warehouse = a_variant(), a_warehouse()
    order = a_shipped_order(
        variant, warehouse, 3, parcels=(), shipped_at=None, holds=(PastHold(1, warehouse.pk, 3),)
    )  # fmt: skip

    history.write(orders=[replace(order, state="PAID")], movements=[opening(variant, warehouse, 5)], at=AT)

    level = StockLevel.objects.get(variant=variant)
    assert (level.on_hand, level.reserved, level.available) == (5, 3, 2)
    assert Reservation.objects.get().state == "ACTIVE"


def test_a_canceled_order_gives_stock_and_uses_back() -> None:
    variant, warehouse, promotion = a_variant(list_price=10_000), a_warehouse(), a_promotion(usage_limit=5)
    discount = PastDiscount(promotion.pk, 1, promotion.name, WON(1_000))
    order = PastOrder(
        "storefront", "CANCELED", "KRW", AT, (a_line(variant, 1, discounts=(discount,)),),
        customer_id=a_customer().pk, closed_at=AT + timedelta(hours=1), reason="변심", holds=(PastHold(1, warehouse.pk, 1),),
    )  # fmt: skip

    history.write(orders=[order], movements=[opening(variant, warehouse, 1)], at=AT)

    assert OrderLine.objects.get().canceled == 1
    assert StockLevel.objects.get().reserved == 0
    assert Reservation.objects.get().state == "RELEASED"
    assert Redemption.objects.get().state == "RELEASED"
    promotion.refresh_from_db()
    assert (promotion.used, promotion.spent) == (0, 0)


@pytest.mark.breaks_promises("a past sold under a version the promotion never had")
def test_uses_of_a_limited_promotion_are_counted() -> None:
    variant, warehouse, promotion = a_variant(list_price=10_000), a_warehouse(), a_promotion(usage_limit=5)
    discount = PastDiscount(promotion.pk, 1, promotion.name, WON(1_000))
    order = a_shipped_order(variant, warehouse, 1, lines=(a_line(variant, 1, discounts=(discount,)),), payments=())

    history.write(orders=[order], movements=[opening(variant, warehouse, 1)], at=AT)

    promotion.refresh_from_db()
    assert (promotion.used, promotion.spent) == (1, 1_000)
    line = OrderLine.objects.get()
    assert (line.gross, line.discount, line.total) == (10_000, 1_000, 9_000)


def test_what_came_back_enters_the_ledger_and_the_line() -> None:
    variant, warehouse = a_variant(list_price=12_000), a_warehouse()
    back = PastReturn(warehouse.pk, "파손", AT - timedelta(days=1), (PastReturnLine(2, 1, position=1),), received_at=AT)
    refund = PastRefund("R-1", WON(24_000), "파손", AT)

    history.write(
        orders=[a_shipped_order(variant, warehouse, returns=(back,), refunds=(refund,))],
        movements=[opening(variant, warehouse, 10)],
        at=AT,
    )

    assert OrderLine.objects.get().returned == 2
    assert StockLevel.objects.get().on_hand == 9
    order = Order.objects.get()
    assert (order.paid, order.refunded) == (24_000, 24_000)


def test_a_return_may_lack_its_sale() -> None:
    variant, warehouse = a_variant(), a_warehouse()
    back = PastReturn(warehouse.pk, "", AT, (PastReturnLine(1, 1, WON(500), variant_id=variant.pk),), received_at=AT)

    written = history.write(orders=[], returns_without_sale=[back], at=AT)

    assert Return.objects.get().order is None
    assert StockLevel.objects.get().on_hand == 1
    assert (written.first_on, written.last_on) == (AT.date(), AT.date())


def test_stock_that_would_fall_below_zero_is_refused_with_sku_and_moment() -> None:
    variant, warehouse = a_variant(sku="CUP-1"), a_warehouse()
    late = opening(variant, warehouse, 10, at=AT)

    with pytest.raises(ImpossibleHistory) as refusal:
        history.write(orders=[a_shipped_order(variant, warehouse)], movements=[late], at=AT)

    line = refusal.value.details["lines"][0]
    assert (line["sku"], line["on_hand"], line["occurred_at"]) == ("CUP-1", -2, (AT - timedelta(days=2)).isoformat())
    assert not Order.objects.exists()
    assert not StockMovement.objects.exists()


def test_more_held_than_there_is_refused() -> None:
    variant, warehouse = a_variant(), a_warehouse()
    order = replace(
        a_shipped_order(variant, warehouse, 3, parcels=(), shipped_at=None, holds=(PastHold(1, warehouse.pk, 3),)), state="PAID"
    )

    with pytest.raises(ImpossibleHistory):
        history.write(orders=[order], movements=[opening(variant, warehouse, 2)], at=AT)


@pytest.mark.parametrize(
    "change",
    [
        {"parcels": ()},
        {"holds": (PastHold(1, 1, 1),), "state": "PARTLY_SHIPPED"},
        {"returns": (PastReturn(1, "", AT, (PastReturnLine(3, 0, WON(0), position=1),), received_at=AT),)},
    ],
)
def test_an_order_that_does_not_add_up_is_refused(change: dict[str, object]) -> None:
    variant, warehouse = a_variant(), a_warehouse()
    order = replace(a_shipped_order(variant, warehouse), number="261117-000001", **change)  # type: ignore[arg-type]

    with pytest.raises(ImpossibleHistory) as refusal:
        history.write(orders=[order], movements=[opening(variant, warehouse, 10)], at=AT)

    assert refusal.value.details["number"] == "261117-000001"


def test_payments_are_recorded_with_the_providers_reference() -> None:
    variant, warehouse = a_variant(), a_warehouse()

    history.write(orders=[a_shipped_order(variant, warehouse)], movements=[opening(variant, warehouse, 10)], at=AT)

    assert Payment.objects.get().reference == "P-1"


def snapshot(model: type[Model], *but: str) -> str:
    """Every row in order, without keys of its own; numbers of documents differ from run to run and are all the same here."""
    known = {
        "order_id": "order__number", "order_line_id": "order_line__position", "line_id": "line__position",
        "parent_id": "parent__number", "fulfillment_id": "fulfillment__number",
    }  # fmt: skip
    names = [field.attname for field in model._meta.concrete_fields if not field.primary_key and field.name not in but]
    rows = model._default_manager.order_by("pk").values_list(*(known.get(name, name) for name in names))
    return re.sub(r"\d{6}-\d{6}", "#", "\n".join(str(dict(zip(names, row, strict=True))) for row in rows))


TOLD = (
    (Order, ()),
    (OrderLine, ()),
    (OrderDiscount, ()),
    (Payment, ()),
    (Fulfillment, ()),
    (FulfillmentLine, ()),
    (Return, ()),
    (ReturnLine, ()),
    (Refund, ()),
    (OrderEvent, ()),
    (StockLevel, ()),
    (Reservation, ()),
    (Redemption, ()),
    (StockMovement, ()),
    (Promotion, ("settled_until", "next_edge_at")),
)


def test_a_past_leaves_the_rows_that_daily_work_would_have_left() -> None:
    warehouse, customer = a_warehouse(priority=1), a_customer()
    cup, bowl = a_stocked_variant(10, warehouse, list_price=12_000), a_stocked_variant(10, warehouse, list_price=33_300)
    promotion = a_promotion(name="첫 주문", usage_limit=9)
    placed, paid, sent = AT, AT + timedelta(minutes=3), AT + timedelta(hours=4)
    accepted, arrived, back = AT + timedelta(days=3), AT + timedelta(days=5), AT + timedelta(days=6)

    def by_daily_work() -> None:
        total = WON(12_000 * 2 + 33_300) * 9 / 10
        order = placing.place_order(
            channel="storefront", lines=[(cup.sku, 2), (bowl.sku, 1)], customer=placing.Buyer(customer.external_id),
            ship_to={"name": "김하늘"}, expected_total=total, external_number="W-1", actor=None, at=placed,
        )  # fmt: skip
        paying.record_payment(
            number=order.number, provider="card", reference="P-1", amount=total, paid_at=paid, actor=None, at=paid
        )
        fulfilling.pick(number=order.number, actor=None, at=sent - timedelta(hours=1))
        fulfilling.ship(number=order.number, carrier="새벽물류", tracking_number="T-1", actor=None, at=sent)
        told = returning.accept(
            number=order.number, items={1: 1}, warehouse_id=warehouse.pk, reason="단순 변심", actor=None, at=accepted
        )
        returning.receive(number=told.number, restocked={1: 1}, actor=None, at=arrived)
        paying.record_refund(number=order.number, reference="R-1", amount=WON(10_800), reason="반품", actor=None, at=back)

    def by_history() -> None:
        shares = [PastDiscount(promotion.pk, 1, promotion.name, WON(amount)) for amount in (2_400, 3_330)]
        order = PastOrder(
            channel="storefront", state="SHIPPED", currency="KRW", placed_at=placed, external_number="W-1",
            customer_id=customer.pk, ship_to={"name": "김하늘"}, payment_due_at=placed + timedelta(minutes=60), paid_at=paid,
            ship_due_at=paid + timedelta(hours=48), shipped_at=sent,
            lines=(
                a_line(cup, 2, tax=WON(1_964), discounts=(shares[0],)),
                a_line(bowl, 1, tax=WON(2_725), discounts=(shares[1],)),
            ),
            payments=(PastPayment("card", "P-1", WON(51_570), paid),),
            parcels=(PastParcel(warehouse.pk, sent, {1: 2, 2: 1}, "새벽물류", "T-1"),),
            returns=(
                PastReturn(warehouse.pk, "단순 변심", accepted, (PastReturnLine(1, 1, position=1),), received_at=arrived),
            ),
            refunds=(PastRefund("R-1", WON(10_800), "반품", back),),
            events=(PastEvent("PICKED", sent - timedelta(hours=1)),),
        )  # fmt: skip
        history.write(orders=[order], at=AT)

    def rows_after(story: Callable[[], None]) -> dict[str, str]:
        with transaction.atomic():
            story()
            rows = {model.__name__: snapshot(model, *but) for model, but in TOLD}
            transaction.set_rollback(True)
        return rows

    assert rows_after(by_history) == rows_after(by_daily_work)
