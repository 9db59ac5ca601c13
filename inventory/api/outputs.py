"""What the API tells of catalog, stock and purchasing."""

from django.conf import settings
from rest_framework import serializers

from config.kernel.serializing import AmountOutput
from inventory.models import (
    GoodsReceipt,
    GoodsReceiptLine,
    PurchaseOrder,
    PurchaseOrderEvent,
    PurchaseOrderLine,
    ReceiptDiscrepancy,
    StockLevel,
    StockMovement,
    SupplierConfirmation,
    SupplierConfirmationLine,
    TransferEvent,
    TransferLine,
    TransferOrder,
    TransferReceipt,
    TransferReceiptLine,
    Variant,
)


class VariantOutput(serializers.ModelSerializer[Variant]):
    product = serializers.CharField(source="product.name")
    option = serializers.CharField(source="name")
    category = serializers.CharField(source="product.category.code")
    tax_class = serializers.CharField(source="product.tax_class")
    list_price = AmountOutput(help_text="Tax included.")
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
        return variant.is_on_sale


class StockLevelOutput(serializers.ModelSerializer[StockLevel]):
    sku = serializers.CharField(source="variant.sku")
    warehouse = serializers.CharField(source="warehouse.code")
    available = serializers.IntegerField(help_text="on_hand - reserved")

    class Meta:
        model = StockLevel
        fields = ["sku", "warehouse", "on_hand", "reserved", "available"]


class StockMovementOutput(serializers.ModelSerializer[StockMovement]):
    sku = serializers.CharField(source="variant.sku")
    warehouse = serializers.CharField(source="warehouse.code")
    unit_cost = AmountOutput(allow_null=True)

    class Meta:
        model = StockMovement
        fields = [
            *("sku", "warehouse", "kind", "quantity", "document_kind", "document_number"),
            *("reason", "unit_cost", "occurred_at"),
        ]


class PurchaseOrderOutput(serializers.ModelSerializer[PurchaseOrder]):
    supplier = serializers.CharField(source="supplier.code")
    warehouse = serializers.CharField(source="warehouse.code")

    class Meta:
        model = PurchaseOrder
        fields = [
            *("number", "supplier", "warehouse", "state", "currency", "is_proposed", "note"),
            *("drafted_at", "approved_at", "sent_at", "expected_on", "promised_on", "closed_at"),
        ]


class PurchaseOrderLineOutput(serializers.ModelSerializer[PurchaseOrderLine]):
    sku = serializers.CharField(source="variant.sku")
    outstanding = serializers.IntegerField(help_text="Ordered and not yet here.")
    unit_cost = AmountOutput()

    class Meta:
        model = PurchaseOrderLine
        fields = ["sku", "quantity", "received", "outstanding", "unit_cost", "confirmed_quantity", "confirmed_on"]


class GoodsReceiptLineOutput(serializers.ModelSerializer[GoodsReceiptLine]):
    sku = serializers.CharField(source="line.variant.sku")

    class Meta:
        model = GoodsReceiptLine
        fields = ["sku", "quantity"]


class DiscrepancyOutput(serializers.ModelSerializer[ReceiptDiscrepancy]):
    sku = serializers.CharField(source="line.variant.sku", allow_null=True, default=None, help_text="None of a wrong item.")

    class Meta:
        model = ReceiptDiscrepancy
        fields = ["kind", "sku", "item", "quantity", "outcome", "reason", "settled_at", "settlement"]


class ConfirmationLineOutput(serializers.ModelSerializer[SupplierConfirmationLine]):
    sku = serializers.CharField(source="line.variant.sku")

    class Meta:
        model = SupplierConfirmationLine
        fields = ["sku", "quantity", "expected_on"]


class ConfirmationOutput(serializers.ModelSerializer[SupplierConfirmation]):
    lines = ConfirmationLineOutput(many=True)

    class Meta:
        model = SupplierConfirmation
        fields = ["source", "note", "confirmed_at", "lines"]


class GoodsReceiptOutput(serializers.ModelSerializer[GoodsReceipt]):
    lines = GoodsReceiptLineOutput(many=True, help_text="Units that were put on the shelf.")
    discrepancies = DiscrepancyOutput(many=True)

    class Meta:
        model = GoodsReceipt
        fields = ["number", "delivery_note", "received_at", "lines", "discrepancies"]


class PurchaseOrderEventOutput(serializers.ModelSerializer[PurchaseOrderEvent]):
    class Meta:
        model = PurchaseOrderEvent
        fields = ["kind", "reason", "details", "occurred_at"]


class PurchaseOrderDetailOutput(PurchaseOrderOutput):
    lines = PurchaseOrderLineOutput(many=True)
    confirmations = ConfirmationOutput(many=True)
    receipts = GoodsReceiptOutput(many=True)
    timeline = PurchaseOrderEventOutput(many=True)

    class Meta(PurchaseOrderOutput.Meta):
        fields = [*PurchaseOrderOutput.Meta.fields, "lines", "confirmations", "receipts", "timeline"]


class TransferOrderOutput(serializers.ModelSerializer[TransferOrder]):
    from_warehouse = serializers.CharField(source="from_warehouse.code")
    to_warehouse = serializers.CharField(source="to_warehouse.code")

    class Meta:
        model = TransferOrder
        fields = [
            *("number", "from_warehouse", "to_warehouse", "state", "is_proposed", "reason"),
            *("drafted_at", "shipped_at", "expected_on", "closed_at"),
        ]


class TransferLineOutput(serializers.ModelSerializer[TransferLine]):
    sku = serializers.CharField(source="variant.sku")
    in_transit = serializers.IntegerField(help_text="shipped - received - lost")

    class Meta:
        model = TransferLine
        fields = ["sku", "quantity", "shipped", "received", "lost", "in_transit"]


class TransferReceiptLineOutput(serializers.ModelSerializer[TransferReceiptLine]):
    sku = serializers.CharField(source="line.variant.sku")

    class Meta:
        model = TransferReceiptLine
        fields = ["sku", "quantity"]


class TransferReceiptOutput(serializers.ModelSerializer[TransferReceipt]):
    lines = TransferReceiptLineOutput(many=True)

    class Meta:
        model = TransferReceipt
        fields = ["number", "received_at", "lines"]


class TransferEventOutput(serializers.ModelSerializer[TransferEvent]):
    class Meta:
        model = TransferEvent
        fields = ["kind", "reason", "details", "occurred_at"]


class TransferOrderDetailOutput(TransferOrderOutput):
    lines = TransferLineOutput(many=True)
    receipts = TransferReceiptOutput(many=True)
    timeline = TransferEventOutput(many=True)

    class Meta(TransferOrderOutput.Meta):
        fields = [*TransferOrderOutput.Meta.fields, "lines", "receipts", "timeline"]


class SupplierScoreOutput(serializers.Serializer[dict[str, object]]):
    supplier = serializers.CharField(help_text="The supplier's code.")
    purchase_orders = serializers.IntegerField(help_text="Decided ones of the last twelve months.")
    score = serializers.IntegerField(allow_null=True, help_text="Of 100: on time 40, in full 40, quality 20.")
    on_time = serializers.FloatField(allow_null=True, help_text="Units here by the day first promised, from 0 to 1.")
    in_full = serializers.FloatField(allow_null=True)
    quality = serializers.FloatField(allow_null=True)
    price_change = serializers.FloatField(allow_null=True)
    lead_days = serializers.FloatField(allow_null=True)
    lead_days_spread = serializers.FloatField(allow_null=True)
    promised_days = serializers.FloatField(allow_null=True)
