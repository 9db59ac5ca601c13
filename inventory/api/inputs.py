"""What callers may send about purchasing: goods that came."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from config.kernel.serializing import StrictInput
from inventory.operations.purchase_steps import MOST_UNITS

MOST_LINES = 500


class ReceivedLineInput(StrictInput):
    sku = serializers.CharField(max_length=64)
    quantity = serializers.IntegerField(min_value=1, max_value=MOST_UNITS)


class DeliveryInput(StrictInput):
    """A delivery as it arrived. Each SKU stands in one line."""

    delivery_note = serializers.CharField(max_length=64, help_text="The supplier's own number; the same one counts once.")
    lines: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=ReceivedLineInput(), allow_empty=False, max_length=MOST_LINES
    )

    def validate_lines(self, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        skus = [line["sku"] for line in lines]
        if len(set(skus)) != len(skus):
            raise serializers.ValidationError(_("Each SKU stands in one line."), code="duplicate")
        return lines
