"""What a basket costs now: looks the SKUs and the customer up, asks campaigns for the price, and says it in plain values.

Prices, taxes and the shipping fee come from here alone; a caller only names SKUs, quantities and codes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext_lazy as _

from campaigns.pricing.values import Basket, BasketLine, Quote
from campaigns.queries import offers
from config.kernel import shop
from config.kernel.errors import Invalid
from config.kernel.money import Money, round_half_up
from inventory.costing import TAX_RATES
from inventory.models import TaxClass
from inventory.queries import availability, kits
from inventory.queries.availability import Listed
from inventory.queries.kits import Part

SHIPPING_TAX_RATE = TAX_RATES[TaxClass.STANDARD]
# The first amount a money column cannot hold: twelve digits before the point.
TOO_MUCH = Decimal(10) ** 12


class LinesRefused(Invalid):
    """Some SKUs cannot be ordered; `details.lines` names each with its place in the request and the reason."""

    code = "lines_refused"


class AmountTooLarge(Invalid):
    code = "amount_too_large"


@dataclass(frozen=True)
class Shopper:
    """Who asks, and what is known of them. `is_new`: named, and not written down yet. With neither it is a guest."""

    customer_id: int | None = None
    is_new: bool = False
    segments: frozenset[int] = frozenset()
    is_first_order: bool = True
    name: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True)
class Priced:
    """A quote and the SKUs behind its lines, in the same order, and what lies in those that are kits, by variant id."""

    quote: Quote
    listed: tuple[Listed, ...]
    kits: Mapping[int, tuple[Part, ...]]


def quote(*, lines: Sequence[tuple[str, int]], codes: Iterable[str], customer_external_id: str | None, at: datetime) -> Quote:
    """The price of the basket as of `at`. A SKU named twice counts as one line. Raises `LinesRefused`."""
    return priced(lines=lines, codes=codes, shopper=shopper(customer_external_id), at=at).quote


# One statement, and none that has to be composed anew each time, for this is the path of every order.
_SHOPPER = """
    SELECT customer.id,
           ARRAY(SELECT segment_id FROM campaigns_segmentmembership WHERE customer_id = customer.id),
           NOT EXISTS (
               SELECT FROM orders_order WHERE customer_id = customer.id AND state NOT IN ('CANCELED', 'EXPIRED')
           ),
           customer.name, customer.phone, customer.email
    FROM campaigns_customer AS customer WHERE customer.external_id = %s
"""


def shopper(external_id: str | None) -> Shopper:
    """All that pricing and placing ask about a customer."""
    if not external_id:
        return Shopper()
    with connection.cursor() as cursor:
        cursor.execute(_SHOPPER, [external_id])
        row = cursor.fetchone()
    if row is None:
        return Shopper(is_new=True)
    customer_id, segments, is_first_order, *known = row
    return Shopper(customer_id, False, frozenset(segments), is_first_order, *known)


def priced(*, lines: Sequence[tuple[str, int]], codes: Iterable[str], shopper: Shopper, at: datetime) -> Priced:
    quantities: dict[str, int] = {}
    for sku, quantity in lines:
        quantities[sku] = quantities.get(sku, 0) + quantity
    listed = _listed(lines, quantities)
    basket_lines = tuple(
        BasketLine(
            sku=sku,
            quantity=quantity,
            list_price=listed[sku].list_price,
            product_id=listed[sku].product_id,
            category_path=listed[sku].category_path,
            tax_rate=TAX_RATES[listed[sku].tax_class],
        )
        for sku, quantity in quantities.items()
    )
    basket = Basket(
        lines=basket_lines,
        codes=tuple(codes),
        customer_id=shopper.customer_id,
        is_new_customer=shopper.is_new,
        segments=shopper.segments,
        is_first_order=shopper.is_first_order,
        shipping_fee=_shipping_fee(basket_lines),
    )
    return Priced(
        quote=offers.quote(basket, at=at, shipping_tax_rate=SHIPPING_TAX_RATE),
        listed=tuple(listed[sku] for sku in quantities),
        kits=_kits(listed.values()),
    )


def _listed(lines: Sequence[tuple[str, int]], skus: Iterable[str]) -> Mapping[str, Listed]:
    found = availability.by_sku(skus)
    refused = []
    for number, (sku, _quantity) in enumerate(lines):
        known = found.get(sku)
        if known is None:
            refused.append({"line": number, "sku": sku, "reason": "unknown_sku"})
        elif not known.on_sale:
            refused.append({"line": number, "sku": sku, "reason": "not_on_sale"})
    if refused:
        raise LinesRefused(_("Some SKUs cannot be ordered."), details={"lines": refused})
    return found


def _kits(listed: Iterable[Listed]) -> Mapping[int, tuple[Part, ...]]:
    """Most baskets hold no kit, and ask nothing more."""
    ids = [one.variant_id for one in listed if one.is_kit]
    return kits.parts_of(ids) if ids else {}


def _shipping_fee(lines: Iterable[BasketLine]) -> Decimal:
    """The flat fee, or nothing from a certain amount of goods on, counted at list prices."""
    goods = sum((line.list_price * line.quantity for line in lines), Decimal(0))
    if goods >= TOO_MUCH:
        raise AmountTooLarge(_("An order of this amount cannot be placed."), details={"limit": str(TOO_MUCH)})
    if settings.FREE_SHIPPING_FROM and goods >= settings.FREE_SHIPPING_FROM:
        return Decimal(0)
    return round_half_up(settings.SHIPPING_FEE, settings.SHOP_CURRENCY)


def told(quote: Quote) -> dict[str, Any]:
    """The quote in JSON values, as the API answers it and refusals repeat it."""

    def money(amount: Decimal) -> str:
        return Money(amount, quote.currency).as_text()

    return {
        "at": quote.at.astimezone(shop.zone()).isoformat(),
        "currency": quote.currency,
        "lines": [
            {
                "sku": line.sku,
                "quantity": line.quantity,
                "list_price": money(line.list_price),
                "gross": money(line.gross),
                "discount": money(line.discount),
                "total": money(line.total),
                "tax": money(line.tax),
            }
            for line in quote.lines
        ],
        "discounts": [
            {"name": one.name, "code": one.code, "amount": money(one.amount), "on_shipping": one.on_shipping}
            for one in quote.discounts
        ],
        "refused_codes": [
            {"code": one.code, "reason": one.reason, "figures": dict(one.figures)} for one in quote.refusals
        ],
        "shipping_fee": money(quote.shipping_fee),
        "shipping_discount": money(quote.shipping_discount),
        "total": money(quote.total),
        "tax": money(quote.tax),
    }  # fmt: skip
