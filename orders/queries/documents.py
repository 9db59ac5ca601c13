"""Orders and their papers, as the API reads them: a constant number of queries, whatever hangs on an order."""

from django.db.models import Prefetch, QuerySet, prefetch_related_objects

from orders.guests import proves
from orders.models import (
    Fulfillment,
    FulfillmentLine,
    Order,
    OrderDiscount,
    OrderEvent,
    Refund,
    Return,
    ReturnLine,
    UnmatchedPayment,
)


def orders() -> QuerySet[Order]:
    return Order.objects.select_related("customer")


def order_with_papers(number: str, customer_external_id: str | None = None) -> Order | None:
    """One order with everything that hangs on it. With a customer named, only theirs."""
    rows = orders().filter(number=number)
    if customer_external_id is not None:
        rows = rows.filter(customer__external_id=customer_external_id)
    return _with_papers(rows).first()


def guests_order_with_papers(number: str, contact: str) -> Order | None:
    """The same of a guest's order, for whoever knows the phone or e-mail that was given with it."""
    guests = orders().filter(number=number, customer=None)
    ship_to = guests.values_list("ship_to", flat=True).first()
    return _with_papers(guests).first() if proves(contact, ship_to or {}) else None


def _with_papers(rows: QuerySet[Order]) -> QuerySet[Order]:
    return rows.prefetch_related(
        "lines",
        Prefetch("discounts", OrderDiscount.objects.select_related("line").order_by("pk")),
        "payments",
        Prefetch("refunds", Refund.objects.select_related("actor").order_by("pk")),
        Prefetch("fulfillments", parcels().order_by("pk")),
        Prefetch("returns", returns().select_related("actor").order_by("pk")),
        Prefetch("unmatched_payments", UnmatchedPayment.objects.select_related("settlement").order_by("pk")),
        Prefetch("timeline", OrderEvent.objects.select_related("actor").order_by("pk")),
    )


def parcels() -> QuerySet[Fulfillment]:
    return Fulfillment.objects.select_related("warehouse").prefetch_related(_parcel_lines())


def returns() -> QuerySet[Return]:
    return Return.objects.select_related("warehouse").prefetch_related(_return_lines())


def with_lines(sent: list[Fulfillment]) -> list[Fulfillment]:
    """The same parcels, with all that is told of them at hand."""
    prefetch_related_objects(sent, "warehouse", _parcel_lines())
    return sent


def with_its_lines(accepted: Return) -> Return:
    """The same return, with all that is told of it at hand."""
    prefetch_related_objects([accepted], "warehouse", _return_lines())
    return accepted


def _parcel_lines() -> "Prefetch[str]":
    return Prefetch("lines", FulfillmentLine.objects.select_related("order_line").order_by("order_line__position"))


def _return_lines() -> "Prefetch[str]":
    return Prefetch("lines", ReturnLine.objects.select_related("order_line", "variant").order_by("pk"))
