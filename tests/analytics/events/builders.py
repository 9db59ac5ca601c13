"""What shoppers tell, for tests."""

from collections.abc import Mapping
from datetime import datetime
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from analytics.behaviour.reading import read
from analytics.models import Event, EventSource
from analytics.operations import event_sources, ingest
from analytics.operations.ingest import Taken
from analytics.queries import event_kinds
from tests.builders import AT

_next = count(1)


def a_source(nature: EventSource.Nature = EventSource.Nature.BROWSER, **values: Any) -> EventSource:
    number = next(_next)
    defaults: dict[str, Any] = {"code": f"shop-{number}", "name": "쇼핑몰", "channel": "web", "at": AT}
    return event_sources.add(nature=nature, **(defaults | values))


def an_event(kind: str = "page_viewed", at: datetime = AT, id: UUID | None = None, **properties: Any) -> dict[str, Any]:
    if kind == "page_viewed":
        properties.setdefault("path", "/")
    return {"id": str(id or uuid4()), "at": at.isoformat(), "kind": kind, "properties": properties}


def a_batch(*events: Any, visitor: str | None = "visitor-1", **envelope: Any) -> dict[str, Any]:
    return {"consent": True, "visitor": visitor, "events": list(events) or [an_event()]} | envelope


def told(
    source: EventSource,
    body: Mapping[str, Any],
    at: datetime = AT,
    traffic: Event.Traffic = Event.Traffic.SHOPPER,
) -> Taken:
    batch = read(body, kinds=event_kinds.known(), received_at=at)
    return ingest.take(batch=batch, source=source, traffic=traffic, at=at)
