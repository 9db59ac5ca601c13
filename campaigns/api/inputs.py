"""What callers may send about customers. Unknown fields are refused: a misspelled one must not be taken for a missing one."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from campaigns.models import Consent


class Strict(serializers.Serializer[Any]):
    """Refuses fields it does not know, naming each."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = [str(name) for name in data if name not in self.fields]
            if unknown:
                raise serializers.ValidationError(
                    {name[:100]: [serializers.ErrorDetail(_("There is no such field."), "unknown_field")] for name in unknown}
                )
        return super().to_internal_value(data)


class CustomerInput(Strict):
    """What is left out stays as it was; an empty text erases."""

    name = serializers.CharField(max_length=100, required=False, allow_blank=True)
    phone = serializers.CharField(max_length=20, required=False, allow_blank=True)
    email = serializers.EmailField(max_length=254, required=False, allow_blank=True)


class ConsentInput(Strict):
    channel = serializers.ChoiceField(choices=Consent.Channel.choices)
    purpose = serializers.ChoiceField(choices=Consent.Purpose.choices)
    is_given = serializers.BooleanField(help_text="false withdraws.")
    text_version = serializers.CharField(max_length=40, help_text="Which words the customer agreed to.")
    source = serializers.CharField(  # type: ignore[assignment]  # the name is the base class's, too
        max_length=40, help_text="Where it was said: sign-up, checkout, phone."
    )
