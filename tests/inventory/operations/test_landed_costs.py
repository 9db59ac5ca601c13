"""What goods cost once they are here: the average moves with each delivery and each invoice, and the books add up."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from config.kernel import invariants
from inventory.models import CostEntry, GoodsReceipt, LandedCost, LandedCostShare, PurchaseOrder, Variant
from inventory.operations import costing, receiving, stock, transfers
from inventory.operations.costing import Extra, InvoiceBooked, UnknownReceipt
from inventory.operations.purchase_steps import PurchaseInvalid
from inventory.operations.transfers import Wanted
from inventory.queries import costs
from tests.builders import a_warehouse
from tests.inventory.operations.papers import a_sent_order, cup_of, skus

pytestmark = pytest.mark.django_db
FREIGHT = Extra("FREIGHT", Decimal(10_000), "VALUE", "INV-1")


def received(order: PurchaseOrder, at: datetime, note: str = "DN-1", extras: tuple[Extra, ...] = ()) -> GoodsReceipt:
    cup, plate = skus(order)
    return receiving.receive_goods(
        number=order.number, delivery_note=note, quantities={cup: 10, plate: 5}, extras=extras, actor=None, at=at
    )


def average(variant: Variant) -> Decimal:
    return CostEntry.objects.filter(variant=variant).latest("id").average


def lost(variant: Variant, order: PurchaseOrder, units: int, at: datetime) -> None:
    stock.write_off(
        variant_id=variant.pk, warehouse_id=order.warehouse_id, quantity=units, reason="판매 대신", actor=None, at=at
    )


def test_a_delivery_with_freight_costs_what_was_paid_in_all(at: datetime) -> None:
    order = a_sent_order(at)
    cup = cup_of(order)

    receipt = received(order, at, extras=(FREIGHT,))

    shares = LandedCostShare.objects.filter(landed_cost__receipt=receipt).order_by("line__line_id")
    assert [(one.amount, one.to_stock, one.variance) for one in shares] == [(4_000, 4_000, 0), (6_000, 6_000, 0)]
    assert average(cup) == 4_400
    cup.refresh_from_db()
    assert cup.cost == 4_000, "the last known cost is what the supplier asked"
    found = costs.of_variant(cup)
    assert (found.average, found.margin.net, found.margin.amount) == (4_400, 10_000, 5_600)
    assert invariants.check_all(at=at) == []


def test_the_average_weighs_what_lies_here_already(at: datetime) -> None:
    order = a_sent_order(at, cups=20, plates=10)
    cup, _plate = skus(order)
    received(order, at)
    order.lines.filter(variant__sku=cup).update(unit_cost=5_000)

    received(order, at, note="DN-2")

    last = CostEntry.objects.filter(variant=cup_of(order)).latest("id")
    assert (last.units_before, last.average_before, last.units, last.value, last.average) == (10, 4_000, 10, 50_000, 4_500)


class TestUnitsBetweenTwoWarehouses:
    """A hundred at 1,000, of which ninety are on their way to another warehouse."""

    @pytest.fixture
    def order(self, at: datetime) -> PurchaseOrder:
        order = a_sent_order(at, cups=110, plates=1)
        cup, _plate = skus(order)
        order.lines.filter(variant__sku=cup).update(unit_cost=1_000)
        receiving.receive_goods(number=order.number, delivery_note="DN-1", quantities={cup: 100}, actor=None, at=at)
        moved = transfers.draft(
            from_warehouse_id=order.warehouse_id, to_warehouse_id=a_warehouse().pk, lines=[Wanted(cup_of(order).pk, 90)],
            reason="보충", actor=None, at=at,
        )  # fmt: skip
        transfers.ship(number=moved.number, actor=None, at=at)
        return order

    def test_they_weigh_in_the_average(self, order: PurchaseOrder, at: datetime) -> None:
        cup, _plate = skus(order)
        order.lines.filter(variant__sku=cup).update(unit_cost=2_000)

        receiving.receive_goods(number=order.number, delivery_note="DN-2", quantities={cup: 10}, actor=None, at=at)

        last = CostEntry.objects.filter(variant=cup_of(order)).latest("id")
        assert (last.units_before, last.average) == (100, Decimal("1090.9091"))

    def test_they_carry_their_part_of_a_later_invoice(self, order: PurchaseOrder, at: datetime) -> None:
        receipt = GoodsReceipt.objects.get(purchase_order=order)

        booked = costing.add_cost(receipt=receipt.number, extra=FREIGHT, actor=None, at=at)

        share = booked.shares.get()
        assert (share.to_stock, share.variance, average(cup_of(order))) == (10_000, 0, 1_100)


def test_stock_from_before_any_receipt_counts_at_its_last_known_cost(at: datetime) -> None:
    order = a_sent_order(at)
    cup = cup_of(order)
    stock.adjust(variant_id=cup.pk, warehouse_id=order.warehouse_id, quantity=10, reason="개시", actor=None, at=at)

    received(order, at)

    assert average(cup) == 4_500


def test_an_invoice_that_comes_later_raises_the_cost_of_what_is_left_and_tells_the_rest(at: datetime) -> None:
    order = a_sent_order(at)
    cup = cup_of(order)
    receipt = received(order, at)
    lost(cup, order, 7, at)

    booked = costing.add_cost(receipt=receipt.number, extra=FREIGHT, actor=None, at=at + timedelta(days=9))

    share = booked.shares.get(line__line__variant=cup)
    assert (share.amount, share.to_stock, share.variance) == (4_000, 1_200, 2_800)
    assert average(cup) == 4_400
    assert order.timeline.latest("id").details == {
        "landed_cost": "FREIGHT", "of_receipt": receipt.number, "invoice": "INV-1"
    }  # fmt: skip
    assert invariants.check_all(at=at) == []


def test_where_all_is_sold_the_whole_invoice_is_a_variance(at: datetime) -> None:
    order = a_sent_order(at)
    cup = cup_of(order)
    receipt = received(order, at)
    lost(cup, order, 10, at)

    booked = costing.add_cost(receipt=receipt.number, extra=FREIGHT, actor=None, at=at)

    share = booked.shares.get(line__line__variant=cup)
    assert (share.to_stock, share.variance, average(cup)) == (0, 4_000, 4_000)


def test_an_invoice_counts_once_and_not_with_another_amount(at: datetime) -> None:
    receipt = received(a_sent_order(at), at)
    first = costing.add_cost(receipt=receipt.number, extra=FREIGHT, actor=None, at=at)

    assert costing.add_cost(receipt=receipt.number, extra=FREIGHT, actor=None, at=at) == first
    with pytest.raises(InvoiceBooked):
        costing.add_cost(receipt=receipt.number, extra=Extra("FREIGHT", Decimal(9_000), "VALUE", "INV-1"), actor=None, at=at)
    assert LandedCost.objects.count() == 1


def test_by_weight_needs_weights_and_names_who_has_none(at: datetime) -> None:
    order = a_sent_order(at)
    receipt, cup = received(order, at), cup_of(order)
    Variant.objects.filter(pk=cup.pk).update(weight=None)
    by_weight = Extra("DUTY", Decimal(9_000), "WEIGHT", "D-1")

    with pytest.raises(PurchaseInvalid) as refused:
        costing.add_cost(receipt=receipt.number, extra=by_weight, actor=None, at=at)
    assert refused.value.details == {"field": "basis", "skus": [cup.sku]}

    Variant.objects.filter(pk=cup.pk).update(weight=300)
    booked = costing.add_cost(receipt=receipt.number, extra=by_weight, actor=None, at=at)
    assert [int(one.amount) for one in booked.shares.order_by("line__line_id")] == [3_000, 6_000]


@pytest.mark.parametrize(
    ("extra", "field"),
    [
        (Extra("FREIGHT", Decimal(0), "VALUE", "1"), "amount"),
        (Extra("FREIGHT", Decimal("0.5"), "VALUE", "1"), "amount"),
        (Extra("FREIGHT", Decimal("NaN"), "VALUE", "1"), "amount"),
        (Extra("FREIGHT", Decimal(1), "VALUE", " "), "reference"),
        (Extra("LUNCH", Decimal(1), "VALUE", "1"), "kind"),
        (Extra("FREIGHT", Decimal(1), "MOOD", "1"), "basis"),
    ],
)
def test_a_cost_that_makes_no_sense_is_refused_naming_its_field(at: datetime, extra: Extra, field: str) -> None:
    receipt = received(a_sent_order(at), at)

    with pytest.raises(PurchaseInvalid) as refused:
        costing.add_cost(receipt=receipt.number, extra=extra, actor=None, at=at)

    assert refused.value.details["field"] == field
    assert not LandedCost.objects.exists()


def test_a_receipt_that_nobody_booked_is_refused(at: datetime) -> None:
    with pytest.raises(UnknownReceipt):
        costing.add_cost(receipt="GR-000000-000000", extra=FREIGHT, actor=None, at=at)
