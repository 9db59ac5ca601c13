"""Everything orders knows of one customer, for whoever asks what is kept of them."""

from typing import Any

from config.kernel.telling import rows
from orders.models import (
    Fulfillment,
    Order,
    OrderDiscount,
    OrderEvent,
    OrderLine,
    Payment,
    Refund,
    Return,
    ReturnLine,
    Settlement,
    UnmatchedPayment,
)


def told(customer_id: int) -> dict[str, list[dict[str, Any]]]:
    mine = {"order__customer_id": customer_id}
    return {
        "orders": rows(Order.objects.filter(customer_id=customer_id)),
        # What goods cost the shop is its own business.
        "lines": [_without(one, "unit_cost") for one in rows(OrderLine.objects.filter(**mine))],
        "discounts": rows(OrderDiscount.objects.filter(**mine)),
        "parcels": rows(Fulfillment.objects.filter(**mine)),
        "payments": rows(Payment.objects.filter(**mine)),
        "unmatched_payments": rows(UnmatchedPayment.objects.filter(**mine)),
        "settlements": rows(Settlement.objects.filter(payment__order__customer_id=customer_id)),
        "refunds": rows(Refund.objects.filter(**mine)),
        "returns": rows(Return.objects.filter(**mine)),
        "return_lines": rows(ReturnLine.objects.filter(parent__order__customer_id=customer_id)),
        "timeline": rows(OrderEvent.objects.filter(**mine)),
    }


def _without(row: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != name}
