"""What the codes of events are called: kinds, and the reasons for which an event is kept apart."""

from typing import Any

from django.utils.translation import pgettext_lazy

from analytics.behaviour import reading

REASONS: dict[str, Any] = {
    reading.NOT_AN_OBJECT: pgettext_lazy("quarantine", "no JSON object"),
    reading.BAD_ID: pgettext_lazy("quarantine", "without a valid id"),
    reading.BAD_TIME: pgettext_lazy("quarantine", "without a valid time"),
    reading.TOO_OLD: pgettext_lazy("quarantine", "told more than 30 days late"),
    reading.UNKNOWN_KIND: pgettext_lazy("quarantine", "unknown kind of event"),
    reading.UNKNOWN_FIELD: pgettext_lazy("quarantine", "field nobody asked for"),
    reading.BAD_PROPERTIES: pgettext_lazy("quarantine", "properties against the schema"),
    reading.BAD_TEXT: pgettext_lazy("quarantine", "text that cannot be stored"),
}
KINDS: dict[str, Any] = {
    "page_viewed": pgettext_lazy("kind of event", "page viewed"),
    "product_viewed": pgettext_lazy("kind of event", "product viewed"),
    "products_listed": pgettext_lazy("kind of event", "products listed"),
    "products_searched": pgettext_lazy("kind of event", "products searched"),
    "product_added": pgettext_lazy("kind of event", "put into the cart"),
    "product_removed": pgettext_lazy("kind of event", "taken out of the cart"),
    "product_wished": pgettext_lazy("kind of event", "put on the wish list"),
    "cart_viewed": pgettext_lazy("kind of event", "cart viewed"),
    "checkout_started": pgettext_lazy("kind of event", "checkout started"),
    "order_completed": pgettext_lazy("kind of event", "order completed"),
    "promotion_viewed": pgettext_lazy("kind of event", "promotion viewed"),
    "promotion_clicked": pgettext_lazy("kind of event", "promotion clicked"),
    "reviews_viewed": pgettext_lazy("kind of event", "reviews viewed"),
    "message_opened": pgettext_lazy("kind of event", "message opened"),
    "message_clicked": pgettext_lazy("kind of event", "message clicked"),
    "dwelled": pgettext_lazy("kind of event", "looked at a page"),
    "payment_failed": pgettext_lazy("kind of event", "payment failed"),
}


def reason(code: str) -> str:
    return str(REASONS.get(code, code))
