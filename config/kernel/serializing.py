"""What the serializers of every app share: input that refuses what it does not know, and money as text.

Building a serializer costs more than using it, for each copies all its fields. `StrictInput.read` and `as_json` build one of a
kind and keep it, which is right because without data of its own a serializer remembers nothing of what passes through.
"""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache, cached_property
from typing import Any, cast

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from config.kernel.money import Money

AS_TEXT = {"type": "string", "example": "19900"}


class StrictInput(serializers.Serializer[Any]):
    """Plain input. A field it does not know is a mistake of the sender and named beside the others, not silently dropped."""

    default_error_messages = {"unknown_field": _("There is no such field.")}

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.fields)

    def run_validators(self, value: Any) -> None:
        # What would be gathered for them is for them alone.
        if self.validators:
            super().run_validators(value)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping) and (unknown := [str(name) for name in data if name not in self._known]):
            message = str(self.error_messages["unknown_field"])
            mistakes: dict[str, Any] = {name[:100]: [serializers.ErrorDetail(message, "unknown_field")] for name in unknown}
            try:
                super().to_internal_value(data)
            except serializers.ValidationError as others:
                mistakes |= cast(dict[str, Any], others.detail)
            raise serializers.ValidationError(mistakes)
        return super().to_internal_value(data)

    @classmethod
    def read(cls, data: Any) -> dict[str, Any]:
        """What `data` says, or a `ValidationError` that names each field."""
        try:
            return dict(_kept(cls).run_validation(data))
        except serializers.ValidationError:
            # Told by a fresh one, since a field repeats its message in the language in which it first told it.
            fresh = cls(data=data)
            fresh.is_valid(raise_exception=True)
            raise


@cache
def _kept(serializer: type[serializers.Serializer[Any]]) -> serializers.Serializer[Any]:
    return serializer()


def as_json(serializer: type[serializers.Serializer[Any]], instance: Any) -> dict[str, Any]:
    """The instance in JSON values. For serializers that need no context."""
    return dict(_kept(serializer).to_representation(instance))


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
