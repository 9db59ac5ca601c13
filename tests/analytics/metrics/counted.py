"""Counts the figures of sales and stock by hand: plain Python over the orders, returns and movements, one by one.

It shares nothing with the product but the names of the facts.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP
from decimal import Decimal as D
from typing import Any

from inventory.models import StockMovement
from orders.models import Order, ReturnLine
from tests.analytics.builders import SEOUL

TENTHS_OF_THOUSANDTHS = D("0.0001")


@dataclass(frozen=True)
class Happened:
    at: datetime
    facts: dict[str, D]
    channel: str | None = None
    category: int | None = None
    sku: int | None = None
    warehouse: int | None = None

    def key(self, by: str | None) -> Any:
        local = self.at.astimezone(SEOUL)
        day = local.date()
        return {
            None: None,
            "day": day,
            "week": day - timedelta(days=(day.isoweekday() - 1)),
            "month": date(day.year, day.month, 1),
            "hour": local.hour,
            "weekday": day.isoweekday() - 1,
            "day_hour": (day, local.hour),
            "slot": (day.isoweekday() - 1, local.hour),
            "channel": self.channel,
            "category": self.category,
            "sku": self.sku,
            "warehouse": self.warehouse,
        }[by]


def everything() -> list[Happened]:
    return [*_sold(), *_came_back(), *_moved()]


def folded(
    happened: Iterable[Happened], first: date, last: date, by: str | None, chosen: dict[str, Any]
) -> dict[Any, dict[str, D]]:
    found: dict[Any, dict[str, D]] = defaultdict(lambda: defaultdict(D))
    for one in happened:
        if first <= one.key("day") <= last and all(one.key(cut) == value for cut, value in chosen.items()):
            for name, value in one.facts.items():
                found[one.key(by)][name] += value
    return found


def value(code: str, facts: dict[str, D]) -> D | None:
    """Each figure as its definition reads, written a second time."""
    sold = facts["gross"] - facts["discounts"]
    net = sold - facts["returned"]
    after_tax = net - facts["tax"] + facts["returned_tax"]
    profit = after_tax - facts["cost"] + facts["returned_cost"]
    plain = {"received_units": "received", "shipped_units": "shipped", "tax": "order_tax"}
    figures: dict[str, D | None] = {
        "sales": sold,
        "net": net,
        "profit": profit,
        "margin": profit / after_tax if after_tax else None,
        "average_order": sold / facts["orders"] if facts["orders"] else None,
        "units_per_order": facts["units"] / facts["orders"] if facts["orders"] else None,
        "discount_share": facts["discounts"] / facts["gross"] if facts["gross"] else None,
    }
    return figures[code] if code in figures else facts[plain.get(code, code)]


def _sold() -> Iterable[Happened]:
    for order in Order.objects.prefetch_related("lines__variant__product"):
        if order.state in ("CANCELED", "EXPIRED"):
            continue
        canceled_tax = D(0)
        for line in order.lines.all():
            kept = line.quantity - line.canceled

            def part(amount: D, kept: int = kept, quantity: int = line.quantity) -> D:
                if kept == quantity:
                    return amount
                return (amount * kept / quantity).quantize(TENTHS_OF_THOUSANDTHS, ROUND_HALF_UP)

            canceled_tax += line.tax - part(line.tax)
            facts = {
                "units": D(kept),
                "gross": part(line.gross),
                "discounts": part(line.discount),
                "tax": part(line.tax),
                "cost": kept * (line.unit_cost or D(0)),
            }
            yield Happened(order.placed_at, facts, order.channel, line.variant.product.category_id, line.variant_id)
        own = {
            "orders": D(1),
            "shipping": order.shipping_fee - order.shipping_discount,
            "order_tax": order.tax - canceled_tax,
        }
        yield Happened(order.placed_at, own, order.channel)


def _came_back() -> Iterable[Happened]:
    for back in ReturnLine.objects.select_related("parent__order", "order_line", "variant__product"):
        if back.parent.state != "RECEIVED" or back.parent.received_at is None:
            continue
        line = back.order_line
        tax = D(0)
        if line:
            tax = (back.refund * line.tax_rate / (100 + line.tax_rate)).quantize(TENTHS_OF_THOUSANDTHS, ROUND_HALF_UP)
        facts = {
            "returned_units": D(back.quantity),
            "returned": back.refund,
            "returned_tax": tax,
            "returned_cost": back.restocked * (line.unit_cost or D(0)) if line else D(0),
        }
        channel = back.parent.order.channel if back.parent.order else ""
        yield Happened(back.parent.received_at, facts, channel, back.variant.product.category_id, back.variant_id)


def _moved() -> Iterable[Happened]:
    for one in StockMovement.objects.select_related("variant__product"):
        facts = {
            "received": D(one.quantity if one.kind == "RECEIPT" else 0),
            "shipped": D(-one.quantity if one.kind == "SHIPMENT" else 0),
        }
        yield Happened(one.occurred_at, facts, None, one.variant.product.category_id, one.variant_id, one.warehouse_id)
