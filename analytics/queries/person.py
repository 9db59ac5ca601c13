"""Everything the shop knows of one customer, for whoever asks what is kept of them."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Q, QuerySet

from analytics.behaviour import persons
from analytics.models import (
    BuyerTypeChange,
    CustomerRhythm,
    DailyCustomer,
    Event,
    EventMatch,
    IncidentEntry,
    KnownVisitor,
    OrderTouch,
    Purchase,
    Touch,
    Visit,
)
from campaigns.models import Customer
from campaigns.queries import person as in_campaigns
from config.kernel.telling import rows
from orders.queries import person as in_orders

# So many visits are looked up at once.
BATCH = 200


def told(customer: Customer) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """By app and kind, each row with all its columns."""
    return {
        "campaigns": in_campaigns.told(customer),
        "orders": in_orders.told(customer.pk),
        "analytics": {
            "browsers": rows(KnownVisitor.objects.filter(external_id=customer.external_id)),
            "visits": rows(Visit.objects.filter(customer=customer)),
            "events": sorted(_events(customer), key=lambda one: (one["occurred_at"], one["id"])),
            "clicks": sorted(_clicks(customer), key=lambda one: (one["at"], one["id"])),
            "purchases": rows(Purchase.objects.filter(customer=customer)),
            "origins_of_orders": rows(OrderTouch.objects.filter(order__customer=customer)),
            "days": rows(DailyCustomer.objects.filter(customer=customer)),
            "rhythm": rows(CustomerRhythm.objects.filter(customer=customer)),
            "buyer_types": rows(BuyerTypeChange.objects.filter(customer=customer)),
            "matches": rows(_matches(customer)),
            "comments_on_incidents": rows(_named_in(customer), "text", "at"),
        },
    }


def patterns_of(customer: Customer) -> list[str]:
    """By what texts of staff are recognized that name the customer."""
    return persons.patterns(external_id=customer.external_id, phone=customer.phone, email=customer.email, name=customer.name)


def _named_in(customer: Customer) -> QuerySet[IncidentEntry]:
    found = Q(pk__in=[])
    for pattern in patterns_of(customer):
        found |= Q(text__iregex=pattern)
    return IncidentEntry.objects.filter(found)


def _matches(customer: Customer) -> QuerySet[EventMatch]:
    """Of the customer, and of browsers that are known as this customer's."""
    browsers = KnownVisitor.objects.filter(external_id=customer.external_id).values("visitor")
    return EventMatch.objects.filter(Q(customer=customer) | Q(visitor__in=browsers))


def _clicks(customer: Customer) -> Iterator[dict[str, Any]]:
    for where in _in_visits(customer, "at"):
        yield from rows(Touch.objects.filter(where))


def _events(customer: Customer) -> Iterator[dict[str, Any]]:
    """Those of the customer's visits, named in them or not, and those that name the customer outside of a visit."""
    seen = set()
    for where in (*_in_visits(customer, "occurred_at"), Q(customer_id=customer.pk)):
        for row in rows(Event.objects.filter(where)):
            key = (row["id"], row["client_at"])
            if key not in seen:
                seen.add(key)
                yield row


def _in_visits(customer: Customer, moment: str) -> list[Q]:
    """What lies in the customer's visits, some of them at once."""
    spans = list(Visit.objects.filter(customer=customer).order_by("pk").values_list("visitor", "started_at", "ended_at"))
    wanted = [spans[start : start + BATCH] for start in range(0, len(spans), BATCH)]
    return [
        Q(*(Q(visitor=who, **{f"{moment}__range": (begins, ends)}) for who, begins, ends in some), _connector=Q.OR)
        for some in wanted
    ]
