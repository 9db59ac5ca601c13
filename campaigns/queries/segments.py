"""Who is in a segment."""

from collections.abc import Sequence
from dataclasses import dataclass

from campaigns.models import Segment, SegmentChange, SegmentMembership

SHOWN = 50
SHOWN_CHANGES = 20


@dataclass(frozen=True)
class Members:
    """How many, the latest to join, and who changed them last."""

    number: int
    latest: Sequence[SegmentMembership]
    changes: Sequence[SegmentChange]


def members(segment: Segment) -> Members:
    rows = SegmentMembership.objects.filter(segment=segment)
    return Members(
        rows.count(),
        list(rows.select_related("customer").order_by("-id")[:SHOWN]),
        list(segment.changes.select_related("actor").order_by("-id")[:SHOWN_CHANGES]),
    )
