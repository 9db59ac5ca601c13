"""Who is who: the visitors a customer is known as, and the customer a visitor is."""

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


def customer_of(visitor: int) -> str | None:
    """The shop front's id of the one customer a visitor is known as; nobody's where it is known as several."""
    known = list(KnownVisitor.objects.filter(visitor=visitor).values_list("external_id", flat=True)[:2])
    return known[0] if len(known) == 1 else None
