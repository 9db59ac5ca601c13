"""The funnel of a period: how many visits reached each step, and why those that left there did. Read from its days alone."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Count, Max, Q, Sum

from analytics.behaviour.funnel import Reason, Step
from analytics.models import DailyFunnel, EventSource, VisitDay
from inventory.models import Category


@dataclass(frozen=True)
class Stage:
    """`reached` are visits whose furthest step is this or a later one, `left` those for which it is this."""

    step: Step
    reached: int
    left: int
    reasons: tuple[tuple[Reason, int], ...]


@dataclass(frozen=True)
class Freshness:
    """When visits were made last, and how many days are due."""

    made_at: datetime | None
    due: int


def funnel(*, first: date, last: date, channel: str = "", category: int | None = None) -> list[Stage]:
    """Every step in order. Of a category the visits that viewed a product of it: these have all come as far as that."""
    rows = DailyFunnel.objects.filter(day__gte=first, day__lte=last)
    rows = rows.filter(category__isnull=True) if category is None else rows.filter(category_id=category)
    if channel:
        rows = rows.filter(channel=channel)
    left: dict[Step, dict[str, int]] = {step: {} for step in Step}
    for step, reason, visits in rows.order_by().values_list("step", "reason").annotate(Sum("visits")):
        left[Step(step)][reason] = visits
    steps = [step for step in Step if category is None or step >= Step.VIEW]
    return [
        Stage(
            step,
            reached=sum(sum(left[later].values()) for later in Step if later >= step),
            left=sum(left[step].values()) if step < Step.BUY else 0,
            reasons=tuple((reason, left[step][reason]) for reason in Reason if left[step].get(reason)),
        )
        for step in steps
    ]


def share(part: int, whole: int) -> Decimal | None:
    return Decimal(part) / whole if whole else None


def before(first: date, last: date) -> tuple[date, date]:
    """The period of as many days right before."""
    days = (last - first).days + 1
    return first - timedelta(days=days), first - timedelta(days=1)


def channels() -> list[str]:
    """Those that sources tell of."""
    return sorted(set(EventSource.objects.values_list("channel", flat=True)))


def categories() -> list[int]:
    """Those that have products of their own."""
    found = Category.objects.filter(products__isnull=False).distinct()
    return list(found.values_list("pk", flat=True))


def freshness() -> Freshness:
    told = VisitDay.objects.aggregate(made_at=Max("rebuilt_at"), due=Count("day", filter=Q(state=VisitDay.State.DIRTY)))
    return Freshness(told["made_at"], told["due"])
