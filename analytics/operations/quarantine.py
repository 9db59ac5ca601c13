"""Reads events anew that could not be read when they came: after a kind was defined, or a reader mended."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from analytics.behaviour import reading
from analytics.behaviour.reading import Kinds
from analytics.models import Event, QuarantinedEvent
from analytics.operations import ingest
from analytics.queries import event_kinds
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
    read = sum((_read(row, kinds) for row in whole), ReadAgain())
    return read + ReadAgain(left=len(rows) - len(whole))


def _read(row: QuarantinedEvent, kinds: Kinds) -> ReadAgain:
    sent_at = (row.received_at + row.clock_ahead).isoformat()
    batch = reading.read({"sent_at": sent_at, "events": [json.loads(row.raw)]}, kinds=kinds, received_at=row.received_at)
    if batch.refused:
        refused = batch.refused[0]
        row.reason, row.told = refused.reason, refused.told
        row.save(update_fields=["reason", "told"])
        return ReadAgain(left=1, reason=refused.reason)
    taken = ingest.take(batch=batch, source=row.source, traffic=Event.Traffic(row.traffic), at=row.received_at)
    row.delete()
    return ReadAgain(stored=taken.stored, doubled=taken.doubled)
