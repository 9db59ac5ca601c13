"""The ways that visits of a period took, and how many of each bought. Read from days; of a segment, from its visits."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import F, Q, QuerySet, Sum

from analytics.behaviour import paths
from analytics.models import DailyVisitPath, Visit

BOUGHT = "ordered"
# So many of a segment's visits are read; the latest, where there are more.
MOST_VISITS = 200_000
_COLUMNS = ("landing", *(f"{name}_at" for name in paths.ACTS))


@dataclass(frozen=True)
class Way:
    landing: str
    acts: tuple[str, ...]
    visits: int

    @property
    def has_bought(self) -> bool:
        return BOUGHT in self.acts


@dataclass(frozen=True)
class Found:
    """`is_cut` where a segment has more visits than are read."""

    ways: list[Way]
    visits: int
    bought: int
    is_cut: bool = False


@dataclass(frozen=True)
class Beginning:
    """All visits that did the same before an order, if any: those that stopped there, and those that bought next."""

    landing: str
    acts: tuple[str, ...]
    visits: int
    bought: int


def found(*, first: date, last: date, channel: str = "", segment: int | None = None) -> Found:
    """Every way, the most taken first."""
    is_cut = False
    if segment is None:
        rows = DailyVisitPath.objects.filter(day__gte=first, day__lte=last)
        rows = rows.filter(channel=channel) if channel else rows
        told = rows.order_by().values_list("landing", "acts").annotate(number=Sum("visits"))
        numbers = {(landing, tuple(paths.read(acts) or ())): number for landing, acts, number in told}
    else:
        visits = list(_of_members(first, last, channel, segment)[: MOST_VISITS + 1])
        is_cut = len(visits) > MOST_VISITS
        numbers = dict(Counter((paths.landing(one.landing), tuple(paths.acts(one))) for one in visits[:MOST_VISITS]))
    ways = [Way(landing, acts, number) for (landing, acts), number in numbers.items()]
    ways.sort(key=lambda one: (-one.visits, one.landing, one.acts))
    return Found(ways, sum(one.visits for one in ways), sum(one.visits for one in ways if one.has_bought), is_cut)


def _of_members(first: date, last: date, channel: str, segment: int) -> QuerySet[Visit]:
    rows = Visit.objects.filter(day__gte=first, day__lt=last + timedelta(days=1), customer__memberships__segment_id=segment)
    rows = rows.filter(source__channel=channel) if channel else rows
    return rows.only(*_COLUMNS).order_by("-started_at")


def beginnings(ways: Iterable[Way]) -> list[Beginning]:
    """Ways up to the order, with the share that bought after just that."""
    sums: dict[tuple[str, tuple[str, ...]], list[int]] = {}
    for way in ways:
        before = way.acts[: way.acts.index(BOUGHT)] if way.has_bought else way.acts
        numbers = sums.setdefault((way.landing, before), [0, 0])
        numbers[0] += way.visits
        numbers[1] += way.visits if way.has_bought else 0
    told = [Beginning(*key, *numbers) for key, numbers in sums.items()]
    return sorted(told, key=lambda one: (-one.visits, one.landing, one.acts))


def of_way(landing: str, acts: Iterable[str], *, any_end: bool = False) -> Q:
    """Visits that took this way; with `any_end` also those that ordered after it, whatever they did then."""
    names = list(acts)
    rest = [name for name in paths.ACTS if name not in names]
    asked = Q()
    for number, name in enumerate(names[1:]):
        asked &= _before(names[number], name)
    plain = Q(**{f"{name}_at__isnull": True for name in rest})
    if any_end and BOUGHT in rest:
        bought = Q(**{f"{BOUGHT}_at__isnull": False})
        bought &= _before(names[-1], BOUGHT) if names else Q()
        for name in rest:
            if name != BOUGHT:
                bought &= Q(**{f"{name}_at__isnull": True}) | _before(BOUGHT, name)
        plain |= bought
    for name in names:
        asked &= Q(**{f"{name}_at__isnull": False})
    return asked & plain & _landed(landing)


def _before(one: str, other: str) -> Q:
    """Of things of one moment the one that stands first in the list of acts counts as done before."""
    is_earlier = paths.ACTS.index(one) < paths.ACTS.index(other)
    return Q(**{f"{one}_at__{'lte' if is_earlier else 'lt'}": F(f"{other}_at")})


def _landed(landing: str) -> Q:
    if landing in ("", paths.FIRST_PAGE):
        return Q(landing=landing)
    if landing == paths.ALONE:
        return Q(landing__regex=r"^[^/]|^/[^/]+(/(/.*)?)?$|^//(/.*)?$")
    return Q(landing__startswith=landing) & ~Q(landing=landing) & ~Q(landing__startswith=f"{landing}/")
