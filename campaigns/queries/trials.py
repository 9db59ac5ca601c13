"""Trying a promotion out: what a basket typed in by staff would cost, and why the promotion does or does not apply."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from campaigns.models import Promotion
from campaigns.pricing.values import Basket, BasketLine, Discount, Quote, Refusal
from campaigns.queries import customers, offers
from config.kernel.errors import Invalid
from inventory.models import Category, Variant


class UnknownSkus(Invalid):
    code = "unknown_skus"


@dataclass(frozen=True)
class Trial:
    """`given` is the discount of the promotion that was tried, `refused` the reason where there is none; `goods` are by SKU."""

    quote: Quote
    goods: Mapping[str, Variant]
    given: Discount | None
    refused: Refusal | None


def try_out(
    promotion: Promotion,
    *,
    quantities: Mapping[str, int],
    codes: Sequence[str],
    customer_external_id: str,
    is_first_order: bool,
    at: datetime,
) -> Trial:
    """Prices SKUs in these quantities at any moment. Taxes are left out: they lie inside the prices and change no discount."""
    who = customers.for_pricing(customer_external_id)
    variants = _variants(quantities)
    lines = _lines(quantities, variants)
    goods = sum((line.list_price * line.quantity for line in lines), Decimal(0))
    waived = 0 < settings.FREE_SHIPPING_FROM <= goods
    basket = Basket(
        lines=lines,
        codes=tuple(codes),
        customer_id=who.customer_id,
        is_new_customer=bool(customer_external_id) and who.customer_id is None,
        segments=who.segments,
        is_first_order=is_first_order,
        shipping_fee=Decimal(0) if waived else settings.SHIPPING_FEE,
    )
    quote = offers.try_out(basket, promotion_id=promotion.pk, at=at, shipping_tax_rate=Decimal(0))
    return Trial(
        quote=quote,
        goods=variants,
        given=next((one for one in quote.discounts if one.promotion_id == promotion.pk), None),
        refused=next((one for one in quote.refusals if not one.code), None),
    )


def _variants(quantities: Mapping[str, int]) -> dict[str, Variant]:
    found = {one.sku: one for one in Variant.objects.filter(sku__in=quantities).select_related("product")}
    unknown = [sku for sku in quantities if sku not in found]
    if unknown:
        raise UnknownSkus(
            _("There is no such SKU: %(skus)s.") % {"skus": ", ".join(unknown[:10])}, details={"skus": unknown[:100]}
        )
    return found


def _lines(quantities: Mapping[str, int], found: Mapping[str, Variant]) -> tuple[BasketLine, ...]:
    parents = dict(Category.objects.values_list("pk", "parent"))
    return tuple(
        BasketLine(
            sku=sku,
            quantity=quantity,
            list_price=found[sku].list_price,
            product_id=found[sku].product_id,
            category_path=_path(found[sku].product.category_id, parents),
            tax_rate=Decimal(0),
        )
        for sku, quantity in quantities.items()
    )


def _path(category: int | None, parents: Mapping[int, int | None]) -> frozenset[int]:
    path: set[int] = set()
    while category is not None and category not in path:
        path.add(category)
        category = parents.get(category)
    return frozenset(path)
