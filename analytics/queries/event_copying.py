"""How far shoppers' events are copied into the second store, and whether it says the same; read from the ledger alone."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Max, Min, Q

from analytics import closing
from analytics.models import EventCopy
from config.kernel import shop


@dataclass(frozen=True)
class Standing:
    """Every day up to `copied_until` is copied as it is now; `days_behind` closed ones follow. `compared_day` is the latest
    day that was compared, `unequal` days differed.
    """

    copied_until: date | None
    days_behind: int
    due: int
    compared_at: datetime | None
    compared_day: date | None
    is_equal: bool | None
    unequal: int
    left: int


def standing(*, at: datetime) -> Standing:
    is_due = Q(state=EventCopy.State.DIRTY)
    found = EventCopy.objects.aggregate(
        last=Max("day", filter=~is_due),
        first_due=Min("day", filter=is_due),
        due=Count("day", filter=is_due),
        unequal=Count("day", filter=Q(is_equal=False)),
        left=Count("day", filter=Q(left_at__isnull=False)),
        compared_at=Max("compared_at"),
    )
    last, closed = found["last"], closing.last_closed(at, shop.zone())
    until = min(last, found["first_due"] - timedelta(days=1)) if last and found["first_due"] else last
    latest = EventCopy.objects.filter(is_equal__isnull=False).order_by("-day").values_list("day", "is_equal").first()
    return Standing(
        copied_until=until,
        days_behind=(closed - until).days if until else 0,
        due=found["due"] + (max((closed - last).days, 0) if last else 0),
        compared_at=found["compared_at"],
        compared_day=latest[0] if latest else None,
        is_equal=latest[1] if latest else None,
        unequal=found["unequal"],
        left=found["left"],
    )
