"""What the API tells of orders. Money is text in the shop's currency; people and things are told by their public keys."""

from collections.abc import Iterable
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from config.kernel.serializing import AmountOutput
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
    Settlement,
    UnmatchedPayment,
)

# What a storefront, and through it the customer, is told of an order's life. The rest stays among staff.
FOR_CUSTOMERS = frozenset(
    OrderEvent.Kind(kind)
    for kind in (
        *("PLACED", "PAID", "PAID_LATE", "PICKED", "SHIPPED", "CANCELED", "EXPIRED"),
        *("RETURN_ACCEPTED", "RETURNED", "RETURN_REFUSED", "REFUNDED", "MISSING_CANCELED"),
    )
)


class QuotedLine(serializers.Serializer[Any]):
    sku = serializers.CharField()
    quantity = serializers.IntegerField()
    list_price = serializers.CharField()
    gross = serializers.CharField()
    discount = serializers.CharField()
    total = serializers.CharField()
    tax = serializers.CharField(help_text="Inside the total.")


class QuotedDiscount(serializers.Serializer[Any]):
    name = serializers.CharField()
    code = serializers.CharField(allow_blank=True)
    amount = serializers.CharField()
    on_shipping = serializers.BooleanField()


class RefusedCode(serializers.Serializer[Any]):
    code = serializers.CharField()
    reason = serializers.CharField(help_text="Stable: unknown_code, used_up, not_in_force, below_minimum, ...")
    figures = serializers.DictField(child=serializers.CharField())


class QuoteOutput(serializers.Serializer[Any]):
    """Describes `quoting.told`, which is what is answered."""

    at = serializers.DateTimeField()
    currency = serializers.CharField()
    lines = QuotedLine(many=True)
    discounts = QuotedDiscount(many=True)
    refused_codes = RefusedCode(many=True)
    shipping_fee = serializers.CharField()
    shipping_discount = serializers.CharField()
    total = serializers.CharField()
    tax = serializers.CharField()


class PlacedOutput(serializers.ModelSerializer[Order]):
    lines_total = AmountOutput()
    shipping_fee = AmountOutput()
    shipping_discount = AmountOutput()
    total = AmountOutput()
    tax = AmountOutput()

    class Meta:
        model = Order
        fields = [
            *("number", "channel", "external_number", "state", "currency"),
            *("lines_total", "shipping_fee", "shipping_discount", "total", "tax", "placed_at", "payment_due_at"),
        ]
        read_only_fields = fields


class OrderOutput(PlacedOutput):
    customer = serializers.CharField(source="customer.external_id", default=None, read_only=True, allow_null=True)
    paid = AmountOutput()
    refund_owed = AmountOutput()
    refunded = AmountOutput()

    class Meta(PlacedOutput.Meta):
        fields = [
            *PlacedOutput.Meta.fields,
            *("customer", "is_short", "refund_due", "paid", "refund_owed", "refunded"),
            *("paid_at", "ship_due_at", "shipped_at", "closed_at"),
        ]
        read_only_fields = fields


class LineOutput(serializers.ModelSerializer[OrderLine]):
    kit = serializers.CharField(
        source="kit.sku", default=None, read_only=True, allow_null=True, help_text="The line is a part of this kit."
    )
    list_price = AmountOutput()
    gross = AmountOutput()
    discount = AmountOutput()
    total = AmountOutput()
    tax = AmountOutput()

    class Meta:
        model = OrderLine
        fields = [
            *("position", "sku", "name", "quantity", "list_price", "gross", "discount", "total", "tax_rate", "tax"),
            *("kit", "kit_place", "kit_quantity", "shipped", "canceled", "short", "returned"),
        ]
        read_only_fields = fields


class DiscountOutput(serializers.ModelSerializer[OrderDiscount]):
    position = serializers.IntegerField(
        source="line.position", default=None, read_only=True, allow_null=True, help_text="Empty: off the shipping."
    )
    amount = AmountOutput()

    class Meta:
        model = OrderDiscount
        fields = ["position", "name", "code", "amount"]
        read_only_fields = fields


class PaymentOutput(serializers.ModelSerializer[Payment]):
    amount = AmountOutput()

    class Meta:
        model = Payment
        fields = ["provider", "reference", "amount", "paid_at", "recorded_at"]
        read_only_fields = fields


class RefundOutput(serializers.ModelSerializer[Refund]):
    amount = AmountOutput()

    class Meta:
        model = Refund
        fields = ["provider", "reference", "amount", "reason", "refunded_at"]
        read_only_fields = fields


class SettlementOutput(serializers.ModelSerializer[Settlement]):
    class Meta:
        model = Settlement
        fields = ["outcome", "provider", "reference", "reason", "settled_at"]
        read_only_fields = fields


class PaidBackOutput(SettlementOutput):
    payment = serializers.CharField(source="payment.reference", read_only=True)
    amount = AmountOutput(source="payment.amount")

    class Meta(SettlementOutput.Meta):
        fields = ["payment", "amount", *SettlementOutput.Meta.fields]
        read_only_fields = fields


class UnmatchedPaymentOutput(serializers.ModelSerializer[UnmatchedPayment]):
    amount = AmountOutput()
    settlement = SettlementOutput(
        default=None, read_only=True, allow_null=True, help_text="What became of the money; null while it waits for staff."
    )

    class Meta:
        model = UnmatchedPayment
        fields = ["provider", "reference", "amount", "why", "paid_at", "recorded_at", "settlement"]
        read_only_fields = fields


class FulfillmentLineOutput(serializers.ModelSerializer[FulfillmentLine]):
    position = serializers.IntegerField(source="order_line.position", read_only=True)
    sku = serializers.CharField(source="order_line.sku", read_only=True)

    class Meta:
        model = FulfillmentLine
        fields = ["position", "sku", "quantity"]
        read_only_fields = fields


class FulfillmentOutput(serializers.ModelSerializer[Fulfillment]):
    warehouse = serializers.CharField(source="warehouse.code", read_only=True)
    lines = FulfillmentLineOutput(many=True, read_only=True)

    class Meta:
        model = Fulfillment
        fields = ["number", "warehouse", "carrier", "tracking_number", "shipped_at", "lines"]
        read_only_fields = fields


class ReturnLineOutput(serializers.ModelSerializer[ReturnLine]):
    position = serializers.IntegerField(source="order_line.position", default=None, read_only=True, allow_null=True)
    sku = serializers.CharField(source="variant.sku", read_only=True)
    refund = AmountOutput()

    class Meta:
        model = ReturnLine
        fields = ["position", "sku", "quantity", "restocked", "refund"]
        read_only_fields = fields


class ReturnOutput(serializers.ModelSerializer[Return]):
    warehouse = serializers.CharField(source="warehouse.code", read_only=True)
    refund = AmountOutput()
    lines = ReturnLineOutput(many=True, read_only=True)

    class Meta:
        model = Return
        fields = ["number", "warehouse", "state", "reason", "refund", "accepted_at", "received_at", "lines"]
        read_only_fields = fields


class EventOutput(serializers.ModelSerializer[OrderEvent]):
    class Meta:
        model = OrderEvent
        fields = ["kind", "reason", "occurred_at"]
        read_only_fields = fields


class OrderDetailOutput(OrderOutput):
    lines = LineOutput(many=True, read_only=True)
    discounts = DiscountOutput(many=True, read_only=True)
    payments = PaymentOutput(many=True, read_only=True)
    refunds = RefundOutput(many=True, read_only=True)
    fulfillments = FulfillmentOutput(many=True, read_only=True)
    returns = ReturnOutput(many=True, read_only=True)
    unmatched_payments = serializers.SerializerMethodField(
        help_text="Money that came and the order does not owe. Null where a storefront reads it."
    )
    timeline = serializers.SerializerMethodField(
        help_text="A storefront reads what concerns the customer, without staff's words."
    )

    class Meta(OrderOutput.Meta):
        fields = [
            *OrderOutput.Meta.fields,
            *("ship_to", "note", "lines", "discounts", "payments", "refunds", "unmatched_payments"),
            *("fulfillments", "returns", "timeline"),
        ]
        read_only_fields = fields

    @extend_schema_field(UnmatchedPaymentOutput(many=True, allow_null=True))
    def get_unmatched_payments(self, order: Order) -> list[dict[str, Any]] | None:
        if not self.context["by_staff"]:
            return None
        return [UnmatchedPaymentOutput(one).data for one in order.unmatched_payments.all()]

    @extend_schema_field(EventOutput(many=True))
    def get_timeline(self, order: Order) -> list[dict[str, Any]]:
        told = [event for event in order.timeline.all() if self.context["by_staff"] or event.kind in FOR_CUSTOMERS]
        return [EventOutput(event).data for event in told]

    def to_representation(self, order: Order) -> dict[str, Any]:
        told: dict[str, Any] = super().to_representation(order)
        if not self.context["by_staff"]:
            shown = [event for event in order.timeline.all() if event.kind in FOR_CUSTOMERS]
            self._leave_out_reasons(told["timeline"], shown)
            self._leave_out_reasons(told["refunds"], order.refunds.all())
            self._leave_out_reasons(told["returns"], order.returns.all())
        return told

    @staticmethod
    def _leave_out_reasons(entries: list[dict[str, Any]], rows: Iterable[OrderEvent | Refund | Return]) -> None:
        """What staff wrote they wrote for colleagues. A program passes on what the customer said."""
        for entry, row in zip(entries, rows, strict=True):
            if row.actor is None or not row.actor.is_service:
                entry["reason"] = ""
