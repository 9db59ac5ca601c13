"""Past customers with their consents, and past uses of promotions and coupons, written in bulk with what they add up to."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection, transaction

from campaigns.models import Consent, Customer, Promotion, Redemption
from config.kernel import bulk


@dataclass(frozen=True, slots=True)
class PastRedemption:
    """One use by one document; `released` when the document was given up later."""

    promotion_id: int
    document_kind: str
    document_number: str
    amount: Decimal
    redeemed_at: datetime
    coupon_id: int | None = None
    customer_id: int | None = None
    released: bool = False

    @property
    def state(self) -> str:
        return (Redemption.State.RELEASED if self.released else Redemption.State.COUNTED).value


@dataclass(frozen=True, slots=True)
class PastConsent:
    channel: str
    purpose: str
    is_given: bool
    stated_at: datetime
    text_version: str
    source: str


@dataclass(frozen=True, slots=True)
class PastCustomer:
    external_id: str
    created_at: datetime
    name: str = ""
    phone: str = ""
    email: str = ""
    consents: tuple[PastConsent, ...] = ()


@transaction.atomic
def write_customers(*, customers: Sequence[PastCustomer]) -> list[int]:
    """Writes customers and what they agreed to; answers their ids, in the same order."""
    bulk.unhurried()
    keys = bulk.take_ids(Customer, len(customers))
    bulk.copy(
        Customer,
        ("id", "external_id", "name", "phone", "email", "created_at"),
        (
            (pk, one.external_id, one.name, one.phone, one.email, one.created_at)
            for pk, one in zip(keys, customers, strict=True)
        ),
    )
    bulk.copy(
        Consent,
        ("customer_id", "channel", "purpose", "is_given", "text_version", "source", "stated_at"),
        (
            (pk, said.channel, said.purpose, said.is_given, said.text_version, said.source, said.stated_at)
            for pk, one in zip(keys, customers, strict=True)
            for said in one.consents
        ),
    )
    return keys


_COUNT_PROMOTIONS = """
    UPDATE campaigns_promotion AS promotion SET used = promotion.used + use.number, spent = promotion.spent + use.amount
    FROM unnest(%s::bigint[], %s::int[], %s::numeric[]) AS use (id, number, amount) WHERE promotion.id = use.id
"""
_COUNT_COUPONS = """
    UPDATE campaigns_coupon AS coupon SET used = coupon.used + use.number
    FROM unnest(%s::bigint[], %s::int[]) AS use (id, number) WHERE coupon.id = use.id
"""


@transaction.atomic
def write_redemptions(*, redemptions: Sequence[PastRedemption]) -> int:
    """Writes the uses and counts those that still stand. Limits are the database's: a history beyond one is refused."""
    bulk.copy(
        Redemption,
        (
            "promotion_id", "coupon_id", "customer_id", "document_kind", "document_number", "amount", "state", "redeemed_at",
        ),
        (
            (
                one.promotion_id, one.coupon_id, one.customer_id, one.document_kind, one.document_number, one.amount,
                one.state, one.redeemed_at,
            )
            for one in redemptions
        ),
    )  # fmt: skip
    _count([one for one in redemptions if not one.released])
    return len(redemptions)


def _count(standing: Sequence[PastRedemption]) -> None:
    uses: defaultdict[int, int] = defaultdict(int)
    amounts: defaultdict[int, Decimal] = defaultdict(Decimal)
    coupons: defaultdict[int, int] = defaultdict(int)
    for one in standing:
        uses[one.promotion_id] += 1
        amounts[one.promotion_id] += one.amount
        if one.coupon_id is not None:
            coupons[one.coupon_id] += 1
    with connection.cursor() as cursor:
        # Promotions without a limit are recorded and not counted, as when an order is placed (operations/coupons.py).
        counted = _limited(uses)
        if counted:
            cursor.execute(_COUNT_PROMOTIONS, [counted, [uses[pk] for pk in counted], [amounts[pk] for pk in counted]])
        if coupons:
            cursor.execute(_COUNT_COUPONS, [sorted(coupons), [coupons[pk] for pk in sorted(coupons)]])


def _limited(promotions: Mapping[int, int]) -> list[int]:
    return list(
        Promotion.objects.filter(pk__in=list(promotions))
        .exclude(usage_limit__isnull=True, usage_limit_per_customer__isnull=True, budget__isnull=True)
        .order_by("pk")
        .select_for_update(no_key=True)
        .values_list("pk", flat=True)
    )


@transaction.atomic
def meet_customers(*, first_seen: Mapping[str, datetime]) -> Mapping[str, int]:
    """Makes the customers that are not known yet, by the storefront's own key; answers the ids of all."""
    known = set(Customer.objects.filter(external_id__in=list(first_seen)).values_list("external_id", flat=True))
    missing = sorted(first_seen.keys() - known)
    bulk.copy(Customer, ("external_id", "created_at"), ((key, first_seen[key]) for key in missing))
    return dict(Customer.objects.filter(external_id__in=list(first_seen)).values_list("external_id", "id"))
