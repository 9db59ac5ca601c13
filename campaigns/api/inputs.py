"""What callers may send about customers."""

from rest_framework import serializers

from campaigns.models import Consent
from config.kernel.serializing import StrictInput


class CustomerInput(StrictInput):
    """What is left out stays as it was; an empty text erases."""

    name = serializers.CharField(max_length=100, required=False, allow_blank=True)
    phone = serializers.CharField(max_length=20, required=False, allow_blank=True)
    email = serializers.EmailField(max_length=254, required=False, allow_blank=True)


class ConsentInput(StrictInput):
    channel = serializers.ChoiceField(choices=Consent.Channel.choices)
    purpose = serializers.ChoiceField(choices=Consent.Purpose.choices)
    is_given = serializers.BooleanField(help_text="false withdraws.")
    text_version = serializers.CharField(max_length=40, help_text="Which words the customer agreed to.")
    source = serializers.CharField(  # type: ignore[assignment]  # the name is the base class's, too
        max_length=40, help_text="Where it was said: sign-up, checkout, phone."
    )
