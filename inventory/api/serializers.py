"""What the API tells of catalog, stock and purchasing, and the one thing it is told: goods that came."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from config.kernel.serializing import AmountField, StrictSerializer
from inventory.models import (
    GoodsReceipt,
    GoodsReceiptLine,
    PurchaseOrder,
    PurchaseOrderEvent,
    PurchaseOrderLine,
    StockLevel,
    StockMovement,
    Variant,
)
from inventory.operations.purchasing import MOST_UNITS

MOST_LINES = 500


class VariantSerializer(serializers.ModelSerializer[Variant]):
    product = serializers.CharField(source="product.name")
    option = serializers.CharField(source="name")
    category = serializers.CharField(source="product.category.code")
    tax_class = serializers.CharField(source="product.tax_class")
    list_price = AmountField(help_text="Tax included.")
    currency = serializers.SerializerMethodField()
    on_sale = serializers.SerializerMethodField()
    available = serializers.IntegerField(help_text="Units that orders may still take, in all warehouses that serve orders.")

    class Meta:
        model = Variant
        fields = [
            *("sku", "barcode", "product", "option", "category", "tax_class"),
            *("list_price", "currency", "on_sale", "available"),
        ]

    def get_currency(self, variant: Variant) -> str:
        return str(settings.SHOP_CURRENCY)

    def get_on_sale(self, variant: Variant) -> bool:
        return variant.is_active and variant.product.is_active


class StockLevelSerializer(serializers.ModelSerializer[StockLevel]):
    sku = serializers.CharField(source="variant.sku")
    warehouse = serializers.CharField(source="warehouse.code")
    available = serializers.IntegerField(help_text="on_hand - reserved")

    class Meta:
        model = StockLevel
        fields = ["sku", "warehouse", "on_hand", "reserved", "available"]


class StockMovementSerializer(serializers.ModelSerializer[StockMovement]):
    sku = serializers.CharField(source="variant.sku")
    warehouse = serializers.CharField(source="warehouse.code")
    unit_cost = AmountField(allow_null=True)

    class Meta:
        model = StockMovement
        fields = [
            *("sku", "warehouse", "kind", "quantity", "document_kind", "document_number"),
            *("reason", "unit_cost", "occurred_at"),
        ]


class PurchaseOrderSerializer(serializers.ModelSerializer[PurchaseOrder]):
    supplier = serializers.CharField(source="supplier.code")
    warehouse = serializers.CharField(source="warehouse.code")

    class Meta:
        model = PurchaseOrder
        fields = [
            *("number", "supplier", "warehouse", "state", "currency", "is_proposed", "note"),
            *("drafted_at", "approved_at", "sent_at", "expected_on", "closed_at"),
        ]


class PurchaseOrderLineSerializer(serializers.ModelSerializer[PurchaseOrderLine]):
    sku = serializers.CharField(source="variant.sku")
    outstanding = serializers.IntegerField(help_text="Ordered and not yet here.")
    unit_cost = AmountField()

    class Meta:
        model = PurchaseOrderLine
        fields = ["sku", "quantity", "received", "outstanding", "unit_cost"]


class GoodsReceiptLineSerializer(serializers.ModelSerializer[GoodsReceiptLine]):
    sku = serializers.CharField(source="line.variant.sku")

    class Meta:
        model = GoodsReceiptLine
        fields = ["sku", "quantity"]


class GoodsReceiptSerializer(serializers.ModelSerializer[GoodsReceipt]):
    lines = GoodsReceiptLineSerializer(many=True)

    class Meta:
        model = GoodsReceipt
        fields = ["number", "delivery_note", "received_at", "lines"]


class PurchaseOrderEventSerializer(serializers.ModelSerializer[PurchaseOrderEvent]):
    class Meta:
        model = PurchaseOrderEvent
        fields = ["kind", "reason", "details", "occurred_at"]


class PurchaseOrderDetailSerializer(PurchaseOrderSerializer):
    lines = PurchaseOrderLineSerializer(many=True)
    receipts = GoodsReceiptSerializer(many=True)
    timeline = PurchaseOrderEventSerializer(many=True)

    class Meta(PurchaseOrderSerializer.Meta):
        fields = [*PurchaseOrderSerializer.Meta.fields, "lines", "receipts", "timeline"]


class ReceivedLineSerializer(StrictSerializer):
    sku = serializers.CharField(max_length=64)
    quantity = serializers.IntegerField(min_value=1, max_value=MOST_UNITS)


class DeliverySerializer(StrictSerializer):
    """A delivery as it arrived. Each SKU stands in one line."""

    delivery_note = serializers.CharField(max_length=64, help_text="The supplier's own number; the same one counts once.")
    lines: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=ReceivedLineSerializer(), allow_empty=False, max_length=MOST_LINES
    )

    def validate_lines(self, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        skus = [line["sku"] for line in lines]
        if len(set(skus)) != len(skus):
            raise serializers.ValidationError(_("Each SKU stands in one line."), code="duplicate")
        return lines
