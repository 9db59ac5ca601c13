"""Visits as rows, at whatever moment of the past the rhythm of a customer needs them."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from analytics.models import EventSource, Visit
from campaigns.models import Customer
from config.kernel import shop
from inventory.models import Variant
from tests.analytics.builders import Line, an_order

_next = count(1)


def a_visit(
    source: EventSource, customer: Customer | None, at: datetime, *, products: int = 1, order: str = "", **values: Any
) -> Visit:
    told: dict[str, Any] = {
        "day": shop.day(at),
        "visitor": next(_next),
        "customer": customer,
        "is_named": customer is not None,
        "ended_at": at + timedelta(minutes=5),
        "events": 20,
        "pages": 2,
        "products": products,
        "out_of_stock": 0,
        "searches": 0,
        "added": 0,
        "active_seconds": 60,
        "viewed_at": at if products else None,
        "orders": [order] if order else [],
        "ordered_at": at + timedelta(minutes=4) if order else None,
    }
    return Visit.objects.create(source=source, started_at=at, **(told | values))


def a_purchase(
    source: EventSource, customer: Customer, variant: Variant, at: datetime, *, looks: int = 0, **values: Any
) -> None:
    """An order with the visit it was placed in, and so many visits of several products on the days before."""
    order = an_order(at, Line(variant), customer=customer, **values)
    for place in range(looks):
        a_visit(source, customer, at - timedelta(days=2 * place + 1), products=3)
    a_visit(source, customer, at - timedelta(minutes=5), order=order.number)
