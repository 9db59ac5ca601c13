"""Writes what shoppers did in the past, many batches at once.

What is written is as durable and as countable as what was taken in one by one: each batch has its row, and its hours are due.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from analytics.behaviour import reading
from analytics.behaviour.past import Sent
from analytics.models import Event, EventBatch, EventSource, QuarantinedEvent
from analytics.operations import event_days, event_months
from analytics.operations.ingest import LATE
from analytics.queries import event_kinds
from config.kernel import bulk, shop

AT_ONCE = 20_000


@dataclass(frozen=True)
class Written:
    batches: int = 0
    events: int = 0
    quarantined: int = 0

    def __add__(self, other: "Written") -> "Written":
        return Written(self.batches + other.batches, self.events + other.events, self.quarantined + other.quarantined)


@transaction.atomic
def write(*, source: EventSource, batches: Iterable[Sent]) -> Written:
    """Batches that this source sent in the past. An event that is stored already fails them all; their hours are due."""
    written, rest = Written(), iter(batches)
    while some := list(islice(rest, AT_ONCE)):
        written += _write(source, some)
        event_days.unmake(days={shop.day(one.received_at) for one in some})
    return written


def _write(source: EventSource, batches: list[Sent]) -> Written:
    events = [(one, batch) for batch in batches for one in batch.events]
    if events:
        moments = [one.client_at for one, _batch in events]
        event_months.make(first=min(moments).date(), last=max(moments).date())
    bulk.copy(
        Event,
        (
            "id", "client_at", "occurred_at", "received_at", "visitor", "customer_id", "variant_id", "source_id", "kind",
            "traffic", "properties",
        ),
        (
            (
                UUID(int=one.id), one.client_at, one.occurred_at, batch.received_at, _key(batch.visitor), batch.customer_id,
                one.variant_id, source.pk, one.kind, batch.traffic, _json(one.properties),
            )
            for one, batch in events
        ),
    )  # fmt: skip
    refused = list(_refused(source, batches))
    bulk.copy(
        QuarantinedEvent, ("source_id", "digest", "received_at", "reason", "told", "raw", "traffic", "clock_ahead"), refused
    )
    bulk.copy(
        EventBatch,
        ("source_id", "received_at", "stored", "doubled", "quarantined", "bots", "late", "hours", "is_pending"),
        (
            (
                source.pk, batch.received_at, len(batch.events), batch.doubled, len(batch.unreadable),
                len(batch.events) if batch.traffic else 0,
                sum(batch.received_at - one.occurred_at > LATE for one in batch.events),
                sorted({_hour(one.occurred_at) for one in batch.events}), bool(batch.events),
            )
            for batch in batches
        ),
    )  # fmt: skip
    _recognize(batches)
    return Written(len(batches), len(events), len(refused))


def _refused(source: EventSource, batches: list[Sent]) -> Iterator[tuple[Any, ...]]:
    """Through the same reader as everything that is taken in, so that the reasons are those of today."""
    kinds = event_kinds.known()
    for batch in batches:
        if batch.unreadable:
            read = reading.read({"events": list(batch.unreadable)}, kinds=kinds, received_at=batch.received_at)
            for one in read.refused:
                told = (one.reason, one.told, one.raw)
                yield source.pk, one.digest, batch.received_at, *told, int(batch.traffic), read.ahead


def _recognize(batches: list[Sent]) -> None:
    """The first batch that shows a visitor as a customer's says since when."""
    seen: dict[tuple[int, str], datetime] = {}
    for batch in batches:
        if batch.visitor and batch.customer:
            pair = (reading.visitor_key(batch.visitor), batch.customer)
            seen[pair] = min(seen.get(pair, batch.received_at), batch.received_at)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO analytics_knownvisitor (visitor, external_id, first_at) "
            "SELECT * FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[]) ON CONFLICT (visitor, external_id) DO NOTHING",
            [[visitor for visitor, _ in seen], [customer for _, customer in seen], list(seen.values())],
        )


def _key(visitor: str | None) -> int | None:
    return None if visitor is None else reading.visitor_key(visitor)


def _json(properties: Any) -> str | None:
    return json.dumps(properties, ensure_ascii=False, separators=(",", ":")) if properties else None


def _hour(at: datetime) -> datetime:
    return at.astimezone(shop.zone()).replace(minute=0, second=0, microsecond=0).astimezone(UTC)
