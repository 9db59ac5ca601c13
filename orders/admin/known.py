"""The field in which a way to pay is typed by its title, and what the codes of channels and ways to pay are called."""

from functools import cache
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import override

from orders.known import CHANNELS, PROVIDERS, channel, provider

__all__ = ("CHANNELS", "PROVIDERS", "ProviderField", "channel", "provider")


@cache
def _codes() -> dict[str, str]:
    """The code of each way to pay by its title, in every language of the shop; of two with one title the first."""
    codes: dict[str, str] = {}
    for language, _name in settings.LANGUAGES:
        with override(language):
            for code, title in PROVIDERS.items():
                codes.setdefault(str(title).lower(), code)
    return codes


class ProviderField(forms.CharField):
    """How money came or goes. A way the shop knows is shown and may be typed by its title, and is kept by its code."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=40, **options)

    def prepare_value(self, value: Any) -> Any:
        return provider(value) if isinstance(value, str) else value

    def clean(self, value: Any) -> str:
        typed = str(super().clean(value))
        return _codes().get(typed.lower(), typed)
