"""Who is who: the visitors a customer is known as."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce

from analytics.models import KnownVisitor
from campaigns.models import Customer


@dataclass(frozen=True)
class Device:
    """A browser that has shown itself as a customer's; `others` is as how many others it has, too."""

    visitor: int
    first_at: datetime
    others: int


def devices(customer: Customer) -> list[Device]:
    """The browsers of a customer, the latest first. Of one with `others`, the customer's visits are those that named them."""
    people = (
        KnownVisitor.objects.filter(visitor=OuterRef("visitor")).values("visitor").annotate(count=Count("pk")).values("count")
    )
    rows = (
        KnownVisitor.objects.filter(external_id=customer.external_id)
        .annotate(people=Coalesce(Subquery(people), 1))
        .order_by("-first_at", "-pk")
    )
    return [
        Device(visitor, first_at, people - 1) for visitor, first_at, people in rows.values_list("visitor", "first_at", "people")
    ]
