"""A kit is ordered as one and leaves the shelf as its parts."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from config.kernel import invariants
from config.kernel.errors import Invalid
from inventory.locking import LiesAsParts
from inventory.models import KitPart, StockLevel, TaxClass, Variant
from inventory.operations import kits, purchasing, stock, transfers
from inventory.operations.kits import HasStock, KitInvalid
from inventory.operations.ledger import InsufficientStock
from inventory.operations.purchasing import Wanted
from inventory.queries import catalog
from orders.models import Order, OrderDiscount
from orders.operations import fulfilling, paying, placing, returning, seeding_kits
from orders.queries import order_page
from tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _promises_hold(at: datetime) -> Any:
    yield
    assert invariants.check_all(at=at) == []


def a_kit(at: datetime, *, cups: int = 10, saucers: int = 10) -> tuple[Variant, Variant, Variant]:
    """A kit at 25,000 of a cup and two saucers, and its parts."""
    house = builders.a_warehouse()
    cup = builders.a_stocked_variant(cups, house, list_price=12_000, cost=5_000)
    saucer = builders.a_stocked_variant(saucers, house, list_price=9_000, cost=3_000)
    kit = builders.a_variant(list_price=25_000)
    kits.set_parts(variant_id=kit.pk, parts={cup.sku: 1, saucer.sku: 2}, actor=None, at=at)
    return kit, cup, saucer


def place(at: datetime, lines: list[tuple[str, int]], total: int) -> Order:
    return placing.place_order(
        channel="web", ship_to=builders.SHIP_TO, actor=None, at=at, lines=lines, expected_total=Decimal(total)
    )


def test_an_order_of_a_kit_holds_and_sells_its_parts_at_the_price_of_the_kit(at: datetime) -> None:
    kit, cup, saucer = a_kit(at)
    promotion = builders.a_promotion(at)

    order = place(at, [(kit.sku, 2), (cup.sku, 1)], 25_000 * 2 - 5_000 + 12_000 - 1_200)

    told = order.lines.values_list("position", "sku", "quantity", "total", "kit__sku", "kit_place", "kit_quantity", "unit_cost")
    assert sorted(told) == [
        (1, cup.sku, 2, 18_000, kit.sku, 1, 2, 5_000),
        (2, saucer.sku, 4, 27_000, kit.sku, 1, 2, 3_000),
        (3, cup.sku, 1, 10_800, None, None, None, 5_000),
    ] or sorted(told) == [
        (1, saucer.sku, 4, 27_000, kit.sku, 1, 2, 3_000),
        (2, cup.sku, 2, 18_000, kit.sku, 1, 2, 5_000),
        (3, cup.sku, 1, 10_800, None, None, None, 5_000),
    ]
    assert dict(StockLevel.objects.values_list("variant", "reserved")) == {cup.pk: 3, saucer.pk: 4}
    assert sum(OrderDiscount.objects.filter(promotion=promotion).values_list("amount", flat=True)) == 6_200
    shown = order_page.lines(order=order)
    assert sorted((one.row.sku, [held.units for held in one.held]) for one in shown) == sorted(
        [(cup.sku, [2]), (saucer.sku, [4]), (cup.sku, [1])]
    )


def test_what_was_ordered_as_a_kit_is_paid_shipped_and_returned_by_its_parts(at: datetime) -> None:
    kit, cup, saucer = a_kit(at)
    order = place(at, [(kit.sku, 2)], 50_000)
    paying.record_payment(
        number=order.number, provider="card", reference="1", amount=order.total, paid_at=at, actor=None, at=at
    )
    fulfilling.ship(number=order.number, actor=None, at=at)
    position = order.lines.get(variant=saucer).position
    house = StockLevel.objects.get(variant=saucer).warehouse_id
    parcel = returning.accept(number=order.number, items={position: 1}, reason="broken", warehouse_id=house, actor=None, at=at)
    returning.receive(number=parcel.number, restocked={position: 1}, actor=None, at=at + timedelta(days=1))

    order.refresh_from_db()
    assert order.refund_owed == 7_500
    assert dict(StockLevel.objects.values_list("variant", "on_hand")) == {cup.pk: 8, saucer.pk: 7}


def test_there_are_as_many_kits_as_the_scarcest_part_allows(at: datetime) -> None:
    kit, cup, saucer = a_kit(at, cups=10, saucers=7)
    assert dict(catalog.listed().values_list("sku", "available")) == {kit.sku: 3, cup.sku: 10, saucer.sku: 7}

    with pytest.raises(InsufficientStock) as refused:
        place(at, [(kit.sku, 4)], 100_000)
    assert refused.value.details["lines"] == [{"sku": saucer.sku, "requested": 8, "available": 7}]
    # Three kits leave one saucer, which the kit and the saucer alone cannot both have.
    with pytest.raises(InsufficientStock):
        place(at, [(kit.sku, 3), (saucer.sku, 2)], 93_000)
    place(at, [(kit.sku, 3), (saucer.sku, 1)], 84_000)


def test_new_parts_count_for_new_orders_only(at: datetime) -> None:
    kit, cup, saucer = a_kit(at)
    before = place(at, [(kit.sku, 1)], 28_000)
    kits.set_parts(variant_id=kit.pk, parts={cup.sku: 2}, actor=None, at=at)
    after = place(at, [(kit.sku, 1)], 28_000)
    assert {one.sku: one.quantity for one in before.lines.all()} == {cup.sku: 1, saucer.sku: 2}
    assert {one.sku: one.quantity for one in after.lines.all()} == {cup.sku: 2}


def test_without_parts_it_is_an_ordinary_sku_again(at: datetime) -> None:
    kit, _cup, _saucer = a_kit(at)
    kits.set_parts(variant_id=kit.pk, parts={}, actor=None, at=at)
    builders.stocked(kit, builders.a_warehouse(), 2, at)
    assert not KitPart.objects.exists()


def test_a_kit_lies_nowhere_and_is_not_bought(at: datetime) -> None:
    kit, cup, _saucer = a_kit(at)
    with pytest.raises(LiesAsParts):
        stock.adjust(
            variant_id=kit.pk, warehouse_id=StockLevel.objects.filter(variant=cup).get().warehouse_id,
            quantity=1, reason="found", actor=None, at=at,
        )  # fmt: skip
    plain = builders.a_stocked_variant(5)
    with pytest.raises(HasStock):
        kits.set_parts(variant_id=plain.pk, parts={cup.sku: 2}, actor=None, at=at)
    wanted = builders.a_variant()
    offer = builders.an_offer(wanted)
    purchasing.draft(
        supplier_id=offer.supplier_id, warehouse_id=builders.a_warehouse().pk, lines=[Wanted(wanted.pk, 5)], actor=None, at=at
    )
    with pytest.raises(HasStock):
        kits.set_parts(variant_id=wanted.pk, parts={cup.sku: 2}, actor=None, at=at)


@pytest.mark.parametrize(
    ("parts", "named"),
    [
        ({"kit": 1, "cup": 1}, "kit"),
        ({"nothing": 2}, "nothing"),
        ({"book": 2}, "book"),
        ({"other": 2}, "other"),
        ({"cup": 0}, "cup"),
    ],
)
def test_parts_that_make_no_kit_are_refused_by_name(at: datetime, parts: dict[str, int], named: str) -> None:
    a_kit(at)
    builders.a_variant(sku="kit")
    builders.a_stocked_variant(5, sku="cup")
    builders.a_stocked_variant(5, sku="book", product=builders.a_product(tax_class=TaxClass.EXEMPT))
    other = builders.a_variant(sku="other")
    kits.set_parts(variant_id=other.pk, parts={"cup": 2}, actor=None, at=at)
    with pytest.raises(KitInvalid) as refused:
        kits.set_parts(variant_id=Variant.objects.get(sku="kit").pk, parts=parts, actor=None, at=at)
    assert refused.value.details["sku"] == named


def test_a_part_does_not_become_a_kit(at: datetime) -> None:
    a_kit(at)
    part, other = builders.a_variant(sku="part"), builders.a_variant(sku="other")
    kit = builders.a_variant(sku="kit")
    kits.set_parts(variant_id=kit.pk, parts={"part": 2}, actor=None, at=at)
    with pytest.raises(KitInvalid):
        kits.set_parts(variant_id=part.pk, parts={other.sku: 2}, actor=None, at=at)
    with pytest.raises(KitInvalid):
        kits.set_parts(variant_id=other.pk, parts={part.sku: 1}, actor=None, at=at)


def test_a_kit_is_neither_bought_nor_moved_and_the_refusal_names_it(at: datetime) -> None:
    kit, cup, _saucer = a_kit(at)
    house, other = builders.a_warehouse(), builders.a_warehouse()

    for lines, call in (
        (Wanted, {"supplier_id": builders.a_supplier().pk, "warehouse_id": house.pk, "do": purchasing.draft}),
        (transfers.Wanted, {"from_warehouse_id": house.pk, "to_warehouse_id": other.pk, "reason": "x", "do": transfers.draft}),
    ):
        do = call.pop("do")
        with pytest.raises(Invalid) as refused:
            do(lines=[lines(cup.pk, 1), lines(kit.pk, 1)], actor=None, at=at, **call)
        assert refused.value.details == {"field": "lines", "sku": kit.sku}


def test_a_sku_that_is_replenished_becomes_no_kit_until_that_is_switched_off(at: datetime) -> None:
    house = builders.a_warehouse()
    part, sku = builders.a_stocked_variant(5, house), builders.a_variant()
    policy = builders.a_policy(sku, house)

    with pytest.raises(HasStock):
        kits.set_parts(variant_id=sku.pk, parts={part.sku: 2}, actor=None, at=at)

    policy.is_enabled = False
    policy.save()
    assert len(kits.set_parts(variant_id=sku.pk, parts={part.sku: 2}, actor=None, at=at)) == 1


def test_the_demo_orders_its_kit_once_at_the_price_of_the_day(at: datetime) -> None:
    assert seeding_kits.order(at=at) == "", "no kit is sold"
    kit, cup, saucer = a_kit(at)

    number = seeding_kits.order(at=at)

    sold = Order.objects.get(number=number)
    assert dict(sold.lines.values_list("sku", "quantity")) == {cup.sku: 2, saucer.sku: 4}
    assert set(sold.lines.values_list("kit__sku", flat=True)) == {kit.sku}
    assert seeding_kits.order(at=at) == ""
