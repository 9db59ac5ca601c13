"""Orders, returns, parcels and movements of goods, row by row."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP
from decimal import Decimal as D

from campaigns.models import SegmentMembership
from inventory.models import StockMovement, Variant
from orders.models import Fulfillment, Order, ReturnLine
from tests.prove.brute.counting import Item
from tests.prove.clicks import SEOUL


@dataclass
class Sold:
    """An order that stands. `goods` is what customers agreed to pay for goods, `back` what came back of it until now."""

    pk: int
    number: str
    channel: str
    customer: int | None
    at: datetime
    goods: D = D(0)
    back: D = D(0)
    place: int | None = None  # which of its customer's orders: the first is 1


@dataclass
class Sales:
    sold: list[Sold] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    # When goods of whom came back.
    returns: list[tuple[int, date]] = field(default_factory=list)


def local(at: datetime) -> datetime:
    return at.astimezone(SEOUL)


def _part(amount: D, kept: int, quantity: int) -> D:
    if kept == quantity:
        return amount
    return (amount * kept / quantity).quantize(D("0.0001"), ROUND_HALF_UP)


def read() -> Sales:
    """Everything that orders and stock tell, and the orders that stand, in order."""
    found = Sales()
    category = dict(Variant.objects.values_list("pk", "product__category_id"))
    member: dict[int | None, list[int | None]] = defaultdict(list)
    for customer, segment in SegmentMembership.objects.values_list("customer_id", "segment_id"):
        member[customer].append(segment)

    def segments(customer: int | None) -> tuple[int | None, ...]:
        """Who is in none is told apart as that; who is nobody is nowhere."""
        return () if customer is None else tuple(member.get(customer, [None]))

    for order in Order.objects.order_by("placed_at", "pk").prefetch_related("lines"):
        at = local(order.placed_at)
        outcome = {"placed": 1, "canceled": int(order.state == "CANCELED"), "expired": int(order.state == "EXPIRED")}
        found.items.append(Item(at, outcome, {"channel": (order.channel,)}))
        if order.state in ("CANCELED", "EXPIRED"):
            continue
        one = Sold(order.pk, order.number, order.channel, order.customer_id, order.placed_at)
        canceled_tax = D(0)
        of = {"channel": (order.channel,), "segment": segments(order.customer_id)}
        for line in order.lines.all():
            kept = line.quantity - line.canceled
            gross, discount, tax = (_part(each, kept, line.quantity) for each in (line.gross, line.discount, line.tax))
            canceled_tax += line.tax - tax
            one.goods += gross - discount
            facts = {"units": kept, "gross": gross, "discounts": discount, "goods_tax": tax, "cost": kept * line.unit_cost}
            of_line = {**of, "sku": (line.variant_id,), "category": (category[line.variant_id],)}
            found.items.append(Item(at, facts, of_line))
        whole = {
            "orders": 1, "shipping": order.shipping_fee - order.shipping_discount, "order_tax": order.tax - canceled_tax,
        }  # fmt: skip
        found.items.append(Item(at, whole, of))
        found.sold.append(one)
    _number(found)
    _returns(found, category, segments)
    _parcels(found)
    for kind, quantity, at, variant, warehouse in StockMovement.objects.values_list(
        "kind", "quantity", "occurred_at", "variant_id", "warehouse_id"
    ):
        if kind in ("RECEIPT", "SHIPMENT"):
            moved = {"received_units": quantity} if kind == "RECEIPT" else {"shipped_units": -quantity}
            of_stock = {"sku": (variant,), "category": (category[variant],), "warehouse": (warehouse,)}
            found.items.append(Item(local(at), moved, of_stock))
    return found


def _number(found: Sales) -> None:
    """Which of its customer's standing orders each is."""
    places: dict[int, int] = defaultdict(int)
    for one in found.sold:
        facts = {"guest_orders": D(1)}
        if one.customer is not None:
            places[one.customer] += 1
            one.place = places[one.customer]
            which = "new" if one.place == 1 else "repeat"
            facts = {f"{which}_orders": D(1), f"{which}_sales": one.goods}
        found.items.append(Item(local(one.at), facts, {"channel": (one.channel,)}))


def _returns(found: Sales, category: dict[int, int], segments: Callable[[int | None], tuple[int | None, ...]]) -> None:
    of_order = {one.pk: one for one in found.sold}
    for back in ReturnLine.objects.select_related("parent__order", "order_line"):
        if back.parent.state != "RECEIVED" or back.parent.received_at is None:
            continue
        at, order, line = local(back.parent.received_at), back.parent.order, back.order_line
        tax = cost = D(0)
        if line:
            tax = (back.refund * line.tax_rate / (100 + line.tax_rate)).quantize(D("0.0001"), ROUND_HALF_UP)
            cost = back.restocked * line.unit_cost
        facts = {"returned_units": back.quantity, "returned": back.refund, "returned_tax": tax, "returned_cost": cost}
        of: dict[str, tuple[object, ...]] = {"sku": (back.variant_id,), "category": (category[back.variant_id],)}
        of["channel"] = (order.channel if order else "",)
        if order:
            of["segment"] = segments(order.customer_id)
            if order.pk in of_order:
                of_order[order.pk].back += back.refund
            if order.customer_id is not None:
                found.returns.append((order.customer_id, at.date()))
        found.items.append(Item(at, facts, of))


def _parcels(found: Sales) -> None:
    parcels: dict[int, list[tuple[datetime, int]]] = defaultdict(list)
    channels: dict[int, str] = {}
    for parcel in Fulfillment.objects.select_related("order").prefetch_related("lines"):
        order, at = parcel.order, local(parcel.shipped_at)
        channels[order.pk] = order.channel
        parcels[order.pk].append((at, sum(line.quantity for line in parcel.lines.all())))
        facts = {
            "parcels": 1,
            "due": int(order.ship_due_at is not None),
            "on_time": int(order.ship_due_at is not None and parcel.shipped_at <= order.ship_due_at),
            "paid": int(order.paid_at is not None),
            # In whole seconds.
            "waited": (parcel.shipped_at - order.paid_at) // timedelta(seconds=1) if order.paid_at else 0,
        }
        found.items.append(Item(at, facts, {"channel": (order.channel,), "warehouse": (parcel.warehouse_id,)}))
    ordered = {
        order.pk: sum(line.quantity for line in order.lines.all())
        for order in Order.objects.filter(fulfillments__isnull=False).distinct().prefetch_related("lines")
    }
    for pk, theirs in parcels.items():
        begun = min(at for at, _units in theirs)
        gone = sum(units for at, units in theirs if at.date() == begun.date())
        facts = {"begun": 1, "begun_units": ordered[pk], "gone_units": gone, "whole": int(gone >= ordered[pk])}
        found.items.append(Item(begun, facts, {"channel": (channels[pk],)}))
