"""Counting the use of promotions and coupons, inside the transaction that places the order; and giving it back."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import Count, F
from django.utils.translation import gettext_lazy as _

from campaigns.models import Coupon, Promotion, Redemption
from campaigns.pricing.values import Discount
from config.kernel.errors import Conflict


class CouponRefused(Conflict):
    """The last use was taken between the quote and now; `details` names the promotion or the code."""

    code = "coupon_refused"


_COUNT_PROMOTIONS = """
    UPDATE campaigns_promotion AS promotion
    SET used = promotion.used + 1, spent = promotion.spent + use.amount
    FROM unnest(%s::bigint[], %s::numeric[]) AS use (id, amount)
    WHERE promotion.id = use.id
      AND (promotion.usage_limit IS NULL OR promotion.used < promotion.usage_limit)
      AND (promotion.budget IS NULL OR promotion.spent + use.amount <= promotion.budget)
"""


@transaction.atomic
def redeem(
    *, discounts: Sequence[Discount], customer_id: int | None, document_kind: str, document_number: str, at: datetime
) -> None:
    """Counts one use of every promotion and coupon among the discounts, all of them or none.

    Promotions without a limit are recorded and not counted: a counter would make every order wait for every other.
    """
    if not discounts:
        return
    amounts: defaultdict[int, Decimal] = defaultdict(Decimal)
    for one in discounts:
        amounts[one.promotion_id] += one.amount
    limited = _lock_limited(amounts)
    if limited:
        with connection.cursor() as cursor:
            cursor.execute(_COUNT_PROMOTIONS, [list(limited), [amounts[pk] for pk in limited]])
            if cursor.rowcount != len(limited):
                raise CouponRefused(_("A promotion was used up a moment ago."), details={"promotions": list(limited)})
    coupons = sorted({one.coupon_id for one in discounts if one.coupon_id is not None})
    if coupons:
        _count_coupons(coupons)
    Redemption.objects.bulk_create(
        Redemption(
            promotion_id=one.promotion_id,
            coupon_id=one.coupon_id,
            customer_id=customer_id,
            document_kind=document_kind,
            document_number=document_number,
            amount=one.amount,
            redeemed_at=at,
        )
        for one in discounts
    )
    _check_customer_limits({pk: limit for pk, limit in limited.items() if limit is not None}, customer_id)


def _lock_limited(promotions: Sequence[int] | defaultdict[int, Decimal]) -> dict[int, int | None]:
    """The promotions with any limit, locked in key order, with their limit per customer."""
    rows = (
        Promotion.objects.filter(pk__in=list(promotions))
        .exclude(usage_limit__isnull=True, usage_limit_per_customer__isnull=True, budget__isnull=True)
        .order_by("pk")
        .select_for_update(no_key=True)
        .values_list("pk", "usage_limit_per_customer")
    )
    return dict(rows)


def _count_coupons(coupons: Sequence[int]) -> None:
    """Coupon rows are locked in key order before they are counted, so that two orders with the same two codes queue up."""
    list(Coupon.objects.filter(pk__in=coupons).order_by("pk").select_for_update(no_key=True).values_list("pk"))
    counted = (
        Coupon.objects.filter(pk__in=coupons, is_enabled=True).exclude(usage_limit__lte=F("used")).update(used=F("used") + 1)
    )
    if counted != len(coupons):
        raise CouponRefused(_("A coupon was used up a moment ago."), details={"coupons": list(coupons)})


def _check_customer_limits(limits: dict[int, int], customer_id: int | None) -> None:
    """Exact under concurrency, since the promotions' rows are locked."""
    if not limits or customer_id is None:
        return
    used = dict(
        Redemption.objects.filter(promotion_id__in=limits, customer_id=customer_id, state=Redemption.State.COUNTED)
        .values("promotion_id")
        .annotate(number=Count("pk"))
        .values_list("promotion_id", "number")
    )
    over = [pk for pk, limit in limits.items() if used.get(pk, 0) > limit]
    if over:
        raise CouponRefused(_("You have used this promotion as often as it allows."), details={"promotions": over})


@transaction.atomic
def release(*, document_kind: str, document_number: str) -> int:
    """Gives the document's uses back. Returns how many; none is no error."""
    uses = list(
        Redemption.objects.filter(document_kind=document_kind, document_number=document_number, state=Redemption.State.COUNTED)
    )
    if not uses:
        return 0
    limited = _lock_limited([one.promotion_id for one in uses])
    for one in sorted(uses, key=lambda use: use.promotion_id):
        changed = Redemption.objects.filter(pk=one.pk, state=Redemption.State.COUNTED).update(state=Redemption.State.RELEASED)
        if changed and one.promotion_id in limited:
            Promotion.objects.filter(pk=one.promotion_id).update(used=F("used") - 1, spent=F("spent") - one.amount)
        if changed and one.coupon_id:
            Coupon.objects.filter(pk=one.coupon_id).update(used=F("used") - 1)
    return len(uses)
