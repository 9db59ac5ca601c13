"""The public `quote`: loads what is on offer at the moment, once, and hands it to the engine. Never writes."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from campaigns.models import Coupon, Promotion, Redemption
from campaigns.pricing import engine
from campaigns.pricing.values import Basket, Benefit, Key, Quote, Rule


def quote(basket: Basket, *, at: datetime, shipping_tax_rate: Decimal) -> Quote:
    """Prices the basket as of `at`, to the second, whether or not any job has run. Two queries, whatever is on offer."""
    keys = _keys(basket.codes)
    return engine.quote(
        basket,
        [_rule(row) for row in _on_offer(at, keys.values(), basket.customer_id)],
        keys,
        at=at,
        zone=ZoneInfo(settings.BUSINESS_TIME_ZONE),
        currency=settings.SHOP_CURRENCY,
        shipping_tax_rate=shipping_tax_rate,
    )


def _keys(codes: Iterable[str]) -> dict[str, Key]:
    """The coupons behind the codes, by code as written; letters count the same in either case."""
    written = {code.strip().upper(): code for code in codes}
    if not written:
        return {}
    return {
        written[row.code]: Key(
            code=written[row.code],
            coupon_id=row.pk,
            promotion_id=row.promotion_id,
            only_for=row.customer_id,
            is_enabled=row.is_enabled,
            left=None if row.usage_limit is None else row.usage_limit - row.used,
        )
        for row in Coupon.objects.filter(code__in=written)
    }


def _on_offer(at: datetime, keys: Iterable[Key], customer_id: int | None) -> QuerySet[Promotion]:
    used_by_customer = (
        Redemption.objects.filter(promotion=OuterRef("pk"), customer=customer_id, state=Redemption.State.COUNTED)
        .order_by()
        .values("promotion")
        .annotate(number=Count("pk"))
        .values("number")
    )
    return (
        Promotion.objects.filter(is_enabled=True, starts_at__lte=at)
        .filter(Q(ends_at__isnull=True) | Q(ends_at__gt=at))
        .filter(Q(needs_coupon=False) | Q(pk__in=[key.promotion_id for key in keys]))
        .annotate(
            product_ids=ArraySubquery(Promotion.products.through.objects.filter(promotion=OuterRef("pk")).values("product_id")),
            category_ids=ArraySubquery(
                Promotion.categories.through.objects.filter(promotion=OuterRef("pk")).values("category_id")
            ),
            used_by_customer=Coalesce(Subquery(used_by_customer), Value(0)) if customer_id else Value(0),
        )
    )


def _left(limit: int | None, used: int) -> int | None:
    return None if limit is None else max(limit - used, 0)


def _rule(row: Any) -> Rule:
    """`row` is a promotion with the annotations of `_on_offer`."""
    return Rule(
        promotion_id=row.pk,
        version=row.version,
        name=row.name,
        benefit=Benefit(row.benefit),
        priority=row.priority,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        weekdays=frozenset(row.weekdays),
        hours=None if row.from_hour is None or row.until_hour is None else (row.from_hour, row.until_hour),
        needs_coupon=row.needs_coupon,
        products=frozenset(row.product_ids),
        categories=frozenset(row.category_ids),
        segment=row.segment_id,
        minimum_amount=row.minimum_amount,
        first_order_only=row.first_order_only,
        percent=row.percent or Decimal(0),
        amount=row.amount or Decimal(0),
        buy=row.buy or 0,
        get=row.get or 0,
        stacking_group=row.stacking_group,
        left=_left(row.usage_limit, row.used),
        left_for_customer=_left(row.usage_limit_per_customer, row.used_by_customer),
        budget_left=None if row.budget is None else row.budget - row.spent,
    )
