"""The kinds of events every shop has. A kind in another version is another entry: what was stored stays readable.

Names follow the e-commerce events that storefronts send elsewhere, so that a team finds what it expects. A shop's own kinds
lie in the database (`EventKind`) with numbers from `FIRST_OWN` on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FIRST_OWN = 1_000

Schema = Mapping[str, Any]

SKU: Schema = {"type": "string", "minLength": 1, "maxLength": 64}
# An address without its question, which may hold names, mails and tokens.
PATH: Schema = {"type": "string", "maxLength": 500, "pattern": "^/[^?#]*$"}
_COUNT: Schema = {"type": "integer", "minimum": 0, "maximum": 1_000_000}
_QUANTITY: Schema = {"type": "integer", "minimum": 1, "maximum": 100_000}
_CODE: Schema = {"type": "string", "minLength": 1, "maxLength": 64}
_AMOUNT: Schema = {"type": "string", "pattern": r"^\d{1,12}(\.\d{1,4})?$"}

# Where a visit came from: the campaign's words and the click ids that advertisers add to an address.
ORIGIN: Mapping[str, Schema] = {
    "referrer": {"type": "string", "maxLength": 255, "pattern": r"^[^\s/?#]*$"},
    **{f"utm_{name}": {"type": "string", "maxLength": 100} for name in ("source", "medium", "campaign", "term", "content")},
    **{name: {"type": "string", "maxLength": 255} for name in ("gclid", "fbclid", "napm", "kakao_click")},
}


@dataclass(frozen=True)
class Kind:
    """`number` is what a stored event carries; `properties` are JSON Schemas by name."""

    number: int
    name: str
    version: int
    properties: Mapping[str, Schema]
    required: tuple[str, ...] = ()

    def schema(self) -> dict[str, Any]:
        """As a JSON Schema of its own. A property it does not know is a mistake of the sender."""
        return {
            "type": "object",
            "properties": dict(self.properties),
            "required": list(self.required),
            "additionalProperties": False,
        }


BUILT_IN = (
    Kind(1, "page_viewed", 1, {"path": PATH, **ORIGIN}, ("path",)),
    Kind(
        2,
        "product_viewed",
        1,
        {"sku": SKU, "path": PATH, "list": _CODE, "in_stock": {"type": "boolean"}, "price": _AMOUNT, **ORIGIN},
        ("sku",),
    ),
    Kind(3, "products_listed", 1, {"path": PATH, "category": _CODE, "results": _COUNT, **ORIGIN}),
    Kind(
        4,
        "products_searched",
        1,
        {"query": {"type": "string", "minLength": 1, "maxLength": 200}, "results": _COUNT},
        ("query",),
    ),
    Kind(5, "product_added", 1, {"sku": SKU, "quantity": _QUANTITY, "price": _AMOUNT}, ("sku",)),
    Kind(6, "product_removed", 1, {"sku": SKU, "quantity": _QUANTITY}, ("sku",)),
    Kind(7, "product_wished", 1, {"sku": SKU}, ("sku",)),
    Kind(8, "cart_viewed", 1, {"path": PATH, "items": _COUNT}),
    Kind(9, "checkout_started", 1, {"path": PATH, "items": _COUNT, "value": _AMOUNT}),
    Kind(10, "order_completed", 1, {"order": _CODE, "value": _AMOUNT}, ("order",)),
    Kind(11, "promotion_viewed", 1, {"promotion": _CODE, "slot": _CODE}, ("promotion",)),
    Kind(12, "promotion_clicked", 1, {"promotion": _CODE, "slot": _CODE}, ("promotion",)),
    Kind(13, "reviews_viewed", 1, {"sku": SKU}, ("sku",)),
    Kind(14, "message_opened", 1, {"message": _CODE}, ("message",)),
    Kind(15, "message_clicked", 1, {"message": _CODE}, ("message",)),
    # Seconds in front of a page that was really looked at, told while it is open and once more when it is left.
    Kind(
        16,
        "dwelled",
        1,
        {"path": PATH, "sku": SKU, "seconds": {"type": "number", "exclusiveMinimum": 0, "maximum": 3600}},
        ("path", "seconds"),
    ),
    Kind(17, "payment_failed", 1, {"order": _CODE, "method": _CODE, "reason": _CODE, "value": _AMOUNT}),
)


def numbers(*names: str) -> list[int]:
    """What events of these built-in kinds carry, whatever their version."""
    return [kind.number for kind in BUILT_IN if kind.name in names]
