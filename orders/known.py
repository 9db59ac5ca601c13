"""What the codes of sales channels and ways to pay are called. They come from outside; an unknown one is shown as it came."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from orders.importing.profiles import PROFILES

CHANNELS: Mapping[str, Any] = {
    "web": pgettext_lazy("sales channel", "Web"),
    "storefront": pgettext_lazy("sales channel", "Storefront"),
    "mobile": pgettext_lazy("sales channel", "Mobile"),
    "app": pgettext_lazy("sales channel", "App"),
    "phone": pgettext_lazy("sales channel", "Phone"),
    "store": pgettext_lazy("sales channel", "Store"),
    "naver": pgettext_lazy("sales channel", "Naver"),
    "coupang": pgettext_lazy("sales channel", "Coupang"),
}
PROVIDERS: Mapping[str, Any] = {
    "card": pgettext_lazy("way to pay", "Card"),
    "easypay": pgettext_lazy("way to pay", "Easy payment"),
    "transfer": pgettext_lazy("way to pay", "Bank transfer"),
    "bank": pgettext_lazy("way to pay", "Bank transfer"),
    "virtual": pgettext_lazy("way to pay", "Virtual account"),
    "mobile": pgettext_lazy("way to pay", "Mobile phone bill"),
    "cash": pgettext_lazy("way to pay", "Cash"),
}
_IMPORTED = {profile.channel: profile for profile in PROFILES.values()}


def channel(code: str) -> str:
    if code in _IMPORTED:
        return _("import: %(shop)s") % {"shop": _IMPORTED[code].title}
    return str(CHANNELS.get(code, code))


def provider(code: str) -> str:
    return channel(code) if code in _IMPORTED else str(PROVIDERS.get(code, code))
