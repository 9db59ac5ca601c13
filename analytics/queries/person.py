"""Everything the shop knows of one customer, for whoever asks what is kept of them."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Q

from analytics.models import Event, KnownVisitor, Visit
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
        },
    }


def _events(customer: Customer) -> Iterator[dict[str, Any]]:
    """Those of the customer's visits, named in them or not, and those that name the customer outside of a visit."""
    seen = set()
    spans = list(Visit.objects.filter(customer=customer).order_by("pk").values_list("visitor", "started_at", "ended_at"))
    wanted = [spans[start : start + BATCH] for start in range(0, len(spans), BATCH)]
    asked = [
        Q(*(Q(visitor=who, occurred_at__range=(begins, ends)) for who, begins, ends in some), _connector=Q.OR)
        for some in wanted
    ]
    for where in (*asked, Q(customer_id=customer.pk)):
        for row in rows(Event.objects.filter(where)):
            key = (row["id"], row["client_at"])
            if key not in seen:
                seen.add(key)
                yield row
