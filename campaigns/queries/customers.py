"""Who a customer is to pricing."""

from dataclasses import dataclass

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Q

from campaigns.models import Consent, Customer


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


def consents(customer_id: int) -> list[Consent]:
    """What holds now: the latest statement about each channel and purpose."""
    return list(
        Consent.objects.filter(customer_id=customer_id)
        .order_by("channel", "purpose", "-stated_at", "-id")
        .distinct("channel", "purpose")
    )
