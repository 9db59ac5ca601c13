"""Counting the use of promotions and coupons, inside the transaction that places the order; giving it back; making codes.

Lock order: the document, then the customer, then promotions by key, then coupons by key. Promotions without a limit are
recorded and not counted, since a counter makes every order wait for every other; `promotions.change` recounts when it gives one
its first limit.
"""

import re
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext_lazy as _

from campaigns.models import Coupon, CouponBatch, CouponSwitch, Promotion, Redemption
from campaigns.operations.promotions import NoSuchPromotion
from campaigns.pricing.values import Discount
from config.kernel.errors import Conflict, Invalid
from config.kernel.models import User

# Neither 0 and O nor 1, I and L: codes are read aloud and typed by hand. Thirty-one characters, ten of them: 8e14 codes.
LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
RANDOM_LENGTH = 10
LARGEST_BATCH = 100_000
CODE = re.compile(r"[A-Z0-9가-힣][A-Z0-9가-힣_-]{2,39}")
PREFIX = re.compile(r"([A-Z0-9가-힣][A-Z0-9가-힣_-]{0,19})?")
AT_ONCE = 5_000


class CouponRefused(Conflict):
    """The last use was taken between the quote and now; `details` names the promotion or the code."""

    code = "coupon_refused"


class AlreadyRedeemed(Conflict):
    """The document has counted its uses before."""

    code = "already_redeemed"


class CodeTaken(Conflict):
    code = "coupon_code_taken"


class NoCouponNeeded(Conflict):
    """The promotion is given to everybody; a code for it would promise what all get anyway."""

    code = "promotion_needs_no_coupon"


class BadBatch(Invalid):
    code = "coupon_batch_invalid"


IS_LIMITED = "(p.usage_limit IS NOT NULL OR p.usage_limit_per_customer IS NOT NULL OR p.budget IS NOT NULL)"

_COUNT_PROMOTIONS = f"""
    WITH locked AS (
        SELECT p.id FROM campaigns_promotion AS p WHERE p.id = ANY(%(promotions)s) ORDER BY p.id FOR NO KEY UPDATE
    )
    UPDATE campaigns_promotion AS p
    SET used = p.used + 1, spent = p.spent + use.amount
    FROM locked, unnest(%(promotions)s::bigint[], %(amounts)s::numeric[]) AS use (id, amount)
    WHERE p.id = locked.id AND p.id = use.id AND {IS_LIMITED}
      AND (p.usage_limit IS NULL OR p.used < p.usage_limit)
      AND (p.budget IS NULL OR p.spent + use.amount <= p.budget)
"""  # noqa: S608  constants only

_COUNT_COUPONS = """
    WITH locked AS (
        SELECT c.id FROM campaigns_coupon AS c WHERE c.id = ANY(%(coupons)s) ORDER BY c.id FOR NO KEY UPDATE
    )
    UPDATE campaigns_coupon AS c
    SET used = c.used + 1
    FROM locked, unnest(%(coupons)s::bigint[], %(promotions)s::bigint[]) AS use (id, promotion_id)
    WHERE c.id = locked.id AND c.id = use.id AND c.promotion_id = use.promotion_id AND c.is_enabled
      AND (c.usage_limit IS NULL OR c.used < c.usage_limit)
      AND (c.customer_id IS NULL OR c.customer_id = %(customer)s::bigint)
"""

# Makes two first orders of one customer follow each other.
_LOCK_CUSTOMER = "SELECT FROM campaigns_customer WHERE id = %(customer)s::bigint FOR NO KEY UPDATE"

# The limit per customer is looked up after the promotion's row is locked, by a statement that began later: exact under
# concurrency. So is what is for the first order only, after the customer's row is locked. The share lock on the others' rows
# makes a promotion that is given its first limit just now wait for this redemption, or this one see the limit and be refused:
# none is missing in its count.
_RECORD = f"""
    INSERT INTO campaigns_redemption
        (promotion_id, coupon_id, customer_id, document_kind, document_number, amount, state, redeemed_at)
    SELECT p.id, use.coupon_id, %(customer)s::bigint, %(kind)s::text, %(number)s::text, use.amount, 'COUNTED', %(at)s
    FROM unnest(%(promotions)s::bigint[], %(coupons)s::bigint[], %(amounts)s::numeric[], %(counted)s::boolean[],
                %(first)s::boolean[])
         AS use (promotion_id, coupon_id, amount, is_counted, is_for_first_order)
    JOIN campaigns_promotion AS p ON p.id = use.promotion_id
    WHERE use.is_counted = {IS_LIMITED}
      AND (
          p.usage_limit_per_customer IS NULL
          OR (%(customer)s::bigint IS NOT NULL AND p.usage_limit_per_customer > (
              SELECT count(*) FROM (
                  SELECT FROM campaigns_redemption AS r
                  WHERE r.promotion_id = p.id AND r.customer_id = %(customer)s::bigint AND r.state = 'COUNTED'
                  LIMIT p.usage_limit_per_customer
              ) AS counted
          ))
      )
      AND (
          NOT use.is_for_first_order
          OR (%(customer)s::bigint IS NOT NULL AND NOT EXISTS (
              SELECT FROM campaigns_redemption AS r JOIN campaigns_promotion AS other ON other.id = r.promotion_id
              WHERE r.customer_id = %(customer)s::bigint AND r.state = 'COUNTED' AND other.first_order_only
                AND NOT (r.document_kind = %(kind)s::text AND r.document_number = %(number)s::text)
          ))
      )
    FOR KEY SHARE OF p
    ON CONFLICT (document_kind, document_number, promotion_id) WHERE state = 'COUNTED' DO NOTHING
"""  # noqa: S608  constants only


def redeem(
    *,
    discounts: Sequence[Discount],
    customer_id: int | None,
    document_kind: str,
    document_number: str,
    ends_with_refusal: bool = False,
    at: datetime,
) -> None:
    """Counts one use of every promotion and coupon among the discounts, all of them or none.

    One statement where no promotion has a limit and no coupon is used, three at most, and one more for what is given on a first
    order only: of two orders that a customer places at once, one is the first. Refuses with `CouponRefused` what the quote
    allowed and somebody else has taken since. `ends_with_refusal` promises that a refusal also ends what the caller
    does; then no savepoint is needed to take the first uses back.
    """
    if not discounts:
        return
    with transaction.atomic(savepoint=not ends_with_refusal):
        _redeem(discounts, customer_id, document_kind, document_number, at)


def _redeem(
    discounts: Sequence[Discount], customer_id: int | None, document_kind: str, document_number: str, at: datetime
) -> None:
    if any(one.is_for_first_order for one in discounts):
        _written(_LOCK_CUSTOMER, {"customer": customer_id})
    counted = [one for one in discounts if one.is_counted]
    if counted:
        wanted = {"promotions": [one.promotion_id for one in counted], "amounts": [one.amount for one in counted]}
        if _written(_COUNT_PROMOTIONS, wanted) != len(counted):
            raise CouponRefused(_("A promotion was used up a moment ago."), details=_named(counted))
    keyed = [one for one in discounts if one.coupon_id is not None]
    if keyed:
        wanted = {
            "coupons": [one.coupon_id for one in keyed],
            "promotions": [one.promotion_id for one in keyed],
            "customer": customer_id,
        }
        if _written(_COUNT_COUPONS, wanted) != len(keyed):
            raise CouponRefused(_("A coupon was used up a moment ago."), details=_named(keyed))
    use = {
        "promotions": [one.promotion_id for one in discounts],
        "coupons": [one.coupon_id for one in discounts],
        "amounts": [one.amount for one in discounts],
        "counted": [one.is_counted for one in discounts],
        "first": [one.is_for_first_order for one in discounts],
        "customer": customer_id,
        "kind": document_kind,
        "number": document_number,
        "at": at,
    }
    if _written(_RECORD, use) != len(discounts):
        _refuse(discounts, customer_id, document_kind, document_number)


def _written(statement: str, parameters: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.rowcount)


def _named(discounts: Sequence[Discount]) -> dict[str, Any]:
    """The promotions by the names that customers see, and the codes; no keys of rows."""
    return {"promotions": [one.name for one in discounts], "codes": [one.code for one in discounts if one.code]}


def _refuse(discounts: Sequence[Discount], customer_id: int | None, document_kind: str, document_number: str) -> None:
    """Tells which promise kept a redemption from being recorded. Nothing of this transaction is kept."""
    recorded = Redemption.objects.filter(document_kind=document_kind, document_number=document_number, state="COUNTED")
    ids = [one.promotion_id for one in discounts]
    # With the rows just written it is all of them exactly when a twin was there before.
    if recorded.filter(promotion_id__in=ids).count() == len(ids):
        raise AlreadyRedeemed(_("The discounts of this document were counted before."), details={"document": document_number})
    limited = Promotion.objects.filter(pk__in=ids, usage_limit_per_customer__isnull=False).values_list("pk", flat=True)
    over = [one for one in discounts if one.promotion_id in set(limited) and one.is_counted]
    if over:
        raise CouponRefused(_("You have used this promotion as often as it allows."), details=_named(over))
    first = [one for one in discounts if one.is_for_first_order]
    if first and not _may_be_first(customer_id, document_kind, document_number):
        raise CouponRefused(_("This is for the first order only, and another order came a moment ago."), details=_named(first))
    raise CouponRefused(_("A promotion was changed a moment ago."), details=_named(discounts))


def _may_be_first(customer_id: int | None, document_kind: str, document_number: str) -> bool:
    """Whether the customer is named and no other document was given what is for the first order only."""
    if customer_id is None:
        return False
    of_the_first = Redemption.objects.filter(customer_id=customer_id, state="COUNTED", promotion__first_order_only=True)
    return not of_the_first.exclude(document_kind=document_kind, document_number=document_number).exists()


_LOCK_FOR_RELEASE = """
    SELECT p.id FROM campaigns_promotion AS p
    WHERE p.id IN (
        SELECT r.promotion_id FROM campaigns_redemption AS r
        WHERE r.document_kind = %(kind)s AND r.document_number = %(number)s AND r.state = 'COUNTED'
    )
    ORDER BY p.id FOR NO KEY UPDATE
"""
_RELEASE = """
    UPDATE campaigns_redemption SET state = 'RELEASED'
    WHERE document_kind = %(kind)s AND document_number = %(number)s AND state = 'COUNTED'
    RETURNING promotion_id, coupon_id, amount
"""
_GIVE_BACK_PROMOTIONS = f"""
    UPDATE campaigns_promotion AS p
    SET used = p.used - 1, spent = p.spent - use.amount
    FROM unnest(%(promotions)s::bigint[], %(amounts)s::numeric[]) AS use (id, amount)
    WHERE p.id = use.id AND {IS_LIMITED}
"""  # noqa: S608  constants only
_GIVE_BACK_COUPONS = """
    WITH locked AS (
        SELECT c.id FROM campaigns_coupon AS c WHERE c.id = ANY(%(coupons)s) ORDER BY c.id FOR NO KEY UPDATE
    )
    UPDATE campaigns_coupon AS c SET used = c.used - 1 FROM locked WHERE c.id = locked.id
"""


@transaction.atomic
def release(*, document_kind: str, document_number: str) -> int:
    """Gives the document's uses back. Returns how many; none is no error."""
    document = {"kind": document_kind, "number": document_number}
    with connection.cursor() as cursor:
        # Also promotions without a limit: one that is given its first limit meanwhile must not count what is given back here.
        cursor.execute(_LOCK_FOR_RELEASE, document)
        if not cursor.fetchall():
            return 0
        cursor.execute(_RELEASE, document)
        uses = cursor.fetchall()
    _written(_GIVE_BACK_PROMOTIONS, {"promotions": [one[0] for one in uses], "amounts": [one[2] for one in uses]})
    coupons = [one[1] for one in uses if one[1] is not None]
    if coupons:
        _written(_GIVE_BACK_COUPONS, {"coupons": coupons})
    return len(uses)


def _opened_by_coupon(promotion_id: int) -> Promotion:
    """The promotion, kept from being changed meanwhile; orders go on using it."""
    rows = Promotion.objects.raw("SELECT * FROM campaigns_promotion WHERE id = %s FOR KEY SHARE", [promotion_id])
    promotion = next(iter(rows), None)
    if promotion is None:
        raise NoSuchPromotion(_("There is no such promotion."), details={"promotion": promotion_id})
    if not promotion.needs_coupon:
        raise NoCouponNeeded(
            _("“%(promotion)s” is given to everybody; make it “only with a coupon” first.") % {"promotion": promotion.name}
        )
    return promotion


@transaction.atomic
def issue_code(
    *, promotion_id: int, code: str, usage_limit: int | None, customer_id: int | None = None, actor: User | None, at: datetime
) -> Coupon:
    """One code that people can remember, such as WELCOME10. Kept in capitals."""
    written = code.strip().upper()
    if not CODE.fullmatch(written):
        raise BadBatch(
            _("A code is 3 to 40 letters, digits, hyphens and underscores, and begins with a letter or digit."),
            details={"code": code[:100]},
        )
    if usage_limit is not None and usage_limit < 1:
        raise BadBatch(_("A usage limit is at least 1, or empty."), details={"usage_limit": usage_limit})
    promotion = _opened_by_coupon(promotion_id)
    try:
        with transaction.atomic():
            return Coupon.objects.create(
                code=written,
                promotion=promotion,
                usage_limit=usage_limit,
                customer_id=customer_id,
                made_by=actor,
                made_at=at,
            )
    except IntegrityError:
        raise CodeTaken(_("The code %(code)s is taken.") % {"code": written}, details={"code": written}) from None


@transaction.atomic
def issue_batch(
    *, promotion_id: int, name: str, size: int, usage_limit: int | None = 1, prefix: str = "", actor: User | None, at: datetime
) -> CouponBatch:
    """Makes `size` random codes that nobody can guess, each good for `usage_limit` orders."""
    prefix = prefix.strip().upper()
    if not name.strip():
        raise BadBatch(_("A batch needs a name."), details={"name": name})
    if not 1 <= size <= LARGEST_BATCH:
        raise BadBatch(
            _("A batch has 1 to %(most)s codes.") % {"most": f"{LARGEST_BATCH:,}"},
            details={"size": size, "most": LARGEST_BATCH},
        )
    if not PREFIX.fullmatch(prefix):
        raise BadBatch(
            _("A prefix is up to 20 letters, digits, hyphens and underscores, and begins with a letter or digit."),
            details={"prefix": prefix},
        )
    if usage_limit is not None and usage_limit < 1:
        raise BadBatch(_("A usage limit is at least 1, or empty."), details={"usage_limit": usage_limit})
    promotion = _opened_by_coupon(promotion_id)
    batch = CouponBatch.objects.create(name=name.strip(), promotion=promotion, size=size, made_by=actor, made_at=at)
    missing = size
    while missing:
        codes = {_random_code(prefix) for _number in range(min(missing, AT_ONCE))}
        Coupon.objects.bulk_create(
            (
                Coupon(code=code, promotion=promotion, batch=batch, usage_limit=usage_limit, made_by=actor, made_at=at)
                for code in sorted(codes)
            ),
            ignore_conflicts=True,
        )
        missing = size - Coupon.objects.filter(batch=batch).count()
    return batch


def _random_code(prefix: str) -> str:
    return prefix + "".join(secrets.choice(LETTERS) for _number in range(RANDOM_LENGTH))


@transaction.atomic
def switch(*, coupon_id: int, on: bool, actor: User | None, at: datetime) -> Coupon:
    """Lets a code be used, or no longer. What was redeemed with it stays. One that is so already stays so, unrecorded."""
    coupon = Coupon.objects.select_for_update(no_key=True).get(pk=coupon_id)
    if coupon.is_enabled != on:
        coupon.is_enabled = on
        coupon.save(update_fields=["is_enabled"])
        CouponSwitch.objects.create(coupon=coupon, is_enabled=on, actor=actor, switched_at=at)
    return coupon
