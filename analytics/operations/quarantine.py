"""Reads events anew that could not be read when they came: after a kind was defined, or a reader mended."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from analytics.behaviour import reading
from analytics.behaviour.reading import Batch, Kinds
from analytics.models import Event, QuarantinedEvent
from analytics.operations import event_days, ingest
from analytics.queries import event_kinds
from config.kernel import shop
from config.kernel.errors import Conflict, Invalid

MOST_AT_ONCE = 500


class CutShort(Conflict):
    """Only the beginning of it was kept."""

    code = "event_cut_short"


class TooMany(Invalid):
    code = "too_many_events"


@dataclass(frozen=True)
class ReadAgain:
    """Events that are stored now, that had been stored meanwhile, and that are left; `reason` is that of the last one left."""

    stored: int = 0
    doubled: int = 0
    left: int = 0
    reason: str = ""

    def __add__(self, other: "ReadAgain") -> "ReadAgain":
        return ReadAgain(
            self.stored + other.stored, self.doubled + other.doubled, self.left + other.left, other.reason or self.reason
        )


@transaction.atomic
def read_again(*, ids: Sequence[int]) -> ReadAgain:
    """Stores what can be read today as of when it was received, and lets go of it here; the rest stays with today's reason.

    Whose an event was is not kept in quarantine: it is stored as of a shopper nobody knows. One that somebody else has read
    meanwhile is passed over. Raises `CutShort` where nothing but events that were cut is named.
    """
    if len(ids) > MOST_AT_ONCE:
        raise TooMany(_("Read at most %(most)s events again at once.") % {"most": MOST_AT_ONCE}, details={"most": MOST_AT_ONCE})
    # Rows are deleted below, so no_key is not enough: nobody else may read them meanwhile.
    found = QuarantinedEvent.objects.select_for_update(of=("self",)).select_related("source")
    rows = list(found.filter(pk__in=ids).order_by("pk"))
    whole = [row for row in rows if reading.is_whole(row.raw, row.digest)]
    if rows and not whole:
        raise CutShort(_("Only the beginning of it was kept, so it cannot be read again."))
    kinds = event_kinds.anew()
    read = [(row, _read(row, kinds)) for row in whole]
    # All events before all that lies in quarantine, and each in the order of whoever takes a batch in.
    done = sum((_store(row, batch) for row, batch in _in_order(read)), ReadAgain())
    for row, batch in sorted(read, key=lambda one: (one[0].source_id, bytes(one[0].digest))):
        done += _settle(row, batch)
    # Their batches are written as of when they were received.
    event_days.unmake(days={shop.day(row.received_at) for row, batch in read if batch.rows})
    return done + ReadAgain(left=len(rows) - len(whole))


def _read(row: QuarantinedEvent, kinds: Kinds) -> Batch:
    sent_at = (row.received_at + row.clock_ahead).isoformat()
    body = {"sent_at": sent_at, "events": [json.loads(row.raw)]}
    return reading.read(body, kinds=kinds, received_at=row.received_at)


def _in_order(read: list[tuple[QuarantinedEvent, Batch]]) -> list[tuple[QuarantinedEvent, Batch]]:
    return sorted((one for one in read if one[1].rows), key=lambda one: (one[1].rows[0].client_at, one[1].rows[0].id))


def _store(row: QuarantinedEvent, batch: Batch) -> ReadAgain:
    taken = ingest.take(batch=batch, source=row.source, traffic=Event.Traffic(row.traffic), at=row.received_at)
    return ReadAgain(stored=taken.stored, doubled=taken.doubled)


def _settle(row: QuarantinedEvent, batch: Batch) -> ReadAgain:
    if batch.rows:
        row.delete()
        return ReadAgain()
    refused = batch.refused[0]
    row.reason, row.told = refused.reason, refused.told
    row.save(update_fields=["reason", "told"])
    return ReadAgain(left=1, reason=refused.reason)
