"""What the serializers of every app share: input that refuses what it does not know, and money as text."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from config.kernel.money import Money

AS_TEXT = {"type": "string", "example": "19900"}


class StrictInput(serializers.Serializer[Any]):
    """Plain input. A field it does not know is a mistake of the sender and named as such, not silently dropped."""

    default_error_messages = {"unknown_field": _("There is no such field.")}

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping) and (unknown := [str(name) for name in data if name not in self.fields]):
            message = str(self.error_messages["unknown_field"])
            raise serializers.ValidationError(
                {name[:100]: [serializers.ErrorDetail(message, "unknown_field")] for name in unknown}
            )
        return super().to_internal_value(data)


@extend_schema_field(AS_TEXT)
class AmountInput(serializers.DecimalField):
    """An amount as text; a JSON number may have lost digits on its way."""

    default_error_messages = {"not_text": _('Send the amount as text, such as "12000".')}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=16, decimal_places=4, min_value=Decimal(0), **kwargs)

    def to_internal_value(self, data: Any) -> Decimal:
        if not isinstance(data, str):
            self.fail("not_text")
        return super().to_internal_value(data)


@extend_schema_field(AS_TEXT)
class AmountOutput(serializers.Field[Decimal, Any, str, Any]):
    """Money as the API speaks it: "19900" for won, "19.90" for pounds."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, **kwargs)

    def to_representation(self, value: Decimal) -> str:
        return Money(value, settings.SHOP_CURRENCY).as_text()
