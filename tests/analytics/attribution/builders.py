"""A shop whose visits and orders are told one by one, and what its days come to."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from analytics.models import DailyAttribution, EventSource
from analytics.operations import attribution, event_figures, visits
from tests.analytics.builders import seoul
from tests.analytics.events.builders import a_batch, an_event, told

NOW = seoul("2026-12-02", "12:00")
PAID = {"utm_source": "naver", "utm_medium": "cpc", "utm_campaign": "brand"}
POST = {"referrer": "www.instagram.com"}
MAIL = {"utm_source": "newsletter", "utm_medium": "email", "utm_campaign": "weekly"}
FOUND = {"referrer": "search.naver.com"}


def a_visit(
    source: EventSource, at: datetime, visitor: str = "phone", *, order: str = "", customer: str = "", **origin: Any
) -> None:
    """A visit of some minutes; with an `order` it ends in telling it."""
    events = [an_event(at=at, **origin), an_event(at=at + timedelta(minutes=2))]
    if order:
        events.append(an_event("order_completed", at=at + timedelta(minutes=6), order=order))
    envelope = {"customer": customer} if customer else {}
    told(source, a_batch(*events, visitor=visitor, **envelope), at=at + timedelta(minutes=30))


def made(at: datetime = NOW) -> attribution.Rebuilt:
    """What the jobs of the next minutes make of what was told."""
    event_figures.count_due()
    visits.rebuild_due(at=at)
    return attribution.rebuild_due(at=at)


def owed(model: str, day: str = "") -> dict[str, tuple[float, int]]:
    """Orders and net sales by line."""
    rows = DailyAttribution.objects.filter(**({"day": date.fromisoformat(day)} if day else {}))
    found: dict[str, tuple[float, int]] = {}
    for row in rows:
        orders, net = getattr(row, f"{model}_orders"), getattr(row, f"{model}_net")
        if orders:
            before = found.get(row.campaign_key, (0.0, 0))
            found[row.campaign_key] = (before[0] + float(orders), before[1] + int(net))
    return found


def total(column: str) -> Decimal:
    return sum((getattr(row, column) for row in DailyAttribution.objects.all()), Decimal(0))
