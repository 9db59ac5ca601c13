"""Everything campaigns knows of one customer, for whoever asks what is kept of them."""

from typing import Any

from campaigns.models import Consent, Coupon, Customer, Redemption, SegmentMembership
from config.kernel.telling import rows


def told(customer: Customer) -> dict[str, list[dict[str, Any]]]:
    return {
        "customer": rows(Customer.objects.filter(pk=customer.pk)),
        "consents": rows(Consent.objects.filter(customer=customer)),
        "segments": rows(SegmentMembership.objects.filter(customer=customer), "segment__code", "joined_at"),
        "coupons": rows(Coupon.objects.filter(customer=customer)),
        "redemptions": rows(Redemption.objects.filter(customer=customer)),
    }
