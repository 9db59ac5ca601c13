"""What the API tells of customers and offers. Money is text in the shop's currency; things are told by their public keys."""

from typing import Any

from rest_framework import serializers

from campaigns.models import Consent, Customer, Promotion
from config.kernel.serializing import AmountOutput


class PromotionOutput(serializers.ModelSerializer[Promotion]):
    """A promotion in force, for a storefront to show. What it does to a basket is told by a quote alone."""

    amount = AmountOutput(allow_null=True)
    minimum_amount = AmountOutput()
    segment = serializers.SlugRelatedField[Any]("code", read_only=True, allow_null=True)
    categories = serializers.SlugRelatedField[Any]("code", read_only=True, many=True)
    skus = serializers.ListField(child=serializers.CharField(), help_text="Of the chosen products, every option.")

    class Meta:
        model = Promotion
        fields = (
            "id", "version", "name", "benefit", "percent", "amount", "buy", "get", "starts_at", "ends_at", "weekdays",
            "from_hour", "until_hour", "needs_coupon", "covers", "skus", "categories", "segment", "minimum_amount",
            "first_order_only", "stacking_group", "priority",
        )  # fmt: skip
        read_only_fields = fields


class CustomerOutput(serializers.ModelSerializer[Customer]):
    email = serializers.CharField(help_text="Empty where none is known.")

    class Meta:
        model = Customer
        fields = ("external_id", "name", "phone", "email", "created_at")
        read_only_fields = fields


class ConsentOutput(serializers.ModelSerializer[Consent]):
    class Meta:
        model = Consent
        fields = ("channel", "purpose", "is_given", "text_version", "source", "stated_at")
        read_only_fields = fields
