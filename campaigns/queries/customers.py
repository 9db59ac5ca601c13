"""Who a customer is: to pricing, and to the staff who look them up."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from campaigns.models import Consent, Coupon, Customer, Redemption, SegmentMembership
from config.kernel.errors import Missing

SHOWN = 20


class NoSuchCustomer(Missing):
    code = "customer_not_found"


@dataclass(frozen=True)
class ForPricing:
    """`customer_id` is None for somebody the shop does not know yet."""

    customer_id: int | None = None
    segments: frozenset[int] = frozenset()


def for_pricing(external_id: str) -> ForPricing:
    """The customer behind the storefront's key, with the segments they are in. One query."""
    if not external_id.isprintable():
        return ForPricing()
    row = (
        Customer.objects.filter(external_id=external_id)
        .annotate(
            segments=ArrayAgg(
                "memberships__segment_id", filter=Q(memberships__segment_id__isnull=False), default=[], distinct=True
            )
        )
        .values_list("pk", "segments")
        .first()
    )
    return ForPricing(row[0], frozenset(row[1])) if row else ForPricing()


def by_external_id(external_id: str) -> Customer:
    customer = Customer.objects.filter(external_id=external_id).first() if external_id.isprintable() else None
    if customer is None:
        raise NoSuchCustomer(_("There is no such customer."), details={"customer": external_id})
    return customer


def consents(customer_id: int) -> list[Consent]:
    """What holds now: the latest statement about each channel and purpose."""
    return list(
        Consent.objects.filter(customer_id=customer_id)
        .order_by("channel", "purpose", "-stated_at", "-id")
        .distinct("channel", "purpose")
    )


@dataclass(frozen=True)
class History:
    """What the shop knows of a customer beside the address. Lists are the latest, newest first."""

    holding: Sequence[Consent]
    consents: Sequence[Consent]
    memberships: Sequence[SegmentMembership]
    redemptions: Sequence[Redemption]
    coupons: Sequence[Coupon]


def history(customer: Customer) -> History:
    return History(
        holding=consents(customer.pk),
        consents=list(customer.consents.select_related("actor").order_by("-stated_at", "-id")[:SHOWN]),
        memberships=list(customer.memberships.select_related("segment").order_by("segment__name")[:SHOWN]),
        redemptions=list(customer.redemptions.select_related("promotion", "coupon").order_by("-id")[:SHOWN]),
        coupons=list(customer.coupons.select_related("promotion").order_by("-id")[:SHOWN]),
    )


def searched(customers: QuerySet[Customer], words: str, *, also_personal: bool) -> QuerySet[Customer]:
    """Those whose id begins so; by name, phone or e-mail only for who may see these. Every way has its index."""
    found = Q(external_id__startswith=words)
    if also_personal:
        found |= Q(name__startswith=words) | Q(email__startswith=words.lower())
        for spelling in _spellings(words):
            found |= Q(phone__startswith=spelling)
    return customers.filter(found)


def _spellings(words: str) -> set[str]:
    """A phone number as it may stand in the book: as typed, in digits only, with the usual hyphens."""
    if not re.fullmatch(r"[0-9 +()-]{3,}", words):
        return set()
    digits = re.sub(r"[^0-9]", "", words)
    parts = re.fullmatch(r"(02|0\d\d)(\d{3,4})(\d{4})", digits)
    return {words, digits, *(["-".join(parts.groups())] if parts else [])} - {""}
