"""The public `quote`: loads what is on offer at the moment, once, and hands it to the engine. Never writes."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection

from campaigns.models import Coupon
from campaigns.pricing import engine
from campaigns.pricing.values import Basket, Benefit, Key, Quote, Rule
from config.kernel import shop

# First by index the few promotions that may matter to this basket, whatever else is on offer: those for every product, those
# that name one of its products or categories, those its codes open. Chosen rows win over `covers`, so that nothing chosen is
# ever offered on everything. A customer's uses are counted up to the limit only, however many there are: what has no bound
# makes the database plan the statement anew each time once the table is large.
_ON_OFFER = """
    WITH candidate AS (
        SELECT p.id FROM campaigns_promotion AS p
        WHERE p.is_enabled AND NOT p.needs_coupon AND p.covers = 'EVERYTHING'
          AND p.starts_at <= %(at)s AND (p.ends_at IS NULL OR p.ends_at > %(at)s)
          AND NOT EXISTS (SELECT FROM campaigns_promotion_products AS c WHERE c.promotion_id = p.id)
          AND NOT EXISTS (SELECT FROM campaigns_promotion_categories AS c WHERE c.promotion_id = p.id)
        UNION SELECT promotion_id FROM campaigns_promotion_products WHERE product_id = ANY(%(products)s)
        UNION SELECT promotion_id FROM campaigns_promotion_categories WHERE category_id = ANY(%(categories)s)
        UNION SELECT unnest(%(keyed)s::bigint[])
    )
    SELECT p.id, p.version, p.name, p.benefit, p.priority, p.starts_at, p.ends_at, p.weekdays, p.from_hour, p.until_hour,
           p.needs_coupon, p.segment_id, p.minimum_amount, p.first_order_only, p.percent, p.amount, p.buy, p.get,
           p.stacking_group, p.usage_limit, p.used, p.usage_limit_per_customer, p.budget, p.spent,
           ARRAY(SELECT c.product_id FROM campaigns_promotion_products AS c
                 WHERE c.promotion_id = p.id AND c.product_id = ANY(%(products)s)),
           ARRAY(SELECT c.category_id FROM campaigns_promotion_categories AS c
                 WHERE c.promotion_id = p.id AND c.category_id = ANY(%(categories)s)),
           p.covers = 'CHOSEN'
               OR EXISTS (SELECT FROM campaigns_promotion_products AS c WHERE c.promotion_id = p.id)
               OR EXISTS (SELECT FROM campaigns_promotion_categories AS c WHERE c.promotion_id = p.id),
           CASE WHEN p.usage_limit_per_customer IS NULL THEN 0 ELSE (
               SELECT count(*) FROM (
                   SELECT FROM campaigns_redemption AS r
                   WHERE r.promotion_id = p.id AND r.customer_id = %(customer)s::bigint AND r.state = 'COUNTED'
                   LIMIT p.usage_limit_per_customer
               ) AS counted
           ) END
    FROM campaigns_promotion AS p
    JOIN candidate ON candidate.id = p.id
    WHERE (p.is_enabled OR p.id = %(tried)s::bigint)
      AND p.starts_at <= %(at)s AND (p.ends_at IS NULL OR p.ends_at > %(at)s)
      AND (
          p.id = ANY(%(keyed)s::bigint[])
          OR (
              NOT p.needs_coupon
              AND (p.segment_id IS NULL OR p.segment_id = ANY(%(segments)s::bigint[]))
              AND (NOT p.first_order_only OR %(first_order)s)
          )
      )
"""


def quote(basket: Basket, *, at: datetime, shipping_tax_rate: Decimal) -> Quote:
    """Prices the basket as of `at`, to the second, whether or not any job has run.

    One query for what is on offer, and one more where codes are given. A code counts the same in either case of its letters
    and stands in the quote in capitals, once.
    """
    basket = replace(basket, codes=_capitals(basket.codes))
    return _priced(basket, _keys(basket.codes), at, shipping_tax_rate)


def try_out(basket: Basket, *, promotion_id: int, at: datetime, shipping_tax_rate: Decimal) -> Quote:
    """The quote as if the customer held a good code for this promotion. The reason why it is not given is a refusal of ""."""
    basket = replace(basket, codes=(*_capitals(basket.codes), ""))
    keys = {code: key for code, key in _keys(basket.codes).items() if key.promotion_id != promotion_id}
    keys[""] = Key(code="", coupon_id=None, promotion_id=promotion_id)
    return _priced(basket, keys, at, shipping_tax_rate, tried=promotion_id)


def _priced(
    basket: Basket, keys: Mapping[str, Key], at: datetime, shipping_tax_rate: Decimal, tried: int | None = None
) -> Quote:
    return engine.quote(
        basket,
        _on_offer(basket, {key.promotion_id for key in keys.values()}, at, tried),
        keys,
        at=at,
        zone=shop.zone(),
        currency=settings.SHOP_CURRENCY,
        shipping_tax_rate=shipping_tax_rate,
    )


def _capitals(codes: Collection[str]) -> tuple[str, ...]:
    written = (code.strip().upper() for code in codes)
    return tuple(dict.fromkeys(code for code in written if code))


def _keys(codes: Collection[str]) -> dict[str, Key]:
    # What no coupon can be called is not asked for: the database refuses text with a NUL.
    sensible = [code for code in codes if code and code.isprintable()]
    if not sensible:
        return {}
    return {
        row.code: Key(
            code=row.code,
            coupon_id=row.pk,
            promotion_id=row.promotion_id,
            only_for=row.customer_id,
            is_enabled=row.is_enabled,
            left=None if row.usage_limit is None else row.usage_limit - row.used,
        )
        for row in Coupon.objects.filter(code__in=sensible)
    }


def _on_offer(basket: Basket, keyed: Collection[int], at: datetime, tried: int | None) -> list[Rule]:
    parameters: dict[str, Any] = {
        "at": at,
        "products": sorted({line.product_id for line in basket.lines}),
        "categories": sorted(frozenset[int]().union(*(line.category_path for line in basket.lines))),
        "keyed": sorted(keyed),
        "tried": tried,
        "segments": sorted(basket.segments),
        "first_order": basket.is_first_order,
        "customer": basket.customer_id,
    }
    with connection.cursor() as cursor:
        cursor.execute(_ON_OFFER, parameters)
        return [_rule(*row) for row in cursor.fetchall()]


def _rule(
    promotion_id: int, version: int, name: str, benefit: str, priority: int, starts_at: datetime, ends_at: datetime | None,
    weekdays: list[int], from_hour: int | None, until_hour: int | None, needs_coupon: bool, segment: int | None,
    minimum_amount: Decimal, first_order_only: bool, percent: Decimal | None, amount: Decimal | None, buy: int | None,
    get: int | None, stacking_group: str, usage_limit: int | None, used: int, limit_per_customer: int | None,
    budget: Decimal | None, spent: Decimal, products: list[int], categories: list[int], covers_chosen: bool,
    used_by_customer: Any,
) -> Rule:  # fmt: skip
    """One row of `_ON_OFFER`."""
    return Rule(
        promotion_id=promotion_id,
        version=version,
        name=name,
        benefit=Benefit(benefit),
        priority=priority,
        starts_at=starts_at,
        ends_at=ends_at,
        weekdays=frozenset(weekdays),
        hours=None if from_hour is None or until_hour is None else (from_hour, until_hour),
        needs_coupon=needs_coupon,
        products=frozenset(products),
        categories=frozenset(categories),
        covers_chosen=covers_chosen,
        segment=segment,
        minimum_amount=minimum_amount,
        first_order_only=first_order_only,
        percent=percent or Decimal(0),
        amount=amount or Decimal(0),
        buy=buy or 0,
        get=get or 0,
        stacking_group=stacking_group,
        left=None if usage_limit is None else max(usage_limit - used, 0),
        left_for_customer=None if limit_per_customer is None else max(limit_per_customer - used_by_customer, 0),
        budget_left=None if budget is None else budget - spent,
    )
