"""Visits for tests: told as events, taken in, and made."""

from datetime import datetime, timedelta
from typing import Any

from analytics.models import EventSource, Visit
from analytics.operations import event_figures, visits
from analytics.operations.visits import Rebuilt
from tests.analytics.events.builders import a_batch, an_event, told
from tests.builders import AT

NOW = AT + timedelta(hours=6)


def tell(
    source: EventSource, *events: dict[str, Any], visitor: str | None = "visitor-1", at: datetime = NOW, **envelope: Any
) -> None:
    told(source, a_batch(*events, visitor=visitor, **envelope), at=at)


def after(minutes: float, kind: str = "page_viewed", **properties: Any) -> dict[str, Any]:
    """An event so many minutes after a Friday noon in Seoul."""
    return an_event(kind, at=AT + timedelta(minutes=minutes), **properties)


def made(at: datetime = NOW) -> Rebuilt:
    """What the jobs of the next minutes make of what was told."""
    event_figures.count_due()
    return visits.rebuild_due(at=at)


def all_visits() -> list[Visit]:
    return list(Visit.objects.order_by("started_at", "visitor"))
