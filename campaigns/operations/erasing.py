"""Makes a customer nobody: the row stays, for orders and uses of promotions point at it, and no longer says who it was.

What the customer agreed to stays as evidence, of nobody in particular.
"""

from datetime import datetime

from django.db import transaction

from campaigns.models import Customer, SegmentMembership
from config.kernel import erasing


@transaction.atomic
def lock(*, customer_id: int) -> Customer:
    """For the rest of the caller's transaction no order can be placed for this customer."""
    # no_key is not enough: the external id, a key, is replaced, and nothing may refer to the row meanwhile.
    return Customer.objects.select_for_update().get(pk=customer_id)


@transaction.atomic
def erase(*, customer: Customer, called: str, at: datetime) -> int:
    """Gives the customer the name that stands for nobody, and tells of how many segments it was taken out. Once for good."""
    if customer.erased_at is not None:
        return 0
    left = SegmentMembership.objects.filter(customer=customer).delete()[0]
    Customer.objects.filter(pk=customer.pk).update(
        external_id=called, name="", phone="", email="", erased_at=at
    )  # fmt: skip
    erasing.audit(row=customer, called=called)
    customer.refresh_from_db()
    return left
