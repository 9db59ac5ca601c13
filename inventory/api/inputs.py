"""What callers may send about purchasing: goods that came."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from config.kernel.serializing import StrictInput
from inventory.models import LandedCost, ReceiptDiscrepancy
from inventory.operations.lotbook import LONGEST_CODE
from inventory.operations.purchase_steps import MOST_UNITS
from inventory.operations.receiving import LONGEST_ITEM, LONGEST_REASON

MOST_LINES = 500
MOST_LOTS = 100
Kind, Outcome = ReceiptDiscrepancy.Kind, ReceiptDiscrepancy.Outcome


class ReceivedLineInput(StrictInput):
    sku = serializers.CharField(max_length=64)
    quantity = serializers.IntegerField(min_value=1, max_value=MOST_UNITS)


class LotInput(StrictInput):
    """Units of one lot. Without a date the lot's own counts, or the shelf life of the SKU."""

    code = serializers.CharField(max_length=LONGEST_CODE)
    expires_on = serializers.DateField(
        required=False, allow_null=True, default=None, help_text="The last day on which the goods may be used."
    )
    quantity = serializers.IntegerField(min_value=1, max_value=MOST_UNITS)


class DeliveredLineInput(ReceivedLineInput):
    lots: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=LotInput(), required=False, default=list, max_length=MOST_LOTS,
        help_text="Of which lots the units are; needed where the SKU tracks lots, and they add up to the quantity.",
    )  # fmt: skip


class DiscrepancyInput(StrictInput):
    """What was wrong: SHORT and DAMAGED name a SKU of the order, WRONG an item; goods lying aside need an outcome."""

    kind = serializers.ChoiceField(choices=[Kind.SHORT, Kind.DAMAGED, Kind.WRONG])
    sku = serializers.CharField(max_length=64, required=False, default="")
    item = serializers.CharField(max_length=LONGEST_ITEM, required=False, default="")
    quantity = serializers.IntegerField(min_value=1, max_value=MOST_UNITS)
    outcome = serializers.ChoiceField(choices=Outcome.choices, required=False, default=Outcome.NONE)
    reason = serializers.CharField(max_length=LONGEST_REASON)


class LandedCostInput(StrictInput):
    kind = serializers.ChoiceField(choices=LandedCost.Kind.choices)
    amount = serializers.DecimalField(max_digits=16, decimal_places=4, help_text="Before tax.")
    basis = serializers.ChoiceField(choices=LandedCost.Basis.choices, help_text="How it is shared out over the lines.")
    reference = serializers.CharField(max_length=64, help_text="The number of the invoice.")


class DeliveryInput(StrictInput):
    """A delivery as it arrived. Each SKU stands in one line."""

    delivery_note = serializers.CharField(max_length=64, help_text="The supplier's own number; the same one counts once.")
    lines: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=DeliveredLineInput(),
        max_length=MOST_LINES,
        help_text="Sellable units; may be empty where discrepancies are told.",
    )
    discrepancies: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=DiscrepancyInput(), required=False, default=list, max_length=MOST_LINES
    )
    costs: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=LandedCostInput(), required=False, default=list, max_length=20
    )
    accepts_surplus = serializers.BooleanField(
        required=False,
        default=False,
        help_text="Takes in what is beyond the supplier's tolerance. Only of an account that may approve such a purchase.",
    )

    def validate_lines(self, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        skus = [line["sku"] for line in lines]
        if len(set(skus)) != len(skus):
            raise serializers.ValidationError(_("Each SKU stands in one line."), code="duplicate")
        return lines

    def validate(self, told: dict[str, Any]) -> dict[str, Any]:
        if not told["lines"] and not told["discrepancies"]:
            raise serializers.ValidationError({"lines": [_("Enter what has come.")]})
        return told


class MovedUnitsInput(StrictInput):
    """What left or arrived. Each SKU stands in one line."""

    lines: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=ReceivedLineInput(), allow_empty=False, max_length=MOST_LINES
    )

    def validate_lines(self, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        skus = [line["sku"] for line in lines]
        if len(set(skus)) != len(skus):
            raise serializers.ValidationError(_("Each SKU stands in one line."), code="duplicate")
        return lines


class ShippedInput(MovedUnitsInput):
    expected_on = serializers.DateField(
        required=False, allow_null=True, default=None, help_text="Without it, after the days of the lane."
    )
