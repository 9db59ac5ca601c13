"""The invariants of campaigns: what was counted is what was redeemed, within every limit; what is chosen is meant."""

from collections.abc import Iterator
from datetime import datetime

from django.db import connection
from django.db.models import Count, F, Q

from campaigns.models import Coupon, Promotion, Redemption
from config.kernel.invariants import Violation, invariant

_PROMOTIONS = """
    SELECT p.id, p.used, p.spent, coalesce(r.uses, 0), coalesce(r.amount, 0)
    FROM campaigns_promotion AS p
    LEFT JOIN (
        SELECT promotion_id, count(*) AS uses, sum(amount) AS amount
        FROM campaigns_redemption WHERE state = 'COUNTED' GROUP BY promotion_id
    ) AS r ON r.promotion_id = p.id
    WHERE (p.usage_limit IS NOT NULL OR p.usage_limit_per_customer IS NOT NULL OR p.budget IS NOT NULL)
      AND (p.used <> coalesce(r.uses, 0) OR p.spent <> coalesce(r.amount, 0))
    ORDER BY p.id LIMIT 1000
"""
_COUPONS = """
    SELECT c.code, c.used, coalesce(r.uses, 0)
    FROM campaigns_coupon AS c
    LEFT JOIN (
        SELECT coupon_id, count(*) AS uses
        FROM campaigns_redemption WHERE state = 'COUNTED' AND coupon_id IS NOT NULL GROUP BY coupon_id
    ) AS r ON r.coupon_id = c.id
    WHERE c.used <> coalesce(r.uses, 0)
    ORDER BY c.id LIMIT 1000
"""


@invariant("I8")
def counted_uses_are_redemptions(at: datetime) -> Iterator[Violation]:
    with connection.cursor() as cursor:
        cursor.execute(_PROMOTIONS)
        for pk, used, spent, uses, amount in cursor.fetchall():
            yield Violation("I8", f"promotion {pk}", f"counted {used} uses of {spent}, redeemed {uses} of {amount}")
        cursor.execute(_COUPONS)
        for code, used, uses in cursor.fetchall():
            yield Violation("I8", f"coupon {code}", f"counted {used} uses, redeemed {uses}")


@invariant("I8")
def limits_hold(at: datetime) -> Iterator[Violation]:
    """Constraints keep the first kind out; it is asked all the same, for a database restored without them."""
    over = Promotion.objects.filter(Q(used__gt=F("usage_limit")) | Q(spent__gt=F("budget"))).order_by("pk")
    for promotion in over[:1000]:
        yield Violation("I8", f"promotion {promotion.pk}", f"{promotion.used} uses of {promotion.spent} exceed its limits")
    for coupon in Coupon.objects.filter(used__gt=F("usage_limit")).order_by("pk")[:1000]:
        yield Violation("I8", f"coupon {coupon.code}", f"{coupon.used} uses exceed its limit of {coupon.usage_limit}")
    by_customer = (
        Redemption.objects.filter(
            state=Redemption.State.COUNTED, customer__isnull=False, promotion__usage_limit_per_customer__isnull=False
        )
        .values("promotion", "customer", "promotion__usage_limit_per_customer")
        .annotate(number=Count("pk"))
        .filter(number__gt=F("promotion__usage_limit_per_customer"))
        .order_by("promotion", "customer")
    )
    for row in by_customer[:1000]:
        yield Violation("I8", f"promotion {row['promotion']}", f"customer {row['customer']} used it {row['number']} times")


@invariant("I8")
def coupons_open_their_own_promotion(at: datetime) -> Iterator[Violation]:
    strays = Redemption.objects.filter(coupon__isnull=False).exclude(coupon__promotion=F("promotion")).order_by("pk")
    for one in strays[:1000]:
        yield Violation("I8", f"redemption {one.pk}", "its coupon belongs to another promotion")
