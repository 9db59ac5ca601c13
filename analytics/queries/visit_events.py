"""What a visit was made of, event by event: from the database or, where its day has left it, from the second store."""

from analytics import stores
from analytics.models import EventCopy, Visit
from analytics.stores.values import Told


def has_left(visit: Visit) -> bool:
    """Whether the database may hold no longer all of that day's events."""
    return EventCopy.objects.filter(day=visit.day, left_at__isnull=False).exists()


def events_of(visit: Visit, *, has_left: bool) -> list[Told]:
    """In order, at most `MOST_TOLD`. Raises `Unavailable` where they lie in the second store and it does not answer."""
    with stores.holding(visit.day, has_left=has_left) as store:
        return store.of_visitor(visit.visitor, begins=visit.started_at, ends=visit.ended_at)
