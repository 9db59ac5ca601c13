"""Who is in a segment."""

from collections.abc import Sequence
from dataclasses import dataclass

from campaigns.models import Segment, SegmentMembership

SHOWN = 50


@dataclass(frozen=True)
class Members:
    """How many, and the latest to join."""

    number: int
    latest: Sequence[SegmentMembership]


def members(segment: Segment) -> Members:
    rows = SegmentMembership.objects.filter(segment=segment)
    return Members(rows.count(), list(rows.select_related("customer").order_by("-id")[:SHOWN]))
