"""Fills an empty shop with a year that never was: the demo. The same seed and end give the same year, up to ids.

One transaction: a shop is seeded whole or not at all. Its callers are commands, so its refusals are in English.
"""

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from math import ceil
from random import Random
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from campaigns.operations import occurrences
from config.kernel import bulk, shop
from config.kernel.business_time import day_period
from config.kernel.errors import Conflict
from config.kernel.models import User
from config.kernel.roles import Role
from inventory.models import (
    Product,
    StockMovement,
    SupplierConfirmation,
    TaxClass,
    Variant,
)
from inventory.operations import (
    classes,
    confirming,
    kits,
    lead_times,
    purchase_history,
    purchasing,
    receiving,
    replenishment,
    risks,
)
from inventory.operations.confirming import (
    Confirmed,
)
from inventory.operations.costing import (
    Extra,
)
from inventory.operations.history import PastMovement, PastPrice, write_prices
from inventory.operations.purchase_history import PastPurchase, PastReceipt
from inventory.operations.purchasing import Wanted
from inventory.operations.receiving import Gap
from orders.models import Order, Payment
from orders.operations import history, seeding_transfers, unmatched
from orders.past import PastOrder
from orders.queries.quoting import SHIPPING_TAX_RATE
from orders.seeding import furnishing, lots, offers, prices, seasons, stockroom
from orders.seeding.lives import Terms
from orders.seeding.shelves import OPENING, Shelves, Told
from orders.seeding.story import Offered, Repricing, Story

# Orders in one round of writing: enough to make the rounds' own cost vanish, few enough for a small memory.
AT_ONCE = 20_000


class NotEmpty(Conflict):
    """The shop has goods or orders of its own."""

    code = "shop_not_empty"


@dataclass(frozen=True)
class Scale:
    """How long and how large the year is."""

    days: int
    orders: int
    customers: int


SCALES = {
    "small": Scale(365, 4_000, 800),
    "medium": Scale(365, 30_000, 5_000),
    "large": Scale(365, 1_000_000, 120_000),
}


@dataclass(frozen=True)
class Seeded:
    """`movements` are entries of the ledger that no order causes; `proposals` what the nightly replenishment then proposed."""

    orders: int
    lines: int
    movements: int
    proposals: int


def stands() -> bool:
    """Whether this shop was opened by a seed."""
    return StockMovement.objects.filter(document_kind=OPENING.kind, document_number=OPENING.number).exists()


@transaction.atomic
def seed(*, scale: Scale, seed: int, until: datetime, at: datetime, say: Callable[[str], object] = lambda text: None) -> Seeded:
    """Writes the year that ends at `until`. Raises `NotEmpty` for a shop with a life of its own; `say` hears the progress."""
    if Order.objects.exists() or Variant.objects.exists():
        raise NotEmpty("This shop has goods or orders of its own; a demo is only put into an empty one.")
    bulk.unhurried()
    zone = shop.zone()
    until = until.replace(microsecond=0)
    last = shop.day(until)
    first = last - timedelta(days=scale.days - 1)
    began = day_period(first, zone).starts_at
    # Planned beyond both ends: parcels leave on working days, also after the story.
    calendar = seasons.days(first - timedelta(days=10), last + timedelta(days=40))
    days = calendar[10 : 10 + scale.days]
    weights = [day.volume * seasons.elapsed(day.on, until, zone) for day in days]
    numbers = seasons.shared_out(scale.orders, weights, Random(f"{seed} days"))

    draw = Random(f"{seed} shop")
    furnished = furnishing.furnish(opened_at=began - timedelta(days=1), draw=draw)
    joins = _joins(ceil(scale.customers * (1 - furnishing.REGULARS)), numbers, days, zone, until, draw)
    shoppers = furnishing.invite(number=scale.customers, joins=joins, first=began, until=until, draw=draw)
    planned = offers.offers(began, until, scale.orders)
    standing = furnishing.announce_offers(planned, at=began - timedelta(days=1), draw=draw)
    say(f"{len(furnished.offered)} SKUs, {len(shoppers)} customers, {len(standing)} promotions")

    staff = dict(User.objects.filter(username__in=[role.value for role in Role]).values_list("username", "pk"))
    shelves = Shelves(
        furnished.slots, warehouses=furnished.warehouses, suppliers=furnished.suppliers, staff=staff,
        numbers=_document_numbers(), zone=zone, until=until, draw=Random(f"{seed} stock"),
    )  # fmt: skip
    repriced = prices.repriced(furnished.offered, days, zone=zone, until=until, draw=Random(f"{seed} prices"))
    write_prices(changes=[_past_price(one, furnished.offered, staff) for one in repriced])
    story = Story(
        offered=furnished.offered, shoppers=shoppers, standing=standing, shelves=shelves, days=days, calendar=calendar,
        orders=numbers, repriced=repriced, terms=_terms(zone), staff=staff, until=until, draw=Random(f"{seed} story"),
    )  # fmt: skip
    with _without_collector():
        written = _write(story, shelves, until, at, say)

    while occurrences.settle_due(at=until).promotions:
        pass
    people = User.objects.in_bulk(staff.values())
    stockroom.furnish([(slot.variant_id, slot.warehouse_id) for slots in furnished.slots for slot in slots])
    _leave_work(furnished, {name: people[pk] for name, pk in staff.items()}, until)
    _receive_short(furnished, {name: people[pk] for name, pk in staff.items()}, until)
    _pay_twice(until)
    _make_a_kit(furnished, people.get(staff.get(Role.MARKETER.value, 0)), until)
    lead_times.learn(at=at)
    classes.learn(at=at)
    stockroom.leave_work(
        counter=people.get(staff.get(Role.WAREHOUSE.value, 0)), buyer=people.get(staff.get(Role.BUYER.value, 0)), at=until,
        draw=Random(f"{seed} stockroom"),
    )  # fmt: skip
    lots.fill(keeper=people.get(staff.get(Role.WAREHOUSE.value, 0)), buyer=people.get(staff.get(Role.BUYER.value, 0)), at=until)
    proposed = replenishment.propose(at=at)
    seeding_transfers.fill(warehouses=furnished.warehouses, staff={name: people[pk] for name, pk in staff.items()}, until=at)
    risks.assess(at=at)
    return replace(written, proposals=proposed.changed)


def _past_price(one: Repricing, offered: Sequence[Offered], staff: Mapping[str, int]) -> PastPrice:
    marketer = staff.get(Role.MARKETER.value)
    return PastPrice(offered[one.item].variant_id, one.before, one.after, one.reason, one.at, actor_id=marketer)


@contextmanager
def _without_collector() -> Iterator[None]:
    """The story makes millions of small values and no cycles; looking for cycles among them would take a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _joins(
    number: int, orders: Sequence[int], days: Sequence[seasons.Day], zone: ZoneInfo, until: datetime, draw: Random
) -> list[datetime]:
    """When new customers join: as the orders come."""
    total = sum(orders) or 1
    made: list[datetime] = []
    due = 0.0
    for day, count in zip(days, orders, strict=True):
        due += number * count / total
        made += seasons.moments(day.on, round(due) - len(made), zone, draw, until)
    return made


def _terms(zone: ZoneInfo) -> Terms:
    return Terms(
        currency=settings.SHOP_CURRENCY,
        zone=zone,
        shipping_fee=settings.SHIPPING_FEE,
        free_shipping_from=settings.FREE_SHIPPING_FROM,
        shipping_tax_rate=SHIPPING_TAX_RATE,
        payment_due=timedelta(minutes=settings.PAYMENT_DUE_MINUTES),
        ship_within=timedelta(hours=settings.SHIP_WITHIN_HOURS),
    )


def _document_numbers() -> Iterator[int]:
    while True:
        yield from bulk.take_numbers("inventory_document_number", 100)


def _write(story: Story, shelves: Shelves, until: datetime, at: datetime, say: Callable[[str], object]) -> Seeded:
    orders: list[PastOrder] = []
    days: list[history.Written] = []
    written = lines = entries = 0

    def flush() -> None:
        nonlocal written, lines, entries
        told = shelves.take()
        movements = _stock_moves(told, until)
        days.append(history.write(orders=orders, movements=movements, announced=False, at=at))
        written += len(orders)
        lines += sum(len(one.lines) for one in orders)
        entries += len(movements)
        say(f"{written} orders up to {orders[-1].placed_at if orders else until:%Y-%m-%d}")
        orders.clear()

    for day in story.tell():
        orders += day
        if len(orders) >= AT_ONCE:
            flush()
    flush()
    first = min(one.first_on for one in days if one.first_on)
    history.announce(first_on=first, last_on=max(one.last_on for one in days if one.last_on), at=at)
    return Seeded(written, lines, entries, proposals=0)


def _stock_moves(told: Told, until: datetime) -> list[PastMovement]:
    """Writes the papers and answers every entry of the ledger that no order causes."""
    purchases = [_so_far(one, until) for one in told.purchases]
    awaited = [place for place, one in enumerate(purchases) if one.sent_at and not one.receipts]
    if awaited:
        first = awaited[0]
        purchases[first] = _half_here(purchases[first], told.purchases[first].receipts[0], until)
    return [
        *told.movements,
        *purchase_history.write_purchases(purchases=purchases),
        *purchase_history.write_counts(counts=told.counts),
    ]


def _so_far(one: PastPurchase, until: datetime) -> PastPurchase:
    """What of a purchase has happened by the end."""
    receipts = tuple(receipt for receipt in one.receipts if receipt.received_at <= until)
    return replace(
        one,
        approved_at=one.approved_at if one.approved_at and one.approved_at <= until else None,
        sent_at=one.sent_at if one.sent_at and one.sent_at <= until else None,
        receipts=receipts,
        closed_at=one.closed_at if one.closed_at and one.closed_at <= until and len(receipts) == len(one.receipts) else None,
    )


def _half_here(one: PastPurchase, planned: PastReceipt, until: datetime) -> PastPurchase:
    """A delivery of which only a part has come, and early: half of its first line."""
    line = one.lines[0]
    units = {line.variant_id: max(line.quantity // 2, 1)}
    half = replace(planned, received_at=until - timedelta(hours=3), units=units)
    return replace(one, receipts=(half,)) if one.sent_at and one.sent_at < half.received_at else one


def _leave_work(furnished: furnishing.Shop, staff: Mapping[str, User], until: datetime) -> None:
    """Purchases of this morning: a draft, and one approved and not yet sent."""
    buyer, at = staff.get(Role.BUYER.value), until - timedelta(hours=3)
    for code, count in (("hanbit", 3), ("choroktteul", 4)):
        some = [slots[0] for slots in furnished.slots if slots[0].maker.code == code][:count]
        drafted = purchasing.draft(
            supplier_id=furnished.suppliers[code],
            warehouse_id=some[0].warehouse_id,
            lines=[Wanted(slot.variant_id, slot.maker.minimum) for slot in some],
            note="연말 행사 준비",
            actor=buyer,
            at=at,
        )
        if code == "hanbit":
            purchasing.approve(number=drafted.number, actor=staff.get(Role.OWNER.value), at=at + timedelta(minutes=40))


def _make_a_kit(furnished: furnishing.Shop, marketer: User | None, until: datetime) -> None:
    """What sells best of the kitchen, put together as a present at a tenth less than its parts."""
    taxed = [one for one in furnished.offered if one.tax_rate and "kitchen" in one.codes]
    best = sorted(taxed, key=lambda one: (-one.popularity, one.sku))
    first = best[0]
    second = next(one for one in best if one.product_id != first.product_id)
    alone = first.list_price + 2 * second.list_price
    product = Product.objects.create(
        name="집들이 선물 세트", category=Product.objects.get(pk=first.product_id).category, tax_class=TaxClass.STANDARD
    )
    kit = Variant.objects.create(product=product, sku="KIT-001", list_price=(alone * 9 / 10).quantize(Decimal("1e2")))
    parts = {first.sku: 1, second.sku: 2}
    kits.set_parts(variant_id=kit.pk, parts=parts, actor=marketer, at=until)


def _receive_short(furnished: furnishing.Shop, staff: Mapping[str, User], until: datetime) -> None:
    """A purchase the supplier confirmed with less than was ordered, and of which some came damaged and some not at all."""
    buyer, keeper = staff.get(Role.BUYER.value), staff.get(Role.WAREHOUSE.value)
    some = [slots[0] for slots in furnished.slots if slots[0].maker.code == "somgyeol"][:3]
    drafted_at, came_at = until - timedelta(days=9), until - timedelta(hours=2)
    order = purchasing.draft(
        supplier_id=furnished.suppliers["somgyeol"], warehouse_id=some[0].warehouse_id,
        lines=[Wanted(slot.variant_id, slot.maker.minimum * 2) for slot in some], note="겨울 침구 보충",
        actor=buyer, at=drafted_at,
    )  # fmt: skip
    purchasing.approve(
        number=order.number, reason="기본 조건", actor=staff.get(Role.OWNER.value), at=drafted_at + timedelta(hours=1)
    )
    purchasing.send(
        number=order.number, expected_on=shop.day(until) - timedelta(days=2), actor=buyer, at=drafted_at + timedelta(hours=2)
    )
    lines = [(line.variant.sku, line.quantity) for line in order.lines.select_related("variant").order_by("pk")]
    confirming.confirm(
        number=order.number,
        lines=[
            Confirmed(sku, units - (4 if place == 0 else 0), shop.day(until) - timedelta(days=1))
            for place, (sku, units) in enumerate(lines)
        ],
        source=SupplierConfirmation.Source.LINK,
        note="원단이 모자라 첫 품목은 네 개 적게 보냅니다.",
        actor=None,
        at=drafted_at + timedelta(days=1),
    )
    receiving.receive_goods(
        number=order.number,
        delivery_note="SG-2210",
        quantities={sku: units - short for (sku, units), short in zip(lines, (4, 3, 0), strict=True)},
        gaps=[
            Gap("DAMAGED", 3, "포장이 젖어 얼룩이 생김", sku=lines[1][0], outcome="RETURN"),
            Gap("SHORT", 4, "납품서에는 있으나 상자에 없음", sku=lines[0][0]),
        ],
        extras=[Extra("FREIGHT", Decimal(33_000), "VALUE", "화물-1120")],
        actor=keeper,
        at=came_at,
    )


def _pay_twice(until: datetime) -> None:
    """The provider captured the latest payment once more: somebody must look."""
    paid = Payment.objects.filter(paid_at__lt=until).select_related("order").order_by("-paid_at", "-id").first()
    if paid is not None:
        at = min(paid.paid_at + timedelta(minutes=2), until)
        unmatched.take(
            number=paid.order.number, provider=paid.provider, reference=f"{paid.reference}-2", amount=paid.amount, paid_at=at,
            actor=None, at=at,
        )  # fmt: skip
